//! The tree of a function, and its evaluation.

use super::function::{Binary, Unary};
use super::operator::{Arithmetic, Comparison};
use super::switch::Switch;
use super::value::{Constant, Value};
use crate::feature::{FeatureRow, FeatureValue};

/// Variables and parameters alive at once, of all functions within each other.
pub(super) const MAX_LOCALS: usize = 16;

/// An expression or statement.
#[derive(Debug, Clone)]
pub(super) enum Node {
    Constant(Constant),
    /// A feature, by its place in the catalogue.
    Feature(usize),
    /// A variable or parameter, by its place in the frame.
    Local(usize),
    Compare(Comparison, Box<[Node; 2]>),
    /// A feature compared with a whole number: most of what rules do.
    CompareFeature(usize, Comparison, i64),
    /// Whether a feature is known.
    KnownFeature(usize),
    Arithmetic(Arithmetic, Box<[Node; 2]>),
    Unary(Unary, Box<Node>),
    Binary(Binary, Box<[Node; 2]>),
    /// `&&`
    All(Box<[Node]>),
    /// `||`
    Any(Box<[Node]>),
    /// `??`
    FirstKnown(Box<[Node]>),
    /// `in` a list that is written out.
    OneOf(Box<Node>, Box<[Constant]>),
    If(Box<[Node; 3]>),
    Switch(Box<Switch>),
    /// Sets a variable or parameter.
    Let(usize, Box<Node>),
    /// One after the other; the value is the last one's.
    Sequence(Box<[Node]>),
    /// A call of a function of the rule: its parameters are set, then its body is evaluated.
    Call(Box<[Node]>),
    Return(Box<Node>),
    /// What the interpreter has to say.
    Interpreted,
}

/// What an evaluation reads.
#[derive(Debug)]
pub(super) struct Frame<'a> {
    features: &'a FeatureRow,
    locals: [Value<'a>; MAX_LOCALS],
    /// What the function that is being left returns.
    returned: Option<Value<'a>>,
}

impl<'a> Frame<'a> {
    pub(super) fn new(features: &'a FeatureRow) -> Self {
        Self { features, locals: [Value::Unit; MAX_LOCALS], returned: None }
    }
}

impl Node {
    /// The nodes right below it.
    pub(super) fn parts(&self) -> Vec<&Self> {
        match self {
            Self::Constant(_)
            | Self::Feature(_)
            | Self::Local(_)
            | Self::CompareFeature(..)
            | Self::KnownFeature(_)
            | Self::Interpreted => Vec::new(),
            Self::Compare(_, sides) | Self::Arithmetic(_, sides) | Self::Binary(_, sides) => sides.iter().collect(),
            Self::Unary(_, only) | Self::OneOf(only, _) | Self::Let(_, only) | Self::Return(only) => vec![only],
            Self::All(parts)
            | Self::Any(parts)
            | Self::FirstKnown(parts)
            | Self::Sequence(parts)
            | Self::Call(parts) => parts.iter().collect(),
            Self::If(parts) => parts.iter().collect(),
            Self::Switch(switch) => switch.parts(),
        }
    }

    /// Whether the interpreter never has to say what a part of it means.
    pub(super) fn is_compiled(&self) -> bool {
        !matches!(self, Self::Interpreted) && self.parts().into_iter().all(Self::is_compiled)
    }

    /// What it gives; nothing if the function returns ([`Frame`] has what), or the interpreter has to say.
    pub(super) fn value<'a>(&'a self, frame: &mut Frame<'a>) -> Option<Value<'a>> {
        match self {
            Self::Constant(constant) => Some(constant.value()),
            Self::Feature(place) => frame.features.get(*place).and_then(Value::of),
            Self::Local(place) => frame.locals.get(*place).copied(),
            Self::Arithmetic(operator, sides) => operator.apply(sides[0].value(frame)?, sides[1].value(frame)?),
            Self::Unary(function, argument) => function(argument.value(frame)?),
            Self::Binary(function, arguments) => function(arguments[0].value(frame)?, arguments[1].value(frame)?),
            Self::FirstKnown(parts) => first_known(parts, frame),
            Self::If(parts) => {
                let [condition, then, otherwise] = &**parts;
                if condition.truth(frame)? { then.value(frame) } else { otherwise.value(frame) }
            }
            Self::Switch(switch) => switch.value(frame),
            Self::Let(place, given) => {
                let given = given.value(frame)?;
                *frame.locals.get_mut(*place)? = given;
                Some(Value::Unit)
            }
            Self::Sequence(parts) => sequence(parts, frame),
            Self::Call(parts) => sequence(parts, frame).or_else(|| frame.returned.take()),
            Self::Return(given) => {
                frame.returned = Some(given.value(frame)?);
                None
            }
            Self::Interpreted => None,
            Self::Compare(..)
            | Self::CompareFeature(..)
            | Self::KnownFeature(_)
            | Self::All(_)
            | Self::Any(_)
            | Self::OneOf(..) => self.truth(frame).map(Value::Bool),
        }
    }

    /// What it gives where only true or false will do.
    pub(super) fn truth<'a>(&'a self, frame: &mut Frame<'a>) -> Option<bool> {
        match self {
            Self::CompareFeature(place, comparison, whole) => match frame.features.get(*place)? {
                FeatureValue::Int(value) => Some(comparison.orders(value, whole)),
                other => Some(comparison.holds(Value::of(other)?, Value::Int(*whole))),
            },
            Self::KnownFeature(place) => Some(!Value::of(frame.features.get(*place)?)?.is_unit()),
            Self::Compare(comparison, sides) => Some(comparison.holds(sides[0].value(frame)?, sides[1].value(frame)?)),
            Self::All(parts) => ends_at(false, parts, frame),
            Self::Any(parts) => ends_at(true, parts, frame),
            Self::OneOf(item, list) => {
                let item = item.value(frame)?;
                Some(list.iter().any(|constant| Comparison::Equal.holds(constant.value(), item)))
            }
            _ => match self.value(frame)? {
                Value::Bool(truth) => Some(truth),
                _ => None,
            },
        }
    }
}

/// Whether one of the parts is `end`; the others are the other.
fn ends_at<'a>(end: bool, parts: &'a [Node], frame: &mut Frame<'a>) -> Option<bool> {
    for part in parts {
        if part.truth(frame)? == end {
            return Some(end);
        }
    }
    Some(!end)
}

fn first_known<'a>(parts: &'a [Node], frame: &mut Frame<'a>) -> Option<Value<'a>> {
    for part in parts {
        let value = part.value(frame)?;
        if !value.is_unit() {
            return Some(value);
        }
    }
    Some(Value::Unit)
}

fn sequence<'a>(parts: &'a [Node], frame: &mut Frame<'a>) -> Option<Value<'a>> {
    let mut last = Value::Unit;
    for part in parts {
        last = part.value(frame)?;
    }
    Some(last)
}
