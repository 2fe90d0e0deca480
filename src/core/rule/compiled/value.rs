//! Values as rules see them.

use crate::feature::FeatureValue;
use crate::rule::engine::Limits;

/// A value while a rule is evaluated.
#[derive(Debug, Clone, Copy)]
pub(super) enum Value<'a> {
    /// Nothing, or a feature that is unknown.
    Unit,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(&'a str),
}

impl<'a> Value<'a> {
    /// A feature's value; nothing for a text so long that the interpreter refuses it in some places.
    #[inline]
    pub(super) fn of(feature: &'a FeatureValue) -> Option<Self> {
        Some(match feature {
            FeatureValue::Unknown => Self::Unit,
            FeatureValue::Bool(truth) => Self::Bool(*truth),
            FeatureValue::Int(whole) => Self::Int(*whole),
            FeatureValue::Float(number) => Self::Float(*number),
            FeatureValue::Text(text) if text.len() <= Limits::SHIPPED.text_bytes => Self::Text(text),
            FeatureValue::Text(_) => return None,
        })
    }

    #[inline]
    pub(super) fn is_unit(self) -> bool {
        matches!(self, Self::Unit)
    }

    /// Both as decimal numbers, if both are numbers and not both whole.
    pub(super) fn floats(self, other: Self) -> Option<(f64, f64)> {
        match (self, other) {
            (Self::Float(a), Self::Float(b)) => Some((a, b)),
            (Self::Float(a), Self::Int(b)) => Some((a, decimal(b))),
            (Self::Int(a), Self::Float(b)) => Some((decimal(a), b)),
            _ => None,
        }
    }
}

/// A value that a rule writes out.
#[derive(Debug, Clone)]
pub(super) enum Constant {
    Unit,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Box<str>),
}

impl Constant {
    #[inline]
    pub(super) fn value(&self) -> Value<'_> {
        match self {
            Self::Unit => Value::Unit,
            Self::Bool(truth) => Value::Bool(*truth),
            Self::Int(whole) => Value::Int(*whole),
            Self::Float(number) => Value::Float(*number),
            Self::Text(text) => Value::Text(text),
        }
    }

    /// The constant that a value of Rhai is; nothing for one of another type.
    pub(super) fn of(value: &rhai::Dynamic) -> Option<Self> {
        if value.is_unit() {
            Some(Self::Unit)
        } else if let Ok(truth) = value.as_bool() {
            Some(Self::Bool(truth))
        } else if let Ok(whole) = value.as_int() {
            Some(Self::Int(whole))
        } else if let Ok(number) = value.as_float() {
            Some(Self::Float(number))
        } else {
            value.read_lock::<rhai::ImmutableString>().map(|text| Self::Text(text.as_str().into()))
        }
    }

    /// Bytes of a text.
    pub(super) fn text_bytes(&self) -> usize {
        if let Self::Text(text) = self { text.len() } else { 0 }
    }
}

#[expect(clippy::cast_precision_loss, reason = "as Rhai converts whole numbers")]
pub(super) fn decimal(whole: i64) -> f64 {
    whole as f64
}
