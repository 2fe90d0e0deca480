//! What operators make of values, as Rhai's built-in ones do (`rhai::func::builtin`).

use super::value::Value;

/// An operator that compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

impl Comparison {
    pub(super) fn parse(sign: &str) -> Option<Self> {
        Some(match sign {
            "==" => Self::Equal,
            "!=" => Self::NotEqual,
            "<" => Self::Less,
            "<=" => Self::AtMost,
            ">" => Self::Greater,
            ">=" => Self::AtLeast,
            _ => return None,
        })
    }

    /// Whether it holds. Values of two types are unequal, and neither is less or greater.
    #[inline]
    pub(super) fn holds(self, a: Value<'_>, b: Value<'_>) -> bool {
        match (a, b) {
            (Value::Int(a), Value::Int(b)) => self.orders(&a, &b),
            (Value::Bool(a), Value::Bool(b)) => self.orders(&a, &b),
            (Value::Text(a), Value::Text(b)) => self.orders(a, b),
            (Value::Unit, Value::Unit) => self == Self::Equal,
            _ => match a.floats(b) {
                Some((a, b)) => self.floats(a, b),
                None => self == Self::NotEqual,
            },
        }
    }

    /// Whether it holds between two values of one type.
    #[inline]
    pub(super) fn orders<T: Ord + ?Sized>(self, a: &T, b: &T) -> bool {
        match self {
            Self::Equal => a == b,
            Self::NotEqual => a != b,
            Self::Less => a < b,
            Self::AtMost => a <= b,
            Self::Greater => a > b,
            Self::AtLeast => a >= b,
        }
    }

    /// Decimal numbers are equal if they differ by less than a part of the greater one that no calculation means.
    fn floats(self, a: f64, b: f64) -> bool {
        let scale = if a * b == 0.0 { 1.0 } else { a.abs().max(b.abs()) };
        if scale == 0.0 {
            return matches!(self, Self::Equal | Self::AtMost | Self::AtLeast);
        }
        let part = (a - b) / scale;
        match self {
            Self::Equal => (a - b).abs() / scale <= f64::EPSILON,
            Self::NotEqual => (a - b).abs() / scale > f64::EPSILON,
            Self::Less => (b - a) / scale > f64::EPSILON,
            Self::AtMost => (b - a) / scale > -f64::EPSILON,
            Self::Greater => part > f64::EPSILON,
            Self::AtLeast => part > -f64::EPSILON,
        }
    }
}

/// An operator that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Power,
}

impl Arithmetic {
    pub(super) fn parse(sign: &str) -> Option<Self> {
        Some(match sign {
            "+" => Self::Add,
            "-" => Self::Subtract,
            "*" => Self::Multiply,
            "/" => Self::Divide,
            "%" => Self::Remainder,
            "**" => Self::Power,
            _ => return None,
        })
    }

    /// The result for two numbers; nothing for what is an error, or would be a text.
    #[inline]
    pub(super) fn apply<'a>(self, a: Value<'_>, b: Value<'_>) -> Option<Value<'a>> {
        if let (Value::Int(a), Value::Int(b)) = (a, b) {
            return self.ints(a, b).map(Value::Int);
        }
        let (a, b) = a.floats(b)?;
        Some(Value::Float(match self {
            Self::Add => a + b,
            Self::Subtract => a - b,
            Self::Multiply => a * b,
            Self::Divide => a / b,
            Self::Remainder => a % b,
            Self::Power => a.powf(b),
        }))
    }

    fn ints(self, a: i64, b: i64) -> Option<i64> {
        match self {
            Self::Add => a.checked_add(b),
            Self::Subtract => a.checked_sub(b),
            Self::Multiply => a.checked_mul(b),
            Self::Divide => a.checked_div(b),
            Self::Remainder => a.checked_rem(b),
            Self::Power => a.checked_pow(u32::try_from(b).ok()?),
        }
    }
}
