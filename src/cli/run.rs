//! `yujing run`: the engine, until it is asked to stop.

use std::sync::Arc;

use clap::Args;
use yujing_live::reload::Origin;
use yujing_telemetry::logging;
use yujing_telemetry::process::Started;
use yujing_telemetry::{InternalEvent as _, Metrics};
use yujing_workbench::schemas_folder;

use super::service::{Service, ServiceParts};
use super::{Context, Failure, Language};

const WHEN_IT_ENDS: &str = "\
While Kafka is away it waits, at the start as in the midst of work, then restores by itself and loses nothing; /readyz says
so. It ends with 1 when somebody has to do something: topics are missing or unfit, events may be missing (--accept-gap),
another process of the same group took over, or Kafka refuses what it writes.";

/// Arguments of `yujing run`.
#[derive(Debug, Args)]
#[command(after_help = WHEN_IT_ENDS)]
pub struct Run {
    /// Start though events may be missing from the log (it tells which); scores are then marked degraded
    #[arg(long)]
    accept_gap: bool,
    /// The language of what is wrong with files
    #[arg(long, value_enum, env = "YUJING_LANG", default_value_t = Language::Zh)]
    lang: Language,
    /// Put the rules folder in force even if another ruleset was published since: normally the newest published one
    /// goes on, and the folder is taken when it changes
    #[arg(long)]
    take_folder: bool,
}

impl Run {
    /// # Errors
    /// If configuration, schemas or rules are wrong, or the engine cannot start or go on.
    pub fn run(&self, context: &Context) -> Result<(), Failure> {
        let config = Arc::new(context.config()?);
        logging::init(&config.log)?;
        let metrics = Arc::new(Metrics::new());
        let sweep_interval = config.engine.sweep_interval;
        Started { config: context.config_file.as_deref(), sweep_interval }.emit(&metrics);
        let sources = Arc::new(schemas_folder::load(&config.paths.schemas)?);
        let (origin, language, accept_gap) = (Origin::Folder { take: self.take_folder }, self.lang, self.accept_gap);
        let parts = ServiceParts { config, metrics, sources, origin, language, accept_gap, check_topics: true };
        Service::start(parts)?.wait()
    }
}
