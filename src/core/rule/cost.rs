//! What evaluations cost, rule by rule. A look at the clock costs as much as a compiled rule, so a sample is timed and
//! stands for the others.

use std::ops::AddAssign;
use std::time::{Duration, Instant};

use jiff::Timestamp;

/// One evaluation in so many is timed.
const SAMPLED: u32 = 64;
/// 2^64 divided by the golden ratio: what it is multiplied with is spread evenly.
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

/// What one rule cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    pub evaluations: u64,
    /// Estimated from a sample.
    pub spent: Duration,
}

impl AddAssign for Cost {
    fn add_assign(&mut self, other: Self) {
        self.evaluations += other.evaluations;
        self.spent += other.spent;
    }
}

/// What the rules of a ruleset cost, by their place among the rules.
#[derive(Debug, Clone, Default)]
pub struct Costs(Vec<Cost>);

impl Costs {
    /// The rules that were evaluated, by their place.
    pub fn iter(&self) -> impl Iterator<Item = (usize, Cost)> {
        self.0.iter().copied().enumerate().filter(|(_, cost)| cost.evaluations > 0)
    }

    /// Counts the evaluation of a rule, and times it if it is one of the sample, which the instant that it is about
    /// picks.
    pub(super) fn measure<T>(&mut self, place: usize, as_of: Timestamp, evaluate: impl FnOnce() -> T) -> T {
        if self.0.len() <= place {
            self.0.resize(place + 1, Cost::default());
        }
        let cost = &mut self.0[place];
        cost.evaluations += 1;
        if !is_sampled(place, as_of, cost.evaluations) {
            return evaluate();
        }
        let begun = Instant::now();
        let evaluated = evaluate();
        cost.spent += begun.elapsed() * SAMPLED;
        evaluated
    }
}

/// Picks one in [`SAMPLED`], however few evaluations each instant has.
fn is_sampled(place: usize, as_of: Timestamp, evaluations: u64) -> bool {
    let numbers = [place as u64, as_of.as_microsecond().cast_unsigned(), evaluations];
    let mixed = numbers.into_iter().fold(0, |mixed: u64, number| (mixed ^ number).wrapping_mul(SPREAD).rotate_left(29));
    mixed.is_multiple_of(u64::from(SAMPLED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_evaluation_in_sixty_four_is_timed_whether_instants_have_many_or_one() {
        let whole_hour = |hour: i64| Timestamp::from_second(hour * 3_600).expect("an instant");
        let one_each = (0..64_000).filter(|hour| is_sampled(0, whole_hour(*hour), 1)).count();
        let many = (0..64_000).filter(|evaluation| is_sampled(3, whole_hour(1), *evaluation)).count();
        for timed in [one_each, many] {
            assert!((800..1_200).contains(&timed), "{timed} of 64,000");
        }
    }

    #[test]
    fn every_evaluation_counts_and_the_sample_stands_for_all() {
        let mut costs = Costs::default();
        for evaluation in 0..10_000_i64 {
            let as_of = Timestamp::from_microsecond(evaluation).expect("an instant");
            costs.measure(1, as_of, || {
                std::hint::black_box((0..100_u64).fold(0, |sum, n| sum ^ std::hint::black_box(n)))
            });
        }
        let all: Vec<_> = costs.iter().collect();
        assert!(
            matches!(all.as_slice(), [(1, cost)] if cost.evaluations == 10_000 && !cost.spent.is_zero()),
            "{all:?}"
        );
    }
}
