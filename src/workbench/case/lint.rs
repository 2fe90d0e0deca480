//! What can be said of cases without running them: slips in them, and rules that have none of some kind.

use std::borrow::Borrow;
use std::path::Path;

use yujing_base::diagnostic::{Diagnostic, Diagnostics};
use yujing_base::language::{Bilingual, say};
use yujing_core::ruleset::files::named;
use yujing_core::ruleset::{Files, Ruleset};
use yujing_core::source::Sources;

use super::check::check_names;
use super::checked::CheckedCases;
use super::coverage::{RuleCoverage, coverage};
use super::file::{self, CaseFile, CaseKind};
use super::records::Examples;

/// Reads the cases of a rules folder and checks them against its ruleset and the schemas: how many there are, and what
/// was found.
pub fn lint(folder: &Path, schemas: &Path, sources: &Sources, ruleset: &Ruleset) -> (usize, Diagnostics) {
    let cases = folder.join("cases");
    if !cases.is_dir() {
        return (0, no_cases(&cases).into());
    }
    let files = match file::load(&cases) {
        Ok(files) => files,
        Err(found) => return (0, found),
    };
    let found = match Examples::load(schemas, sources) {
        Ok(examples) => super::check(&files, sources, ruleset, &examples),
        Err(problem) => problem.into(),
    };
    lint_files(&files, found, ruleset)
}

/// The same of the texts of cases, by their path below the folder, of which most were checked before, over the same
/// sources. Those that are in order now are kept.
pub fn lint_texts(
    folder: &Path,
    cases: &Files,
    schemas: &Path,
    ruleset: &Ruleset,
    sources: &Sources,
    checked: &CheckedCases,
) -> (usize, Diagnostics) {
    if cases.is_empty() {
        return (0, no_cases(&folder.join("cases")).into());
    }
    let texts = named(folder, cases);
    let linted = match Examples::load(schemas, sources) {
        Ok(examples) => checked.read(&texts, sources, examples).map(|checked| {
            let mut found = Diagnostics::default();
            for file in &checked {
                found.extend(check_names(&file.file, ruleset));
                found.extend(file.slips.clone());
            }
            let files: Vec<&CaseFile> = checked.iter().map(|file| &file.file).collect();
            lint_files(&files, found, ruleset)
        }),
        Err(problem) => file::parse(&texts).map(|files| lint_files(&files, problem.into(), ruleset)),
    };
    linted.unwrap_or_else(|found| (0, found))
}

fn no_cases(folder: &Path) -> Diagnostic {
    let message = Bilingual::new("没有用例文件夹", "there is no folder of cases");
    let help = Bilingual::new(
        "每条规则都应在 cases/ 下有用例，说明何时触发、何时不触发",
        "every rule needs cases below cases/ that show when it fires and when not",
    );
    Diagnostic::file("rule/no-case", folder, message).with_help(help)
}

/// How many cases there are, and what more is found than was before.
fn lint_files(files: &[impl Borrow<CaseFile>], mut found: Diagnostics, ruleset: &Ruleset) -> (usize, Diagnostics) {
    for (rule, shown) in ruleset.rules.list().iter().zip(coverage(files, ruleset)) {
        if !shown.lacks.is_empty() {
            found.push(lacking_cases(ruleset, &rule.file, &shown));
        }
    }
    let files = files.iter().map(Borrow::borrow);
    found.0.extend(files.clone().flat_map(|file| only_claimed(file).0));
    (files.map(|file| file.cases.len()).sum(), found)
}

fn lacking_cases(ruleset: &Ruleset, file: &Path, shown: &RuleCoverage) -> Diagnostic {
    let kinds = listed(&shown.lacks);
    let id = &shown.rule;
    let message = Bilingual::new(format!("缺少{}的用例", kinds.zh), format!("no case shows: {}", kinds.en));
    let help = say!(
        "请在 cases/ 下为规则 `{id}` 补充用例，在 kind 中写明种类",
        "add one for `{id}` below cases/ and name its kind"
    );
    ruleset.at_id(file, "rule/no-case", message).with_help(help)
}

/// Cases that say of themselves more than their timeline shows: they would count for what they do not prove.
fn only_claimed(file: &CaseFile) -> Diagnostics {
    let mut found = Diagnostics::default();
    for case in &file.cases {
        let claimed: Vec<CaseKind> =
            case.kinds.iter().copied().filter(|kind| !super::coverage::shows(case, *kind)).collect();
        if claimed.is_empty() {
            continue;
        }
        let kinds = listed(&claimed);
        let message = Bilingual::new(
            format!("用例标注为{}，但经过中并未体现", kinds.zh),
            format!("the case says of itself: {}; its story does not show it", kinds.en),
        );
        let help = Bilingual::new(
            "触发、不触发和临界须写明规则触发与否，撤回须有撤回或者更正且此后规则不触发，或者分值低于此前；否则请改正 kind",
            "say whether the rule fires; a retraction takes something back and then the rule does not fire, or gives fewer points; else mend `kind`",
        );
        found.push(Diagnostic::at("case/kind", &file.path, &file.text, case.span.clone(), message).with_help(help));
    }
    found
}

fn listed(kinds: &[CaseKind]) -> Bilingual {
    let word = |kind: &CaseKind| match kind {
        CaseKind::Positive => ("触发", "positive"),
        CaseKind::Negative => ("不触发", "negative"),
        CaseKind::Boundary => ("临界", "boundary"),
        CaseKind::Retraction => ("撤回", "retraction"),
    };
    let (zh, en): (Vec<_>, Vec<_>) = kinds.iter().map(word).unzip();
    Bilingual::new(zh.join("、"), en.join(", "))
}
