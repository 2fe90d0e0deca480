//! The functions of a script with their bodies. Rhai gives the signatures and a walk over all statements but keeps the
//! bodies themselves private, so statements are put back into their functions by their places in the text.

use std::collections::BTreeSet;

use rhai::{AST, ASTNode, Engine, Expr, Position, Stmt};
use yujing_base::diagnostic::offset_of;

/// One function of a rule.
#[derive(Debug)]
pub(super) struct Function {
    pub name: String,
    pub parameters: Vec<String>,
    pub body: Vec<Stmt>,
    pub start: Position,
    end: Position,
}

impl Function {
    /// Its body as it stands in the script, without the braces, on one line.
    pub fn body_text(&self, script: &str) -> String {
        let place = |at: Position| offset_of(script, at.line().unwrap_or(1), at.position().unwrap_or(1));
        let body = script.get(place(self.start)..place(self.end)).unwrap_or_default();
        body.trim_start_matches('{').split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// What a script consists of.
#[derive(Debug)]
pub(super) struct Tree {
    /// In the order of the text.
    pub functions: Vec<Function>,
    /// The first statement outside all functions.
    pub stray: Option<Position>,
}

/// Takes a script apart.
pub(super) fn functions(ast: &AST) -> Tree {
    let mut functions: Vec<_> = ast
        .iter_fn_def()
        .map(|definition| Function {
            name: definition.name.to_string(),
            parameters: definition.params.iter().map(ToString::to_string).collect(),
            body: Vec::new(),
            start: definition.body.start_position(),
            end: definition.body.end_position(),
        })
        .collect();
    functions.sort_by_key(|function| key(function.start));
    let mut stray = None;
    ast.walk(&mut |path| {
        if let [ASTNode::Stmt(statement)] = path {
            let place = statement.position();
            let home = functions
                .iter_mut()
                .find(|function| key(function.start) <= key(place) && key(place) <= key(function.end));
            match home {
                Some(function) => function.body.push((*statement).clone()),
                None => stray = stray.or(Some(place)),
            }
        }
        true
    });
    Tree { functions, stray }
}

/// The properties that a function reads, itself or by way of the functions that it calls.
pub(super) fn properties_read_by(functions: &[Function], entry: &str) -> BTreeSet<String> {
    let mut properties = BTreeSet::new();
    let mut called = BTreeSet::from([entry.to_owned()]);
    let mut open = vec![entry.to_owned()];
    while let Some(name) = open.pop() {
        for statement in functions.iter().filter(|function| function.name == name).flat_map(|function| &function.body) {
            statement.walk(&mut Vec::new(), &mut |path| {
                match path.last() {
                    Some(ASTNode::Expr(Expr::Property(property, _))) => {
                        properties.insert(property.2.to_string());
                    }
                    Some(
                        ASTNode::Expr(Expr::FnCall(call, _) | Expr::MethodCall(call, _))
                        | ASTNode::Stmt(Stmt::FnCall(call, _)),
                    ) if called.insert(call.name.to_string()) => open.push(call.name.to_string()),
                    _ => {}
                }
                true
            });
        }
    }
    properties
}

/// The hash under which a `switch` keeps a case, given as it is written: Rhai's own, taken from a switch of one case.
pub(super) fn switch_hash(engine: &Engine, literal: &str) -> Option<u64> {
    let ast = engine.compile(format!("switch 0 {{ {literal} => 0 }}")).ok()?;
    let mut hash = None;
    ast.walk(&mut |path| {
        if let [ASTNode::Stmt(Stmt::Switch(parts, _))] = path {
            hash = parts.1.cases.keys().next().copied();
        }
        true
    });
    hash
}

/// Places in the order of the text.
fn key(position: Position) -> (usize, usize) {
    (position.line().unwrap_or(0), position.position().unwrap_or(0))
}
