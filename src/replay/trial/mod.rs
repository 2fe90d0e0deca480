//! A trial on history: what a ruleset that somebody only proposes would have warned of in the events that Kafka still
//! has, beside the one of the rules folder. It runs in a process of its own that is given a task on standard input, as one
//! JSON document, and reports on standard output, one JSON document a line.
//!
//! - here: the task, the reports, and the trial itself
//! - [`result`]: what is told of the two rulesets

pub mod result;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use yujing_base::diagnostic::Diagnostics;
use yujing_base::language::Bilingual;
use yujing_config::Config;
use yujing_core::ruleset::{Files, Ruleset};
use yujing_core::warning::Level;
use yujing_workbench::schemas_folder;

use self::result::TrialResult;
use crate::plan::{Budget, KafkaInput, Period, Plan};
use crate::run::{Progress, run};

/// The hidden subcommand that is the process.
pub const SUBCOMMAND: &str = "try-history";
/// How the two rulesets are called within the replay.
const IN_FORCE: &str = "in_force";
const CHANGE: &str = "change";
/// Between two reports of progress.
const REPORT_INTERVAL: Duration = Duration::from_millis(500);

/// What is to be tried.
#[derive(Debug, Serialize, Deserialize)]
pub struct TrialTask {
    pub config: Config,
    /// The ruleset of the folder, and the one that is proposed.
    pub in_force: Files,
    pub change: Files,
    pub asked: TrialQuestion,
    /// Warnings count up to here.
    pub now: Timestamp,
}

/// What is asked of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrialQuestion {
    /// How many days back warnings count.
    pub days: u32,
    /// Most warnings of orange and red a day.
    pub budget: u64,
}

/// What is reported.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TrialReport {
    Progress(TrialProgress),
    Done(Box<TrialResult>),
    Failed(Bilingual),
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrialProgress {
    pub stage: TrialStage,
    pub done: u64,
    /// 0: not known.
    pub of: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TrialStage {
    Reading,
    Replaying,
    Reporting,
}

impl TrialTask {
    /// Does it, telling now and then how far it is.
    ///
    /// # Errors
    /// Why it cannot be done, in both languages.
    pub fn run(&self, mut report: impl FnMut(&TrialProgress)) -> Result<TrialResult, Bilingual> {
        let sources = schemas_folder::load(&self.config.paths.schemas).map_err(|found| refused(&found))?;
        let sources = Arc::new(sources);
        let build = |name: &str, files: &Files| {
            let ruleset = Ruleset::from_files(Path::new(""), files.clone(), &sources);
            ruleset.map(|ruleset| (name.to_owned(), Arc::new(ruleset))).map_err(|found| refused(&found))
        };
        let rulesets = [build(IN_FORCE, &self.in_force)?, build(CHANGE, &self.change)?];
        let plan = self.plan(&rulesets[0].1);
        let mut told_at: Option<Instant> = None;
        let replayed = run(&plan, &self.config, &sources, &rulesets, |progress| {
            if told_at.is_none_or(|at| at.elapsed() >= REPORT_INTERVAL) {
                told_at = Some(Instant::now());
                report(&TrialProgress::from(progress));
            }
        });
        let replayed = replayed.map_err(|error| {
            Bilingual::new(format!("历史事件无法回放：{error}"), format!("history cannot be replayed: {error}"))
        })?;
        Ok(TrialResult::of(&replayed.report, self.asked.budget))
    }

    fn plan(&self, in_force: &Ruleset) -> Plan {
        let days = SignedDuration::from_hours(24 * i64::from(self.asked.days));
        let budget = Budget { most: self.asked.budget, level: Level::Orange, per: None, every: Period::Day };
        Plan {
            kafka: Some(KafkaInput::default()),
            from: self.now.checked_sub(days).ok(),
            to: Some(self.now),
            zone: in_force.policy.zone.clone(),
            budget: Some(budget),
            ..Plan::default()
        }
    }
}

impl From<Progress> for TrialProgress {
    fn from(progress: Progress) -> Self {
        let at = |stage, done, of| Self { stage, done, of };
        match progress {
            Progress::Outcome | Progress::Sorting => at(TrialStage::Reading, 0, 0),
            Progress::Replaying { done, of } => at(TrialStage::Replaying, done, of),
            Progress::Reporting => at(TrialStage::Reporting, 0, 0),
        }
    }
}

/// What is wrong with the files, in both languages.
fn refused(found: &Diagnostics) -> Bilingual {
    use yujing_base::language::Language::{En, Zh};
    Bilingual::new(found.render_in(Zh, false), found.render_in(En, false))
}
