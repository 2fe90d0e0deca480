//! Two small sources and short events for the tests of the window store.

mod cases;
mod model;

use std::path::PathBuf;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use arrow::record_batch::RecordBatch;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use yujing_base::OperatorId;

use super::{Delta, EventOutcome, View, WindowStore};
use crate::source::{Cell, Event, Identity, Op, SourceId, Sources};

const ALERTS: SourceId = SourceId(0);
const OPERATORS: SourceId = SourceId(1);
const RETENTION_HOURS: i64 = 100;

/// Small enough for short histories to be sealed and merged.
const FEW_ROWS: usize = 8;

fn store() -> WindowStore {
    WindowStore::of(sources().iter().map(|(_, source)| source.clone()), FEW_ROWS)
}

/// `alerts` and `operators`, each with a count and a note of its own.
fn sources() -> Sources {
    let files = [("alerts", "event"), ("operators", "reference")].map(|(name, kind)| {
        let mut schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": format!("urn:test:{name}"),
            "title": name,
            "description": name,
            "x-kind": kind,
            "x-topic": name,
            "x-schema-versions": ["1"],
            "type": "object",
            "properties": {
                "event_id": { "type": "string", "description": "Which event." },
                "revision": { "type": "integer", "default": 1, "description": "Which version of it." },
                "op": { "type": "string", "enum": ["upsert", "retract"], "default": "upsert", "description": "What to do." },
                "occurred_at": { "type": "string", "format": "date-time", "description": "When it was." },
                "reported_at": { "type": "string", "format": "date-time", "description": "When it was reported." },
                "operator_id": { "type": "string", "description": "Whose it is." },
                "publisher": { "type": "string", "description": "Who reports it." },
                "schema_version": { "type": "string", "default": "1", "description": "By which schema." },
                "count": { "type": ["integer", "null"], "description": "How many." },
                "note": { "type": ["string", "null"], "description": "What else." },
            },
            "required": ["event_id", "occurred_at", "operator_id", "publisher"],
        });
        if kind == "event" {
            schema["x-retention"] = format!("{RETENTION_HOURS}h").into();
        }
        (PathBuf::from(format!("{name}.schema.json")), schema.to_string())
    });
    Sources::parse(&files).expect("two valid schemas")
}

/// An event in brief; the hours count from 2026-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Brief {
    source: SourceId,
    operator: &'static str,
    publisher: &'static str,
    event_id: &'static str,
    revision: i64,
    op: Op,
    occurred: i64,
    received: i64,
    count: Option<i64>,
}

const EVENT: Brief = Brief {
    source: ALERTS,
    operator: "o1",
    publisher: "p1",
    event_id: "e1",
    revision: 1,
    op: Op::Upsert,
    occurred: 0,
    received: 0,
    count: Some(1),
};

fn hour(hours: i64) -> Timestamp {
    let start: Timestamp = "2026-01-01T00:00:00Z".parse().expect("a timestamp");
    start + SignedDuration::from_hours(hours)
}

impl Brief {
    fn identity(&self) -> Identity {
        match self.source {
            OPERATORS => Identity::of("operators", &[self.operator]),
            _ => Identity::of("alerts", &[self.publisher, self.operator, self.event_id]),
        }
    }

    fn event(&self) -> Event {
        let text = |text: &str| Cell::Text(text.into());
        let occurred_at = hour(self.occurred);
        let cells: Vec<Cell> = vec![
            text(self.event_id),
            Cell::Int(self.revision),
            Cell::Time(occurred_at.as_microsecond()),
            Cell::Time(occurred_at.as_microsecond()),
            text(self.operator),
            text(self.publisher),
            Cell::List([text("operator_id:check_digit")].into()),
            self.count.map_or(Cell::Null, Cell::Int),
            Cell::Null,
        ];
        Event {
            source: self.source,
            identity: self.identity(),
            operator_id: self.operator.into(),
            event_id: self.event_id.into(),
            publisher: self.publisher.into(),
            revision: self.revision,
            op: self.op,
            occurred_at,
            reported_at: occurred_at,
            received_at: hour(self.received),
            cells: if self.op == Op::Upsert { cells.into() } else { Box::default() },
            content: Identity::of("content", &[&format!("{:?} {}", self.count, self.occurred)]).0,
            unknown_fields: 0,
            unknown_values: 0,
            normalized: 0,
            withheld: 0,
        }
    }
}

/// What a gather shows of one row: operator, hour, event id, publisher, revision, count.
type Shown = (String, i64, String, String, i64, Option<i64>);

fn shown(batch: &RecordBatch) -> Vec<Shown> {
    let text = |name: &str| batch[name].as_string::<i32>().clone();
    let (operators, event_ids, publishers) = (text("operator_id"), text("event_id"), text("publisher"));
    let occurred = batch["occurred_at"].as_primitive::<TimestampMicrosecondType>();
    let revisions = batch["revision"].as_primitive::<Int64Type>();
    let counts = batch["count"].as_primitive::<Int64Type>();
    assert!(batch["quality"].as_list::<i32>().iter().all(|flags| flags.is_some_and(|flags| flags.len() == 1)));
    (0..batch.num_rows())
        .map(|row| {
            let hours = (occurred.value(row) - hour(0).as_microsecond()) / 3_600_000_000;
            (
                operators.value(row).to_owned(),
                hours,
                event_ids.value(row).to_owned(),
                publishers.value(row).to_owned(),
                revisions.value(row),
                counts.is_valid(row).then(|| counts.value(row)),
            )
        })
        .collect()
}

fn gather(view: View<'_>, source: SourceId, operators: &[&str], as_of: i64) -> Vec<Shown> {
    let operators: Vec<OperatorId> = operators.iter().map(|operator| OperatorId::from(*operator)).collect();
    let batch = view.gather(source, &operators, hour(as_of));
    assert_eq!(batch.schema(), view.table(source).source.schema);
    shown(&batch)
}

fn gather_all(view: View<'_>, source: SourceId, operators: &[&str]) -> Vec<Shown> {
    let operators: Vec<OperatorId> = operators.iter().map(|operator| OperatorId::from(*operator)).collect();
    shown(&view.gather_all(source, &operators))
}

fn names(operators: impl IntoIterator<Item = OperatorId>) -> Vec<String> {
    operators.into_iter().map(|operator| operator.to_string()).collect()
}

/// Admits events into one delta.
fn admit(store: &WindowStore, briefs: &[Brief]) -> (Delta, Vec<EventOutcome>) {
    let mut delta = Delta::default();
    let outcomes = briefs.iter().map(|brief| store.admit(&mut delta, brief.event())).collect();
    (delta, outcomes)
}
