//! The values that a feature can have, as far as its SQL and the schema show: a count is never negative, the greatest
//! of some codes is one of them. What is not recognised can be anything, so that a rule is never refused for a value
//! that its feature can have.

use std::collections::BTreeSet;

use datafusion::sql::sqlparser::ast::{BinaryOperator, CastKind, DataType, Expr, Function, Value};

use crate::feature::catalogue::{FeatureType, Missing, ValueRange};
use crate::feature::file::scope::{Resolution, Scope};
use crate::feature::syntax::names::{arguments, first_argument, normalized, text};
use crate::source::shape::{ValueRule, Values};

/// So many codes at most are made of a range of whole numbers.
const MAX_CODES: i64 = 64;
/// No window holds a thousand million rows, so sums of values up to this stay far from 64 bits.
const MAX_SUMMED: i64 = 1_000_000_000;

/// The values of a column with this expression.
pub fn of(expr: &Expr, scope: &Scope<'_>, data_type: FeatureType, missing: Missing) -> ValueRange {
    let zero = if missing == Missing::Zero { (0, 0) } else { (i64::MAX, i64::MIN) };
    let range = match data_type {
        FeatureType::Int => ints(expr, scope)
            .map(|(least, greatest)| (least.min(zero.0), greatest.max(zero.1)))
            .map(|(least, greatest)| ValueRange::Between(least, greatest)),
        FeatureType::Text => texts(expr, scope).map(|texts| ValueRange::OneOf(texts.into_iter().collect())),
        FeatureType::Bool | FeatureType::Float => None,
    };
    range.unwrap_or(ValueRange::Any)
}

/// The least and the greatest whole number that an expression can give, when it is one.
fn ints(expr: &Expr, scope: &Scope<'_>) -> Option<(i64, i64)> {
    match expr {
        Expr::Nested(inner) => ints(inner, scope),
        Expr::Value(value) => match &value.value {
            Value::Number(number, _) => number.parse().ok().map(|number| (number, number)),
            _ => None,
        },
        Expr::Function(call) => ints_of_call(call, scope),
        Expr::Cast { kind: CastKind::Cast | CastKind::DoubleColon, expr, data_type, .. } => {
            matches!(data_type, DataType::BigInt(_)).then(|| ints(expr, scope)).flatten()
        }
        Expr::Case { conditions, else_result, .. } => {
            let results = conditions.iter().map(|case| &case.result).chain(else_result.as_deref());
            hull(results.map(|result| ints(result, scope)))
        }
        Expr::BinaryOp { left, op, right } => {
            let ((a, b), (c, d)) = (ints(left, scope)?, ints(right, scope)?);
            match op {
                BinaryOperator::Plus => Some((a.saturating_add(c), b.saturating_add(d))),
                BinaryOperator::Minus => Some((a.saturating_sub(d), b.saturating_sub(c))),
                _ => None,
            }
        }
        Expr::Identifier(_) | Expr::CompoundIdentifier(_) | Expr::CompoundFieldAccess { .. } => {
            if let Some((expr, scope)) = derived(expr, scope) {
                return ints(expr, &scope);
            }
            match &scope.column(expr)?.value.rule {
                ValueRule::Int { min, max, only } => {
                    let least = only.iter().min().copied().unwrap_or(*min);
                    let greatest = only.iter().max().copied().unwrap_or(*max);
                    Some((least, greatest))
                }
                _ => None,
            }
        }
        _ => None,
    }
}

fn ints_of_call(call: &Function, scope: &Scope<'_>) -> Option<(i64, i64)> {
    match normalized(&call.name).as_str() {
        "count" | "episodes" | "cardinality" | "array_length" | "char_length" | "length" => Some((0, i64::MAX)),
        "row_number" | "rank" | "dense_rank" => Some((1, i64::MAX)),
        "max" | "min" | "first_value" | "last_value" => ints(first_argument(call)?, scope),
        "sum" => match ints(first_argument(call)?, scope)? {
            (least, greatest) if least >= 0 && greatest <= MAX_SUMMED => Some((0, i64::MAX)),
            _ => None,
        },
        "coalesce" => hull(arguments(call).map(|argument| ints(argument, scope))),
        // Events that had not occurred by the instant asked for are not there.
        "days_since" => match first_argument(call)? {
            Expr::Function(latest) if ["max", "min"].contains(&normalized(&latest.name).as_str()) => {
                is_occurred_at(first_argument(latest)?, scope).then_some((0, i64::MAX))
            }
            _ => None,
        },
        _ => None,
    }
}

fn is_occurred_at(expr: &Expr, scope: &Scope<'_>) -> bool {
    match expr {
        Expr::Identifier(name) if name.value.eq_ignore_ascii_case("occurred_at") => match scope.resolve(&name.value) {
            Some(Resolution::Column(_)) => true,
            Some(Resolution::Derived(inner, scope)) => is_occurred_at(inner, &scope),
            None => false,
        },
        _ => false,
    }
}

/// The texts that an expression can give, when it is one of a few.
fn texts(expr: &Expr, scope: &Scope<'_>) -> Option<BTreeSet<String>> {
    match expr {
        Expr::Nested(inner) => texts(inner, scope),
        Expr::Value(_) => text(expr).map(|text| BTreeSet::from([text.to_owned()])),
        Expr::Function(call) => match normalized(&call.name).as_str() {
            "max" | "min" | "first_value" | "last_value" => texts(first_argument(call)?, scope),
            "coalesce" => arguments(call).map(|argument| texts(argument, scope)).reduce(union)?,
            _ => None,
        },
        Expr::Cast { kind: CastKind::Cast | CastKind::DoubleColon, expr, data_type, .. } => {
            if !matches!(data_type, DataType::Varchar(_) | DataType::Text | DataType::String(_)) {
                return None;
            }
            let (least, greatest) = ints(expr, scope)?;
            let few = greatest.checked_sub(least).is_some_and(|more| more < MAX_CODES);
            few.then(|| (least..=greatest).map(|number| number.to_string()).collect())
        }
        Expr::Case { conditions, else_result, .. } => {
            let results = conditions.iter().map(|case| &case.result).chain(else_result.as_deref());
            results.map(|result| texts(result, scope)).reduce(union)?
        }
        Expr::Identifier(_) | Expr::CompoundIdentifier(_) | Expr::CompoundFieldAccess { .. } => {
            if let Some((expr, scope)) = derived(expr, scope) {
                return texts(expr, &scope);
            }
            codes(&scope.column(expr)?.value.rule).map(|codes| codes.iter().map(ToString::to_string).collect())
        }
        _ => None,
    }
}

/// The codes of an enumeration. An unknown one of an open enumeration becomes `other`, which is among them.
pub fn codes(rule: &ValueRule) -> Option<&[Box<str>]> {
    match rule {
        ValueRule::Text(text) => match &text.values {
            Values::Closed(codes) | Values::Open(codes) => Some(codes),
            Values::Any => None,
        },
        _ => None,
    }
}

/// The derived table's expression that a name stands for.
fn derived<'a>(expr: &Expr, scope: &Scope<'a>) -> Option<(&'a Expr, Scope<'a>)> {
    let name = match expr {
        Expr::Identifier(name) => name,
        Expr::CompoundIdentifier(names) => names.last().filter(|_| names.len() == 2)?,
        _ => return None,
    };
    match scope.resolve(&name.value)? {
        Resolution::Derived(expr, scope) => Some((expr, scope)),
        Resolution::Column(_) => None,
    }
}

fn hull(ranges: impl Iterator<Item = Option<(i64, i64)>>) -> Option<(i64, i64)> {
    ranges.reduce(|a, b| Some((a?.0.min(b?.0), a?.1.max(b?.1))))?
}

fn union(a: Option<BTreeSet<String>>, b: Option<BTreeSet<String>>) -> Option<BTreeSet<String>> {
    let (a, b) = (a?, b?);
    Some(&a | &b)
}
