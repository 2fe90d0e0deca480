//! One record in, one event or one refusal out. Strict: what the schema does not allow is refused, never guessed.
//!
//! - `precondition`: size, content type, encoding and depth, before anything is parsed
//! - `value`: values by their rules, walking document and schema together
//! - `ignored`: values that the schema does not know
//! - `envelope`: CloudEvents headers, identity, op and lateness
//! - `state`: where the decoder is, and what it has noticed
//! - [`decoders`]: the decoders of all sources

pub mod decoders;
mod envelope;
mod ignored;
mod precondition;
mod state;
mod value;

use std::sync::Arc;

use serde::de::DeserializeSeed;
use xxhash_rust::xxh3::xxh3_128;

pub use decoders::{DecodedRecord, Decoders};
pub use precondition::{MAX_BYTES, MAX_DEPTH};

use super::personal::masked_text;
use super::shape::{Shape, Value};
use super::{Cell, Event, Kind, Op, Record, Refusal, RefusalCode, Source, SourceId};
use envelope::Envelope;
use state::DecodeState;
use value::{RootSeed, Row, ValueSeed};

/// What was got is quoted up to so many characters.
const MAX_QUOTE: usize = 80;

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
    /// `ce_id`, `ce_source`, `ce_time` and `ce_subject` stand in for `event_id`, `publisher`, `occurred_at` and
    /// `operator_id` that the data lacks.
    ///
    /// # Errors
    /// The first thing wrong with the record.
    pub fn decode(&self, record: &Record) -> Result<Event, Refusal> {
        let Some(bytes) = &record.value else { return self.decode_tombstone(record) };
        let text = precondition::check(bytes, &record.headers)?;
        let shape = &self.source.shape;
        let mut state = DecodeState::default();
        let result =
            parse(shape, text, &mut state).and_then(|row| Envelope::complete(&self.source, row, record, &mut state));
        let mut envelope = result.map_err(|refusal| envelope::prefer_unknown_version(&self.source, text, refusal))?;
        envelope::check_key(&self.source, &envelope, record)?;
        envelope::check_lateness(&self.source, &envelope, record.timestamp)?;

        let identity = envelope::identity(&self.source, &envelope.publisher, &envelope.operator_id, &envelope.event_id);
        let (cells, content) = match envelope.op {
            Op::Upsert => {
                let content = envelope.content_hash();
                (envelope.take_cells(Cell::List(state.quality.into())), content)
            }
            Op::Retract | Op::Delete => (Box::default(), hash_of_nothing()),
        };
        Ok(Event {
            source: self.id,
            identity,
            operator_id: envelope.operator_id,
            event_id: envelope.event_id,
            publisher: envelope.publisher,
            revision: envelope.revision,
            op: envelope.op,
            occurred_at: envelope.occurred_at,
            reported_at: envelope.reported_at,
            received_at: record.timestamp,
            cells,
            content,
            unknown_fields: state.unknown_fields,
            unknown_values: state.unknown_values,
            normalized: state.normalized,
            withheld: state.withheld,
        })
    }

    /// A null value: on a reference source the row of the operator that the key names is to be forgotten.
    fn decode_tombstone(&self, record: &Record) -> Result<Event, Refusal> {
        if self.source.kind == Kind::Event {
            let expected = "a JSON document; to take an event back send it with \"op\": \"retract\"".into();
            return Err(refuse(RefusalCode::NullValue, "", expected, Some("null".into())));
        }
        let operator_id = envelope::operator_of_key(&self.source, record)?;
        let publisher = precondition::header(&record.headers, "ce_source").unwrap_or_default();
        let publisher: Arc<str> = String::from_utf8_lossy(publisher).into();
        Ok(Event {
            source: self.id,
            identity: envelope::identity(&self.source, &publisher, &operator_id, &operator_id),
            event_id: operator_id.clone(),
            operator_id,
            publisher,
            revision: 0,
            op: Op::Delete,
            occurred_at: record.timestamp,
            reported_at: record.timestamp,
            received_at: record.timestamp,
            cells: Box::default(),
            content: hash_of_nothing(),
            unknown_fields: 0,
            unknown_values: 0,
            normalized: 0,
            withheld: 0,
        })
    }
}

/// The content of a record that has none.
fn hash_of_nothing() -> u128 {
    xxh3_128(&[])
}

/// Checks one value by itself, as schema files do with their examples.
pub(super) fn check_value(value: &Value, text: &str) -> Result<(), Refusal> {
    let mut state = DecodeState::default();
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let result = ValueSeed { value, state: &mut state }.deserialize(&mut deserializer);
    result.map(drop).map_err(|error| explain(&error, text, state))
}

/// Reads the document and makes sure that nothing stands behind it.
fn parse<'s>(shape: &'s Shape, text: &str, state: &mut DecodeState<'s>) -> Result<Row, Refusal> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let row = RootSeed { shape, state }
        .deserialize(&mut deserializer)
        .map_err(|error| explain(&error, text, std::mem::take(state)))?;
    deserializer.end().map_err(|error| {
        let got = format!("more text at line {} column {}", error.line(), error.column());
        refuse(RefusalCode::TrailingData, "", "one JSON document".into(), Some(got))
    })?;
    Ok(row)
}

/// The refusal behind an error: ours if a rule was broken, else what the parser found.
fn explain(error: &serde_json::Error, text: &str, mut state: DecodeState<'_>) -> Refusal {
    if let Some(refusal) = state.take_refusal() {
        return refusal;
    }
    let message = error.to_string();
    if message.starts_with("number out of range") {
        let expected = "a number that a 64-bit float can hold".into();
        return refuse(RefusalCode::OutOfRange, &state.pointer(), expected, None);
    }
    let expected = if text.starts_with('\u{FEFF}') { "JSON without a byte order mark" } else { "JSON" };
    // The parser's messages name places and punctuation, never content.
    refuse(RefusalCode::NotJson, "", expected.into(), Some(message))
}

fn refuse(code: RefusalCode, pointer: &str, expected: String, got: Option<String>) -> Refusal {
    Refusal { code, reason: None, pointer: pointer.into(), expected, got }
}

/// A text cut to what a refusal may quote; what points to a person is not quoted.
fn quote(text: &str) -> String {
    let text = masked_text(text);
    match text.char_indices().nth(MAX_QUOTE) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into(),
    }
}
