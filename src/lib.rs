//! Yujing (预警): streaming early warning of food-safety risk.
//!
//! Everything observed about a food operator becomes a score that anyone can explain and, where it matters, one warning
//! that somebody must answer. The folders read in the order data flows:
//!
//! ```text
//! Kafka ─ kafka ─ source ─ window ─ feature ─ rule ─ warning ─ kafka ─ Kafka
//!                 └──────────── joined by engine ───────────┘
//! ```
//!
//! `source` to `engine` are the *core*: they do no I/O (loading files at start aside), are not `async`, and take time as
//! an argument. `kafka`, `case`, `replay` and `synthetic` are *shells* around the same core, so they cannot disagree; `config`,
//! `telemetry`, `server` and `cli` serve the shells; `files` reads what they all keep on disk, and `escape` is for every
//! edge at which text of others is shown.

pub mod case;
pub mod catalogue;
pub mod cli;
pub mod config;
pub mod demo;
pub mod diagnostic;
pub mod engine;
pub mod error;
pub mod escape;
pub mod feature;
pub mod files;
pub mod kafka;
pub mod language;
pub mod live;
pub mod publish;
pub mod reload;
pub mod replay;
pub mod rule;
pub mod rules_folder;
pub mod ruleset;
pub mod server;
pub mod shadow;
pub mod source;
pub mod synthetic;
pub mod telemetry;
pub mod warning;
pub mod window;
pub mod zone;

/// The number of one licensed site (licence or filing number), the key of everything. Cheap to clone.
pub type OperatorId = std::sync::Arc<str>;
