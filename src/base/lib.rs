//! What every crate of Yujing stands on: two languages, errors that say whose they are, digests as text, diagnostics
//! with a place, escapes for every edge at which text of others is shown, the one way to read files, what is kept of
//! texts that did not change, work on several threads, and the zone of the office.

#![warn(unused_crate_dependencies)]

pub mod diagnostic;
pub mod digest;
pub mod error;
pub mod escape;
pub mod files;
pub mod kept;
pub mod language;
pub mod parallel;
pub mod zone;

/// The number of one licensed site (licence or filing number), the key of everything. Cheap to clone.
pub type OperatorId = std::sync::Arc<str>;
