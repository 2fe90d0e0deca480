//! Guards that guard: `sum(10 / ill) FILTER (WHERE ill > 0)`, `ill > 0 AND 10 / ill >= 5`.
//!
//! DataFusion computes the argument of an aggregate for every row, also for those that its FILTER drops, and both sides
//! of an AND or OR unless the left one settles nearly all rows. So what can fail is put behind its guard in a CASE, which
//! computes each branch for its own rows only. The CASE has a base, `CASE true WHEN guard THEN ... END`: one without would
//! be taken apart into AND and OR again when it gives a truth value.

use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::logical_expr::expr::Sort;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::utils::split_binary_owned;
use datafusion::logical_expr::{BinaryExpr, Case, Expr, LogicalPlan, Operator, binary_expr, lit};
use datafusion::optimizer::AnalyzerRule;

/// Puts what can fail behind its guard, once types are known and before anything is optimised.
#[derive(Debug)]
pub(super) struct Guards;

/// What becomes of a truth value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// It keeps rows or does not: NULL is as good as false.
    Condition,
    /// It is a value: NULL is not false.
    Value,
}

/// Scalar functions that give a value, or NULL, whatever they are given. A function that is not named here costs a CASE.
const TOTAL: [&str; 13] = [
    "as_of",
    "beijing_date",
    "cardinality",
    "coalesce",
    "concat",
    "days_since",
    "get_field",
    "lower",
    "nullif",
    "nvl",
    "nvl2",
    "upper",
    "within",
];

impl AnalyzerRule for Guards {
    fn name(&self) -> &'static str {
        "guards"
    }

    fn analyze(&self, plan: LogicalPlan, _config: &ConfigOptions) -> Result<LogicalPlan> {
        plan.transform_up(|plan| {
            let asked = if matches!(plan, LogicalPlan::Filter(_)) { Asked::Condition } else { Asked::Value };
            let names = NamePreserver::new(&plan);
            plan.map_expressions(|expr| {
                let name = names.save(&expr);
                Ok(Transformed::yes(name.restore(guarded(expr, asked)?)))
            })?
            .map_data(LogicalPlan::recompute_schema)
        })
        .map(|rewritten| rewritten.data)
    }
}

/// The same expression with everything that can fail behind its guards.
fn guarded(expr: Expr, asked: Asked) -> Result<Expr> {
    match expr {
        Expr::BinaryExpr(BinaryExpr { op: op @ (Operator::And | Operator::Or), .. }) => junction(expr, op, asked),
        Expr::Case(case) => of_case(case, asked),
        Expr::AggregateFunction(mut call) => {
            let params = &mut call.params;
            behind_filter(params.filter.as_mut(), &mut params.args, &mut params.order_by)?;
            Ok(Expr::AggregateFunction(call))
        }
        Expr::WindowFunction(mut call) => {
            let params = &mut call.params;
            behind_filter(params.filter.as_mut(), &mut params.args, &mut params.order_by)?;
            Ok(Expr::WindowFunction(call))
        }
        Expr::ScalarFunction(call) if ["coalesce", "nvl", "nvl2"].contains(&call.func.name()) => {
            let args = call.args.iter().cloned().map(|arg| guarded(arg, Asked::Value)).collect::<Result<Vec<_>>>()?;
            if !args.iter().skip(1).any(may_fail) {
                return Ok(call.func.call(args));
            }
            Ok(if call.func.name() == "nvl2" { either(args) } else { first_known(args) })
        }
        other => {
            let children = |child| guarded(child, Asked::Value).map(Transformed::yes);
            other.map_children(children).map(|rewritten| rewritten.data)
        }
    }
}

/// The arguments of an aggregate, only for the rows that its FILTER keeps.
fn behind_filter(filter: Option<&mut Box<Expr>>, args: &mut [Expr], order_by: &mut [Sort]) -> Result<()> {
    let filter = match filter {
        Some(filter) => {
            **filter = guarded(std::mem::take(&mut **filter), Asked::Condition)?;
            Some(&**filter)
        }
        None => None,
    };
    for arg in args.iter_mut().chain(order_by.iter_mut().map(|key| &mut key.expr)) {
        let given = guarded(std::mem::take(arg), Asked::Value)?;
        *arg = match filter {
            Some(filter) if may_fail(&given) => steady([(filter.clone(), given)], None),
            _ => given,
        };
    }
    Ok(())
}

/// A chain of ANDs or ORs, from left to right.
fn junction(expr: Expr, op: Operator, asked: Asked) -> Result<Expr> {
    let parts = split_binary_owned(expr, op).into_iter().map(|part| guarded(part, asked));
    // Each group begins with a part that can fail: what comes before it is its guard.
    let mut groups: Vec<Expr> = Vec::new();
    for part in parts {
        let part = part?;
        match groups.pop() {
            Some(before) if may_fail(&part) => groups.extend([before, part]),
            Some(before) => groups.push(binary_expr(before, op, part)),
            None => groups.push(part),
        }
    }
    let join = |left: Expr, right: Expr| binary_expr(left, op, right);
    // The truth value of one part that settles the whole.
    let settling = op == Operator::Or;
    Ok(match (groups.as_slice(), asked) {
        ([] | [_], _) => groups.pop().unwrap_or_else(|| lit(!settling)),
        (_, Asked::Condition) => {
            let behind = |rest: Expr, guard: Expr| match op {
                Operator::Or => steady([(guard, lit(true))], Some(rest)),
                _ => steady([(guard, rest)], Some(lit(false))),
            };
            groups.into_iter().rev().reduce(behind).unwrap_or_else(|| lit(!settling))
        }
        ([guards @ .., _], Asked::Value) => {
            let settled = guards.iter().map(|guard| (Box::new(guard.clone()), Box::new(lit(settling)))).collect();
            let open = groups.into_iter().reduce(join).unwrap_or_else(|| lit(!settling));
            Expr::Case(Case::new(Some(Box::new(lit(settling))), settled, Some(Box::new(open))))
        }
    })
}

/// A CASE as it is written; where a branch can fail, with a base.
fn of_case(case: Case, asked: Asked) -> Result<Expr> {
    let Case { expr, when_then_expr, else_expr } = case;
    let when_asked = if expr.is_some() { Asked::Value } else { Asked::Condition };
    let base = expr.map(|base| guarded(*base, Asked::Value).map(Box::new)).transpose()?;
    let cases = when_then_expr
        .into_iter()
        .map(|(when, then)| Ok((Box::new(guarded(*when, when_asked)?), Box::new(guarded(*then, asked)?))))
        .collect::<Result<Vec<_>>>()?;
    let otherwise = else_expr.map(|other| guarded(*other, asked).map(Box::new)).transpose()?;
    let lazy = cases.iter().skip(1).map(|(when, _)| when).chain(cases.iter().map(|(_, then)| then)).chain(&otherwise);
    let base = match base {
        None if lazy.map(Box::as_ref).any(may_fail) => Some(Box::new(lit(true))),
        base => base,
    };
    Ok(Expr::Case(Case::new(base, cases, otherwise)))
}

/// `CASE true WHEN ... THEN ... ELSE ... END`.
fn steady<const N: usize>(cases: [(Expr, Expr); N], otherwise: Option<Expr>) -> Expr {
    let cases = cases.into_iter().map(|(when, then)| (Box::new(when), Box::new(then))).collect();
    Expr::Case(Case::new(Some(Box::new(lit(true))), cases, otherwise.map(Box::new)))
}

/// `coalesce`: what comes later is computed only where what comes before is NULL.
fn first_known(args: Vec<Expr>) -> Expr {
    let behind = |rest: Expr, arg: Expr| steady([(arg.clone().is_not_null(), arg)], Some(rest));
    args.into_iter().rev().reduce(behind).unwrap_or_else(|| lit(false))
}

/// `nvl2(tested, if known, if NULL)`.
fn either(args: Vec<Expr>) -> Expr {
    let mut args = args.into_iter();
    let tested = args.next().unwrap_or_default().is_not_null();
    steady([(tested, args.next().unwrap_or_default())], args.next())
}

/// Whether computing an expression can fail for some row. What has no column in it fails for all or none, and that is the
/// check's matter.
fn may_fail(expr: &Expr) -> bool {
    let any = |is: fn(&Expr) -> bool| expr.exists(|part| Ok(is(part))).unwrap_or(true);
    any(|part| matches!(part, Expr::Column(_) | Expr::LambdaVariable(_))) && any(fails_for_some)
}

fn fails_for_some(part: &Expr) -> bool {
    use Operator::{
        And, Eq, Gt, GtEq, ILikeMatch, IsDistinctFrom, IsNotDistinctFrom, LikeMatch, Lt, LtEq, NotEq, NotILikeMatch,
        NotLikeMatch, Or, StringConcat,
    };
    match part {
        Expr::BinaryExpr(BinaryExpr { op, .. }) => !matches!(
            op,
            And | Or
                | Eq
                | NotEq
                | Lt
                | LtEq
                | Gt
                | GtEq
                | IsDistinctFrom
                | IsNotDistinctFrom
                | LikeMatch
                | ILikeMatch
                | NotLikeMatch
                | NotILikeMatch
                | StringConcat
        ),
        Expr::ScalarFunction(call) => !TOTAL.contains(&call.func.name()),
        Expr::Cast(cast) => !matches!(&*cast.expr, Expr::Literal(..)),
        Expr::Negative(_) | Expr::SimilarTo(_) => true,
        _ => false,
    }
}
