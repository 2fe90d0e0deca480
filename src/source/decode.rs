//! One record in, one event or one refusal out. Strict: what the schema does not allow is refused, never guessed.

use std::sync::Arc;

use super::{Event, Record, Refusal, Source, SourceId};

/// Decodes the records of one source.
#[derive(Debug)]
pub struct Decoder {
    id: SourceId,
    source: Arc<Source>,
}

impl Decoder {
    pub fn new(id: SourceId, source: Arc<Source>) -> Self {
        Self { id, source }
    }

    /// Decodes and validates one record: bare JSON with the envelope inside, or CloudEvents binary mode, where
    /// `ce_id`, `ce_source` and `ce_time` stand in for `event_id`, `publisher` and `occurred_at` that the data lacks.
    ///
    /// # Errors
    /// The first thing wrong with the record.
    pub fn decode(&self, _record: &Record) -> Result<Event, Refusal> {
        let _ = (self.id, &self.source);
        todo!()
    }
}
