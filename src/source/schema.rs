//! Schema files: a listed subset of JSON Schema keywords plus `x-` annotations becomes a [`Source`].

mod property;
mod read;
mod report;
mod rule;
mod text;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::datatypes::{DataType, Field as ArrowField, SchemaRef, TimeUnit};
use jiff::SignedDuration;

use super::NormalForm;
use super::shape::{Shape, ValueRule};
use crate::OperatorId;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::files::{FileError, Tree};
use crate::language::{Bilingual, say};

/// What follows the name of a source in the name of its file.
const SUFFIX: &str = ".schema.json";
/// The longest file, in bytes: beyond it somebody has put data there.
const MAX_FILE_BYTES: usize = 1024 * 1024;

/// The places of the envelope in a source's columns.
pub mod column {
    pub const EVENT_ID: usize = 0;
    pub const REVISION: usize = 1;
    pub const OCCURRED_AT: usize = 2;
    pub const REPORTED_AT: usize = 3;
    pub const OPERATOR_ID: usize = 4;
    pub const PUBLISHER: usize = 5;
    pub const QUALITY: usize = 6;
    /// Where the payload begins.
    pub const PAYLOAD: usize = 7;

    /// While a document is decoded, `op` and `schema_version` stand behind the last column.
    pub(crate) const HIDDEN_OP: usize = 0;
    pub(crate) const HIDDEN_SCHEMA_VERSION: usize = 1;
    pub(crate) const HIDDEN: usize = 2;
}

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
        match self {
            Self::Bool => DataType::Boolean,
            Self::Int => DataType::Int64,
            Self::Float => DataType::Float64,
            Self::Decimal { scale } => DataType::Decimal128(38, *scale),
            Self::Text => DataType::Utf8,
            Self::Time => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            Self::Date => DataType::Date32,
            Self::List(item) => DataType::List(Arc::new(ArrowField::new("item", item.arrow(), true))),
            Self::Object(fields) => DataType::Struct(
                fields.iter().map(|field| ArrowField::new(&*field.name, field.data_type.arrow(), true)).collect(),
            ),
        }
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
    /// From `x-description-zh`; empty if the schema has none.
    pub description_zh: String,
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
    /// `x-schema-versions`: the versions of the schema that the decoder reads.
    pub versions: Vec<String>,
    /// `x-retention`: how long an event stays visible after it occurred. A reference source has none: its rows stay until
    /// they are replaced or deleted.
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
    /// What a document must look like, as the decoder walks it.
    pub(crate) shape: Shape,
}

impl Source {
    /// An operator's number as it stands in the source's columns, whatever form it was written in.
    pub fn operator_id(&self, written: &str) -> OperatorId {
        self.operator_form().map_or_else(|| written.into(), |normal| normal.of(written).into())
    }

    /// What the schema does to an operator's number.
    pub fn operator_form(&self) -> Option<NormalForm> {
        let place = self.shape.place_of("operator_id")?;
        match &self.shape.properties[place].value.rule {
            ValueRule::Text(rule) => rule.normal,
            _ => None,
        }
    }
}

/// All sources, in the order of their names.
#[derive(Debug, Clone)]
pub struct Sources {
    sources: Vec<Arc<Source>>,
    /// What they were read from.
    files: Vec<(PathBuf, String)>,
}

impl Sources {
    /// Reads every `*.schema.json` of a folder that has `x-kind` `event` or `reference`; schemas of what leaves
    /// (`x-kind` `output`) are passed over.
    ///
    /// # Errors
    /// Every problem of every file: a keyword outside the subset, a contradiction, an example that is not valid, ...
    pub fn load(folder: &Path) -> Result<Self, Diagnostics> {
        let unreadable = |path: &Path, refused: &FileError| {
            let Bilingual { zh, en } = refused.reason();
            let message = say!("数据规范无法读取：{zh}", "cannot be read: {en}");
            Diagnostic::file("schema/unreadable", path, message).with_help(Bilingual::new(
                "目录由配置项 paths.schemas 指定，从当前工作目录起算；文件应为 UTF-8",
                "paths.schemas of the configuration names the folder, from the working directory; files are UTF-8",
            ))
        };
        let tree = Tree::walk(folder, |place| place.ends_with(SUFFIX), |_| false);
        let tree = tree.map_err(|error| unreadable(folder, &error.into()))?;
        let mut diagnostics =
            Diagnostics(tree.refused.iter().map(|(path, refused)| unreadable(path, refused)).collect());
        let mut files: Vec<(PathBuf, String)> = Vec::new();
        for place in tree.files.keys() {
            let path = tree.path(place);
            match tree
                .read(place, MAX_FILE_BYTES)
                .and_then(|bytes| String::from_utf8(bytes).map_err(|_| FileError::NotUtf8))
            {
                Ok(text) => files.push((path, text)),
                Err(refused) => diagnostics.push(unreadable(&path, &refused)),
            }
        }
        let sources = match Self::parse(&files) {
            Ok(sources) => sources,
            Err(found) => {
                diagnostics.extend(found);
                return Err(diagnostics);
            }
        };
        if sources.sources.is_empty() && !diagnostics.has_errors() {
            diagnostics.push(
                Diagnostic::file(
                    "schema/no-source",
                    folder,
                    say!("此处没有描述数据源的 *{SUFFIX}", "no *{SUFFIX} here describes a source"),
                )
                .with_help(Bilingual::new(
                    "数据源的规范须有 \"x-kind\": \"event\" 或 \"reference\"",
                    "a source's schema has \"x-kind\": \"event\" or \"reference\"",
                )),
            );
        }
        diagnostics.into_result(sources)
    }

    /// Reads schema files that are already in memory, each with its path (the file's name gives the source's name).
    ///
    /// # Errors
    /// As [`Sources::load`].
    pub fn parse(files: &[(PathBuf, String)]) -> Result<Self, Diagnostics> {
        let mut diagnostics = Diagnostics::default();
        let mut sources: Vec<Arc<Source>> = Vec::new();
        let mut sorted: Vec<_> = files.iter().collect();
        sorted.sort_by_key(|(path, _)| path.file_name());
        for (path, text) in sorted {
            match read::read(path, text) {
                Ok(None) => {}
                Ok(Some(source)) => {
                    if let Some(other) = sources.iter().find(|other| clash(other, &source)) {
                        let name = &other.name;
                        let message = say!(
                            "与数据源 `{name}` 主题相同，或同为登记类数据源",
                            "the source `{name}` has the same topic, or is a reference source too"
                        );
                        let help = Bilingual::new(
                            "每个数据源各用一个主题；登记监管对象的数据源只能有一个",
                            "give each source a topic of its own; only one source describes operators",
                        );
                        diagnostics.push(Diagnostic::file("schema/contradiction", path, message).with_help(help));
                    }
                    if let Some(other) = sources.first().filter(|other| other.operator_form() != source.operator_form())
                    {
                        let name = &other.name;
                        let message = say!(
                            "`operator_id` 的 `x-normalize` 与数据源 `{name}` 不同，同一监管对象会成为两户",
                            "`x-normalize` of `operator_id` is another than in the source `{name}`: one operator would be two"
                        );
                        let help = Bilingual::new(
                            "各数据源 `operator_id` 的 `x-normalize` 应一致",
                            "give `operator_id` the same `x-normalize` in every source",
                        );
                        diagnostics.push(Diagnostic::file("schema/contradiction", path, message).with_help(help));
                    }
                    sources.push(Arc::new(source));
                }
                Err(found) => diagnostics.extend(found),
            }
        }
        sources.sort_by(|a, b| a.name.cmp(&b.name));
        diagnostics.into_result(Self { sources, files: files.to_owned() })
    }

    /// The schema files with their paths: [`Sources::parse`] gives the same sources again.
    pub fn files(&self) -> &[(PathBuf, String)] {
        &self.files
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

    /// An operator's number in the form that every source gives it: what people and programs ask for may be written as
    /// records may.
    pub fn operator_id(&self, written: &str) -> OperatorId {
        self.sources.first().map_or_else(|| written.into(), |source| source.operator_id(written))
    }

    /// The reference source `operators`, if the folder has one: it says who is registered, and who they are.
    pub fn operators(&self) -> Option<(SourceId, &Arc<Source>)> {
        self.iter().find(|(_, source)| source.kind == Kind::Reference)
    }
}

/// Whether two sources cannot stand side by side.
fn clash(a: &Source, b: &Source) -> bool {
    a.topic == b.topic || (a.kind == Kind::Reference && b.kind == Kind::Reference)
}
