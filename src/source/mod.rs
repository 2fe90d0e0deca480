//! What comes in: a schema file says what a source's events look like; [`Decoder`] turns one Kafka record into one
//! [`Event`] or one [`Refusal`]. A further source is a schema, a topic and SQL: no Rust.
//!
//! - [`schema`]: schema file → [`Source`] (Arrow schema, validation, retention), all of them in [`Sources`]
//! - [`record`]: what a consumer hands over
//! - [`cell`]: one typed value and its way into Arrow
//! - [`decode`]: strict decoding and validation of one record
//! - [`identifier`]: check digits of licences and unified social credit codes
//! - [`normal`]: identifiers in one form
//! - [`refusal`]: why a record was refused
//! - `shape`: the schema in the form that the decoder walks

pub mod cell;
pub mod decode;
pub mod event;
pub mod identifier;
pub mod normal;
pub mod record;
pub mod refusal;
pub mod schema;
pub(crate) mod shape;

pub use cell::Cell;
pub use decode::Decoder;
pub use event::{Event, Identity, Op};
pub use normal::NormalForm;
pub use record::{Header, Positions, Record};
pub use refusal::{Refusal, RefusalCode};
pub use schema::{Field, FieldType, Kind, Source, SourceId, Sources};
