//! Rules as somebody writes them, in memory: what `yujing rules check` and `yujing rules test` say of texts that lie on
//! no disk yet, and what there is to look up in them.
//!
//! - here: the texts, and their check
//! - [`cases`]: how their cases go
//! - [`lookup`]: their catalogue, and the words that may be written in them

pub mod cases;
pub mod lookup;

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use yujing_base::diagnostic::{Diagnostic, Diagnostics};
use yujing_base::language::Bilingual;
use yujing_core::ruleset::{CheckedTexts, Files, Ruleset};
use yujing_core::source::Sources;

use crate::case::{self, CheckedCases};
use crate::template::{NewRule, TemplateFile};

/// The texts of a rules folder and its cases, by their path below it.
#[derive(Debug, Clone, Copy)]
pub struct Draft<'a> {
    /// What the folder is called in messages; empty: files are called by their path below it.
    pub folder: &'a Path,
    pub files: &'a Files,
    pub cases: &'a Files,
    /// The folder of schemas, whose examples give the fields that cases leave out.
    pub schemas: &'a Path,
    pub sources: &'a Arc<Sources>,
    /// What is known of the draft before, over the same sources.
    pub checked: &'a CheckedDraft,
}

/// What is known of the texts of the draft that was looked at last, over one and the same sources.
#[derive(Debug, Default)]
pub struct CheckedDraft {
    ruleset: CheckedTexts,
    cases: CheckedCases,
}

/// What a ruleset holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DraftSummary {
    pub rules: usize,
    pub features: usize,
    pub cases: usize,
    /// The content hash.
    pub ruleset: String,
}

/// What the check finds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DraftCheck {
    /// No error; warnings do not count.
    pub ok: bool,
    pub diagnostics: Vec<Value>,
    /// None: it does not build.
    pub summary: Option<DraftSummary>,
}

impl Draft<'_> {
    /// The check of `yujing rules check`, on a day of the office.
    pub fn check(&self, now: Timestamp) -> DraftCheck {
        match self.build() {
            Ok(ruleset) => self.check_of(&ruleset, now),
            Err(found) => DraftCheck { ok: false, diagnostics: diagnostics(&found), summary: None },
        }
    }

    fn check_of(&self, ruleset: &Ruleset, now: Timestamp) -> DraftCheck {
        let (cases, found) =
            case::lint_texts(self.folder, self.cases, self.schemas, ruleset, self.sources, &self.checked.cases);
        let found = ruleset.warnings_with(found, ruleset.day_of(now));
        let summary = DraftSummary {
            rules: ruleset.rules.list().len(),
            features: ruleset.features.catalogue().len(),
            cases,
            ruleset: ruleset.hash.clone(),
        };
        DraftCheck { ok: !found.has_errors(), diagnostics: diagnostics(&found), summary: Some(summary) }
    }

    /// A rule to begin with, and its cases.
    ///
    /// # Errors
    /// Why it cannot be begun; if the draft itself does not build, what the check finds first.
    pub fn begin(&self, new: &NewRule, now: Timestamp) -> Result<[TemplateFile; 2], Bilingual> {
        let ruleset = self.build().map_err(|found| {
            let first = found.bounded().0.into_iter().next().map(|first| first.message);
            first.unwrap_or_else(|| Bilingual::new("规则文件有问题", "the files of rules are not in order"))
        })?;
        new.files(self.folder, &ruleset, now)
    }

    fn build(&self) -> Result<Ruleset, Diagnostics> {
        Ruleset::from_changed_files(self.folder, self.files.clone(), self.sources, &self.checked.ruleset)
    }
}

/// Findings as editors take them: with `path` and `hint`, at most as many as people are shown.
pub fn diagnostics(found: &Diagnostics) -> Vec<Value> {
    found.bounded().0.iter().map(diagnostic).collect()
}

fn diagnostic(found: &Diagnostic) -> Value {
    let mut shown = match serde_json::to_value(found) {
        Ok(Value::Object(shown)) => shown,
        _ => Map::new(),
    };
    let path = shown.remove("file").filter(|file| file.as_str().is_some_and(|name| !name.is_empty()));
    let hint = shown.remove("help");
    shown.insert("path".to_owned(), path.unwrap_or_default());
    shown.insert("hint".to_owned(), hint.unwrap_or_default());
    Value::Object(shown)
}

#[cfg(test)]
#[path = "draft_tests.rs"]
mod tests;
