//! What can end the Kafka shell.

use std::fmt;
use std::time::Duration;

use crate::feature::FeatureError;

/// Why the shell stopped, or did not start. After any of these a new start restores from the log and loses nothing.
#[derive(Debug, thiserror::Error)]
pub enum KafkaError {
    /// A client property is wrong or its secret cannot be read.
    #[error("{0}; see `kafka.properties` in yujing.toml")]
    Configuration(String),
    /// A request to Kafka failed for good.
    #[error("{doing} failed: {source}")]
    Client { doing: String, source: rdkafka::error::KafkaError },
    /// Topics are missing or unfit.
    #[error("topics are not as the engine needs them:\n{}\n`yujing topics --create` creates what is missing", .0.join("\n"))]
    Topics(Vec<String>),
    /// Events that should be in memory are no longer in the log.
    #[error(
        "events may be missing:\n{}\nstart with --accept-gap to go on without them; scores are then marked degraded",
        .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    )]
    Gap(Vec<Gap>),
    /// The `scores` topic holds something that the engine did not write.
    #[error("{place} is not a score of this engine: {reason}; nothing was changed")]
    Standing { place: String, reason: String },
    /// Another process took over, or the outcome of a transaction is not known.
    #[error("the transaction cannot go on: {0}; restart to restore from what is committed")]
    Transaction(String),
    /// A call into the Kafka client does not come back.
    #[error("a transaction did not end within {0:?}; restart to restore from what is committed")]
    Stuck(Duration),
    /// Another process is a member of the same consumer group.
    #[error(
        "only {assigned} of {all} partitions were assigned: another process is in the group `{group}`; one process a group for now"
    )]
    Shared { group: String, assigned: usize, all: usize },
    /// No feature could be computed.
    #[error(transparent)]
    Feature(#[from] FeatureError),
    /// The thread that holds the producer is gone.
    #[error("the transaction thread ended unexpectedly")]
    Gone,
}

impl KafkaError {
    /// For `map_err`: says what was being done.
    pub fn client(doing: impl Into<String>) -> impl FnOnce(rdkafka::error::KafkaError) -> Self {
        move |source| Self::Client { doing: doing.into(), source }
    }
}

/// Where events are missing, or may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gap {
    /// Committed offsets lie before the log's beginning: what stands between was deleted unread.
    Deleted { topic: String, partition: i32, committed: i64, beginning: i64 },
    /// The topic keeps records for less time than the source's events count.
    Retention { topic: String, keeps: String, needs: String },
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Deleted { topic, partition, committed, beginning } => write!(
                f,
                "{topic} partition {partition}: read up to offset {committed}, but the log now begins at {beginning}"
            ),
            Self::Retention { topic, keeps, needs } => {
                write!(f, "{topic} keeps records for {keeps}, but its source's events count for {needs}")
            }
        }
    }
}
