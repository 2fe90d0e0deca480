//! AND, OR, CASE, FILTER and `coalesce` compute only what they must: `sum(10 / ill) FILTER (WHERE ill > 0)`, `ill > 0
//! AND 10 / ill >= 5`.
//!
//! DataFusion computes the argument of an aggregate for every row, also for those that its FILTER drops, and both sides
//! of an AND or OR unless the left one settles nearly all rows. So what can fail is put behind its guard in a CASE,
//! which computes each branch for its own rows only. The CASE has a base, `CASE true WHEN guard THEN ... END`: one
//! without would be taken apart into AND and OR again when it gives a truth value.

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Result, ScalarValue, plan_err};
use datafusion::logical_expr::expr::Sort;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::utils::{split_binary, split_binary_owned};
use datafusion::logical_expr::{BinaryExpr, Case, Expr, LogicalPlan, Operator, binary_expr, lit};
use datafusion::optimizer::AnalyzerRule;

/// Puts what can fail behind its guard, once types are known and before anything is optimised.
#[derive(Debug)]
pub struct ShortCircuit;

/// Scalar functions that give a value, or NULL, whatever they are given. A function that is not named here costs a
/// CASE.
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

/// How deep what can fail may stand within chains of AND and OR, and within `coalesce`, where a value is asked for and
/// not only whether a row is kept: a chain of them stands twice in what is computed, so each level doubles what is in
/// it.
const MAX_DOUBLINGS: usize = 6;

impl AnalyzerRule for ShortCircuit {
    fn name(&self) -> &'static str {
        "short_circuit"
    }

    fn analyze(&self, plan: LogicalPlan, _config: &ConfigOptions) -> Result<LogicalPlan> {
        plan.transform_up(|plan| {
            let keeps_rows = matches!(plan, LogicalPlan::Filter(_));
            let names = NamePreserver::new(&plan);
            plan.map_expressions(|expr| {
                let name = names.save(&expr);
                let expr = if keeps_rows { condition(expr) } else { expr };
                if doublings(&expr)? > MAX_DOUBLINGS {
                    return plan_err!(
                        "AND, OR and coalesce with parts that can fail stand within one another more than \
                         {MAX_DOUBLINGS} deep; compute the inner ones as columns of their own"
                    );
                }
                Ok(expr.transform_down(|part| Ok(with_guard(part)))?.update_data(|expr| name.restore(expr)))
            })?
            .map_data(LogicalPlan::recompute_schema)
        })
        .map(|rewritten| rewritten.data)
    }
}

/// The same expression with what can fail in it behind its guard; its parts follow.
fn with_guard(expr: Expr) -> Transformed<Expr> {
    match expr {
        Expr::BinaryExpr(BinaryExpr { op: op @ (Operator::And | Operator::Or), .. }) => {
            let groups = groups(split_binary_owned(expr, op), op);
            Transformed::yes(if groups.len() < 2 { joined(groups, op) } else { truth_value(groups, op) })
        }
        Expr::Case(case) => Transformed::yes(Expr::Case(with_base(case))),
        Expr::AggregateFunction(mut call) => {
            let params = &mut call.params;
            guard_by_filter(params.filter.as_deref_mut(), &mut params.args, &mut params.order_by);
            Transformed::yes(Expr::AggregateFunction(call))
        }
        Expr::WindowFunction(mut call) => {
            let params = &mut call.params;
            guard_by_filter(params.filter.as_deref_mut(), &mut params.args, &mut params.order_by);
            Transformed::yes(Expr::WindowFunction(call))
        }
        Expr::ScalarFunction(call) if call.args.iter().skip(1).any(may_fail) => match call.func.name() {
            "coalesce" | "nvl" => Transformed::yes(coalesce_as_case(call.args)),
            "nvl2" => Transformed::yes(nvl2_as_case(call.args)),
            _ => Transformed::no(Expr::ScalarFunction(call)),
        },
        other => Transformed::no(other),
    }
}

/// How often the innermost part of an expression will stand in it doubled.
fn doublings(expr: &Expr) -> Result<usize> {
    let mut deepest = 0;
    let mut look = |part: &Expr| {
        deepest = deepest.max(doublings(part)?);
        Ok(TreeNodeRecursion::Continue)
    };
    let doubled = match expr {
        Expr::BinaryExpr(BinaryExpr { op: op @ (Operator::And | Operator::Or), .. }) => {
            let parts = split_binary(expr, *op);
            for part in &parts {
                look(part)?;
            }
            parts.into_iter().skip(1).any(may_fail)
        }
        Expr::ScalarFunction(call) if matches!(call.func.name(), "coalesce" | "nvl") => {
            expr.apply_children(&mut look)?;
            call.args.iter().skip(1).any(may_fail)
        }
        _ => {
            expr.apply_children(&mut look)?;
            false
        }
    };
    Ok(deepest + usize::from(doubled))
}

/// The arguments of an aggregate, only for the rows that its FILTER keeps.
fn guard_by_filter(filter: Option<&mut Expr>, args: &mut [Expr], order_by: &mut [Sort]) {
    let Some(filter) = filter else { return };
    *filter = condition(std::mem::take(filter));
    for arg in args.iter_mut().chain(order_by.iter_mut().map(|key| &mut key.expr)) {
        if may_fail(arg) {
            *arg = case_true([(filter.clone(), std::mem::take(arg))], None);
        }
    }
}

/// An expression that keeps rows where it is true: here NULL is as good as false, and a guard that is NULL keeps away
/// what is behind it.
fn condition(expr: Expr) -> Expr {
    let Expr::BinaryExpr(BinaryExpr { op: op @ (Operator::And | Operator::Or), .. }) = expr else { return expr };
    let parts = split_binary_owned(expr, op).into_iter().map(condition).collect();
    let behind = |rest: Expr, guard: Expr| match op {
        Operator::Or => case_true([(guard, lit(true))], Some(rest)),
        _ => case_true([(guard, rest)], Some(lit(false))),
    };
    groups(parts, op).into_iter().rev().reduce(behind).unwrap_or_default()
}

/// The truth value of a chain of ANDs or ORs, which can be NULL: one part settles it, or else one that is NULL leaves
/// it open.
fn truth_value(groups: Vec<Expr>, op: Operator) -> Expr {
    let settling = op == Operator::Or;
    let settled = groups.iter().map(|group| (Box::new(group.clone()), Box::new(lit(settling)))).collect();
    let open = groups.into_iter().map(|group| (Box::new(group.is_null()), Box::new(lit(ScalarValue::Boolean(None)))));
    let unsettled = Expr::Case(Case::new(Some(Box::new(lit(true))), open.collect(), Some(Box::new(lit(!settling)))));
    Expr::Case(Case::new(Some(Box::new(lit(settling))), settled, Some(Box::new(unsettled))))
}

/// The parts of a chain of ANDs or ORs from left to right, in groups that begin with a part that can fail: what comes
/// before is its guard.
fn groups(parts: Vec<Expr>, op: Operator) -> Vec<Expr> {
    let mut groups: Vec<Expr> = Vec::new();
    for part in parts {
        match groups.pop() {
            Some(before) if may_fail(&part) => groups.extend([before, part]),
            Some(before) => groups.push(binary_expr(before, op, part)),
            None => groups.push(part),
        }
    }
    groups
}

fn joined(groups: Vec<Expr>, op: Operator) -> Expr {
    groups.into_iter().reduce(|left, right| binary_expr(left, op, right)).unwrap_or_default()
}

/// A CASE as it is written; where a branch can fail, with a base.
fn with_base(case: Case) -> Case {
    let Case { mut expr, mut when_then_expr, else_expr } = case;
    if expr.is_none() {
        let lazy = when_then_expr.iter().skip(1).map(|(when, _)| when);
        let mut lazy = lazy.chain(when_then_expr.iter().map(|(_, then)| then)).chain(&else_expr);
        if lazy.any(|branch| may_fail(branch)) {
            expr = Some(Box::new(lit(true)));
        }
        for (when, _) in &mut when_then_expr {
            **when = condition(std::mem::take(&mut **when));
        }
    }
    Case::new(expr, when_then_expr, else_expr)
}

/// `CASE true WHEN ... THEN ... ELSE ... END`.
fn case_true<const N: usize>(cases: [(Expr, Expr); N], otherwise: Option<Expr>) -> Expr {
    let cases = cases.into_iter().map(|(when, then)| (Box::new(when), Box::new(then))).collect();
    Expr::Case(Case::new(Some(Box::new(lit(true))), cases, otherwise.map(Box::new)))
}

/// `coalesce`: what comes later is computed only where what comes before is NULL.
fn coalesce_as_case(args: Vec<Expr>) -> Expr {
    let behind = |rest: Expr, arg: Expr| case_true([(arg.clone().is_not_null(), arg)], Some(rest));
    args.into_iter().rev().reduce(behind).unwrap_or_else(|| lit(false))
}

/// `nvl2(tested, if known, if NULL)`.
fn nvl2_as_case(args: Vec<Expr>) -> Expr {
    let mut args = args.into_iter();
    let tested = args.next().unwrap_or_default().is_not_null();
    case_true([(tested, args.next().unwrap_or_default())], args.next())
}

/// Whether computing an expression can fail for some row. What has no column in it fails for all or none, and that is
/// the check's matter.
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
