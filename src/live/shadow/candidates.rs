//! The candidates that are tried, and how they do.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::Serialize;
use yujing_core::ruleset::{Ruleset, RulesetRefusal};

/// How a candidate does.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "condition", rename_all = "lowercase")]
pub enum Condition {
    /// It is in order, and judges as soon as the engine is live.
    Ready,
    /// It is attached to the engine, and judges what the ruleset in force judges.
    #[serde(rename = "seated")]
    Attached,
    /// Its folder is not in order, or its cases do not hold; the ruleset that it had before goes on.
    Refused { refusal: RulesetRefusal },
    /// It failed or was too slow while it judged, and was detached.
    Failed { reason: String },
}

/// One candidate.
#[derive(Debug, Clone, Serialize)]
pub struct Candidate {
    pub folder: String,
    /// The hash of the ruleset that is tried.
    pub hash: Option<String>,
    /// Whether that one judges.
    #[serde(rename = "is_seated")]
    pub is_attached: bool,
    pub since: Timestamp,
    #[serde(flatten)]
    pub condition: Condition,
    #[serde(skip)]
    pub ruleset: Option<Arc<Ruleset>>,
}

impl Candidate {
    /// What becomes of a candidate when its folder has been built again.
    fn rebuilt(before: Option<Self>, folder: &Path, built: Result<Arc<Ruleset>, RulesetRefusal>) -> Self {
        let candidate = |ruleset: Option<Arc<Ruleset>>, is_attached, condition| Self {
            folder: folder.display().to_string(),
            hash: ruleset.as_ref().map(|ruleset| ruleset.hash.clone()),
            is_attached,
            since: Timestamp::now(),
            condition,
            ruleset,
        };
        let was_attached = before.as_ref().is_some_and(|before| before.is_attached);
        match (built, before.and_then(|before| before.ruleset)) {
            (Ok(ruleset), Some(before)) if before.hash == ruleset.hash => {
                let condition = if was_attached { Condition::Attached } else { Condition::Ready };
                candidate(Some(before), was_attached, condition)
            }
            (Ok(ruleset), _) => candidate(Some(ruleset), false, Condition::Ready),
            // A folder that is being edited does not end the trial: the last ruleset that was in order goes on.
            (Err(refusal), before) => candidate(before, was_attached, Condition::Refused { refusal }),
        }
    }
}

#[derive(Debug, Default)]
struct Table {
    candidates: BTreeMap<String, Candidate>,
    /// Grows whenever a folder has been built again.
    version: u64,
}

/// The rulesets of candidates that are in order, at one moment.
#[derive(Debug)]
pub struct CandidateRulesets {
    /// Grows whenever they may have changed.
    pub version: u64,
    pub by_name: BTreeMap<String, Arc<Ruleset>>,
}

/// Every candidate by its name. Shared; nobody waits here for anybody's work.
#[derive(Debug, Default)]
pub struct Candidates(Mutex<Table>);

impl Candidates {
    /// Takes what the folder of a candidate gave. Another ruleset is attached by the engine between two batches.
    pub fn built(&self, name: &str, folder: &Path, built: Result<Arc<Ruleset>, RulesetRefusal>) {
        let mut table = self.table();
        let before = table.candidates.remove(name);
        table.candidates.insert(name.to_owned(), Candidate::rebuilt(before, folder, built));
        table.version += 1;
    }

    /// A candidate is attached to the engine, with the ruleset of this hash.
    pub fn attached(&self, name: &str, hash: &str) {
        self.update(name, |candidate| {
            if candidate.hash.as_deref() != Some(hash) {
                return;
            }
            candidate.is_attached = true;
            if candidate.condition == Condition::Ready {
                candidate.condition = Condition::Attached;
            }
        });
    }

    /// A candidate failed and was detached. It is attached again with another ruleset.
    pub fn failed(&self, name: &str, reason: String) {
        self.update(name, |candidate| {
            candidate.condition = Condition::Failed { reason };
            candidate.is_attached = false;
            candidate.ruleset = None;
        });
    }

    /// The rulesets to be attached.
    pub fn rulesets(&self) -> CandidateRulesets {
        let table = self.table();
        let rulesets = table.candidates.iter().filter_map(|(name, it)| Some((name.clone(), it.ruleset.clone()?)));
        CandidateRulesets { version: table.version, by_name: rulesets.collect() }
    }

    /// Another one than before if [`Candidates::rulesets`] may give others.
    pub fn version(&self) -> u64 {
        self.table().version
    }

    pub fn list(&self) -> BTreeMap<String, Candidate> {
        self.table().candidates.clone()
    }

    fn update(&self, name: &str, change: impl FnOnce(&mut Candidate)) {
        if let Some(candidate) = self.table().candidates.get_mut(name) {
            change(candidate);
            candidate.since = Timestamp::now();
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
