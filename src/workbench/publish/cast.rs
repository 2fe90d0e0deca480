//! `CAST` of a text to a number or a day, written or implied, takes what people write: see [`written`](super::written).
//! A text that is neither stays as it is, so that the cast refuses it in its own words.

use std::sync::{Arc, LazyLock};

use arrow::array::{ArrayRef, AsArray as _, StringArray};
use arrow::datatypes::DataType;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode as _, TreeNodeRewriter};
use datafusion::common::{DFSchema, Result};
use datafusion::logical_expr::expr::{Cast, ScalarFunction, TryCast};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ExprSchemable as _, LogicalPlan, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    Volatility,
};
use datafusion::optimizer::AnalyzerRule;

use super::notation::{date, number};

/// Has the texts that are cast read first. It comes behind the rule that adds the casts which the SQL implies.
#[derive(Debug)]
pub(super) struct ReadTexts;

impl AnalyzerRule for ReadTexts {
    fn name(&self) -> &'static str {
        "read_texts"
    }

    fn analyze(&self, plan: LogicalPlan, _config: &ConfigOptions) -> Result<LogicalPlan> {
        Ok(plan.transform_up_with_subqueries(read_texts)?.data)
    }
}

fn read_texts(plan: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
    let schema = merge_schema(&plan.inputs());
    let names = NamePreserver::new(&plan);
    plan.map_expressions(|expr| {
        let name = names.save(&expr);
        expr.rewrite(&mut Rewriter { schema: &schema })
            .map(|rewritten| rewritten.update_data(|expr| name.restore(expr)))
    })
}

struct Rewriter<'s> {
    schema: &'s DFSchema,
}

impl TreeNodeRewriter for Rewriter<'_> {
    type Node = Expr;

    fn f_up(&mut self, expr: Expr) -> Result<Transformed<Expr>> {
        let read = |inner: Box<Expr>, to: &DataType| {
            let reader = reader_for(to).filter(|_| inner.get_type(self.schema).is_ok_and(|given| given.is_string()));
            match reader {
                Some(reader) => Transformed::yes(Box::new(Expr::ScalarFunction(ScalarFunction::new_udf(
                    Arc::clone(reader),
                    vec![*inner],
                )))),
                None => Transformed::no(inner),
            }
        };
        Ok(match expr {
            Expr::Cast(Cast { expr, field }) => {
                let read = read(expr, field.data_type());
                read.update_data(|expr| Expr::Cast(Cast { expr, field }))
            }
            Expr::TryCast(TryCast { expr, field }) => {
                let read = read(expr, field.data_type());
                read.update_data(|expr| Expr::TryCast(TryCast { expr, field }))
            }
            other => Transformed::no(other),
        })
    }
}

fn reader_for(to: &DataType) -> Option<&'static Arc<ScalarUDF>> {
    static NUMBERS: LazyLock<Arc<ScalarUDF>> = LazyLock::new(|| reader("written_number", number::plain));
    static DAYS: LazyLock<Arc<ScalarUDF>> = LazyLock::new(|| reader("written_day", date::day));
    match to {
        DataType::Date32 | DataType::Date64 => Some(&DAYS),
        to if to.is_numeric() => Some(&NUMBERS),
        _ => None,
    }
}

fn reader(name: &'static str, read: fn(&str) -> Option<String>) -> Arc<ScalarUDF> {
    let signature = Signature::any(1, Volatility::Immutable);
    Arc::new(ScalarUDF::new_from_impl(Reader { name, read, signature }))
}

/// A text in the form that the cast behind it reads.
#[derive(Debug, Clone)]
struct Reader {
    name: &'static str,
    read: fn(&str) -> Option<String>,
    signature: Signature,
}

impl PartialEq for Reader {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Reader {}

impl std::hash::Hash for Reader {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for Reader {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&arguments.args)?;
        let texts = arrow::compute::cast(&arrays[0], &DataType::Utf8)?;
        let texts = texts.as_string::<i32>().iter();
        let read: StringArray =
            texts.map(|text| text.map(|text| (self.read)(text).unwrap_or_else(|| text.to_owned()))).collect();
        let read: ArrayRef = Arc::new(read);
        Ok(ColumnarValue::Array(read))
    }
}
