//! The workbench: what analysts and publishers work with, around the same core as the engine. The schemas folder becomes
//! sources, the rules folder a ruleset, cases prove it, a catalogue describes it, `draft` does all that with texts in memory, `synthetic` makes
//! data up, `publish` turns files into records, `register` reads who is registered, `template` begins a rule, and `page` is what HTML pages with
//! figures share.

#![warn(unused_crate_dependencies)]

pub mod case;
pub mod catalogue;
pub mod draft;
pub mod page;
pub mod publish;
pub mod register;
pub mod rules_folder;
pub mod schemas_folder;
pub mod synthetic;
pub mod template;
