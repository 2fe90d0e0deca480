//! Rows as JSON.

use std::collections::HashMap;

use arrow::record_batch::RecordBatch;
use serde_json::{Map, Value};
use yujing_base::OperatorId;

/// The columns of every source, in front of its own.
const ENVELOPE: [&str; 7] =
    ["event_id", "revision", "occurred_at", "reported_at", "operator_id", "publisher", "quality"];

/// Every row by column name, without the envelope and without nulls, under the operator it describes.
pub(super) fn rows(batch: &RecordBatch) -> HashMap<OperatorId, Map<String, Value>> {
    let rows = objects(batch).into_iter().map(|mut row| {
        let operator = row["operator_id"].as_str().map(OperatorId::from);
        row.retain(|column, _| !ENVELOPE.contains(&column.as_str()));
        (operator.expect("invariant: every row has an operator"), row)
    });
    rows.collect()
}

/// Every row by column name, without nulls, in the order of the batch.
pub(super) fn objects(batch: &RecordBatch) -> Vec<Map<String, Value>> {
    if batch.num_rows() == 0 {
        return Vec::new();
    }
    let mut text = Vec::new();
    let mut writer = arrow_json::LineDelimitedWriter::new(&mut text);
    writer.write(batch).expect("invariant: every type of a schema file has a JSON form");
    writer.finish().expect("invariant: writing to memory does not fail");
    let rows = serde_json::Deserializer::from_slice(&text).into_iter::<Map<String, Value>>();
    rows.map(|row| row.expect("invariant: arrow writes one JSON object a row")).collect()
}
