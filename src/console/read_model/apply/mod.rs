//! From records to rows. A record that is not understood is said, and changes nothing; one that comes again changes
//! nothing either.
//!
//! - [`score`], [`warning`], [`disposition`], [`area`], [`dead_letter`]: a topic each

pub mod area;
pub mod dead_letter;
pub mod disposition;
pub mod score;
pub mod warning;

#[cfg(test)]
mod tests;

use jiff::Timestamp;
use uuid::Uuid;
use yujing_core::rule::Level;

/// What a record changed, for pages that are open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Changed<'a> {
    #[default]
    Nothing,
    Operator(&'a str),
    Warning(Uuid),
    /// What the engine made of an answer, by the event's id.
    Answer(Uuid),
    Areas,
}

/// A record as it came.
#[derive(Debug, Clone, Copy)]
pub struct TopicRecord<'a> {
    pub key: &'a [u8],
    /// None: what the key names is gone.
    pub value: Option<&'a [u8]>,
    /// When Kafka took it.
    pub at: Timestamp,
    pub partition: i32,
    pub offset: i64,
}

/// Why a record changed nothing that it should have.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    #[error("{0}")]
    Unreadable(String),
    #[error(transparent)]
    Database(#[from] rusqlite::Error),
}

impl From<serde_json::Error> for ApplyError {
    fn from(error: serde_json::Error) -> Self {
        Self::Unreadable(error.to_string())
    }
}

/// A level as a column keeps it, so that it sorts.
pub fn rank(level: Level) -> i64 {
    level as i64
}

/// The level of a rank.
pub fn level_of(rank: i64) -> Level {
    let place = usize::try_from(rank).unwrap_or_default();
    Level::ALL.get(place).copied().unwrap_or(Level::None)
}
