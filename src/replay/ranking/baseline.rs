//! Baselines that know nothing but earlier outcomes of the same kind: what a list kept by hand would give.

use std::collections::HashMap;

use jiff::civil::Date;
use yujing_base::OperatorId;

use crate::outcome::OutcomeRow;

/// What was known of an operator's outcomes before a day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PriorRates {
    /// 1 or 0 as the last result was, the overall rate without one.
    pub last_result: f64,
    /// The operator's rate, drawn to the overall rate as if that had been seen `prior_weight` times.
    pub smoothed: f64,
}

/// Outcomes as they come, oldest first.
#[derive(Debug)]
pub struct OutcomeHistory<'a> {
    outcomes: &'a [OutcomeRow],
    prior_weight: f64,
    taken: usize,
    by_operator: HashMap<&'a OperatorId, Counts>,
    all: Counts,
}

#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    rows: f64,
    positives: f64,
    last_day: Option<Date>,
    last_positive: bool,
}

impl Counts {
    fn add(&mut self, outcome: &OutcomeRow) {
        self.rows += 1.0;
        self.positives += f64::from(u8::from(outcome.positive));
        // Of several results of one day a positive one counts.
        let same_day = self.last_day == Some(outcome.day);
        self.last_positive = outcome.positive || (same_day && self.last_positive);
        self.last_day = Some(outcome.day);
    }
}

impl<'a> OutcomeHistory<'a> {
    /// `outcomes` are sorted.
    pub fn new(outcomes: &'a [OutcomeRow], prior_weight: f64) -> Self {
        debug_assert!(outcomes.is_sorted());
        Self { outcomes, prior_weight, taken: 0, by_operator: HashMap::new(), all: Counts::default() }
    }

    /// What was known at the end of the day before `day`; days never go back.
    pub fn before(&mut self, day: Date, operator: &OperatorId) -> PriorRates {
        while let Some(outcome) = self.outcomes.get(self.taken).filter(|outcome| outcome.day < day) {
            self.by_operator.entry(&outcome.operator).or_default().add(outcome);
            self.all.add(outcome);
            self.taken += 1;
        }
        let rate = if self.all.rows > 0.0 { self.all.positives / self.all.rows } else { 0.5 };
        let own = self.by_operator.get(operator).copied().unwrap_or_default();
        let last_result = if own.rows > 0.0 { f64::from(u8::from(own.last_positive)) } else { rate };
        let weight = own.rows + self.prior_weight;
        let smoothed = if weight > 0.0 { (own.positives + self.prior_weight * rate) / weight } else { rate };
        PriorRates { last_result, smoothed }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use jiff::civil::date;

    use super::*;

    fn outcome(day: i8, operator: &str, positive: bool) -> OutcomeRow {
        let day = date(2014, 3, day);
        let at: Timestamp = format!("{day}T00:00:00Z").parse().expect("a time");
        OutcomeRow { at, day, operator: operator.into(), positive }
    }

    #[test]
    fn only_results_of_earlier_days_are_known() {
        let mut outcomes = vec![
            outcome(1, "a", true),
            outcome(1, "b", false),
            outcome(2, "a", false),
            outcome(3, "a", true),
            outcome(3, "c", true),
        ];
        outcomes.sort();
        let mut history = OutcomeHistory::new(&outcomes, 2.0);
        let a: OperatorId = "a".into();
        // Nothing is known on the first day.
        assert_eq!(history.before(date(2014, 3, 1), &a), PriorRates { last_result: 0.5, smoothed: 0.5 });
        // One positive of two rows in all; (1 + 2 * 0.5) / (1 + 2).
        assert_eq!(history.before(date(2014, 3, 2), &a), PriorRates { last_result: 1.0, smoothed: 2.0 / 3.0 });
        // The result of day 2 was negative; overall 1 of 3; (1 + 2 / 3) / (2 + 2).
        let before = history.before(date(2014, 3, 3), &a);
        assert!(before.last_result.abs() < 1e-9 && (before.smoothed - (1.0 + 2.0 / 3.0) / 4.0).abs() < 1e-9);
        // A stranger has the overall rate.
        let third = 1.0 / 3.0;
        assert_eq!(history.before(date(2014, 3, 3), &"d".into()), PriorRates { last_result: third, smoothed: third });
    }

    #[test]
    fn of_several_results_of_a_day_a_positive_one_counts() {
        let mut outcomes = vec![outcome(1, "a", true), outcome(1, "a", false)];
        outcomes.sort();
        let mut history = OutcomeHistory::new(&outcomes, 2.0);
        assert!((history.before(date(2014, 3, 2), &"a".into()).last_result - 1.0).abs() < 1e-9);
    }
}
