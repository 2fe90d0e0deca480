//! Conditions: comparisons, membership of a list, `known`; what they can give, and what is known if they hold or not.

use std::ops::Range;

use rhai::{Expr, FnCallExpr, Position};
use yujing_base::diagnostic::suggest::{did_you_mean, listed};
use yujing_base::language::{Bilingual, say};

use super::Checker;
use super::comparison_operator::{ComparisonOperator, never_fit};
use super::state::{Evaluated, Place, State};
use super::statement::Frame;
use super::values::{BoolSet, ValueSet, in_words};
use crate::feature::ValueRange;
use crate::rule::engine::KNOWN;

impl Checker<'_> {
    /// A comparison with what it shows of its sides.
    pub(super) fn comparison(
        &mut self,
        comparison: ComparisonOperator,
        call: &FnCallExpr,
        position: Position,
        state: &State,
        frame: &mut Frame,
    ) -> Evaluated {
        let [left, right] = call.args.as_slice() else { return Evaluated::plain(ValueSet::any(), state) };
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
            let keep_left = |values: &ValueSet| comparison.kept(wanted, values, &b);
            let keep_right = |values: &ValueSet| comparison.mirrored().kept(wanted, values, &a);
            let narrowed = self.narrowed(left, &a, state, frame, &keep_left)?;
            self.narrowed(right, &b, &narrowed, frame, &keep_right)
        };
        let (yes, no) = (side(true), side(false));
        Evaluated { value: ValueSet::truths(truths), yes, no }
    }

    fn cannot_compare(&mut self, span: Range<usize>, a: &ValueSet, b: &ValueSet) {
        let words = |side: &ValueSet| in_words(&side.known().kinds().unwrap_or_default());
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
    pub(super) fn membership(&mut self, list: &Expr, item: &Expr, state: &State, frame: &mut Frame) -> Evaluated {
        let Expr::Array(parts, _) = list else {
            self.values([list, item], state, frame);
            return Evaluated::plain(ValueSet::bool(), state);
        };
        let members = self.values(parts.iter(), state, frame);
        let given = self.value(item, state, frame);
        let mut all_exist = true;
        for part in parts {
            all_exist &= self.value_exists(item, part, frame);
        }
        let any_member = members.iter().fold(ValueSet::nothing(), |all, member| all.or(member));
        let inside = |values: &ValueSet| ComparisonOperator::Equal.kept(true, values, &any_member);
        let outside = |values: &ValueSet| {
            members.iter().fold(values.clone(), |left, member| ComparisonOperator::NotEqual.kept(true, &left, member))
        };
        let truths = BoolSet { yes: !inside(&given).is_nothing(), no: !outside(&given).is_nothing() };
        let span = self.extent(item);
        if never_fit(&given, &any_member) {
            self.cannot_compare(span, &given, &any_member);
        } else if all_exist {
            let subject = self.subject(item, &given, frame);
            self.outcome(span.clone(), span.start, truths, subject);
        }
        let yes = self.narrowed(item, &given, state, frame, &inside);
        let no = self.narrowed(item, &given, state, frame, &outside);
        Evaluated { value: ValueSet::truths(truths), yes, no }
    }

    /// `known(…)`.
    pub(super) fn is_known(&mut self, asked: &Expr, state: &State, frame: &mut Frame) -> Evaluated {
        let values = self.may_be_unknown(asked, KNOWN, state, frame);
        let yes = self.narrowed(asked, &values, state, frame, &ValueSet::known);
        let no = self.narrowed(asked, &values, state, frame, &ValueSet::unknown);
        Evaluated::sides(yes, no)
    }

    /// Whether a text that is compared with an enumerated feature is one of its values; reports if not.
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
}
