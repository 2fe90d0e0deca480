//! The one table: name, value, unit.

use std::fs;
use std::path::{Path, PathBuf};

use comfy_table::{CellAlignment, Table, presets};
use serde_json::Value;

/// One line of it.
pub struct Row {
    name: String,
    value: String,
    unit: &'static str,
}

impl Row {
    pub fn new(name: String, value: String, unit: &'static str) -> Self {
        Self { name, value, unit }
    }
}

pub fn render(rows: impl Iterator<Item = Row>) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::ASCII_MARKDOWN).set_header(["name", "value", "unit"]);
    table.add_rows(rows.map(|row| [row.name, row.value, row.unit.to_owned()]));
    if let Some(values) = table.column_mut(1) {
        values.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// The medians of the last run of every micro-bench, as criterion keeps them below the target folder.
pub fn criterion_rows() -> Vec<Row> {
    let mut folders = vec![criterion_folder()];
    let mut rows = Vec::new();
    while let Some(folder) = folders.pop() {
        if folder.ends_with("new") {
            rows.extend(row_of(&folder));
            continue;
        }
        let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
        folders.extend(entries.filter(|path| path.is_dir()));
    }
    rows.sort_by(|left, right| left.name.cmp(&right.name));
    rows
}

/// `criterion` beside the folder in which this program was built.
fn criterion_folder() -> PathBuf {
    let program = std::env::current_exe().expect("a program knows where it is");
    program.ancestors().nth(3).unwrap_or(Path::new("target")).join("criterion")
}

fn row_of(folder: &Path) -> Option<Row> {
    let read = |name: &str| -> Option<Value> { serde_json::from_slice(&fs::read(folder.join(name)).ok()?).ok() };
    let (benchmark, estimates) = (read("benchmark.json")?, read("estimates.json")?);
    let nanoseconds = estimates["median"]["point_estimate"].as_f64()?;
    // A bench over many elements is told by what one of them costs.
    let elements = benchmark["throughput"]["Elements"].as_f64().filter(|elements| *elements > 1.0);
    let (value, unit) = in_unit(nanoseconds / elements.unwrap_or(1.0));
    let each = if elements.is_some() { ", each" } else { "" };
    Some(Row::new(format!("{}{each}", benchmark["full_id"].as_str()?), value, unit))
}

fn in_unit(nanoseconds: f64) -> (String, &'static str) {
    let (value, unit) = match nanoseconds {
        few if few < 1e3 => (few, "ns"),
        few if few < 1e6 => (few / 1e3, "µs"),
        many => (many / 1e6, "ms"),
    };
    (format!("{value:.*}", if value < 10.0 { 2 } else { usize::from(value < 100.0) }), unit)
}
