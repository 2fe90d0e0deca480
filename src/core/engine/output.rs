//! What a batch gives: records that leave, and counts of everything that happened.

use std::collections::{BTreeMap, HashMap};
use std::ops::AddAssign;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::open_count::OpenCount;
use crate::rule::Cost;
use crate::source::{Record, Refusal, RefusalCode, SourceId};
use crate::warning::quality::RaiseCount;
use crate::warning::{ChangedArea, Level, ScoreRecord, Step, WarningEvent};
use crate::window::EventOutcome;

/// A record refused, whole, with the reason.
#[derive(Debug, Clone)]
pub struct DeadLetter {
    pub record: Record,
    pub refusal: Refusal,
}

/// The records that leave with a batch, and what happened in it.
#[derive(Debug, Default)]
pub struct Output {
    pub scores: Vec<ScoreRecord>,
    pub warnings: Vec<WarningEvent>,
    pub dead_letters: Vec<DeadLetter>,
    /// Areas of which something changed, once [`Engine::begin_areas`](super::Engine::begin_areas) was asked.
    pub areas: Vec<ChangedArea>,
    pub tally: Tally,
}

impl Output {
    /// Adds what leaves behind it.
    pub(super) fn append(&mut self, behind: Self) {
        let Self { scores, warnings, dead_letters, areas, tally } = behind;
        self.scores.extend(scores);
        self.warnings.extend(warnings);
        self.dead_letters.extend(dead_letters);
        self.areas.extend(areas);
        self.tally.add(tally);
    }
}

/// How new the newest of a publisher's accepted records are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Newest {
    /// The newest `occurred_at`.
    pub occurred_at: Timestamp,
    /// The newest timestamp of a record: when Kafka received it. What it is about may have happened long before.
    pub received_at: Timestamp,
}

impl Newest {
    /// The newer of both, one by one.
    #[must_use]
    pub fn or_newer(self, other: Self) -> Self {
        Self {
            occurred_at: self.occurred_at.max(other.occurred_at),
            received_at: self.received_at.max(other.received_at),
        }
    }
}

/// What came of one publisher in a batch, as far as it was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublisherTally {
    pub newest: Newest,
    pub records: u64,
}

/// What one rule did in a batch.
#[derive(Debug, Clone, Default)]
pub struct RuleTally {
    pub cost: Cost,
    /// Operators for whom it began to fire; at the first score after a start everyone for whom it fires.
    pub fires: u64,
    /// When it last fired.
    pub last_fired: Option<Timestamp>,
    /// Warnings opened while it fired.
    pub opened: RaiseCount,
    /// Warnings escalated while it fired.
    pub escalated: RaiseCount,
    /// Answers to warnings that it helped to raise, by action.
    pub answers: BTreeMap<Box<str>, u64>,
}

/// Counts of one batch. Every record is in exactly one of `outcomes` and `refused` (I1).
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// All outcomes but [`EventOutcome::Conflict`], which is refused.
    pub outcomes: HashMap<(SourceId, EventOutcome), u64>,
    pub refused: BTreeMap<(SourceId, RefusalCode), u64>,
    pub unknown_fields: BTreeMap<SourceId, u64>,
    pub unknown_values: BTreeMap<SourceId, u64>,
    pub normalized: BTreeMap<SourceId, u64>,
    pub withheld: BTreeMap<SourceId, u64>,
    /// By source and publisher.
    pub publishers: BTreeMap<(SourceId, Arc<str>), PublisherTally>,
    /// Operators of whom something changed, so that rules were asked.
    pub operators_scored: u64,
    /// Operators whose kept features are not what their events give ([`Engine::check`](super::Engine::check)): an error of
    /// the program.
    pub wrong_answers: u64,
    /// By rule id; only rules that were evaluated, or whose warnings were answered.
    pub rules: BTreeMap<String, RuleTally>,
    /// By rule id and kind of failure.
    pub rule_failures: BTreeMap<(String, &'static str), u64>,
    /// By feature name.
    pub feature_failures: BTreeMap<String, u64>,
    /// Changes of the number of operators at each level.
    pub level_changes: BTreeMap<Level, i64>,
    /// Changes of the number of open warnings, by how far they are dealt with.
    pub open_changes: BTreeMap<OpenCount, i64>,
    pub lifecycle: HashMap<(Step, Level), u64>,
    /// Dispositions decided, by their ruling or by why they were not permitted.
    pub dispositions: BTreeMap<&'static str, u64>,
    /// How long each stage took.
    pub stages: BTreeMap<&'static str, Duration>,
}

impl RuleTally {
    fn add(&mut self, other: Self) {
        let Self { cost, fires, last_fired, opened, escalated, answers } = other;
        self.cost += cost;
        self.fires += fires;
        self.last_fired = self.last_fired.max(last_fired);
        self.opened += opened;
        self.escalated += escalated;
        add(&mut self.answers, answers);
    }
}

impl Tally {
    /// Adds the counts of other operators, or of other records.
    fn add(&mut self, other: Self) {
        let Self {
            outcomes,
            refused,
            unknown_fields,
            unknown_values,
            normalized,
            withheld,
            publishers,
            operators_scored,
            wrong_answers,
            rules,
            rule_failures,
            feature_failures,
            level_changes,
            open_changes,
            lifecycle,
            dispositions,
            stages,
        } = other;
        for (outcome, count) in outcomes {
            *self.outcomes.entry(outcome).or_default() += count;
        }
        add(&mut self.refused, refused);
        add(&mut self.unknown_fields, unknown_fields);
        add(&mut self.unknown_values, unknown_values);
        add(&mut self.normalized, normalized);
        add(&mut self.withheld, withheld);
        for (of, PublisherTally { newest, records }) in publishers {
            let known = self.publishers.entry(of).or_insert(PublisherTally { newest, records: 0 });
            *known = PublisherTally { newest: known.newest.or_newer(newest), records: known.records + records };
        }
        self.operators_scored += operators_scored;
        self.wrong_answers += wrong_answers;
        for (rule, tally) in rules {
            self.rules.entry(rule).or_default().add(tally);
        }
        add(&mut self.rule_failures, rule_failures);
        add(&mut self.feature_failures, feature_failures);
        add(&mut self.level_changes, level_changes);
        add(&mut self.open_changes, open_changes);
        for (step, count) in lifecycle {
            *self.lifecycle.entry(step).or_default() += count;
        }
        add(&mut self.dispositions, dispositions);
        add(&mut self.stages, stages);
    }

    /// Records counted: each once.
    pub fn records(&self) -> u64 {
        self.outcomes.values().sum::<u64>() + self.refused.values().sum::<u64>()
    }
}

fn add<K: Ord, N: AddAssign + Default>(counts: &mut BTreeMap<K, N>, more: BTreeMap<K, N>) {
    for (key, count) in more {
        *counts.entry(key).or_default() += count;
    }
}
