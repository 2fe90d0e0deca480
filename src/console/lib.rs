//! `yujing console` (控制台): what the engine decides, for people, and what they answer, for the engine. A process of its
//! own, so that no click touches scoring. It decides nothing itself.
//!
//! - [`access`]: roles, permissions, duties, areas: who may what
//! - [`oidc`]: the office's identity provider; [`trust`]: whose certificates are taken
//! - [`secret`]: passwords, tokens; [`directory`]: the office's areas and posts
//! - [`database`]: a SQLite file; [`instant`]: instants in it
//! - [`store`]: what only the console knows: accounts, sessions, audit trail, drafts, answers
//! - [`read_model`]: what the topics say, rebuilt from them when its file is deleted
//! - [`follower`]: from the topics into the read model; [`outbox`]: answers to Kafka
//! - [`dead_letters`]: refused records as they came; [`retrier`]: sends them again
//! - [`attachments`]: photographs that go with answers; [`picture`]: what of a file is kept
//! - [`engine`]: the engine's own API; [`engine_health`]: how it and its sources are, as it says; [`proof`]: warnings
//!   recomputed
//! - [`studio`]: the rules folder, drafts laid over it, and what becomes of them
//! - [`feed`]: what changed, for pages that are open; [`told`]: what accounts see of it; [`status`]: how far behind they are
//! - [`map`]: the office's map
//! - [`http`]: the API of the pages, and the pages
//! - [`run`]: all of it together
//! - [`error`]: what ends it

#![warn(unused_crate_dependencies)]

pub mod access;
pub mod attachments;
pub mod database;
pub mod dead_letters;
pub mod directory;
pub mod engine;
pub mod engine_health;
pub mod error;
pub mod feed;
pub mod follower;
pub mod http;
pub mod instant;
pub mod map;
pub mod oidc;
pub mod outbox;
pub mod picture;
pub mod proof;
pub mod read_model;
pub mod retrier;
pub mod run;
pub mod secret;
pub mod status;
pub mod store;
pub mod studio;
pub mod told;
pub mod trust;

pub use error::ConsoleError;
pub use run::{Console, ConsoleParts};
