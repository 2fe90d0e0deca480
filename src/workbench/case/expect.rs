//! What a case expects at an entry. What is not named is not checked.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Deserialize;
use yujing_base::language::{Bilingual, say};
use yujing_core::feature::FeatureValue;
use yujing_core::warning::Level;

use super::expected_steps::{ExpectedSteps, StepKind};
use super::handling::HandlingExpectation;

/// At the end of a list: others may be there as well.
const AND_OTHERS: &str = "...";

/// What must hold at an entry.
#[derive(Debug, Clone, Default)]
pub struct Expectation {
    /// What must hold of the file's rule.
    pub own: RuleExpectation,
    /// The same of other rules, by their ids.
    pub rules: BTreeMap<String, RuleExpectation>,
    /// The ids of all rules that fired.
    pub findings: Option<IdList>,
    pub score: Option<i64>,
    /// The level that stands: the open warning's, or `none`.
    pub level: Option<Level>,
    /// The steps of the level since the expectation before.
    pub lifecycle: Option<ExpectedSteps>,
    /// When the open warning's action is due.
    pub due_at: Option<Timestamp>,
    /// Whether that rests on days that the calendar does not know; who names `due_at` alone means that it does not.
    pub due_provisional: Option<bool>,
    /// How the open warning is dealt with.
    pub handling: HandlingExpectation,
    pub features: BTreeMap<String, ExpectedValue>,
    /// Whether the score says that it may be too low.
    pub degraded: Option<bool>,
    /// No rule fires, no warning is open, and none changed since the expectation before.
    pub nothing: bool,
}

/// An expectation as it is written.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawExpectation {
    fired: Option<bool>,
    points: Option<i64>,
    floor: Option<Level>,
    because: Option<String>,
    evidence: Option<IdList>,
    rules: BTreeMap<String, RuleExpectation>,
    findings: Option<IdList>,
    score: Option<i64>,
    level: Option<Level>,
    lifecycle: Option<toml::Value>,
    due_at: Option<toml::value::Datetime>,
    due_provisional: Option<bool>,
    pub(super) handling: Option<String>,
    pub(super) assignee: Option<String>,
    pub(super) copies: Option<IdList>,
    pub(super) overdue: Option<String>,
    pub(super) acknowledge_by: Option<toml::value::Datetime>,
    pub(super) refused: Option<Vec<String>>,
    pub(super) handling_steps: Option<toml::Value>,
    features: BTreeMap<String, toml::Value>,
    degraded: Option<bool>,
    nothing: Option<bool>,
}

/// What is wrong with an expectation, and the word of it to point at.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ExpectationError {
    pub word: String,
    pub message: Bilingual,
    pub help: Bilingual,
}

impl Expectation {
    pub(super) fn read(mut written: RawExpectation) -> Result<Self, ExpectationError> {
        let handling = HandlingExpectation::read(&mut written)?;
        let RawExpectation { fired, points, floor, because, evidence, rules, findings, score, level, degraded, .. } =
            written;
        if written.nothing == Some(false) {
            return Err(ExpectationError {
                word: "nothing".to_owned(),
                message: Bilingual::new("`nothing` 只能为 true", "`nothing` can only be true"),
                help: Bilingual::new("预期发生什么，请直接写明", "to expect something, say what"),
            });
        }
        let due_at = written.due_at.map(|given| {
            timestamp(&given).map_err(|message| ExpectationError {
                word: "due_at".to_owned(),
                message,
                help: Bilingual::new("写法如 2026-03-02T02:10:00+08:00", "write it like 2026-03-02T02:10:00+08:00"),
            })
        });
        let features = written.features.into_iter();
        let features = features.map(|(name, value)| ExpectedValue::read(&name, value).map(|value| (name, value)));
        Ok(Self {
            own: RuleExpectation { fired, points, floor, because, evidence },
            rules,
            findings,
            score,
            level,
            lifecycle: written.lifecycle.map(|given| StepKind::Level.read(given)).transpose()?,
            due_provisional: written.due_provisional.or(due_at.is_some().then_some(false)),
            due_at: due_at.transpose()?,
            handling,
            features: features.collect::<Result<_, _>>()?,
            degraded,
            nothing: written.nothing.is_some(),
        })
    }

    /// Whether events behind any rule are asked for.
    pub fn asks_for_evidence(&self) -> bool {
        self.own.evidence.is_some() || self.rules.values().any(|rule| rule.evidence.is_some())
    }
}

/// What must hold of one rule.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleExpectation {
    pub fired: Option<bool>,
    pub points: Option<i64>,
    pub floor: Option<Level>,
    pub because: Option<String>,
    pub evidence: Option<IdList>,
}

/// Ids in any order; `"..."` at the end lets others be there as well.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "Vec<String>")]
pub struct IdList {
    pub ids: Vec<String>,
    pub and_others: bool,
}

impl From<Vec<String>> for IdList {
    fn from(mut ids: Vec<String>) -> Self {
        let and_others = ids.last().is_some_and(|last| last == AND_OTHERS);
        if and_others {
            ids.pop();
        }
        Self { ids, and_others }
    }
}

impl IdList {
    /// Whether these are the ids, or among them.
    pub fn holds_for(&self, got: &BTreeSet<&str>) -> bool {
        let wanted: BTreeSet<&str> = self.ids.iter().map(String::as_str).collect();
        if self.and_others { wanted.is_subset(got) } else { wanted == *got }
    }

    /// As it was written.
    pub fn written(&self) -> Vec<&str> {
        let others = self.and_others.then_some(AND_OTHERS);
        self.ids.iter().map(String::as_str).chain(others).collect()
    }
}

/// An expected value of a feature; `"unknown"` for an unknown one.
#[derive(Debug, Clone, PartialEq)]
pub struct ExpectedValue(pub FeatureValue);

impl ExpectedValue {
    fn read(name: &str, written: toml::Value) -> Result<Self, ExpectationError> {
        Ok(Self(match written {
            toml::Value::String(text) if text == "unknown" => FeatureValue::Unknown,
            toml::Value::String(text) => FeatureValue::Text(text.into()),
            toml::Value::Integer(number) => FeatureValue::Int(number),
            toml::Value::Float(number) => FeatureValue::Float(number),
            toml::Value::Boolean(truth) => FeatureValue::Bool(truth),
            _ => {
                return Err(ExpectationError {
                    word: name.to_owned(),
                    message: say!("`{name}` 处不是指标的值", "`{name}` is given what is no value of a feature"),
                    help: Bilingual::new(
                        "指标的值是数、文本、true 或者 false；未知写作 \"unknown\"",
                        "a value is a number, a text, true or false; an unknown one is \"unknown\"",
                    ),
                });
            }
        }))
    }

    /// Whether a value is the expected one. A whole number written for a decimal one is that number; a decimal one is
    /// itself if it differs by less than anybody writes down.
    pub fn is(&self, got: &FeatureValue) -> bool {
        match (&self.0, got) {
            #[expect(clippy::cast_precision_loss, reason = "people write small numbers into cases")]
            (FeatureValue::Int(expected), FeatureValue::Float(got)) => near(*expected as f64, *got),
            (FeatureValue::Float(expected), FeatureValue::Float(got)) => near(*expected, *got),
            (expected, got) => expected == got,
        }
    }
}

fn near(expected: f64, got: f64) -> bool {
    (expected - got).abs() <= 1e-9 * expected.abs().max(1.0)
}

/// A TOML date and time as an instant.
pub(super) fn timestamp(given: &toml::value::Datetime) -> Result<Timestamp, Bilingual> {
    given
        .to_string()
        .parse()
        .map_err(|_| say!("`{given}` 不是带时区偏移的日期和时刻", "`{given}` is not a date and time with an offset"))
}

#[cfg(test)]
mod tests {
    use yujing_core::warning::Step;

    use super::*;

    fn read(text: &str) -> Result<Expectation, Bilingual> {
        let written: RawExpectation = toml::from_str(text).expect("the shape is right");
        Expectation::read(written).map_err(|slip| slip.message)
    }

    #[test]
    fn a_list_that_ends_in_dots_lets_others_be_there() {
        let expected = read("evidence = [\"a\", \"...\"]\nfindings = [\"b\"]").expect("it is read");
        assert_eq!(expected.own.evidence.as_ref().map(IdList::written), Some(vec!["a", "..."]));
        assert!(expected.own.evidence.is_some_and(|ids| ids.and_others && ids.ids == ["a"]));
        assert!(expected.findings.is_some_and(|ids| !ids.and_others));
    }

    #[test]
    fn steps_are_one_word_or_all_of_them() {
        let steps = |text: &str| read(text).map(|expected| expected.lifecycle);
        assert_eq!(steps("lifecycle = \"none\""), Ok(Some(ExpectedSteps::None)));
        assert_eq!(steps("lifecycle = \"eased\""), Ok(Some(ExpectedSteps::Last(Step::Eased))));
        let all = ExpectedSteps::All(vec![Step::Opened, Step::Withdrawn]);
        assert_eq!(steps("lifecycle = [\"opened\", \"withdrawn\"]"), Ok(Some(all)));
        let slip = StepKind::Level.read("withdrawm".into()).expect_err("it is misspelt");
        assert!(slip.message.en.contains("`withdrawm` is no step") && slip.help.zh.contains("withdrawn"), "{slip:?}");
        assert!(steps("lifecycle = 1").is_err_and(|message| message.zh.contains("列表")));
        assert!(steps("lifecycle = \"overdue\"").is_err_and(|message| message.en.contains("no step of `lifecycle`")));
        let handling = read("handling_steps = [\"overdue\", \"handled\"]").map(|expected| expected.handling.steps);
        assert_eq!(handling, Ok(Some(ExpectedSteps::All(vec![Step::Overdue, Step::Handled]))));
        assert!(read("handling_steps = \"opened\"").is_err());
    }

    #[test]
    fn what_cannot_be_checked_is_refused() {
        assert!(read("nothing = false").is_err_and(|message| message.zh.contains("只能为 true")));
        assert!(read("due_at = 2026-03-02").is_err_and(|message| message.en.contains("with an offset")));
        assert!(read("features = { a = [1] }").is_err_and(|message| message.en.contains("no value of a feature")));
    }

    #[test]
    fn numbers_are_compared_as_people_write_them() {
        let is = |expected, got| ExpectedValue(expected).is(&got);
        assert!(is(FeatureValue::Int(2), FeatureValue::Float(2.0)));
        assert!(is(FeatureValue::Float(0.3), FeatureValue::Float(0.1 + 0.2)));
        assert!(!is(FeatureValue::Float(0.3), FeatureValue::Float(0.300_001)));
        assert!(!is(FeatureValue::Int(0), FeatureValue::Unknown));
    }
}
