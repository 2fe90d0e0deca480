//! A `switch`. Rhai's tree keeps only hashes of its cases, so their values are looked for among what the rule writes
//! out; a hash that none of them has leaves the switch to the interpreter.

use std::collections::HashMap;

use rhai::{Expr, SwitchCasesCollection};

use super::compiler::{Compiler, Names};
use super::node::{Frame, Node};
use super::value::{Constant, Value};
use crate::rule::syntax_tree::switch_hash;

/// A value, and what follows from each of the values that it can be.
#[derive(Debug, Clone)]
pub(super) struct Switch {
    subject: Node,
    /// A value with the branches that it leads to, by their places, of which the first whose guard holds is taken.
    cases: Box<[(Constant, Box<[usize]>)]>,
    branches: Box<[Branch]>,
    otherwise: Option<usize>,
}

#[derive(Debug, Clone)]
struct Branch {
    guard: Node,
    result: Node,
}

impl Switch {
    /// The nodes right below it.
    pub(super) fn parts(&self) -> Vec<&Node> {
        let branches = self.branches.iter().flat_map(|branch| [&branch.guard, &branch.result]);
        std::iter::once(&self.subject).chain(branches).collect()
    }

    pub(super) fn value<'a>(&'a self, frame: &mut Frame<'a>) -> Option<Value<'a>> {
        let subject = self.subject.value(frame)?;
        let case = self.cases.iter().find(|(case, _)| is_case(subject, case));
        for place in case.map(|(_, branches)| &**branches).unwrap_or_default() {
            let branch = &self.branches[*place];
            if branch.guard.truth(frame)? {
                return branch.result.value(frame);
            }
        }
        match self.otherwise {
            Some(place) => self.branches[place].result.value(frame),
            None => Some(Value::Unit),
        }
    }
}

/// A case is of the value's own type: no whole number is a decimal one.
fn is_case(subject: Value<'_>, case: &Constant) -> bool {
    match (subject, case) {
        (Value::Unit, Constant::Unit) => true,
        (Value::Bool(a), Constant::Bool(b)) => a == *b,
        (Value::Int(a), Constant::Int(b)) => a == *b,
        (Value::Text(a), Constant::Text(b)) => a == &**b,
        _ => false,
    }
}

/// From Rhai's switch to ours.
pub(super) fn compile(
    compiler: &mut Compiler<'_>,
    subject: &Expr,
    cases: &SwitchCasesCollection,
    names: &mut Names,
) -> Node {
    if !cases.ranges.is_empty() {
        return Node::Interpreted;
    }
    let mut written = written(compiler);
    let values = cases.cases.iter().map(|(hash, list)| Some((written.remove(hash)?, list.blocks.as_slice().into())));
    let Some(values) = values.collect::<Option<Vec<_>>>() else { return Node::Interpreted };
    let subject = compiler.expression(subject, names);
    let branch = |parts: &rhai::BinaryExpr| Branch {
        guard: compiler.expression(&parts.lhs, names),
        result: compiler.expression(&parts.rhs, names),
    };
    let branches = cases.expressions.iter().map(branch).collect();
    Node::Switch(Box::new(Switch { subject, cases: values.into(), branches, otherwise: cases.def_case }))
}

/// What the rule writes out that can be a case, by the hash that Rhai has for it.
fn written(compiler: &Compiler<'_>) -> HashMap<u64, Constant> {
    let text = compiler.source.text;
    let texts = text.lines().flat_map(|line| line.split('"').skip(1).step_by(2)).filter(|text| !text.contains('\\'));
    let texts = texts.map(|text| (format!("\"{text}\""), Constant::Text(text.into())));
    let numbers = text.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse::<i64>().ok());
    let numbers =
        numbers.flat_map(|number| [number, -number]).map(|number| (number.to_string(), Constant::Int(number)));
    let others = [("true", Constant::Bool(true)), ("false", Constant::Bool(false)), ("()", Constant::Unit)];
    let others = others.map(|(literal, constant)| (literal.to_owned(), constant));
    let literals = texts.chain(numbers).chain(others);
    literals
        .filter_map(|(literal, constant)| Some((switch_hash(compiler.source.engine, &literal)?, constant)))
        .collect()
}
