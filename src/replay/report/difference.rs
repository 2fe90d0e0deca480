//! What a ruleset does otherwise than the baseline: whom only one of them warned, step by step and level by level.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use yujing_base::OperatorId;
use yujing_core::ruleset::Ruleset;
use yujing_core::warning::{Level, Step};

use super::RulesetSide;
use super::lifecycle::WarningLifecycle;
use crate::results::WarningStep;

/// Operators that had a step under both rulesets, or under one only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StepDifference {
    pub step: Step,
    pub both: u64,
    pub only_baseline: Vec<OperatorId>,
    pub only_candidate: Vec<OperatorId>,
}

/// How many operators' highest level was one under the baseline and another under the candidate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LevelDifference {
    pub baseline: Level,
    pub candidate: Level,
    pub operators: u64,
}

/// Files of the ruleset's folder, by their path in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct FileDifference {
    pub added: Vec<String>,
    pub changed: Vec<String>,
    pub removed: Vec<String>,
}

/// A candidate against the baseline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RulesetDifference {
    pub candidate: String,
    pub files: FileDifference,
    pub steps: Vec<StepDifference>,
    pub levels: Vec<LevelDifference>,
}

impl RulesetDifference {
    pub fn between(baseline: &RulesetSide<'_>, candidate: &RulesetSide<'_>) -> Self {
        let steps = Step::OF_LEVEL.map(|step| {
            let (ours, theirs) = (operators(&baseline.results.steps, step), operators(&candidate.results.steps, step));
            StepDifference {
                step,
                both: ours.intersection(&theirs).count() as u64,
                only_baseline: ours.difference(&theirs).cloned().collect(),
                only_candidate: theirs.difference(&ours).cloned().collect(),
            }
        });
        Self {
            candidate: candidate.name.to_owned(),
            files: files(&baseline.results.ruleset, &candidate.results.ruleset),
            steps: steps.into(),
            levels: levels(baseline.lifecycles, candidate.lifecycles),
        }
    }

    /// Whether both did the same.
    pub fn is_empty(&self) -> bool {
        self.steps.iter().all(|step| step.only_baseline.is_empty() && step.only_candidate.is_empty())
            && self.levels.iter().all(|level| level.baseline == level.candidate)
    }
}

fn operators(steps: &[WarningStep], step: Step) -> BTreeSet<OperatorId> {
    steps.iter().filter(|one| one.step == step).map(|one| one.operator.clone()).collect()
}

fn files(baseline: &Ruleset, candidate: &Ruleset) -> FileDifference {
    let (ours, theirs) = (&baseline.files, &candidate.files);
    let absent = |from: &BTreeMap<String, String>, path: &&String| !from.contains_key(*path);
    FileDifference {
        added: theirs.keys().filter(|path| absent(ours, path)).cloned().collect(),
        removed: ours.keys().filter(|path| absent(theirs, path)).cloned().collect(),
        changed: theirs
            .iter()
            .filter(|(path, text)| ours.get(*path).is_some_and(|ours| ours != *text))
            .map(|(path, _)| path.clone())
            .collect(),
    }
}

fn levels(baseline: &[WarningLifecycle], candidate: &[WarningLifecycle]) -> Vec<LevelDifference> {
    let highest = |lifecycles: &[WarningLifecycle]| {
        let mut levels: BTreeMap<OperatorId, Level> = BTreeMap::new();
        for lifecycle in lifecycles {
            let level = levels.entry(lifecycle.operator.clone()).or_default();
            *level = lifecycle.highest.max(*level);
        }
        levels
    };
    let (ours, theirs) = (highest(baseline), highest(candidate));
    let everyone: BTreeSet<&OperatorId> = ours.keys().chain(theirs.keys()).collect();
    let mut counts: BTreeMap<(Level, Level), u64> = BTreeMap::new();
    for operator in everyone {
        let of = |levels: &BTreeMap<OperatorId, Level>| levels.get(operator).copied().unwrap_or_default();
        *counts.entry((of(&ours), of(&theirs))).or_default() += 1;
    }
    counts
        .into_iter()
        .map(|((baseline, candidate), operators)| LevelDifference { baseline, candidate, operators })
        .collect()
}
