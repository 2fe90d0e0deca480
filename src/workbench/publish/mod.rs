//! The publisher's tool: JSON documents, or any table mapped by SQL, become validated, keyed and partitioned records of
//! one source. It checks each document with the engine's own decoder before anything is sent.
//!
//! - [`read`]: documents, from lines or from SQL
//! - [`table`]: files as tables of SQL, whatever they are
//! - [`streaming`]: how a thread's rows come to a query
//! - `cast`: texts that SQL takes for numbers and days
//! - [`mapping`]: documents that a query makes of tables
//! - `record`: the rows of a query as documents
//! - `notation`: what people write for numbers, results, days and times
//! - [`columns`]: whether the columns of a mapping are fields of the source
//! - [`arrival`]: when a document arrived
//! - [`check`]: what the engine would say of a document
//! - [`send`]: an idempotent producer with the Java partitioner

pub mod arrival;
mod cast;
pub mod check;
pub mod columns;
pub mod mapping;
mod notation;
pub mod read;
mod record;
pub mod send;
pub mod streaming;
pub mod table;

pub use arrival::reported_at;
pub use check::{CheckedDocument, Checker, SeenRevisions, TimestampSource};
pub use mapping::{SqlDocuments, from_sql, from_sql_file};
pub use read::{Document, Documents, Origin, ReadError, from_lines};
pub use send::{SendError, Sender};
pub use table::Table;
