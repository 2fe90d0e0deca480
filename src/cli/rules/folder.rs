//! Which folders a subcommand works on.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use yujing_base::diagnostic::Diagnostics;
use yujing_config::Config;
use yujing_core::ruleset::Ruleset;
use yujing_core::source::Sources;
use yujing_workbench::{rules_folder, schemas_folder};

use crate::{Context, Failure};

/// The folder of rules, from the configuration or as asked for.
#[derive(Debug, Args)]
pub struct Folder {
    /// The folder of rules [default: paths.rules of the configuration]
    #[arg(long, value_name = "DIR")]
    rules: Option<PathBuf>,
}

/// The folders that analysts and publishers write to.
#[derive(Debug)]
pub struct Folders {
    pub rules: PathBuf,
    pub schemas: PathBuf,
}

impl Folder {
    /// # Errors
    /// If the configuration is wrong.
    pub fn find(&self, context: &Context) -> Result<Folders, Failure> {
        let Config { paths, .. } = context.config()?;
        Ok(Folders { rules: self.rules.clone().unwrap_or(paths.rules), schemas: paths.schemas })
    }
}

impl Folders {
    /// # Errors
    /// Every problem of the schemas.
    pub fn sources(&self) -> Result<Arc<Sources>, Diagnostics> {
        schemas_folder::load(&self.schemas).map(Arc::new)
    }

    /// # Errors
    /// Every problem of the rules.
    pub fn ruleset(&self, sources: &Sources) -> Result<Ruleset, Diagnostics> {
        rules_folder::load(&self.rules, sources)
    }
}
