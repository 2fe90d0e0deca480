//! The adapter to Kafka: records in and records out, in one transaction a batch. It knows topics, partitions and offsets, and
//! nothing of what the engine makes of records.
//!
//! - [`names`]: which topic is whose; [`topics`] creates or verifies them
//! - [`partitioner`]: the partition of an operator, as Java's producers choose it
//! - [`client`]: how clients are configured; [`parting`] closes one that may hang
//! - [`consume`]: batches from the assigned partitions, as they arrive or merged by timestamp; a `lane` is a partition
//! - [`stamp`]: whose clock a record's timestamp is of; [`headers`]: the headers of a message, whatever they are
//! - [`gap`]: events that the log no longer has
//! - [`lag`]: how far behind each partition is, and what holds it back
//! - [`outgoing`]: a record to be written
//! - [`produce`]: one transaction for everything that leaves and the offsets; [`watchdog`] notices one that hangs
//! - [`reader`]: topics read outside of the group; [`history`]: a stretch of the inputs in the order of time, for a replay
//! - [`stray`]: what others left on the engine's own topics

pub mod client;
pub mod consume;
pub mod error;
pub mod gap;
pub mod headers;
pub mod history;
pub mod lag;
mod lane;
pub mod names;
pub mod outgoing;
pub mod parting;
pub mod partitioner;
pub mod produce;
pub mod reader;
pub mod stamp;
pub mod stray;
pub mod topics;
pub mod watchdog;

pub use client::Clients;
pub use error::KafkaError;
pub use gap::Gap;
pub use produce::{Transaction, TransactionError, Transactions};
pub use reader::{Reader, Stretch};
pub use stray::Strays;
