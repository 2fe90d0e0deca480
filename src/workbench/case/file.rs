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

use std::ops::Range;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use toml::Spanned;
use yujing_base::diagnostic::authored::{self, Codes, find_word};
use yujing_base::diagnostic::text::MAX_TOML_BYTES;
use yujing_base::diagnostic::{Diagnostic, Diagnostics};
use yujing_base::files::Tree;
use yujing_base::language::{Bilingual, say};
use yujing_core::ruleset::files::{decode, named};

use super::expect::{Expectation, RawExpectation, timestamp};
use crate::rules_folder::read_bounded;

/// What a case shows of its rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
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

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Positive => "positive",
            Self::Negative => "negative",
            Self::Boundary => "boundary",
            Self::Retraction => "retraction",
        }
    }
}

/// One file: cases of one rule.
#[derive(Debug, Clone)]
pub struct CaseFile {
    pub path: PathBuf,
    pub text: String,
    pub rule: String,
    /// Where the rule is named.
    pub rule_span: Range<usize>,
    pub cases: Vec<Case>,
}

/// A timeline of one operator.
#[derive(Debug, Clone)]
pub struct Case {
    pub name: String,
    /// Where the name stands.
    pub span: Range<usize>,
    pub line: usize,
    pub kinds: Vec<CaseKind>,
    /// Fields of the operator's reference row that differ from the first valid example; `operator_id` is always there.
    pub operator: Map<String, Value>,
    pub operator_span: Range<usize>,
    /// Whether the reference source knows the operator.
    pub registered: bool,
    /// At least one entry.
    pub timeline: Vec<Entry>,
}

impl Case {
    pub fn operator_id(&self) -> &str {
        self.operator.get("operator_id").and_then(Value::as_str).unwrap_or_default()
    }
}

/// One entry of a timeline.
#[derive(Debug, Clone)]
pub struct Entry {
    pub at: Timestamp,
    pub span: Range<usize>,
    pub line: usize,
    pub kind: EntryKind,
}

/// What happens at an entry.
#[derive(Debug, Clone)]
pub enum EntryKind {
    /// An event of a source, with the fields that matter.
    Event {
        source: String,
        fields: Map<String, Value>,
    },
    Expect(Box<Expectation>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    rule: Spanned<String>,
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
    let tree =
        Tree::walk(folder, |place| Path::new(place).extension().is_some_and(|ending| ending == "toml"), |_| true);
    let tree = tree.map_err(|error| Diagnostic::unreadable(folder, &error.into()))?;
    let bytes = read_bounded(folder, &tree, |_| MAX_TOML_BYTES)?;
    parse(&named(folder, &decode(folder, &bytes)?))
}

/// Reads the texts of case files.
///
/// # Errors
/// Every problem of every file.
pub fn parse(texts: &[(PathBuf, String)]) -> Result<Vec<CaseFile>, Diagnostics> {
    let mut problems = Diagnostics::default();
    let mut files = Vec::new();
    for (path, text) in texts {
        match read(path, text) {
            Ok(file) => files.push(file),
            Err(found) => problems.extend(found),
        }
    }
    problems.into_result(files)
}

/// Each entry is run in every mode, and time passes between them: more take a reload too long.
const MAX_TIMELINE_ENTRIES: usize = 500;

const CODES: Codes = Codes { syntax: "case/form", unknown_key: "case/form" };

/// Reads the text of one.
pub(super) fn read(path: &Path, text: &str) -> Result<CaseFile, Diagnostics> {
    let raw: RawFile = toml::from_str(text).map_err(|error| authored::problem(path, text, text, CODES, &error))?;
    let reader = Reader { path, text };
    let mut problems = Diagnostics::default();
    let mut cases = Vec::new();
    for case in raw.cases {
        match reader.case(case) {
            Ok(case) => cases.push(case),
            Err(problem) => problems.push(problem),
        }
    }
    let (rule_span, rule) = (raw.rule.span(), raw.rule.into_inner());
    problems.into_result(CaseFile { path: path.to_owned(), text: text.to_owned(), rule, rule_span, cases })
}

/// Turns spanned TOML into cases, with the file at hand for messages.
struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
}

impl Reader<'_> {
    fn refuse(&self, span: Range<usize>, message: impl Into<Bilingual>) -> Diagnostic {
        Diagnostic::at("case/form", self.path, self.text, span, message)
    }

    fn line(&self, span: &Range<usize>) -> usize {
        self.text[..span.start.min(self.text.len())].matches('\n').count() + 1
    }

    fn case(&self, raw: RawCase) -> Result<Case, Diagnostic> {
        let operator_span = raw.operator.span();
        let operator = fields(raw.operator.into_inner());
        if !operator.get("operator_id").is_some_and(Value::is_string) {
            let message = Bilingual::new("`operator` 缺少 `operator_id`", "`operator` needs an `operator_id`");
            return Err(self.refuse(operator_span, message));
        }
        let name_span = raw.name.span();
        let timeline = self.timeline(raw.timeline)?;
        if !timeline.iter().any(|entry| matches!(entry.kind, EntryKind::Expect(_))) {
            return Err(self.expects_nothing(name_span));
        }
        let line = self.line(&name_span);
        Ok(Case {
            name: raw.name.into_inner(),
            span: name_span,
            line,
            kinds: raw.kind,
            operator,
            operator_span,
            registered: raw.registered,
            timeline,
        })
    }

    fn timeline(&self, raw: Vec<Spanned<toml::Table>>) -> Result<Vec<Entry>, Diagnostic> {
        if let Some(beyond) = raw.get(MAX_TIMELINE_ENTRIES) {
            let message = say!(
                "用例的经过超过 {MAX_TIMELINE_ENTRIES} 项",
                "the timeline of the case has more than {MAX_TIMELINE_ENTRIES} entries"
            );
            let help = Bilingual::new(
                "用例应当一眼看懂：请拆成几个，大量数据请用 yujing replay",
                "a case is read at a glance: make several of it, and use `yujing replay` for much data",
            );
            let found = Diagnostic::at("case/too-long", self.path, self.text, beyond.span(), message);
            return Err(found.with_help(help));
        }
        let mut timeline: Vec<Entry> = Vec::new();
        for raw_entry in raw {
            let span = raw_entry.span();
            let entry = self.entry(raw_entry)?;
            if timeline.last().is_some_and(|before| before.at > entry.at) {
                let message = Bilingual::new("经过应按时间先后排列", "the entries of a timeline go forward in time");
                let help = Bilingual::new(
                    "发生在先、到达在后的事件，请在事件中写明 `occurred_at`",
                    "an event that happened earlier says so in its own `occurred_at`",
                );
                return Err(self.refuse(span, message).with_help(help));
            }
            timeline.push(entry);
        }
        Ok(timeline)
    }

    fn expects_nothing(&self, name_span: Range<usize>) -> Diagnostic {
        let message =
            Bilingual::new("用例没有任何预期，永远不会不成立", "the case expects nothing, so it could never fail");
        let help = Bilingual::new(
            "请在经过的末尾加上 `{ at = …, expect = { fired = true } }`",
            "end the timeline with `{ at = …, expect = { fired = true } }`",
        );
        self.refuse(name_span, message).with_help(help)
    }

    fn entry(&self, raw: Spanned<toml::Table>) -> Result<Entry, Diagnostic> {
        let span = raw.span();
        let line = self.line(&span);
        let mut table = raw.into_inner();
        let Some(toml::Value::Datetime(at)) = table.remove("at") else {
            let message = Bilingual::new(
                "每一项须写 `at`，即带时区偏移的日期和时刻，如 2026-03-02T02:10:00+08:00",
                "an entry needs `at`, a date and time with an offset like 2026-03-02T02:10:00+08:00",
            );
            return Err(self.refuse(span, message));
        };
        let at = timestamp(&at).map_err(|message| {
            let help = Bilingual::new("写法如 2026-03-02T02:10:00+08:00", "write it like 2026-03-02T02:10:00+08:00");
            self.refuse(span.clone(), message).with_help(help)
        })?;
        let mut rest = table.into_iter();
        let (Some((key, value)), None) = (rest.next(), rest.next()) else {
            let message = Bilingual::new(
                "每一项除 `at` 外，应当恰有一个 `expect` 或者一个数据源的事件",
                "an entry has `at` and exactly one of `expect` or an event of a source",
            );
            return Err(self.refuse(span, message));
        };
        let kind = match (key.as_str(), value) {
            ("expect", value) => {
                let written: RawExpectation =
                    value.try_into().map_err(|error| self.refuse_expectation(&span, &error))?;
                let expectation = Expectation::read(written).map_err(|slip| {
                    let place = find_word(self.text, &span, &slip.word).unwrap_or_else(|| span.clone());
                    self.refuse(place, slip.message).with_help(slip.help)
                })?;
                EntryKind::Expect(Box::new(expectation))
            }
            (_, toml::Value::Table(event)) => EntryKind::Event { source: key, fields: fields(event) },
            _ => {
                let message = say!("`{key}` 应为写有字段的表", "`{key}` must be a table of fields");
                return Err(self.refuse(span, message));
            }
        };
        Ok(Entry { at, span, line, kind })
    }

    /// The key or value that an expectation should not have is shown itself, not the whole entry.
    fn refuse_expectation(&self, entry: &Range<usize>, error: &toml::de::Error) -> Diagnostic {
        let found = authored::problem(self.path, self.text, self.text, CODES, error);
        let named = error.message().split('`').nth(1).unwrap_or_default();
        let span = find_word(self.text, entry, named).unwrap_or_else(|| entry.clone());
        let mut refused = self.refuse(span, found.message);
        (refused.help, refused.detail) = (found.help, found.detail);
        refused
    }
}

fn fields(table: toml::Table) -> Map<String, Value> {
    table.into_iter().map(|(name, value)| (name, json(value))).collect()
}

/// TOML as JSON; dates and times become text.
fn json(value: toml::Value) -> Value {
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
