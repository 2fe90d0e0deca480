//! The live shell: the engine on Kafka. One thread restores, reads, decides, commits, and answers requests between two
//! batches; when a session ends by something that passes, the next one restores and goes on.
//!
//! - [`run`]: session after session, on a thread of its own
//! - `control`: what every step needs, the published state and the request to stop; `clock`: instants
//! - [`session`]: one stay in the group, from reaching Kafka until something ends it
//! - [`restore`]: memory rebuilt from the log
//! - [`rulesets`]: what the `rulesets` topic keeps
//! - [`sweep`]: when operators are gone through by the wall clock
//! - [`encoder`], [`dead_letter`]: what the engine gives, as Kafka records; `size_limit`: none is too large
//! - [`error`]: what ends it
//! - [`status`]: where the engine stands, for everyone to see; [`report`]: its inputs too
//! - [`query`]: the bounded queue of requests to the engine
//! - [`reload`]: another ruleset without a restart; [`shadow`]: rulesets that are only tried
//! - [`server`]: the HTTP endpoints, over what the engine publishes and its queues of requests

#![warn(unused_crate_dependencies)]

mod clock;
mod control;
pub mod dead_letter;
pub mod encoder;
pub mod error;
pub mod query;
pub mod reload;
pub mod report;
mod restore;
pub mod rulesets;
pub mod run;
pub mod server;
mod session;
pub mod shadow;
mod size_limit;
pub mod status;
mod sweep;

pub use error::RunError;
pub use query::{Query, QueryReceiver, QuerySender};
pub use run::Runner;
pub use status::{State, Status};
