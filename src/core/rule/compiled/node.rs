//! The tree of a function, and its evaluation.

use super::function::{Binary, Unary};
use super::operator::{Arithmetic, Comparison};
use super::switch::Switch;
use super::value::{Constant, Value};
use crate::feature::FeatureValue;

/// Variables and parameters alive at once, of all functions within each other.
pub(super) const MAX_LOCALS: usize = 16;

/// An expression or statement.
#[derive(Debug)]
pub(super) enum Node {
    Constant(Constant),
    /// A feature, by its place in the catalogue.
    Feature(usize),
    /// A variable or parameter, by its place in the frame.
    Local(usize),
    Compare(Comparison, Box<[Node; 2]>),
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

/// Why an evaluation ends before its end.
#[derive(Debug)]
pub(super) enum Stop<'a> {
    /// The function returns.
    Return(Value<'a>),
    /// The interpreter has to say.
    Interpreted,
}

type Evaluated<'a> = Result<Value<'a>, Stop<'a>>;

/// What an evaluation reads.
#[derive(Debug)]
pub(super) struct Frame<'a> {
    features: &'a [FeatureValue],
    locals: [Value<'a>; MAX_LOCALS],
}

impl<'a> Frame<'a> {
    pub(super) fn new(features: &'a [FeatureValue]) -> Self {
        Self { features, locals: [Value::Unit; MAX_LOCALS] }
    }
}

impl Node {
    /// What it gives.
    pub(super) fn value<'a>(&'a self, frame: &mut Frame<'a>) -> Evaluated<'a> {
        match self {
            Self::Constant(constant) => Ok(constant.value()),
            Self::Feature(place) => frame.features.get(*place).and_then(Value::of).ok_or(Stop::Interpreted),
            Self::Local(place) => frame.locals.get(*place).copied().ok_or(Stop::Interpreted),
            Self::Arithmetic(operator, sides) => {
                let (a, b) = both(sides, frame)?;
                operator.apply(a, b).ok_or(Stop::Interpreted)
            }
            Self::Unary(function, argument) => function(argument.value(frame)?).ok_or(Stop::Interpreted),
            Self::Binary(function, arguments) => {
                let (a, b) = both(arguments, frame)?;
                function(a, b).ok_or(Stop::Interpreted)
            }
            Self::Compare(..) | Self::All(_) | Self::Any(_) | Self::OneOf(..) => self.truth(frame).map(Value::Bool),
            Self::FirstKnown(parts) => first_known(parts, frame),
            Self::If(parts) => {
                let [condition, then, otherwise] = &**parts;
                if condition.truth(frame)? { then.value(frame) } else { otherwise.value(frame) }
            }
            Self::Switch(switch) => switch.value(frame),
            Self::Let(place, given) => {
                let given = given.value(frame)?;
                *frame.locals.get_mut(*place).ok_or(Stop::Interpreted)? = given;
                Ok(Value::Unit)
            }
            Self::Sequence(parts) => sequence(parts, frame),
            Self::Call(parts) => match sequence(parts, frame) {
                Err(Stop::Return(value)) => Ok(value),
                evaluated => evaluated,
            },
            Self::Return(given) => Err(Stop::Return(given.value(frame)?)),
            Self::Interpreted => Err(Stop::Interpreted),
        }
    }

    /// What it gives where only true or false will do.
    pub(super) fn truth<'a>(&'a self, frame: &mut Frame<'a>) -> Result<bool, Stop<'a>> {
        match self {
            Self::Compare(comparison, sides) => {
                let (a, b) = both(sides, frame)?;
                Ok(comparison.holds(a, b))
            }
            Self::All(parts) => ends_at(false, parts, frame),
            Self::Any(parts) => ends_at(true, parts, frame),
            Self::OneOf(item, list) => {
                let item = item.value(frame)?;
                Ok(list.iter().any(|constant| Comparison::Equal.holds(constant.value(), item)))
            }
            _ => match self.value(frame)? {
                Value::Bool(truth) => Ok(truth),
                _ => Err(Stop::Interpreted),
            },
        }
    }
}

#[inline]
fn both<'a>(sides: &'a [Node; 2], frame: &mut Frame<'a>) -> Result<(Value<'a>, Value<'a>), Stop<'a>> {
    let [a, b] = sides;
    Ok((a.value(frame)?, b.value(frame)?))
}

/// Whether one of the parts is `end`; the others are the other.
fn ends_at<'a>(end: bool, parts: &'a [Node], frame: &mut Frame<'a>) -> Result<bool, Stop<'a>> {
    for part in parts {
        if part.truth(frame)? == end {
            return Ok(end);
        }
    }
    Ok(!end)
}

fn first_known<'a>(parts: &'a [Node], frame: &mut Frame<'a>) -> Evaluated<'a> {
    for part in parts {
        let value = part.value(frame)?;
        if !value.is_unit() {
            return Ok(value);
        }
    }
    Ok(Value::Unit)
}

fn sequence<'a>(parts: &'a [Node], frame: &mut Frame<'a>) -> Evaluated<'a> {
    let mut last = Value::Unit;
    for part in parts {
        last = part.value(frame)?;
    }
    Ok(last)
}
