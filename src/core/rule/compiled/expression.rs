//! Expressions and calls, from Rhai's tree to ours.

use rhai::{Dynamic, Expr, FnCallExpr};

use super::compiler::{Binding, Compiler, Names};
use super::function;
use super::node::Node;
use super::operator::{Arithmetic, Comparison};
use super::value::Constant;
use crate::rule::engine::KNOWN;

impl Compiler<'_> {
    pub(super) fn expression(&mut self, expression: &Expr, names: &mut Names) -> Node {
        self.count(1);
        if self.is_too_large() {
            return Node::Interpreted;
        }
        match expression {
            Expr::And(parts, _) => Node::All(self.all(parts, names).into()),
            Expr::Or(parts, _) => Node::Any(self.all(parts, names).into()),
            Expr::Coalesce(parts, _) => Node::FirstKnown(self.all(parts, names).into()),
            Expr::Stmt(block) => self.block(block, names),
            Expr::FnCall(call, _) => self.call(call, names),
            Expr::Variable(variable, ..) => match names.find(&variable.1) {
                Some(Binding::Local(place)) => Node::Local(place),
                Some(Binding::Operator | Binding::Text(_)) | None => Node::Interpreted,
            },
            Expr::Dot(chain, flags, _) if flags.is_empty() => {
                if is_operator(&chain.lhs, names) {
                    return self.feature(&chain.rhs, names);
                }
                let receiver = self.expression(&chain.lhs, names);
                self.method(receiver, &chain.rhs, names)
            }
            _ => constant(expression).map_or(Node::Interpreted, Node::Constant),
        }
    }

    fn all(&mut self, parts: &[Expr], names: &mut Names) -> Vec<Node> {
        parts.iter().map(|part| self.expression(part, names)).collect()
    }

    /// What stands behind `op.`
    fn feature(&mut self, read: &Expr, names: &mut Names) -> Node {
        match read {
            Expr::Property(property, _) => {
                let place = self.source.features.iter().position(|feature| *feature.name == *property.2);
                place.map_or(Node::Interpreted, Node::Feature)
            }
            Expr::Dot(chain, flags, _) if flags.is_empty() => {
                let receiver = self.feature(&chain.lhs, names);
                self.method(receiver, &chain.rhs, names)
            }
            _ => Node::Interpreted,
        }
    }

    /// What stands behind the dot of a value.
    fn method(&mut self, receiver: Node, method: &Expr, names: &mut Names) -> Node {
        self.count(1);
        match method {
            Expr::MethodCall(call, _) if !self.is_function(&call.name) => {
                let mut arguments = vec![receiver];
                arguments.extend(self.all(&call.args, names));
                built_in(&call.name, arguments)
            }
            Expr::Dot(chain, flags, _) if flags.is_empty() => {
                let receiver = self.method(receiver, &chain.lhs, names);
                self.method(receiver, &chain.rhs, names)
            }
            _ => Node::Interpreted,
        }
    }

    pub(super) fn call(&mut self, call: &FnCallExpr, names: &mut Names) -> Node {
        if call.capture_parent_scope {
            return Node::Interpreted;
        }
        if let (CONTAINS, [list, item]) = (call.name.as_str(), call.args.as_slice())
            && let Some(list) = self.list(list)
        {
            return Node::OneOf(Box::new(self.expression(item, names)), list.into());
        }
        if !call.is_operator_call()
            && let Some(helper) = self.helper(call, names)
        {
            return helper;
        }
        let arguments = self.all(&call.args, names);
        let operator = if call.is_operator_call() { call.name.as_str() } else { "" };
        match <[Node; 2]>::try_from(arguments) {
            Ok(sides) => {
                if let Some(comparison) = Comparison::parse(operator) {
                    comparing(comparison, sides)
                } else if let Some(arithmetic) = Arithmetic::parse(operator) {
                    Node::Arithmetic(arithmetic, Box::new(sides))
                } else {
                    built_in(&call.name, sides.into())
                }
            }
            Err(arguments) => built_in(&call.name, arguments),
        }
    }

    /// The items of a list of constants that is written out; nothing for what is no such list.
    fn list(&mut self, list: &Expr) -> Option<Vec<Constant>> {
        let items: Vec<Constant> = match list {
            Expr::Array(items, _) => items.iter().map(constant).collect::<Option<_>>()?,
            Expr::DynamicConstant(list, _) => {
                let items = list.read_lock::<rhai::Array>()?;
                items.iter().map(Constant::of).collect::<Option<_>>()?
            }
            _ => return None,
        };
        // The interpreter counts every item when it makes the list, and again when it compares.
        self.count(items.len());
        let limits = self.source.limits;
        let is_small = items.len() <= limits.collection_values
            && items.iter().map(Constant::text_bytes).sum::<usize>() <= limits.text_bytes;
        is_small.then_some(items)
    }
}

/// Whether an expression is the operator.
pub(super) fn is_operator(expression: &Expr, names: &Names) -> bool {
    matches!(expression, Expr::Variable(variable, ..) if names.find(&variable.1) == Some(Binding::Operator))
}

/// The function behind `in`.
const CONTAINS: &str = "contains";

fn comparing(comparison: Comparison, sides: [Node; 2]) -> Node {
    match sides {
        [Node::Feature(place), Node::Constant(Constant::Int(whole))] => Node::CompareFeature(place, comparison, whole),
        sides => Node::Compare(comparison, Box::new(sides)),
    }
}

fn built_in(name: &str, arguments: Vec<Node>) -> Node {
    let mut arguments = arguments.into_iter();
    match (arguments.next(), arguments.next(), arguments.next()) {
        (Some(Node::Feature(place)), None, None) if name == KNOWN => Node::KnownFeature(place),
        (Some(only), None, None) => match function::unary(name) {
            Some(function) => Node::Unary(function, Box::new(only)),
            None => Node::Interpreted,
        },
        (Some(first), Some(second), None) => match function::binary(name) {
            Some(function) => Node::Binary(function, Box::new([first, second])),
            None => Node::Interpreted,
        },
        _ => Node::Interpreted,
    }
}

fn constant(expression: &Expr) -> Option<Constant> {
    let value: Dynamic = expression.get_literal_value(None)?;
    Constant::of(&value)
}
