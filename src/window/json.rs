//! A reference row as JSON.

use arrow::record_batch::RecordBatch;
use serde_json::{Map, Value};

/// The columns of every source, in front of its own.
const ENVELOPE: [&str; 7] =
    ["event_id", "revision", "occurred_at", "reported_at", "operator_id", "publisher", "quality"];

/// The first row by column name, without the envelope and without nulls; `None` if there is no row.
pub(super) fn first_row(batch: &RecordBatch) -> Option<Map<String, Value>> {
    if batch.num_rows() == 0 {
        return None;
    }
    let mut text = Vec::new();
    let mut writer = arrow_json::LineDelimitedWriter::new(&mut text);
    writer.write(&batch.slice(0, 1)).expect("invariant: every type of a schema file has a JSON form");
    writer.finish().expect("invariant: writing to memory does not fail");
    let mut row: Map<String, Value> =
        serde_json::from_slice(&text).expect("invariant: arrow writes one JSON object a row");
    row.retain(|column, _| !ENVELOPE.contains(&column.as_str()));
    Some(row)
}
