//! The one table: name, value, unit.

use std::fs;
use std::path::Path;

use comfy_table::{CellAlignment, Table, presets};
use serde_json::Value;

use crate::common::figures::{Figure, criterion_folder, kept};

/// One line of it.
pub struct Row {
    name: String,
    value: String,
    unit: String,
}

impl Row {
    pub fn new(name: String, value: String, unit: &str) -> Self {
        Self { name, value, unit: unit.to_owned() }
    }
}

pub fn render(rows: impl Iterator<Item = Row>) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::ASCII_MARKDOWN).set_header(["name", "value", "unit"]);
    table.add_rows(rows.map(|row| [row.name, row.value, row.unit]));
    if let Some(values) = table.column_mut(1) {
        values.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// The median of one micro-bench.
struct Median {
    id: String,
    nanoseconds: f64,
    /// How many things it worked on, if that was said.
    elements: Option<f64>,
}

/// The medians of the last run of every micro-bench, as criterion keeps them below the target folder, and what two of
/// them say together.
pub fn criterion_rows() -> Vec<Row> {
    let mut folders = vec![criterion_folder()];
    let mut medians = Vec::new();
    while let Some(folder) = folders.pop() {
        if folder.ends_with("new") {
            medians.extend(median_of(&folder));
            continue;
        }
        let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
        folders.extend(entries.filter(|path| path.is_dir()));
    }
    medians.sort_by(|left, right| left.id.cmp(&right.id));
    medians.iter().map(row_of).chain(compared(&medians)).collect()
}

/// What benches measured once.
pub fn figure_rows() -> Vec<Row> {
    kept().into_iter().map(|Figure { name, value, unit }| Row { name, value, unit }).collect()
}

fn median_of(folder: &Path) -> Option<Median> {
    let read = |name: &str| -> Option<Value> { serde_json::from_slice(&fs::read(folder.join(name)).ok()?).ok() };
    let (benchmark, estimates) = (read("benchmark.json")?, read("estimates.json")?);
    Some(Median {
        id: benchmark["full_id"].as_str()?.to_owned(),
        nanoseconds: estimates["median"]["point_estimate"].as_f64()?,
        elements: benchmark["throughput"]["Elements"].as_f64(),
    })
}

fn row_of(median: &Median) -> Row {
    // A bench over many elements is told by what one of them costs.
    let elements = median.elements.filter(|elements| *elements > 1.0);
    let (value, unit) = in_unit(median.nanoseconds / elements.unwrap_or(1.0));
    let each = if elements.is_some() { ", each" } else { "" };
    Row::new(format!("{}{each}", median.id), value, unit)
}

/// A reload's pauses beside a batch.
fn compared(medians: &[Median]) -> Vec<Row> {
    let find = |prefix: &str| medians.iter().find(|median| median.id.starts_with(prefix));
    let mut rows = Vec::new();
    if let Some(batch) = find("reload/a batch") {
        let pauses = medians.iter().filter(|median| median.id.starts_with("reload/pause"));
        rows.extend(pauses.map(|pause| {
            let share = 100.0 * pause.nanoseconds / batch.nanoseconds;
            Row::new(format!("{}, beside a batch of 2,000", pause.id), format!("{share:.0}"), "% of its time")
        }));
    }
    rows
}

fn in_unit(nanoseconds: f64) -> (String, &'static str) {
    let (value, unit) = match nanoseconds {
        few if few < 1e3 => (few, "ns"),
        few if few < 1e6 => (few / 1e3, "µs"),
        many => (many / 1e6, "ms"),
    };
    (format!("{value:.*}", if value < 10.0 { 2 } else { usize::from(value < 100.0) }), unit)
}
