//! The publisher's tool: JSONL, or any CSV, Parquet or JSON file mapped by SQL, becomes validated, keyed and partitioned
//! records of one source. It checks each document with the engine's own decoder before anything is sent.
//!
//! - [`read`]: documents, from lines or from SQL
//! - [`check`]: what the engine would say of a document
//! - [`send`]: an idempotent producer with the Java partitioner

pub mod check;
pub mod read;
pub mod send;

pub use check::{Checked, Checker, Stamp};
pub use read::{Document, ReadError, Table, from_lines, from_sql};
pub use send::{SendError, Sender};
