//! `yujing rules reload`: the running engine takes the rules folder.

use clap::Args;
use serde_json::json;

use crate::client::RequestOptions;
use crate::{Context, Failure};

/// Arguments of `yujing rules reload`.
#[derive(Debug, Args)]
pub struct Reload {
    /// Only say what would change
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    request: RequestOptions,
}

impl Reload {
    /// # Errors
    /// If the engine does not answer, or the ruleset is refused.
    pub fn run(&self, context: &Context) -> Result<(), Failure> {
        self.request.attempt(context, "/api/v1/ruleset/reload", &json!({ "dry_run": self.dry_run }))
    }
}
