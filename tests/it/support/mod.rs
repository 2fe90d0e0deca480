//! Harnesses and small helpers. `tests/README.md` says which to use when.

pub mod adapter;
pub mod browser;
pub mod console;
pub mod engine;
pub mod folder;
pub mod fuzzer;
pub mod guide;
pub mod handled_ruleset;
pub mod identity_provider;
pub mod kafka;
pub mod mark;
pub mod murmur2;
pub mod notify;
pub mod object_store;
pub mod port;
pub mod process;
pub mod processor;
pub mod program;
pub mod receiver;
pub mod ruleset;
pub mod tool;
