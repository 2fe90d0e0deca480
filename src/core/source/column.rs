//! The places of the envelope in a source's columns.

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
pub const HIDDEN_OP: usize = 0;
pub const HIDDEN_SCHEMA_VERSION: usize = 1;
pub const HIDDEN: usize = 2;
