//! `sum` of whole numbers that fails where the sum lies beyond 64 bits: the query engine's own would go on with another
//! number. Sums of everything else are the query engine's.

use std::collections::HashSet;
use std::mem::size_of_val;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Decimal128Type, Field, FieldRef};
use datafusion::common::{Result, ScalarValue, exec_datafusion_err, exec_err};
use datafusion::functions_aggregate::sum::sum_udaf;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::{AggregateOrderSensitivity, format_state_name};
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, GroupsAccumulator, ReversedUDAF, Signature,
};

/// Holds every sum of 64-bit numbers that a machine can have.
const WIDE: DataType = DataType::Decimal128(38, 0);

/// The aggregate function `sum`.
pub fn aggregate_function() -> AggregateUDF {
    AggregateUDF::new_from_impl(Sum { inner: sum_udaf() })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Sum {
    inner: Arc<AggregateUDF>,
}

impl AggregateUDFImpl for Sum {
    fn name(&self) -> &'static str {
        "sum"
    }

    fn signature(&self) -> &Signature {
        self.inner.signature()
    }

    fn return_type(&self, arg_types: &[DataType]) -> Result<DataType> {
        self.inner.return_type(arg_types)
    }

    fn accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        if args.return_field.data_type().is_integer() { Ok(exact(&args)) } else { self.inner.accumulator(args) }
    }

    fn create_sliding_accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        if args.return_field.data_type().is_integer() {
            Ok(exact(&args))
        } else {
            self.inner.create_sliding_accumulator(args)
        }
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        if !args.return_field.data_type().is_integer() {
            return self.inner.state_fields(args);
        }
        let state = if args.is_distinct { DataType::new_list(WIDE, true) } else { WIDE };
        Ok(vec![Field::new(format_state_name(args.name, "sum"), state, true).into()])
    }

    fn groups_accumulator_supported(&self, args: AccumulatorArgs) -> bool {
        !args.return_field.data_type().is_integer() && self.inner.groups_accumulator_supported(args)
    }

    fn create_groups_accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn GroupsAccumulator>> {
        self.inner.create_groups_accumulator(args)
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        AggregateOrderSensitivity::Insensitive
    }

    fn reverse_expr(&self) -> ReversedUDAF {
        ReversedUDAF::Identical
    }
}

fn exact(args: &AccumulatorArgs) -> Box<dyn Accumulator> {
    let seen = args.is_distinct.then(HashSet::new);
    Box::new(CheckedSum { sum: 0, count: 0, seen, data_type: args.return_field.data_type().clone() })
}

/// Adds in 128 bits and looks at the end whether the sum fits, so that the order of rows does not matter.
#[derive(Debug)]
struct CheckedSum {
    sum: i128,
    count: usize,
    /// The values that were added, for DISTINCT.
    seen: Option<HashSet<i128>>,
    data_type: DataType,
}

impl CheckedSum {
    fn add(&mut self, values: &ArrayRef) -> Result<()> {
        for value in wide(values)?.as_primitive::<Decimal128Type>().iter().flatten() {
            if self.seen.as_mut().is_none_or(|seen| seen.insert(value)) {
                self.sum += value;
                self.count += 1;
            }
        }
        Ok(())
    }
}

fn wide(values: &ArrayRef) -> Result<ArrayRef> {
    Ok(if *values.data_type() == WIDE { Arc::clone(values) } else { cast(values, &WIDE)? })
}

impl Accumulator for CheckedSum {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        match values.first() {
            Some(values) => self.add(values),
            None => exec_err!("sum was given nothing"),
        }
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let Some(values) = values.first() else { return exec_err!("sum was given nothing") };
        for value in wide(values)?.as_primitive::<Decimal128Type>().iter().flatten() {
            self.sum -= value;
            self.count -= 1;
        }
        Ok(())
    }

    fn supports_retract_batch(&self) -> bool {
        self.seen.is_none()
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let Some(state) = states.first() else { return exec_err!("sum was given no states") };
        match state.as_list_opt::<i32>() {
            Some(lists) => lists.iter().flatten().try_for_each(|list| self.add(&list)),
            None => self.add(state),
        }
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let value = |value| ScalarValue::Decimal128(value, 38, 0);
        Ok(vec![match &self.seen {
            None => value((self.count > 0).then_some(self.sum)),
            Some(seen) => {
                let values: Vec<_> = seen.iter().map(|seen| value(Some(*seen))).collect();
                ScalarValue::List(ScalarValue::new_list_nullable(&values, &WIDE))
            }
        }])
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let sum = (self.count > 0).then_some(self.sum);
        let beyond = |_| exec_datafusion_err!("the sum {} lies beyond 64 bits", self.sum);
        Ok(if self.data_type == DataType::UInt64 {
            ScalarValue::UInt64(sum.map(u64::try_from).transpose().map_err(beyond)?)
        } else {
            ScalarValue::Int64(sum.map(i64::try_from).transpose().map_err(beyond)?)
        })
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.seen.as_ref().map_or(0, |seen| seen.capacity() * size_of::<i128>())
    }
}
