//! What evaluations cost, rule by rule. One look at the clock a rule: a small part of what the cheapest rule takes.

use std::time::{Duration, Instant};

/// What one rule cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    pub evaluations: u64,
    pub spent: Duration,
}

/// What the rules of a ruleset cost, by their place among the rules.
#[derive(Debug, Clone, Default)]
pub struct Costs(Vec<Cost>);

impl Costs {
    /// The rules that were evaluated, by their place.
    pub fn iter(&self) -> impl Iterator<Item = (usize, Cost)> {
        self.0.iter().copied().enumerate().filter(|(_, cost)| cost.evaluations > 0)
    }

    /// Begins to measure one operator's evaluations, of so many rules.
    pub(super) fn meter(&mut self, rules: usize) -> Meter<'_> {
        self.0.resize(rules, Cost::default());
        Meter { costs: &mut self.0, last: Instant::now() }
    }
}

/// Where one evaluation ends the next begins.
#[derive(Debug)]
pub(super) struct Meter<'a> {
    costs: &'a mut [Cost],
    last: Instant,
}

impl Meter<'_> {
    /// Notes that a rule was evaluated just now.
    pub(super) fn note(&mut self, place: usize) {
        let now = Instant::now();
        self.costs[place].evaluations += 1;
        self.costs[place].spent += now - self.last;
        self.last = now;
    }
}
