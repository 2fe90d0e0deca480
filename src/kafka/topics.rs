//! The topics the engine needs: what they should be, what they are, and the difference.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use futures::executor::block_on;
use jiff::SignedDuration;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::metadata::MetadataTopic;
use yujing_config::{Clock, Config, LEAST_MESSAGE};
use yujing_core::source::{Kind, Source, Sources};
use yujing_telemetry::kafka::KafkaClient;

use super::client::ClientEvents;
use super::{Clients, Gap, KafkaError, names};

const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// How much longer than a source's retention its topic keeps records: time deletes whole segments, and late.
const RETENTION_MARGIN: SignedDuration = SignedDuration::from_hours(24);
/// Whose clock stamps records: the broker's or the publisher's.
const TIMESTAMPS: &str = "message.timestamp.type";
/// The most bytes that a topic takes at once.
const MOST_BYTES: &str = "max.message.bytes";
const BY_BROKER: &str = "LogAppendTime";
const FOREVER: &str = "-1";
/// How long warnings of candidates are kept: a trial is over by then.
const SHADOW_RETENTION: SignedDuration = SignedDuration::from_hours(24 * 90);

/// What a topic is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    Input {
        source: String,
    },
    DeadLetters,
    Scores,
    Warnings,
    /// Warnings' events that could not be delivered to a post.
    UndeliveredWarnings,
    /// Warnings of candidates that are only tried.
    ShadowWarnings,
    /// What adds up over areas.
    Areas,
    Rulesets,
}

/// A topic as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicPlan {
    pub name: String,
    pub purpose: Purpose,
    pub partitions: i32,
    pub replication: i32,
    /// Topic properties by name.
    pub settings: BTreeMap<&'static str, String>,
    /// How long events count, for an input that forgets by time.
    pub needs: Option<SignedDuration>,
}

/// A topic as it is, against its plan.
#[derive(Debug, Clone)]
pub struct TopicReport {
    pub plan: TopicPlan,
    pub missing: bool,
    /// Those that there are; of a missing topic those that are planned.
    pub partitions: i32,
    pub differences: Vec<TopicDifference>,
    pub gap: Option<Gap>,
    /// The most bytes that it takes at once.
    pub most_bytes: Option<usize>,
}

/// One thing that is not as planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicDifference {
    pub setting: String,
    pub found: String,
    pub planned: String,
    /// Whether the engine must not run with it.
    pub is_fatal: bool,
}

impl TopicReport {
    /// Whether there is nothing to say.
    pub fn as_planned(&self) -> bool {
        !self.missing && self.differences.is_empty() && self.gap.is_none()
    }
}

/// Every topic the engine reads or writes: inputs in the order of their sources, each with its dead letters, then what
/// leaves.
pub fn plan(config: &Config, sources: &Sources) -> Vec<TopicPlan> {
    let topics = &config.topics;
    let mut plans = Vec::new();
    for (_, source) in sources.iter() {
        let name = names::input(topics, source);
        plans.push(input(config, source, name));
        let dead = names::dead_letters(topics, name);
        plans.push(output(config, &dead, Purpose::DeadLetters, topics.partitions, "delete"));
    }
    plans.push(output(config, &topics.scores, Purpose::Scores, topics.partitions, "compact"));
    plans.push(output(config, &topics.warnings, Purpose::Warnings, topics.partitions, "delete"));
    let undelivered = names::dead_letters(topics, &topics.warnings);
    plans.push(output(config, &undelivered, Purpose::UndeliveredWarnings, topics.partitions, "delete"));
    if !config.engine.shadow.is_empty() {
        let mut plan = output(config, &topics.shadow_warnings, Purpose::ShadowWarnings, topics.partitions, "delete");
        plan.settings.insert("retention.ms", SHADOW_RETENTION.as_millis().to_string());
        plans.push(plan);
    }
    plans.push(output(config, &topics.areas, Purpose::Areas, 1, "compact"));
    plans.push(output(config, &topics.rulesets, Purpose::Rulesets, 1, "compact"));
    plans
}

fn input(config: &Config, source: &Source, name: &str) -> TopicPlan {
    let purpose = Purpose::Input { source: source.name.to_string() };
    let compacted = source.kind == Kind::Reference;
    let mut plan =
        output(config, name, purpose, config.topics.partitions, if compacted { "compact" } else { "delete" });
    let clock = config.engine.clock;
    let timestamps = if clock == Clock::Wall { BY_BROKER } else { "CreateTime" };
    if clock == Clock::Log || !config.topics.accept_create_time.iter().any(|name| *name == *source.name) {
        plan.settings.insert(TIMESTAMPS, timestamps.to_owned());
    }
    // History bears old timestamps: a topic that forgets by time would forget it at once.
    if !compacted && clock == Clock::Wall {
        let keeps = source.retention.saturating_add(RETENTION_MARGIN).as_millis();
        plan.settings.insert("retention.ms", keeps.to_string());
        plan.needs = Some(source.retention);
    }
    plan
}

fn output(config: &Config, name: &str, purpose: Purpose, partitions: i32, cleanup: &str) -> TopicPlan {
    let mut settings = BTreeMap::from([("cleanup.policy", cleanup.to_owned())]);
    if cleanup == "delete" {
        settings.insert("retention.ms", FOREVER.to_owned());
    }
    let replication = config.topics.replication_factor;
    TopicPlan { name: name.to_owned(), purpose, partitions, replication, settings, needs: None }
}

/// Compares every planned topic with what Kafka has.
///
/// # Errors
/// If Kafka cannot be asked.
pub fn inspect(clients: &Clients, plans: Vec<TopicPlan>) -> Result<Vec<TopicReport>, KafkaError> {
    let admin = admin(clients)?;
    let metadata = admin
        .inner()
        .fetch_metadata(None, REQUEST_TIMEOUT)
        .map_err(KafkaError::client("asking Kafka for its topics"))?;
    let partitions: BTreeMap<&str, usize> =
        metadata.topics().iter().map(|topic| (topic.name(), topic.partitions().len())).collect();
    let there: Vec<ResourceSpecifier<'_>> = plans
        .iter()
        .filter(|plan| partitions.contains_key(&*plan.name))
        .map(|plan| ResourceSpecifier::Topic(&plan.name))
        .collect();
    let settings = if there.is_empty() { BTreeMap::new() } else { describe(&admin, &there)? };
    Ok(plans
        .into_iter()
        .map(|plan| match (partitions.get(&*plan.name), settings.get(&plan.name)) {
            (Some(partitions), Some(settings)) => compare(plan, *partitions, settings),
            _ => {
                let partitions = plan.partitions;
                let (differences, gap, most_bytes) = (Vec::new(), None, None);
                TopicReport { plan, missing: true, partitions, differences, gap, most_bytes }
            }
        })
        .collect())
}

/// Creates the topics of these plans and waits until they can be seen.
///
/// # Errors
/// If Kafka cannot be asked, or refuses one of them.
pub fn create<'a>(clients: &Clients, plans: impl IntoIterator<Item = &'a TopicPlan>) -> Result<(), KafkaError> {
    let admin = admin(clients)?;
    let topics: Vec<NewTopic<'_>> = plans.into_iter().map(new_topic).collect();
    if topics.is_empty() {
        return Ok(());
    }
    let doing = || KafkaError::client("creating topics");
    let created = block_on(admin.create_topics(&topics, &options())).map_err(doing())?;
    let refused: Vec<String> = created
        .into_iter()
        .filter_map(|outcome| outcome.err().map(|(topic, code)| format!("{topic} could not be created: {code}")))
        .collect();
    if !refused.is_empty() {
        return Err(KafkaError::Topics(refused));
    }
    await_visible(&admin, &topics)
}

/// Waits until brokers list the topics: they are there a little before.
fn await_visible(admin: &AdminClient<ClientEvents>, topics: &[NewTopic<'_>]) -> Result<(), KafkaError> {
    let began = Instant::now();
    loop {
        let metadata = admin
            .inner()
            .fetch_metadata(None, REQUEST_TIMEOUT)
            .map_err(KafkaError::client("asking for the new topics"))?;
        let visible: BTreeSet<&str> = metadata.topics().iter().map(MetadataTopic::name).collect();
        let Some(hidden) = topics.iter().find(|topic| !visible.contains(topic.name)) else { return Ok(()) };
        if began.elapsed() > REQUEST_TIMEOUT {
            return Err(KafkaError::Topics(vec![format!("{} was created, but does not appear", hidden.name)]));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// What a start needs to know of the reports.
#[derive(Debug, Default)]
pub struct TopicCheck {
    /// Sentences about what is merely not as planned.
    pub remarks: Vec<String>,
    /// Inputs that forget too early.
    pub gaps: Vec<Gap>,
    /// The most bytes that every topic takes at once to which the engine writes.
    pub most_bytes: Option<usize>,
}

/// What to do about an input whose records the publisher stamps.
const STAMPED_BY_PUBLISHERS: &str = " (set it with `kafka-configs.sh --alter --entity-type topics --entity-name TOPIC \
    --add-config message.timestamp.type=LogAppendTime`, or name the source in topics.accept_create_time)";

/// Whether the engine can run with the topics as they are.
///
/// # Errors
/// If topics are missing or unfit.
pub fn check(reports: &[TopicReport]) -> Result<TopicCheck, KafkaError> {
    let mut check = TopicCheck::default();
    let mut unfit = Vec::new();
    for report in reports {
        let name = &report.plan.name;
        match (report.missing, &report.plan.purpose) {
            // The engine neither reads nor writes it.
            (true, Purpose::UndeliveredWarnings) => {
                check.remarks.push(format!("{name} is missing, which `yujing notify` needs"));
            }
            (true, _) => unfit.push(format!("{name} is missing")),
            (false, _) => {}
        }
        for TopicDifference { setting, found, planned, is_fatal } in &report.differences {
            let remedy = if *is_fatal && setting == TIMESTAMPS { STAMPED_BY_PUBLISHERS } else { "" };
            let sentence = format!("{name}: {setting} is {found}, planned {planned}{remedy}");
            if *is_fatal { unfit.push(sentence) } else { check.remarks.push(sentence) }
        }
        check.gaps.extend(report.gap.clone());
        if !matches!(report.plan.purpose, Purpose::Input { .. }) {
            let least = check.most_bytes.into_iter().chain(report.most_bytes).min();
            check.most_bytes = least;
        }
    }
    if unfit.is_empty() { Ok(check) } else { Err(KafkaError::Topics(unfit)) }
}

fn admin(clients: &Clients) -> Result<AdminClient<ClientEvents>, KafkaError> {
    let events = ClientEvents::of_command(KafkaClient::Reader);
    clients.admin().create_with_context(events).map_err(KafkaError::client("creating the admin client"))
}

fn options() -> AdminOptions {
    AdminOptions::new().request_timeout(Some(REQUEST_TIMEOUT)).operation_timeout(Some(REQUEST_TIMEOUT))
}

fn new_topic(plan: &TopicPlan) -> NewTopic<'_> {
    let topic = NewTopic::new(&plan.name, plan.partitions, TopicReplication::Fixed(plan.replication));
    plan.settings.iter().fold(topic, |topic, (name, value)| topic.set(name, value))
}

/// The properties of topics by topic and name.
fn describe(
    admin: &AdminClient<ClientEvents>,
    topics: &[ResourceSpecifier<'_>],
) -> Result<BTreeMap<String, BTreeMap<String, String>>, KafkaError> {
    let doing = || KafkaError::client("asking Kafka for the properties of topics");
    let mut described = BTreeMap::new();
    for outcome in block_on(admin.describe_configs(topics, &options())).map_err(doing())? {
        let resource = outcome.map_err(|code| doing()(rdkafka::error::KafkaError::AdminOp(code)))?;
        let rdkafka::admin::OwnedResourceSpecifier::Topic(name) = resource.specifier else { continue };
        let settings = resource.entries.into_iter().filter_map(|entry| Some((entry.name, entry.value?))).collect();
        described.insert(name, settings);
    }
    Ok(described)
}

fn compare(plan: TopicPlan, partitions: usize, settings: &BTreeMap<String, String>) -> TopicReport {
    let mut differences = Vec::new();
    let partitions = i32::try_from(partitions).unwrap_or(i32::MAX);
    if partitions != plan.partitions {
        differences.push(TopicDifference {
            setting: "partitions".to_owned(),
            found: partitions.to_string(),
            planned: plan.partitions.to_string(),
            is_fatal: false,
        });
    }
    for (&setting, planned) in &plan.settings {
        let found = settings.get(setting).cloned().unwrap_or_default();
        let enough = setting == "retention.ms" && keeps_at_least(&found, planned);
        if found != *planned && !enough {
            let planned = planned.clone();
            // A compacted input forgets events, and scores that are not compacted are forgotten. The clock of one
            // publisher is nothing to measure everybody by.
            let is_fatal = setting == "cleanup.policy" || (setting == TIMESTAMPS && planned == BY_BROKER);
            differences.push(TopicDifference { setting: setting.to_owned(), found, planned, is_fatal });
        }
    }
    let most_bytes = settings.get(MOST_BYTES).and_then(|bytes| bytes.parse().ok());
    if most_bytes.is_some_and(|bytes| bytes < LEAST_MESSAGE) && !matches!(plan.purpose, Purpose::Input { .. }) {
        differences.push(TopicDifference {
            setting: MOST_BYTES.to_owned(),
            found: settings[MOST_BYTES].clone(),
            planned: LEAST_MESSAGE.to_string(),
            is_fatal: true,
        });
    }
    let gap = gap(&plan, settings);
    TopicReport { plan, missing: false, partitions, differences, gap, most_bytes }
}

/// Whether a retention in milliseconds, -1 for ever, is no less than another.
fn keeps_at_least(found: &str, planned: &str) -> bool {
    let longest = |text: &str| text.parse::<i64>().ok().map(|value| if value < 0 { i64::MAX } else { value });
    longest(found).zip(longest(planned)).is_some_and(|(found, planned)| found >= planned)
}

fn gap(plan: &TopicPlan, settings: &BTreeMap<String, String>) -> Option<Gap> {
    let is_event_input = matches!(plan.purpose, Purpose::Input { .. }) && plan.settings["cleanup.policy"] == "delete";
    let keeps = settings.get("retention.ms")?;
    let needed = plan.needs.map_or_else(|| FOREVER.to_owned(), |needs| needs.as_millis().to_string());
    if !is_event_input || keeps_at_least(keeps, &needed) {
        return None;
    }
    let readable = |milliseconds: &str| {
        let milliseconds = milliseconds.parse().unwrap_or_default();
        if milliseconds < 0 { "ever".to_owned() } else { format!("{:#}", SignedDuration::from_millis(milliseconds)) }
    };
    Some(Gap::Retention { topic: plan.name.clone(), keeps: readable(keeps), needs: readable(&needed) })
}
