//! Cases (用例): what a rule must and must not do, as events and expectations at virtual times (`rules/cases/**/*.toml`).
//! They run through the production engine, one operator a case, each in several modes that must end the same.
//!
//! - [`file`]: the TOML of a case file
//! - [`expect`]: what is expected at an entry of the timeline; [`expected_steps`]: of the steps of a warning
//! - [`handling`]: what is expected of the handling of a warning
//! - `lint`: what can be said of cases without running them
//! - [`records`]: a case's entries → the records that a consumer would hand over
//! - [`check`]: names that nothing has, found before anything runs; `events`: events that the engine would refuse
//! - `checked`: files whose events were checked
//! - [`execution`]: as written, twice, in one batch, shuffled, restarted
//! - [`run`]: a case through the engine on a virtual clock
//! - [`difference`]: where a case and what happened differ
//! - [`suite`]: many cases, in all modes of execution, on several threads
//! - [`coverage`]: which rule lacks which kind of case

pub mod check;
mod checked;
pub mod coverage;
pub mod difference;
mod events;
pub mod execution;
pub mod expect;
pub mod expected_steps;
pub mod file;
pub mod handling;
mod lint;
pub mod records;
pub mod run;
pub mod suite;

pub use check::check;
pub use checked::CheckedCases;
pub use coverage::{RuleCoverage, coverage};
pub use difference::{CaseDifference, Reason, Subject};
pub use execution::ExecutionMode;
pub use expect::Expectation;
pub use file::{Case, CaseFile, CaseKind, load, parse};
pub use lint::{lint, lint_texts};
pub use records::Examples;
pub use suite::{CaseFailure, CaseResult, Suite};
