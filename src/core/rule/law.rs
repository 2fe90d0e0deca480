//! `rules/laws.toml`: the laws, rules and standards that rules may rest on, with their days in force. Analysts keep it
//! as they keep the calendar: what nobody has compared with the text in force is marked.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::civil::Date;
use serde::Deserialize;
use toml::Spanned;
use toml::value::Datetime;
use yujing_base::diagnostic::authored::{Authored, Codes};
use yujing_base::diagnostic::suggest::did_you_mean;
use yujing_base::diagnostic::{Diagnostic, Diagnostics};
use yujing_base::language::{Bilingual, say};

use super::metadata::{self, Metadata};

const CODES: Codes = Codes { syntax: "laws/syntax", unknown_key: "laws/unknown-key" };

/// When a law is in force, as far as somebody has written it down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Law {
    /// First day in force.
    pub from: Option<Date>,
    /// Last day in force.
    pub to: Option<Date>,
    /// Where the days come from.
    pub source: String,
    /// `false` until somebody has compared the days with the text.
    pub confirmed: bool,
}

/// The laws that rules may rest on, by the name that rules write.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Laws(pub BTreeMap<String, Law>);

impl Laws {
    /// Reads and checks `laws.toml`; `file` for messages.
    ///
    /// # Errors
    /// The first problem of syntax or shape, otherwise every problem, with line and column.
    pub fn read(file: &Path, text: &str) -> Result<Self, Diagnostics> {
        let (mut authored, content) = Authored::read::<File>(file, text, CODES)?;
        let mut laws = BTreeMap::new();
        for given in content.law {
            let mut day = |given: &Option<Spanned<Datetime>>| day(given.as_ref(), "laws/date", &mut authored);
            let (from, to) = (day(&given.effective_from), day(&given.effective_to));
            if let (Some(from), Some(to), Some(place)) = (from, to, &given.effective_to)
                && to < from
            {
                let message = say!("{to} 失效，早于 {from} 施行", "it ends on {to}, before it begins on {from}");
                let help =
                    Bilingual::new("仍在施行的，不填 effective_to", "leave effective_to out while it is in force");
                authored.report("laws/order", place.span(), message, help);
            }
            let (span, name) = (given.name.span(), given.name.into_inner());
            let law = Law { from, to, source: given.source, confirmed: given.confirmed };
            if laws.insert(name.clone(), law).is_some() {
                let message = say!("“{name}”列了两次", "`{name}` is listed twice");
                authored.report("laws/duplicate", span, message, Bilingual::new("请保留一处", "keep one"));
            }
        }
        authored.diagnostics.into_result(Self(laws))
    }

    /// Warnings about what a rule's basis says, given the rule's file and text.
    pub(super) fn check(&self, file: &Path, text: &str, metadata: &Metadata) -> Diagnostics {
        let mut found = Diagnostics::default();
        for basis in &metadata.basis {
            let name = &basis.law;
            let span = metadata::text_span(text, name).unwrap_or_else(|| metadata::key_span(text, "basis"));
            if let Some((message, help)) = self.unlisted(name) {
                found.push(Diagnostic::at("rule/unlisted-law", file, text, span, message).with_help(help));
                continue;
            }
            if let Some((message, help)) = self.0.get(name).and_then(|law| outside(metadata, law)) {
                found.push(Diagnostic::at("rule/law-dates", file, text, span, message).with_help(help));
            }
        }
        found
    }

    /// What is wrong with a name that is not listed, and what to do; nothing if it is.
    pub(super) fn unlisted(&self, name: &str) -> Option<(Bilingual, Bilingual)> {
        if self.0.contains_key(name) {
            return None;
        }
        let help = did_you_mean(name, self.0.keys().map(String::as_str)).unwrap_or_else(|| {
            Bilingual::new(
                "名称应与 laws.toml 一致；新的依据请先列入 laws.toml",
                "write its name as laws.toml does, or list it there first",
            )
        });
        Some((say!("laws.toml 未列“{name}”", "laws.toml does not list `{name}`"), help))
    }
}

/// What is wrong if a rule is in force when its law is not.
fn outside(metadata: &Metadata, law: &Law) -> Option<(Bilingual, Bilingual)> {
    let unconfirmed = if law.confirmed { ("", "") } else { ("（日期待核）", " (day not confirmed)") };
    let (mark_zh, mark_en) = unconfirmed;
    if let Some(from) = law.from.filter(|from| metadata.effective_from < *from) {
        let begins = metadata.effective_from;
        return Some((
            say!(
                "规则自 {begins} 起生效，而该依据 {from} 起施行{mark_zh}",
                "the rule is in force from {begins}, the law only from {from}{mark_en}"
            ),
            say!("请将 effective_from 改为 {from} 或者以后", "let effective_from be {from} or later"),
        ));
    }
    let to = law.to.filter(|to| metadata.effective_to.is_none_or(|last| last > *to))?;
    Some((
        say!("该依据施行至 {to}{mark_zh}，规则此后仍在生效", "the law ends on {to}{mark_en}, the rule goes on"),
        say!("请写 effective_to = {to}，或者改引现行依据", "write effective_to = {to}, or cite what is in force now"),
    ))
}

/// A day without a time; what is no such is reported under a code.
pub(super) fn day(given: Option<&Spanned<Datetime>>, code: &'static str, authored: &mut Authored<'_>) -> Option<Date> {
    let given = given?;
    let text = given.get_ref().to_string();
    match text.parse::<Date>() {
        Ok(date) if given.get_ref().time.is_none() => Some(date),
        _ => {
            let message = say!("`{text}` 不是日期", "`{text}` is not a date");
            let help = Bilingual::new("写法如 2026-01-01", "write it like 2026-01-01");
            authored.report(code, given.span(), message, help);
            None
        }
    }
}

/// `laws.toml` as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    law: Vec<Given>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    name: Spanned<String>,
    effective_from: Option<Spanned<Datetime>>,
    effective_to: Option<Spanned<Datetime>>,
    source: String,
    confirmed: bool,
}
