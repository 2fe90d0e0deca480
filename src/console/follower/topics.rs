//! Which topics are followed, and what stands on each.

use std::collections::BTreeMap;
use std::sync::Arc;

use rusqlite::Transaction;
use yujing_config::Topics;
use yujing_core::source::{Header, Sources};
use yujing_kafka::names;

use crate::error::ConsoleError;
use crate::read_model::apply::{self, ApplyError, Changed, TopicRecord};

/// The source to which answers go.
pub const DISPOSITIONS: &str = "dispositions";

/// What stands on a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TopicContent {
    Scores,
    Warnings,
    Dispositions,
    Areas,
    /// Refused records of this input topic.
    DeadLetters(Arc<str>),
}

/// The topics that are followed, by name.
#[derive(Debug, Clone)]
pub struct FollowedTopics(BTreeMap<Arc<str>, TopicContent>);

impl FollowedTopics {
    /// # Errors
    /// If there is no source to which answers could go.
    pub fn of(topics: &Topics, sources: &Sources) -> Result<Self, ConsoleError> {
        let dispositions = dispositions(topics, sources)?;
        let mut followed = BTreeMap::from([
            (Arc::from(topics.scores.as_str()), TopicContent::Scores),
            (Arc::from(topics.warnings.as_str()), TopicContent::Warnings),
            (Arc::from(topics.areas.as_str()), TopicContent::Areas),
            (dispositions, TopicContent::Dispositions),
        ]);
        for (_, source) in sources.iter() {
            let input = names::input(topics, source);
            let dead_letters = names::dead_letters(topics, input).into();
            followed.insert(dead_letters, TopicContent::DeadLetters(input.into()));
        }
        Ok(Self(followed))
    }

    /// Their names.
    pub fn names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.0.keys()
    }

    /// Takes a record into the read model.
    ///
    /// # Errors
    /// If it is not what stands on its topic, or the database fails.
    pub fn apply<'a>(
        &self,
        db: &Transaction<'_>,
        topic: &str,
        record: TopicRecord<'a>,
        headers: &[Header],
    ) -> Result<Changed<'a>, ApplyError> {
        match self.0.get(topic) {
            Some(TopicContent::Scores) => apply::score::apply(db, record),
            Some(TopicContent::Warnings) => apply::warning::apply(db, record),
            Some(TopicContent::Dispositions) => apply::disposition::apply(db, record),
            Some(TopicContent::Areas) => apply::area::apply(db, record),
            Some(TopicContent::DeadLetters(input)) => apply::dead_letter::apply(db, input, record, headers),
            None => Ok(Changed::Nothing),
        }
    }
}

/// The topic to which answers go.
///
/// # Errors
/// If the schemas have no such source.
pub fn dispositions(topics: &Topics, sources: &Sources) -> Result<Arc<str>, ConsoleError> {
    let (_, source) = sources.by_name(DISPOSITIONS).ok_or(ConsoleError::NoDispositions)?;
    Ok(names::input(topics, source).into())
}
