//! The publisher's tool: JSONL, or any CSV, Parquet or JSON file mapped by SQL, becomes validated, keyed and partitioned
//! records of one source. It checks each document with the engine's own decoder before anything is sent.
//!
//! - [`read`]: documents, from lines or from SQL
//! - `csv`: the types of a CSV file's columns
//! - [`columns`]: whether the columns of a mapping are fields of the source
//! - [`check`]: what the engine would say of a document
//! - [`send`]: an idempotent producer with the Java partitioner

pub mod check;
pub mod columns;
mod csv;
pub mod read;
pub mod send;

pub use check::{Checked, Checker, Stamp, reported_at};
pub use read::{Document, Documents, Origin, ReadError, Table, from_lines, from_sql, from_sql_file};
pub use send::{SendError, Sender};
