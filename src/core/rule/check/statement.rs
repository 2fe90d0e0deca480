//! Statements, in the order in which Rhai runs them: what a block gives, whether what follows it is reached, and what
//! is known there.

use std::collections::BTreeSet;

use rhai::{ASTFlags, ASTNode, Expr, FlowControl, Position, Stmt, SwitchCasesCollection};
use yujing_base::language::{Bilingual, say};

use super::state::{Evaluated, State, is_operator, on_every_path};
use super::values::ValueSet;
use super::{Checker, WalkedCall};
use crate::rule::syntax_tree::Function;

/// Functions that change their first argument.
const CHANGING: [&str; 3] = ["pop", "push", "split"];

/// A function that is being walked.
pub(super) struct Frame {
    /// The names of its parameters that are the operator.
    pub operators: Vec<String>,
    /// Variables that change after their definition: they can be anything.
    changing: BTreeSet<String>,
    /// What it gives on every way so far.
    paths: Vec<Evaluated>,
}

impl Frame {
    /// What a variable can be at a place.
    pub fn variable(&self, name: &str, state: &State) -> ValueSet {
        state.variables.get(name).filter(|_| !self.changes(name)).cloned().unwrap_or_else(ValueSet::any)
    }

    pub fn changes(&self, name: &str) -> bool {
        self.changing.contains(name)
    }
}

/// What a statement or block leads to.
pub(super) struct Completion {
    /// What is known behind it; `None` if what follows is not reached.
    pub after: Option<State>,
    /// What it gives as the last statement of a function or block.
    pub evaluated: Evaluated,
}

impl Completion {
    /// Goes on and gives nothing.
    fn goes_on(state: &State) -> Self {
        Self { after: Some(state.clone()), evaluated: Evaluated::plain(ValueSet::unit(), state) }
    }

    /// Goes on and may give anything.
    fn with_anything(state: &State) -> Self {
        Self { after: Some(state.clone()), evaluated: Evaluated::plain(ValueSet::any(), state) }
    }

    /// Never comes to what follows.
    fn ends() -> Self {
        Self { after: None, evaluated: Evaluated { value: ValueSet::nothing(), yes: None, no: None } }
    }

    fn gives(evaluated: Evaluated, state: &State) -> Self {
        let after = (!evaluated.value.is_nothing()).then(|| state.clone());
        Self { after, evaluated }
    }

    /// One of several ways is taken.
    fn any_of(paths: Vec<Self>) -> Self {
        let (after, evaluated): (Vec<_>, Vec<_>) = paths.into_iter().map(|path| (path.after, path.evaluated)).unzip();
        Self { after: on_every_path(after), evaluated: Evaluated::any_of(evaluated) }
    }
}

impl Checker<'_> {
    /// Walks a function whose parameters at the places `handed` are the operator; what it gives then.
    pub(super) fn function_body(
        &mut self,
        function: usize,
        handed: &[usize],
        given: &[ValueSet],
        known: State,
    ) -> Evaluated {
        let key = WalkedCall { function, operators: handed.to_vec(), arguments: given.to_vec(), known: known.clone() };
        if self.is_dead_code() {
            if !self.walked_as_dead.insert(function) {
                return Evaluated::plain(ValueSet::any(), &known);
            }
        } else if let Some(walked) = self.walked.get(&key) {
            return walked.clone();
        }
        let functions = self.functions;
        let definition = &functions[function];
        self.open_calls.push(function);
        let operators: Vec<_> = handed.iter().map(|&at| definition.parameters[at].clone()).collect();
        let mut frame = Frame { operators, changing: changing(definition), paths: Vec::new() };
        let mut state = known;
        for (at, (name, values)) in definition.parameters.iter().zip(given).enumerate() {
            if !handed.contains(&at) {
                state.variables.insert(name.clone(), values.clone());
            }
        }
        let last = self.block(&definition.body, &state, &mut frame);
        self.open_calls.pop();
        let mut paths = frame.paths;
        paths.push(last.evaluated);
        let outcome = Evaluated::any_of(paths);
        if !self.is_dead_code() {
            self.walked.insert(key, outcome.clone());
        }
        outcome
    }

    pub(super) fn block(&mut self, statements: &[Stmt], state: &State, frame: &mut Frame) -> Completion {
        let mut done = Completion::goes_on(state);
        let mut before = Some(state.clone());
        for statement in statements {
            if statement.is_noop() {
                continue;
            }
            if let Some(known) = &before {
                self.reached(self.at(statement.position()).start);
                done = self.statement(statement, known, frame);
                before.clone_from(&done.after);
            } else {
                self.unreached(self.at(statement.position()), None);
                self.in_dead_code(|checker| checker.statement(statement, state, frame));
            }
        }
        // Variables of the block end with it.
        if let Some(after) = &mut done.after {
            after.variables.clone_from(&state.variables);
        }
        done
    }

    /// A block that is entered only with what `entered` knows, behind a condition.
    fn branch(
        &mut self,
        block: &[Stmt],
        begin: Position,
        entered: Option<State>,
        condition: std::ops::Range<usize>,
        state: &State,
        frame: &mut Frame,
    ) -> Completion {
        let Some(entered) = entered else {
            if block.iter().any(|statement| !statement.is_noop()) {
                self.unreached(self.at(begin), Some(condition));
                self.in_dead_code(|checker| checker.block(block, state, frame));
            }
            return Completion::ends();
        };
        self.block(block, &entered, frame)
    }

    fn statement(&mut self, statement: &Stmt, state: &State, frame: &mut Frame) -> Completion {
        match statement {
            Stmt::Expr(expression) => Completion::gives(self.evaluate(expression, state, frame), state),
            Stmt::FnCall(call, position) => Completion::gives(self.call(call, *position, state, frame), state),
            Stmt::Block(block) => self.block(block.statements(), state, frame),
            Stmt::If(branches, position) => self.if_else(branches, *position, state, frame),
            Stmt::Switch(parts, position) => self.switch(&parts.0, &parts.1, *position, state, frame),
            Stmt::While(parts, position) => {
                self.while_loop(&parts.expr, parts.body.statements(), *position, state, frame)
            }
            Stmt::Do(parts, ..) => {
                self.block(parts.body.statements(), state, frame);
                self.value(&parts.expr, state, frame);
                Completion::with_anything(state)
            }
            Stmt::For(parts, position) => {
                let (item, counter, parts) = &**parts;
                let names = std::iter::once(item).chain(counter.as_ref());
                names.for_each(|variable| self.not_the_operator(&variable.name, *position, frame));
                self.for_loop(&item.name, parts, state, frame)
            }
            Stmt::Var(parts, _, position) => {
                self.not_the_operator(&parts.0.name, *position, frame);
                self.definition(&parts.0.name, &parts.1, state, frame)
            }
            Stmt::Assignment(parts) => {
                self.assignment(&parts.1.lhs, &parts.1.rhs, state, frame);
                Completion::goes_on(state)
            }
            Stmt::TryCatch(parts, position) => {
                let mut caught = state.clone();
                if let Expr::Variable(name, ..) = &parts.expr {
                    self.not_the_operator(&name.1, *position, frame);
                    caught.variables.remove(name.1.as_str());
                }
                self.block(parts.body.statements(), state, frame);
                self.block(parts.branch.statements(), &caught, frame);
                Completion::with_anything(state)
            }
            Stmt::Return(value, flags, _) => {
                let evaluated = match value {
                    Some(value) => self.evaluate(value, state, frame),
                    None => Evaluated::plain(ValueSet::unit(), state),
                };
                if !flags.contains(ASTFlags::BREAK) && !self.is_dead_code() {
                    frame.paths.push(evaluated);
                }
                Completion::ends()
            }
            Stmt::BreakLoop(value, ..) => {
                if let Some(value) = value {
                    self.value(value, state, frame);
                }
                Completion::ends()
            }
            Stmt::Noop(_) => Completion::goes_on(state),
            // Rhai's tree may gain statements; those not listed do not occur without modules and closures.
            other => {
                let message = Bilingual::new("无法检查这种语句", "this kind of statement cannot be checked");
                let help = Bilingual::new("请用 `if`、`let`、`return` 书写", "write it with `if`, `let` and `return`");
                self.problem("rule/statement", self.at(other.position()), message, Some(help));
                Completion::with_anything(state)
            }
        }
    }

    fn if_else(&mut self, branches: &FlowControl, position: Position, state: &State, frame: &mut Frame) -> Completion {
        let evaluated = self.evaluate(&branches.expr, state, frame);
        self.must_be_truth(&branches.expr, &evaluated.value);
        let condition = self.extent(&branches.expr);
        let sides = [(evaluated.yes, &branches.body), (evaluated.no, &branches.branch)];
        let paths = sides.map(|(entered, block)| {
            let begin = first_place(block.statements()).unwrap_or(position);
            self.branch(block.statements(), begin, entered, condition.clone(), state, frame)
        });
        Completion::any_of(paths.into())
    }

    /// `for item in …`.
    fn for_loop(&mut self, item: &str, parts: &FlowControl, state: &State, frame: &mut Frame) -> Completion {
        self.value(&parts.expr, state, frame);
        let mut inside = state.clone();
        inside.variables.remove(item);
        self.block(parts.body.statements(), &inside, frame);
        Completion::with_anything(state)
    }

    /// `let name = value`.
    fn definition(&mut self, name: &str, value: &Expr, state: &State, frame: &mut Frame) -> Completion {
        let values = self.value(value, state, frame);
        if values.is_nothing() {
            return Completion::ends();
        }
        let mut after = state.clone();
        after.variables.insert(name.to_owned(), values);
        Completion { evaluated: Evaluated::plain(ValueSet::unit(), &after), after: Some(after) }
    }

    /// `while` and `loop`; a `loop` has no condition.
    fn while_loop(
        &mut self,
        condition: &Expr,
        body: &[Stmt],
        position: Position,
        state: &State,
        frame: &mut Frame,
    ) -> Completion {
        let (entered, left) = if condition.is_unit() {
            (Some(state.clone()), None)
        } else {
            let evaluated = self.evaluate(condition, state, frame);
            self.must_be_truth(condition, &evaluated.value);
            (evaluated.yes, evaluated.no)
        };
        let never_left = left.is_none() && entered.is_some();
        let begin = first_place(body).unwrap_or(position);
        let extent = if condition.is_unit() { self.at(position) } else { self.extent(condition) };
        self.branch(body, begin, entered, extent, state, frame);
        if never_left && !body.iter().any(may_leave_a_loop) {
            let message = Bilingual::new("循环永不结束", "the loop never ends");
            let help = Bilingual::new(
                "请写明何时 `break`，或者用 `for i in 0..10`；判断通常不需要循环",
                "say when to `break`, or write `for i in 0..10`; a judgement seldom needs a loop",
            );
            self.problem("rule/endless-loop", self.at(position), message, Some(help));
            return Completion::ends();
        }
        // A loop can be left by `break` as well, and gives what is given with it.
        Completion::with_anything(state)
    }

    fn switch(
        &mut self,
        subject: &Expr,
        cases: &SwitchCasesCollection,
        position: Position,
        state: &State,
        frame: &mut Frame,
    ) -> Completion {
        let values = self.value(subject, state, frame);
        if values.floats && values.ints.is_none() && !cases.expressions.is_empty() {
            let message = Bilingual::new(
                "`switch` 按值完全相等匹配，小数几乎不会匹配",
                "`switch` takes a case that is exactly equal, which a decimal seldom is",
            );
            let help = Bilingual::new(
                "请用 `if … >= … { … } else { … }`，或者先取整：`….round().to_int()`",
                "write `if … >= … { … } else { … }`, or make it whole first: `….round().to_int()`",
            );
            self.problem("rule/switch-on-decimal", self.at(subject.start_position()), message, Some(help));
        }
        let taken = self.cases_taken(&values, cases);
        let mut paths = Vec::new();
        for (place, case) in cases.expressions.iter().enumerate() {
            let begin = case.rhs.start_position();
            if taken.as_ref().is_some_and(|taken| !taken.contains(&Some(place))) {
                self.unreached(self.at(begin), None);
                self.in_dead_code(|checker| checker.evaluate(&case.rhs, state, frame));
                continue;
            }
            self.reached(self.at(begin).start);
            let guard = self.evaluate(&case.lhs, state, frame);
            if let Some(entered) = guard.yes {
                paths.push(Completion::gives(self.evaluate(&case.rhs, &entered, frame), state));
            }
        }
        let falls_through = taken.as_ref().is_none_or(|taken| taken.contains(&None));
        if cases.def_case.is_none() && falls_through {
            paths.push(Completion::goes_on(state));
        }
        if paths.is_empty() {
            // No case is left: reported above, so what follows is not reported as well.
            self.reached(self.at(position).start);
            return Completion::with_anything(state);
        }
        Completion::any_of(paths)
    }

    /// The cases that a subject of a few texts can lead to; `None` within is none of them. The tree keeps no case's
    /// text, only its hash.
    fn cases_taken(&self, subject: &ValueSet, cases: &SwitchCasesCollection) -> Option<BTreeSet<Option<usize>>> {
        let super::values::TextSet::OneOf(texts) = &subject.texts else { return None };
        if !subject.is_only_texts() {
            return None;
        }
        let mut taken = BTreeSet::new();
        for text in texts {
            let blocks = cases.cases.get(&crate::rule::syntax_tree::switch_hash(self.engine, &format!("{text:?}"))?);
            let blocks = blocks.map(|list| list.blocks.as_slice()).unwrap_or_default();
            taken.extend(blocks.iter().map(|block| Some(*block)));
            let is_sure = |block: &usize| matches!(cases.expressions[*block].lhs, Expr::BoolConstant(true, _));
            if !blocks.iter().any(is_sure) {
                taken.insert(cases.def_case);
            }
        }
        Some(taken)
    }

    fn assignment(&mut self, target: &Expr, value: &Expr, state: &State, frame: &mut Frame) {
        match target {
            Expr::Variable(variable, _, position) => self.not_the_operator(&variable.1, *position, frame),
            Expr::Dot(chain, ..) | Expr::Index(chain, ..) if is_operator(&chain.lhs, &frame.operators) => {
                let message = Bilingual::new("指标不能改写", "features cannot be changed");
                let help = Bilingual::new(
                    "需要的值请放进变量 `let n = …`；比较请写 `==`",
                    "put what you need into a variable: `let n = …`; to compare write `==`",
                );
                self.problem("rule/operator", self.at(target.start_position()), message, Some(help));
            }
            _ => {
                let message =
                    Bilingual::new("规则不能向映射或者数组内部赋值", "a rule cannot assign into a map or an array");
                let help = Bilingual::new(
                    "请一次写成 `#{ … }`、`[ … ]`，或者用 `push`：Rhai 不限制这样增长的大小",
                    "Rhai does not bound what grows that way: build the value in one piece, `#{ … }` or `[ … ]`, or `push`",
                );
                self.problem("rule/assign-inside", self.at(target.start_position()), message, Some(help));
            }
        }
        self.value(value, state, frame);
    }

    /// A variable named like the operator would hide it.
    fn not_the_operator(&mut self, name: &str, position: Position, frame: &Frame) {
        if frame.operators.iter().any(|operator| operator == name) {
            let message = say!("`{name}` 是监管对象，不能替换", "`{name}` is the operator and cannot be replaced");
            let help = Bilingual::new("请给变量另取名称", "give the variable another name");
            self.problem("rule/operator", self.at(position), message, Some(help));
        }
    }
}

fn first_place(block: &[Stmt]) -> Option<Position> {
    block.iter().find(|statement| !statement.is_noop()).map(Stmt::position)
}

/// Whether a statement of a loop, or one within it, can leave the loop.
fn may_leave_a_loop(statement: &Stmt) -> bool {
    let mut may = false;
    statement.walk(&mut Vec::new(), &mut |path| {
        may |= matches!(path.last(), Some(ASTNode::Stmt(Stmt::BreakLoop(..) | Stmt::Return(..))));
        !may
    });
    may
}

/// The variables of a function that are assigned to, or handed to a function that changes them.
fn changing(function: &Function) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut note = |expression: &Expr| {
        if let Expr::Variable(variable, ..) = root(expression) {
            names.insert(variable.1.to_string());
        }
    };
    for statement in &function.body {
        statement.walk(&mut Vec::new(), &mut |path| {
            match path.last() {
                Some(ASTNode::Stmt(Stmt::Assignment(parts))) => note(&parts.1.lhs),
                Some(ASTNode::Stmt(Stmt::FnCall(call, _)) | ASTNode::Expr(Expr::FnCall(call, _)))
                    if CHANGING.contains(&call.name.as_str()) =>
                {
                    call.args.iter().for_each(&mut note);
                }
                Some(ASTNode::Expr(Expr::Dot(chain, ..))) if has_changing_method(&chain.rhs) => note(&chain.lhs),
                _ => {}
            }
            true
        });
    }
    names
}

fn root(expression: &Expr) -> &Expr {
    match expression {
        Expr::Dot(chain, ..) | Expr::Index(chain, ..) => root(&chain.lhs),
        other => other,
    }
}

fn has_changing_method(rest: &Expr) -> bool {
    match rest {
        Expr::MethodCall(call, _) => CHANGING.contains(&call.name.as_str()),
        Expr::Dot(chain, ..) | Expr::Index(chain, ..) => {
            has_changing_method(&chain.lhs) || has_changing_method(&chain.rhs)
        }
        _ => false,
    }
}
