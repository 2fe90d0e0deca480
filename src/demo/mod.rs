//! The parts of the demo: an embedded broker, the feed of a synthetic district, and the count of what was found.
//!
//! The broker is the mock cluster of rdkafka, in this process and through the same code path as a real one. It keeps
//! about 5 MiB a partition and does not really store transactions, so it serves the demo and nothing else.
//!
//! - [`broker`]: the embedded broker with the engine's topics
//! - [`feed`]: publishes and never runs further ahead of the engine than the broker can keep
//! - [`verdict`]: planted incidents found, missed, and false alarms

pub mod broker;
pub mod feed;
pub mod verdict;

pub use broker::Broker;
pub use feed::Feed;
pub use verdict::{Finding, Verdict};
