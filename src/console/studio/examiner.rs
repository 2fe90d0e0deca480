//! What is proposed is examined before anybody decides about it: the check, all cases, what it costs, and what it would
//! do to the levels of operators as they are now, which only the engine can tell. What is not in order goes back to who
//! wrote it. Which changes wait is in the database alone, so a start goes on where the console ended.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use yujing_base::language::{Bilingual, say};
use yujing_core::ruleset::Files;
use yujing_core::ruleset::change::LevelMoves;
use yujing_core::warning::Level;
use yujing_live::reload::difference::RisingBy;
use yujing_live::reload::{ReloadAttempt, ReloadOutcome, RulesetDifference};
use yujing_telemetry::console::ConsoleFailed;
use yujing_telemetry::{InternalEvent as _, Metrics};

use super::cost::ChangeCost;
use super::folder::FolderState;
use super::moved::moved;
use super::{Bell, Studio};
use crate::engine::Engine;
use crate::error::ConsoleError;
use crate::feed::{self, Feed};
use crate::store::Store;
use crate::store::change::Change;
use crate::store::examination::Examination;

/// How often it is looked whether something is to be done, beside the bell.
const LOOK_INTERVAL: Duration = Duration::from_secs(2);
/// How long the engine may take for a projection: it looks at everybody between its batches.
const PROJECTION_TIMEOUT: Duration = Duration::from_mins(15);
/// Most cases that are told of those that do not hold.
const MOST_TOLD: usize = 50;

/// Examines proposed changes, one after the other, on a thread of its own.
#[derive(Debug)]
pub struct Examiner {
    pub studio: Arc<Studio>,
    pub store: Arc<Store>,
    pub engine: Engine,
    pub feed: Feed,
    pub bell: Bell,
    pub metrics: Arc<Metrics>,
    pub stop: CancellationToken,
}

/// What an examination found.
#[derive(Debug, Serialize)]
struct Report {
    /// The hash of the ruleset that the change makes; none: it does not build.
    ruleset: Option<Value>,
    /// What the check finds.
    diagnostics: Value,
    /// How many cases were run, how many do not hold, and those, not all if there are very many.
    cases: usize,
    failed: usize,
    failing: Vec<Value>,
    cost: Option<ChangeCost>,
    projection: Option<Projection>,
    /// Why there is no projection of a change that is in order.
    no_projection: Option<Bilingual>,
}

/// What the engine says that a change would do at once to operators as they are now.
#[derive(Debug, Serialize)]
struct Projection {
    at: Timestamp,
    /// Whether it makes the very ruleset that is in force.
    unchanged: bool,
    operators: u64,
    raised: u64,
    lowered: u64,
    opened: u64,
    levels: Vec<LevelMoves>,
    rising: Vec<RisingRule>,
    examples: Vec<Example>,
    failures: BTreeMap<String, u64>,
}

/// A rule behind levels that would rise.
#[derive(Debug, Serialize)]
struct RisingRule {
    rule: String,
    title: Value,
    #[serde(flatten)]
    by: RisingBy,
}

/// An operator whose level would change: whoever may see more of it asks for it by its id.
#[derive(Debug, Serialize)]
struct Example {
    operator_id: String,
    from: Level,
    to: Level,
    rules: Vec<String>,
}

impl Examiner {
    /// Works until asked to stop.
    pub fn run(self) {
        while !self.stop.is_cancelled() {
            match self.examine_next() {
                Ok(true) => {}
                Ok(false) => self.bell.wait(LOOK_INTERVAL),
                Err(error) => {
                    ConsoleFailed { reason: &error.to_string() }.emit(&self.metrics);
                    self.bell.wait(LOOK_INTERVAL);
                }
            }
        }
    }

    /// Whether there was one to examine.
    fn examine_next(&self) -> Result<bool, ConsoleError> {
        let mut waiting = self.store.unexamined()?.into_iter();
        // A folder that cannot be read is looked at again. What was written on another one is examined once it is
        // brought up to date.
        let Ok(folder) = self.studio.folder() else { return Ok(false) };
        let Some(change) = waiting.find(|change| moved(change, &folder).is_empty()) else { return Ok(false) };
        let report = self.examine(&folder, &change);
        // Whoever stops the program has found nothing.
        if self.stop.is_cancelled() {
            return Ok(false);
        }
        let passed = report.failed == 0 && report.cost.is_some();
        let (content, at) = (change.content(), Timestamp::now());
        self.store.note_examination(change.id, &Examination { content, passed, at, report: json!(report) })?;
        self.feed.tell(feed::Change { rules: true, ..feed::Change::default() });
        Ok(true)
    }

    fn examine(&self, folder: &FolderState, change: &Change) -> Report {
        let texts = match folder.texts() {
            Ok(texts) => texts.with_change(change),
            Err(refusal) => return Report::refused(&super::refused(&refusal)),
        };
        let said = self.studio.look_up(&texts);
        if said["check"]["ok"] != true {
            return Report::refused(&said["check"]);
        }
        let went = self.studio.run_all_cases(&texts);
        let cases = went["cases"].as_array().map(Vec::as_slice).unwrap_or_default();
        let failing = cases.iter().filter(|case| case["passed"] != true).take(MOST_TOLD);
        let mut report = Report {
            ruleset: Some(said["check"]["summary"]["ruleset"].clone()),
            cases: cases.len(),
            failing: failing.cloned().collect(),
            ..Report::refused(&said["check"])
        };
        if went["ok"] != true {
            report.failed = usize::try_from(went["failed"].as_u64().unwrap_or_default()).unwrap_or_default().max(1);
            if let (Some(found), Some(more)) = (report.diagnostics.as_array_mut(), went["diagnostics"].as_array()) {
                found.extend(more.iter().cloned());
            }
            return report;
        }
        let paths: Vec<&str> = change.files.iter().map(|file| file.path.as_str()).collect();
        let before = self.studio.catalogue(folder);
        report.cost = Some(ChangeCost::between(&before["catalogue"], &said["catalogue"], &paths));
        match self.project(&texts.files, &said["catalogue"]) {
            Ok(projection) => report.projection = Some(projection),
            Err(why) => report.no_projection = Some(why),
        }
        report
    }

    /// What the engine says that a ruleset would do; its catalogue has the titles of rules.
    fn project(&self, files: &Files, catalogue: &Value) -> Result<Projection, Bilingual> {
        let away = |reason: String| say!("引擎没有回答：{reason}", "the engine does not answer: {reason}");
        let begun = self.engine.project(files).map_err(away)?;
        let ended = self.engine.ended(begun, PROJECTION_TIMEOUT, &self.stop).map_err(away)?;
        let ReloadAttempt { outcome, difference, refusal, ended_at, started_at, .. } = ended;
        let at = ended_at.unwrap_or(started_at);
        match (outcome, difference) {
            (Some(ReloadOutcome::Unchanged), _) => {
                Ok(Projection { unchanged: true, ..Projection::of(&RulesetDifference::default(), catalogue, at) })
            }
            (Some(ReloadOutcome::Projected), Some(difference)) => Ok(Projection::of(&difference, catalogue, at)),
            _ => Err(refusal.map_or_else(|| away("no answer".to_owned()), |refusal| refusal.text())),
        }
    }
}

impl Report {
    /// Of what the check does not let through.
    fn refused(check: &Value) -> Self {
        Self {
            ruleset: None,
            diagnostics: check.get("diagnostics").cloned().unwrap_or_else(|| json!([])),
            cases: 0,
            failed: 0,
            failing: Vec::new(),
            cost: None,
            projection: None,
            no_projection: None,
        }
    }
}

impl Projection {
    fn of(difference: &RulesetDifference, catalogue: &Value, at: Timestamp) -> Self {
        let RulesetDifference { change, examples, opened, rising } = difference;
        let moves = |rises: bool| {
            change.levels.iter().filter(move |each| each.from != each.to && (each.to > each.from) == rises)
        };
        let rules = catalogue["rules"].as_array().map(Vec::as_slice).unwrap_or_default();
        let title = |id: &String| rules.iter().find(|rule| rule["id"] == id.as_str()).map(|rule| rule["title"].clone());
        let rising = rising.iter().map(|(rule, by)| RisingRule {
            title: title(rule).unwrap_or_else(|| json!(Bilingual::new(rule.as_str(), rule.as_str()))),
            rule: rule.clone(),
            by: *by,
        });
        let examples = examples.iter().filter(|example| example.from != example.to).map(|example| Example {
            operator_id: example.operator_id.clone(),
            from: example.from,
            to: example.to,
            rules: example.rules.clone(),
        });
        Self {
            at,
            unchanged: false,
            operators: change.operators,
            raised: moves(true).map(|each| each.operators).sum(),
            lowered: moves(false).map(|each| each.operators).sum(),
            opened: *opened,
            levels: change.levels.iter().filter(|each| each.from != each.to).cloned().collect(),
            rising: rising.collect(),
            examples: examples.collect(),
            failures: change.failures.clone(),
        }
    }
}
