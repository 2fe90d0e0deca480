use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

/// One of each kind and of each type that makes a difference.
const KINDS: [AggregateKind; 18] = [
    AggregateKind::Count,
    AggregateKind::CountDistinct,
    AggregateKind::CountDistinct,
    AggregateKind::CountDistinct,
    AggregateKind::Sum,
    AggregateKind::Sum,
    AggregateKind::Min,
    AggregateKind::Max,
    AggregateKind::Min,
    AggregateKind::Max,
    AggregateKind::Min,
    AggregateKind::Max,
    AggregateKind::Max,
    AggregateKind::BoolAnd,
    AggregateKind::BoolOr,
    AggregateKind::Episodes { gap: 0 },
    AggregateKind::Episodes { gap: 10 },
    AggregateKind::Episodes { gap: i64::MAX },
];

/// Which of them are counts.
const COUNTS: [bool; 18] = [
    true, true, true, true, false, false, false, false, false, false, false, false, false, false, false, true, true,
    true,
];

/// A value of the type of an aggregate, which follows from a number; now and then null.
fn value_for(aggregate: usize, number: i64) -> AggregateValue {
    if number % 11 == 7 {
        return AggregateValue::Null;
    }
    let text = || AggregateValue::Text(format!("text {}", number % 90).into());
    let date = || AggregateValue::Date(i32::try_from(number % 5).expect("small"));
    match aggregate {
        0 | 1 | 8 | 9 => text(),
        2 | 10 | 11 => date(),
        3 | 5 => AggregateValue::Decimal(i128::from(number) * 1_000_000_007),
        4 | 6 | 7 => AggregateValue::Int(number),
        13 | 14 => AggregateValue::Bool(number % 3 == 0),
        _ => AggregateValue::Time(number),
    }
}

type Entry = (usize, Interval, AggregateValue);

/// The entries as a list, and everything computed from all of them.
#[derive(Debug, Default)]
struct Naive {
    entries: Vec<Entry>,
    as_of: i64,
}

impl Naive {
    fn remove(&mut self, entry: &Entry) {
        if let Some(place) = self.entries.iter().position(|held| held == entry) {
            self.entries.swap_remove(place);
        }
    }

    fn values(&self) -> Result<Vec<AggregateValue>, SumOutOfRange> {
        (0..KINDS.len()).map(|aggregate| self.value(aggregate)).collect()
    }

    fn value(&self, aggregate: usize) -> Result<AggregateValue, SumOutOfRange> {
        let counts = |interval: &Interval| interval.from <= self.as_of && self.as_of < interval.until;
        let of_aggregate = self.entries.iter().filter(|(of, interval, _)| *of == aggregate && counts(interval));
        let all: Vec<AggregateValue> = of_aggregate.map(|(_, _, value)| value.clone()).collect();
        let mut given: Vec<AggregateValue> =
            all.iter().filter(|value| **value != AggregateValue::Null).cloned().collect();
        given.sort();
        let number = |number: usize| AggregateValue::Int(i64::try_from(number).expect("small"));
        let truths: Vec<bool> = given
            .iter()
            .filter_map(|value| if let AggregateValue::Bool(truth) = value { Some(*truth) } else { None })
            .collect();
        Ok(match KINDS[aggregate] {
            AggregateKind::Count => number(all.len()),
            AggregateKind::CountDistinct => number(given.iter().collect::<BTreeSet<_>>().len()),
            AggregateKind::Episodes { gap } => {
                let time = |value: &AggregateValue| if let AggregateValue::Time(time) = value { *time } else { 0 };
                let times: Vec<i64> = given.iter().map(time).collect();
                let gaps = times.windows(2).filter(|pair| pair[1].saturating_sub(pair[0]) > gap).count();
                number(if times.is_empty() { 0 } else { gaps + 1 })
            }
            _ if given.is_empty() => AggregateValue::Null,
            AggregateKind::Sum => sum(&given)?,
            AggregateKind::Min => given[0].clone(),
            AggregateKind::Max => given[given.len() - 1].clone(),
            AggregateKind::BoolAnd => AggregateValue::Bool(truths.iter().all(|truth| *truth)),
            AggregateKind::BoolOr => AggregateValue::Bool(truths.iter().any(|truth| *truth)),
        })
    }

    /// What counts or will, with its aggregate.
    fn intervals(&self) -> impl Iterator<Item = (usize, Interval)> {
        let entered =
            self.entries.iter().filter(|(aggregate, _, value)| *aggregate == 0 || *value != AggregateValue::Null);
        let intervals = entered.map(|(aggregate, interval, _)| (*aggregate, *interval));
        intervals.filter(|(_, interval)| !interval.is_empty() && interval.until > self.as_of)
    }

    fn change(&self, interval: Interval) -> i64 {
        if interval.from > self.as_of { interval.from } else { interval.until }
    }

    fn next_change(&self) -> i64 {
        self.intervals().map(|(_, interval)| self.change(interval)).min().unwrap_or(i64::MAX)
    }

    fn next_change_beside_counts(&self) -> i64 {
        let others = self.intervals().filter(|(aggregate, interval)| !COUNTS[*aggregate] || interval.from > self.as_of);
        others.map(|(_, interval)| self.change(interval)).min().unwrap_or(i64::MAX)
    }

    /// When a count is below a bound first, if nothing else begins to count.
    fn falls_below(&self, aggregate: usize, bound: usize) -> i64 {
        let begun = |(_, interval, _): &&Entry| interval.from <= self.as_of;
        let left = Self { entries: self.entries.iter().filter(begun).cloned().collect(), as_of: self.as_of };
        let mut ends: Vec<i64> = left.intervals().map(|(_, interval)| interval.until).collect();
        ends.sort_unstable();
        let is_below = |end: &i64| {
            let then = Self { entries: left.entries.clone(), as_of: *end };
            then.count(aggregate) < bound
        };
        ends.into_iter().find(is_below).unwrap_or(i64::MAX)
    }

    fn count(&self, aggregate: usize) -> usize {
        match self.value(aggregate) {
            Ok(AggregateValue::Int(count)) => usize::try_from(count).expect("no count is below zero"),
            other => panic!("{other:?} is no count"),
        }
    }
}

fn sum(given: &[AggregateValue]) -> Result<AggregateValue, SumOutOfRange> {
    let mut sum = 0_i128;
    for value in given {
        match value {
            AggregateValue::Int(whole) => sum += i128::from(*whole),
            AggregateValue::Decimal(number) => sum += number,
            other => panic!("{other:?} is no number"),
        }
    }
    match given[0] {
        AggregateValue::Int(_) => i64::try_from(sum).map(AggregateValue::Int).map_err(|_| SumOutOfRange),
        _ => Ok(AggregateValue::Decimal(sum)),
    }
}

#[derive(Debug, Clone)]
enum Action {
    Insert(usize, Interval, i64),
    /// The entry at this place of what was ever entered, or one that never was.
    Remove(usize),
    RemoveUnknown(usize, Interval, i64),
    Advance(i64),
}

fn number() -> impl Strategy<Value = i64> {
    prop_oneof![8 => -40_i64..200, 1 => Just(i64::MIN), 1 => Just(i64::MAX), 1 => Just(i64::MAX - 1)]
}

fn interval() -> impl Strategy<Value = Interval> {
    prop_oneof![
        6 => (number(), -5_i64..60).prop_map(|(from, length)| Interval { from, until: from.saturating_add(length) }),
        2 => (0_i64..200).prop_map(|until| Interval { from: i64::MIN, until }),
        1 => Just(Interval::ALWAYS),
        1 => (number(), number()).prop_map(|(from, until)| Interval { from, until }),
    ]
}

fn action() -> impl Strategy<Value = Action> {
    let entry = || (0..KINDS.len(), interval(), number());
    prop_oneof![
        12 => entry().prop_map(|(aggregate, interval, number)| Action::Insert(aggregate, interval, number)),
        // As within(time, ...) makes them: each leaves equally long after itself.
        4 => (15..18_usize, 0_i64..200, prop_oneof![9 => Just(30_i64), 1 => Just(50)]).prop_map(|(aggregate, time, length)| {
            Action::Insert(aggregate, Interval { from: time, until: time + length }, time)
        }),
        6 => (0..400_usize).prop_map(Action::Remove),
        1 => entry().prop_map(|(aggregate, interval, number)| Action::RemoveUnknown(aggregate, interval, number)),
        3 => prop_oneof![20 => 0_i64..8, 1 => Just(i64::MAX)].prop_map(Action::Advance),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn aggregates_equal_those_computed_of_all_entries(
        begin in prop_oneof![4 => Just(0_i64), 1 => Just(i64::MIN)],
        actions in prop::collection::vec(action(), 0..200),
    ) {
        let mut aggregates = OperatorAggregates::new(KINDS.into(), begin);
        let mut naive = Naive { as_of: begin, ..Naive::default() };
        let mut entered: Vec<Entry> = Vec::new();
        for action in actions {
            match action {
                Action::Insert(aggregate, interval, number) => {
                    let value = value_for(aggregate, number);
                    entered.push((aggregate, interval, value.clone()));
                    naive.entries.push((aggregate, interval, value.clone()));
                    aggregates.insert(aggregate, interval, value);
                }
                Action::Remove(place) if !entered.is_empty() => {
                    let entry = entered.swap_remove(place % entered.len());
                    naive.remove(&entry);
                    let (aggregate, interval, value) = entry;
                    aggregates.remove(aggregate, interval, value);
                }
                Action::Remove(_) => {}
                Action::RemoveUnknown(aggregate, interval, number) => {
                    let entry = (aggregate, interval, value_for(aggregate, number));
                    // Of an entry that counts rows nothing is kept but its end.
                    let is_like = |known: &(usize, Interval, AggregateValue)| {
                        known.0 == entry.0 && known.1.until == entry.1.until
                    };
                    if !naive.entries.iter().any(is_like) {
                        aggregates.remove(entry.0, entry.1, entry.2);
                    }
                }
                Action::Advance(by) => {
                    naive.as_of = naive.as_of.saturating_add(by);
                    aggregates.advance(naive.as_of);
                }
            }
            prop_assert_eq!(aggregates.values(), naive.values());
            prop_assert_eq!(aggregates.next_change(), naive.next_change());
            prop_assert_eq!(aggregates.next_change_beside(&COUNTS), naive.next_change_beside_counts());
        }
    }

    #[test]
    fn nothing_is_left_of_entries_that_are_all_taken_out(
        entries in prop::collection::vec((0..KINDS.len(), interval(), number()), 0..200),
        seed in any::<prop::sample::Index>(),
    ) {
        let mut aggregates = OperatorAggregates::new(KINDS.into(), 0);
        for (aggregate, interval, number) in &entries {
            aggregates.insert(*aggregate, *interval, value_for(*aggregate, *number));
        }
        let first = seed.index(entries.len() + 1);
        for (aggregate, interval, number) in entries[first..].iter().chain(&entries[..first]) {
            aggregates.remove(*aggregate, *interval, value_for(*aggregate, *number));
        }
        prop_assert!(aggregates.is_empty(), "{:?}", aggregates);
        prop_assert_eq!(aggregates.next_change(), i64::MAX);
    }
}

/// A flood on one kitchen is not quadratic: ten times the rows take ten times as long, not a hundred. Counted in rows,
/// because a busy machine would make a clock lie.
#[test]
fn a_hundred_thousand_rows_of_one_operator_are_entered_and_leave() {
    let mut aggregates = OperatorAggregates::new(KINDS.into(), 0);
    let rows = 100_000_i64;
    for time in 0..rows {
        aggregates.advance(time);
        for aggregate in 0..KINDS.len() {
            aggregates.insert(aggregate, Interval { from: time, until: time + 50_000 }, value_for(aggregate, time));
        }
    }
    assert_eq!(aggregates.values().expect("small")[0], AggregateValue::Int(50_000));
    aggregates.advance(i64::MAX);
    assert!(aggregates.is_empty());
}

/// What comes and goes of counts that fall: intervals that have begun, all equally long now and then.
fn begun() -> impl Strategy<Value = (usize, Interval, i64)> {
    let count = prop::sample::select((0..18).filter(|kind| COUNTS[*kind]).collect::<Vec<_>>());
    prop_oneof![
        (count.clone(), 1_i64..60, -40_i64..200).prop_map(|(count, until, number)| (
            count,
            Interval { from: 0, until },
            number
        )),
        (15..18_usize, -29_i64..0).prop_map(|(count, time)| (count, Interval { from: time, until: time + 30 }, time)),
        (count, 1_i64..60, -40_i64..200).prop_map(|(count, from, number)| (
            count,
            Interval { from, until: from + 9 },
            number
        )),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_count_falls_below_a_bound_before_it_is_said_to(entries in prop::collection::vec(begun(), 0..60)) {
        let mut aggregates = OperatorAggregates::new(KINDS.into(), 0);
        let mut naive = Naive::default();
        for (count, interval, number) in entries {
            naive.entries.push((count, interval, value_for(count, number)));
            aggregates.insert(count, interval, value_for(count, number));
        }
        for count in (0..KINDS.len()).filter(|kind| COUNTS[*kind]) {
            for bound in 1..=naive.count(count) {
                let (found, expected) = (aggregates.falls_below(count, bound), naive.falls_below(count, bound));
                prop_assert!(found > 0 && found <= expected, "{found}, {expected}");
                // From among others a time may leave that parts them.
                if !matches!(KINDS[count], AggregateKind::Episodes { .. }) {
                    prop_assert_eq!(found, expected);
                }
            }
        }
    }

    #[test]
    fn episodes_of_which_all_leave_equally_late_fall_when_they_are_said_to(
        times in prop::collection::vec(-29_i64..=0, 1..40),
    ) {
        let (mut aggregates, mut naive) = (OperatorAggregates::new(KINDS.into(), 0), Naive::default());
        for time in times {
            let interval = Interval { from: time, until: time + 30 };
            naive.entries.push((16, interval, AggregateValue::Time(time)));
            aggregates.insert(16, interval, AggregateValue::Time(time));
        }
        for bound in 1..=naive.count(16) {
            prop_assert_eq!(aggregates.falls_below(16, bound), naive.falls_below(16, bound));
        }
    }
}
