//! The entries of one aggregate that count, with what is known of all of them together.

use std::fmt::Debug;

use super::count::Count;
use super::distinct::{Distinct, WideKey};
use super::episode::Episodes;
use super::expiry_queue::ExpiryQueue;
use super::extreme::Extremes;
use super::sum::Sum;
use super::truth::Truths;
use super::{AggregateKind, AggregateValue, SumOutOfRange};

/// One aggregate of one operator. An entry of another type than the first is none.
pub trait Accumulator: Debug + Send {
    /// Enters a value that counts until an instant.
    fn insert(&mut self, until: i64, value: &AggregateValue);

    /// Takes one equal entry out, if there is one.
    fn remove(&mut self, until: i64, value: &AggregateValue);

    /// Takes out what has left by an instant.
    fn advance(&mut self, as_of: i64);

    /// When the first entry leaves; `None` if there is no entry.
    fn next_expiry(&self) -> Option<i64>;

    /// The instant at which a count falls below a bound above zero that it is not below, or an earlier one, if nothing is
    /// entered; `None` if there is no entry.
    fn falls_below(&self, bound: usize) -> Option<i64>;

    /// The aggregate of what is entered.
    fn value(&self, kind: AggregateKind) -> Result<AggregateValue, SumOutOfRange>;
}

/// What is known of entries together, and follows each of them.
pub trait Summary: Debug + Send {
    /// A value as it is entered.
    type Entry: Ord + Debug + Send;

    /// The entry of a value; `None` for null.
    fn entry(value: &AggregateValue) -> Option<Self::Entry>;

    fn add(&mut self, entry: &Self::Entry);

    /// Undoes [`Summary::add`] for an entry that was added.
    fn take(&mut self, entry: &Self::Entry);

    /// The aggregate of so many entries.
    fn value(&self, kind: AggregateKind, entries: usize) -> Result<AggregateValue, SumOutOfRange>;

    /// How many of the entries have to leave, or fewer, until less than a bound is counted that is above zero; one where
    /// this is no count.
    fn leave_until_below(&self, _entries: &ExpiryQueue<Self::Entry>, _bound: usize) -> usize {
        1
    }
}

/// Entries and their summary.
#[derive(Debug)]
struct Summarized<S: Summary> {
    entries: ExpiryQueue<S::Entry>,
    summary: S,
}

impl<S: Summary> Accumulator for Summarized<S> {
    fn insert(&mut self, until: i64, value: &AggregateValue) {
        if let Some(entry) = S::entry(value) {
            self.summary.add(&entry);
            self.entries.insert(until, entry);
        }
    }

    fn remove(&mut self, until: i64, value: &AggregateValue) {
        if let Some(entry) = S::entry(value).filter(|entry| self.entries.remove(until, entry)) {
            self.summary.take(&entry);
        }
    }

    fn advance(&mut self, as_of: i64) {
        while let Some(entry) = self.entries.pop_until(as_of) {
            self.summary.take(&entry);
        }
    }

    fn next_expiry(&self) -> Option<i64> {
        self.entries.next_expiry()
    }

    fn falls_below(&self, bound: usize) -> Option<i64> {
        self.entries.expiry_of(self.summary.leave_until_below(&self.entries, bound))
    }

    fn value(&self, kind: AggregateKind) -> Result<AggregateValue, SumOutOfRange> {
        self.summary.value(kind, self.entries.len())
    }
}

/// An accumulator for values of this one's type; `None` if the value does not count.
pub fn accumulator_for(kind: AggregateKind, value: &AggregateValue) -> Option<Box<dyn Accumulator>> {
    use AggregateValue as Value;

    Some(match (kind, value) {
        (AggregateKind::Count, _) => over(Count),
        (_, Value::Null) => return None,
        (AggregateKind::CountDistinct, Value::Text(_) | Value::Decimal(_)) => over(Distinct::<WideKey>::default()),
        (AggregateKind::CountDistinct, _) => over(Distinct::<i64>::default()),
        (AggregateKind::Sum, Value::Decimal(_)) => over(Sum::<i128>::default()),
        (AggregateKind::Sum, _) => over(Sum::<i64>::default()),
        (AggregateKind::Min | AggregateKind::Max, Value::Decimal(_)) => over(Extremes::decimals()),
        (AggregateKind::Min | AggregateKind::Max, Value::Text(_)) => over(Extremes::texts()),
        (AggregateKind::Min | AggregateKind::Max, other) => over(Extremes::whole(other)),
        (AggregateKind::BoolAnd | AggregateKind::BoolOr, _) => over(Truths::default()),
        (AggregateKind::Episodes { gap }, _) => Box::new(Episodes::new(gap)),
    })
}

fn over<S: Summary + 'static>(summary: S) -> Box<dyn Accumulator> {
    Box::new(Summarized { entries: ExpiryQueue::default(), summary })
}

/// The aggregate of no entries.
pub fn value_of_nothing(kind: AggregateKind) -> AggregateValue {
    match kind {
        AggregateKind::Count | AggregateKind::CountDistinct | AggregateKind::Episodes { .. } => AggregateValue::Int(0),
        AggregateKind::Sum
        | AggregateKind::Min
        | AggregateKind::Max
        | AggregateKind::BoolAnd
        | AggregateKind::BoolOr => AggregateValue::Null,
    }
}

/// So many as a value.
pub fn counted(number: usize) -> AggregateValue {
    AggregateValue::Int(i64::try_from(number).expect("invariant: memory ends before 64 bits do"))
}

/// A value that is a whole number in memory: a truth is 0 or 1.
pub fn whole(value: &AggregateValue) -> Option<i64> {
    match value {
        AggregateValue::Bool(truth) => Some(i64::from(*truth)),
        AggregateValue::Int(whole) | AggregateValue::Time(whole) => Some(*whole),
        AggregateValue::Date(days) => Some(i64::from(*days)),
        AggregateValue::Null | AggregateValue::Decimal(_) | AggregateValue::Text(_) => None,
    }
}
