//! `yujing warnings`: lifecycle events of warnings as they are committed, one row each.

use clap::Args;
use rdkafka::message::{BorrowedMessage, Message as _};
use serde::de::IgnoredAny;
use yujing_base::escape;
use yujing_kafka::{Clients, StartAt};

use super::follow::Follower;
use super::warning_page::WarningPage;
use super::warning_row::{self, WarningRow};
use super::{Context, Failure, Language, output};

/// Arguments of `yujing warnings`.
#[derive(Debug, Args)]
pub struct Warnings {
    /// Begin with the oldest event that the topic keeps, not with the next one
    #[arg(long)]
    from_beginning: bool,
    /// End with the newest event instead of waiting for further ones
    #[arg(long)]
    no_follow: bool,
    /// Every event in full, a page each: reasons, evidence, law, what to do until when
    #[arg(long)]
    full: bool,
    /// Every event as it is, one JSON document a line
    #[arg(long, conflicts_with = "full")]
    json: bool,
    /// The language of texts
    #[arg(long, value_enum, env = "YUJING_LANG", default_value_t = Language::Zh)]
    lang: Language,
}

impl Warnings {
    /// # Errors
    /// If Kafka cannot be read.
    pub fn run(&self, context: &Context) -> Result<(), Failure> {
        let config = context.config()?;
        let clients = Clients::new(&config.kafka)?;
        let from = if self.from_beginning { StartAt::Beginning } else { StartAt::End };
        let mut events = Follower::begin(&clients, "warnings", &config.topics.warnings, from)?;
        if !self.json && !self.full {
            output::styled(&warning_row::header(self.lang))?;
        }
        while let Some(event) = events.next(!self.no_follow)? {
            self.show(&event)?;
        }
        Ok(())
    }

    fn show(&self, event: &BorrowedMessage<'_>) -> Result<(), Failure> {
        let payload = event.payload().unwrap_or_default();
        let text = if self.json {
            match serde_json::from_slice::<IgnoredAny>(payload) {
                Ok(_) => return output::json_line(payload),
                Err(error) => Err(error.to_string()),
            }
        } else if self.full {
            WarningPage::parse(payload).map(|page| page.text(self.lang) + "\n")
        } else {
            WarningRow::parse(payload).map(|row| row.text(self.lang))
        };
        match text {
            Ok(text) => output::styled(&text),
            Err(reason) => {
                let place = format!("{} partition {} offset {}", event.topic(), event.partition(), event.offset());
                let reason = escape::line(&reason);
                output::problem(&format!("yujing: {place} is not a warning of this version: {reason}"));
                Ok(())
            }
        }
    }
}
