//! `yujing notify`: posts are told of warnings. A process of its own that reads the warnings topic, delivers each event
//! through the channels of the posts that it concerns, and writes a receipt for each post that was told. It decides
//! nothing about warnings.
//!
//! - [`config`]: channels, and which post is reached through which; the monitoring team's file
//! - [`notice`]: what is read of a warning's event; [`delivery`]: who is told of it, through what
//! - [`queue`]: what is delivered next, what waits, and how far the topic may be committed; reads no clock
//! - [`channel`]: how each kind of channel is spoken to
//! - [`receipt`], [`dead_letter`]: what became of a delivery, as Kafka records
//! - [`session`]: one stay on Kafka; [`run`]: session after session
//! - [`status`], [`endpoints`]: where it stands, for machines that watch
//! - [`error`]: what ends it

#![warn(unused_crate_dependencies)]

pub mod channel;
pub mod config;
pub mod dead_letter;
pub mod delivery;
pub mod endpoints;
pub mod error;
#[cfg(test)]
mod fixture;
pub mod notice;
pub mod queue;
pub mod receipt;
pub mod run;
pub mod session;
pub mod status;

pub use config::NotifyConfig;
pub use error::NotifyError;
pub use run::Runner;
pub use status::Status;
