//! What expressions give, in the order in which Rhai evaluates them, and what is known if they give true or false.

use rhai::{Expr, Position};
use yujing_base::language::{Bilingual, say};

use super::Checker;
use super::state::{Evaluated, State, is_operator, on_every_path};
use super::statement::Frame;
use super::values::{BoolSet, ValueSet, in_words};

impl Checker<'_> {
    /// The values of an expression.
    pub(super) fn value(&mut self, expression: &Expr, state: &State, frame: &mut Frame) -> ValueSet {
        self.evaluate(expression, state, frame).value
    }

    /// Evaluates several expressions for what they contain.
    pub(super) fn values<'e>(
        &mut self,
        parts: impl IntoIterator<Item = &'e Expr>,
        state: &State,
        frame: &mut Frame,
    ) -> Vec<ValueSet> {
        parts.into_iter().map(|part| self.value(part, state, frame)).collect()
    }

    /// Evaluates an expression.
    pub(super) fn evaluate(&mut self, expression: &Expr, state: &State, frame: &mut Frame) -> Evaluated {
        if !self.goes_on() {
            return Evaluated::plain(ValueSet::any(), state);
        }
        let plain = |value| Evaluated::plain(value, state);
        match expression {
            Expr::BoolConstant(truth, _) => plain(ValueSet::truths(BoolSet::only(*truth))),
            Expr::IntegerConstant(number, _) => plain(ValueSet::ints(*number, *number)),
            Expr::FloatConstant(..) => plain(ValueSet::float()),
            Expr::StringConstant(text, _) => plain(ValueSet::text(text)),
            Expr::CharConstant(..) => plain(ValueSet::other()),
            Expr::Unit(_) => plain(ValueSet::unit()),
            Expr::Dot(chain, ..) if is_operator(&chain.lhs, &frame.operators) => {
                plain(self.operator_chain(&chain.lhs, &chain.rhs, state, frame))
            }
            Expr::Index(chain, ..) if is_operator(&chain.lhs, &frame.operators) => {
                let help = Bilingual::new(
                    "请写 `op.名称`：这样才能检查指标是否存在",
                    "write `op.name`: only then can it be checked that the feature is there",
                );
                let message =
                    Bilingual::new("指标应按名称读取，不能按下标", "a feature is read by its name, not by index");
                self.problem("rule/operator", self.at(chain.lhs.start_position()), message, Some(help));
                plain(ValueSet::any())
            }
            Expr::Variable(variable, _, position) if is_operator(expression, &frame.operators) => {
                let name = &variable.1;
                let message = say!("`{name}` 被整体使用", "`{name}` is used as a whole");
                let help = Bilingual::new(
                    "请按名称读取指标 `op.名称`，或者把 `op` 交给本文件的函数",
                    "read features by name, `op.name`, or hand `op` to a function of this file",
                );
                self.problem("rule/operator", self.at(*position), message, Some(help));
                plain(ValueSet::any())
            }
            Expr::Variable(variable, ..) => plain(frame.variable(&variable.1, state)),
            Expr::Dot(chain, ..) => plain(self.method_chain(&chain.lhs, &chain.rhs, state, frame)),
            Expr::Index(chain, ..) => {
                self.values([&chain.lhs, &chain.rhs], state, frame);
                plain(ValueSet::any())
            }
            Expr::FnCall(call, position) => self.call(call, *position, state, frame),
            Expr::MethodCall(call, position) => {
                self.callable(call, *position);
                self.values(&call.args, state, frame);
                plain(ValueSet::any())
            }
            Expr::Coalesce(parts, position) => plain(self.coalesce(parts, *position, state, frame)),
            Expr::And(parts, _) => self.sequence(parts, true, state, frame),
            Expr::Or(parts, _) => self.sequence(parts, false, state, frame),
            Expr::InterpolatedString(parts, _) => {
                for part in parts {
                    let value = self.value(part, state, frame);
                    self.must_be_rounded(part, &value);
                }
                plain(ValueSet::any_text())
            }
            Expr::Array(parts, _) => {
                self.values(parts.iter(), state, frame);
                plain(ValueSet::other())
            }
            Expr::Map(parts, _) => {
                self.values(parts.0.iter().map(|(_, value)| value), state, frame);
                plain(ValueSet::other())
            }
            Expr::Stmt(block) => self.block(block.statements(), state, frame).evaluated,
            _ => plain(ValueSet::any()),
        }
    }

    /// `&&` (`goes_on_if` is true) and `||`: each part is evaluated only if those before it came out so.
    fn sequence(&mut self, parts: &[Expr], goes_on_if: bool, state: &State, frame: &mut Frame) -> Evaluated {
        let mut reached = Some(state.clone());
        let mut decided = Vec::new();
        for part in parts {
            let Some(before) = reached else {
                self.in_dead_code(|checker| checker.evaluate(part, state, frame));
                continue;
            };
            let evaluated = self.evaluate(part, &before, frame);
            self.must_be_truth(part, &evaluated.value);
            let (on, off) = if goes_on_if { (evaluated.yes, evaluated.no) } else { (evaluated.no, evaluated.yes) };
            decided.push(off);
            reached = on;
        }
        let decided = on_every_path(decided);
        if goes_on_if { Evaluated::sides(reached, decided) } else { Evaluated::sides(decided, reached) }
    }

    /// Reports a condition that is no condition.
    pub(super) fn must_be_truth(&mut self, condition: &Expr, value: &ValueSet) {
        let Some(kinds) = value.kinds() else { return };
        if kinds.is_empty() || value.truths != BoolSet::NONE {
            return;
        }
        let given = in_words(&kinds);
        let message = Bilingual::new(
            format!("条件应为真假值，这里是{}", given.zh),
            format!("a condition is true or false, this is {}", given.en),
        );
        let help = Bilingual::new("请写比较，如 `… >= 1`", "compare: `… >= 1`");
        self.problem("rule/type", self.extent(condition), message, Some(help));
    }

    fn method_chain(&mut self, receiver: &Expr, rest: &Expr, state: &State, frame: &mut Frame) -> ValueSet {
        let receiver = self.value(receiver, state, frame);
        self.method(receiver, rest, state, frame)
    }

    /// What a method of a value gives, or a chain of them.
    pub(super) fn method(&mut self, receiver: ValueSet, rest: &Expr, state: &State, frame: &mut Frame) -> ValueSet {
        match rest {
            Expr::MethodCall(call, position) => {
                self.callable(call, *position);
                let mut arguments = vec![receiver];
                arguments.extend(self.values(&call.args, state, frame));
                Self::built_in(&call.name, &arguments)
            }
            Expr::Dot(more, ..) => {
                let receiver = self.method(receiver, &more.lhs, state, frame);
                self.method(receiver, &more.rhs, state, frame)
            }
            other => self.value(other, state, frame).or(&ValueSet::any()),
        }
    }

    fn coalesce(&mut self, parts: &[Expr], position: Position, state: &State, frame: &mut Frame) -> ValueSet {
        for part in parts {
            if let Expr::FnCall(call, operator) = part
                && call.is_operator_call()
            {
                self.parenthesised(position, *operator);
            }
        }
        let Some((last, firsts)) = parts.split_last() else { return ValueSet::unit() };
        let mut values = ValueSet::unit();
        for first in firsts {
            if values.unit {
                values = values.known().or(&self.may_be_unknown(first, "??", state, frame));
            }
        }
        let otherwise = self.value(last, state, frame);
        if values.unit { values.known().or(&otherwise) } else { values }
    }
}
