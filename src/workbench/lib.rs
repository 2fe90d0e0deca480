//! The workbench: what analysts and publishers work with, around the same core as the engine. The rules folder becomes
//! a ruleset, cases prove it, a catalogue describes it, `synthetic` makes data up, `publish` turns files into records, and
//! `register` reads who is registered.

pub mod case;
pub mod catalogue;
pub mod publish;
pub mod register;
pub mod rules_folder;
pub mod synthetic;
