//! Functions that charge the budget of their plan before they make anything.

use std::iter::repeat_n;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef, Schema};
use arrow::record_batch::RecordBatch;
use datafusion::common::{Result, exec_err, internal_err};
use datafusion::logical_expr::{
    ColumnarValue, Operator, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::{BinaryExpr, Column};

use crate::feature::budget::arguments::{Arguments, Row};
use crate::feature::budget::cost_model::{CostModel, MADE_ELEMENT, cost_model_of};
use crate::feature::budget::{Budget, STEP_ROWS};

/// Charges what a call makes of its rows. A constant may come to stand in every row of a step, so it is charged as
/// often.
fn charge(
    budget: &Budget,
    function: &str,
    args: &[ColumnarValue],
    rows: usize,
    cost: fn(&Row<'_>) -> u64,
) -> Result<()> {
    let arguments = Arguments::of(args, rows)?;
    if arguments.are_constant() {
        let cost = arguments.rows().next().map_or(0, |row| cost(&row));
        return budget.charge(function, repeat_n(cost, STEP_ROWS));
    }
    budget.charge(function, arguments.rows().map(|row| cost(&row)))
}

/// A function of the query engine that charges what its cost model says.
#[derive(Debug, PartialEq, Eq, Hash)]
struct MeteredFunction {
    inner: Arc<ScalarUDF>,
    budget: Budget,
}

/// The same function, charging a budget; its cost model must say what it makes.
pub fn metered(inner: Arc<ScalarUDF>, budget: &Budget) -> ScalarUDF {
    ScalarUDF::new_from_impl(MeteredFunction { inner, budget: budget.clone() })
}

impl ScalarUDFImpl for MeteredFunction {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn signature(&self) -> &Signature {
        self.inner.signature()
    }

    fn return_type(&self, arg_types: &[DataType]) -> Result<DataType> {
        self.inner.return_type(arg_types)
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        self.inner.return_field_from_args(args)
    }

    fn coerce_types(&self, arg_types: &[DataType]) -> Result<Vec<DataType>> {
        self.inner.coerce_types(arg_types)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        match cost_model_of(self.name()) {
            Some(CostModel::Bytes(cost) | CostModel::PatternBytes(cost)) => {
                charge(&self.budget, self.name(), &args.args, args.number_rows, cost)?;
            }
            Some(CostModel::NonGrowing) | None => return internal_err!("`{}` has no cost", self.name()),
        }
        self.inner.invoke_with_args(args)
    }
}

/// Passes its first argument on, and charges what is made of it elsewhere.
#[derive(Debug, PartialEq, Eq, Hash)]
struct PassThrough {
    charge: Charge,
    budget: Budget,
    signature: Signature,
}

/// What a [`PassThrough`] charges.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Charge {
    /// The texts and lists in its argument, which a function of this name, or CASE, chose: over and over they add up.
    Choice { function: String },
    /// Its other arguments, once for each element of the list that is its first: `unnest`, and a lambda with what it
    /// reads beside its parameters, lay them beside each.
    Elements,
}

/// `counted(value)`, where `function` chose the value.
pub fn choice_meter(function: &str, budget: &Budget) -> ScalarUDF {
    let charge = Charge::Choice { function: function.to_owned() };
    let signature = Signature::any(1, Volatility::Immutable);
    ScalarUDF::new_from_impl(PassThrough { charge, budget: budget.clone(), signature })
}

/// `spread(list, beside, ...)`.
pub fn element_meter(budget: &Budget) -> ScalarUDF {
    let signature = Signature::variadic_any(Volatility::Immutable);
    ScalarUDF::new_from_impl(PassThrough { charge: Charge::Elements, budget: budget.clone(), signature })
}

impl ScalarUDFImpl for PassThrough {
    fn name(&self) -> &'static str {
        match self.charge {
            Charge::Choice { .. } => "counted",
            Charge::Elements => "spread",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arg_types: &[DataType]) -> Result<DataType> {
        Ok(arg_types.first().cloned().unwrap_or(DataType::Null))
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        match args.arg_fields.first() {
            Some(field) => Ok(Arc::clone(field)),
            None => internal_err!("{} was given nothing", self.name()),
        }
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        match &self.charge {
            Charge::Choice { function } => {
                charge(&self.budget, function, &args.args, args.number_rows, |row| row.bytes(0))?;
            }
            Charge::Elements => charge(&self.budget, "unnest or a lambda", &args.args, args.number_rows, |row| {
                row.elements(0).saturating_mul(row.bytes_behind(1).saturating_add(MADE_ELEMENT))
            })?,
        }
        match args.args.into_iter().next() {
            Some(value) => Ok(value),
            None => exec_err!("{} was given nothing", self.name()),
        }
    }
}

/// `+`, `-` and `*` of whole numbers, which fail beyond 64 bits where the query engine would go on with another number,
/// and `||`, which is charged.
#[derive(Debug, PartialEq, Eq, Hash)]
struct CheckedOperation {
    op: Operator,
    name: String,
    budget: Budget,
    signature: Signature,
}

/// The operator as a function of its two sides.
pub fn checked_operation(op: Operator, budget: &Budget) -> ScalarUDF {
    let signature = Signature::any(2, Volatility::Immutable);
    ScalarUDF::new_from_impl(CheckedOperation { op, name: op.to_string(), budget: budget.clone(), signature })
}

impl CheckedOperation {
    fn expression(&self) -> BinaryExpr {
        let side = |index| Arc::new(Column::new("side", index)) as Arc<dyn PhysicalExpr>;
        BinaryExpr::new(side(0), self.op, side(1)).with_fail_on_overflow(true)
    }
}

/// Two columns of these types.
fn sides<'a>(types: impl IntoIterator<Item = &'a DataType>) -> Schema {
    Schema::new(types.into_iter().map(|side| Field::new("side", side.clone(), true)).collect::<Vec<_>>())
}

impl ScalarUDFImpl for CheckedOperation {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arg_types: &[DataType]) -> Result<DataType> {
        self.expression().data_type(&sides(arg_types))
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        let data_type = self.expression().data_type(&sides(args.arg_fields.iter().map(|field| field.data_type())))?;
        let is_nullable = args.arg_fields.iter().any(|field| field.is_nullable());
        Ok(Arc::new(Field::new(self.name(), data_type, is_nullable)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        if self.op == Operator::StringConcat {
            charge(&self.budget, "||", &args.args, args.number_rows, |row| row.bytes_behind(0))?;
        }
        let columns = ColumnarValue::values_to_arrays(&args.args)?;
        let schema = sides(columns.iter().map(|column| column.data_type()));
        self.expression().evaluate(&RecordBatch::try_new(Arc::new(schema), columns)?)
    }
}
