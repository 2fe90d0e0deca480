//! The keys of the file.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::SignedDuration;
use serde::Deserialize;
use toml::Spanned;
use yujing_base::diagnostic::authored::{self, Codes};
use yujing_base::diagnostic::{Diagnostic, Diagnostics};
use yujing_base::language::Bilingual;
use yujing_core::rule::Level;
use yujing_core::warning::Step;

use super::EmailSecurity;

const CODES: Codes = Codes { syntax: "notify/syntax", unknown_key: "notify/unknown-key" };

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawFile {
    pub(super) default: Spanned<Vec<String>>,
    pub(super) always: Option<Spanned<Vec<String>>>,
    pub(super) link: Option<Spanned<String>>,
    pub(super) proxy: Option<Spanned<String>>,
    pub(super) retry: Option<Spanned<RawRetry>>,
    #[serde(default)]
    pub(super) channels: BTreeMap<String, Spanned<RawChannel>>,
    #[serde(default, rename = "route")]
    pub(super) routes: Vec<Spanned<RawRoute>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRetry {
    pub(super) first: Option<SignedDuration>,
    pub(super) longest: Option<SignedDuration>,
    pub(super) give_up_after: Option<SignedDuration>,
}

/// All keys of all kinds of channels.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawChannel {
    pub(super) kind: RawKind,
    pub(super) language: Option<RawLanguage>,
    pub(super) per_minute: Option<u32>,
    pub(super) timeout: Option<SignedDuration>,
    pub(super) url: Option<String>,
    pub(super) secret: Option<String>,
    pub(super) host: Option<String>,
    pub(super) port: Option<u16>,
    pub(super) security: Option<EmailSecurity>,
    pub(super) username: Option<String>,
    pub(super) password: Option<String>,
    pub(super) from: Option<String>,
    pub(super) to: Option<Vec<String>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum RawKind {
    Cloudevents,
    Wecom,
    Dingtalk,
    Feishu,
    Email,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum RawLanguage {
    Zh,
    En,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRoute {
    #[serde(default)]
    pub(super) posts: Vec<String>,
    pub(super) least_level: Option<Level>,
    #[serde(default)]
    pub(super) steps: Vec<Step>,
    pub(super) channels: Vec<String>,
}

/// Reads the keys; `shown` is the text without secrets.
pub(super) fn parse(path: &Path, text: &str, shown: &str) -> Result<RawFile, Diagnostics> {
    toml::from_str(text).map_err(|error| {
        let span = error.span().unwrap_or_default();
        // What the parser says of a value may quote it; of a key it names the whole table.
        let is_of_a_value = error.message().starts_with("invalid ");
        let is_hidden = shown.get(span.clone()).is_some_and(|part| part.contains('*'));
        let mut described = if is_of_a_value && is_hidden {
            let message = Bilingual::new("此处的值应为带引号的文本", "the value here is a text in quotation marks");
            Diagnostic::at(CODES.syntax, path, shown, span, message)
        } else {
            authored::problem(path, shown, shown, CODES, &error)
        };
        described.detail = None;
        described.into()
    })
}
