//! The `//!` block on top of a rule: TOML that says what the rule is, who answers for it and what law it rests on.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Deadline, Family};
use yujing_base::diagnostic::authored::{self, Codes};
use yujing_base::diagnostic::suggest::{did_you_mean, listed};
use yujing_base::diagnostic::{Diagnostic, Diagnostics};
pub use yujing_base::language::Bilingual;
use yujing_base::language::say;

/// What every line of the block begins with.
const MARK: &str = "//!";
const CODES: Codes = Codes { syntax: "rule/metadata", unknown_key: "rule/metadata" };

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
    /// Whether a finding of the rule is published as a step of its own while a warning is open. Left out: only if the
    /// rule sets a level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub added: Option<bool>,
}

impl Metadata {
    /// Whether `day` (Asia/Shanghai) lies within the rule's days in force, both ends included.
    pub fn covers(&self, day: Date) -> bool {
        self.effective_from <= day && self.effective_to.is_none_or(|last| day <= last)
    }

    /// Whether any day from `first` to `last` lies within them.
    pub fn covers_any(&self, first: Date, last: Date) -> bool {
        self.effective_from <= last && self.effective_to.is_none_or(|end| first <= end)
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

    /// Earlier and later years are slips of the pen: no rule was in force before, and none is made for so long.
    const YEARS: std::ops::Range<i16> = 1949..2200;

    pub(super) fn parse<E: serde::de::Error>(given: &Given) -> Result<Date, E> {
        let text = match given {
            Given::Toml(date) => date.to_string(),
            Given::Text(text) => text.clone(),
        };
        // A date with a time of day would be read as its date.
        let date = text.parse::<Date>().ok().filter(|date| date.to_string() == text && YEARS.contains(&date.year()));
        date.ok_or_else(|| E::custom(format!("`{text}` is not a date like 2026-01-01")))
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
        let message = Bilingual::new("规则应以 `//!` 信息头开头", "a rule begins with its `//!` block");
        let help = Bilingual::new(
            "在文件开头逐行写 `//! id = \"…\"` 等项，各行之间不得有其他行",
            "put lines like `//! id = \"…\"` on top of the file, without a line between them",
        );
        return Err(Diagnostic::at_position("rule/metadata", file, text, 1, 1, message).with_help(help).into());
    }
    // Spaces instead of marks leave every place where it is in the file.
    let toml_text: String =
        text[block.clone()].split_inclusive('\n').map(|line| line.replacen(MARK, &" ".repeat(MARK.len()), 1)).collect();
    let metadata: Metadata =
        toml::from_str(&toml_text).map_err(|error| toml_problem(file, text, &toml_text, &block, &error))?;
    let mut check = Check { file, text, block, problems: Diagnostics::default() };
    check.id(&metadata.id);
    check.texts(&metadata);
    check.basis(&metadata.basis);
    check.family(&metadata.family, families);
    check.days(&metadata);
    check.problems.into_result(metadata)
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
    // An error about the block as a whole is placed at its start, before any key.
    let is_about_a_key = error.span().is_some_and(|span| span.start >= MARK.len());
    if let Some(cut_off) = cut_off_line(text, block.end).filter(|_| !is_about_a_key) {
        let message =
            Bilingual::new("此行与开头的 `//!` 信息头断开了", "this line is cut off from the `//!` block on top");
        let help = Bilingual::new(
            "信息头各行之间不得有其他行；其中的注释写作 `//! # …`",
            "leave no other line between the lines of the block; comments within it are `//! # …`",
        );
        return Diagnostic::at("rule/metadata", file, text, cut_off, message).with_help(help).into();
    }
    let mut found = match Deadline::refusal(error.message()) {
        Some(message) => Diagnostic::at(CODES.syntax, file, text, error.span().unwrap_or(0..0), message),
        None => authored::problem(file, text, toml_text, CODES, error),
    };
    if !is_about_a_key {
        let first_line = 0..text[block.clone()].lines().next().map_or(0, str::len);
        let help = Bilingual::new(
            "规则须有 id、title、family、status、owner、effective_from、basis、action、deadline；effective_to、added 可不填",
            "every rule has id, title, family, status, owner, effective_from, basis, action and deadline; effective_to and \
             added may follow",
        );
        found = Diagnostic::at(found.code, file, text, first_line, found.message).with_help(help);
    } else if found.help.is_none() && error.message().starts_with("missing field") {
        found.help = Some(Bilingual::new(
            "文本须有 zh、en；依据须有 law、article、confirmed",
            "texts have zh and en, a basis has law, article and confirmed",
        ));
    }
    found.into()
}

/// A check of metadata that reads as TOML.
struct Check<'a> {
    file: &'a Path,
    text: &'a str,
    block: Range<usize>,
    problems: Diagnostics,
}

impl Check<'_> {
    /// A problem at a key of the block.
    fn problem(&mut self, key: &str, code: &'static str, message: Bilingual, help: Bilingual) {
        let span = key_span(&self.text[self.block.clone()], key);
        self.problems.push(Diagnostic::at(code, self.file, self.text, span, message).with_help(help));
    }

    fn id(&mut self, id: &str) {
        if !is_identifier(id) {
            self.problem(
                "id",
                "rule/metadata",
                say!("`{id}` 不能作 id", "`{id}` is not an id"),
                Bilingual::new(
                    "id 由小写字母、数字和 `_` 组成，以字母开头",
                    "lower-case letters, digits and `_`, beginning with a letter",
                ),
            );
        } else if self.file.file_stem().is_none_or(|stem| stem != id) {
            self.problem(
                "id",
                "rule/file-name",
                say!("id `{id}` 与文件名不一致", "the id `{id}` is not the file's name"),
                say!("请将文件命名为 `{id}.rhai`，或者改 id", "name the file `{id}.rhai` or change the id"),
            );
        }
    }

    fn texts(&mut self, metadata: &Metadata) {
        let texts = [
            ("owner", &metadata.owner),
            ("title", &metadata.title.zh),
            ("title", &metadata.title.en),
            ("action", &metadata.action.zh),
            ("action", &metadata.action.en),
        ];
        for (key, value) in texts {
            if value.trim().is_empty() {
                let help = Bilingual::new("预警中要显示，请填写", "warnings show it: write it out");
                self.problem(key, "rule/metadata", say!("`{key}` 为空", "`{key}` is empty"), help);
            }
        }
    }

    fn basis(&mut self, all: &[Basis]) {
        if all.is_empty() {
            let example = "basis = [{ law = \"食品安全法\", article = \"第三十三条\", confirmed = false }]";
            self.problem(
                "basis",
                "rule/metadata",
                Bilingual::new("规则至少要有一项法律依据", "a rule rests on at least one law"),
                Bilingual::from(example),
            );
        }
        if all.iter().any(|basis| basis.law.trim().is_empty() || basis.article.trim().is_empty()) {
            self.problem(
                "basis",
                "rule/metadata",
                Bilingual::new("法律依据须写明名称和条款", "a basis names a law and an article"),
                Bilingual::new(
                    "尚不确定的，先写拟引用的条款，并写 confirmed = false",
                    "while unsure, write the article that you think of and confirmed = false",
                ),
            );
        }
    }

    fn family(&mut self, family: &str, families: &BTreeMap<String, Family>) {
        if !families.contains_key(family) {
            let names = || families.keys().map(String::as_str);
            let help = did_you_mean(family, names()).unwrap_or_else(|| {
                let known = listed(names());
                Bilingual::new(format!("ruleset.toml 中有 {}", known.zh), format!("ruleset.toml has {}", known.en))
            });
            let message = say!("没有类别 `{family}`", "there is no family `{family}`");
            self.problem("family", "rule/unknown-family", message, help);
        }
    }

    fn days(&mut self, metadata: &Metadata) {
        if metadata.effective_to.is_some_and(|last| last < metadata.effective_from) {
            self.problem(
                "effective_to",
                "rule/metadata",
                Bilingual::new("有效期的截止早于起始", "the last day in force lies before the first"),
                Bilingual::new("长期有效的，不填 effective_to", "leave effective_to out for a rule without an end"),
            );
        }
    }
}

/// Whether a name can be an id.
pub(super) fn is_identifier(id: &str) -> bool {
    id.starts_with(|first: char| first.is_ascii_lowercase())
        && id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// The bytes of `key = value` in the block, without the mark; the first line if the key is not there.
pub(crate) fn key_span(block: &str, key: &str) -> Range<usize> {
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

/// Where a text stands in the `//!` block, with its quotation marks.
pub(super) fn text_span(text: &str, value: &str) -> Option<Range<usize>> {
    let quoted = format!("\"{value}\"");
    let at = text[block(text)].find(&quoted)?;
    Some(at..at + quoted.len())
}
