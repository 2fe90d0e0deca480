//! `sum` of whole numbers and decimals, in 128 bits: exact in any order. (Sums of floats are not, and are not kept.)

use std::fmt::Debug;

use super::accumulator::Summary;
use super::{AggregateKind, AggregateValue, SumOutOfRange};

/// A number that is summed up.
pub trait Number: Copy + Ord + Into<i128> + Debug + Send {
    fn of(value: &AggregateValue) -> Option<Self>;

    /// The sum of such numbers.
    ///
    /// # Errors
    /// If it does not fit their type.
    fn sum(sum: i128) -> Result<AggregateValue, SumOutOfRange>;
}

impl Number for i64 {
    fn of(value: &AggregateValue) -> Option<Self> {
        if let AggregateValue::Int(whole) = value { Some(*whole) } else { None }
    }

    fn sum(sum: i128) -> Result<AggregateValue, SumOutOfRange> {
        i64::try_from(sum).map(AggregateValue::Int).map_err(|_| SumOutOfRange)
    }
}

impl Number for i128 {
    fn of(value: &AggregateValue) -> Option<Self> {
        if let AggregateValue::Decimal(number) = value { Some(*number) } else { None }
    }

    fn sum(sum: i128) -> Result<AggregateValue, SumOutOfRange> {
        Ok(AggregateValue::Decimal(sum))
    }
}

/// The sum of the entries. Decimals wrap around beyond 128 bits, as those of the query engine do.
#[derive(Debug, Default)]
pub struct Sum<N> {
    sum: i128,
    of: std::marker::PhantomData<N>,
}

impl<N: Number> Summary for Sum<N> {
    type Entry = N;

    fn entry(value: &AggregateValue) -> Option<N> {
        N::of(value)
    }

    fn add(&mut self, number: &N) {
        self.sum = self.sum.wrapping_add((*number).into());
    }

    fn take(&mut self, number: &N) {
        self.sum = self.sum.wrapping_sub((*number).into());
    }

    fn value(&self, _kind: AggregateKind, entries: usize) -> Result<AggregateValue, SumOutOfRange> {
        if entries == 0 { Ok(AggregateValue::Null) } else { N::sum(self.sum) }
    }
}
