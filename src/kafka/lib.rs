//! The adapter to Kafka: records in and records out, in one transaction a batch. It knows topics, partitions and
//! offsets, and nothing of what the engine makes of records.
//!
//! - [`names`]: which topic is whose; [`topics`] creates or verifies them
//! - [`partitioner`]: the partition of an operator, as Java's producers choose it
//! - [`client`]: how clients are configured; [`drop_with_timeout`] closes one that may hang
//! - [`batch_consumer`]: batches from the assigned partitions, as they arrive or merged by timestamp; each partition
//!   has a `partition_queue`
//! - [`input_topic`]: a consumed message as the core takes it; [`stamp`]: whose clock its timestamp is of; [`headers`]:
//!   its headers, whatever they are
//! - [`lag`]: how far behind each partition is, and what holds it back; [`gap`]: events that the log no longer has
//! - [`producer_record`]: a record to be written
//! - [`transaction`]: one for everything that leaves and the offsets; [`transaction_worker`] notices one that hangs
//! - [`reader`]: topics read outside of the group, [`cursor`]: how far; [`follow`]: several at once, without an end;
//!   [`history`]: parts of the inputs in the order of time, for a replay
//! - [`stray_records`]: what others left on the engine's own topics
//! - [`error`]: what can go wrong, and whether another try may go better; [`backoff`]: pauses between tries

#![warn(unused_crate_dependencies)]

pub mod backoff;
pub mod batch_consumer;
pub mod client;
pub mod cursor;
pub mod drop_with_timeout;
pub mod error;
pub mod follow;
pub mod gap;
pub mod headers;
pub mod history;
pub mod input_topic;
pub mod lag;
pub mod names;
mod partition_queue;
pub mod partitioner;
pub mod producer_record;
pub mod reader;
pub mod stamp;
pub mod stray_records;
pub mod topics;
pub mod transaction;
pub mod transaction_worker;

pub use client::Clients;
pub use cursor::{Cursor, OffsetRange, StartAt};
pub use error::KafkaError;
pub use follow::Followed;
pub use gap::Gap;
pub use reader::Reader;
pub use stray_records::StrayRecords;
pub use transaction::{Transaction, TransactionError, Transactions};
