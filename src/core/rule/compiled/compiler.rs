//! Functions and statements, from Rhai's tree to ours.
//!
//! A function of the rule that another calls becomes a part of it, so that a tree needs no stack. What has no place in a
//! tree becomes [`Node::Interpreted`] where it stands: the interpreter is asked only if an evaluation comes there.

use rhai::{ASTFlags, FlowControl, FnCallExpr, Stmt, StmtBlock};

use super::Source;
use super::expression::is_operator;
use super::node::{MAX_LOCALS, Node};
use super::switch;
use super::value::Constant;
use super::words::Words;
use crate::rule::engine::Limits;
use crate::rule::syntax_tree::Function;

/// Levels that Rhai counts for a call: the call, and the function.
const LEVELS_A_CALL: usize = 2;
/// The most operations that Rhai counts for an expression, the statement that it is and the call that it makes
/// included.
const OPERATIONS_A_NODE: usize = 6;

/// Compiles one of the functions that the engine asks.
#[derive(Debug)]
pub(super) struct Compiler<'a> {
    pub(super) source: &'a Source<'a>,
    functions: &'a [Function],
    /// Functions being compiled, from the entry inwards.
    open: Vec<usize>,
    /// Expressions and statements so far.
    size: usize,
    /// Whether the function that is being compiled returns before its end.
    returns: bool,
}

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Binding {
    /// The operator whose features are read.
    Operator,
    /// A place in the frame.
    Local(usize),
    /// A text that is put together, by its place among those that are named before the words of a finding.
    Text(usize),
}

/// The names that are seen at a place of a function.
#[derive(Debug, Default)]
pub(super) struct Names {
    bound: Vec<(String, Binding)>,
    /// The first place in the frame that no value needs any more.
    free: usize,
}

impl Names {
    /// Of a function whose parameter is the operator.
    fn of(function: &Function) -> Self {
        let bound = function.parameters.iter().map(|parameter| (parameter.clone(), Binding::Operator));
        Self { bound: bound.collect(), free: 0 }
    }

    pub(super) fn find(&self, name: &str) -> Option<Binding> {
        self.bound.iter().find(|(bound, _)| bound == name).map(|(_, binding)| *binding)
    }

    /// Names one more text; nothing where the interpreter would have to say what the name means.
    pub(super) fn name_text(&mut self, name: &str, limits: &Limits) -> Option<()> {
        if self.find(name).is_some() || self.bound.len() >= limits.variables {
            return None;
        }
        let texts = self.bound.iter().filter(|(_, binding)| matches!(binding, Binding::Text(_))).count();
        self.bound.push((name.to_owned(), Binding::Text(texts)));
        Some(())
    }

    /// A place in the frame, if there is one left.
    fn allocate(&mut self) -> Option<usize> {
        (self.free < MAX_LOCALS).then(|| {
            self.free += 1;
            self.free - 1
        })
    }
}

impl<'a> Compiler<'a> {
    pub(super) fn new(source: &'a Source<'a>, functions: &'a [Function]) -> Self {
        Self { source, functions, open: Vec::new(), size: 0, returns: false }
    }

    /// A function of the operator alone, by its name.
    pub(super) fn function(mut self, name: &str) -> Option<Node> {
        let function = self.find(name, 1)?;
        let node = self.body(function, Vec::new(), &mut Names::of(&self.functions[function]));
        (!self.is_too_large()).then_some(node)
    }

    /// What a function of the operator alone says, by its name; nothing if it is more than templates.
    pub(super) fn words_of(mut self, name: &str) -> Option<Words> {
        let functions = self.functions;
        let function = self.find(name, 1)?;
        self.open.push(function);
        let words = self.words(&functions[function].body, &mut Names::of(&functions[function]))?;
        (!self.is_too_large()).then_some(words)
    }

    fn find(&self, name: &str, parameters: usize) -> Option<usize> {
        self.functions.iter().position(|function| function.name == name && function.parameters.len() == parameters)
    }

    /// Whether a function has the name.
    pub(super) fn is_function(&self, name: &str) -> bool {
        self.functions.iter().any(|function| function.name == name)
    }

    /// Counts so many expressions or statements.
    pub(super) fn count(&mut self, number: usize) {
        self.size += number;
    }

    /// Whether the interpreter might meet its limit of operations. Nothing more is compiled then.
    pub(super) fn is_too_large(&self) -> bool {
        u64::try_from(self.size * OPERATIONS_A_NODE).is_ok_and(|operations| operations >= self.source.limits.operations)
    }

    /// A function's body behind what sets its parameters.
    fn body(&mut self, function: usize, mut parts: Vec<Node>, names: &mut Names) -> Node {
        let functions = self.functions;
        let outer = std::mem::replace(&mut self.returns, false);
        self.open.push(function);
        parts.push(self.statements(&functions[function].body, names));
        self.open.pop();
        let returns = std::mem::replace(&mut self.returns, outer);
        match parts.pop() {
            Some(only) if parts.is_empty() && !returns => only,
            last => Node::Call(parts.into_iter().chain(last).collect()),
        }
    }

    /// A call of a function of the rule; nothing if the rule has no such function.
    pub(super) fn helper(&mut self, call: &FnCallExpr, names: &mut Names) -> Option<Node> {
        let function = self.find(&call.name, call.args.len())?;
        let levels = (self.open.len() + 1) * LEVELS_A_CALL;
        if self.open.contains(&function) || levels > self.source.limits.call_levels {
            return Some(Node::Interpreted);
        }
        let free = names.free;
        let mut inner = Names::default();
        let mut parts = Vec::new();
        for (parameter, argument) in self.functions[function].parameters.iter().zip(&*call.args) {
            let binding = if is_operator(argument, names) {
                Binding::Operator
            } else {
                let given = self.expression(argument, names);
                let Some(place) = names.allocate() else { return Some(Node::Interpreted) };
                parts.push(Node::Let(place, Box::new(given)));
                Binding::Local(place)
            };
            inner.bound.push((parameter.clone(), binding));
        }
        inner.free = std::mem::replace(&mut names.free, free);
        Some(self.body(function, parts, &mut inner))
    }

    /// Statements that see names which end with them.
    pub(super) fn block(&mut self, block: &StmtBlock, names: &mut Names) -> Node {
        self.within(names, |compiler, names| compiler.statements(block.statements(), names))
    }

    /// Compiles what sees names that end with it.
    pub(super) fn within<T>(&mut self, names: &mut Names, compile: impl FnOnce(&mut Self, &mut Names) -> T) -> T {
        let (bound, free) = (names.bound.len(), names.free);
        let compiled = compile(self, names);
        names.bound.truncate(bound);
        names.free = free;
        compiled
    }

    fn statements(&mut self, statements: &[Stmt], names: &mut Names) -> Node {
        match statements {
            [] => Node::Constant(Constant::Unit),
            [only] => self.statement(only, names),
            _ => Node::Sequence(statements.iter().map(|statement| self.statement(statement, names)).collect()),
        }
    }

    pub(super) fn statement(&mut self, statement: &Stmt, names: &mut Names) -> Node {
        self.count(1);
        if self.is_too_large() {
            return Node::Interpreted;
        }
        match statement {
            Stmt::Noop(_) => Node::Constant(Constant::Unit),
            Stmt::Expr(expression) => self.expression(expression, names),
            Stmt::FnCall(call, _) => self.call(call, names),
            Stmt::Block(block) => self.block(block, names),
            Stmt::If(branches, _) => self.branches(branches, names),
            Stmt::Switch(parts, _) => switch::compile(self, &parts.0, &parts.1, names),
            Stmt::Var(parts, flags, _) if parts.2.is_none() && !flags.contains(ASTFlags::EXPORTED) => {
                let given = self.expression(&parts.1, names);
                self.variable(&parts.0.name, given, names)
            }
            Stmt::Return(given, flags, _) if !flags.contains(ASTFlags::BREAK) => {
                self.returns = true;
                let given =
                    given.as_ref().map_or(Node::Constant(Constant::Unit), |given| self.expression(given, names));
                Node::Return(Box::new(given))
            }
            _ => Node::Interpreted,
        }
    }

    fn branches(&mut self, branches: &FlowControl, names: &mut Names) -> Node {
        let condition = self.expression(&branches.expr, names);
        let (then, otherwise) = (self.block(&branches.body, names), self.block(&branches.branch, names));
        Node::If(Box::new([condition, then, otherwise]))
    }

    fn variable(&mut self, name: &str, given: Node, names: &mut Names) -> Node {
        let is_refused = names.find(name).is_some() || names.bound.len() >= self.source.limits.variables;
        match names.allocate() {
            Some(place) if !is_refused => {
                names.bound.push((name.to_owned(), Binding::Local(place)));
                Node::Let(place, Box::new(given))
            }
            _ => Node::Interpreted,
        }
    }
}
