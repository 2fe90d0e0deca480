//! The workbench: what analysts and publishers work with, around the same core as the engine. The rules folder becomes
//! a ruleset, cases prove it, a catalogue describes it, `draft` does all that with texts in memory, `synthetic` makes
//! data up, `publish` turns files into records, `register` reads who is registered, `template` begins a rule, and `page` is what HTML pages with
//! figures share.

pub mod case;
pub mod catalogue;
pub mod draft;
pub mod page;
pub mod publish;
pub mod register;
pub mod rules_folder;
pub mod synthetic;
pub mod template;
