//! Calls: of operators, of functions of the rule, of built-in ones.

use rhai::{Expr, FnCallExpr, Position};
use yujing_base::diagnostic::suggest::did_you_mean;
use yujing_base::language::{Bilingual, say};

use super::comparison_operator::ComparisonOperator;
use super::state::{Evaluated, State, operator_arguments};
use super::statement::Frame;
use super::values::{TextSet, ValueKind, ValueSet, in_words};
use super::{Checker, MAX_CALL_DEPTH};
use crate::rule::code;
use crate::rule::engine::{FUNCTIONS, KNOWN};
use crate::rule::rounding::{FIXED, PERCENT};

/// Names under which people look for a clock.
const CLOCKS: [&str; 7] = ["now", "timestamp", "today", "current_date", "date", "time", "as_of"];

impl Checker<'_> {
    pub(super) fn call(
        &mut self,
        call: &FnCallExpr,
        position: Position,
        state: &State,
        frame: &mut Frame,
    ) -> Evaluated {
        let plain = |value| Evaluated::plain(value, state);
        let name = call.name.as_str();
        match call.args.as_slice() {
            [asked] if name == KNOWN => return self.is_known(asked, state, frame),
            [list, item] if name == "contains" => return self.membership(list, item, state, frame),
            [condition] if name == "!" => {
                let evaluated = self.evaluate(condition, state, frame);
                self.must_be_truth(condition, &evaluated.value);
                return Evaluated::sides(evaluated.no, evaluated.yes);
            }
            [left, right] if call.is_operator_call() && !name.starts_with("..") => {
                if self.has_unit(call, position) {
                    for side in [left, right] {
                        self.may_be_unknown(side, "()", state, frame);
                    }
                    return plain(ValueSet::any());
                }
                self.operands(call, position);
                if let Some(comparison) = ComparisonOperator::of(name) {
                    return self.comparison(comparison, call, position, state, frame);
                }
                let (a, b) = (self.value(left, state, frame), self.value(right, state, frame));
                if name == "+" && a.is_only_texts() {
                    self.must_be_rounded(right, &b);
                } else if name == "+" && b.is_only_texts() {
                    self.must_be_rounded(left, &a);
                }
                return plain(self.arithmetic(name, left, right, &a, &b));
            }
            arguments if call.is_operator_call() => {
                self.operands(call, position);
                let given = self.values(arguments, state, frame);
                return plain(match (name, given.as_slice()) {
                    ("-", [number]) => negated(number),
                    ("+", [number]) => number.clone(),
                    _ => ValueSet::any(),
                });
            }
            _ => {}
        }
        let is_callable = self.callable(call, position);
        let helper = self
            .functions
            .iter()
            .position(|function| function.name == *name && function.parameters.len() == call.args.len());
        let handed = operator_arguments(&call.args, &frame.operators);
        let Some(helper) = helper else {
            if is_callable {
                let given = self.values(&call.args, state, frame);
                return plain(Self::built_in(name, &given));
            }
            let others = call.args.iter().enumerate().filter(|(at, _)| !handed.contains(at));
            self.in_dead_code(|checker| checker.values(others.map(|(_, argument)| argument), state, frame));
            return plain(ValueSet::any());
        };
        let mut given = Vec::new();
        for (at, argument) in call.args.iter().enumerate() {
            given.push(if handed.contains(&at) { ValueSet::other() } else { self.value(argument, state, frame) });
        }
        self.helper(helper, &handed, &given, position, state)
    }

    /// A call of a function of the rule, which is followed into.
    fn helper(
        &mut self,
        helper: usize,
        handed: &[usize],
        given: &[ValueSet],
        position: Position,
        state: &State,
    ) -> Evaluated {
        if self.open_calls.contains(&helper) {
            if !handed.is_empty() {
                let name = &self.functions[helper].name;
                let message = say!("`{name}` 把监管对象又交回给自己", "`{name}` hands the operator back to itself");
                let help = Bilingual::new("判断不需要递归：请展开来写", "a judgement needs no recursion: write it out");
                self.problem("rule/recursion", self.at(position), message, Some(help));
            }
            return Evaluated::plain(ValueSet::any(), state);
        }
        if self.open_calls.len() >= MAX_CALL_DEPTH {
            self.too_complex(position);
            return Evaluated::plain(ValueSet::any(), state);
        }
        let outcome = self.function_body(helper, handed, given, state.of_features());
        let side = |side: Option<State>| side.and_then(|found| state.with_features_of(&found));
        Evaluated { value: outcome.value, yes: side(outcome.yes), no: side(outcome.no) }
    }

    /// Whether the function called is one of the rule's or a built-in one; reports if not.
    pub(super) fn callable(&mut self, call: &FnCallExpr, position: Position) -> bool {
        let name = call.name.as_str();
        let own = || self.functions.iter().filter(|function| function.name == name);
        if FUNCTIONS.contains(&name) || own().any(|function| function.parameters.len() == call.args.len()) {
            return true;
        }
        let (message, help) = match own().next() {
            Some(function) => {
                let (wanted, given) = (function.parameters.len(), call.args.len());
                let parameters = function.parameters.join(", ");
                (
                    say!(
                        "`{name}` 有 {wanted} 个参数，这里给了 {given} 个",
                        "`{name}` takes {wanted} parameters, not {given}"
                    ),
                    say!("定义为 fn {name}({parameters})", "it is fn {name}({parameters})"),
                )
            }
            None => {
                let names = || FUNCTIONS.into_iter().chain(self.functions.iter().map(|own| own.name.as_str()));
                let known = FUNCTIONS.join(", ");
                let help = if CLOCKS.contains(&name) {
                    Bilingual::new(
                        "规则不看时钟：请在指标中用 within、days_since 计算，再由规则读取",
                        "a rule has no clock: compute it in a feature with within or days_since and read that",
                    )
                } else {
                    did_you_mean(name, names()).unwrap_or_else(|| say!("内置函数有 {known}", "built in are {known}"))
                };
                (say!("没有函数 `{name}`", "there is no function `{name}`"), help)
            }
        };
        self.problem("rule/unknown-function", self.at(position), message, Some(help));
        false
    }

    /// Whether an operand is `()`, written out; reports if so.
    fn has_unit(&mut self, call: &FnCallExpr, position: Position) -> bool {
        if !call.args.iter().any(Expr::is_unit) {
            return false;
        }
        let message = Bilingual::new("`()` 不能用来比较或者计算", "`()` is not a value to compare or count with");
        let help =
            Bilingual::new("请写 `known(op.名称)` 或者 `!known(op.名称)`", "ask `known(op.name)` or `!known(op.name)`");
        self.problem("rule/compare-unit", self.at(position), message, Some(help));
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

    /// `??` and another operator next to it are separated by parentheses.
    pub(super) fn parenthesised(&mut self, coalesce: Position, operator: Position) {
        let (coalesce, operator) = (self.offset(coalesce), self.offset(operator));
        if code::separated_by_parentheses(&self.code, coalesce, operator) {
            return;
        }
        let message = Bilingual::new(
            "`??` 与其他运算符并用，未加括号",
            "`??` stands beside another operator without parentheses",
        );
        let help = Bilingual::new(
            "`op.a ?? 0 + 1` 的意思是 `op.a ?? (0 + 1)`：`??` 后于加减乘除、先于比较；请写 `(op.a ?? 0) + 1`、`(op.a ?? 0) >= 3`",
            "`op.a ?? 0 + 1` means `op.a ?? (0 + 1)`: `??` binds looser than arithmetic and tighter than comparisons; \
             write `(op.a ?? 0) + 1`, `(op.a ?? 0) >= 3`",
        );
        self.problem("rule/coalesce", coalesce..coalesce + "??".len(), message, Some(help));
    }

    /// What arithmetic gives. Which kinds can be combined is asked of Rhai itself.
    fn arithmetic(&mut self, sign: &str, left: &Expr, right: &Expr, a: &ValueSet, b: &ValueSet) -> ValueSet {
        let (Some(left_kinds), Some(right_kinds)) = (a.known().kinds(), b.known().kinds()) else {
            return ValueSet::any();
        };
        if left_kinds.is_empty() || right_kinds.is_empty() {
            return ValueSet::nothing();
        }
        let mut result = ValueSet::nothing();
        for (x, y) in left_kinds.iter().flat_map(|x| right_kinds.iter().map(move |y| (*x, *y))) {
            result = result.or(&self.combined(sign, x, y));
        }
        let span = self.extent(left).start..self.extent(right).end;
        if result.is_nothing() {
            let (one, other) = (in_words(&left_kinds), in_words(&right_kinds));
            let message = Bilingual::new(
                format!("{}与{}不能作 `{sign}` 运算", one.zh, other.zh),
                format!("`{sign}` does not go with {} and {}", one.en, other.en),
            );
            let help = Bilingual::new("计算只能用数字", "numbers only can be counted with");
            self.problem("rule/type", span, message, Some(help));
            return ValueSet::any();
        }
        if result.ints.is_some() {
            result.ints = a.ints.zip(b.ints).map(|(a, b)| whole_numbers(sign, a, b));
        }
        if sign == "/" && a.is_only_ints() && b.is_only_ints() && !divides_whole(a, b) {
            let message = Bilingual::new("整数相除，小数部分被舍去", "whole numbers are divided whole");
            let help = Bilingual::new(
                "`5 / 2` 得 2；需要小数的，请将一边写成小数，如 `7.0` 或者 `….to_float()`",
                "`5 / 2` is 2; for decimals make one side decimal: `7.0` or `….to_float()`",
            );
            self.problem("rule/integer-division", span, message, Some(help));
        }
        result
    }

    /// What an operator gives for values of two kinds: nothing if it fails for them.
    fn combined(&mut self, sign: &str, a: ValueKind, b: ValueKind) -> ValueSet {
        if let Some(found) = self.combinations.get(&(sign.to_owned(), a, b)) {
            return found.clone();
        }
        let sample = |kind| match kind {
            ValueKind::Unit => "()",
            ValueKind::Bool => "true",
            ValueKind::Int => "7",
            ValueKind::Float => "7.5",
            ValueKind::Text => "\"a\"",
        };
        let given = self.engine.eval::<rhai::Dynamic>(&format!("{} {sign} {}", sample(a), sample(b)));
        let values = match given.map(|value| value.type_name()) {
            Ok("i64") => ValueSet::any_int(),
            Ok("f64") => ValueSet::float(),
            Ok("string") => ValueSet::any_text(),
            Ok("bool") => ValueSet::bool(),
            Ok(_) => ValueSet::any(),
            Err(error) => match *error {
                rhai::EvalAltResult::ErrorFunctionNotFound(..) => ValueSet::nothing(),
                _ => ValueSet::any(),
            },
        };
        self.combinations.insert((sign.to_owned(), a, b), values.clone());
        values
    }

    /// What a built-in function gives.
    pub(super) fn built_in(name: &str, given: &[ValueSet]) -> ValueSet {
        let all_ints = !given.is_empty() && given.iter().all(ValueSet::is_only_ints);
        match (name, given) {
            ("min" | "max", [a, b]) if all_ints => match (a.ints, b.ints) {
                (Some((a, b)), Some((c, d))) if name == "min" => ValueSet::ints(a.min(c), b.min(d)),
                (Some((a, b)), Some((c, d))) => ValueSet::ints(a.max(c), b.max(d)),
                _ => ValueSet::any_int(),
            },
            ("min" | "max", [a, b]) if [a, b].iter().all(|side| side.texts.is_none() && !side.other) => {
                ValueSet::number()
            }
            ("abs", [number]) if all_ints => {
                let (least, greatest) = number.ints.unwrap_or((i64::MIN, i64::MAX));
                let most = least.saturating_abs().max(greatest.saturating_abs());
                ValueSet::ints(
                    if least <= 0 && greatest >= 0 {
                        0
                    } else {
                        least.abs_diff(0).min(greatest.abs_diff(0)).try_into().unwrap_or(0)
                    },
                    most,
                )
            }
            ("len", _) => ValueSet::ints(0, i64::MAX),
            ("sign", _) => ValueSet::ints(-1, 1),
            ("index_of", _) => ValueSet::ints(-1, i64::MAX),
            ("to_int" | "parse_int", _) => ValueSet::any_int(),
            ("to_float" | "parse_float" | "sqrt" | "exp" | "ln" | "log", _) => ValueSet::float(),
            ("floor" | "ceiling" | "round" | "int" | "fraction" | "abs", _) => ValueSet::number(),
            ("contains" | "starts_with" | "ends_with" | "is_empty" | "is_nan" | "is_finite" | "is_zero" | KNOWN, _) => {
                ValueSet::bool()
            }
            ("to_string" | "sub_string" | FIXED | PERCENT, _) => ValueSet::any_text(),
            _ => ValueSet::any(),
        }
    }
}

/// Whether every quotient is exact as far as the numbers are known: by one, or of two written numbers.
fn divides_whole(a: &ValueSet, b: &ValueSet) -> bool {
    match (a.only_int(), b.only_int()) {
        (_, Some(1 | -1)) => true,
        (Some(a), Some(b)) => b != 0 && a % b == 0,
        _ => false,
    }
}

fn negated(number: &ValueSet) -> ValueSet {
    let ints = number.ints.map(|(least, greatest)| (greatest.saturating_neg(), least.saturating_neg()));
    ValueSet { ints, texts: TextSet::OneOf(std::collections::BTreeSet::new()), ..number.clone() }
}

/// The least and greatest result of an operation on whole numbers. A result beyond 64 bits is an error when the rule
/// runs, so it is no result.
fn whole_numbers(sign: &str, (a, b): (i64, i64), (c, d): (i64, i64)) -> (i64, i64) {
    let corners = |of: fn(i64, i64) -> i64| {
        let all = [of(a, c), of(a, d), of(b, c), of(b, d)];
        let least = all.into_iter().min().unwrap_or(i64::MIN);
        let greatest = all.into_iter().max().unwrap_or(i64::MAX);
        (least, greatest)
    };
    match sign {
        "+" => (a.saturating_add(c), b.saturating_add(d)),
        "-" => (a.saturating_sub(d), b.saturating_sub(c)),
        "*" => corners(i64::saturating_mul),
        "/" if c > 0 || d < 0 => corners(i64::saturating_div),
        "%" if a >= 0 && c > 0 => (0, b.min(d - 1)),
        _ => (i64::MIN, i64::MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_whole_numbers_lie_within_what_is_said_of_them() {
        type Operation = fn(i64, i64) -> Option<i64>;
        let ranges: Vec<(i64, i64)> =
            (-3..=3).flat_map(|least| (least..=3).map(move |greatest| (least, greatest))).collect();
        let operations: [(&str, Operation); 5] = [
            ("+", i64::checked_add),
            ("-", i64::checked_sub),
            ("*", i64::checked_mul),
            ("/", i64::checked_div),
            ("%", i64::checked_rem),
        ];
        for (sign, operation) in operations {
            for (&a, &b) in ranges.iter().flat_map(|a| ranges.iter().map(move |b| (a, b))) {
                let (least, greatest) = whole_numbers(sign, a, b);
                let results = (a.0..=a.1).flat_map(|x| (b.0..=b.1).filter_map(move |y| operation(x, y)));
                for result in results {
                    assert!((least..=greatest).contains(&result), "{a:?} {sign} {b:?}: {result}");
                }
            }
        }
        assert_eq!(whole_numbers("+", (0, i64::MAX), (1, 2)), (1, i64::MAX));
        assert_eq!(whole_numbers("*", (0, i64::MAX), (-2, 2)), (i64::MIN, i64::MAX));
    }
}
