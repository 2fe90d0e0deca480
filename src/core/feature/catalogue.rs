//! What a feature is: its name, type, values and texts, as rules and people know it.

use std::path::PathBuf;
use std::sync::Arc;

use arrow::datatypes::DataType;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use yujing_base::error::{Classified, ErrorDomain};

use crate::source::PAST_WARNINGS;

/// The type of a feature as rules see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FeatureType {
    Bool,
    Int,
    Float,
    Text,
}

impl FeatureType {
    /// The Arrow type of a column of this type in a feature table.
    pub fn arrow(self) -> DataType {
        match self {
            Self::Bool => DataType::Boolean,
            Self::Int => DataType::Int64,
            Self::Float => DataType::Float64,
            Self::Text => DataType::Utf8,
        }
    }

    /// The feature type that a column of an Arrow type becomes, if any.
    pub fn of(data_type: &DataType) -> Option<Self> {
        match data_type {
            DataType::Boolean => Some(Self::Bool),
            integer if integer.is_integer() => Some(Self::Int),
            DataType::Decimal32(..) | DataType::Decimal64(..) | DataType::Decimal128(..) | DataType::Decimal256(..) => {
                Some(Self::Float)
            }
            float if float.is_floating() => Some(Self::Float),
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Some(Self::Text),
            _ => None,
        }
    }
}

/// The value of a feature for an operator without rows in its source (behind WHERE), and the value that SQL's NULL
/// becomes. An operator with rows of which a FILTER keeps none has what SQL says: `count` gives a real zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Missing {
    /// Nothing reported means none happened.
    Zero,
    /// Nothing reported means nothing known: rules must say what then.
    Unknown,
}

/// The values that a feature can have when it is known, as far as its SQL and the schema of its source show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ValueRange {
    /// Any of its type.
    Any,
    /// Whole numbers from the first to the second.
    Between(i64, i64),
    /// These texts, sorted.
    OneOf(Vec<String>),
}

/// One entry of the catalogue.
#[derive(Debug, Clone, Serialize)]
pub struct Feature {
    pub name: String,
    pub data_type: FeatureType,
    pub missing: Missing,
    /// Whether a rule can meet it unknown: exactly the `@missing unknown` ones. A `@missing 0` column turns SQL's NULL
    /// into zero as well, also for an operator that has rows.
    pub nullable: bool,
    /// What it can be when it is known: what the check of rules relies on.
    pub values: ValueRange,
    pub zh: String,
    pub en: String,
    /// The source it reads.
    pub source: String,
    /// Whether that source is a reference source: its rows describe the operator and are no evidence.
    pub reference: bool,
    pub file: PathBuf,
    /// The line of its name, from 1.
    pub line: usize,
}

impl Feature {
    /// Whether it is made of warnings that are over.
    pub fn is_past(&self) -> bool {
        self.source == PAST_WARNINGS
    }
}

/// One value for one operator. Equal numbers with a fraction have equal bits: a zero with a sign is written with it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub enum FeatureValue {
    /// Unknown is not zero.
    Unknown,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Arc<str>),
}

impl PartialEq for FeatureValue {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Unknown, Self::Unknown) => true,
            (Self::Bool(left), Self::Bool(right)) => left == right,
            (Self::Int(left), Self::Int(right)) => left == right,
            (Self::Float(left), Self::Float(right)) => left.to_bits() == right.to_bits(),
            (Self::Text(left), Self::Text(right)) => left == right,
            _ => false,
        }
    }
}

impl FeatureValue {
    /// Whether it is a known value of a type.
    pub fn is_of(&self, data_type: FeatureType) -> bool {
        match self {
            Self::Unknown => false,
            Self::Bool(_) => data_type == FeatureType::Bool,
            Self::Int(_) => data_type == FeatureType::Int,
            Self::Float(_) => data_type == FeatureType::Float,
            Self::Text(_) => data_type == FeatureType::Text,
        }
    }

    /// What stands for nothing where nothing reported means none; a text has no such value.
    pub fn zero(data_type: FeatureType) -> Self {
        match data_type {
            FeatureType::Bool => Self::Bool(false),
            FeatureType::Int => Self::Int(0),
            FeatureType::Float => Self::Float(0.0),
            FeatureType::Text => Self::Unknown,
        }
    }
}

/// A run that could not even start, for example because Arrow ran out of memory: the batch is not scored.
#[derive(Debug, thiserror::Error)]
#[error("features as of {as_of}: {message}")]
pub struct FeatureError {
    pub as_of: Timestamp,
    pub message: String,
}

impl Classified for FeatureError {
    fn domain(&self) -> ErrorDomain {
        ErrorDomain::Internal
    }
}
