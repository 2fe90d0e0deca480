//! `yujing explain`: why an operator has its score, and why not another.
//!
//! - [`live`]: asked of the running engine
//! - [`as_of`]: computed here, from what Kafka's topics held at an instant
//! - [`operator_history`]: one operator's records as the topics still hold them
//! - [`replayed`]: computed here, within the history that a replay reads
//! - [`recheck`]: a warning recomputed from its own content, and its features from the log
//! - [`proof`]: whether both agree
//! - [`view`]: the explanation as text

mod as_of;
mod live;
mod operator_history;
mod proof;
mod recheck;
mod replayed;
mod view;

use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;
use yujing_base::error::ErrorDomain;
use yujing_base::escape;
use yujing_base::zone::Zone;
use yujing_config::Config;
use yujing_replay::plan::parse_instant;

use self::view::ExplanationView;
use super::client::ServerArgument;
use super::{Context, Failure, Language, check, output};

/// Arguments of `yujing explain`.
#[derive(Debug, Args)]
pub struct Explain {
    /// The operator's licence or filing number
    #[arg(required_unless_present = "warning")]
    operator: Option<String>,
    /// Prove a warning instead: recompute it from its own features and its ruleset, and features and evidence from the
    /// log; exit code 0 if all of it agrees, 1 if not or if the log no longer reaches back far enough to tell
    #[arg(long, value_name = "ID", conflicts_with_all = ["operator", "as_of", "rules", "server"])]
    warning: Option<Uuid>,
    /// Which event of the warning [default: the last]
    #[arg(long, value_name = "NUMBER", requires = "warning")]
    sequence: Option<u64>,
    /// As of an instant of the past, for example 2026-03-02T10:00:00+08:00, or of the end of a day, 2026-03-02 (by the
    /// `zone` of the rules, or that of the replay): computed from the topics' history, without the running engine
    #[arg(long, value_name = "TIME", conflicts_with = "server")]
    as_of: Option<String>,
    /// With the rules of this folder instead of those in force; computed from the topics' history as well
    #[arg(long, value_name = "FOLDER", conflicts_with = "server")]
    rules: Option<PathBuf>,
    /// Within the history that this replay.toml names, from files or topics, instead of the configured topics; as of
    /// the instant, or of the end of it
    #[arg(long, value_name = "FILE", conflicts_with_all = ["server", "warning"])]
    replay: Option<PathBuf>,
    #[command(flatten)]
    server: ServerArgument,
    /// The explanation as it is, in JSON
    #[arg(long)]
    json: bool,
    /// The language of texts
    #[arg(long, value_enum, env = "YUJING_LANG", default_value_t = Language::Zh)]
    lang: Language,
}

/// An instant, or the end of a day of the office, which of today is now.
fn past_instant(text: &str, zone: &Zone) -> Result<Timestamp, Failure> {
    let at = parse_instant(text, zone, true).map_err(Failure::user)?;
    Ok(if text.parse::<Timestamp>().is_ok() { at } else { at.min(Timestamp::now()) })
}

impl Explain {
    /// # Errors
    /// If neither the engine nor the topics can be asked, nothing is known of the operator or the warning, or it does
    /// not agree with what was recomputed.
    pub fn run(self, context: &Context) -> Result<(), Failure> {
        let mut config = context.config()?;
        if let Some(id) = self.warning {
            return self.prove(&config, id);
        }
        let operator = self.operator.unwrap_or_default();
        let explanation: Value = if let Some(replay) = &self.replay {
            replayed::explain(&config, replay, self.rules.as_ref(), &operator, self.as_of.as_deref(), self.lang)?
        } else if self.as_of.is_none() && self.rules.is_none() {
            live::ask(&self.server.client(&config)?, &operator)?
        } else {
            if let Some(rules) = self.rules {
                config.paths.rules = rules;
            }
            let as_of = match self.as_of {
                Some(text) => past_instant(&text, &check::zone_of(&config.paths.rules))?,
                None => Timestamp::now(),
            };
            as_of::explain(&config, &operator, as_of, self.lang)?
        };
        if self.json {
            return output::json(&explanation);
        }
        let view: ExplanationView = serde_json::from_value(escape::document(explanation)).map_err(|error| {
            Failure::external(format!(
                "the explanation is not understood ({error}): is the engine of the same version?"
            ))
        })?;
        output::line(&view.text(self.lang))
    }

    fn prove(&self, config: &Config, id: Uuid) -> Result<(), Failure> {
        let proof = recheck::recheck(config, id, self.sequence, self.lang)?;
        if self.json {
            output::json(&proof)?;
        } else {
            output::line(&proof.text(self.lang))?;
        }
        if proof.agrees { Ok(()) } else { Err(Failure::Reported(ErrorDomain::Data)) }
    }
}
