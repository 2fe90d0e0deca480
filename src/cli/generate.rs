//! `yujing generate`: the synthetic district as JSONL files that `yujing publish` takes.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use yujing_workbench::synthetic::{Background, District, PlannedEvent, plant};

use super::{Failure, output};

/// Which district, and how much of it: the same for `generate` and `demo`.
#[derive(Debug, Args)]
pub struct Size {
    /// The same seed gives the same district and the same history
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Operators in the district
    #[arg(long, default_value_t = District::DEFAULT_OPERATORS)]
    pub operators: usize,
    /// Days of history before it ends
    #[arg(long, default_value_t = 90)]
    pub days: i64,
}

/// Write a synthetic district as JSONL, one file a source: operators, history and planted incidents, all labelled
/// synthetic
#[derive(Debug, Args)]
pub struct Generate {
    /// The folder to write to
    #[arg(long, value_name = "DIR", default_value = "synthetic")]
    out: PathBuf,
    #[command(flatten)]
    size: Size,
    /// The end of the history [default: now]
    #[arg(long, value_name = "TIME")]
    until: Option<Timestamp>,
    /// Camera alerts a day in the whole district
    #[arg(long, value_name = "N", default_value_t = 2_000)]
    camera_alerts: u32,
    /// Planted incidents in the last day; their answers go to `incidents.jsonl`
    #[arg(long, value_name = "N", default_value_t = 20)]
    incidents: usize,
}

impl Generate {
    /// # Errors
    /// If the folder cannot be written.
    pub fn run(&self) -> Result<(), Failure> {
        let until = self.until.unwrap_or_else(Timestamp::now);
        let too_early = |_| Failure::user(format!("{} days before {until} is not a time", self.size.days));
        let from = until.saturating_sub(SignedDuration::from_hours(24 * self.size.days)).map_err(too_early)?;
        let last_day = until.saturating_sub(SignedDuration::from_hours(24)).map_err(too_early)?;
        let district = District::generate(self.size.seed, self.size.operators);
        let incidents = plant(&district, self.size.seed, self.incidents, last_day.max(from), until);
        let mut files = Files::new(&self.out)?;
        for operator in &district.operators {
            files.write("operators", &described_at(&operator.document, from))?;
        }
        let mut planted: Vec<&PlannedEvent> = incidents.iter().flat_map(|incident| &incident.events).collect();
        planted.sort_by_key(|event| event.at);
        let mut planted = planted.into_iter().peekable();
        for event in Background::new(&district, self.size.seed, self.camera_alerts, from, until) {
            while let Some(earlier) = planted.next_if(|planted| planted.at <= event.at) {
                files.write(earlier.source, &earlier.document)?;
            }
            files.write(event.source, &event.document)?;
        }
        for event in planted {
            files.write(event.source, &event.document)?;
        }
        for incident in &incidents {
            let answer = json!({
                "number": incident.number, "kind": incident.kind, "operator_id": incident.operator_id,
                "complete_at": incident.complete_at().map(|at| at.to_string()), "expected_level": incident.kind.expected(),
            });
            files.write("incidents", answer.as_object().unwrap_or(&Map::new()))?;
        }
        files.finish()
    }
}

/// The reference document of a synthetic operator as reported at an instant.
pub(super) fn described_at(document: &Value, at: Timestamp) -> Map<String, Value> {
    let mut document = document.as_object().cloned().unwrap_or_default();
    document.insert("occurred_at".to_owned(), at.to_string().into());
    document.insert("reported_at".to_owned(), at.to_string().into());
    document
}

/// One open file a source.
struct Files {
    folder: PathBuf,
    open: BTreeMap<&'static str, (BufWriter<File>, u64)>,
}

impl Files {
    fn new(folder: &Path) -> Result<Self, Failure> {
        std::fs::create_dir_all(folder).map_err(|error| refused(folder, &error))?;
        Ok(Self { folder: folder.to_owned(), open: BTreeMap::new() })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.jsonl"))
    }

    fn write(&mut self, name: &'static str, document: &Map<String, Value>) -> Result<(), Failure> {
        let path = self.path(name);
        if !self.open.contains_key(name) {
            let file = File::create(&path).map_err(|error| refused(&path, &error))?;
            self.open.insert(name, (BufWriter::new(file), 0));
        }
        let Some((file, count)) = self.open.get_mut(name) else { return Ok(()) };
        *count += 1;
        serde_json::to_writer(&mut *file, document)
            .map_err(std::io::Error::from)
            .and_then(|()| file.write_all(b"\n"))
            .map_err(|error| refused(&path, &error))
    }

    fn finish(mut self) -> Result<(), Failure> {
        let paths: Vec<_> = self.open.keys().map(|name| self.path(name)).collect();
        for (path, (file, count)) in paths.iter().zip(self.open.values_mut()) {
            file.flush().map_err(|error| refused(path, &error))?;
            output::line(&format!("{count:>9} synthetic documents in {}", path.display()))?;
        }
        Ok(())
    }
}

fn refused(path: &Path, error: &std::io::Error) -> Failure {
    Failure::external(format!("{} cannot be written: {error}", path.display()))
}
