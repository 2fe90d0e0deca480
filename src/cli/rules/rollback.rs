//! `yujing rules rollback HASH`: an earlier ruleset is put back in force.

use clap::Args;
use serde_json::json;

use crate::client::RequestOptions;
use crate::{Context, Failure};

/// Arguments of `yujing rules rollback`.
#[derive(Debug, Args)]
pub struct Rollback {
    /// The ruleset's hash, or enough of its beginning; `yujing rules history` lists them
    hash: String,
    /// Only say what would change
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    request: RequestOptions,
}

impl Rollback {
    /// # Errors
    /// If the engine does not answer, or there is no such ruleset, or it is refused.
    pub fn run(&self, context: &Context) -> Result<(), Failure> {
        let body = json!({ "hash": self.hash, "dry_run": self.dry_run });
        self.request.attempt(context, "/api/v1/ruleset/rollback", &body)
    }
}
