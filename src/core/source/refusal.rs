//! Why a record was refused: a stable code, the place in the document, what was expected and what was there.

use std::fmt;

use serde::Serialize;

/// The stable codes of dead letters; `schemas/README.md` explains each to publishers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalCode {
    /// The value is null on a source that has no deletes.
    NullValue,
    /// The value is larger than the limit for one event.
    TooLarge,
    /// The bytes are not UTF-8.
    NotUtf8,
    /// The text is not JSON, or is cut short.
    NotJson,
    /// Something stands behind the JSON document.
    TrailingData,
    /// Arrays and objects are nested too deep.
    TooDeep,
    /// An object has the same key twice.
    DuplicateKey,
    /// The content type is one that the engine does not read.
    UnsupportedContentType,
    /// The schema version is not one that the engine knows.
    UnknownSchemaVersion,
    /// A required field is missing.
    MissingField,
    /// A value has another type than the schema says.
    WrongType,
    /// A value of a closed enumeration is unknown.
    UnknownValue,
    /// A number, a length or a count is outside its limits.
    OutOfRange,
    /// A text does not have the form that the schema says.
    WrongFormat,
    /// A date or time is not one, or has no offset.
    WrongTime,
    /// The event is older than the source's retention.
    TooOld,
    /// The event lies further in the future than clocks may differ.
    TooFarAhead,
    /// The same event and revision came before with other content.
    Conflict,
    /// A disposition that its warning does not permit.
    NotPermitted,
}

impl RefusalCode {
    /// Every code, in the order of the guide; metrics create one series for each.
    pub const ALL: [Self; 19] = [
        Self::NullValue,
        Self::TooLarge,
        Self::NotUtf8,
        Self::NotJson,
        Self::TrailingData,
        Self::TooDeep,
        Self::DuplicateKey,
        Self::UnsupportedContentType,
        Self::UnknownSchemaVersion,
        Self::MissingField,
        Self::WrongType,
        Self::UnknownValue,
        Self::OutOfRange,
        Self::WrongFormat,
        Self::WrongTime,
        Self::TooOld,
        Self::TooFarAhead,
        Self::Conflict,
        Self::NotPermitted,
    ];

    /// The code as it stands in headers, metrics and documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NullValue => "null_value",
            Self::TooLarge => "too_large",
            Self::NotUtf8 => "not_utf8",
            Self::NotJson => "not_json",
            Self::TrailingData => "trailing_data",
            Self::TooDeep => "too_deep",
            Self::DuplicateKey => "duplicate_key",
            Self::UnsupportedContentType => "unsupported_content_type",
            Self::UnknownSchemaVersion => "unknown_schema_version",
            Self::MissingField => "missing_field",
            Self::WrongType => "wrong_type",
            Self::UnknownValue => "unknown_value",
            Self::OutOfRange => "out_of_range",
            Self::WrongFormat => "wrong_format",
            Self::WrongTime => "wrong_time",
            Self::TooOld => "too_old",
            Self::TooFarAhead => "too_far_ahead",
            Self::Conflict => "conflict",
            Self::NotPermitted => "not_permitted",
        }
    }
}

impl fmt::Display for RefusalCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One refused record. `got` is cut short, left out for personal fields and masked where it points to a person, so that a
/// refusal leaks nobody's data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error(
    "{code}{} at `{pointer}`: expected {expected}{}",
    reason.map(|reason| format!(" ({reason})")).unwrap_or_default(),
    got.as_ref().map(|got| format!(", got {got}")).unwrap_or_default()
)]
pub struct Refusal {
    pub code: RefusalCode,
    /// Why in particular, as a stable code: of [`RefusalCode::NotPermitted`] only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    /// JSON Pointer (RFC 6901) of the place; empty for the whole document.
    pub pointer: String,
    pub expected: String,
    pub got: Option<String>,
}

impl Refusal {
    /// The same event and revision came before with other content.
    pub fn conflict() -> Self {
        Self {
            code: RefusalCode::Conflict,
            reason: None,
            pointer: "/revision".to_owned(),
            expected: "a higher revision for other content of the same event".to_owned(),
            got: None,
        }
    }
}
