//! What rules will say on the days to come if nothing happens but that features count on: for who asks only which
//! warnings change, and need not ask again on a day on which nothing else does.

use std::borrow::Cow;

use jiff::{SignedDuration, Timestamp};

use super::compiled::{CompiledRule, Thresholds};
use super::level::Level;
use super::rules::Rules;
use crate::feature::{DayCounter, FeatureRow, FeatureValue};

/// So many days are looked ahead: whoever is asked once a month costs next to nothing.
const MOST_DAYS: u16 = 31;
/// A day on which clocks are put forward. In so many of these a feature that counts days has counted on no more often.
const SHORTEST_DAY: SignedDuration = SignedDuration::from_hours(23);
/// A rule that reads more such features at a time is not asked ahead: every order in which they may count on is tried.
const MOST_COUNTERS: usize = 3;

/// The rules that read features which count days.
#[derive(Debug, Default)]
pub struct DaysAhead {
    rules: Vec<CountingRule>,
    /// Those of the features that something else than a rule decides by.
    others: Vec<usize>,
}

/// One of them.
#[derive(Debug)]
struct CountingRule {
    /// Its place.
    rule: usize,
    /// Those of the features that it reads.
    counters: Vec<DayCounter>,
    /// What its condition compares them with, if it does nothing else with them.
    of_firing: Option<Thresholds>,
    /// The same of all that it decides.
    of_all: Option<Thresholds>,
}

/// Some of the days ahead, a bit for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Days(u32);

/// Until when each of the rules decides the same of a row if nothing changes but features that count days.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct SameUntil(Vec<Timestamp>);

/// What a rule decides, its words aside.
#[derive(Debug, PartialEq, Eq)]
enum Said {
    Quiet,
    Fired { points: i64, floor: Option<Level> },
}

impl DaysAhead {
    /// Finds the rules that read any of these features. `others` says by which something else decides: the base of the
    /// score, or a modifier.
    pub fn of(rules: &Rules, counters: &[DayCounter], others: impl Fn(usize) -> bool) -> Self {
        let counting = (0..rules.scripts.len()).map(|rule| CountingRule::of(rules, rule, counters));
        Self {
            rules: counting.filter(|rule| !rule.counters.is_empty()).collect(),
            others: counters.iter().map(|counter| counter.place).filter(|place| others(*place)).collect(),
        }
    }

    /// Asks the rules in force at `as_of` ahead, of one row.
    pub fn look(&self, rules: &Rules, features: &FeatureRow, as_of: Timestamp) -> SameUntil {
        let mut values = Cow::Borrowed(features);
        SameUntil(self.rules.iter().map(|counting| counting.same_until(rules, &mut values, as_of)).collect())
    }

    /// The same, given what was found before these features changed, while the same rules were in force: only rules that
    /// read one of them are asked, and those that were asked too long ago.
    pub fn look_again(
        &self,
        before: &SameUntil,
        changed: &[usize],
        rules: &Rules,
        features: &FeatureRow,
        as_of: Timestamp,
    ) -> SameUntil {
        let mut values = Cow::Borrowed(features);
        let again = self.rules.iter().zip(&before.0).map(|(counting, until)| {
            let touches = &rules.scripts[counting.rule].touches;
            if *until <= as_of || changed.iter().any(|feature| touches.binary_search(feature).is_ok()) {
                counting.same_until(rules, &mut values, as_of)
            } else {
                *until
            }
        });
        SameUntil(again.collect())
    }

    /// Until when all is decided the same of a row.
    pub fn end(&self, found: &SameUntil, features: &FeatureRow) -> Timestamp {
        if self.others.iter().any(|place| whole(features.value(*place)).is_some()) {
            return Timestamp::MIN;
        }
        found.0.iter().copied().min().unwrap_or(Timestamp::MAX)
    }
}

impl CountingRule {
    fn of(rules: &Rules, rule: usize, counters: &[DayCounter]) -> Self {
        let script = &rules.scripts[rule];
        let reads = |counter: &&DayCounter| script.touches.binary_search(&counter.place).is_ok();
        let counters: Vec<DayCounter> = counters.iter().filter(reads).copied().collect();
        let places: Vec<usize> = counters.iter().map(|counter| counter.place).collect();
        let of_firing = script.compiled.thresholds_of_firing(&places);
        let of_all = script.compiled.thresholds(&places, script.rule.has_level);
        Self { rule, counters, of_firing, of_all }
    }

    /// Whatever the hours at which its features count on. `values` are those of the row, and are so again afterwards.
    fn same_until(&self, rules: &Rules, values: &mut Cow<'_, FeatureRow>, as_of: Timestamp) -> Timestamp {
        if !rules.is_in_force(self.rule, as_of) {
            return Timestamp::MAX;
        }
        let known = self.counters.iter().filter_map(|counter| Some((*counter, whole(values.value(counter.place))?)));
        let known: Vec<(DayCounter, i64)> = known.collect();
        if known.is_empty() {
            // What is unknown does not count on.
            return Timestamp::MAX;
        }
        let days = i32::from(self.same_for(&known, rules, values));
        as_of.checked_add(SHORTEST_DAY * days).unwrap_or(Timestamp::MAX)
    }

    fn same_for(&self, known: &[(DayCounter, i64)], rules: &Rules, values: &mut Cow<'_, FeatureRow>) -> u16 {
        let script = &rules.scripts[self.rule];
        let says = |values: &FeatureRow| said(&script.compiled, script.rule.has_level, values);
        let Some(now) = says(values).filter(|_| known.len() <= MOST_COUNTERS) else { return 0 };
        let days = self.days_of_turning(&now, values, known);
        let mut is_same_on = |day: u16| {
            let values = values.to_mut();
            // Within a day each counts on once: before that it is a day behind. All behind is the day before.
            (0..(1_u32 << known.len()) - 1).all(|behind| {
                for (place, (counter, value)) in known.iter().enumerate() {
                    let days = i64::from(day) - i64::from(behind >> place & 1);
                    let value = value.saturating_add(counter.step.saturating_mul(days));
                    values.set(counter.place, FeatureValue::Int(value));
                }
                says(values).as_ref() == Some(&now)
            })
        };
        let changes = days.iter().find(|day| !is_same_on(*day));
        if let Cow::Owned(values) = values {
            for (counter, value) in known {
                values.set(counter.place, FeatureValue::Int(*value));
            }
        }
        changes.map_or(MOST_DAYS, |day| day - 1)
    }

    /// The days on which it may decide otherwise than the day before.
    fn days_of_turning(&self, now: &Said, values: &FeatureRow, known: &[(DayCounter, i64)]) -> Days {
        let thresholds = match now {
            // Points and level do not matter while it is quiet; where it would fire it is not the same any more.
            Said::Quiet => &self.of_firing,
            Said::Fired { .. } => &self.of_all,
        };
        let Some(thresholds) = thresholds.as_ref().and_then(|it| it.in_row(values)) else { return Days::ALL };
        let mut days = Days::NONE;
        for (counter, value) in known {
            for (_, threshold) in thresholds.iter().filter(|(feature, _)| *feature == counter.place) {
                // On this day it reaches the number, and on the next it is beyond.
                let reached = threshold.saturating_sub(*value).saturating_mul(counter.step);
                days = days.with(reached).with(reached.saturating_add(1));
            }
        }
        days
    }
}

impl Days {
    const NONE: Self = Self(0);
    const ALL: Self = Self(u32::MAX);

    /// With another one; what lies beyond them all is none.
    fn with(self, day: i64) -> Self {
        let bit = u32::try_from(day).ok().and_then(|day| 1_u32.checked_shl(day)).unwrap_or(0);
        Self(self.0 | bit)
    }

    fn iter(self) -> impl Iterator<Item = u16> {
        (1..=MOST_DAYS).filter(move |day| self.0 >> day & 1 == 1)
    }
}

/// What a compiled rule says; nothing if the interpreter would have to.
fn said(rule: &CompiledRule, has_level: bool, values: &FeatureRow) -> Option<Said> {
    if !rule.fires(values)? {
        return Some(Said::Quiet);
    }
    let floor = if has_level { Some(rule.level(values)?) } else { None };
    Some(Said::Fired { points: rule.points(values)?, floor })
}

fn whole(value: &FeatureValue) -> Option<i64> {
    match value {
        FeatureValue::Int(value) => Some(*value),
        _ => None,
    }
}
