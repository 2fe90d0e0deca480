//! `episodes(time, gap)`: how many groups of events lie further apart than the gap. A camera that reports the same rat
//! every second for an hour makes one episode.

use std::mem::size_of_val;

use arrow::array::{ArrayRef, AsArray};
use arrow::datatypes::{DataType, Field, FieldRef, Int64Type, IntervalMonthDayNano, TimestampMicrosecondType};
use datafusion::common::utils::take_function_args;
use datafusion::common::{Result, ScalarValue, exec_datafusion_err, exec_err, plan_err};
use datafusion::logical_expr::expr::AggregateFunction;
use datafusion::logical_expr::function::{AccumulatorArgs, AggregateFunctionSimplification, StateFieldsArgs};
use datafusion::logical_expr::utils::{AggregateOrderSensitivity, format_state_name};
use datafusion::logical_expr::{Accumulator, AggregateUDF, AggregateUDFImpl, Expr, Signature, Volatility};
use datafusion::physical_expr::expressions::Literal;
use yujing_base::zone::Zone;

use crate::feature::function::as_of::{MICROS_PER_DAY, interval_argument, time_argument};

/// The aggregate function `episodes`.
pub fn aggregate_function(zone: &Zone) -> AggregateUDF {
    AggregateUDF::new_from_impl(Episodes {
        zone: zone.clone(),
        signature: Signature::user_defined(Volatility::Immutable),
    })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Episodes {
    zone: Zone,
    signature: Signature,
}

impl AggregateUDFImpl for Episodes {
    fn name(&self) -> &'static str {
        "episodes"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        let [time, gap] = take_function_args(self.name(), given)?;
        Ok(vec![time_argument(self.name(), time, &self.zone)?, interval_argument(self.name(), gap)?])
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Int64)
    }

    fn is_nullable(&self) -> bool {
        false
    }

    fn default_value(&self, _data_type: &DataType) -> Result<ScalarValue> {
        Ok(ScalarValue::Int64(Some(0)))
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        AggregateOrderSensitivity::Insensitive
    }

    /// Changes nothing: it is the place where planning sees the gap's value and can refuse it.
    fn simplify(&self) -> Option<AggregateFunctionSimplification> {
        Some(Box::new(|call: AggregateFunction, _| {
            match call.params.args.get(1) {
                Some(Expr::Literal(gap, _)) => gap_micros(gap)?,
                _ => return plan_err!("the gap of episodes must be a constant, such as INTERVAL '10 minutes'"),
            };
            Ok(Expr::AggregateFunction(call))
        }))
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        let times = DataType::new_list(DataType::Int64, true);
        Ok(vec![Field::new(format_state_name(args.name, "times"), times, true).into()])
    }

    fn accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        let gap = args.exprs.get(1).and_then(|gap| gap.downcast_ref::<Literal>());
        let gap = gap.ok_or_else(|| exec_datafusion_err!("the gap of episodes must be a constant"))?;
        Ok(Box::new(EpisodesAccumulator { times: Vec::new(), gap: gap_micros(gap.value())? }))
    }
}

/// A gap in microseconds; a day is 24 hours, months are refused because they have no fixed length.
pub fn gap_micros(gap: &ScalarValue) -> Result<i64> {
    let ScalarValue::IntervalMonthDayNano(Some(IntervalMonthDayNano { months, days, nanoseconds })) = gap else {
        return plan_err!("the gap of episodes must be an interval such as INTERVAL '10 minutes', not {gap}");
    };
    let micros = i64::from(*days) * MICROS_PER_DAY + nanoseconds / 1_000;
    if *months != 0 || micros < 0 {
        return plan_err!("the gap of episodes must be a length in days, hours, minutes or seconds, not negative");
    }
    Ok(micros)
}

/// Keeps the times; counting sorts them, so the order of arrival does not matter.
#[derive(Debug)]
struct EpisodesAccumulator {
    times: Vec<i64>,
    gap: i64,
}

impl Accumulator for EpisodesAccumulator {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let Some(times) = values.first().and_then(|times| times.as_primitive_opt::<TimestampMicrosecondType>()) else {
            return exec_err!("episodes was given no times");
        };
        self.times.extend(times.iter().flatten());
        Ok(())
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let Some(lists) = states.first().and_then(|state| state.as_list_opt::<i32>()) else {
            return exec_err!("episodes was given no states");
        };
        for list in lists.iter().flatten() {
            self.times.extend(list.as_primitive::<Int64Type>().iter().flatten());
        }
        Ok(())
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let times: Vec<_> = self.times.iter().map(|time| ScalarValue::Int64(Some(*time))).collect();
        Ok(vec![ScalarValue::List(ScalarValue::new_list_nullable(&times, &DataType::Int64))])
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        self.times.sort_unstable();
        let further_apart = self.times.windows(2).filter(|pair| pair[1].saturating_sub(pair[0]) > self.gap).count();
        let episodes = if self.times.is_empty() { 0 } else { further_apart + 1 };
        let episodes = i64::try_from(episodes).map_err(|_| exec_datafusion_err!("too many episodes"))?;
        Ok(ScalarValue::Int64(Some(episodes)))
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.times.capacity() * size_of::<i64>()
    }
}
