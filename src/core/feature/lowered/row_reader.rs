//! Reads what the rows below a file's aggregation give to its aggregates.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use arrow::record_batch::RecordBatch;
use datafusion::common::{DataFusionError, Result, exec_datafusion_err};
use datafusion::physical_expr::PhysicalExpr;
use yujing_base::OperatorId;

use crate::feature::aggregate::{AggregateKind, AggregateValue, Interval};
use crate::feature::lowered::aggregate_call::AggregateCall;
use crate::feature::lowered::time_condition::{TimeSpan, midnight};
use crate::feature::lowered::value::ValueColumn;
use crate::feature::lowered::{Contribution, Contributions};

/// What is computed of the rows, and what the aggregates take of it.
#[derive(Debug)]
pub struct RowReader {
    operator: Arc<dyn PhysicalExpr>,
    /// Each once.
    computed: Vec<Computed>,
    /// One an aggregate.
    inputs: Vec<AggregateInput>,
}

#[derive(Debug)]
struct Computed {
    expression: Arc<dyn PhysicalExpr>,
    /// Whether values are taken out of it, and not only asked for truth or NULL.
    is_read: bool,
}

/// Places among what is computed.
#[derive(Debug)]
struct AggregateInput {
    filter: Option<usize>,
    argument: Argument,
    times: Vec<ConditionInput>,
    /// None where rows are seen at every instant.
    retained: Option<RetainedInput>,
}

#[derive(Debug)]
enum Argument {
    /// Rows are counted.
    None,
    /// Rows are counted in which it is not NULL.
    NotNull(usize),
    Value(usize),
}

#[derive(Debug)]
struct ConditionInput {
    time: usize,
    span: TimeSpan,
}

#[derive(Debug)]
struct RetainedInput {
    occurred_at: usize,
    retention: i64,
}

/// What the query engine planned for the call that stands in for an aggregate.
pub struct PlannedCall {
    /// The argument, the time of each condition, and `occurred_at` if rows are retained for so many microseconds.
    pub args: Vec<Arc<dyn PhysicalExpr>>,
    pub filter: Option<Arc<dyn PhysicalExpr>>,
    pub retention: Option<i64>,
}

/// The columns of one step.
struct StepColumns {
    computed: Vec<ArrayRef>,
    /// Of those that are read.
    values: Vec<Option<ValueColumn>>,
}

impl RowReader {
    /// Reads nothing yet but the operator of each row.
    pub fn new(operator: Arc<dyn PhysicalExpr>) -> Self {
        Self { operator, computed: Vec::new(), inputs: Vec::new() }
    }

    /// Reads what one more aggregate takes.
    pub fn add(&mut self, call: &AggregateCall, planned: PlannedCall) {
        let filter = planned.filter.map(|filter| self.place_of(filter, false));
        let mut args = planned.args.into_iter();
        let argument = match args.next().filter(|_| call.argument.is_some()) {
            None => Argument::None,
            Some(argument) if call.kind == AggregateKind::Count => Argument::NotNull(self.place_of(argument, false)),
            Some(argument) => Argument::Value(self.place_of(argument, true)),
        };
        let spans = call.conditions.iter().map(|condition| condition.span);
        let times = spans.zip(&mut args).map(|(span, time)| ConditionInput { time: self.place_of(time, true), span });
        let times = times.collect();
        let retained = planned.retention.zip(args.next());
        let retained = retained.map(|(retention, occurred_at)| {
            let occurred_at = self.place_of(occurred_at, true);
            RetainedInput { occurred_at, retention }
        });
        self.inputs.push(AggregateInput { filter, argument, times, retained });
    }

    fn place_of(&mut self, expression: Arc<dyn PhysicalExpr>, is_read: bool) -> usize {
        if let Some(place) = self.computed.iter().position(|known| known.expression.as_ref() == expression.as_ref()) {
            self.computed[place].is_read |= is_read;
            return place;
        }
        self.computed.push(Computed { expression, is_read });
        self.computed.len() - 1
    }

    /// Adds what rows give.
    ///
    /// # Errors
    /// If something computed of them fails.
    pub fn read(&self, rows: &RecordBatch, given: &mut Contributions) -> Result<()> {
        if rows.num_rows() == 0 {
            return Ok(());
        }
        let operators = self.operator.evaluate(rows)?.into_array(rows.num_rows())?;
        let operators = operators.as_string_opt::<i32>();
        let operators = operators.ok_or_else(|| exec_datafusion_err!("operators are no texts"))?;
        let operators = places(operators, &given.operators)?;
        let columns = StepColumns::of(&self.computed, rows)?;
        let mut intervals = Intervals::default();
        for (aggregate, input) in self.inputs.iter().enumerate() {
            for (row, operator) in operators.iter().enumerate() {
                let Some(value) = input.value(&columns, row) else { continue };
                intervals.begin(input.visible(&columns, row));
                for condition in &input.times {
                    intervals.restrict(condition.span, columns.instant(condition.time, row));
                }
                for interval in &intervals.left {
                    let (operator, interval, value) = (*operator, *interval, value.clone());
                    given.entries.push(Contribution { operator, aggregate, interval, value });
                }
            }
        }
        Ok(())
    }
}

impl AggregateInput {
    /// What a row gives if its FILTER keeps it.
    fn value(&self, columns: &StepColumns, row: usize) -> Option<AggregateValue> {
        if let Some(place) = self.filter {
            let kept = columns.computed[place].as_boolean();
            if kept.is_null(row) || !kept.value(row) {
                return None;
            }
        }
        match self.argument {
            Argument::None => Some(AggregateValue::Null),
            Argument::NotNull(place) => columns.computed[place].is_valid(row).then_some(AggregateValue::Null),
            Argument::Value(place) => Some(columns.value(place, row)).filter(|value| *value != AggregateValue::Null),
        }
    }

    /// The instants at which a row is seen.
    fn visible(&self, columns: &StepColumns, row: usize) -> Interval {
        let Some(RetainedInput { occurred_at, retention }) = &self.retained else { return Interval::ALWAYS };
        match columns.instant(*occurred_at, row) {
            Some(from) => Interval { from, until: from.saturating_add(*retention) },
            None => Interval { from: 0, until: 0 },
        }
    }
}

impl StepColumns {
    fn of(computed: &[Computed], rows: &RecordBatch) -> Result<Self> {
        let mut columns = Self { computed: Vec::new(), values: Vec::new() };
        for Computed { expression, is_read } in computed {
            let column = expression.evaluate(rows)?.into_array(rows.num_rows())?;
            let values = is_read.then(|| ValueColumn::of(&column)).transpose();
            columns.values.push(values.map_err(DataFusionError::Execution)?);
            columns.computed.push(column);
        }
        Ok(columns)
    }

    fn value(&self, place: usize, row: usize) -> AggregateValue {
        self.values[place].as_ref().map_or(AggregateValue::Null, |values| values.value(row))
    }

    /// A time, or the midnight at which a date begins.
    fn instant(&self, place: usize, row: usize) -> Option<i64> {
        match self.value(place, row) {
            AggregateValue::Time(time) => Some(time),
            AggregateValue::Date(date) => Some(midnight(date)),
            _ => None,
        }
    }
}

/// The instants for which one row counts.
#[derive(Debug, Default)]
struct Intervals {
    left: Vec<Interval>,
    before: Vec<Interval>,
}

impl Intervals {
    fn begin(&mut self, interval: Interval) {
        self.left.clear();
        self.left.extend(Some(interval).filter(|interval| !interval.is_empty()));
    }

    /// Leaves those for which a condition on a time is true as well; none if the time is NULL.
    fn restrict(&mut self, span: TimeSpan, time: Option<i64>) {
        std::mem::swap(&mut self.left, &mut self.before);
        self.left.clear();
        let about = time.map(|time| span.about(time)).into_iter().flatten().flatten();
        for allowed in about {
            let both = self.before.iter().map(|before| before.and(allowed));
            self.left.extend(both.filter(|both| !both.is_empty()));
        }
    }
}

impl Contributions {
    /// Those of the operators of some rows, which give nothing yet.
    pub fn of_operators(rows: &RecordBatch) -> Self {
        let ids = rows.column_by_name("operator_id").and_then(|ids| ids.as_string_opt::<i32>());
        let mut operators: Vec<OperatorId> = Vec::new();
        for id in ids.into_iter().flatten().flatten() {
            if operators.last().is_none_or(|last| **last != *id) {
                operators.push(OperatorId::from(id));
            }
        }
        Self { operators, entries: Vec::new() }
    }
}

/// For each row the place of its operator among these, which are sorted.
fn places(ids: &StringArray, operators: &[OperatorId]) -> Result<Vec<usize>> {
    let mut places: Vec<usize> = Vec::with_capacity(ids.len());
    for id in ids {
        let id = id.unwrap_or_default();
        let place = match places.last() {
            Some(last) if &*operators[*last] == id => *last,
            _ => operators
                .binary_search_by(|operator| (**operator).cmp(id))
                .map_err(|_| exec_datafusion_err!("{id} is none of the operators"))?,
        };
        places.push(place);
    }
    Ok(places)
}
