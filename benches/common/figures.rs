//! Figures that are measured once and not by criterion: printed, and kept beside criterion's results until the load
//! bench lists them in its table.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

/// One figure.
#[derive(Debug)]
pub struct Figure {
    pub name: String,
    pub value: String,
    pub unit: String,
}

/// The figures of one bench, written at the end of it.
#[derive(Debug)]
pub struct Figures {
    bench: &'static str,
    figures: Vec<Figure>,
}

impl Figures {
    pub fn of(bench: &'static str) -> Self {
        Self { bench, figures: Vec::new() }
    }

    /// Prints a figure and keeps it.
    #[allow(clippy::print_stdout, reason = "a bench prints what it measured")]
    pub fn add(&mut self, name: &str, value: f64, decimals: usize, unit: &str) {
        let figure = Figure {
            name: format!("{}, {name}", self.bench),
            value: format!("{value:.decimals$}"),
            unit: unit.to_owned(),
        };
        println!("{}: {} {}", figure.name, figure.value, figure.unit);
        self.figures.push(figure);
    }
}

impl Drop for Figures {
    fn drop(&mut self) {
        let rows: Vec<Value> =
            self.figures.iter().map(|figure| json!([figure.name, figure.value, figure.unit])).collect();
        let folder = folder();
        let written = fs::create_dir_all(&folder)
            .and_then(|()| fs::write(folder.join(format!("{}.json", self.bench)), Value::from(rows).to_string()));
        written.expect("the target folder is writable");
    }
}

/// The figures of all benches that have run.
pub fn kept() -> Vec<Figure> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder()).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    files.sort();
    let figures = files.iter().filter_map(|file| {
        let rows: Vec<[String; 3]> = serde_json::from_slice(&fs::read(file).ok()?).ok()?;
        Some(rows.into_iter().map(|[name, value, unit]| Figure { name, value, unit }))
    });
    figures.flatten().collect()
}

/// Where criterion keeps its results: beside the folder in which this program was built.
pub fn criterion_folder() -> PathBuf {
    let program = std::env::current_exe().expect("a program knows where it is");
    program.ancestors().nth(3).unwrap_or(Path::new("target")).join("criterion")
}

fn folder() -> PathBuf {
    criterion_folder().join("figures")
}
