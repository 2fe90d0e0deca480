//! Schema files: a listed subset of JSON Schema keywords plus `x-` annotations becomes a [`Source`].

use std::path::Path;
use std::sync::Arc;

use arrow::datatypes::{DataType, SchemaRef};
use jiff::SignedDuration;

use crate::diagnostic::Diagnostics;

/// The place of a source in [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(pub u16);

/// Whether records of a source are things that happened or the latest description of an operator (`x-kind`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Events, kept for the retention, identified by (publisher, operator, event id).
    Event,
    /// One row an operator, kept until replaced or deleted; its topic is compacted.
    Reference,
}

/// The type of one field.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldType {
    Bool,
    Int,
    Float,
    /// `number` with `x-scale`: Arrow `Decimal128(38, scale)`.
    Decimal {
        scale: i8,
    },
    Text,
    /// `string` with format `date-time`: Arrow `Timestamp(Microsecond, "UTC")`.
    Time,
    /// `string` with format `date`: Arrow `Date32`.
    Date,
    List(Box<FieldType>),
    Object(Vec<Field>),
}

impl FieldType {
    /// The Arrow type of a column of this type.
    pub fn arrow(&self) -> DataType {
        todo!()
    }
}

/// One column of a source.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    pub name: Arc<str>,
    pub data_type: FieldType,
    /// Whether the document must have it.
    pub required: bool,
    /// From the schema's `description`, for the documentation.
    pub description: String,
}

/// One kind of input, from one schema file.
#[derive(Debug, Clone)]
pub struct Source {
    /// For example `camera-alerts`.
    pub name: Arc<str>,
    /// The SQL table: the name with `_` for `-`.
    pub table: Arc<str>,
    pub kind: Kind,
    /// `x-topic`: the topic's usual name; the configuration may say another.
    pub topic: String,
    /// `x-schema-version`: the versions of the schema that the decoder reads.
    pub versions: Vec<String>,
    /// `x-retention`: how long an event stays visible after it occurred.
    pub retention: SignedDuration,
    /// `x-max-silence`: how long the whole source may be silent before scores say so.
    pub max_silence: Option<SignedDuration>,
    /// `x-max-ahead`: how far in the future, against the record's timestamp, an event may lie.
    pub max_ahead: SignedDuration,
    /// The columns visible to SQL, in order: first the envelope (`event_id` Utf8, `revision` Int64, `occurred_at` and
    /// `reported_at` Timestamp(µs, UTC), `operator_id` Utf8, `publisher` Utf8, `quality` List(Utf8)), then the payload.
    /// `quality` holds the flags of failed identity checks as `field:check`, for example `operator_id:check_digit`.
    /// An open enumeration `f` is followed by `f_raw`, the code as sent when it was unknown.
    pub columns: Vec<Field>,
    /// The same as an Arrow schema; every column is nullable but the envelope's.
    pub schema: SchemaRef,
}

/// All sources, in the order of their names.
#[derive(Debug, Clone)]
pub struct Sources {
    sources: Vec<Arc<Source>>,
}

impl Sources {
    /// Reads every `*.schema.json` of a folder that has `x-kind` `event` or `reference`; schemas of what leaves
    /// (`x-kind` `output`) are passed over.
    ///
    /// # Errors
    /// Every problem of every file: a keyword outside the subset, a contradiction, an example that is not valid, ...
    pub fn load(_folder: &Path) -> Result<Self, Diagnostics> {
        todo!()
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = (SourceId, &Arc<Source>)> {
        self.sources
            .iter()
            .enumerate()
            .map(|(index, source)| (SourceId(u16::try_from(index).unwrap_or(u16::MAX)), source))
    }

    pub fn get(&self, id: SourceId) -> &Arc<Source> {
        &self.sources[usize::from(id.0)]
    }

    pub fn by_name(&self, name: &str) -> Option<(SourceId, &Arc<Source>)> {
        self.iter().find(|(_, source)| *source.name == *name)
    }

    pub fn by_table(&self, table: &str) -> Option<(SourceId, &Arc<Source>)> {
        self.iter().find(|(_, source)| *source.table == *table)
    }

    /// The reference source `operators`, if the folder has one: it says who is registered, and who they are.
    pub fn operators(&self) -> Option<(SourceId, &Arc<Source>)> {
        self.iter().find(|(_, source)| source.kind == Kind::Reference)
    }
}
