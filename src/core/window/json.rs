//! Reference rows as JSON.

use std::collections::HashMap;

use arrow::record_batch::RecordBatch;
use serde_json::{Map, Value};
use yujing_base::OperatorId;

/// The columns of every source, in front of its own.
const ENVELOPE: [&str; 7] =
    ["event_id", "revision", "occurred_at", "reported_at", "operator_id", "publisher", "quality"];

/// Every row by column name, without the envelope and without nulls, under the operator it describes.
pub(super) fn rows(batch: &RecordBatch) -> HashMap<OperatorId, Map<String, Value>> {
    if batch.num_rows() == 0 {
        return HashMap::new();
    }
    let mut text = Vec::new();
    let mut writer = arrow_json::LineDelimitedWriter::new(&mut text);
    writer.write(batch).expect("invariant: every type of a schema file has a JSON form");
    writer.finish().expect("invariant: writing to memory does not fail");
    let rows = serde_json::Deserializer::from_slice(&text).into_iter::<Map<String, Value>>();
    rows.map(|row| {
        let mut row = row.expect("invariant: arrow writes one JSON object a row");
        let operator = row["operator_id"].as_str().map(OperatorId::from);
        row.retain(|column, _| !ENVELOPE.contains(&column.as_str()));
        (operator.expect("invariant: every row has an operator"), row)
    })
    .collect()
}
