//! What benches share: the schemas, the starter ruleset, a synthetic district, and its documents as records.

#![allow(dead_code, reason = "every bench uses a part of it")]

pub mod figures;
pub mod process;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use mimalloc::MiMalloc;
use serde_json::{Map, Value};
use yujing_core::engine::{Engine, Mode, Positions};
use yujing_core::ruleset::Ruleset;
use yujing_core::source::{Record, Sources};
use yujing_workbench::synthetic::{Background, District, PlannedEvent};
use yujing_workbench::{rules_folder, schemas_folder};

/// That of the program.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// The district of all benches: the same seed gives the same operators and the same history.
pub const SEED: u64 = 1;
/// Records in one batch, as the engine takes them by default.
pub const BATCH: usize = 2_000;
/// As many as `yujing generate` makes.
pub const CAMERA_ALERTS_A_DAY: u32 = 2_000;
/// Everything else that happens in the district.
pub const OTHER_EVENTS_A_DAY: u32 = 98;

pub fn checkout() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub fn schemas() -> Arc<Sources> {
    Arc::new(schemas_folder::load(&checkout().join("schemas")).expect("the schemas load"))
}

pub fn starter_ruleset(sources: &Sources) -> Arc<Ruleset> {
    Arc::new(rules_folder::load(&checkout().join("rules"), sources).expect("the starter ruleset loads"))
}

/// The starter rules, changed.
pub fn variant(sources: &Sources, change: impl Fn(&Path)) -> Arc<Ruleset> {
    let folder = tempfile::tempdir().expect("a folder");
    copy(&checkout().join("rules"), folder.path());
    change(folder.path());
    Arc::new(rules_folder::load(folder.path(), sources).unwrap_or_else(|problems| panic!("{}", problems.render(false))))
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("the starter rules") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).expect("copied");
        }
    }
}

/// A file of the schemas' valid examples.
pub fn valid_examples(source: &str) -> PathBuf {
    checkout().join("schemas/examples").join(source).join("valid")
}

/// A document as a consumer hands it over at an instant.
pub fn record(sources: &Sources, source: &str, operator: &str, document: Vec<u8>, timestamp: Timestamp) -> Record {
    let (id, described) = sources.by_name(source).expect("the source has a schema");
    Record {
        source: id,
        topic: Arc::from(described.topic.as_str()),
        partition: 0,
        offset: 0,
        timestamp,
        key: Some(operator.as_bytes().to_vec()),
        value: Some(document),
        headers: Vec::new(),
    }
}

/// A synthetic document that arrived at an instant.
pub fn arrived(sources: &Sources, planned: &PlannedEvent, at: Timestamp) -> Record {
    record(sources, planned.source, &planned.operator_id, json(&planned.document), at)
}

pub fn json(document: &Map<String, Value>) -> Vec<u8> {
    serde_json::to_vec(document).expect("a document is JSON")
}

/// The reference documents of a district, as reported at an instant.
pub fn operators(district: &District, at: Timestamp) -> impl Iterator<Item = PlannedEvent> {
    district.operators.iter().map(move |operator| {
        let mut document = operator.document.as_object().cloned().expect("an operator's document is an object");
        for field in ["occurred_at", "reported_at"] {
            document.insert(field.to_owned(), at.to_string().into());
        }
        PlannedEvent { at, source: "operators", operator_id: operator.operator_id.clone(), document }
    })
}

/// An engine with the starter ruleset that remembers a district: its operators and what happened in the days before an
/// instant.
pub fn engine_with_history(district: &District, camera_alerts: u32, days: i64, now: Timestamp) -> Engine {
    let sources = schemas();
    let ruleset = starter_ruleset(&sources);
    let mut engine = Engine::new(Arc::clone(&sources), ruleset);
    let from = now - SignedDuration::from_hours(24 * days);
    let history = Background::new(district, SEED, camera_alerts, from, now);
    let mut batch = Vec::with_capacity(BATCH);
    let mut remember = |batch: Vec<Record>| {
        let pending = engine.apply(&batch, &Positions::new(), Mode::Restore).expect("nothing is computed");
        engine.commit(pending);
    };
    for planned in operators(district, from).chain(history) {
        batch.push(arrived(&sources, &planned, planned.at));
        if batch.len() == BATCH {
            remember(std::mem::replace(&mut batch, Vec::with_capacity(BATCH)));
        }
    }
    remember(batch);
    engine
}

/// Everyday events of the last day, without end: a day is told again and again with other events.
pub struct Arrivals<'a> {
    district: &'a District,
    camera_alerts: u32,
    now: Timestamp,
    seed: u64,
    day: Background<'a>,
}

impl<'a> Arrivals<'a> {
    /// Different seeds give different events; none is an event of [`engine_with_history`].
    pub fn new(district: &'a District, seed: u64, camera_alerts: u32, now: Timestamp) -> Self {
        let day = Background::new(district, seed, camera_alerts, now, now);
        Self { district, camera_alerts, now, seed, day }
    }
}

impl Iterator for Arrivals<'_> {
    type Item = PlannedEvent;

    fn next(&mut self) -> Option<PlannedEvent> {
        loop {
            if let Some(planned) = self.day.next() {
                return Some(planned);
            }
            self.seed += 1;
            let from = self.now - SignedDuration::from_hours(24);
            self.day = Background::new(self.district, self.seed, self.camera_alerts, from, self.now);
        }
    }
}
