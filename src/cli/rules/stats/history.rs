//! What the topics say of rules: warnings, the answers to them, and live scores.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{AsArray as _, StringArray};
use jiff::Timestamp;
use rdkafka::message::Message as _;
use serde::Deserialize;
use yujing_config::Config;
use yujing_core::rule::Bilingual;
use yujing_core::source::{Decoder, Source, SourceId, Sources};
use yujing_core::warning::quality::{PastEvent, WarningAnswers};
use yujing_core::window::{Delta, WindowStore};
use yujing_kafka::input_topic::InputTopic;
use yujing_kafka::{Clients, StartAt, StrayRecords, names};

use crate::Failure;
use crate::follow::{self, Follower};

/// Everything that is read.
#[derive(Debug)]
pub(super) struct TopicHistory {
    /// Lifecycle events, oldest first.
    pub events: Vec<PastEvent>,
    pub answers: WarningAnswers,
    /// By rule.
    pub firing: BTreeMap<String, Firing>,
}

/// Live scores in which a rule fires.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Firing {
    pub operators: u64,
    pub last: Option<Timestamp>,
}

impl TopicHistory {
    /// What a rule was called when it last fired.
    pub(super) fn title_of(&self, rule: &str) -> Option<&Bilingual> {
        let findings = self.events.iter().rev().flat_map(|event| &event.findings);
        findings.into_iter().find(|finding| finding.rule.id == rule).map(|finding| &finding.rule.title)
    }
}

pub(super) fn read(clients: &Clients, config: &Config, sources: &Arc<Sources>) -> Result<TopicHistory, Failure> {
    Ok(TopicHistory {
        events: events(clients, &config.topics.warnings)?,
        answers: answers(clients, config, sources)?,
        firing: firing(clients, &config.topics.scores)?,
    })
}

fn events(clients: &Clients, topic: &str) -> Result<Vec<PastEvent>, Failure> {
    let mut follower = Follower::begin(clients, "stats", topic, StartAt::Beginning)?;
    let mut events: Vec<PastEvent> = Vec::new();
    let mut strays = StrayRecords::on(topic);
    while let Some(message) = follower.next(false)? {
        let event = serde_json::from_slice(message.payload().unwrap_or_default());
        strays.note(&message, event.map(|event| events.push(event)).map_err(|error| error.to_string()));
    }
    follow::report_strays(&strays);
    events.sort_by_key(|event| event.as_of);
    Ok(events)
}

/// The newest score of each operator counts.
fn firing(clients: &Clients, topic: &str) -> Result<BTreeMap<String, Firing>, Failure> {
    #[derive(Deserialize)]
    struct Score {
        operator_id: String,
        as_of: Timestamp,
        findings: Vec<Finding>,
    }
    #[derive(Deserialize)]
    struct Finding {
        rule: String,
    }
    let mut follower = Follower::begin(clients, "stats", topic, StartAt::Beginning)?;
    let mut scores: BTreeMap<Vec<u8>, Score> = BTreeMap::new();
    while let Some(message) = follower.next(false)? {
        let operator = message.key().unwrap_or_default();
        let Some(value) = message.payload() else {
            scores.remove(operator);
            continue;
        };
        // What no engine wrote says nothing of an operator: `yujing scores` reports it.
        let score = serde_json::from_slice::<Score>(value).ok();
        if let Some(score) = score.filter(|score| score.operator_id.as_bytes() == operator) {
            scores.insert(operator.to_vec(), score);
        }
    }
    let mut firing: BTreeMap<String, Firing> = BTreeMap::new();
    for Score { as_of, findings, .. } in scores.into_values() {
        for finding in findings {
            let rule = firing.entry(finding.rule).or_default();
            rule.operators += 1;
            rule.last = rule.last.max(Some(as_of));
        }
    }
    Ok(firing)
}

/// The actions and verdicts of dispositions, corrections and retractions taken in as the engine does.
fn answers(clients: &Clients, config: &Config, sources: &Arc<Sources>) -> Result<WarningAnswers, Failure> {
    let Some((id, source)) = sources.by_name("dispositions") else { return Ok(WarningAnswers::default()) };
    let store = dispositions(clients, config, sources, id, source)?;
    let view = store.view();
    let rows = view.gather(id, &view.operators(), Timestamp::now());
    let text = |name: &str| -> Option<&StringArray> { rows.column_by_name(name)?.as_string_opt() };
    let Some(warnings) = text("warning_id") else { return Ok(WarningAnswers::default()) };
    let mut answers = WarningAnswers::default();
    for said in ["action", "verdict"].into_iter().filter_map(text) {
        for (warning, word) in warnings.iter().zip(said) {
            if let (Some(Ok(warning)), Some(word)) = (warning.map(str::parse), word) {
                answers.entry(warning).or_default().insert(word.to_owned());
            }
        }
    }
    Ok(answers)
}

fn dispositions(
    clients: &Clients,
    config: &Config,
    sources: &Arc<Sources>,
    id: SourceId,
    source: &Arc<Source>,
) -> Result<WindowStore, Failure> {
    let name = names::input(&config.topics, source);
    let topic = InputTopic {
        name: name.into(),
        source: id,
        partitions: config.topics.partitions,
        key_form: source.operator_form(),
    };
    let decoder = Decoder::new(id, Arc::clone(source));
    let mut store = WindowStore::new(sources);
    let mut delta = Delta::default();
    let mut follower = Follower::begin(clients, "stats", name, StartAt::Beginning)?;
    while let Some(message) = follower.next(false)? {
        if let Ok(event) = decoder.decode(&topic.record(&message)) {
            store.admit(&mut delta, event);
        }
    }
    store.install(delta);
    Ok(store)
}
