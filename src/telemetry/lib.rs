//! One named type for each thing that can happen: its log line and its metrics stand together, in one place.
//!
//! - [`metrics`]: every metric of the program; `deploy/metrics.md` is written from it
//! - [`inputs`], [`traffic`]: what came lately, for who asks the engine instead
//! - [`registry`]: how a metric is declared, once, with its help in both languages
//! - [`area`], [`engine`], [`kafka`], [`process`], [`http`], [`reload`], [`shadow`], [`notify`],
//!   [`console`]: the events, by theme
//! - [`logging`]: lines to standard error, as text or JSON
//! - [`throttle`]: what repeats in a storm is written seldom, and says how often it was left out

#![warn(unused_crate_dependencies)]

pub mod area;
pub mod console;
pub mod engine;
pub mod http;
pub mod inputs;
pub mod kafka;
pub mod logging;
pub mod metrics;
pub mod notify;
pub mod process;
pub mod registry;
pub mod reload;
pub mod shadow;
pub mod throttle;
pub mod traffic;

pub use metrics::Metrics;

/// Something that happened. Emitting it writes its log line and moves its metrics; nothing else in the program does.
pub trait InternalEvent {
    fn emit(self, metrics: &Metrics);
}
