//! What the engine would say of a document, before it is sent.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use yujing_base::OperatorId;
use yujing_core::source::{Decoder, Event, Identity, Kind, Op, Record, Refusal, Source, SourceId};
use yujing_core::window::EventOutcome;
use yujing_core::window::precedence::{KnownRevision, RevisionState, content_key, decide};

use super::Document;
use super::arrival::reported_at;

/// Which timestamp the Kafka record gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimestampSource {
    /// Now: the engine runs on the wall clock.
    Now,
    /// The event's own `reported_at`: history for an engine with `clock = "log"`.
    ReportedAt,
}

/// A document that the engine would accept.
#[derive(Debug, Clone)]
pub struct CheckedDocument {
    /// The record's key.
    pub operator_id: OperatorId,
    pub timestamp: Timestamp,
    pub json: Vec<u8>,
    /// Fields that the schema does not know.
    pub unknown_fields: u32,
}

/// Checks the documents of one source with the engine's decoder.
#[derive(Debug)]
pub struct Checker {
    decoder: Decoder,
    id: SourceId,
    topic: Arc<str>,
    stamp: TimestampSource,
}

impl Checker {
    pub fn new(id: SourceId, source: &Arc<Source>, stamp: TimestampSource) -> Self {
        Self { decoder: Decoder::new(id, Arc::clone(source)), id, topic: Arc::from(source.topic.as_str()), stamp }
    }

    /// # Errors
    /// The refusal that the engine would write to the dead-letter topic.
    pub fn check(&self, document: Document, now: Timestamp) -> Result<CheckedDocument, Refusal> {
        Ok(self.decode(document, now)?.0)
    }

    /// As [`Self::check`], and the document must not contradict one before it.
    ///
    /// # Errors
    /// As [`Self::check`].
    pub fn check_after(
        &self,
        seen: &mut SeenRevisions,
        document: Document,
        now: Timestamp,
    ) -> Result<CheckedDocument, Refusal> {
        let (checked, event) = self.decode(document, now)?;
        seen.check(&event)?;
        Ok(checked)
    }

    fn decode(&self, document: Document, now: Timestamp) -> Result<(CheckedDocument, Event), Refusal> {
        let timestamp = match self.stamp {
            TimestampSource::Now => now,
            TimestampSource::ReportedAt => reported_at(&document.json).unwrap_or(now),
        };
        let record = Record {
            source: self.id,
            topic: Arc::clone(&self.topic),
            partition: 0,
            offset: 0,
            timestamp,
            key: None,
            value: Some(document.json),
            headers: Vec::new(),
        };
        let event = self.decoder.decode(&record)?;
        let checked = CheckedDocument {
            operator_id: event.operator_id.clone(),
            timestamp,
            json: record.value.unwrap_or_default(),
            unknown_fields: event.unknown_fields,
        };
        Ok((checked, event))
    }
}

/// The revisions of the documents before, as an engine would keep them if it had nothing else.
#[derive(Debug)]
pub struct SeenRevisions {
    kind: Kind,
    known: HashMap<Identity, KnownRevision>,
}

impl SeenRevisions {
    pub fn new(source: &Source) -> Self {
        Self { kind: source.kind, known: HashMap::new() }
    }

    /// Refuses an event that contradicts one before it, and keeps it otherwise.
    fn check(&mut self, event: &Event) -> Result<(), Refusal> {
        let outcome = decide(self.kind, self.known.get(&event.identity).copied(), event);
        let state = if event.op == Op::Upsert { RevisionState::Live } else { RevisionState::Retracted };
        let known = KnownRevision { revision: event.revision, content: content_key(event), state };
        match outcome {
            EventOutcome::Conflict => return Err(Refusal::conflict()),
            EventOutcome::Applied | EventOutcome::Retracting => drop(self.known.insert(event.identity, known)),
            EventOutcome::Duplicate | EventOutcome::Superseded => {}
        }
        Ok(())
    }
}
