//! What is known at a place of a rule: the values that features and variables can still have there. A feature never
//! changes while a rule runs, so what is known once stays known.

use std::collections::BTreeMap;

use rhai::{BinaryExpr, Expr};

use super::values::ValueSet;

/// What is known at a place. A feature or variable that is not there can be anything that its type allows.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct State {
    /// By their place in the catalogue.
    pub features: BTreeMap<usize, ValueSet>,
    pub variables: BTreeMap<String, ValueSet>,
}

impl State {
    /// What is known on both of two ways that meet.
    fn met(self, other: &Self) -> Self {
        Self { features: on_both(self.features, &other.features), variables: on_both(self.variables, &other.variables) }
    }

    /// The same features with no variables: what a function knows that is called here.
    pub fn of_features(&self) -> Self {
        Self { features: self.features.clone(), variables: BTreeMap::new() }
    }

    /// This state with what a function found out about features; `None` if the two exclude each other.
    pub fn with_features_of(&self, other: &Self) -> Option<Self> {
        let mut state = self.clone();
        for (feature, values) in &other.features {
            let narrowed = state.features.get(feature).map_or_else(|| values.clone(), |before| before.and(values));
            if narrowed.is_nothing() {
                return None;
            }
            state.features.insert(*feature, narrowed);
        }
        Some(state)
    }
}

fn on_both<K: Ord>(a: BTreeMap<K, ValueSet>, b: &BTreeMap<K, ValueSet>) -> BTreeMap<K, ValueSet> {
    a.into_iter().filter_map(|(key, values)| b.get(&key).map(|other| (key, values.or(other)))).collect()
}

/// What is known on every one of several ways; `None` if no way leads here.
pub(super) fn on_every_path(paths: impl IntoIterator<Item = Option<State>>) -> Option<State> {
    paths.into_iter().flatten().reduce(|a, b| a.met(&b))
}

/// An evaluation: what comes out, and what is known if it is true or false; `None` for what cannot come out.
#[derive(Debug, Clone)]
pub(super) struct Evaluated {
    pub value: ValueSet,
    pub yes: Option<State>,
    pub no: Option<State>,
}

impl Evaluated {
    /// A value that says nothing about the state.
    pub fn plain(value: ValueSet, state: &State) -> Self {
        let yes = value.truths.yes.then(|| state.clone());
        let no = value.truths.no.then(|| state.clone());
        Self { value, yes, no }
    }

    /// True or false, with what is known then.
    pub fn sides(yes: Option<State>, no: Option<State>) -> Self {
        let truths = super::values::BoolSet { yes: yes.is_some(), no: no.is_some() };
        Self { value: ValueSet::truths(truths), yes, no }
    }

    /// Any one of several evaluations.
    pub fn any_of(paths: impl IntoIterator<Item = Self>) -> Self {
        let (mut value, mut yes, mut no) = (ValueSet::nothing(), Vec::new(), Vec::new());
        for path in paths {
            value = value.or(&path.value);
            yes.push(path.yes);
            no.push(path.no);
        }
        Self { value, yes: on_every_path(yes), no: on_every_path(no) }
    }
}

/// Something that has a value of its own: what a condition can narrow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place<'e> {
    Feature(usize),
    Variable(&'e str),
}

/// `op.feature` and nothing more: the feature's name.
pub(super) fn plain_read<'e>(expression: &'e Expr, operators: &[String]) -> Option<&'e str> {
    let Expr::Dot(chain, ..) = expression else { return None };
    let BinaryExpr { lhs, rhs } = &**chain;
    match rhs {
        Expr::Property(property, _) if is_operator(lhs, operators) => Some(property.2.as_str()),
        _ => None,
    }
}

/// Whether an expression is the operator itself.
pub(super) fn is_operator(expression: &Expr, operators: &[String]) -> bool {
    matches!(expression, Expr::Variable(variable, ..) if operators.iter().any(|name| *name == *variable.1))
}

/// The places of the arguments that are the operator.
pub(super) fn operator_arguments(arguments: &[Expr], operators: &[String]) -> Vec<usize> {
    let handed = arguments.iter().enumerate().filter(|(_, argument)| is_operator(argument, operators));
    handed.map(|(at, _)| at).collect()
}
