//! What can be said of cases without running them: rules that they name, and rules that have none of some kind.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::file::{self, CaseFile, CaseKind};
use crate::diagnostic::suggest::did_you_mean;
use crate::diagnostic::text::{self, LONGEST_TOML};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::Ruleset;
use crate::language::{Bilingual, say};
use crate::rule::Status;

/// Reads the cases of a rules folder and checks them against its ruleset: how many there are, and what was found.
pub fn lint(folder: &Path, ruleset: &Ruleset) -> (usize, Diagnostics) {
    let cases = folder.join("cases");
    if !cases.is_dir() {
        let message = Bilingual::new("没有用例文件夹", "there is no folder of cases");
        let help = Bilingual::new(
            "每条规则都应在 cases/ 下有用例，说明何时触发、何时不触发",
            "every rule needs cases below cases/ that show when it fires and when not",
        );
        return (0, Diagnostic::file("rule/no-case", &cases, message).with_help(help).into());
    }
    let files = match file::load(&cases) {
        Ok(files) => files,
        Err(found) => return (0, found),
    };
    let mut found = Diagnostics::default();
    let ids: BTreeSet<&str> = ruleset.rules.list().iter().map(|rule| rule.metadata.id.as_str()).collect();
    let mut shown: BTreeMap<&str, BTreeSet<CaseKind>> = BTreeMap::new();
    for file in &files {
        if !ids.contains(file.rule.as_str()) {
            found.push(unknown_rule(file, &ids));
        }
        let kinds = file.cases.iter().flat_map(|case| case.kinds.iter().copied());
        shown.entry(&file.rule).or_default().extend(kinds);
    }
    for rule in ruleset.rules.list() {
        let kinds = shown.get(rule.metadata.id.as_str());
        let lacking: Vec<_> =
            CaseKind::ALL.into_iter().filter(|kind| kinds.is_none_or(|kinds| !kinds.contains(kind))).collect();
        if rule.metadata.status != Status::Retired && !lacking.is_empty() {
            found.push(lacking_cases(ruleset, &rule.file, &rule.metadata.id, &lacking));
        }
    }
    (files.iter().map(|file| file.cases.len()).sum(), found)
}

fn unknown_rule(file: &CaseFile, ids: &BTreeSet<&str>) -> Diagnostic {
    let name = &file.rule;
    let message = say!("没有规则 `{name}`", "there is no rule `{name}`");
    let text = text::read(&file.path, LONGEST_TOML).unwrap_or_default();
    let quoted = format!("\"{name}\"");
    let at = text.find(&quoted).unwrap_or_default();
    let help = did_you_mean(name, ids.iter().copied()).unwrap_or_else(|| {
        Bilingual::new("请写规则的 id，即规则文件名", "write the id of the rule, which is the name of its file")
    });
    Diagnostic::at("case/unknown-rule", &file.path, &text, at..at + quoted.len(), message).with_help(help)
}

fn lacking_cases(ruleset: &Ruleset, file: &Path, id: &str, lacking: &[CaseKind]) -> Diagnostic {
    let word = |kind: &CaseKind| match kind {
        CaseKind::Positive => ("触发", "positive"),
        CaseKind::Negative => ("不触发", "negative"),
        CaseKind::Boundary => ("临界", "boundary"),
        CaseKind::Retraction => ("撤回", "retraction"),
    };
    let (zh, en): (Vec<_>, Vec<_>) = lacking.iter().map(word).unzip();
    let message = Bilingual::new(format!("缺少{}的用例", zh.join("、")), format!("no case shows: {}", en.join(", ")));
    let help = say!(
        "请在 cases/ 下为规则 `{id}` 补充用例，在 kind 中写明种类",
        "add one for `{id}` below cases/ and name its kind"
    );
    ruleset.at_id(file, "rule/no-case", message).with_help(help)
}
