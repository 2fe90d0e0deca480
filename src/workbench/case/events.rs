//! The events of cases: those that the engine would refuse, or take otherwise than they are written. None of it depends
//! on the ruleset.

use std::collections::HashMap;
use std::ops::Range;

use yujing_base::diagnostic::Diagnostics;
use yujing_base::diagnostic::suggest::did_you_mean;
use yujing_base::language::{Bilingual, say};
use yujing_core::source::{Decoder, Identity, Op, Record, Sources};

use super::check::Slips;
use super::file::{Case, CaseFile, Entry};
use super::records::{CaseRecords, EntryError, Examples, RecordError};

/// What events are checked against.
pub(super) struct EventCheck<'a> {
    sources: &'a Sources,
    decoders: Vec<Decoder>,
    examples: &'a Examples,
}

impl<'a> EventCheck<'a> {
    pub fn new(sources: &'a Sources, examples: &'a Examples) -> Self {
        let decoders = sources.tables().map(|(id, source)| Decoder::new(id, source.clone())).collect();
        Self { sources, decoders, examples }
    }

    /// What is wrong with the events of a file.
    pub fn of(&self, file: &CaseFile) -> Diagnostics {
        let mut checker = EventChecker { check: self, slips: Slips::of(file) };
        for case in &file.cases {
            checker.events(case);
        }
        checker.slips.found
    }
}

struct EventChecker<'a> {
    check: &'a EventCheck<'a>,
    slips: Slips<'a>,
}

impl EventChecker<'_> {
    fn events(&mut self, case: &Case) {
        let EventCheck { sources, examples, .. } = *self.check;
        let records = match CaseRecords::new(sources, examples, case) {
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
                let known: Vec<&str> = self.check.sources.tables().map(|(_, source)| &*source.name).collect();
                let help = did_you_mean(&name, known.iter().copied()).unwrap_or_else(|| known.join(", ").into());
                let span = self.slips.place(&entry.span, &name);
                self.slips.refuse(
                    "case/unknown-source",
                    &span,
                    say!("没有数据源 `{name}`", "there is no source `{name}`"),
                    help,
                );
            }
            RecordError::Warning => {
                let span = self.slips.place(&entry.span, "warning");
                let help = Bilingual::new("从1数起：warning = 2 即第二次预警", "from 1: `warning = 2` is the second");
                let message = Bilingual::new(
                    "`warning` 应写明是该户第几次预警",
                    "`warning` says which of the operator's warnings is meant",
                );
                self.slips.refuse("case/form", &span, message, help);
            }
            RecordError::Absent => {
                let span = self.slips.place(&entry.span, "absent");
                let help = Bilingual::new("例如 absent = [\"confidence\"]", "for example absent = [\"confidence\"]");
                let message = Bilingual::new("`absent` 应列出字段名", "`absent` lists the names of fields");
                self.slips.refuse("case/form", &span, message, help);
            }
        }
    }

    /// Live, unknown fields are ignored, unknown values of open lists become `other`, and a contradiction is a dead
    /// letter; in a case all of them are slips.
    fn event(&mut self, record: &Record, span: &Range<usize>, known: &mut HashMap<Identity, (i64, Op, u128)>) {
        let source = self.check.sources.get(record.source);
        let event = match self.check.decoders[usize::from(record.source.0)].decode(record) {
            Ok(event) => event,
            Err(refusal) => {
                let field = refusal.pointer.rsplit('/').find(|part| part.parse::<usize>().is_err()).unwrap_or_default();
                let name = &source.name;
                let message =
                    say!("引擎拒收这条 {name} 事件：{refusal}", "the engine refuses this event of {name}: {refusal}");
                let en = "the fields and their values are in the source's schema file";
                let help = Bilingual::new("字段及其取值见该数据源的数据规范文件", en);
                return self.slips.refuse("case/event", &self.slips.place(span, field), message, help);
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
            self.slips.refuse("case/event", &place, message, help);
        }
        if event.unknown_values > 0 {
            let name = &source.name;
            let message = say!(
                "事件中有 {name} 数据规范未列出的取值",
                "the event has a value that the schema of {name} does not list"
            );
            let en = "look for a slip; if another value is meant, write \"other\"";
            let help = Bilingual::new("请检查是否笔误；确为其他取值的，写 \"other\"", en);
            self.slips.refuse("case/event", span, message, help);
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
            self.slips.refuse("case/event", span, message, help);
        }
    }

    /// Where the first word of an entry stands that is followed by `=` and is no column, and what it may mean.
    fn unknown_field(&self, entry: &Range<usize>, columns: &[&str]) -> (Range<usize>, Bilingual) {
        let slip = || Bilingual::new("请检查名称是否笔误", "look for a slip in a name");
        let part = self.slips.file.text.get(entry.clone()).unwrap_or_default();
        let keys = part.split(['{', ',']).filter_map(|piece| piece.split_once('=')).map(|(key, _)| key.trim());
        let is_field = |key: &&str| {
            let hidden = ["at", "op", "schema_version", "absent", "warning"];
            !columns.contains(key) && !hidden.contains(key) && self.check.sources.table_by_name(key).is_none()
        };
        match keys.into_iter().find(is_field) {
            Some(key) => {
                let help = did_you_mean(key, columns.iter().copied());
                (self.slips.place(entry, key), help.unwrap_or_else(slip))
            }
            None => (entry.clone(), slip()),
        }
    }
}
