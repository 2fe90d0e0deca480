//! Cases against the ruleset and the schemas: names that nothing has, and events that the engine would refuse. Found
//! before anything runs, at their place in the file.

use std::collections::BTreeSet;
use std::ops::Range;

use yujing_base::diagnostic::authored::find_word;
use yujing_base::diagnostic::suggest::did_you_mean;
use yujing_base::diagnostic::{Diagnostic, Diagnostics};
use yujing_base::language::{Bilingual, say};
use yujing_core::ruleset::Ruleset;
use yujing_core::source::Sources;

use super::events::EventCheck;
use super::expect::Expectation;
use super::file::{CaseFile, EntryKind};
use super::records::Examples;

/// Every slip in the cases that would make them prove something else than they say, or nothing.
pub fn check(files: &[CaseFile], sources: &Sources, ruleset: &Ruleset, examples: &Examples) -> Diagnostics {
    let events = EventCheck::new(sources, examples);
    let mut found = Diagnostics::default();
    for file in files {
        found.extend(check_names(file, ruleset));
        found.extend(events.of(file));
    }
    found
}

/// Names that the ruleset does not have, or that two cases have.
pub(super) fn check_names(file: &CaseFile, ruleset: &Ruleset) -> Diagnostics {
    let mut checker = NameChecker { ruleset, slips: Slips::of(file) };
    checker.rule_exists(&file.rule, &file.rule_span);
    checker.unique_names();
    for entry in file.cases.iter().flat_map(|case| &case.timeline) {
        if let EntryKind::Expect(expected) = &entry.kind {
            checker.expectation(expected, &entry.span);
        }
    }
    checker.slips.found
}

/// What is wrong with a file so far.
pub(super) struct Slips<'a> {
    pub file: &'a CaseFile,
    pub found: Diagnostics,
}

impl<'a> Slips<'a> {
    pub fn of(file: &'a CaseFile) -> Self {
        Self { file, found: Diagnostics::default() }
    }

    pub fn refuse(&mut self, code: &'static str, span: &Range<usize>, message: Bilingual, help: Bilingual) {
        let problem = Diagnostic::at(code, &self.file.path, &self.file.text, span.clone(), message);
        self.found.push(problem.with_help(help));
    }

    /// Where a name stands within an entry, else the entry.
    pub fn place(&self, entry: &Range<usize>, name: &str) -> Range<usize> {
        find_word(&self.file.text, entry, name).unwrap_or_else(|| entry.clone())
    }
}

struct NameChecker<'a> {
    ruleset: &'a Ruleset,
    slips: Slips<'a>,
}

impl NameChecker<'_> {
    fn rule_exists(&mut self, id: &str, span: &Range<usize>) {
        let rules = self.ruleset.rules.list();
        if rules.iter().any(|rule| rule.metadata.id == id) {
            return;
        }
        let known = rules.iter().map(|rule| rule.metadata.id.as_str());
        let help = did_you_mean(id, known).unwrap_or_else(|| {
            Bilingual::new("规则的 id 就是 .rhai 文件的名称", "a rule's id is the name of its .rhai file")
        });
        self.slips.refuse("case/unknown-rule", span, say!("没有规则 `{id}`", "there is no rule `{id}`"), help);
    }

    /// Reports and filters know a case by its name.
    fn unique_names(&mut self) {
        let mut seen = BTreeSet::new();
        for case in &self.slips.file.cases {
            if !seen.insert(&case.name) {
                let name = &case.name;
                let message = say!("本文件有两个用例都叫 `{name}`", "two cases of this file are called `{name}`");
                let help = Bilingual::new("请在名称中写明不同之处", "say in the name what is different about it");
                self.slips.refuse("case/form", &case.span, message, help);
            }
        }
    }

    fn expectation(&mut self, expected: &Expectation, entry: &Range<usize>) {
        let findings = expected.findings.iter().flat_map(|findings| &findings.ids);
        for id in findings.chain(expected.rules.keys()) {
            self.rule_exists(id, &self.slips.place(entry, id));
        }
        for name in expected.features.keys() {
            if self.ruleset.features.index_of(name).is_none() {
                let known = self.ruleset.features.catalogue().iter().map(|feature| feature.name.as_str());
                let help = did_you_mean(name, known).unwrap_or_else(|| {
                    let en = "features are the columns of the files in features/";
                    Bilingual::new("指标是 features/ 中各文件的列", en)
                });
                let message = say!("没有指标 `{name}`", "there is no feature `{name}`");
                self.slips.refuse("case/unknown-feature", &self.slips.place(entry, name), message, help);
            }
        }
    }
}
