//! A small schema with everything that the subset has, and records of it.

use std::sync::{Arc, LazyLock};

use jiff::Timestamp;
use serde_json::{Value, json};
use yujing_core::source::{Cell, Decoder, Event, Header, Record, Refusal, Source, Sources};

pub const VISITS: &str = include_str!("visits.schema.json");

static SOURCES: LazyLock<Sources> = LazyLock::new(|| {
    let reference = VISITS
        .replace("\"x-kind\": \"event\"", "\"x-kind\": \"reference\"")
        .replace("test.visit.v1", "test.operator.v1")
        .replace("  \"x-retention\": \"400d\",\n", "")
        .replace("\"event_id\", \"occurred_at\"", "\"occurred_at\"");
    let files = [("visits.schema.json", VISITS.to_owned()), ("registry.schema.json", reference)];
    Sources::parse(&files.map(|(name, text)| (name.into(), text))).unwrap_or_else(|found| panic!("{found}"))
});

pub fn sources() -> &'static Sources {
    &SOURCES
}

pub fn source(name: &str) -> Arc<Source> {
    let (_, source) = sources().by_name(name).expect("the fixture has the source");
    source.clone()
}

pub fn decoder(name: &str) -> Decoder {
    let (id, source) = sources().by_name(name).expect("the fixture has the source");
    Decoder::new(id, source.clone())
}

pub fn received_at() -> Timestamp {
    "2026-03-02T11:00:00+08:00".parse().expect("it is a timestamp")
}

pub fn record(value: impl Into<Vec<u8>>) -> Record {
    let (source, _) = sources().by_name("visits").expect("the fixture has the source");
    Record {
        source,
        topic: "test.visit.v1".into(),
        partition: 0,
        offset: 0,
        timestamp: received_at(),
        key: None,
        value: Some(value.into()),
        headers: Vec::new(),
    }
}

pub fn header(name: &str, value: &str) -> Header {
    Header { name: name.into(), value: Some(value.into()) }
}

/// A document that is valid in every field.
pub fn full() -> Value {
    json!({
        "event_id": "v1",
        "revision": 2,
        "op": "upsert",
        "occurred_at": "2026-03-02T10:00:00.123456+08:00",
        "reported_at": "2026-03-02T10:30:00+08:00",
        "operator_id": "JY21201030043213",
        "publisher": "test",
        "schema_version": "1",
        "verdict": "pass",
        "grade": "A",
        "channel": "phone",
        "tags": ["wet", "dark"],
        "entity": "92120103MA06ABCDXT",
        "code": "AB-12",
        "persons": 3,
        "step": 20,
        "confidence": 0.5,
        "value": 0.126,
        "superior": true,
        "due": "2026-03-09",
        "seen_at": null,
        "remark": "地面有水",
        "phone": "13800000000",
        "inspectors": ["张三"],
        "items": [{ "code": "1.1", "key": true, "class": "metal", "phone": "1", "plan": { "n": 5, "M": 1000 } }]
    })
}

/// The full document with one field replaced.
pub fn with(name: &str, value: Value) -> String {
    let mut document = full();
    document[name] = value;
    document.to_string()
}

/// The full document without one field.
pub fn without(name: &str) -> String {
    let mut document = full();
    document.as_object_mut().expect("it is an object").remove(name);
    document.to_string()
}

/// The full document with the text of one field's value replaced by a text that need not be JSON.
pub fn with_raw(name: &str, raw: &str) -> String {
    let mut document = full();
    document[name] = json!("@@");
    document.to_string().replace("\"@@\"", raw)
}

pub fn decode(value: impl Into<Vec<u8>>) -> Result<Event, Refusal> {
    decoder("visits").decode(&record(value))
}

pub fn accepted(value: impl Into<Vec<u8>>) -> Event {
    decode(value).unwrap_or_else(|refusal| panic!("{refusal}"))
}

/// The cell of one column.
pub fn cell<'e>(event: &'e Event, column: &str) -> &'e Cell {
    let source = source("visits");
    let place = source.columns.iter().position(|field| *field.name == *column).expect("there is the column");
    &event.cells[place]
}

pub fn text(value: &str) -> Cell {
    Cell::Text(value.into())
}
