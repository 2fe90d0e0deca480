//! Cases against the ruleset and the schemas: names that nothing has, and events that the engine would refuse. Found
//! before anything runs, at their place in the file.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use yujing_base::diagnostic::authored::find_word;
use yujing_base::diagnostic::suggest::did_you_mean;
use yujing_base::diagnostic::{Diagnostic, Diagnostics};
use yujing_base::language::{Bilingual, say};
use yujing_core::ruleset::Ruleset;
use yujing_core::source::{Decoder, Identity, Op, Record, Sources};

use super::expect::Expectation;
use super::file::{Case, CaseFile, Entry, EntryKind};
use super::records::{CaseRecords, EntryError, Examples, RecordError};

/// Every slip in the cases that would make them prove something else than they say, or nothing.
pub fn check(files: &[CaseFile], sources: &Sources, ruleset: &Ruleset, examples: &Examples) -> Diagnostics {
    let decoders: Vec<Decoder> = sources.tables().map(|(id, source)| Decoder::new(id, source.clone())).collect();
    let mut problems = Diagnostics::default();
    for file in files {
        let mut checker = Checker { file, sources, ruleset, decoders: &decoders, problems: &mut problems };
        checker.rule_exists(&file.rule, &file.rule_span);
        checker.unique_names();
        for case in &file.cases {
            checker.events(case, examples);
            for entry in &case.timeline {
                if let EntryKind::Expect(expected) = &entry.kind {
                    checker.expectation(expected, &entry.span);
                }
            }
        }
    }
    problems
}

struct Checker<'a> {
    file: &'a CaseFile,
    sources: &'a Sources,
    ruleset: &'a Ruleset,
    decoders: &'a [Decoder],
    problems: &'a mut Diagnostics,
}

impl Checker<'_> {
    fn refuse(&mut self, code: &'static str, span: &Range<usize>, message: Bilingual, help: Bilingual) {
        let problem = Diagnostic::at(code, &self.file.path, &self.file.text, span.clone(), message);
        self.problems.push(problem.with_help(help));
    }

    /// Where a name stands within an entry, else the entry.
    fn place(&self, entry: &Range<usize>, name: &str) -> Range<usize> {
        find_word(&self.file.text, entry, name).unwrap_or_else(|| entry.clone())
    }

    fn rule_exists(&mut self, id: &str, span: &Range<usize>) {
        let rules = self.ruleset.rules.list();
        if rules.iter().any(|rule| rule.metadata.id == id) {
            return;
        }
        let known = rules.iter().map(|rule| rule.metadata.id.as_str());
        let help = did_you_mean(id, known).unwrap_or_else(|| {
            Bilingual::new("规则的 id 就是 .rhai 文件的名称", "a rule's id is the name of its .rhai file")
        });
        self.refuse("case/unknown-rule", span, say!("没有规则 `{id}`", "there is no rule `{id}`"), help);
    }

    /// Reports and filters know a case by its name.
    fn unique_names(&mut self) {
        let mut seen = BTreeSet::new();
        for case in &self.file.cases {
            if !seen.insert(&case.name) {
                let name = &case.name;
                let message = say!("本文件有两个用例都叫 `{name}`", "two cases of this file are called `{name}`");
                let help = Bilingual::new("请在名称中写明不同之处", "say in the name what is different about it");
                self.refuse("case/form", &case.span, message, help);
            }
        }
    }

    fn expectation(&mut self, expected: &Expectation, entry: &Range<usize>) {
        let findings = expected.findings.iter().flat_map(|findings| &findings.ids);
        for id in findings.chain(expected.rules.keys()) {
            self.rule_exists(id, &self.place(entry, id));
        }
        for name in expected.features.keys() {
            if self.ruleset.features.index_of(name).is_none() {
                let known = self.ruleset.features.catalogue().iter().map(|feature| feature.name.as_str());
                let help = did_you_mean(name, known).unwrap_or_else(|| {
                    let en = "features are the columns of the files in features/";
                    Bilingual::new("指标是 features/ 中各文件的列", en)
                });
                let message = say!("没有指标 `{name}`", "there is no feature `{name}`");
                self.refuse("case/unknown-feature", &self.place(entry, name), message, help);
            }
        }
    }

    fn events(&mut self, case: &Case, examples: &Examples) {
        let records = match CaseRecords::new(self.sources, examples, case) {
            Ok(records) => records,
            Err(EntryError { entry, error }) => return self.record_error(&case.timeline[entry], error),
        };
        let mut known = HashMap::new();
        if let Some(register) = &records.register {
            self.event(register, &case.operator_span, &mut known);
        }
        for (entry, record) in case.timeline.iter().zip(&records.entries) {
            if let Some(record) = record {
                self.event(record, &entry.span, &mut known);
            }
        }
    }

    fn record_error(&mut self, entry: &Entry, error: RecordError) {
        match error {
            RecordError::NoSource(name) => {
                let known: Vec<&str> = self.sources.tables().map(|(_, source)| &*source.name).collect();
                let help = did_you_mean(&name, known.iter().copied()).unwrap_or_else(|| known.join(", ").into());
                let span = self.place(&entry.span, &name);
                self.refuse(
                    "case/unknown-source",
                    &span,
                    say!("没有数据源 `{name}`", "there is no source `{name}`"),
                    help,
                );
            }
            RecordError::Warning => {
                let span = self.place(&entry.span, "warning");
                let help = Bilingual::new("从1数起：warning = 2 即第二次预警", "from 1: `warning = 2` is the second");
                let message = Bilingual::new(
                    "`warning` 应写明是该户第几次预警",
                    "`warning` says which of the operator's warnings is meant",
                );
                self.refuse("case/form", &span, message, help);
            }
            RecordError::Absent => {
                let span = self.place(&entry.span, "absent");
                let help = Bilingual::new("例如 absent = [\"confidence\"]", "for example absent = [\"confidence\"]");
                let message = Bilingual::new("`absent` 应列出字段名", "`absent` lists the names of fields");
                self.refuse("case/form", &span, message, help);
            }
        }
    }

    /// Live, unknown fields are ignored, unknown values of open lists become `other`, and a contradiction is a dead
    /// letter; in a case all of them are slips.
    fn event(&mut self, record: &Record, span: &Range<usize>, known: &mut HashMap<Identity, (i64, Op, u128)>) {
        let source = self.sources.get(record.source);
        let event = match self.decoders[usize::from(record.source.0)].decode(record) {
            Ok(event) => event,
            Err(refusal) => {
                let field = refusal.pointer.rsplit('/').find(|part| part.parse::<usize>().is_err()).unwrap_or_default();
                let name = &source.name;
                let message =
                    say!("引擎拒收这条 {name} 事件：{refusal}", "the engine refuses this event of {name}: {refusal}");
                let en = "the fields and their values are in the source's schema file";
                let help = Bilingual::new("字段及其取值见该数据源的数据规范文件", en);
                return self.refuse("case/event", &self.place(span, field), message, help);
            }
        };
        if event.unknown_fields > 0 {
            let columns: Vec<&str> = source.columns.iter().map(|column| &*column.name).collect();
            let (place, help) = self.unknown_field(span, &columns);
            let name = &source.name;
            let message = say!(
                "事件中有 {name} 数据规范未定义的字段",
                "the event has a field that the schema of {name} does not know"
            );
            self.refuse("case/event", &place, message, help);
        }
        if event.unknown_values > 0 {
            let name = &source.name;
            let message = say!(
                "事件中有 {name} 数据规范未列出的取值",
                "the event has a value that the schema of {name} does not list"
            );
            let en = "look for a slip; if another value is meant, write \"other\"";
            let help = Bilingual::new("请检查是否笔误；确为其他取值的，写 \"other\"", en);
            self.refuse("case/event", span, message, help);
        }
        let before = known.insert(event.identity, (event.revision, event.op, event.content));
        if before.is_some_and(|(revision, op, content)| {
            revision == event.revision && op == Op::Upsert && event.op == Op::Upsert && content != event.content
        }) {
            let message = Bilingual::new(
                "同一事件再次出现，内容不同而修订号相同",
                "the same event comes again with other content, but with the same revision",
            );
            let help = Bilingual::new(
                "更正应使用更大的修订号，例如 `revision = 2`",
                "a correction has a higher revision, for example `revision = 2`",
            );
            self.refuse("case/event", span, message, help);
        }
    }

    /// Where the first word of an entry stands that is followed by `=` and is no column, and what it may mean.
    fn unknown_field(&self, entry: &Range<usize>, columns: &[&str]) -> (Range<usize>, Bilingual) {
        let slip = || Bilingual::new("请检查名称是否笔误", "look for a slip in a name");
        let part = self.file.text.get(entry.clone()).unwrap_or_default();
        let keys = part.split(['{', ',']).filter_map(|piece| piece.split_once('=')).map(|(key, _)| key.trim());
        let is_field = |key: &&str| {
            let hidden = ["at", "op", "schema_version", "absent", "warning"];
            !columns.contains(key) && !hidden.contains(key) && self.sources.table_by_name(key).is_none()
        };
        match keys.into_iter().find(is_field) {
            Some(key) => {
                let help = did_you_mean(key, columns.iter().copied());
                (self.place(entry, key), help.unwrap_or_else(slip))
            }
            None => (entry.clone(), slip()),
        }
    }
}
