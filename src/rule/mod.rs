//! Rules (规则): an analyst's Rhai files. Load and check them, evaluate them within limits, say in words why they fired.
//!
//! A rule answers four questions: `when(op)` does it fire, `points(op)` how many whole points, `level(op)` optionally the
//! lowest level while it fires (直接定级), `because(op)` the words. Its metadata is TOML in the `//!` block on top.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::diagnostic::Diagnostics;
use crate::feature::{Feature, FeatureTable};
use crate::warning::{Deadline, Family, Level};

/// A text in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bilingual {
    pub zh: String,
    pub en: String,
}

/// Whether a rule takes part in scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Checked and tested, not evaluated live.
    Draft,
    Active,
    Retired,
}

/// The law a rule rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Basis {
    pub law: String,
    pub article: String,
    /// `false` until somebody has checked the text in force: shown wherever the basis is shown.
    pub confirmed: bool,
}

/// The `//!` block of a rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metadata {
    pub id: String,
    pub title: Bilingual,
    pub family: String,
    pub status: Status,
    pub owner: String,
    /// First day in force, Asia/Shanghai.
    #[serde(with = "date_format")]
    pub effective_from: Date,
    /// Last day in force.
    #[serde(default, with = "optional_date_format", skip_serializing_if = "Option::is_none")]
    pub effective_to: Option<Date>,
    #[serde(default)]
    pub basis: Vec<Basis>,
    pub action: Bilingual,
    pub deadline: Deadline,
}

/// TOML dates (`2026-01-01`) and the same as text.
mod date_format {
    use jiff::civil::Date;
    use serde::{Deserialize, Deserializer, Serializer};

    #[derive(Deserialize)]
    #[serde(untagged)]
    pub(super) enum Given {
        Toml(toml::value::Datetime),
        Text(String),
    }

    pub(super) fn parse<E: serde::de::Error>(given: &Given) -> Result<Date, E> {
        let text = match given {
            Given::Toml(date) => date.to_string(),
            Given::Text(text) => text.clone(),
        };
        text.parse().map_err(|_| E::custom(format!("`{text}` is not a date like 2026-01-01")))
    }

    pub(super) fn serialize<S: Serializer>(date: &Date, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(date)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Date, D::Error> {
        parse(&Given::deserialize(deserializer)?)
    }
}

mod optional_date_format {
    use jiff::civil::Date;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(date: &Option<Date>, serializer: S) -> Result<S::Ok, S::Error> {
        match date {
            Some(date) => serializer.collect_str(date),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
        Option::<super::date_format::Given>::deserialize(deserializer)?
            .as_ref()
            .map(super::date_format::parse)
            .transpose()
    }
}

/// A loaded rule.
#[derive(Debug)]
pub struct Rule {
    pub metadata: Metadata,
    pub file: PathBuf,
    /// The features that the rule reads in `when`, `points` and `level`, by their place in the catalogue, sorted.
    pub reads: Vec<usize>,
}

/// A rule that fired (触发情形).
#[derive(Debug, Clone, PartialEq)]
pub struct Fired {
    /// The rule's place in [`Rules::list`].
    pub rule: usize,
    pub points: i64,
    pub floor: Option<Level>,
    pub because: Bilingual,
}

/// A rule that could not answer: the score is degraded, never silently lower.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleFailure {
    pub rule: usize,
    /// Stable: `limit`, `timeout`, `type`, `arithmetic`, `thrown`, `panic`, `other`.
    pub kind: &'static str,
    pub message: String,
}

/// What all active rules in force say of one operator.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Evaluation {
    pub fired: Vec<Fired>,
    pub failed: Vec<RuleFailure>,
}

/// The rules of a ruleset.
#[derive(Debug)]
pub struct Rules {}

impl Rules {
    /// Reads, compiles and checks every `*.rhai` below `folder` against the features and families.
    ///
    /// # Errors
    /// Every problem of every rule, with line, column and a hint.
    pub fn load(
        _folder: &Path,
        _features: &[Feature],
        _families: &BTreeMap<String, Family>,
    ) -> Result<Self, Diagnostics> {
        todo!()
    }

    /// All rules, sorted by id.
    pub fn list(&self) -> &[Arc<Rule>] {
        todo!()
    }

    /// Evaluates every active rule in force at `as_of` for one row of features. Never panics and always ends (I6).
    pub fn evaluate(&self, _features: &FeatureTable, _row: usize, _as_of: Timestamp) -> Evaluation {
        todo!()
    }
}

/// What one rule says of one operator.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    Fired(Fired),
    Quiet,
    Failed(RuleFailure),
    /// A draft or retired rule, or outside its days.
    NotInForce,
}

impl Rules {
    /// What one rule, by its place in [`Rules::list`], says of one row of features: for explanations.
    pub fn answer(&self, _rule: usize, _features: &FeatureTable, _row: usize, _as_of: Timestamp) -> Answer {
        todo!()
    }
}
