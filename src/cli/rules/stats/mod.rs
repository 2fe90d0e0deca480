//! `yujing rules stats`: what each rule is worth, from the warnings that left, the answers to them, the live scores,
//! and what the running engine counted.
//!
//! - [`history`]: what the topics say
//! - [`counted`]: what the engine counted since its start
//! - [`table`]: the figures as text

mod counted;
mod history;
mod table;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use clap::Args;
use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};
use serde::Serialize;
use yujing_config::Config;
use yujing_core::rule::{Bilingual, Status};
use yujing_core::ruleset::{Archive, Ruleset};
use yujing_core::source::Sources;
use yujing_core::warning::Policy;
use yujing_core::warning::quality::{RuleQuality, rule_qualities};
use yujing_kafka::Clients;
use yujing_workbench::schemas_folder;

use self::counted::Counted;
use self::history::{Firing, TopicHistory};
use super::history::published;
use crate::client::RequestOptions;
use crate::{Context, Failure, check, output};

/// Arguments of `yujing rules stats`.
#[derive(Debug, Args)]
pub struct Stats {
    /// Only warnings opened or escalated within so long until now, for example 30d
    #[arg(long, value_name = "TIME", default_value = "90d", value_parser = span)]
    last: SignedDuration,
    #[command(flatten)]
    request: RequestOptions,
}

/// A span of time in weeks, days of 24 hours and smaller units.
fn span(text: &str) -> Result<SignedDuration, String> {
    let span: Span = text.parse().map_err(|error: jiff::Error| error.to_string())?;
    span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|error| error.to_string())
}

/// What is known of every rule.
#[derive(Debug, Serialize)]
struct Figures {
    /// The hash of the ruleset in force.
    ruleset: String,
    /// Warnings raised from here on are counted.
    since: Timestamp,
    /// Whether the engine answered with what it counted.
    engine_answered: bool,
    /// Those that raised most first.
    rules: Vec<RuleFigures>,
}

/// What is known of one rule.
#[derive(Debug, Serialize)]
struct RuleFigures {
    rule: String,
    title: Bilingual,
    /// `active`, `draft`, `retired`, or `removed` if the ruleset in force has no such rule.
    status: &'static str,
    #[serde(flatten)]
    quality: RuleQuality,
    false_alarm_share: Option<f64>,
    /// Whether it was in force on any day since the warnings that are counted; drafts, retired and removed rules were
    /// not.
    in_force: bool,
    /// In no warning, no live score and no evaluation that is known of.
    never_fired: bool,
    /// Operators for whom it fires by their live score.
    firing_now: u64,
    /// Since the engine started; nothing if it did not answer.
    engine: Option<Counted>,
}

impl Stats {
    /// # Errors
    /// If the topics cannot be read, or the ruleset in force does not build.
    pub fn run(&self, context: &Context) -> Result<(), Failure> {
        let config = context.config()?;
        let clients = Clients::new(&config.kafka)?;
        let since = Timestamp::now().saturating_sub(self.last).map_err(|error| Failure::user(error.to_string()))?;
        let archive = published(&clients, &config)?;
        let (sources, ruleset) = in_force(&config, &archive)?;
        let history = history::read(&clients, &config, &sources)?;
        let counted = self.request.server.client(&config)?.text("/metrics").map(|text| counted::parse(&text));
        if let Err(Failure::Error { message, .. }) = &counted {
            let without = self.request.lang.pick("触发、出错和耗时从略", "fires, errors and costs are left out");
            output::problem(&format!("yujing: {message} {without}"));
        }
        let policies = policies(&archive, &history);
        let policy_of = |hash: &str| policies.get(hash).unwrap_or(&ruleset.policy);
        let by_rule = rule_qualities(policy_of, &history.events, since, &history.answers);
        let figures = Figures {
            ruleset: ruleset.hash.clone(),
            since,
            engine_answered: counted.is_ok(),
            rules: rules(&ruleset, &history, by_rule, counted.ok().as_ref(), since),
        };
        if self.request.json { output::json(&figures) } else { output::line(&figures.text(self.request.lang)) }
    }
}

/// The ruleset that the topic says is in force; before anything was published, that of the folder.
fn in_force(config: &Config, archive: &Archive) -> Result<(Arc<Sources>, Arc<Ruleset>), Failure> {
    let Some(hash) = archive.newest().map(|newest| newest.ruleset.as_str()) else {
        return Ok(check::load(config)?);
    };
    let files = archive.files(hash).ok_or_else(|| {
        Failure::data(format!("{} does not hold {hash}, the ruleset in force", config.topics.rulesets))
    })?;
    let sources = schemas_folder::load(&config.paths.schemas)?;
    let ruleset = Ruleset::from_files(Path::new(hash), files.clone(), &sources)?;
    Ok((Arc::new(sources), Arc::new(ruleset)))
}

/// The policies of the rulesets that warnings name, as far as they can be had.
fn policies(archive: &Archive, history: &TopicHistory) -> BTreeMap<String, Policy> {
    let mut policies = BTreeMap::new();
    for event in &history.events {
        if policies.contains_key(&event.ruleset) {
            continue;
        }
        let text = archive.files(&event.ruleset).and_then(|files| files.get("ruleset.toml"));
        let policy = text.and_then(|text| Policy::read(Path::new("ruleset.toml"), text).ok());
        policies.extend(policy.map(|policy| (event.ruleset.clone(), policy)));
    }
    policies
}

/// Every active rule, and those others that raised a warning of the span.
fn rules(
    ruleset: &Ruleset,
    history: &TopicHistory,
    mut by_rule: BTreeMap<String, RuleQuality>,
    counted: Option<&BTreeMap<String, Counted>>,
    since: Timestamp,
) -> Vec<RuleFigures> {
    let [first, last] = [since, Timestamp::now()].map(|at| ruleset.day_of(at));
    let figures = |rule: &str, title: &Bilingual, status: &'static str, in_force: bool, quality: RuleQuality| {
        let Firing { operators, last: last_score } = history.firing.get(rule).copied().unwrap_or_default();
        let engine = counted.map(|counted| counted.get(rule).copied().unwrap_or_default());
        let seen = engine.and_then(|engine| engine.last_fired());
        let quality = RuleQuality { last_fired: quality.last_fired.max(last_score).max(seen), ..quality };
        RuleFigures {
            rule: rule.to_owned(),
            title: title.clone(),
            status,
            in_force,
            false_alarm_share: quality.false_alarm_share(),
            never_fired: quality.last_fired.is_none(),
            quality,
            firing_now: operators,
            engine,
        }
    };
    let raised = |quality: &RuleQuality| quality.opened.warnings + quality.escalated.warnings;
    let mut rows = Vec::new();
    for rule in ruleset.rules.list() {
        let metadata = &rule.metadata;
        let quality = by_rule.remove(&metadata.id).unwrap_or_default();
        let status = match metadata.status {
            Status::Active => "active",
            Status::Draft => "draft",
            Status::Retired => "retired",
        };
        if metadata.status == Status::Active || raised(&quality) > 0 {
            let in_force = metadata.status == Status::Active && metadata.covers_any(first, last);
            rows.push(figures(&metadata.id, &metadata.title, status, in_force, quality));
        }
    }
    for (rule, quality) in by_rule.into_iter().filter(|(_, quality)| raised(quality) > 0) {
        let title = history.title_of(&rule).cloned().unwrap_or_else(|| rule.as_str().into());
        rows.push(figures(&rule, &title, "removed", false, quality));
    }
    rows.sort_by_key(|row| (row.never_fired, std::cmp::Reverse(raised(&row.quality)), row.rule.clone()));
    rows
}
