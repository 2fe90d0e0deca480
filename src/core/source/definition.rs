//! What a schema file says of a source: its kind, its columns, its times.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field as ArrowField, SchemaRef, TimeUnit};
use jiff::SignedDuration;
use yujing_base::OperatorId;

use super::NormalForm;
use super::shape::{Shape, ValueRule};

/// The place of a source among all sources.
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
    /// `x-retention`: how long an event stays visible after it occurred. A reference source has none: its rows stay
    /// until they are replaced or deleted.
    pub retention: SignedDuration,
    /// `x-max-silence`: how long the whole source may be silent before scores say so.
    pub max_silence: Option<SignedDuration>,
    /// `x-max-ahead`: how far in the future, against the record's timestamp, an event may lie.
    pub max_ahead: SignedDuration,
    /// The columns visible to SQL, in order: first the envelope (`event_id` Utf8, `revision` Int64, `occurred_at` and
    /// `reported_at` Timestamp(µs, UTC), `operator_id` Utf8, `publisher` Utf8, `quality` List(Utf8)), then the payload.
    /// `quality` holds the flags of failed checks as `field:check`, for example `operator_id:check_digit`.
    /// An open enumeration `f` is followed by `f_raw`, the code as sent when it was unknown.
    pub columns: Vec<Field>,
    /// The same as an Arrow schema; every column is nullable but the envelope's.
    pub schema: SchemaRef,
    /// What a document must look like, as the decoder walks it.
    pub shape: Shape,
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
