//! The limits of SQL: when a query is planned, everything in it that can make more than it is given is bound to the
//! budget of its plan, and what has no known bound is refused. What is refused depends on the SQL alone, what fails
//! later on the rows of one operator alone.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema, DataFusionError, Result, ScalarValue};
use datafusion::logical_expr::expr::{HigherOrderFunction, ScalarFunction, WindowFunction};
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{
    BinaryExpr, Cast, Expr, ExprSchemable, LogicalPlan, Operator, Projection, TryCast, Unnest,
    WindowFunctionDefinition, lit,
};
use datafusion::optimizer::AnalyzerRule;
use datafusion::optimizer::utils::NamePreserver;
use yujing_base::language::{Bilingual, say};

use crate::feature::budget::Budget;
use crate::feature::budget::cost_model::{CostModel, cost_model_of};
use crate::feature::budget::metered::{checked_operation, choice_meter, element_meter, metered};

/// Bytes that the machine of one pattern may take.
const MAX_PATTERN_BYTES: usize = 1 << 20;
/// Functions over lists whose lambda is asked once an element.
const OVER_ELEMENTS: [&str; 4] = ["array_any_match", "array_filter", "array_first", "array_transform"];
/// Aggregates that go on from row to row when they stand OVER a window; others begin anew at each.
const INCREMENTAL: [&str; 11] =
    ["count", "sum", "avg", "min", "max", "bool_and", "bool_or", "stddev", "stddev_pop", "var", "var_pop"];
/// Aggregates whose value grows with the rows: OVER a window each row would carry all others.
const GROWING: [&str; 2] = ["array_agg", "string_agg"];

/// The analyzer rule that binds a plan to its budget.
#[derive(Debug)]
pub struct BudgetRule {
    pub budget: Budget,
}

/// SQL whose work has no known bound.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnboundedWork {
    #[error("`{0}` is not offered: what it makes is not bounded")]
    Function(String),
    #[error("the pattern of `{0}` must be written out as one text")]
    Pattern(String),
    #[error("the pattern of `{0}` is too large")]
    LargePattern(String),
    #[error("`{0}` OVER a window would make each row anew from all the others")]
    Window(String),
    #[error("values cannot be made {0}")]
    Type(DataType),
}

impl UnboundedWork {
    /// What is wrong, and what to do.
    pub fn message_and_help(&self) -> (Bilingual, Bilingual) {
        match self {
            Self::Function(name) => (
                say!(
                    "不提供函数 `{name}`：计算量无法事先限定",
                    "`{name}` is not offered: what it makes is not bounded"
                ),
                Bilingual::new(
                    "请换用其他函数；可用的函数见编写指南",
                    "use another function; the guide names those there are",
                ),
            ),
            Self::Pattern(name) => (
                say!("`{name}` 的匹配式不是直接写出的文本", "the pattern of `{name}` is not written out as one text"),
                Bilingual::new(
                    "请直接写出匹配式；查找记录中的文字，请用 contains、starts_with、strpos",
                    "write the pattern out; to look for a text of a record use contains, starts_with or strpos",
                ),
            ),
            Self::LargePattern(name) => (
                say!("`{name}` 的匹配式过大", "the pattern of `{name}` is too large"),
                Bilingual::new("请缩短，或者减少重复次数 `{…}`", "shorten it, or repeat less with `{…}`"),
            ),
            Self::Window(name) => (
                say!(
                    "`{name}` 用作窗口函数时，每条记录都要重新汇总其他记录",
                    "`{name}` OVER a window would make each row anew from all the others"
                ),
                Bilingual::new(
                    "请在外层聚合，或者去掉窗口的 ORDER BY",
                    "aggregate outside, or leave ORDER BY out of the window",
                ),
            ),
            Self::Type(data_type) => (
                say!("不能转换为 {data_type}", "values cannot be made {data_type}"),
                Bilingual::new("请转换为数、文本、日期或者时间", "make them numbers, texts, dates or times"),
            ),
        }
    }
}

fn refuse<T>(reason: UnboundedWork) -> Result<T> {
    Err(DataFusionError::External(Box::new(reason)))
}

impl AnalyzerRule for BudgetRule {
    fn name(&self) -> &'static str {
        "budget"
    }

    fn analyze(&self, plan: LogicalPlan, _config: &ConfigOptions) -> Result<LogicalPlan> {
        plan.transform_up_with_subqueries(|plan| self.bind_plan(plan)).map(|bound| bound.data)
    }
}

impl BudgetRule {
    fn bind_plan(&self, plan: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
        if let LogicalPlan::Unnest(unnest) = plan {
            return self.unnest(unnest).map(Transformed::yes);
        }
        let mut schema = merge_schema(&plan.inputs());
        if let LogicalPlan::TableScan(scan) = &plan {
            schema.merge(&scan.projected_schema);
        }
        let names = NamePreserver::new(&plan);
        let bound = plan.map_expressions(|expr| {
            let name = names.save(&expr);
            let bound = expr.transform_up(|part| self.part(part, &schema))?;
            Ok(bound.update_data(|expr| name.restore(expr)))
        })?;
        bound.map_data(LogicalPlan::recompute_schema)
    }

    /// Charges that every other column is laid beside each element.
    fn unnest(&self, unnest: Unnest) -> Result<LogicalPlan> {
        let columns: Vec<Column> = unnest.input.schema().columns();
        let expressions = columns.iter().enumerate().map(|(place, column)| {
            let value = Expr::Column(column.clone());
            if !unnest.list_type_columns.iter().any(|(list, _)| *list == place) {
                return value;
            }
            let others = columns.iter().enumerate().filter(|(other, _)| *other != place);
            let args = std::iter::once(value).chain(others.map(|(_, other)| Expr::Column(other.clone())));
            element_meter(&self.budget).call(args.collect()).alias_qualified(column.relation.clone(), &column.name)
        });
        let charged = Projection::try_new(expressions.collect(), Arc::clone(&unnest.input))?;
        let charged = Arc::new(LogicalPlan::Projection(charged));
        Ok(LogicalPlan::Unnest(Unnest::try_new(charged, unnest.exec_columns, unnest.options)?))
    }

    /// One part of an expression, whose own parts are enclosed already.
    fn part(&self, part: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
        Ok(match part {
            Expr::ScalarFunction(call) => return self.call(call, schema),
            Expr::Case(_) => self.charge_choice(part, schema)?,
            Expr::HigherOrderFunction(call) => self.charge_captures(call)?,
            Expr::BinaryExpr(BinaryExpr { left, op, right }) => self.binary(*left, op, *right, schema)?,
            Expr::Negative(value) if value.get_type(schema)?.is_signed_integer() => {
                let zero = ScalarValue::new_zero(&value.get_type(schema)?)?;
                Transformed::yes(checked_operation(Operator::Minus, &self.budget).call(vec![lit(zero), *value]))
            }
            Expr::Cast(Cast { ref field, .. }) | Expr::TryCast(TryCast { ref field, .. })
                if !is_plain(field.data_type()) =>
            {
                return refuse(UnboundedWork::Type(field.data_type().clone()));
            }
            Expr::SimilarTo(ref like) => {
                pattern("SIMILAR TO", Some(&like.pattern))?;
                Transformed::no(part)
            }
            Expr::WindowFunction(ref window) => {
                window_goes_on(window)?;
                Transformed::no(part)
            }
            _ => Transformed::no(part),
        })
    }

    fn call(&self, call: ScalarFunction, schema: &DFSchema) -> Result<Transformed<Expr>> {
        let name = call.func.name();
        match cost_model_of(name) {
            None => refuse(UnboundedWork::Function(name.to_owned())),
            Some(CostModel::NonGrowing) => self.charge_choice(Expr::ScalarFunction(call), schema),
            Some(model) => {
                if let CostModel::PatternBytes(_) = model {
                    pattern(name, call.args.get(1))?;
                }
                let metered_call = metered(call.func, &self.budget);
                Ok(Transformed::yes(metered_call.call(call.args)))
            }
        }
    }

    /// A text or list out of what it is given: charged when it is there, so that many of them add up.
    fn charge_choice(&self, value: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
        let data_type = value.get_type(schema)?;
        if data_type.is_primitive() || matches!(data_type, DataType::Boolean | DataType::Null) {
            return Ok(Transformed::no(value));
        }
        let of = if let Expr::ScalarFunction(call) = &value { call.func.name() } else { "CASE" };
        Ok(Transformed::yes(choice_meter(of, &self.budget).call(vec![value])))
    }

    fn binary(&self, left: Expr, op: Operator, right: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
        let is_charged = match op {
            Operator::StringConcat => true,
            Operator::Plus | Operator::Minus | Operator::Multiply => {
                left.get_type(schema)?.is_integer() && right.get_type(schema)?.is_integer()
            }
            Operator::RegexMatch | Operator::RegexIMatch | Operator::RegexNotMatch | Operator::RegexNotIMatch => {
                pattern(&op.to_string(), Some(&right))?;
                false
            }
            _ => false,
        };
        if is_charged {
            return Ok(Transformed::yes(checked_operation(op, &self.budget).call(vec![left, right])));
        }
        Ok(Transformed::no(Expr::BinaryExpr(BinaryExpr::new(Box::new(left), op, Box::new(right)))))
    }

    /// Charges that what a lambda reads, and the texts written in it, are laid beside each element.
    fn charge_captures(&self, call: HigherOrderFunction) -> Result<Transformed<Expr>> {
        if !OVER_ELEMENTS.contains(&call.name()) {
            return refuse(UnboundedWork::Function(call.name().to_owned()));
        }
        let HigherOrderFunction { func, mut args } = call;
        let mut beside = Vec::new();
        for arg in &args {
            if let Expr::Lambda(lambda) = arg {
                let own: BTreeSet<&str> = lambda.params.iter().map(String::as_str).collect();
                lambda.body.apply(|part| {
                    let is_read = match part {
                        Expr::Column(_) => true,
                        Expr::LambdaVariable(variable) => !own.contains(variable.name.as_str()),
                        Expr::Literal(value, _) => value.data_type().is_string(),
                        _ => false,
                    };
                    if is_read && !beside.contains(part) {
                        beside.push(part.clone());
                    }
                    // What a lambda within reads is charged there.
                    let is_within = matches!(part, Expr::Lambda(_));
                    Ok(if is_within { TreeNodeRecursion::Jump } else { TreeNodeRecursion::Continue })
                })?;
            }
        }
        if let Some(list) = args.first_mut() {
            let given = std::iter::once(std::mem::take(list)).chain(beside).collect();
            *list = element_meter(&self.budget).call(given);
        }
        Ok(Transformed::yes(Expr::HigherOrderFunction(HigherOrderFunction::new(func, args))))
    }
}

/// A pattern must be written out, and no larger than its machine may be; whether it is right is the check's to say.
fn pattern(function: &str, given: Option<&Expr>) -> Result<()> {
    let text = match given {
        Some(Expr::Literal(value, _)) => value.try_as_str(),
        Some(Expr::Cast(cast)) => match &*cast.expr {
            Expr::Literal(value, _) => value.try_as_str(),
            _ => None,
        },
        _ => None,
    };
    let Some(text) = text else { return refuse(UnboundedWork::Pattern(function.to_owned())) };
    let machine = regex::RegexBuilder::new(text.unwrap_or_default()).size_limit(MAX_PATTERN_BYTES).build();
    match machine {
        Err(regex::Error::CompiledTooBig(_)) => refuse(UnboundedWork::LargePattern(function.to_owned())),
        _ => Ok(()),
    }
}

/// Numbers, texts, times, and lists and structs of them as the schemas have: no type that says how many values there
/// are.
fn is_plain(data_type: &DataType) -> bool {
    match data_type {
        DataType::List(item) => is_plain(item.data_type()),
        DataType::Struct(fields) => fields.iter().all(|field| is_plain(field.data_type())),
        DataType::Boolean | DataType::Null | DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        other => other.is_primitive(),
    }
}

fn window_goes_on(window: &WindowFunction) -> Result<()> {
    let WindowFunctionDefinition::AggregateUDF(aggregate) = &window.fun else { return Ok(()) };
    let name = aggregate.name();
    let frame = &window.params.window_frame;
    let is_whole = frame.start_bound.is_unbounded() && frame.end_bound.is_unbounded();
    let goes_on = is_whole || (INCREMENTAL.contains(&name) && !window.params.distinct);
    if GROWING.contains(&name) || !goes_on { refuse(UnboundedWork::Window(name.to_owned())) } else { Ok(()) }
}
