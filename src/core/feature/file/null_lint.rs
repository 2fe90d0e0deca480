//! NULL in conditions: what is negated drops the rows for which it is neither true nor false, which is seldom meant.

use std::collections::BTreeSet;

use datafusion::sql::sqlparser::ast::{BinaryOperator, Expr, LambdaFunction, Spanned, UnaryOperator, Value};
use yujing_base::diagnostic::Diagnostics;
use yujing_base::language::{Bilingual, say};

use crate::feature::file::scope::Scope;
use crate::feature::syntax::names::{arguments, first_argument, normalized};
use crate::feature::syntax::sql_source::SqlSource;

/// A longer condition is not written out in a hint.
const SHOWN: usize = 80;

/// Looks at a condition that keeps rows. `non_null` are the expressions that are not NULL here.
pub fn check_condition(
    sql: &SqlSource,
    given: &Expr,
    non_null: &BTreeSet<String>,
    scope: &Scope<'_>,
    found: &mut Diagnostics,
) {
    match given {
        Expr::Nested(inner) => check_condition(sql, inner, non_null, scope, found),
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
            let mut non_null = non_null.clone();
            collect_non_null(given, &mut non_null);
            check_condition(sql, left, &non_null, scope, found);
            check_condition(sql, right, &non_null, scope, found);
        }
        Expr::BinaryOp { left, op: BinaryOperator::Or, right } => {
            check_condition(sql, left, non_null, scope, found);
            check_condition(sql, right, non_null, scope, found);
        }
        other => {
            let Some(negation) = Negation::of(other) else { return };
            let Some(column) = negation.operands.iter().find_map(|operand| nullable(operand, non_null, scope)) else {
                return;
            };
            let Negation { sign, instead, .. } = negation;
            let message = say!(
                "`{column}` 可能为空：`{sign}` 会漏掉空值的记录",
                "`{column}` can be NULL: `{sign}` leaves those rows out"
            );
            let help = say!(
                "请写 `{instead}`；确实不要空值的，加上 `{column} IS NOT NULL AND`",
                "write `{instead}`; to leave NULL out on purpose add `{column} IS NOT NULL AND`"
            );
            found.push(sql.at("feature/null-inequality", other.span(), message).with_help(help));
        }
    }
}

/// Looks at the conditions inside an expression: those of CASE and those over the elements of a list.
pub fn check_inner_conditions(sql: &SqlSource, given: &Expr, scope: &Scope<'_>, found: &mut Diagnostics) {
    match given {
        Expr::Case { operand: None, conditions, .. } => {
            for case in conditions {
                check_condition(sql, &case.condition, &BTreeSet::new(), scope, found);
            }
        }
        Expr::Lambda(LambdaFunction { body, .. }) => check_condition(sql, body, &BTreeSet::new(), scope, found),
        _ => {}
    }
}

/// Looks at a comparison with NULL itself, which never holds.
pub fn check_null_comparison(sql: &SqlSource, given: &Expr, found: &mut Diagnostics) {
    let help = match given {
        Expr::BinaryOp { left, op, right } if is_null(left) || is_null(right) => {
            let other = if is_null(left) { right } else { left };
            match op {
                BinaryOperator::Eq => say!("请写 `{other} IS NULL`", "write `{other} IS NULL`"),
                BinaryOperator::NotEq => say!("请写 `{other} IS NOT NULL`", "write `{other} IS NOT NULL`"),
                _ => return,
            }
        }
        Expr::InList { expr, list, negated } if list.iter().any(is_null) => {
            let kept: Vec<_> = list.iter().filter(|member| !is_null(member)).map(ToString::to_string).collect();
            let kept = kept.join(", ");
            if *negated {
                say!(
                    "请写 `({expr} IN ({kept})) IS NOT TRUE`；不要空值的，写 `{expr} NOT IN ({kept}) AND {expr} IS NOT NULL`",
                    "write `({expr} IN ({kept})) IS NOT TRUE`, or without NULL `{expr} NOT IN ({kept}) AND {expr} IS NOT NULL`"
                )
            } else {
                say!(
                    "请写 `{expr} IN ({kept})`；空值也算的，加上 `OR {expr} IS NULL`",
                    "write `{expr} IN ({kept})`; if NULL counts too add `OR {expr} IS NULL`"
                )
            }
        }
        _ => return,
    };
    let message = match given {
        Expr::InList { negated: true, .. } => {
            Bilingual::new("列表中有 NULL：`NOT IN` 永不成立", "the list holds NULL: `NOT IN` never holds")
        }
        Expr::InList { .. } => Bilingual::new("列表中的 NULL 不起作用", "NULL in the list does nothing"),
        _ => Bilingual::new("与 NULL 比较，永不成立", "a comparison with NULL never holds"),
    };
    found.push(sql.at("feature/null-comparison", given.span(), message).with_help(help));
}

/// A condition that says what must not be.
struct Negation<'a> {
    /// How it is written.
    sign: &'static str,
    /// What makes it NULL when it is NULL.
    operands: Vec<&'a Expr>,
    /// The same that keeps the rows with NULL.
    instead: String,
}

impl<'a> Negation<'a> {
    fn of(given: &'a Expr) -> Option<Self> {
        let of = |sign, operands, positive: String| Some(Self { sign, operands, instead: is_not_true(&positive) });
        match given {
            Expr::BinaryOp { left, op: BinaryOperator::NotEq, right } => {
                let instead = format!("{left} IS DISTINCT FROM {right}");
                Some(Self { sign: "<>", operands: vec![&**left, &**right], instead })
            }
            Expr::BinaryOp { left, op, right } => {
                let positive = match op {
                    BinaryOperator::PGRegexNotMatch => "~",
                    BinaryOperator::PGRegexNotIMatch => "~*",
                    BinaryOperator::PGNotLikeMatch => "~~",
                    BinaryOperator::PGNotILikeMatch => "~~*",
                    _ => return None,
                };
                of("!~", vec![&**left, &**right], format!("({left} {positive} {right})"))
            }
            Expr::UnaryOp { op: UnaryOperator::Not, expr } => of("NOT", vec![&**expr], expr.to_string()),
            Expr::InList { expr, list, negated: true } if !list.iter().any(is_null) => {
                let operands = std::iter::once(&**expr).chain(list).collect();
                of("NOT IN", operands, positive(given, "NOT IN", "IN"))
            }
            Expr::Like { expr, pattern, negated: true, .. } => {
                of("NOT LIKE", vec![&**expr, &**pattern], positive(given, "NOT LIKE", "LIKE"))
            }
            Expr::ILike { expr, pattern, negated: true, .. } => {
                of("NOT ILIKE", vec![&**expr, &**pattern], positive(given, "NOT ILIKE", "ILIKE"))
            }
            Expr::Between { expr, negated: true, low, high } => {
                of("NOT BETWEEN", vec![&**expr, &**low, &**high], positive(given, "NOT BETWEEN", "BETWEEN"))
            }
            _ => None,
        }
    }
}

/// A condition without its NOT.
fn positive(given: &Expr, negated: &str, positive: &str) -> String {
    format!("({})", given.to_string().replacen(negated, positive, 1))
}

fn is_not_true(positive: &str) -> String {
    if positive.chars().count() > SHOWN { "(...) IS NOT TRUE".to_owned() } else { format!("{positive} IS NOT TRUE") }
}

/// What makes an expression NULL when it is NULL, as far as the schema shows.
fn nullable(given: &Expr, non_null: &BTreeSet<String>, scope: &Scope<'_>) -> Option<String> {
    if non_null.contains(&given.to_string()) {
        return None;
    }
    if let Some(column) = scope.column(given) {
        return column.nullable.then(|| given.to_string());
    }
    let any = |parts: &[&Expr]| parts.iter().find_map(|part| nullable(part, non_null, scope));
    match given {
        Expr::Nested(inner) | Expr::UnaryOp { expr: inner, .. } | Expr::Cast { expr: inner, .. } => any(&[inner]),
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
            // Where the left side holds, what it needs is not NULL; where it does not, the whole is false.
            let mut non_null = non_null.clone();
            collect_non_null(left, &mut non_null);
            any(&[left]).or_else(|| nullable(right, &non_null, scope))
        }
        Expr::BinaryOp { left, right, .. } => any(&[left, right]),
        Expr::Like { expr, pattern, .. } | Expr::ILike { expr, pattern, .. } => any(&[expr, pattern]),
        Expr::Between { expr, low, high, .. } => any(&[expr, low, high]),
        Expr::InList { expr, list, .. } => any(&[expr]).or_else(|| any(&list.iter().collect::<Vec<_>>())),
        Expr::Extract { expr, .. } | Expr::Trim { expr, .. } | Expr::Substring { expr, .. } => any(&[expr]),
        Expr::Function(call) if call.over.is_none() => match normalized(&call.name).as_str() {
            "coalesce" | "nvl" | "ifnull" => {
                let all: Option<Vec<_>> = arguments(call).map(|argument| nullable(argument, non_null, scope)).collect();
                all?.into_iter().next()
            }
            "count" | "concat" | "concat_ws" | "nullif" => None,
            _ => any(&arguments(call).filter(|argument| !matches!(argument, Expr::Lambda(_))).collect::<Vec<_>>()),
        },
        _ => None,
    }
}

/// The expressions that cannot be NULL where a condition holds.
pub fn collect_non_null(condition: &Expr, non_null: &mut BTreeSet<String>) {
    use BinaryOperator::{And, Eq, Gt, GtEq, Lt, LtEq};
    match condition {
        Expr::Nested(inner) => collect_non_null(inner, non_null),
        Expr::BinaryOp { left, op: And, right } => {
            collect_non_null(left, non_null);
            collect_non_null(right, non_null);
        }
        Expr::BinaryOp { left, op: Eq | Gt | GtEq | Lt | LtEq, right } => {
            collect_strict_operands(left, non_null);
            collect_strict_operands(right, non_null);
        }
        Expr::IsNotNull(inner)
        | Expr::InList { expr: inner, negated: false, .. }
        | Expr::Like { expr: inner, negated: false, .. }
        | Expr::ILike { expr: inner, negated: false, .. }
        | Expr::Between { expr: inner, negated: false, .. } => collect_strict_operands(inner, non_null),
        Expr::Function(call) if normalized(&call.name) == "within" => {
            non_null.extend(first_argument(call).map(ToString::to_string));
        }
        Expr::Identifier(_) | Expr::CompoundIdentifier(_) | Expr::CompoundFieldAccess { .. } => {
            non_null.insert(condition.to_string());
        }
        _ => {}
    }
}

/// Something is not NULL, so neither is what it is made of by arithmetic.
fn collect_strict_operands(known: &Expr, non_null: &mut BTreeSet<String>) {
    use BinaryOperator::{Divide, Minus, Modulo, Multiply, Plus};
    non_null.insert(known.to_string());
    match known {
        Expr::Nested(inner) | Expr::Cast { expr: inner, .. } => collect_strict_operands(inner, non_null),
        Expr::BinaryOp { left, op: Plus | Minus | Multiply | Divide | Modulo, right } => {
            collect_strict_operands(left, non_null);
            collect_strict_operands(right, non_null);
        }
        _ => {}
    }
}

/// Whether this is NULL, written out.
fn is_null(expr: &Expr) -> bool {
    matches!(expr, Expr::Value(value) if value.value == Value::Null)
}
