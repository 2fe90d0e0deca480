//! The TOML of a case file.
//!
//! ```toml
//! # Fields left out come from the source's first valid example; times default to `at`.
//! rule = "rodent_with_complaint"
//!
//! [[case]]
//! name = "one rodent without a complaint is not enough"
//! kind = ["negative"]
//! operator = { operator_id = "JY21201030043213" }
//! timeline = [
//!   { at = 2026-03-02T02:10:00+08:00, camera-alerts = { event_id = "a1", class = "rodent" } },
//!   { at = 2026-03-02T02:10:01+08:00, expect = { fired = false } },
//! ]
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use toml::Spanned;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::feature::FeatureValue;
use crate::warning::Level;

/// What a case shows of its rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CaseKind {
    /// It fires when it should.
    Positive,
    /// It stays quiet when it should.
    Negative,
    /// Just inside or just outside a limit.
    Boundary,
    /// It lets go when evidence is retracted or corrected.
    Retraction,
}

impl CaseKind {
    pub const ALL: [Self; 4] = [Self::Positive, Self::Negative, Self::Boundary, Self::Retraction];
}

/// One file: cases of one rule.
#[derive(Debug, Clone)]
pub struct CaseFile {
    pub path: PathBuf,
    pub rule: String,
    pub cases: Vec<Case>,
}

/// One story about one operator.
#[derive(Debug, Clone)]
pub struct Case {
    pub name: String,
    pub line: usize,
    pub kinds: Vec<CaseKind>,
    /// Fields of the operator's reference row that differ from the first valid example; `operator_id` is always there.
    pub operator: serde_json::Map<String, Value>,
    /// Whether the reference source knows the operator.
    pub registered: bool,
    pub timeline: Vec<Entry>,
}

/// One moment of a story.
#[derive(Debug, Clone)]
pub struct Entry {
    pub at: Timestamp,
    pub line: usize,
    pub what: What,
}

/// What happens at a moment.
#[derive(Debug, Clone)]
pub enum What {
    /// An event of a source, with the fields that matter.
    Event {
        source: String,
        fields: serde_json::Map<String, Value>,
    },
    Expect(Box<Expectation>),
}

/// What must hold at a moment; what is not named is not checked.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// Whether the file's rule fired.
    pub fired: Option<bool>,
    /// What the file's rule gave.
    pub points: Option<i64>,
    /// The ids of the events behind the file's rule, in any order.
    pub evidence: Option<Vec<String>>,
    /// The ids of all rules that fired, in any order.
    pub findings: Option<Vec<String>>,
    pub score: Option<i64>,
    /// The level that stands: the open warning's, or `none`.
    pub level: Option<Level>,
    /// The last step since the expectation before: `opened`, `escalated`, `eased`, `resolved`, `withdrawn`, or `none`
    /// when nothing may have happened.
    pub lifecycle: Option<String>,
    /// When the open warning's action is due.
    pub due_at: Option<toml::value::Datetime>,
    /// Values of features; `"unknown"` for an unknown one.
    #[serde(default)]
    pub features: BTreeMap<String, toml::Value>,
    /// Whether the score says that it may be too low.
    pub degraded: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    rule: String,
    #[serde(rename = "case")]
    cases: Vec<RawCase>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCase {
    name: Spanned<String>,
    kind: Vec<CaseKind>,
    #[serde(default = "yes")]
    registered: bool,
    operator: Spanned<toml::Table>,
    timeline: Vec<Spanned<toml::Table>>,
}

fn yes() -> bool {
    true
}

/// Reads every `*.toml` below a folder, in the order of paths.
///
/// # Errors
/// Every problem of every file.
pub fn load(folder: &Path) -> Result<Vec<CaseFile>, Diagnostics> {
    let mut paths = Vec::new();
    let mut problems = Diagnostics::default();
    collect(folder, &mut paths, &mut problems);
    paths.sort();
    let mut files = Vec::new();
    for path in paths {
        match read(&path) {
            Ok(file) => files.push(file),
            Err(found) => problems.extend(found),
        }
    }
    problems.into_result(files)
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>, problems: &mut Diagnostics) {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            let message = format!("the folder cannot be read: {error}");
            return problems.push(Diagnostic::file("case/unreadable", folder, message));
        }
    };
    for path in entries.filter_map(Result::ok).map(|entry| entry.path()) {
        if path.is_dir() {
            collect(&path, paths, problems);
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            paths.push(path);
        }
    }
}

fn read(path: &Path) -> Result<CaseFile, Diagnostics> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Diagnostic::file("case/unreadable", path, format!("the file cannot be read: {error}")))?;
    let raw: RawFile = toml::from_str(&text).map_err(|error| {
        Diagnostic::at("case/form", path, &text, error.span().unwrap_or_default(), error.message().to_owned())
    })?;
    let reader = Reader { path, text: &text };
    let mut problems = Diagnostics::default();
    let mut cases = Vec::new();
    for case in raw.cases {
        match reader.case(case) {
            Ok(case) => cases.push(case),
            Err(problem) => problems.push(problem),
        }
    }
    problems.into_result(CaseFile { path: path.to_owned(), rule: raw.rule, cases })
}

/// Turns spanned TOML into cases, with the file at hand for messages.
struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
}

impl Reader<'_> {
    fn refuse(&self, span: std::ops::Range<usize>, message: impl Into<String>) -> Diagnostic {
        Diagnostic::at("case/form", self.path, self.text, span, message)
    }

    fn line(&self, span: &std::ops::Range<usize>) -> usize {
        self.text[..span.start.min(self.text.len())].matches('\n').count() + 1
    }

    fn case(&self, raw: RawCase) -> Result<Case, Diagnostic> {
        let operator_span = raw.operator.span();
        let operator = fields(raw.operator.into_inner());
        if !operator.get("operator_id").is_some_and(Value::is_string) {
            return Err(self.refuse(operator_span, "`operator` needs an `operator_id`"));
        }
        let mut timeline: Vec<Entry> = Vec::new();
        for raw_entry in raw.timeline {
            let span = raw_entry.span();
            let entry = self.entry(raw_entry)?;
            if timeline.last().is_some_and(|before| before.at > entry.at) {
                return Err(self
                    .refuse(span, "the entries of a timeline go forward in time")
                    .with_help("an event that happened earlier says so in its own `occurred_at`"));
            }
            timeline.push(entry);
        }
        let name_span = raw.name.span();
        if !timeline.iter().any(|entry| matches!(entry.what, What::Expect(_))) {
            return Err(self
                .refuse(name_span, "the case expects nothing, so it could never fail")
                .with_help("end the timeline with `{ at = …, expect = { fired = true } }`"));
        }
        let line = self.line(&name_span);
        let name = raw.name.into_inner();
        Ok(Case { name, line, kinds: raw.kind, operator, registered: raw.registered, timeline })
    }

    fn entry(&self, raw: Spanned<toml::Table>) -> Result<Entry, Diagnostic> {
        let span = raw.span();
        let line = self.line(&span);
        let mut table = raw.into_inner();
        let Some(toml::Value::Datetime(at)) = table.remove("at") else {
            return Err(
                self.refuse(span, "an entry needs `at`, a date and time with an offset like 2026-03-02T02:10:00+08:00")
            );
        };
        let at = timestamp(&at).map_err(|message| self.refuse(span.clone(), message))?;
        let mut rest = table.into_iter();
        let (Some((key, value)), None) = (rest.next(), rest.next()) else {
            return Err(self.refuse(span, "an entry has `at` and exactly one of `expect` or an event of a source"));
        };
        let what = match (key.as_str(), value) {
            ("expect", value) => {
                let expectation =
                    value.try_into().map_err(|error: toml::de::Error| self.refuse(span, error.message()))?;
                What::Expect(Box::new(expectation))
            }
            (_, toml::Value::Table(event)) => What::Event { source: key, fields: fields(event) },
            _ => return Err(self.refuse(span, format!("`{key}` must be a table of fields"))),
        };
        Ok(Entry { at, line, what })
    }
}

/// A TOML date and time as an instant.
pub(super) fn timestamp(given: &toml::value::Datetime) -> Result<Timestamp, String> {
    given
        .to_string()
        .parse()
        .map_err(|_| format!("`{given}` is not a date and time with an offset like 2026-03-02T02:10:00+08:00"))
}

fn fields(table: toml::Table) -> serde_json::Map<String, Value> {
    table.into_iter().map(|(name, value)| (name, json(value))).collect()
}

/// TOML as JSON; dates and times become text.
pub(super) fn json(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => Value::String(text),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Float(number) => number.into(),
        toml::Value::Boolean(truth) => truth.into(),
        toml::Value::Datetime(time) => Value::String(time.to_string()),
        toml::Value::Array(items) => items.into_iter().map(json).collect(),
        toml::Value::Table(table) => Value::Object(fields(table)),
    }
}

/// An expected feature as the engine has it.
pub(super) fn feature_value(expected: &toml::Value) -> Option<FeatureValue> {
    Some(match expected {
        toml::Value::String(text) if text == "unknown" => FeatureValue::Unknown,
        toml::Value::String(text) => FeatureValue::Text(text.clone()),
        toml::Value::Integer(number) => FeatureValue::Int(*number),
        toml::Value::Float(number) => FeatureValue::Float(*number),
        toml::Value::Boolean(truth) => FeatureValue::Bool(*truth),
        _ => return None,
    })
}
