//! Warnings against what was found after them: how many were right, how many findings they came before, and by how
//! long.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use yujing_base::OperatorId;
use yujing_core::warning::Level;

use super::lifecycle::WarningLifecycle;
use super::quality::OutcomeInput;
use crate::outcome::OutcomeRow;
use crate::ranking::bootstrap::quantile;

/// Warnings of a level and above against outcomes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PrecisionRow {
    pub level: Level,
    /// Warnings that reached the level within the span.
    #[serde(flatten)]
    pub within: FollowUp,
    /// Those that stood there already when warnings began to count: more a picture of that day than a warning of it.
    pub standing_at_the_start: FollowUp,
    /// Judged positive outcomes within the time that warnings count.
    pub positives: u64,
    /// Days from the warning to the outcome: a quarter, half and three quarters of the warned ones were shorter. Only
    /// of warnings that reached the level within the span: since when the others stood is not known.
    pub lead_days: Option<[f64; 3]>,
}

/// What followed some warnings.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct FollowUp {
    pub warnings: u64,
    /// A positive outcome followed within the time.
    pub confirmed: u64,
    /// Outcomes followed within the time, none of them positive.
    pub refuted: u64,
    /// Nobody looked within the time.
    pub unchecked: u64,
    /// The replay ended before the time was over.
    pub too_early: u64,
    /// Confirmed of confirmed and refuted.
    pub precision: Option<f64>,
    /// Positive outcomes of whose operator one of these warnings stood on the evening before.
    pub warned_before: u64,
    /// Those of all positive outcomes.
    pub recall: Option<f64>,
}

impl PrecisionRow {
    /// Warnings of one ruleset, by its place.
    pub fn of(level: Level, place: usize, input: &OutcomeInput<'_>) -> Self {
        let lifecycles = &input.lifecycles[place];
        let mut follow_ups = FollowUps { level, input, within: FollowUp::default(), standing: FollowUp::default() };
        follow_ups.count_warnings(lifecycles);
        let Positives { count, mut lead_days } = follow_ups.count_positives(lifecycles);
        let FollowUps { mut within, mut standing, .. } = follow_ups;
        for follow_up in [&mut within, &mut standing] {
            follow_up.precision = share(follow_up.confirmed, follow_up.confirmed + follow_up.refuted);
            follow_up.recall = share(follow_up.warned_before, count);
        }
        lead_days.sort_by(f64::total_cmp);
        let lead_days = match [0.25, 0.5, 0.75].map(|part| quantile(&lead_days, part)) {
            [Some(quarter), Some(half), Some(three)] => Some([quarter, half, three]),
            _ => None,
        };
        Self { level, within, standing_at_the_start: standing, positives: count, lead_days }
    }
}

/// Counts what followed the warnings of a level and above.
struct FollowUps<'a> {
    level: Level,
    input: &'a OutcomeInput<'a>,
    within: FollowUp,
    /// Of warnings that stood already when warnings began to count.
    standing: FollowUp,
}

/// Judged positive outcomes, and the days by which warnings came before them.
#[derive(Default)]
struct Positives {
    count: u64,
    lead_days: Vec<f64>,
}

impl FollowUps<'_> {
    fn stood_already(&self, lifecycle: &WarningLifecycle) -> bool {
        lifecycle.stood_already(self.level, self.input.plan.from)
    }

    /// Which warnings were confirmed by an outcome within the time.
    fn count_warnings(&mut self, lifecycles: &[WarningLifecycle]) {
        let mut by_operator: BTreeMap<&OperatorId, Vec<&OutcomeRow>> = BTreeMap::new();
        for outcome in self.input.outcomes {
            by_operator.entry(&outcome.operator).or_default().push(outcome);
        }
        for lifecycle in lifecycles {
            let Some(at) = lifecycle.reached(self.level) else { continue };
            let stood_already = self.stood_already(lifecycle);
            let follow_up = if stood_already { &mut self.standing } else { &mut self.within };
            follow_up.warnings += 1;
            let end = at.checked_add(self.input.asked.within).unwrap_or(Timestamp::MAX);
            let later = by_operator.get(&lifecycle.operator).into_iter().flatten();
            let checked: Vec<_> = later.filter(|outcome| outcome.at > at && outcome.at <= end).collect();
            // Counted neither way: what is confirmed early would make the warnings of the last days look better than
            // they are.
            if end > self.input.span.to {
                follow_up.too_early += 1;
            } else if checked.iter().any(|outcome| outcome.positive) {
                follow_up.confirmed += 1;
            } else if checked.is_empty() {
                follow_up.unchecked += 1;
            } else {
                follow_up.refuted += 1;
            }
        }
    }

    /// Which positive outcomes were warned of on the evening before.
    fn count_positives(&mut self, lifecycles: &[WarningLifecycle]) -> Positives {
        let mut by_operator: BTreeMap<&OperatorId, Vec<&WarningLifecycle>> = BTreeMap::new();
        for lifecycle in lifecycles {
            by_operator.entry(&lifecycle.operator).or_default().push(lifecycle);
        }
        let mut positives = Positives::default();
        let judged = self.input.judged.iter();
        for judged in judged.filter(|judged| judged.outcome.positive && judged.evening >= self.input.span.from) {
            positives.count += 1;
            let mut known = by_operator.get(&judged.outcome.operator).into_iter().flatten();
            let Some(lifecycle) = known.find(|known| known.stood_at(self.level, judged.evening)) else { continue };
            if self.stood_already(lifecycle) {
                self.standing.warned_before += 1;
                continue;
            }
            self.within.warned_before += 1;
            if let Some(at) = lifecycle.reached(self.level) {
                positives.lead_days.push(days(judged.outcome.at.duration_since(at)));
            }
        }
        positives
    }
}

fn share(part: u64, whole: u64) -> Option<f64> {
    let float = |count: u64| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    (whole > 0).then(|| float(part) / float(whole))
}

/// In days.
pub(super) fn days(length: SignedDuration) -> f64 {
    length.as_secs_f64() / 86_400.0
}
