//! The `//!` block on top of a rule: TOML that says what the rule is, who answers for it and what law it rests on.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::code;
use super::suggest::did_you_mean;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::warning::{Deadline, Family};

/// What every line of the block begins with.
const MARK: &str = "//!";

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
    /// At least one.
    pub basis: Vec<Basis>,
    pub action: Bilingual,
    pub deadline: Deadline,
}

impl Metadata {
    /// Whether `day` (Asia/Shanghai) lies within the rule's days in force, both ends included.
    pub fn covers(&self, day: Date) -> bool {
        self.effective_from <= day && self.effective_to.is_none_or(|last| day <= last)
    }
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

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde's `with` asks for")]
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

    #[expect(
        clippy::ref_option,
        clippy::trivially_copy_pass_by_ref,
        reason = "the signature that serde's `with` asks for"
    )]
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

/// Reads and checks the block on top of a rule's `text`.
pub(super) fn read(file: &Path, text: &str, families: &BTreeMap<String, Family>) -> Result<Metadata, Diagnostics> {
    let block = block(text);
    if block.is_empty() {
        let problem = Diagnostic::at_position("rule/metadata", file, text, 1, 1, "a rule begins with its `//!` block")
            .with_help("put lines like `//! id = \"…\"` on top of the file, without a line between them");
        return Err(problem.into());
    }
    // Spaces instead of marks leave every place where it is in the file.
    let toml_text: String =
        text[block.clone()].split_inclusive('\n').map(|line| line.replacen(MARK, &" ".repeat(MARK.len()), 1)).collect();
    let metadata: Metadata =
        toml::from_str(&toml_text).map_err(|error| toml_problem(file, text, &toml_text, &block, &error))?;
    let problems = check(file, text, &block, &metadata, families);
    problems.into_result(metadata)
}

/// The bytes of the unbroken block of `//!` lines at the start of the text.
fn block(text: &str) -> Range<usize> {
    let end = text.split_inclusive('\n').take_while(|line| line.trim_start().starts_with(MARK)).map(str::len).sum();
    0..end
}

/// The first `//!` line below the block.
fn cut_off_line(text: &str, block_end: usize) -> Option<Range<usize>> {
    let mut start = block_end;
    for line in text[block_end..].split_inclusive('\n') {
        if line.trim_start().starts_with(MARK) {
            return Some(start..start + line.trim_end().len());
        }
        start += line.len();
    }
    None
}

fn toml_problem(
    file: &Path,
    text: &str,
    toml_text: &str,
    block: &Range<usize>,
    error: &toml::de::Error,
) -> Diagnostics {
    let message = error.message().lines().next().unwrap_or_default().to_owned();
    // An error about the block as a whole is placed at its start, before any key.
    let place = error.span().filter(|span| span.start >= MARK.len());
    let is_nested = place.is_some();
    let span = place.unwrap_or(0..text[block.clone()].lines().next().map_or(0, str::len));
    if let Some(cut_off) = cut_off_line(text, block.end).filter(|_| !is_nested) {
        let message = "this line is cut off from the `//!` block on top";
        return Diagnostic::at("rule/metadata", file, text, cut_off, message)
            .with_help("leave no other line between the lines of the block; comments within it are `//! # …`")
            .into();
    }
    let line = text[..span.start].matches('\n').count() + 1;
    let punctuation = code::chinese_punctuation(file, text, toml_text);
    if let Some(problem) = punctuation.0.into_iter().find(|problem| problem.position.is_some_and(|at| at.0 == line)) {
        return problem.into();
    }
    let help = if is_nested && message.starts_with("missing field") {
        "texts have zh and en, a basis has law, article and confirmed"
    } else if message.starts_with("missing field") {
        "every rule has id, title, family, status, owner, effective_from, basis, action and deadline; effective_to may follow"
    } else if message.starts_with("unknown field") && message.contains("`family`") {
        "a rule has id, title, family, status, owner, effective_from, effective_to, basis, action and deadline"
    } else if message.starts_with("unknown") {
        "only the names listed exist here"
    } else if message.contains("date") {
        "a date of the calendar, without quotation marks: effective_from = 2026-01-01"
    } else {
        "the `//!` block is TOML: name = value, texts between straight quotation marks"
    };
    Diagnostic::at("rule/metadata", file, text, span, message).with_help(help).into()
}

fn check(
    file: &Path,
    text: &str,
    block: &Range<usize>,
    metadata: &Metadata,
    families: &BTreeMap<String, Family>,
) -> Diagnostics {
    let mut problems = Diagnostics::default();
    let mut problem = |key: &str, code: &'static str, message: String, help: String| {
        let span = key_span(&text[block.clone()], key);
        problems.push(Diagnostic::at(code, file, text, span, message).with_help(help));
    };
    if !is_identifier(&metadata.id) {
        problem(
            "id",
            "rule/metadata",
            format!("`{}` is not an id", metadata.id),
            "lower-case letters, digits and `_`, beginning with a letter".into(),
        );
    } else if file.file_stem().is_none_or(|stem| stem != metadata.id.as_str()) {
        problem(
            "id",
            "rule/file-name",
            format!("the id `{}` is not the file's name", metadata.id),
            format!("name the file `{}.rhai` or change the id", metadata.id),
        );
    }
    let texts = [
        ("owner", &metadata.owner),
        ("title", &metadata.title.zh),
        ("title", &metadata.title.en),
        ("action", &metadata.action.zh),
        ("action", &metadata.action.en),
    ];
    for (key, value) in texts {
        if value.trim().is_empty() {
            problem(key, "rule/metadata", format!("`{key}` is empty"), "warnings show it: write it out".into());
        }
    }
    if metadata.basis.is_empty() {
        problem(
            "basis",
            "rule/metadata",
            "a rule rests on at least one law".into(),
            "basis = [{ law = \"食品安全法\", article = \"第三十三条\", confirmed = false }]".into(),
        );
    }
    if metadata.basis.iter().any(|basis| basis.law.trim().is_empty() || basis.article.trim().is_empty()) {
        problem(
            "basis",
            "rule/metadata",
            "a basis names a law and an article".into(),
            "while unsure, write the article that you think of and confirmed = false".into(),
        );
    }
    if !families.contains_key(&metadata.family) {
        let names = families.keys().map(String::as_str);
        problem(
            "family",
            "rule/unknown-family",
            format!("there is no family `{}`", metadata.family),
            did_you_mean(&metadata.family, names).unwrap_or_else(|| {
                let known: Vec<_> = families.keys().map(|name| format!("`{name}`")).collect();
                format!("ruleset.toml has {}", known.join(", "))
            }),
        );
    }
    if metadata.effective_to.is_some_and(|last| last < metadata.effective_from) {
        problem(
            "effective_to",
            "rule/metadata",
            "the last day in force lies before the first".into(),
            "leave effective_to out for a rule without an end".into(),
        );
    }
    problems
}

fn is_identifier(id: &str) -> bool {
    id.starts_with(|first: char| first.is_ascii_lowercase())
        && id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// The bytes of `key = value` in the block, without the mark; the first line if the key is not there.
pub(super) fn key_span(block: &str, key: &str) -> Range<usize> {
    let mut start = 0;
    let mut first = 0..0;
    for line in block.split_inclusive('\n') {
        let content = line.trim_end();
        let assignment = content.trim_start().trim_start_matches(MARK).trim_start();
        let span = start + content.len() - assignment.len()..start + content.len();
        if assignment.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with(['=', '.'])) {
            return span;
        }
        if start == 0 {
            first = span;
        }
        start += line.len();
    }
    first
}
