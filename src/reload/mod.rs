//! Another ruleset without a restart: from a change under `rules/`, a signal or a request to the ruleset in force.
//!
//! A *reload* takes the folder as a whole: it is read, built, checked, and its cases are run, all in a process of its
//! own. Then the engine's thread looks between batches at what the new ruleset would change, publishes it, and swaps.
//! Whatever fails on the way leaves the old ruleset running and is told in log, metrics and API. A start runs what was
//! published; the folder is looked at afterwards, by an attempt that changes nothing.
//!
//! - [`snapshot`]: the folder at one moment
//! - [`cage`]: the process that tries what it holds
//! - [`candidate`]: a ruleset proved by its cases
//! - [`difference`]: what it changes
//! - [`publication`]: the record that puts a ruleset in force
//! - [`archive`]: everything that was ever published
//! - [`attempt`]: one try, as it is told
//! - [`desk`]: where reloads are asked for, handed to the engine, and told of
//! - [`builder`]: the thread that makes candidates
//! - `trial`: the folder of a candidate, made by the same thread
//! - [`origin`]: where the first ruleset comes from
//! - [`watch`]: notices changes of the folder

pub mod archive;
pub mod attempt;
pub mod builder;
pub mod cage;
pub mod candidate;
pub mod desk;
pub mod difference;
pub mod origin;
pub mod publication;
pub mod snapshot;
mod trial;
pub mod watch;

pub use archive::Archive;
pub use attempt::{Attempt, Outcome, Stage};
pub use builder::Builder;
pub use cage::Cage;
pub use desk::{Desk, Proposal, Request, Verdict};
pub use difference::Difference;
pub use origin::Origin;
pub use publication::{Publication, Trigger};
pub use snapshot::Snapshot;
