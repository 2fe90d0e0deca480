//! `yujing rules history`: the rulesets that were published, from the topic itself.

use clap::Args;
use comfy_table::Cell;
use rdkafka::message::Message as _;
use yujing_config::Config;
use yujing_core::ruleset::change::NameChanges;
use yujing_core::ruleset::{Archive, Publication, RulesetChange, Trigger};
use yujing_kafka::{Clients, StartAt, StrayRecords};

use super::attempt::short;
use crate::follow::{self, Follower};
use crate::{Context, Failure, Language, output};

/// Arguments of `yujing rules history`.
#[derive(Debug, Args)]
pub struct History {
    /// Every publication as it is, one JSON document a line
    #[arg(long)]
    json: bool,
    /// The language of texts
    #[arg(long, value_enum, env = "YUJING_LANG", default_value_t = Language::Zh)]
    lang: Language,
}

impl History {
    /// # Errors
    /// If the topic cannot be read.
    pub fn run(&self, context: &Context) -> Result<(), Failure> {
        let config = context.config()?;
        let clients = Clients::new(&config.kafka)?;
        let archive = published(&clients, &config)?;
        if self.json {
            return archive.publications().try_for_each(|publication| {
                let line = serde_json::to_string(publication).map_err(|error| Failure::internal(error.to_string()))?;
                output::line(&line)
            });
        }
        if archive.newest().is_none() {
            return output::line(self.lang.pick("尚未发布过规则集", "no ruleset was published yet"));
        }
        output::line(&self.table(&archive))
    }

    /// The newest first.
    fn table(&self, archive: &Archive) -> String {
        let lang = self.lang;
        let mut table = output::table([
            "",
            lang.pick("规则集", "ruleset"),
            lang.pick("发布时间", "published"),
            lang.pick("原因", "cause"),
            lang.pick("规则", "rules"),
            lang.pick("指标", "features"),
            lang.pick("等级变动", "levels"),
        ]);
        let newest = archive.newest().map(|newest| newest.sequence);
        for publication in archive.publications().rev() {
            let Publication { sequence, ruleset, published_at, cause, change, .. } = publication;
            let is_in_force = Some(*sequence) == newest;
            let in_force = if is_in_force { lang.pick("在用", "in force") } else { "" };
            let of = |count: fn(&RulesetChange) -> String| change.as_ref().map(count).unwrap_or_default();
            table.add_row([
                Cell::new(in_force),
                Cell::new(short(ruleset)),
                Cell::new(output::time(*published_at)),
                Cell::new(word(*cause, lang)),
                Cell::new(of(|change| counts(&change.rules))),
                Cell::new(of(|change| counts(&change.features))),
                Cell::new(of(|change| change.moved().to_string())),
            ]);
        }
        table.to_string()
    }
}

/// Everything that the `rulesets` topic keeps.
///
/// # Errors
/// If it cannot be read.
pub(crate) fn published(clients: &Clients, config: &Config) -> Result<Archive, Failure> {
    let topic = &config.topics.rulesets;
    let mut follower = Follower::begin(clients, "rules", topic, StartAt::Beginning)?;
    let mut archive = Archive::default();
    let mut strays = StrayRecords::on(topic);
    while let Some(message) = follower.next(false)? {
        strays.note(&message, archive.keep(message.key().unwrap_or_default(), message.payload()));
    }
    follow::report_strays(&strays);
    Ok(archive)
}

fn word(cause: Trigger, lang: Language) -> &'static str {
    match cause {
        Trigger::Start => lang.pick("启动", "start"),
        Trigger::Folder => lang.pick("文件变动", "folder"),
        Trigger::Signal => lang.pick("信号", "signal"),
        Trigger::Api => lang.pick("接口", "api"),
        Trigger::Rollback => lang.pick("回退", "rollback"),
    }
}

/// `+1 ~2 -0`: added, changed, removed.
fn counts(names: &NameChanges) -> String {
    format!("+{} ~{} -{}", names.added.len(), names.changed.len(), names.removed.len())
}
