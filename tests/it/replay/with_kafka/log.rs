//! A replay gives what the engine gave of the same records by the log's clock, whether it reads them from the topics or
//! from files, and leaves nothing behind.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::executor::block_on;
use jiff::{SignedDuration, Timestamp};
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::{Offset, TopicPartitionList};
use serde_json::{Map, Value};
use yujing_base::language::Language;
use yujing_base::parallel;
use yujing_config::Clock;
use yujing_core::engine::Engine;
use yujing_kafka::partitioner;
use yujing_replay::driver::{Driver, Schedule};
use yujing_replay::history::read_ahead::decoded;
use yujing_replay::history::{History, MEMORY_BYTES};
use yujing_replay::plan::{KafkaInput, Plan};
use yujing_replay::results::Results;
use yujing_workbench::synthetic::{Background, District, PlannedEvent, plant};

use crate::support::adapter::committed_offset;
use crate::support::engine::{EngineFixture, load};
use crate::support::kafka::{TestRecord, bootstrap, eventually, produce, read_committed, unique};

const SWEEP: SignedDuration = SignedDuration::from_hours(24);

/// What was left: the last score of every operator, and every step of its warnings, as JSON.
#[derive(Debug, Default, PartialEq)]
struct Left {
    scores: BTreeMap<String, Value>,
    warnings: BTreeMap<String, Vec<Value>>,
}

impl Left {
    fn take_score(&mut self, score: Value) {
        let operator = score["operator_id"].as_str().expect("an id").to_owned();
        self.scores.insert(operator, score);
    }

    /// The offsets at which it was decided are the only thing that a replay cannot know.
    fn take_warning(&mut self, mut warning: Value) {
        warning["offsets"].take();
        let operator = warning["operator_id"].as_str().expect("an id").to_owned();
        self.warnings.entry(operator).or_default().push(warning);
    }
}

fn left_on_kafka(fixture: &EngineFixture) -> Left {
    let mut left = Left::default();
    let json = |record: TestRecord| serde_json::from_slice(record.value.as_deref().expect("a value")).expect("JSON");
    for record in read_committed(&fixture.config.topics.scores) {
        left.take_score(json(record));
    }
    for record in read_committed(&fixture.config.topics.warnings) {
        left.take_warning(json(record));
    }
    left
}

fn left_by_replay(fixture: &EngineFixture, events: Option<PathBuf>, kafka: Option<KafkaInput>) -> Left {
    let plan = Plan { events, kafka, step: SignedDuration::ZERO, ..Plan::default() };
    let history = History::find(&plan, &fixture.config, &fixture.sources, MEMORY_BYTES).expect("found");
    let mut engine = Engine::new(Arc::clone(&fixture.sources), Arc::clone(&fixture.ruleset));
    engine.wake_every(SWEEP);
    let mut results = Results::new([Arc::clone(&fixture.ruleset)]);
    let mut left = Left::default();
    let arrivals = history.survey(parallel::cores()).expect("readable");
    let records = arrivals.read().expect("readable");
    let schedule = Schedule { step: plan.step, from: None, to: None };
    let mut observer = |pending: &yujing_core::engine::Pending| {
        pending.output.scores.iter().for_each(|score| left.take_score(json(score)));
        pending.output.warnings.iter().for_each(|event| left.take_warning(json(event)));
    };
    let driver = Driver::new(std::slice::from_mut(&mut engine), schedule, &mut results).with_observer(&mut observer);
    let decoders = driver.decoders();
    driver.run(decoded(records, &decoders), |_| ()).expect("it ends");
    left
}

fn json(record: &impl serde::Serialize) -> Value {
    serde_json::to_value(record).expect("it is JSON")
}

/// A small synthetic district: operators, two days of events and planted incidents, in the order of their arrival.
fn district() -> Vec<PlannedEvent> {
    let until = Timestamp::from_second(Timestamp::now().as_second() - 86_400).expect("yesterday");
    let from = until - SignedDuration::from_hours(48);
    let district = District::generate(3, 30);
    let incidents = plant(&district, 3, 6, from + SignedDuration::from_hours(12), until);
    let operators = district.operators.iter().map(|operator| {
        let mut document: Map<String, Value> = operator.document.as_object().cloned().expect("an object");
        document.insert("occurred_at".to_owned(), from.to_string().into());
        PlannedEvent { at: from, source: "operators", operator_id: operator.operator_id.clone(), document }
    });
    let planted = incidents.into_iter().flat_map(|incident| incident.events);
    let mut events: Vec<PlannedEvent> =
        operators.chain(Background::new(&district, 3, 40, from, until)).chain(planted).collect();
    events.sort_by_key(|event| event.at);
    events
}

fn arrival(event: &PlannedEvent) -> Timestamp {
    let time = |field: &str| event.document.get(field)?.as_str()?.parse().ok();
    time("reported_at").or_else(|| time("occurred_at")).expect("a time")
}

#[test]
fn a_synthetic_district_replayed_from_topics_and_from_files_leaves_the_scores_and_warnings_of_the_engine() {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let mut fixture = EngineFixture::with_rules(bootstrap(), Clock::Log, &rules);
    fixture.config.engine.sweep_interval = SWEEP;
    // Each record is a batch of its own, as each instant is in the replay.
    fixture.config.engine.max_batch_records = 1;
    let events = district();
    let mut by_source: BTreeMap<&str, Vec<&PlannedEvent>> = BTreeMap::new();
    for event in &events {
        by_source.entry(event.source).or_default().push(event);
    }
    let folder = tempfile::tempdir().expect("a folder");
    for (source, events) in &by_source {
        let mut file = std::fs::File::create(folder.path().join(format!("{source}.jsonl"))).expect("created");
        let mut records = Vec::new();
        for event in events {
            let json = Value::Object(event.document.clone()).to_string();
            writeln!(file, "{json}").expect("written");
            let partition = partitioner::partition(event.operator_id.as_bytes(), fixture.config.topics.partitions);
            let at = arrival(event).as_millisecond();
            records.push(TestRecord::new(&event.operator_id, json).at(partition, at));
        }
        produce(&fixture.topic(source), &records);
    }
    let running = fixture.start();
    fixture.await_consumed_by(&running);
    running.stop().expect("it stops");
    let expected = left_on_kafka(&fixture);
    assert!(expected.scores.len() == 30 && expected.warnings.len() >= 4, "{:?}", expected.warnings.keys());

    assert_eq!(left_by_replay(&fixture, None, Some(KafkaInput::default())), expected);
    assert_eq!(left_by_replay(&fixture, Some(folder.path().to_owned()), None), expected);
}

#[test]
fn a_replay_of_topics_commits_nothing_and_writes_nothing() {
    let mut fixture = EngineFixture::new(Clock::Log);
    let start = Timestamp::now().as_second() - 40 * 86_400;
    fixture.complain(&load(4, |_| 7, start, 3_600));
    // Were there a producer, it would fail: these topics do not exist.
    fixture.config.topics.scores = unique("never");
    fixture.config.topics.warnings = unique("never");
    fixture.config.topics.rulesets = unique("never");
    let topic = fixture.topic("complaints");
    let before = read_committed(&topic);

    let left = left_by_replay(&fixture, None, Some(KafkaInput::default()));
    assert_eq!(left.warnings.len(), 4);
    assert_eq!(read_committed(&topic), before);
    for partition in 0..fixture.config.topics.partitions {
        assert_eq!(committed_offset(&fixture.config, &topic, partition), None);
    }
}

#[test]
fn topics_are_read_from_and_to_times_and_offsets() {
    let fixture = EngineFixture::new(Clock::Log);
    let start = Timestamp::now().as_second() - 40 * 86_400;
    // One complaint an hour, two operators in turn.
    let complaints = load(2, |_| 10, start, 3_600);
    fixture.complain(&complaints);
    let topic = fixture.topic("complaints");
    eventually("the complaints are there", || (read_committed(&topic).len() == 20).then_some(()));
    let hour = |hour: i64| Timestamp::from_second(start + hour * 3_600).expect("a time");
    let read = |kafka: KafkaInput| {
        let plan = Plan { kafka: Some(kafka), ..Plan::default() };
        let history = History::find(&plan, &fixture.config, &fixture.sources, MEMORY_BYTES).expect("found");
        let arrivals = history.survey(parallel::cores()).expect("readable");
        let records = arrivals.read().expect("readable");
        records.map(|record| record.expect("a record").timestamp).collect::<Vec<_>>()
    };
    let all: Vec<Timestamp> = (0..20).map(hour).collect();
    assert_eq!(read(KafkaInput::default()), all, "merged over partitions by timestamp");
    let span = KafkaInput { from: Some(hour(5)), to: Some(hour(9)), ..KafkaInput::default() };
    assert_eq!(read(span), all[5..9]);
    let none = KafkaInput { sources: vec!["operators".to_owned()], ..KafkaInput::default() };
    assert_eq!(read(none), []);

    let partition = read_committed(&topic)[0].partition;
    let stretch = BTreeMap::from([(partition, (1, 3))]);
    let offsets = BTreeMap::from([("complaints".to_owned(), stretch)]);
    let some = KafkaInput { sources: vec!["complaints".to_owned()], offsets, ..KafkaInput::default() };
    assert_eq!(read(some).len(), 2);
}

#[test]
fn offsets_that_are_not_there_are_reported() {
    let fixture = EngineFixture::new(Clock::Log);
    let offsets = BTreeMap::from([("complaints".to_owned(), BTreeMap::from([(0, (0, 99))]))]);
    let plan = Plan { kafka: Some(KafkaInput { offsets, ..KafkaInput::default() }), ..Plan::default() };
    let error =
        History::find(&plan, &fixture.config, &fixture.sources, MEMORY_BYTES).expect_err("there are no records");
    assert!(error.to_string().contains("offsets 0 to 0, not 0 to 99"), "{error}");
}

#[test]
fn a_log_that_lost_its_beginning_is_noted_in_the_report() {
    let fixture = EngineFixture::new(Clock::Log);
    let start = Timestamp::now().as_second() - 40 * 86_400;
    fixture.complain(&load(1, |_| 10, start, 3_600));
    let topic = fixture.topic("complaints");
    eventually("the complaints are there", || (read_committed(&topic).len() == 10).then_some(()));
    let report = || {
        let plan = Plan { kafka: Some(KafkaInput::default()), ..Plan::default() };
        let rulesets = [("rules".to_owned(), Arc::clone(&fixture.ruleset))];
        let finished =
            yujing_replay::run(&plan, &fixture.config, &fixture.sources, &rulesets, |_| ()).expect("it ends");
        let text = yujing_replay::report::text::summary(&finished.report, Language::En);
        (finished.report.events.sources[0].lost_before.clone(), text)
    };
    assert_eq!(report().0, None);

    let mut before = TopicPartitionList::new();
    let partition = read_committed(&topic)[0].partition;
    before.add_partition_offset(&topic, partition, Offset::Offset(4)).expect("a valid offset");
    let admin: AdminClient<DefaultClientContext> =
        ClientConfig::new().set("bootstrap.servers", bootstrap()).create().expect("a client");
    block_on(admin.delete_records(&before, &AdminOptions::new())).expect("deleted");
    let (lost_before, text) = report();
    let first = Timestamp::from_second(start + 4 * 3_600).expect("a time");
    assert_eq!(lost_before.and_then(|at| at.parse().ok()), Some(first));
    assert!(text.contains("the log of complaints lost what came before"), "{text}");
}
