//! Another ruleset without a restart: from a change under `rules/`, a signal or a request to the ruleset in force.
//!
//! A *reload* takes the folder as a whole: it is read, built, checked, and its cases are run, all in a process of its
//! own. Then the engine's thread looks between batches at what the new ruleset would change, publishes it, and swaps.
//! Whatever fails on the way leaves the old ruleset running and shows in log, metrics and API. A start runs what was
//! published; the folder is looked at afterwards, by an attempt that changes nothing.
//!
//! - [`coordinator`]: what the threads share: [`request`]s, the one [`proposal`], and the published [`status`]
//! - [`attempt`]: one try, as it is shown
//! - [`worker`]: the thread that makes rulesets of what is asked for
//! - `folder`, `shadow_folder`: the rules folder and those of candidates; [`watch`] notices their changes
//! - [`sandbox`]: the process that tries what it holds
//! - [`proof`]: a ruleset proved by its cases
//! - [`difference`]: what it changes
//! - [`origin`]: where the first ruleset comes from

pub mod attempt;
pub mod coordinator;
pub mod difference;
mod folder;
pub mod origin;
pub mod proof;
pub mod proposal;
pub mod request;
pub mod sandbox;
mod shadow_folder;
pub mod status;
pub mod watch;
pub mod worker;

pub use attempt::{ReloadAttempt, ReloadEnding, ReloadOutcome, ReloadStage};
pub use coordinator::ReloadCoordinator;
pub use difference::RulesetDifference;
pub use origin::Origin;
pub use proposal::Proposal;
pub use request::{ReloadRequest, ReloadTarget};
pub use sandbox::Sandbox;
pub use status::{InForce, ReloadStatus};
pub use worker::ReloadWorker;
