//! A case's entries become the records that a consumer would hand over.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value};
use yujing_base::diagnostic::Diagnostic;
use yujing_base::files::Tree;
use yujing_core::source::{PAST_WARNINGS, Record, Sources};
use yujing_core::warning::lifecycle::warning_id;

use super::file::{Case, EntryKind};

/// In an event: names of fields that the source's example has and this event has not.
const ABSENT: &str = "absent";
/// In an answer to a warning (`dispositions`): which of the operator's warnings it is about, counted from 1.
const WARNING: &str = "warning";
/// Where an answer has its warning's id.
const WARNING_ID: &str = "warning_id";
/// The warning of an answer that names none.
const FIRST_WARNING: u64 = 1;
/// Where a schema folder keeps examples.
const EXAMPLES: &str = "examples";
/// What a warning that is over says unless a case says otherwise: a red one that somebody answered, without any verdict.
const PAST_WARNING: &str = r#"{ "publisher": "yujing", "level": "red", "handled": true, "overdue": false }"#;
/// No event is longer, in bytes.
const MAX_EXAMPLE_BYTES: usize = 1024 * 1024;

/// The first valid example of each source, by source name, and one of a warning that is over: the fields that a case leaves
/// out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examples(HashMap<String, Map<String, Value>>);

impl Examples {
    /// Reads `examples/SOURCE/valid/`, the first file by name, of a schema folder.
    ///
    /// # Errors
    /// If a source has no readable valid example.
    pub fn load(schemas: &Path, sources: &Sources) -> Result<Self, Diagnostic> {
        let refuse = |place: &Path, message: String| Diagnostic::file("case/no-example", place, message);
        let is_example = |place: &str| place.starts_with(EXAMPLES) && place.contains("/valid/");
        let tree = Tree::walk(schemas, is_example, |place| place.starts_with(EXAMPLES));
        let tree = tree.map_err(|error| Diagnostic::unreadable(schemas, &error.into()))?;
        let read = |name: &str| {
            let folder = format!("{EXAMPLES}/{name}/valid/");
            let (place, _) = tree
                .files
                .range(folder.clone()..)
                .next()
                .filter(|(place, _)| place.starts_with(&folder))
                .ok_or_else(|| refuse(&tree.path(&folder), "there is no valid example".to_owned()))?;
            let path = tree.path(place);
            let bytes = tree.read(place, MAX_EXAMPLE_BYTES).map_err(|error| Diagnostic::unreadable(&path, &error))?;
            let example = serde_json::from_slice(&bytes).map_err(|error| refuse(&path, error.to_string()))?;
            Ok((name.to_owned(), example))
        };
        let mut examples =
            sources.iter().map(|(_, source)| read(&source.name)).collect::<Result<HashMap<_, _>, _>>()?;
        let past = serde_json::from_str(PAST_WARNING).expect("invariant: it is an object");
        examples.insert(PAST_WARNINGS.to_owned(), past);
        Ok(Self(examples))
    }
}

/// The records of a case, as a consumer would hand them over.
#[derive(Debug, Clone)]
pub struct CaseRecords {
    /// The operator's row of the reference source, if the register knows it. It comes before everything else.
    pub register: Option<Record>,
    /// By the entries of the timeline; `None` where something is expected.
    pub entries: Vec<Option<Record>>,
}

/// Why an entry makes no record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordError {
    NoSource(String),
    /// `absent` is no list of names.
    Absent,
    /// `warning` is no whole number from 1.
    Warning,
}

/// An entry that makes no record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryError {
    pub entry: usize,
    pub error: RecordError,
}

impl CaseRecords {
    /// The records of a case.
    ///
    /// # Errors
    /// Why the first entry that makes no record does not.
    pub fn new(sources: &Sources, examples: &Examples, case: &Case) -> Result<Self, EntryError> {
        let mut builder = RecordBuilder::new(sources, examples, case.operator_id());
        let at_entry = |entry: usize| move |error: RecordError| EntryError { entry, error };
        let first = case.timeline.first().map_or(Timestamp::UNIX_EPOCH, |entry| entry.at);
        let register = match sources.operators().filter(|_| case.registered) {
            Some((_, reference)) => Some(builder.build(&reference.name, &case.operator, first).map_err(at_entry(0))?),
            None => None,
        };
        let mut entries = Vec::with_capacity(case.timeline.len());
        for (index, entry) in case.timeline.iter().enumerate() {
            entries.push(match &entry.kind {
                EntryKind::Expect(_) => None,
                EntryKind::Event { source, fields } => {
                    Some(builder.build(source, fields, entry.at).map_err(at_entry(index))?)
                }
            });
        }
        Ok(Self { register, entries })
    }
}

/// Builds the records of one case, remembering earlier revisions of its events.
#[derive(Debug)]
pub struct RecordBuilder<'a> {
    sources: &'a Sources,
    examples: &'a Examples,
    operator_id: String,
    /// The last content of each event, by source and event id: a later revision changes only what it names.
    contents: HashMap<(String, String), Map<String, Value>>,
    records: i64,
}

impl<'a> RecordBuilder<'a> {
    pub fn new(sources: &'a Sources, examples: &'a Examples, operator_id: &str) -> Self {
        Self { sources, examples, operator_id: operator_id.to_owned(), contents: HashMap::new(), records: 0 }
    }

    /// The record of one event, arriving at `at`. Fields left out come from the event's earlier revision, else from the
    /// source's first valid example; `occurred_at` and `reported_at` default to `at`. A warning that is over may be stated in
    /// the same way: it ended at `at` unless it says otherwise.
    ///
    /// # Errors
    /// If there is no such source.
    pub fn build(&mut self, source: &str, fields: &Map<String, Value>, at: Timestamp) -> Result<Record, RecordError> {
        let (id, described) =
            self.sources.table_by_name(source).ok_or_else(|| RecordError::NoSource(source.to_owned()))?;
        let mut fields = fields.clone();
        let absent = fields.remove(ABSENT).map_or(Ok(Vec::new()), |given| names(&given).ok_or(RecordError::Absent))?;
        self.records += 1;
        let event_id = match fields.get("event_id").and_then(Value::as_str) {
            Some(given) => given.to_owned(),
            None => format!("event-{}", self.records),
        };
        let key = (source.to_owned(), event_id.clone());
        let mut document = match self.contents.get(&key) {
            Some(before) => before.clone(),
            None => self.example_document(source, at),
        };
        document.insert("event_id".to_owned(), event_id.into());
        document.insert("operator_id".to_owned(), self.operator_id.clone().into());
        document.insert("reported_at".to_owned(), at.to_string().into());
        if described.columns.iter().any(|column| &*column.name == WARNING_ID) {
            let ordinal = fields.remove(WARNING).map_or(Ok(FIRST_WARNING), |given| ordinal(&given))?;
            let id = warning_id(&described.operator_id(&self.operator_id), ordinal);
            document.insert(WARNING_ID.to_owned(), id.to_string().into());
        }
        document.extend(fields);
        document.retain(|name, _| !absent.contains(name));
        self.contents.insert(key, document.clone());
        Ok(Record {
            source: id,
            topic: Arc::from(described.topic.as_str()),
            partition: 0,
            offset: self.records,
            timestamp: at,
            key: Some(described.operator_id(&self.operator_id).as_bytes().to_vec()),
            value: Some(Value::Object(document).to_string().into_bytes()),
            headers: Vec::new(),
        })
    }

    fn example_document(&self, source: &str, at: Timestamp) -> Map<String, Value> {
        let mut document = self.examples.0.get(source).cloned().unwrap_or_default();
        document.remove("revision");
        document.insert("occurred_at".to_owned(), at.to_string().into());
        if source == PAST_WARNINGS {
            let times = ["opened_at", "closed_at"].map(|name| (name.to_owned(), at.to_string().into()));
            document.extend(times);
        }
        document
    }
}

fn ordinal(given: &Value) -> Result<u64, RecordError> {
    given.as_u64().filter(|ordinal| *ordinal > 0).ok_or(RecordError::Warning)
}

fn names(given: &Value) -> Option<Vec<String>> {
    given.as_array()?.iter().map(|name| name.as_str().map(str::to_owned)).collect()
}
