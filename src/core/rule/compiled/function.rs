//! What built-in functions make of values, as Rhai's packages do. Functions that make texts are left to the interpreter,
//! as are errors.

use super::operator::Comparison;
use super::value::{Value, decimal};

/// A function of one value.
pub(super) type Unary = for<'a> fn(Value<'a>) -> Option<Value<'a>>;
/// A function of two values.
pub(super) type Binary = for<'a> fn(Value<'a>, Value<'a>) -> Option<Value<'a>>;

/// The built-in function or operator of one value with a name.
pub(super) fn unary(name: &str) -> Option<Unary> {
    Some(match name {
        "!" => not,
        "-" => negative,
        "+" => positive,
        "known" => known,
        "abs" => abs,
        "sign" => sign,
        "is_zero" => is_zero,
        "to_int" => to_int,
        "to_float" => to_float,
        "floor" => |value| of_float(value, f64::floor),
        "ceiling" => |value| of_float(value, f64::ceil),
        "round" => |value| of_float(value, f64::round),
        "int" => |value| of_float(value, f64::trunc),
        "fraction" => |value| of_float(value, f64::fract),
        "sqrt" => |value| of_float(value, f64::sqrt),
        "exp" => |value| of_float(value, f64::exp),
        "ln" => |value| of_float(value, f64::ln),
        "log" => |value| of_float(value, f64::log10),
        "is_nan" => |value| float(value).map(|number| Value::Bool(number.is_nan())),
        "is_finite" => |value| float(value).map(|number| Value::Bool(number.is_finite())),
        "len" => |value| text(value).and_then(|text| i64::try_from(text.chars().count()).ok()).map(Value::Int),
        "is_empty" => |value| text(value).map(|text| Value::Bool(text.is_empty())),
        _ => return None,
    })
}

/// The built-in function of two values with a name.
pub(super) fn binary(name: &str) -> Option<Binary> {
    Some(match name {
        "min" => |a, b| choose(Comparison::AtMost, a, b),
        "max" => |a, b| choose(Comparison::AtLeast, a, b),
        "log" => |number, base| Some(Value::Float(float(number)?.log(float(base)?))),
        "contains" => |all, part| Some(Value::Bool(text(all)?.contains(text(part)?))),
        "starts_with" => |all, part| Some(Value::Bool(text(all)?.starts_with(text(part)?))),
        "ends_with" => |all, part| Some(Value::Bool(text(all)?.ends_with(text(part)?))),
        _ => return None,
    })
}

fn float(value: Value<'_>) -> Option<f64> {
    if let Value::Float(number) = value { Some(number) } else { None }
}

fn text(value: Value<'_>) -> Option<&str> {
    if let Value::Text(text) = value { Some(text) } else { None }
}

fn of_float<'a>(value: Value<'_>, function: fn(f64) -> f64) -> Option<Value<'a>> {
    float(value).map(|number| Value::Float(function(number)))
}

fn not(value: Value<'_>) -> Option<Value<'_>> {
    if let Value::Bool(truth) = value { Some(Value::Bool(!truth)) } else { None }
}

fn negative(value: Value<'_>) -> Option<Value<'_>> {
    match value {
        Value::Int(whole) => whole.checked_neg().map(Value::Int),
        Value::Float(number) => Some(Value::Float(-number)),
        _ => None,
    }
}

fn positive(value: Value<'_>) -> Option<Value<'_>> {
    matches!(value, Value::Int(_) | Value::Float(_)).then_some(value)
}

#[expect(clippy::unnecessary_wraps, reason = "one of the functions of one value")]
fn known(value: Value<'_>) -> Option<Value<'_>> {
    Some(Value::Bool(!value.is_unit()))
}

fn abs(value: Value<'_>) -> Option<Value<'_>> {
    match value {
        Value::Int(whole) => whole.checked_abs().map(Value::Int),
        Value::Float(number) => Some(Value::Float(number.abs())),
        _ => None,
    }
}

fn sign(value: Value<'_>) -> Option<Value<'_>> {
    match value {
        Value::Int(whole) => Some(Value::Int(whole.signum())),
        Value::Float(0.0) => Some(Value::Int(0)),
        Value::Float(number) if number.is_nan() => None,
        Value::Float(number) => Some(Value::Int(if number.is_sign_positive() { 1 } else { -1 })),
        _ => None,
    }
}

fn is_zero(value: Value<'_>) -> Option<Value<'_>> {
    match value {
        Value::Int(whole) => Some(Value::Bool(whole == 0)),
        Value::Float(number) => Some(Value::Bool(matches!(number, 0.0))),
        _ => None,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "what does not fit is an error, as in Rhai")]
fn to_int(value: Value<'_>) -> Option<Value<'_>> {
    match value {
        Value::Int(_) => Some(value),
        Value::Float(number) if number > decimal(i64::MAX) || number < decimal(i64::MIN) => None,
        Value::Float(number) => Some(Value::Int(number.trunc() as i64)),
        _ => None,
    }
}

fn to_float(value: Value<'_>) -> Option<Value<'_>> {
    match value {
        Value::Int(whole) => Some(Value::Float(decimal(whole))),
        Value::Float(_) => Some(value),
        _ => None,
    }
}

/// The first of two numbers if a comparison without tolerance holds, else the second.
fn choose<'a>(by: Comparison, a: Value<'a>, b: Value<'a>) -> Option<Value<'a>> {
    if let (Value::Int(_), Value::Int(_)) = (a, b) {
        return Some(if by.holds(a, b) { a } else { b });
    }
    let (a, b) = a.floats(b)?;
    let is_first = if by == Comparison::AtMost { a <= b } else { a >= b };
    Some(Value::Float(if is_first { a } else { b }))
}
