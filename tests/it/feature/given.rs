//! What the tests of features are given: the real schemas, small files, small data.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use yujing_base::OperatorId;
use yujing_base::diagnostic::Diagnostics;
use yujing_core::feature::{FeatureSet, FeatureTable, FeatureValue};
use yujing_core::source::{Source, SourceId, Sources};
use yujing_workbench::schemas_folder;

/// The sources that ship.
pub fn sources() -> Sources {
    schemas_folder::load(Path::new("schemas")).unwrap_or_else(|problems| panic!("{}", problems.render(false)))
}

/// A set of one file.
pub fn load(sources: &Sources, sql: &str) -> Result<FeatureSet, Diagnostics> {
    FeatureSet::from_texts(&[(PathBuf::from("features.sql"), sql.to_owned())], sources)
}

/// A file whose columns are (name, expression), all `@missing unknown`.
pub fn file(table: &str, columns: &[(&str, &str)]) -> String {
    let columns: Vec<_> = columns
        .iter()
        .map(|(name, expression)| {
            format!("  -- @zh 指标\n  -- @en Feature\n  -- @missing unknown\n  {expression} AS {name}")
        })
        .collect();
    format!("SELECT operator_id,\n{}\nFROM {table} GROUP BY operator_id\n", columns.join(",\n"))
}

pub fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

pub fn operators(ids: &[&str]) -> Vec<OperatorId> {
    ids.iter().map(|id| OperatorId::from(*id)).collect()
}

/// Rows of a source as a gather gives them, from JSON objects that say only what matters.
pub fn rows(source: &Source, objects: &[Value]) -> RecordBatch {
    let mut full: Vec<Map<String, Value>> =
        objects.iter().enumerate().map(|(place, given)| row(place, given)).collect();
    let text = |row: &Map<String, Value>, key: &str| row[key].as_str().expect("a text").to_owned();
    full.sort_by_key(|row| {
        (text(row, "operator_id"), at(&text(row, "occurred_at")), text(row, "event_id"), text(row, "publisher"))
    });
    let mut reader = arrow_json::ReaderBuilder::new(Arc::clone(&source.schema)).build_decoder().expect("a decoder");
    reader.serialize(&full).expect("rows of the source's schema");
    reader.flush().expect("rows").unwrap_or_else(|| RecordBatch::new_empty(Arc::clone(&source.schema)))
}

fn row(place: usize, given: &Value) -> Map<String, Value> {
    let mut row = json!({
        "event_id": format!("e{place:03}"), "revision": 1, "operator_id": "A", "publisher": "p",
        "occurred_at": "2026-03-01T00:00:00Z", "quality": [],
    });
    let row = row.as_object_mut().expect("an object");
    row.extend(given.as_object().expect("an object").clone());
    if !row.contains_key("reported_at") {
        row.insert("reported_at".to_owned(), row["occurred_at"].clone());
    }
    row.clone()
}

/// One run of a set over rows of one source.
pub fn compute(
    set: &FeatureSet,
    source: SourceId,
    rows: &RecordBatch,
    operators: &[OperatorId],
    as_of: &str,
) -> FeatureTable {
    set.compute_over(&HashMap::from([(source, rows.clone())]), operators, at(as_of)).expect("a run")
}

/// The value of one expression over rows of one operator `A` of one source.
pub fn value_of(source: &str, expression: &str, objects: &[Value], as_of: &str) -> FeatureValue {
    let sources = sources();
    let (id, source) = sources.by_name(source).expect("the source");
    let set = load(&sources, &file(&source.table, &[("value", expression)]))
        .unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    let table = compute(&set, id, &rows(source, objects), &operators(&["A"]), as_of);
    assert_eq!(table.failed, [], "{expression}");
    table.value(0, 0)
}
