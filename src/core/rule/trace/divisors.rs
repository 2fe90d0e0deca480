//! The features that a rule divides by: taken away, they leave a quotient that means nothing.

use std::collections::{BTreeMap, BTreeSet};

use rhai::{AST, ASTNode, Expr, FnCallExpr, Stmt, Token};

/// What an expression is made of: names of features, and of variables.
#[derive(Default)]
struct Parts {
    features: BTreeSet<String>,
    variables: BTreeSet<String>,
}

/// The names of the features within any divisor of a rule, directly or by way of variables. A divisor that comes from
/// elsewhere, a parameter or a helper's answer, may be made of any feature of the rule.
pub(in crate::rule) fn divisors(ast: &AST) -> BTreeSet<String> {
    let mut divisor = Parts::default();
    let mut all = BTreeSet::new();
    let mut variables: BTreeMap<String, Parts> = BTreeMap::new();
    ast.walk(&mut |path| {
        match path.last() {
            Some(ASTNode::Expr(Expr::FnCall(call, _)) | ASTNode::Stmt(Stmt::FnCall(call, _))) if divides(call) => {
                call.args.iter().skip(1).for_each(|side| divisor.take_in(side));
            }
            Some(ASTNode::Stmt(Stmt::Var(parts, ..))) => {
                variables.entry(parts.0.name.to_string()).or_default().take_in(&parts.1);
            }
            Some(ASTNode::Stmt(Stmt::Assignment(parts))) => {
                let by = parts.0.get_op_assignment_info().map(|(.., operator, _)| operator);
                if matches!(by, Some(Token::Divide | Token::Modulo)) {
                    divisor.take_in(&parts.1.rhs);
                }
                if let Expr::Variable(target, ..) = &parts.1.lhs {
                    variables.entry(target.1.to_string()).or_default().take_in(&parts.1.rhs);
                }
            }
            Some(ASTNode::Expr(Expr::Property(property, _))) => drop(all.insert(property.2.to_string())),
            _ => {}
        }
        true
    });
    let mut open: Vec<String> = divisor.variables.iter().cloned().collect();
    let mut followed = BTreeSet::new();
    while let Some(name) = open.pop() {
        if !followed.insert(name.clone()) {
            continue;
        }
        let Some(parts) = variables.get(&name) else { return all };
        divisor.features.extend(parts.features.iter().cloned());
        open.extend(parts.variables.iter().cloned());
    }
    divisor.features
}

fn divides(call: &FnCallExpr) -> bool {
    call.is_operator_call() && matches!(call.name.as_str(), "/" | "%")
}

impl Parts {
    fn take_in(&mut self, expression: &Expr) {
        expression.walk(&mut Vec::new(), &mut |path: &[ASTNode<'_>]| {
            let Some(ASTNode::Expr(node)) = path.last() else { return true };
            match node {
                Expr::Property(property, _) => drop(self.features.insert(property.2.to_string())),
                // `op` of `op.feature` is no divisor of its own.
                Expr::Variable(variable, ..) if !is_receiver(node, path) => {
                    self.variables.insert(variable.1.to_string());
                }
                _ => {}
            }
            true
        });
    }
}

/// Whether the last node of a path is the `x` of `x.y`.
fn is_receiver(node: &Expr, path: &[ASTNode<'_>]) -> bool {
    let parent = path.len().checked_sub(2).and_then(|place| path.get(place));
    matches!(parent, Some(ASTNode::Expr(Expr::Dot(chain, ..))) if std::ptr::eq(&raw const chain.lhs, node))
}
