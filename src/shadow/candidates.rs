//! Who is tried, and how it goes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::Serialize;

use crate::engine::Ruleset;
use crate::ruleset::RulesetRefusal;

/// How it goes.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "condition", rename_all = "lowercase")]
pub enum Condition {
    /// It is in order, and judges as soon as the engine is live.
    Ready,
    /// It judges beside the ruleset in force.
    Seated,
    /// Its folder is not in order, or its cases do not hold; the ruleset that it had before goes on.
    Refused { refusal: RulesetRefusal },
    /// It failed or was too slow while it judged, and was taken away.
    Failed { reason: String },
}

/// One candidate.
#[derive(Debug, Clone, Serialize)]
pub struct Candidate {
    pub folder: String,
    /// The hash of the ruleset that is tried.
    pub hash: Option<String>,
    /// Whether that one judges.
    pub is_seated: bool,
    pub since: Timestamp,
    #[serde(flatten)]
    pub condition: Condition,
    #[serde(skip)]
    pub ruleset: Option<Arc<Ruleset>>,
}

#[derive(Debug, Default)]
struct Table {
    candidates: BTreeMap<String, Candidate>,
    /// Grows whenever a candidate gets another ruleset.
    edition: u64,
}

/// Every candidate by its name. Shared; nobody waits here for anybody's work.
#[derive(Debug, Default)]
pub struct Candidates(Mutex<Table>);

impl Candidates {
    /// What the folder of a candidate gave. Another ruleset is seated by the engine between two batches.
    pub fn found(&self, name: &str, folder: &str, built: Result<Arc<Ruleset>, RulesetRefusal>) {
        let mut table = self.table();
        let known = table.candidates.remove(name);
        let (before, was_seated) = known.map_or((None, false), |known| (known.ruleset, known.is_seated));
        let (condition, is_seated, ruleset) = match (built, before) {
            (Ok(ruleset), Some(before)) if before.hash == ruleset.hash => {
                (if was_seated { Condition::Seated } else { Condition::Ready }, was_seated, Some(before))
            }
            (Ok(ruleset), _) => (Condition::Ready, false, Some(ruleset)),
            // A folder that is being edited does not end the trial: the last ruleset that was in order goes on.
            (Err(refusal), before) => (Condition::Refused { refusal }, was_seated, before),
        };
        let hash = ruleset.as_ref().map(|ruleset| ruleset.hash.clone());
        let since = Timestamp::now();
        let candidate = Candidate { folder: folder.to_owned(), hash, is_seated, since, condition, ruleset };
        table.candidates.insert(name.to_owned(), candidate);
        table.edition += 1;
    }

    /// A candidate has its seat, with the ruleset of this hash.
    pub fn seated(&self, name: &str, hash: &str) {
        self.change(name, |candidate| {
            if candidate.hash.as_deref() != Some(hash) {
                return;
            }
            candidate.is_seated = true;
            if candidate.condition == Condition::Ready {
                candidate.condition = Condition::Seated;
            }
        });
    }

    /// A candidate failed and has lost its seat. It gets it back with another ruleset.
    pub fn failed(&self, name: &str, reason: String) {
        self.change(name, |candidate| {
            candidate.condition = Condition::Failed { reason };
            candidate.is_seated = false;
            candidate.ruleset = None;
        });
    }

    /// The edition, and the rulesets to be seated by name.
    pub fn rulesets(&self) -> (u64, Vec<(String, Arc<Ruleset>)>) {
        let table = self.table();
        let rulesets = table.candidates.iter().filter_map(|(name, it)| Some((name.clone(), it.ruleset.clone()?)));
        (table.edition, rulesets.collect())
    }

    pub fn edition(&self) -> u64 {
        self.table().edition
    }

    pub fn list(&self) -> BTreeMap<String, Candidate> {
        self.table().candidates.clone()
    }

    fn change(&self, name: &str, change: impl FnOnce(&mut Candidate)) {
        if let Some(candidate) = self.table().candidates.get_mut(name) {
            change(candidate);
            candidate.since = Timestamp::now();
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
