//! What only the whole walk shows: a helper can be walked more than once, so a condition is constant and a branch is
//! dead only if that holds every time.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use rhai::Position;
use yujing_base::diagnostic::suggest::listed;
use yujing_base::language::{Bilingual, say};

use super::values::{BoolSet, TextSet, ValueKind, ValueSet, in_words};
use super::{Checker, MAX_STEPS};
use crate::rule::definition::MAX_POINTS;

/// What was seen so far, by places in the text.
#[derive(Debug, Default)]
pub(super) struct Observations {
    /// What comparisons gave, by the place of their sign.
    outcomes: BTreeMap<usize, ComparisonResult>,
    reached: BTreeSet<usize>,
    /// Where a branch was not entered or a statement not reached, with the condition that kept it from that.
    unreached: BTreeMap<usize, (Range<usize>, Option<Range<usize>>)>,
    /// How often an expression was evaluated.
    steps: usize,
    /// Nested parts that are never reached: they are walked for the names in them only.
    in_dead_code: usize,
}

/// What a comparison is about, with all that it can be there.
#[derive(Debug)]
pub(super) struct Subject {
    pub name: String,
    pub values: ValueSet,
}

/// What a comparison gave, every time that it was walked.
#[derive(Debug)]
struct ComparisonResult {
    span: Range<usize>,
    truths: BoolSet,
    subject: Option<Subject>,
}

impl Checker<'_> {
    /// Walks something that is never reached.
    pub(super) fn in_dead_code<T>(&mut self, walk: impl FnOnce(&mut Self) -> T) {
        self.observed.in_dead_code += 1;
        walk(self);
        self.observed.in_dead_code -= 1;
    }

    pub(super) fn is_dead_code(&self) -> bool {
        self.observed.in_dead_code > 0
    }

    /// Counts a step; `false` when there were too many, which is reported.
    pub(super) fn goes_on(&mut self) -> bool {
        self.observed.steps += 1;
        if self.observed.steps == MAX_STEPS {
            self.too_complex(Position::NONE);
        }
        self.observed.steps < MAX_STEPS
    }

    pub(super) fn too_complex(&mut self, position: Position) {
        let message = Bilingual::new("规则过于复杂，无法检查", "the rule is too intertwined to be checked");
        let help = Bilingual::new(
            "请减少函数之间的层层调用，或者分成两条规则",
            "let functions call each other less deeply, or make it two rules",
        );
        self.problem("rule/too-complex", self.at(position), message, Some(help));
    }

    /// Notes what a comparison can give.
    pub(super) fn outcome(&mut self, span: Range<usize>, sign: usize, truths: BoolSet, subject: Option<Subject>) {
        if self.is_dead_code() {
            return;
        }
        match self.observed.outcomes.get_mut(&sign) {
            Some(outcome) => {
                outcome.truths = outcome.truths.or(truths);
                if let (Some(before), Some(more)) = (&mut outcome.subject, subject) {
                    before.values = before.values.or(&more.values);
                }
            }
            None => drop(self.observed.outcomes.insert(sign, ComparisonResult { span, truths, subject })),
        }
    }

    pub(super) fn reached(&mut self, at: usize) {
        if !self.is_dead_code() {
            self.observed.reached.insert(at);
        }
    }

    pub(super) fn unreached(&mut self, span: Range<usize>, condition: Option<Range<usize>>) {
        if !self.is_dead_code() {
            self.observed.unreached.insert(span.start, (span, condition));
        }
    }

    /// Reports conditions that never or always hold, and what is never reached.
    pub(super) fn constants(&mut self) {
        if self.problems.has_errors() {
            return;
        }
        let Observations { outcomes, reached, unreached, .. } = std::mem::take(&mut self.observed);
        let mut reported = Vec::new();
        for ComparisonResult { span, truths, subject } in outcomes.into_values() {
            let message = match truths {
                BoolSet { yes: true, no: false } => Bilingual::new("此条件恒成立", "this condition always holds"),
                BoolSet { yes: false, no: true } => Bilingual::new("此条件恒不成立", "this condition never holds"),
                _ => continue,
            };
            let help = subject.and_then(|Subject { name, values }| {
                let range = described(&values)?;
                Some(Bilingual::new(
                    format!("此处 `{name}` 的取值为{}", range.zh),
                    format!("here `{name}` is {}", range.en),
                ))
            });
            reported.push(span.clone());
            self.problem("rule/constant-condition", span, message, help);
        }
        for (at, (span, condition)) in unreached {
            let is_reported =
                |cause: &Range<usize>| reported.iter().any(|one| cause.start <= one.start && one.end <= cause.end);
            if reached.contains(&at) || condition.as_ref().is_some_and(is_reported) {
                continue;
            }
            let message = Bilingual::new("此处永远执行不到", "this is never reached");
            let help = Bilingual::new(
                "请删去，或者检查前面的条件、`return` 和 `switch` 的各个取值",
                "take it out, or look at the conditions, `return` and `switch` before it",
            );
            self.problem("rule/unreachable", span, message, Some(help));
        }
    }

    /// The fewest points that the rule may give.
    pub(super) fn lowest(&self) -> i64 {
        self.family.map_or(0, |family| family.least)
    }

    /// What to do for a rule that lowers a risk by more than its family allows.
    pub(super) fn how_to_lower() -> Bilingual {
        Bilingual::new(
            "要减分，请在 ruleset.toml 中为类别写明 `least`，如 `least = -10`",
            "to lower a risk, let its family in ruleset.toml say so: `least = -10`",
        )
    }

    /// The points that a rule can give.
    pub(super) fn points(&mut self, values: &ValueSet) {
        let Some(function) = self.function("points") else { return };
        let span = self.name_of(&self.functions[function]);
        let lowest = self.lowest();
        let within = super::values::intersection(values.ints, Some((lowest, MAX_POINTS)));
        if within.is_none() && !values.other && !self.problems.has_errors() {
            let other_kinds = values.kinds().filter(|kinds| !kinds.is_empty() && !kinds.contains(&ValueKind::Int));
            let given = other_kinds.map(|kinds| in_words(&kinds)).or_else(|| described(values));
            let given = given.map_or_else(
                || Bilingual::new("", ""),
                |words| Bilingual::new(format!("，这里是{}", words.zh), format!(", this gives {}", words.en)),
            );
            let message = Bilingual::new(
                format!("`points` 应给出 {lowest} 至 {MAX_POINTS} 的整数{}", given.zh),
                format!("`points` gives a whole number from {lowest} to {MAX_POINTS}{}", given.en),
            );
            let lowers = values.ints.is_some_and(|(_, greatest)| greatest < lowest);
            let help = lowers.then(Self::how_to_lower);
            return self.problem("rule/result", span, message, help);
        }
        let Some((least, greatest)) = values.ints.filter(|_| !values.other) else { return };
        if least < lowest || greatest > MAX_POINTS {
            let below = if lowest == 0 {
                Bilingual::new("分值可能为负", "points may be negative")
            } else {
                say!("分值可能低于类别的最低值 {lowest} 分", "points may be below {lowest}, the least of the family")
            };
            let message = match (least < lowest, greatest > MAX_POINTS) {
                (true, true) => Bilingual::new(
                    format!("{}，也可能超过 {MAX_POINTS}", below.zh),
                    format!("{} or above {MAX_POINTS}", below.en),
                ),
                (true, false) => below,
                _ => say!("分值可能超过 {MAX_POINTS}", "points may be above {MAX_POINTS}"),
            };
            let help = say!(
                "届时规则出错，不计分：请用 `min(…, 40)`、`max({lowest}, …)` 限定",
                "then the rule fails and counts nothing: bound them with `min(…, 40)` or `max({lowest}, …)`"
            );
            return self.problem("rule/points-range", span, message, Some(help));
        }
        if let Some(family) = self.family.filter(|family| greatest > family.cap) {
            let cap = family.cap;
            let (zh, en) = (&family.title.zh, &family.title.en);
            let message = say!(
                "最高 {greatest} 分，高于类别“{zh}”的封顶值 {cap} 分",
                "up to {greatest} points, above the cap of the family \"{en}\", {cap}"
            );
            let help = Bilingual::new(
                "超出部分不计入风险分：请调低分值，或者在 ruleset.toml 中调高封顶值",
                "what lies above never counts: give fewer points, or raise the cap in ruleset.toml",
            );
            self.problem("rule/above-cap", span, message, Some(help));
        }
    }
}

/// What a subject can be, for a hint; nothing if it can be anything.
fn described(values: &ValueSet) -> Option<Bilingual> {
    if values.is_only_ints() {
        return Some(match values.ints? {
            (i64::MIN, i64::MAX) => return None,
            (least, i64::MAX) => say!(" {least} 或者更大", "{least} or more"),
            (i64::MIN, greatest) => say!(" {greatest} 或者更小", "{greatest} or less"),
            (least, greatest) if least == greatest => say!(" {least}", "{least}"),
            (least, greatest) => say!(" {least} 至 {greatest}", "from {least} to {greatest}"),
        });
    }
    match &values.texts {
        TextSet::OneOf(texts) if values.is_only_texts() => {
            let texts = listed(texts.iter().map(String::as_str));
            Some(Bilingual::new(format!(" {}", texts.zh), format!("one of {}", texts.en)))
        }
        _ => None,
    }
}
