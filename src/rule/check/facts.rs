//! Which features are known where a condition holds. A feature never changes while a rule runs, so what is known once
//! stays known.

use std::collections::BTreeSet;

use rhai::{BinaryExpr, Expr, Stmt};

use super::super::engine::KNOWN;
use super::Checker;

/// Features known, by their place in the catalogue.
pub(super) type Facts = BTreeSet<usize>;

/// Helpers within helpers that a condition is followed into.
const DEEPEST_HELPER: usize = 8;

/// The features known on every one of several ways; `None` if no way leads here.
pub(super) fn on_every_way(ways: impl IntoIterator<Item = Option<Facts>>) -> Option<Facts> {
    ways.into_iter().flatten().reduce(|a, b| a.intersection(&b).copied().collect())
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

impl Checker<'_> {
    /// The features known if `condition` comes out as `wanted`; `None` if it cannot.
    pub(super) fn known_if(&self, condition: &Expr, wanted: bool, operators: &[String]) -> Option<Facts> {
        self.known_if_within(condition, wanted, operators, 0)
    }

    fn known_if_within(&self, condition: &Expr, wanted: bool, operators: &[String], depth: usize) -> Option<Facts> {
        let follow = |part: &Expr, wanted| self.known_if_within(part, wanted, operators, depth);
        match condition {
            Expr::BoolConstant(value, _) => (*value == wanted).then(Facts::new),
            Expr::And(parts, _) if wanted => all_of(parts.iter().map(|part| follow(part, true))),
            Expr::Or(parts, _) if !wanted => all_of(parts.iter().map(|part| follow(part, false))),
            // Some part decided; those before it came out the other way.
            Expr::And(parts, _) | Expr::Or(parts, _) => {
                let mut passed = Some(Facts::new());
                let mut ways = Vec::new();
                for part in parts.iter() {
                    ways.push(both(passed.clone(), follow(part, wanted)));
                    passed = both(passed, follow(part, !wanted));
                }
                on_every_way(ways)
            }
            Expr::FnCall(call, _) if call.name == "!" && call.args.len() == 1 => follow(&call.args[0], !wanted),
            Expr::FnCall(call, _) if call.name == KNOWN && call.args.len() == 1 => {
                let feature = plain_read(&call.args[0], operators).and_then(|name| self.places.get(name));
                Some(feature.filter(|_| wanted).copied().into_iter().collect())
            }
            Expr::FnCall(call, _) if !call.is_operator_call() && depth < DEEPEST_HELPER => {
                let Some(helper) = self.helper(&call.name, call.args.len()) else { return Some(Facts::new()) };
                let handed = operator_arguments(&call.args, operators);
                let parameters: Vec<_> = handed.iter().map(|&at| helper.parameters[at].clone()).collect();
                match helper.body.as_slice() {
                    [Stmt::Expr(only)] => self.known_if_within(only, wanted, &parameters, depth + 1),
                    _ => Some(Facts::new()),
                }
            }
            Expr::Stmt(block) => match block.statements() {
                [only] => self.known_after(only, wanted, operators, depth),
                _ => Some(Facts::new()),
            },
            _ => Some(Facts::new()),
        }
    }

    /// The features known if a statement, the last of its function, gives `wanted`.
    pub(super) fn known_if_last(&self, statement: &Stmt, wanted: bool, operators: &[String]) -> Option<Facts> {
        self.known_after(statement, wanted, operators, 0)
    }

    fn known_after(&self, statement: &Stmt, wanted: bool, operators: &[String], depth: usize) -> Option<Facts> {
        let last = |block: &[Stmt]| match block.last() {
            Some(last) => self.known_after(last, wanted, operators, depth),
            None => Some(Facts::new()),
        };
        match statement {
            Stmt::Expr(expression) => self.known_if_within(expression, wanted, operators, depth),
            Stmt::FnCall(call, position) => {
                self.known_if_within(&Expr::FnCall(call.clone(), *position), wanted, operators, depth)
            }
            Stmt::Block(block) => last(block.statements()),
            Stmt::If(branches, _) => on_every_way([
                both(self.known_if_within(&branches.expr, true, operators, depth), last(branches.body.statements())),
                both(self.known_if_within(&branches.expr, false, operators, depth), last(branches.branch.statements())),
            ]),
            // Told where they stand.
            Stmt::Return(..) => None,
            _ => Some(Facts::new()),
        }
    }
}

/// Known if both hold.
pub(super) fn both(a: Option<Facts>, b: Option<Facts>) -> Option<Facts> {
    let (mut a, b) = (a?, b?);
    a.extend(b);
    Some(a)
}

fn all_of(parts: impl Iterator<Item = Option<Facts>>) -> Option<Facts> {
    parts.fold(Some(Facts::new()), both)
}
