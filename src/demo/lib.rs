//! The parts of the demo: an embedded broker, a publisher for a synthetic district, and the count of what was found.
//!
//! The broker is the mock cluster of rdkafka, in this process and through the same code path as a real one. It keeps
//! about 5 MiB a partition and does not really store transactions, so it serves the demo and nothing else.
//!
//! - [`broker`]: the embedded broker with the engine's topics
//! - [`publisher`]: publishes and never runs further ahead of the engine than the broker can keep
//! - [`detection`]: planted incidents found, missed, and false alarms
//! - [`answers`]: how far officials got with the warnings

#![warn(unused_crate_dependencies)]

pub mod answers;
pub mod broker;
pub mod detection;
pub mod publisher;

pub use answers::{AnswerCounts, AnswerReport};
pub use broker::Broker;
pub use detection::{Detection, DetectionReport};
pub use publisher::ThrottledPublisher;
