//! A walk over every expression, in the order in which Rhai evaluates it, with the features known at each place.

use rhai::{Expr, FnCallExpr, Position, Stmt};

use super::super::code;
use super::super::engine::{FUNCTIONS, KNOWN};
use super::super::suggest::did_you_mean;
use super::Checker;
use super::facts::{Facts, both, is_operator, on_every_way, operator_arguments, plain_read};
use super::tree::Function;
use crate::feature::FeatureType;

/// A function that is being walked.
struct Frame {
    /// The names of its parameters that are the operator.
    operators: Vec<String>,
    /// For every way on which it gives true, the features then known.
    ways: Vec<Option<Facts>>,
}

/// Whether the statements after this one are reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    Goes,
    Ends,
}

impl Checker<'_> {
    pub(super) fn helper(&self, name: &str, arguments: usize) -> Option<&Function> {
        self.functions.iter().find(|function| function.name == name && function.parameters.len() == arguments)
    }

    /// Walks a function whose parameters at the places `handed` are the operator; gives what is known when it gives true.
    pub(super) fn function_body(&mut self, function: usize, handed: &[usize], known: Facts) -> Option<Facts> {
        let functions = self.functions;
        let definition = &functions[function];
        self.walked.insert((function, handed.to_vec(), known.clone()));
        self.open_calls.push(function);
        let operators: Vec<_> = handed.iter().map(|&at| definition.parameters[at].clone()).collect();
        let mut frame = Frame { operators, ways: Vec::new() };
        let mut facts = known;
        let mut flow = Flow::Goes;
        for (at, statement) in definition.body.iter().enumerate() {
            if at + 1 == definition.body.len() && flow == Flow::Goes {
                let given = self.known_if_last(statement, true, &frame.operators);
                frame.ways.push(both(Some(facts.clone()), given));
            }
            flow = self.statement(statement, &mut facts, &mut frame);
        }
        self.open_calls.pop();
        on_every_way(frame.ways)
    }

    fn block(&mut self, statements: &[Stmt], mut facts: Facts, frame: &mut Frame) -> (Flow, Facts) {
        let mut flow = Flow::Goes;
        for statement in statements {
            if self.statement(statement, &mut facts, frame) == Flow::Ends {
                flow = Flow::Ends;
            }
        }
        (flow, facts)
    }

    fn statement(&mut self, statement: &Stmt, facts: &mut Facts, frame: &mut Frame) -> Flow {
        match statement {
            Stmt::Expr(expression) => self.expression(expression, facts, frame),
            Stmt::FnCall(call, position) => self.call(call, *position, facts, frame),
            Stmt::Block(block) => {
                let (flow, after) = self.block(block.statements(), facts.clone(), frame);
                *facts = after;
                return flow;
            }
            Stmt::If(branches, _) => {
                self.expression(&branches.expr, facts, frame);
                let sides = [(true, &branches.body), (false, &branches.branch)];
                let mut ways = Vec::new();
                for (side, block) in sides {
                    let entered = self.known_if(&branches.expr, side, &frame.operators).unwrap_or_default();
                    let inside = facts.union(&entered).copied().collect();
                    let (flow, after) = self.block(block.statements(), inside, frame);
                    ways.push((flow == Flow::Goes).then_some(after));
                }
                let Some(after) = on_every_way(ways) else { return Flow::Ends };
                *facts = after;
            }
            Stmt::Switch(parts, _) => {
                let (subject, cases) = &**parts;
                self.expression(subject, facts, frame);
                for case in &cases.expressions {
                    self.expression(&case.lhs, facts, frame);
                    let entered = self.known_if(&case.lhs, true, &frame.operators).unwrap_or_default();
                    let inside = facts.union(&entered).copied().collect();
                    self.expression(&case.rhs, &inside, frame);
                }
            }
            Stmt::While(parts, _) => {
                self.expression(&parts.expr, facts, frame);
                let entered = self.known_if(&parts.expr, true, &frame.operators).unwrap_or_default();
                self.block(parts.body.statements(), facts.union(&entered).copied().collect(), frame);
            }
            Stmt::Do(parts, ..) => {
                self.block(parts.body.statements(), facts.clone(), frame);
                self.expression(&parts.expr, facts, frame);
            }
            Stmt::For(parts, position) => {
                let (item, counter, parts) = &**parts;
                self.not_the_operator(&item.name, *position, frame);
                if let Some(counter) = counter {
                    self.not_the_operator(&counter.name, *position, frame);
                }
                self.expression(&parts.expr, facts, frame);
                self.block(parts.body.statements(), facts.clone(), frame);
            }
            Stmt::Var(parts, _, position) => {
                self.not_the_operator(&parts.0.name, *position, frame);
                self.expression(&parts.1, facts, frame);
            }
            Stmt::Assignment(parts) => self.assignment(&parts.1.lhs, &parts.1.rhs, facts, frame),
            Stmt::TryCatch(parts, position) => {
                if let Expr::Variable(name, ..) = &parts.expr {
                    self.not_the_operator(&name.1, *position, frame);
                }
                self.block(parts.body.statements(), facts.clone(), frame);
                self.block(parts.branch.statements(), facts.clone(), frame);
            }
            Stmt::Return(value, flags, _) => {
                let throws = flags.contains(rhai::ASTFlags::BREAK);
                if let Some(value) = value {
                    self.expression(value, facts, frame);
                    if !throws {
                        let given = self.known_if(value, true, &frame.operators);
                        frame.ways.push(both(Some(facts.clone()), given));
                    }
                }
                return Flow::Ends;
            }
            Stmt::BreakLoop(value, ..) => {
                if let Some(value) = value {
                    self.expression(value, facts, frame);
                }
                return Flow::Ends;
            }
            Stmt::Noop(_) => (),
            // Rhai's tree may gain statements; those not listed do not occur without modules and closures.
            other => self.problem(
                "rule/statement",
                self.at(other.position()),
                "this kind of statement cannot be checked",
                Some("write it with `if`, `let` and `return`"),
            ),
        }
        Flow::Goes
    }

    fn assignment(&mut self, target: &Expr, value: &Expr, facts: &Facts, frame: &mut Frame) {
        match target {
            Expr::Variable(variable, _, position) => self.not_the_operator(&variable.1, *position, frame),
            Expr::Dot(chain, ..) | Expr::Index(chain, ..) if is_operator(&chain.lhs, &frame.operators) => self.problem(
                "rule/operator",
                self.at(target.start_position()),
                "features cannot be changed",
                Some("put what you need into a variable: `let n = …`; to compare write `==`"),
            ),
            _ => self.problem(
                "rule/assign-inside",
                self.at(target.start_position()),
                "a rule cannot assign into a map or an array",
                Some("Rhai does not bound what grows that way: build the value in one piece, `#{ … }` or `[ … ]`, or `push`"),
            ),
        }
        self.expression(value, facts, frame);
    }

    /// A variable named like the operator would hide it.
    fn not_the_operator(&mut self, name: &str, position: Position, frame: &Frame) {
        if frame.operators.iter().any(|operator| operator == name) {
            let message = format!("`{name}` is the operator and cannot be replaced");
            self.problem("rule/operator", self.at(position), message, Some("give the variable another name"));
        }
    }

    fn expressions<'e>(&mut self, parts: impl IntoIterator<Item = &'e Expr>, facts: &Facts, frame: &mut Frame) {
        for part in parts {
            self.expression(part, facts, frame);
        }
    }

    fn expression(&mut self, expression: &Expr, facts: &Facts, frame: &mut Frame) {
        match expression {
            Expr::Dot(chain, ..) if is_operator(&chain.lhs, &frame.operators) => {
                self.operator_chain(&chain.lhs, &chain.rhs, facts, frame);
            }
            Expr::Index(chain, ..) if is_operator(&chain.lhs, &frame.operators) => {
                self.problem(
                    "rule/operator",
                    self.at(chain.lhs.start_position()),
                    "a feature is read by its name, not by index",
                    Some("write `op.name`: only then can it be checked that the feature is there"),
                );
            }
            Expr::Variable(variable, _, position) if is_operator(expression, &frame.operators) => {
                let message = format!("`{}` is used as a whole", variable.1);
                let help = "read features by name, `op.name`, or hand `op` to a function of this file";
                self.problem("rule/operator", self.at(*position), message, Some(help));
            }
            Expr::Dot(chain, ..) | Expr::Index(chain, ..) => self.expressions([&chain.lhs, &chain.rhs], facts, frame),
            Expr::FnCall(call, position) => self.call(call, *position, facts, frame),
            Expr::MethodCall(call, position) => {
                self.callable(call, *position);
                self.expressions(&call.args, facts, frame);
            }
            Expr::Coalesce(parts, position) => self.coalesce(parts, *position, facts, frame),
            Expr::And(parts, _) | Expr::Or(parts, _) => {
                let passes = matches!(expression, Expr::And(..));
                let mut facts = facts.clone();
                for part in parts.iter() {
                    self.expression(part, &facts, frame);
                    facts.extend(self.known_if(part, passes, &frame.operators).unwrap_or_default());
                }
            }
            Expr::InterpolatedString(parts, _) | Expr::Array(parts, _) => {
                self.expressions(parts.iter(), facts, frame);
            }
            Expr::Map(parts, _) => self.expressions(parts.0.iter().map(|(_, value)| value), facts, frame),
            Expr::Stmt(block) => {
                self.block(block.statements(), facts.clone(), frame);
            }
            _ => (),
        }
    }

    /// `op.feature`, and what follows it.
    fn operator_chain(&mut self, operator: &Expr, rest: &Expr, facts: &Facts, frame: &mut Frame) {
        match rest {
            Expr::Property(property, position) => {
                self.read(&property.2, operator.start_position(), *position, Some(facts));
            }
            Expr::Dot(more, ..) | Expr::Index(more, ..) => {
                self.operator_chain(operator, &more.lhs, facts, frame);
                self.expression(&more.rhs, facts, frame);
            }
            _ => self.problem(
                "rule/operator",
                self.at(rest.position()),
                "the operator has features but no methods",
                Some("read features by name, `op.name`"),
            ),
        }
    }

    /// A feature read by name; with `facts` it must be known there.
    fn read(&mut self, name: &str, operator: Position, property: Position, facts: Option<&Facts>) {
        let span = self.offset(operator)..self.at(property).end;
        let Some(&place) = self.places.get(name) else {
            let help = did_you_mean(name, self.places.keys().copied())
                .unwrap_or_else(|| "features are the columns of rules/features/*.sql".to_owned());
            return self.problem("rule/unknown-feature", span, format!("there is no feature `{name}`"), Some(&help));
        };
        self.checked.touches.insert(place);
        let feature = &self.features[place];
        if facts.is_none_or(|facts| !feature.nullable || facts.contains(&place)) {
            return;
        }
        let otherwise = match feature.data_type {
            FeatureType::Bool => "false",
            FeatureType::Int => "0",
            FeatureType::Float => "0.0",
            FeatureType::Text => "\"\"",
        };
        let help = format!(
            "unknown is not zero: put `known(op.{name}) &&` before it, or say what then counts: `(op.{name} ?? {otherwise})`"
        );
        self.problem("rule/unknown-value", span, format!("`{name}` may be unknown here"), Some(&help));
    }

    fn call(&mut self, call: &FnCallExpr, position: Position, facts: &Facts, frame: &mut Frame) {
        if call.name == KNOWN && call.args.len() == 1 {
            return self.may_be_unknown(&call.args[0], facts, frame);
        }
        if call.is_operator_call() {
            if self.compares_with_unit(call, position) {
                return call.args.iter().for_each(|argument| self.may_be_unknown(argument, facts, frame));
            }
            self.operands(call, position);
            return self.expressions(&call.args, facts, frame);
        }
        let is_callable = self.callable(call, position);
        let helper = self
            .functions
            .iter()
            .position(|function| function.name == *call.name && function.parameters.len() == call.args.len());
        if is_callable && helper.is_none() {
            return self.expressions(&call.args, facts, frame);
        }
        let handed = operator_arguments(&call.args, &frame.operators);
        let others = call.args.iter().enumerate().filter(|(at, _)| !handed.contains(at)).map(|(_, argument)| argument);
        self.expressions(others, facts, frame);
        let Some(helper) = helper.filter(|_| !handed.is_empty()) else { return };
        if self.open_calls.contains(&helper) {
            let message = format!("`{}` hands the operator back to itself", call.name);
            let help = "a judgement needs no recursion: write it out";
            return self.problem("rule/recursion", self.at(position), message, Some(help));
        }
        if !self.walked.contains(&(helper, handed.clone(), facts.clone())) {
            self.function_body(helper, &handed, facts.clone());
        }
    }

    /// An expression that is asked for because it may be unknown.
    fn may_be_unknown(&mut self, expression: &Expr, facts: &Facts, frame: &mut Frame) {
        match (plain_read(expression, &frame.operators), expression) {
            (Some(name), Expr::Dot(chain, ..)) => {
                self.read(name, chain.lhs.start_position(), chain.rhs.position(), None);
            }
            _ => self.expression(expression, facts, frame),
        }
    }

    /// Whether the function called is one of the rule's or a built-in one; tells if not.
    fn callable(&mut self, call: &FnCallExpr, position: Position) -> bool {
        let name = call.name.as_str();
        let own = || self.functions.iter().filter(|function| function.name == name);
        if FUNCTIONS.contains(&name) || own().any(|function| function.parameters.len() == call.args.len()) {
            return true;
        }
        let (message, help) = match own().next() {
            Some(function) => (
                format!("`{name}` takes {} parameters, not {}", function.parameters.len(), call.args.len()),
                format!("it is fn {name}({})", function.parameters.join(", ")),
            ),
            None => (
                format!("there is no function `{name}`"),
                did_you_mean(name, FUNCTIONS.into_iter().chain(self.functions.iter().map(|f| f.name.as_str())))
                    .unwrap_or_else(|| format!("built in are {}", FUNCTIONS.join(", "))),
            ),
        };
        self.problem("rule/unknown-function", self.at(position), message, Some(&help));
        false
    }

    /// Whether an operand is `()`, written out; tells if so.
    fn compares_with_unit(&mut self, call: &FnCallExpr, position: Position) -> bool {
        let is_range = call.name.starts_with("..");
        if is_range || call.args.len() != 2 || !call.args.iter().any(Expr::is_unit) {
            return false;
        }
        self.problem(
            "rule/compare-unit",
            self.at(position),
            "`()` is not a value to compare or count with",
            Some("ask `known(op.name)` or `!known(op.name)`"),
        );
        true
    }

    /// No operand of an operator is a `??` without parentheses.
    fn operands(&mut self, call: &FnCallExpr, position: Position) {
        for argument in &call.args {
            if let Expr::Coalesce(_, coalesce) = argument {
                self.parenthesised(*coalesce, position);
            }
        }
    }

    fn coalesce(&mut self, parts: &[Expr], position: Position, facts: &Facts, frame: &mut Frame) {
        for part in parts {
            if let Expr::FnCall(call, operator) = part
                && call.is_operator_call()
            {
                self.parenthesised(position, *operator);
            }
        }
        let Some((last, firsts)) = parts.split_last() else { return };
        for first in firsts {
            self.may_be_unknown(first, facts, frame);
        }
        self.expression(last, facts, frame);
    }

    /// `??` and another operator beside it are parted by parentheses.
    fn parenthesised(&mut self, coalesce: Position, operator: Position) {
        let (coalesce, operator) = (self.offset(coalesce), self.offset(operator));
        if code::parted_by_parentheses(&self.code, coalesce, operator) {
            return;
        }
        self.problem(
            "rule/coalesce",
            coalesce..coalesce + "??".len(),
            "`??` stands beside another operator without parentheses",
            Some(
                "`op.a ?? 0 + 1` means `op.a ?? (0 + 1)`: `??` binds looser than arithmetic and tighter than comparisons; \
                 write `(op.a ?? 0) + 1`, `(op.a ?? 0) >= 3`",
            ),
        );
    }
}
