//! The Kafka shell around the core: records in, and scores, warnings and dead letters out, in one transaction a batch.
//!
//! - [`names`]: which topic is whose; [`topics`] creates or verifies them
//! - [`partitioner`]: the partition of an operator, as Java's producers choose it
//! - [`client`]: how clients are configured
//! - [`consume`]: batches from the assigned partitions, as they arrive or merged by timestamp; a [`lane`] is a partition
//! - [`stamp`]: whose clock a record's timestamp is of; [`headers`]: the headers of a message, whatever they are
//! - [`lag`]: how far behind each partition is, and what holds it back
//! - [`outgoing`], [`dead_letter`]: what leaves, as Kafka records; [`fit`]: none is too large
//! - [`produce`]: one transaction for everything that leaves and the offsets; [`watchdog`] notices one that hangs
//! - [`history`]: a stretch of the inputs in the order of time, for a replay
//! - [`restore`]: memory rebuilt from the log
//! - [`rulesets`]: what the `rulesets` topic keeps
//! - [`stray`]: what others left on the engine's own topics
//! - [`session`]: one stay in the group, from reaching Kafka until something ends it
//! - [`run`]: session after session, on a thread of its own

pub mod client;
pub mod consume;
pub mod dead_letter;
pub mod error;
pub mod fit;
pub mod headers;
pub mod history;
pub mod lag;
mod lane;
pub mod names;
pub mod outgoing;
mod parting;
pub mod partitioner;
pub mod produce;
mod reader;
pub mod restore;
pub mod rulesets;
pub mod run;
mod session;
pub mod stamp;
pub mod stray;
mod sweep;
pub mod topics;
pub mod watchdog;

pub use client::Clients;
pub use error::{Gap, KafkaError};
pub use produce::{Transaction, TransactionError, Transactions};
pub use run::Runner;
pub use stray::Strays;
