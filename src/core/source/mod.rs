//! What comes in: a schema file says what a source's events look like; [`Decoder`] turns one Kafka record into one
//! [`Event`] or one [`Refusal`]. A further source is a schema, a topic and SQL: no Rust.
//!
//! Each of these uses only those before it:
//!
//! - [`identifier`], [`normal_form`]: identifiers: their check digits, and the one form of each
//! - [`personal`]: personal data in texts where none belongs
//! - `shape`, [`column`], [`definition`]: a schema file as the decoder walks it, and as everything else sees it:
//!   [`Source`]
//! - [`record`]: a record as a consumer reads it
//! - [`cell`], [`event`], [`refusal`]: what becomes of it
//! - `scalar`, [`decode`]: strict decoding and validation of one record
//! - [`schema`]: schema files; all of their sources are [`Sources`]
//! - [`masking`]: a refused document without what may be personal

pub mod cell;
pub mod column;
pub mod decode;
pub mod definition;
pub mod event;
pub mod identifier;
pub mod masking;
pub mod normal_form;
pub mod personal;
pub mod record;
pub mod refusal;
pub mod scalar;
pub mod schema;
pub mod shape;

pub use cell::Cell;
pub use decode::{DecodedRecord, Decoder, Decoders};
pub use definition::{Field, FieldType, Kind, Source, SourceId};
pub use event::{Event, Identity, Op};
pub use normal_form::NormalForm;
pub use record::{Header, Positions, Record};
pub use refusal::{Refusal, RefusalCode};
pub use schema::{PAST_WARNINGS, Sources};
