//! What a case expects at a moment. What is not named is not checked.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::feature::FeatureValue;
use crate::warning::{Level, Step};

/// At the end of a list: others may be there as well.
const AND_OTHERS: &str = "...";

/// What must hold at a moment.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// Whether the file's rule fired.
    pub fired: Option<bool>,
    /// What the file's rule gave.
    pub points: Option<i64>,
    /// The level that the file's rule set directly, or `none`.
    pub floor: Option<Level>,
    /// A part of the file's rule's reason, in either language.
    pub because: Option<String>,
    /// The ids of the events behind the file's rule.
    pub evidence: Option<Ids>,
    /// The same of other rules, by their ids.
    #[serde(default)]
    pub rules: BTreeMap<String, RuleExpectation>,
    /// The ids of all rules that fired.
    pub findings: Option<Ids>,
    pub score: Option<i64>,
    /// The level that stands: the open warning's, or `none`.
    pub level: Option<Level>,
    /// The steps since the expectation before.
    pub lifecycle: Option<Steps>,
    /// When the open warning's action is due.
    #[serde(default, deserialize_with = "instant")]
    pub due_at: Option<Timestamp>,
    #[serde(default)]
    pub features: BTreeMap<String, Expected>,
    /// Whether the score says that it may be too low.
    pub degraded: Option<bool>,
    /// No rule fires, no warning is open, and none changed since the expectation before.
    pub nothing: Option<Yes>,
}

/// What must hold of one rule.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleExpectation {
    pub fired: Option<bool>,
    pub points: Option<i64>,
    pub floor: Option<Level>,
    pub because: Option<String>,
    pub evidence: Option<Ids>,
}

impl Expectation {
    /// What is expected of the file's rule.
    pub fn of_own_rule(&self) -> RuleExpectation {
        RuleExpectation {
            fired: self.fired,
            points: self.points,
            floor: self.floor,
            because: self.because.clone(),
            evidence: self.evidence.clone(),
        }
    }

    /// Whether events behind any rule are asked for.
    pub fn asks_for_evidence(&self) -> bool {
        self.evidence.is_some() || self.rules.values().any(|rule| rule.evidence.is_some())
    }
}

/// Ids in any order; `"..."` at the end lets others be there as well.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "Vec<String>")]
pub struct Ids {
    pub ids: Vec<String>,
    pub and_others: bool,
}

impl From<Vec<String>> for Ids {
    fn from(mut ids: Vec<String>) -> Self {
        let and_others = ids.last().is_some_and(|last| last == AND_OTHERS);
        if and_others {
            ids.pop();
        }
        Self { ids, and_others }
    }
}

impl Ids {
    /// As it was written.
    pub fn written(&self) -> Vec<&str> {
        let others = self.and_others.then_some(AND_OTHERS);
        self.ids.iter().map(String::as_str).chain(others).collect()
    }
}

/// What a warning went through since the expectation before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Steps {
    /// `"none"`: nothing.
    None,
    /// `"opened"`: this was the last step.
    Last(Step),
    /// `["opened", "escalated"]`: exactly these, in this order.
    All(Vec<Step>),
}

impl<'de> Deserialize<'de> for Steps {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let step = |word: &str| {
            let known = "opened, escalated, eased, resolved, withdrawn, or none";
            parse_step(word).ok_or_else(|| D::Error::custom(format!("`{word}` is no step of a warning: {known}")))
        };
        match toml::Value::deserialize(deserializer)? {
            toml::Value::String(word) if word == "none" => Ok(Self::None),
            toml::Value::String(word) => step(&word).map(Self::Last),
            toml::Value::Array(words) => {
                words.iter().map(|word| step(word.as_str().unwrap_or("?"))).collect::<Result<_, _>>().map(Self::All)
            }
            other => {
                Err(D::Error::custom(format!("`{other}` is no step of a warning: give a word or a list of words")))
            }
        }
    }
}

fn parse_step(word: &str) -> Option<Step> {
    let all = [Step::Opened, Step::Escalated, Step::Eased, Step::Resolved, Step::Withdrawn];
    all.into_iter().find(|step| step.as_str() == word)
}

/// `true`: the opposite could not be checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "bool")]
pub struct Yes;

impl TryFrom<bool> for Yes {
    type Error = &'static str;

    fn try_from(given: bool) -> Result<Self, Self::Error> {
        if given { Ok(Self) } else { Err("`nothing` can only be true: to expect something, say what") }
    }
}

/// An expected value of a feature; `"unknown"` for an unknown one.
#[derive(Debug, Clone, PartialEq)]
pub struct Expected(pub FeatureValue);

impl<'de> Deserialize<'de> for Expected {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match toml::Value::deserialize(deserializer)? {
            toml::Value::String(text) if text == "unknown" => FeatureValue::Unknown,
            toml::Value::String(text) => FeatureValue::Text(text),
            toml::Value::Integer(number) => FeatureValue::Int(number),
            toml::Value::Float(number) => FeatureValue::Float(number),
            toml::Value::Boolean(truth) => FeatureValue::Bool(truth),
            other => {
                let message =
                    format!("`{other}` is no value of a feature: a number, a text, true or false, or \"unknown\"");
                return Err(D::Error::custom(message));
            }
        }))
    }
}

impl Expected {
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

fn instant<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let given = toml::value::Datetime::deserialize(deserializer)?;
    timestamp(&given).map(Some).map_err(D::Error::custom)
}

/// A TOML date and time as an instant.
pub(super) fn timestamp(given: &toml::value::Datetime) -> Result<Timestamp, String> {
    given
        .to_string()
        .parse()
        .map_err(|_| format!("`{given}` is not a date and time with an offset like 2026-03-02T02:10:00+08:00"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Expectation, String> {
        toml::from_str(text).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn a_list_that_ends_in_dots_lets_others_be_there() {
        let expected = read("evidence = [\"a\", \"...\"]\nfindings = [\"b\"]").expect("it is read");
        assert_eq!(expected.evidence.as_ref().map(Ids::written), Some(vec!["a", "..."]));
        assert!(expected.evidence.is_some_and(|ids| ids.and_others && ids.ids == ["a"]));
        assert!(expected.findings.is_some_and(|ids| !ids.and_others));
    }

    #[test]
    fn steps_are_one_word_or_all_of_them() {
        let steps = |text: &str| read(text).map(|expected| expected.lifecycle);
        assert_eq!(steps("lifecycle = \"none\""), Ok(Some(Steps::None)));
        assert_eq!(steps("lifecycle = \"eased\""), Ok(Some(Steps::Last(Step::Eased))));
        let all = Steps::All(vec![Step::Opened, Step::Withdrawn]);
        assert_eq!(steps("lifecycle = [\"opened\", \"withdrawn\"]"), Ok(Some(all)));
        assert!(steps("lifecycle = \"withdrawm\"").is_err_and(|message| message.contains("`withdrawm` is no step")));
        assert!(steps("lifecycle = 1").is_err_and(|message| message.contains("no step")));
    }

    #[test]
    fn what_cannot_be_checked_is_refused() {
        assert!(read("nothing = false").is_err_and(|message| message.contains("only be true")));
        assert!(read("due_at = 2026-03-02").is_err_and(|message| message.contains("with an offset")));
        assert!(read("features = { a = [1] }").is_err_and(|message| message.contains("no value of a feature")));
    }

    #[test]
    fn numbers_are_compared_as_people_write_them() {
        let is = |expected, got| Expected(expected).is(&got);
        assert!(is(FeatureValue::Int(2), FeatureValue::Float(2.0)));
        assert!(is(FeatureValue::Float(0.3), FeatureValue::Float(0.1 + 0.2)));
        assert!(!is(FeatureValue::Float(0.3), FeatureValue::Float(0.300_001)));
        assert!(!is(FeatureValue::Int(0), FeatureValue::Unknown));
    }
}
