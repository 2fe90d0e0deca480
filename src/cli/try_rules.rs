//! `yujing try-rules`: what the engine starts to try a ruleset in a process of its own.

use clap::Args;
use yujing_live::reload::sandbox::child;

use super::Failure;

/// Arguments of `yujing try-rules`: none, it reads its task from standard input.
#[derive(Debug, Args)]
pub struct TryRules {}

impl TryRules {
    /// # Errors
    /// If there is no task, or nobody listens.
    pub fn run(&self) -> Result<(), Failure> {
        child::run().map_err(|error| Failure::external(format!("no ruleset can be tried: {error}")))
    }
}
