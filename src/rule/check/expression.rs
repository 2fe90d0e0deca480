//! What expressions give, in the order in which Rhai evaluates them, and what is known if they give true or false.

use rhai::{Expr, FnCallExpr, Position, Stmt};

use super::super::engine::KNOWN;
use super::Checker;
use super::compare::{Comparison, never_fit};
use super::state::{Judged, Place, State, is_operator, on_every_way, plain_read};
use super::values::{Kind, Truths, Values, in_words};
use super::walk::Frame;
use crate::diagnostic::suggest::{did_you_mean, listed};
use crate::feature::{FeatureType, ValueRange};
use crate::language::{Bilingual, say};

impl Checker<'_> {
    /// The values of an expression.
    pub(super) fn value(&mut self, expression: &Expr, state: &State, frame: &mut Frame) -> Values {
        self.judge(expression, state, frame).value
    }

    /// Evaluates several expressions for what they contain.
    pub(super) fn values<'e>(
        &mut self,
        parts: impl IntoIterator<Item = &'e Expr>,
        state: &State,
        frame: &mut Frame,
    ) -> Vec<Values> {
        parts.into_iter().map(|part| self.value(part, state, frame)).collect()
    }

    /// Evaluates an expression.
    pub(super) fn judge(&mut self, expression: &Expr, state: &State, frame: &mut Frame) -> Judged {
        if !self.goes_on() {
            return Judged::plain(Values::any(), state);
        }
        let plain = |value| Judged::plain(value, state);
        match expression {
            Expr::BoolConstant(truth, _) => plain(Values::truths(Truths::only(*truth))),
            Expr::IntegerConstant(number, _) => plain(Values::ints(*number, *number)),
            Expr::FloatConstant(..) => plain(Values::float()),
            Expr::StringConstant(text, _) => plain(Values::text(text)),
            Expr::CharConstant(..) => plain(Values::other()),
            Expr::Unit(_) => plain(Values::unit()),
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
                plain(Values::any())
            }
            Expr::Variable(variable, _, position) if is_operator(expression, &frame.operators) => {
                let name = &variable.1;
                let message = say!("`{name}` 被整体使用", "`{name}` is used as a whole");
                let help = Bilingual::new(
                    "请按名称读取指标 `op.名称`，或者把 `op` 交给本文件的函数",
                    "read features by name, `op.name`, or hand `op` to a function of this file",
                );
                self.problem("rule/operator", self.at(*position), message, Some(help));
                plain(Values::any())
            }
            Expr::Variable(variable, ..) => plain(frame.variable(&variable.1, state)),
            Expr::Dot(chain, ..) => plain(self.method_chain(&chain.lhs, &chain.rhs, state, frame)),
            Expr::Index(chain, ..) => {
                self.values([&chain.lhs, &chain.rhs], state, frame);
                plain(Values::any())
            }
            Expr::FnCall(call, position) => self.call(call, *position, state, frame),
            Expr::MethodCall(call, position) => {
                self.callable(call, *position);
                self.values(&call.args, state, frame);
                plain(Values::any())
            }
            Expr::Coalesce(parts, position) => plain(self.coalesce(parts, *position, state, frame)),
            Expr::And(parts, _) => self.sequence(parts, true, state, frame),
            Expr::Or(parts, _) => self.sequence(parts, false, state, frame),
            Expr::InterpolatedString(parts, _) => {
                for part in parts {
                    let value = self.value(part, state, frame);
                    self.must_be_rounded(part, &value);
                }
                plain(Values::any_text())
            }
            Expr::Array(parts, _) => {
                self.values(parts.iter(), state, frame);
                plain(Values::other())
            }
            Expr::Map(parts, _) => {
                self.values(parts.0.iter().map(|(_, value)| value), state, frame);
                plain(Values::other())
            }
            Expr::Stmt(block) => self.block(block.statements(), state, frame).judged,
            _ => plain(Values::any()),
        }
    }

    /// `&&` (`goes_on_if` is true) and `||`: each part is evaluated only if those before it came out so.
    fn sequence(&mut self, parts: &[Expr], goes_on_if: bool, state: &State, frame: &mut Frame) -> Judged {
        let mut reached = Some(state.clone());
        let mut decided = Vec::new();
        for part in parts {
            let Some(before) = reached else {
                self.in_vain(|checker| checker.judge(part, state, frame));
                continue;
            };
            let judged = self.judge(part, &before, frame);
            self.must_be_truth(part, &judged.value);
            let (on, off) = if goes_on_if { (judged.yes, judged.no) } else { (judged.no, judged.yes) };
            decided.push(off);
            reached = on;
        }
        let decided = on_every_way(decided);
        if goes_on_if { Judged::sides(reached, decided) } else { Judged::sides(decided, reached) }
    }

    /// Tells of a condition that is no condition.
    pub(super) fn must_be_truth(&mut self, condition: &Expr, value: &Values) {
        let Some(kinds) = value.kinds() else { return };
        if kinds.is_empty() || value.truths != Truths::NONE {
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

    /// Tells of a number in a text that may have more digits than anybody means.
    pub(super) fn must_be_rounded(&mut self, part: &Expr, value: &Values) {
        if !value.kinds().is_some_and(|kinds| kinds.contains(&Kind::Float)) {
            return;
        }
        // What stands in `${…}` is a block of one expression.
        let inner = match part {
            Expr::Stmt(block) => match block.statements() {
                [Stmt::Expr(inner)] => inner,
                _ => part,
            },
            _ => part,
        };
        let extent = self.extent(inner);
        let message = Bilingual::new(
            "文本中的小数未规定位数，会写成 0.3333333333333333 之类",
            "a decimal number in a text that nobody rounds: it may read 0.3333333333333333",
        );
        let help = Bilingual::new(
            "请写 `fixed(…, 2)` 规定小数位数；比例写 `percent(…)`",
            "say how many decimal places with `fixed(…, 2)`; write a share with `percent(…)`",
        );
        self.problem("rule/unrounded-number", extent, message, Some(help));
    }

    /// `op.feature`, and what follows it.
    fn operator_chain(&mut self, operator: &Expr, rest: &Expr, state: &State, frame: &mut Frame) -> Values {
        match rest {
            Expr::Property(property, position) => {
                self.read(&property.2, operator.start_position(), *position, state, true)
            }
            Expr::Dot(more, ..) => {
                let receiver = self.operator_chain(operator, &more.lhs, state, frame);
                self.method(receiver, &more.rhs, state, frame)
            }
            Expr::Index(more, ..) => {
                self.operator_chain(operator, &more.lhs, state, frame);
                self.value(&more.rhs, state, frame);
                Values::any()
            }
            _ => {
                let message = Bilingual::new("监管对象只有指标，没有方法", "the operator has features but no methods");
                let help = Bilingual::new("请按名称读取指标 `op.名称`", "read features by name, `op.name`");
                self.problem("rule/operator", self.at(rest.position()), message, Some(help));
                Values::any()
            }
        }
    }

    fn method_chain(&mut self, receiver: &Expr, rest: &Expr, state: &State, frame: &mut Frame) -> Values {
        let receiver = self.value(receiver, state, frame);
        self.method(receiver, rest, state, frame)
    }

    /// What a method of a value gives, or a chain of them.
    fn method(&mut self, receiver: Values, rest: &Expr, state: &State, frame: &mut Frame) -> Values {
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
            other => self.value(other, state, frame).or(&Values::any()),
        }
    }

    /// A feature read by name; unless it is asked for because of that, it must be known.
    fn read(
        &mut self,
        name: &str,
        operator: Position,
        property: Position,
        state: &State,
        must_be_known: bool,
    ) -> Values {
        let span = self.offset(operator)..self.at(property).end;
        let Some(&place) = self.places.get(name) else {
            let message = say!("没有指标 `{name}`", "there is no feature `{name}`");
            let help = if self.rules.contains(&name) {
                say!(
                    "`{name}` 是一条规则：规则之间不能互相读取，请读取它所用的指标",
                    "`{name}` is a rule: rules cannot read each other, read the features that it reads"
                )
            } else {
                did_you_mean(name, self.places.keys().copied()).unwrap_or_else(|| {
                    Bilingual::new(
                        "指标是 rules/features/*.sql 中的列",
                        "features are the columns of rules/features/*.sql",
                    )
                })
            };
            self.problem("rule/unknown-feature", span, message, Some(help));
            return Values::any();
        };
        self.checked.touches.insert(place);
        let values = self.feature_values(place, state);
        if values.unit && must_be_known && !self.is_in_vain() {
            let otherwise = match self.features[place].data_type {
                FeatureType::Bool => "false",
                FeatureType::Int => "0",
                FeatureType::Float => "0.0",
                FeatureType::Text => "\"\"",
            };
            let message = say!("`{name}` 此处可能未知", "`{name}` may be unknown here");
            let help = say!(
                "未知不等于零：请在前面加 `known(op.{name}) &&`，或者写明未知时按什么计：`(op.{name} ?? {otherwise})`",
                "unknown is not zero: put `known(op.{name}) &&` before it, or say what then counts: `(op.{name} ?? {otherwise})`"
            );
            self.problem("rule/unknown-value", span, message, Some(help));
        }
        if must_be_known { values.known() } else { values }
    }

    /// What a feature can still be at a place.
    fn feature_values(&self, place: usize, state: &State) -> Values {
        state.features.get(&place).cloned().unwrap_or_else(|| Values::of(&self.features[place]))
    }

    /// An expression that is asked for because it may be unknown: by `asker`, for messages.
    pub(super) fn may_be_unknown(
        &mut self,
        expression: &Expr,
        asker: &str,
        state: &State,
        frame: &mut Frame,
    ) -> Values {
        let (Some(name), Expr::Dot(chain, ..)) = (plain_read(expression, &frame.operators), expression) else {
            return self.value(expression, state, frame);
        };
        let (operator, property) = (chain.lhs.start_position(), chain.rhs.position());
        if let Some(&place) = self.places.get(name)
            && !self.features[place].nullable
            && !self.is_in_vain()
        {
            let message = say!("`{name}` 不会未知", "`{name}` is never unknown");
            let help = say!(
                "该指标写明 `@missing 0`：没有记录即为 0，不必使用 `{asker}`",
                "it is `@missing 0`: no records count as 0, so `{asker}` has nothing to do"
            );
            self.problem("rule/always-known", self.offset(operator)..self.at(property).end, message, Some(help));
        }
        self.read(name, operator, property, state, false)
    }

    fn coalesce(&mut self, parts: &[Expr], position: Position, state: &State, frame: &mut Frame) -> Values {
        for part in parts {
            if let Expr::FnCall(call, operator) = part
                && call.is_operator_call()
            {
                self.parenthesised(position, *operator);
            }
        }
        let Some((last, firsts)) = parts.split_last() else { return Values::unit() };
        let mut values = Values::unit();
        for first in firsts {
            if values.unit {
                values = values.known().or(&self.may_be_unknown(first, "??", state, frame));
            }
        }
        let otherwise = self.value(last, state, frame);
        if values.unit { values.known().or(&otherwise) } else { values }
    }

    /// A comparison with what it tells of its sides.
    pub(super) fn comparison(
        &mut self,
        comparison: Comparison,
        call: &FnCallExpr,
        position: Position,
        state: &State,
        frame: &mut Frame,
    ) -> Judged {
        let [left, right] = call.args.as_slice() else { return Judged::plain(Values::any(), state) };
        let (a, b) = (self.value(left, state, frame), self.value(right, state, frame));
        let span = self.extent(left).start..self.extent(right).end;
        if never_fit(&a, &b) {
            self.cannot_compare(span, &a, &b);
        } else if self.value_exists(left, right, frame) && self.value_exists(right, left, frame) {
            let subject = self.subject(left, &a, frame).or_else(|| self.subject(right, &b, frame));
            self.outcome(span, self.at(position).start, comparison.outcomes(&a, &b), subject);
        }
        let truths = comparison.outcomes(&a, &b);
        let side = |wanted: bool| {
            let keep_left = |values: &Values| comparison.kept(wanted, values, &b);
            let keep_right = |values: &Values| comparison.mirrored().kept(wanted, values, &a);
            let narrowed = self.narrowed(left, &a, state, frame, &keep_left)?;
            self.narrowed(right, &b, &narrowed, frame, &keep_right)
        };
        let (yes, no) = (side(true), side(false));
        Judged { value: Values::truths(truths), yes, no }
    }

    fn cannot_compare(&mut self, span: std::ops::Range<usize>, a: &Values, b: &Values) {
        let words = |side: &Values| in_words(&side.known().kinds().unwrap_or_default());
        let (left, right) = (words(a), words(b));
        let message = Bilingual::new(
            format!("{}不能与{}比较", left.zh, right.zh),
            format!("{} is compared with {}", left.en, right.en),
        );
        let help = Bilingual::new(
            "两边类型不同，结果恒定不变：数字不加引号，文本加引号",
            "values of different types give the same answer always: write numbers without quotation marks, texts with",
        );
        self.problem("rule/type", span, message, Some(help));
    }

    /// `item in [ … ]`, which Rhai reads as `contains([ … ], item)`.
    pub(super) fn membership(&mut self, list: &Expr, item: &Expr, state: &State, frame: &mut Frame) -> Judged {
        let Expr::Array(parts, _) = list else {
            self.values([list, item], state, frame);
            return Judged::plain(Values::bool(), state);
        };
        let members = self.values(parts.iter(), state, frame);
        let given = self.value(item, state, frame);
        let mut all_exist = true;
        for part in parts {
            all_exist &= self.value_exists(item, part, frame);
        }
        let any_member = members.iter().fold(Values::nothing(), |all, member| all.or(member));
        let inside = |values: &Values| Comparison::Equal.kept(true, values, &any_member);
        let outside = |values: &Values| {
            members.iter().fold(values.clone(), |left, member| Comparison::NotEqual.kept(true, &left, member))
        };
        let truths = Truths { yes: !inside(&given).is_nothing(), no: !outside(&given).is_nothing() };
        let span = self.extent(item);
        if never_fit(&given, &any_member) {
            self.cannot_compare(span, &given, &any_member);
        } else if all_exist {
            let subject = self.subject(item, &given, frame);
            self.outcome(span.clone(), span.start, truths, subject);
        }
        let yes = self.narrowed(item, &given, state, frame, &inside);
        let no = self.narrowed(item, &given, state, frame, &outside);
        Judged { value: Values::truths(truths), yes, no }
    }

    /// `known(…)`.
    pub(super) fn is_known(&mut self, asked: &Expr, state: &State, frame: &mut Frame) -> Judged {
        let values = self.may_be_unknown(asked, KNOWN, state, frame);
        let yes = self.narrowed(asked, &values, state, frame, &Values::known);
        let no = self.narrowed(asked, &values, state, frame, &Values::unknown);
        Judged::sides(yes, no)
    }

    /// The state in which only those values of an expression are left that `keep` leaves; `None` if it leaves none.
    fn narrowed(
        &self,
        expression: &Expr,
        values: &Values,
        state: &State,
        frame: &Frame,
        keep: &dyn Fn(&Values) -> Values,
    ) -> Option<State> {
        let with = |place: Place<'_>, kept: Values| {
            let mut state = state.clone();
            match place {
                Place::Feature(feature) => drop(state.features.insert(feature, kept)),
                Place::Variable(name) => drop(state.variables.insert(name.to_owned(), kept)),
            }
            state
        };
        let before = |place: Place<'_>| match place {
            Place::Feature(feature) => self.feature_values(feature, state),
            Place::Variable(name) => frame.variable(name, state),
        };
        if keep(values).is_nothing() {
            return None;
        }
        if let Some(place) = self.place(expression, frame) {
            let kept = keep(&before(place));
            return (!kept.is_nothing()).then(|| with(place, kept));
        }
        // `place ?? literal`: the place is known and has such a value, or it is unknown and the literal is one.
        if let Expr::Coalesce(parts, _) = expression
            && let [first, last] = parts.as_slice()
            && let Some(place) = self.place(first, frame)
            && let Some(otherwise) = literal(last)
        {
            let all = before(place);
            let unit = all.unit && !keep(&otherwise).is_nothing();
            let kept = Values { unit, ..keep(&all.known()) };
            return (!kept.is_nothing()).then(|| with(place, kept));
        }
        Some(state.clone())
    }

    fn place<'e>(&self, expression: &'e Expr, frame: &Frame) -> Option<Place<'e>> {
        if let Some(name) = plain_read(expression, &frame.operators) {
            return self.places.get(name).copied().map(Place::Feature);
        }
        match expression {
            Expr::Variable(variable, ..) if !frame.changes(&variable.1) => Some(Place::Variable(&variable.1)),
            _ => None,
        }
    }

    /// The name of a place with its values, for messages about a condition.
    fn subject(&self, expression: &Expr, values: &Values, frame: &Frame) -> Option<(String, Values)> {
        let expression = match expression {
            Expr::Coalesce(parts, _) => parts.first()?,
            other => other,
        };
        match self.place(expression, frame)? {
            Place::Feature(place) => Some((self.features[place].name.clone(), values.clone())),
            Place::Variable(name) => Some((name.to_owned(), values.clone())),
        }
    }

    /// Whether a text that is compared with an enumerated feature is one of its values; tells if not.
    fn value_exists(&mut self, read: &Expr, compared: &Expr, frame: &Frame) -> bool {
        let Expr::StringConstant(given, position) = compared else { return true };
        let (read, otherwise) = match read {
            Expr::Coalesce(parts, _) => match parts.split_first() {
                Some((first, rest)) => (first, rest),
                None => return true,
            },
            plain => (plain, [].as_slice()),
        };
        let Some(Place::Feature(place)) = self.place(read, frame) else { return true };
        let feature = &self.features[place];
        let ValueRange::OneOf(texts) = &feature.values else { return true };
        let stands_for_unknown = |part: &Expr| match part {
            Expr::StringConstant(text, _) => text == given,
            _ => true,
        };
        if texts.iter().any(|text| text == given) || otherwise.iter().any(stands_for_unknown) {
            return true;
        }
        let name = &feature.name;
        let message = say!("`{name}` 没有 `{given}` 这个值", "`{name}` never is `{given}`");
        let names = || texts.iter().map(String::as_str);
        let help = did_you_mean(given, names()).unwrap_or_else(|| {
            let known = listed(names());
            Bilingual::new(format!("可取的值：{}", known.zh), format!("its values are {}", known.en))
        });
        let start = self.offset(*position);
        self.problem("rule/no-such-value", start..start + given.len() + 2, message, Some(help));
        false
    }

    /// From an expression's first character to the end of its last word, as far as the tree tells.
    pub(super) fn extent(&self, expression: &Expr) -> std::ops::Range<usize> {
        let start = match expression {
            Expr::FnCall(call, _) if call.is_operator_call() && call.args.len() == 2 => {
                self.extent(&call.args[0]).start
            }
            Expr::And(parts, _) | Expr::Or(parts, _) | Expr::Coalesce(parts, _) => {
                parts.first().map_or(0, |first| self.extent(first).start)
            }
            other => self.offset(other.start_position()),
        };
        let end = match expression {
            Expr::Dot(chain, ..) => self.extent(&chain.rhs).end,
            Expr::StringConstant(text, _) => start + text.len() + 2,
            Expr::IntegerConstant(..) | Expr::FloatConstant(..) => {
                let is_number = |c: char| c.is_alphanumeric() || "._".contains(c);
                start + self.text[start..].find(|c| !is_number(c)).unwrap_or(self.text.len() - start)
            }
            Expr::FnCall(call, _) if call.is_operator_call() && call.args.len() == 2 => self.extent(&call.args[1]).end,
            Expr::And(parts, _) | Expr::Or(parts, _) | Expr::Coalesce(parts, _) => {
                parts.last().map_or(start, |last| self.extent(last).end)
            }
            other => self.at(other.start_position()).end,
        };
        start..end.max(start)
    }
}

/// The value of a constant.
fn literal(expression: &Expr) -> Option<Values> {
    Some(match expression {
        Expr::BoolConstant(truth, _) => Values::truths(Truths::only(*truth)),
        Expr::IntegerConstant(number, _) => Values::ints(*number, *number),
        Expr::FloatConstant(..) => Values::float(),
        Expr::StringConstant(text, _) => Values::text(text),
        _ => return None,
    })
}
