//! Events that the log no longer has, or may lose.

use std::fmt;

/// Where events are missing, or may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gap {
    /// Committed offsets lie before the log's beginning: what stands between was deleted unread.
    Deleted { topic: String, partition: i32, committed: i64, beginning: i64 },
    /// Committed offsets lie behind the log's end: what was read is no longer there, and what is there was not read.
    Vanished { topic: String, partition: i32, committed: i64, end: i64 },
    /// Scores rest on events of a topic of which the group knows no offset any more, though it knows those of others.
    Renewed { topic: String },
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
            Self::Vanished { topic, partition, committed, end } => write!(
                f,
                "{topic} partition {partition}: read up to offset {committed}, but the log now ends at {end}: the topic was \
                 deleted and made anew, or has lost its end"
            ),
            Self::Renewed { topic } => write!(
                f,
                "{topic}: scores rest on events of its source, but nothing is known of how far it was read: it was deleted \
                 and made anew, is another topic than before, or somebody deleted the group's offsets"
            ),
            Self::Retention { topic, keeps, needs } => {
                write!(f, "{topic} keeps records for {keeps}, but its source's events count for {needs}")
            }
        }
    }
}
