//! Cases: what a rule must and must not do, as events and expectations at virtual times (`rules/cases/**/*.toml`). They
//! run through the production engine, one operator a case.
//!
//! - [`file`]: the TOML of a case file
//! - [`story`]: a case's entries → the records that a consumer would hand over
//! - [`run`]: a case through the engine, and what it failed

pub mod file;
pub mod run;
pub mod story;

pub use file::{Case, CaseFile, CaseKind, Expectation, load};
pub use run::{Failure, Runner};
