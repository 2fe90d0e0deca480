//! How far features that are counts of rows may fall until a rule decides otherwise: for who asks only which warnings
//! change, and need not ask again each time a row leaves a window.

use std::sync::Arc;

use jiff::Timestamp;

use super::compiled::Thresholds;
use super::outcome::Evaluation;
use super::rules::Rules;
use super::script::Script;
use crate::feature::{CountBound, DayCounter, FeatureRow, FeatureValue};

/// What features that are counts of rows are compared with.
#[derive(Debug, Default)]
pub struct FallsAhead {
    rules: Vec<CountReader>,
    /// Those of the features that something else than a rule decides by.
    others: Vec<usize>,
}

/// A rule that reads such features.
#[derive(Debug)]
struct CountReader {
    /// Its place.
    rule: usize,
    /// Those of the features that it reads.
    counts: Vec<usize>,
    /// What its condition compares features with that may change meanwhile, if it does nothing else with them.
    of_firing: Option<Thresholds>,
    /// The same of all that it decides.
    of_all: Option<Thresholds>,
}

impl FallsAhead {
    /// Finds the rules that read any of the features `falling`, which are counts. `counters` are others that may change
    /// meanwhile ([`DaysAhead`](super::DaysAhead)); `others` says by which something else decides: the base of the score,
    /// or a modifier.
    pub fn of(rules: &Rules, counters: &[DayCounter], falling: &[usize], others: impl Fn(usize) -> bool) -> Self {
        let moving: Vec<usize> = counters.iter().map(|counter| counter.place).chain(falling.iter().copied()).collect();
        let reader = |(rule, script): (usize, &Arc<Script>)| CountReader {
            rule,
            counts: falling.iter().copied().filter(|count| script.touches.binary_search(count).is_ok()).collect(),
            of_firing: script.compiled.thresholds_of_firing(&moving),
            of_all: script.compiled.thresholds(&moving, script.rule.has_level),
        };
        let readers = rules.scripts.iter().enumerate().map(reader);
        Self {
            rules: readers.filter(|reader| !reader.counts.is_empty()).collect(),
            others: falling.iter().copied().filter(|count| others(*count)).collect(),
        }
    }

    /// The counts of one row that are not to fall unseen, as of an instant at which the rules said this of it: while none
    /// falls below its bound, and nothing else changes but what [`DaysAhead`](super::DaysAhead) looks at, all is decided
    /// the same.
    pub fn bounds(
        &self,
        rules: &Rules,
        features: &FeatureRow,
        evaluation: &Evaluation,
        as_of: Timestamp,
    ) -> Vec<CountBound> {
        let mut bounds = Vec::new();
        for count in &self.others {
            bounds.extend(counted(features, *count).map(|least| CountBound { feature: *count, least }));
        }
        let in_force = self.rules.iter().filter(|reader| rules.is_in_force(reader.rule, as_of));
        in_force.for_each(|reader| reader.add_bounds(features, evaluation, &mut bounds));
        bounds
    }
}

impl CountReader {
    fn add_bounds(&self, features: &FeatureRow, evaluation: &Evaluation, bounds: &mut Vec<CountBound>) {
        if self.counts.iter().all(|count| counted(features, *count).is_none()) {
            return;
        }
        let is_in_doubt = evaluation.failed.iter().any(|failure| failure.rule == self.rule);
        let thresholds = if evaluation.fired.iter().any(|fired| fired.rule == self.rule) {
            &self.of_all
        } else {
            // Points and level do not matter while it is quiet.
            &self.of_firing
        };
        let thresholds = thresholds.as_ref().filter(|_| !is_in_doubt).and_then(|it| it.in_row(features));
        for feature in &self.counts {
            let Some(value) = counted(features, *feature) else { continue };
            let least = match &thresholds {
                None => Some(value),
                Some(thresholds) => {
                    let compared = thresholds.iter().filter(|(compared, _)| compared == feature);
                    // Below a number, and below the next one, a comparison with it may turn.
                    let turns = compared.flat_map(|(_, with)| [*with, with.saturating_add(1)]);
                    turns.filter_map(|turn| usize::try_from(turn).ok()).filter(|turn| (1..=value).contains(turn)).max()
                }
            };
            bounds.extend(least.map(|least| CountBound { feature: *feature, least }));
        }
    }
}

/// A count above zero.
fn counted(features: &FeatureRow, place: usize) -> Option<usize> {
    match features.value(place) {
        FeatureValue::Int(count) => usize::try_from(*count).ok().filter(|count| *count > 0),
        _ => None,
    }
}
