//! A whole engine on the broker: topics, a small ruleset, publishers, and what it left behind.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use yujing_config::{Clock, Config};
use yujing_core::ruleset::Ruleset;
use yujing_core::source::Sources;
use yujing_kafka::transaction::KafkaTransactions;
use yujing_kafka::{Transactions, names, partitioner, topics};
use yujing_live::reload::{Origin, ReloadCoordinator, Sandbox};
use yujing_live::{RunError, Runner, State, Status, query};
use yujing_telemetry::Metrics;
use yujing_workbench::{rules_folder, schemas_folder};

use super::adapter::{clients, committed_offset, config_on};
use super::kafka::{Kafka, PATIENCE, TestRecord, bootstrap, eventually, unique};
use super::ruleset::small_ruleset;

/// Everything one engine needs, with names of its own.
pub struct EngineFixture {
    pub config: Config,
    pub sources: Arc<Sources>,
    pub ruleset: Arc<Ruleset>,
    _rules: Option<TempDir>,
}

/// A running engine.
pub struct RunningEngine {
    pub stop: CancellationToken,
    pub status: Arc<Status>,
    pub metrics: Arc<Metrics>,
    pub reloads: Arc<ReloadCoordinator>,
    thread: JoinHandle<Result<(), RunError>>,
}

/// One step of a warning, without what depends on when it was decided.
pub type StepOf = (String, u64, String, String);

impl EngineFixture {
    /// On the shared broker.
    pub fn new(clock: Clock) -> Self {
        Self::on(bootstrap(), clock)
    }

    /// On the broker at this address.
    pub fn on(servers: &str, clock: Clock) -> Self {
        let rules = small_ruleset(&[]);
        let fixture = Self::with_rules(servers, clock, rules.path());
        Self { _rules: Some(rules), ..fixture }
    }

    /// With the ruleset of a folder.
    pub fn with_rules(servers: &str, clock: Clock, rules: &Path) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let sources = schemas_folder::load(&root.join("schemas")).expect("the published schemas are valid");
        let ruleset =
            rules_folder::load(rules, &sources).unwrap_or_else(|problems| panic!("{}", problems.render(false)));

        let mut config = config_on(servers);
        config.engine.clock = clock;
        config.engine.max_batch_records = 20;
        config.paths.schemas = root.join("schemas");
        rules.clone_into(&mut config.paths.rules);
        for (_, source) in sources.iter() {
            config.topics.inputs.insert(source.name.to_string(), unique(&source.name));
        }
        let fixture = Self { config, sources: Arc::new(sources), ruleset: Arc::new(ruleset), _rules: None };
        topics::create(&clients(&fixture.config), &topics::plan(&fixture.config, &fixture.sources)).expect("created");
        fixture
    }

    pub fn start(&self) -> RunningEngine {
        self.start_with(false, |transactions| transactions)
    }

    pub fn start_with<T: Transactions + Send + 'static>(
        &self,
        accept_gap: bool,
        wrap: impl Fn(KafkaTransactions) -> T + Send + 'static,
    ) -> RunningEngine {
        let (stop, status) = (CancellationToken::new(), Arc::new(Status::new()));
        let reloads = Arc::<ReloadCoordinator>::default();
        let (_, queries) = query::queue();
        let metrics = Arc::new(Metrics::new());
        let runner = Runner {
            config: Arc::new(self.config.clone()),
            sources: Arc::clone(&self.sources),
            origin: Origin::Built(Arc::clone(&self.ruleset)),
            sandbox: Sandbox {
                program: env!("CARGO_BIN_EXE_yujing").into(),
                schemas: self.config.paths.schemas.clone(),
                sources: Arc::clone(&self.sources),
                metrics: Arc::clone(&metrics),
                stop: stop.clone(),
            },
            metrics: Arc::clone(&metrics),
            status: Arc::clone(&status),
            queries,
            reloads: Arc::clone(&reloads),
            candidates: Arc::default(),
            stop: stop.clone(),
            accept_gap,
            check_topics: true,
        };
        RunningEngine { stop, status, reloads, metrics, thread: std::thread::spawn(move || runner.run_with(wrap)) }
    }

    /// Its broker.
    pub fn kafka(&self) -> Kafka<'_> {
        Kafka(&self.config.kafka.bootstrap_servers)
    }

    pub fn topic(&self, source: &str) -> String {
        let (_, source) = self.sources.by_name(source).expect("a source");
        names::input(&self.config.topics, source).to_owned()
    }

    /// Publishes complaints: operator, event and when, in seconds since 1970.
    pub fn complain(&self, complaints: &[(String, String, i64)]) {
        let records: Vec<TestRecord> = complaints
            .iter()
            .map(|(operator, event, second)| {
                let partition = partitioner::partition(operator.as_bytes(), self.config.topics.partitions);
                TestRecord::new(operator, complaint(operator, event, *second).to_string()).at(partition, second * 1_000)
            })
            .collect();
        self.kafka().produce(&self.topic("complaints"), &records);
    }

    /// The last score of every operator: points, level and the ids of the rules that fired.
    pub fn scores(&self) -> BTreeMap<String, (i64, String, Vec<String>)> {
        self.kafka()
            .read_committed(&self.config.topics.scores)
            .into_iter()
            .map(|record| {
                let score: Value = serde_json::from_slice(record.value.as_deref().expect("a value")).expect("JSON");
                let fired = score["findings"].as_array().expect("findings");
                let rules = fired.iter().map(|finding| text(&finding["rule"])).collect();
                let points = score["score"].as_i64().expect("points");
                (text(&score["operator_id"]), (points, text(&score["level"]), rules))
            })
            .collect()
    }

    /// Every step of every operator's warnings, in their order.
    pub fn steps(&self) -> BTreeMap<String, Vec<StepOf>> {
        let mut steps: BTreeMap<String, Vec<StepOf>> = BTreeMap::new();
        for record in self.kafka().read_committed(&self.config.topics.warnings) {
            let event: Value = serde_json::from_slice(record.value.as_deref().expect("a value")).expect("JSON");
            let sequence = event["sequence"].as_u64().expect("a sequence");
            let step = (text(&event["warning_id"]), sequence, text(&event["step"]), text(&event["level"]));
            steps.entry(text(&event["operator_id"])).or_default().push(step);
        }
        steps
    }

    /// Waits until the engine has consumed and committed everything published.
    pub fn await_consumed_by(&self, running: &RunningEngine) {
        let began = Instant::now();
        while !self.is_consumed() {
            let state = running.status.get();
            assert!(!running.thread.is_finished(), "it ended: {state:?}");
            assert!(began.elapsed() < PATIENCE, "it consumed {} complaints and stands at {state:?}", self.consumed());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Complaints consumed and committed so far.
    pub fn consumed(&self) -> i64 {
        let topic = self.topic("complaints");
        let of = |partition| committed_offset(&self.config, &topic, partition).unwrap_or_default();
        (0..self.config.topics.partitions).map(of).sum()
    }

    /// Waits until everything published was consumed and committed.
    pub fn await_consumed(&self) {
        eventually("everything is consumed", || self.is_consumed().then_some(()));
    }

    fn is_consumed(&self) -> bool {
        self.sources.iter().all(|(_, source)| {
            let topic = names::input(&self.config.topics, source);
            let mut ends: BTreeMap<i32, i64> = BTreeMap::new();
            for record in self.kafka().read_committed(topic) {
                ends.insert(record.partition, record.offset + 1);
            }
            let committed = |partition: i32| committed_offset(&self.config, topic, partition);
            ends.iter().all(|(partition, end)| committed(*partition) == Some(*end))
        })
    }
}

impl RunningEngine {
    pub fn await_ready(&self) {
        eventually("the engine is ready", || {
            assert!(!self.thread.is_finished(), "it ended: {:?}", self.status.get());
            self.status.is_ready().then_some(())
        });
    }

    /// Waits until it says that it waits, for a reason that names `why`: another may come before. Returns the reason.
    pub fn await_waiting(&self, why: &str) -> String {
        eventually(&format!("the engine waits, and says `{why}`"), || {
            assert!(!self.thread.is_finished(), "it ended: {:?}", self.status.get());
            match self.status.get() {
                State::Waiting { reason } if reason.contains(why) => Some(reason),
                _ => None,
            }
        })
    }

    pub fn has_ended(&self) -> bool {
        self.thread.is_finished()
    }

    /// How often memory was dropped and restored for this cause.
    pub fn restores(&self, cause: &str) -> u64 {
        self.metrics.restores.with_label_values(&[cause]).get()
    }

    /// Asks it to stop, and returns how it ended.
    pub fn stop(self) -> Result<(), RunError> {
        self.stop.cancel();
        self.end()
    }

    /// Waits for its end. No check of it found anything wrong.
    pub fn end(self) -> Result<(), RunError> {
        eventually("its end", || self.thread.is_finished().then_some(()));
        assert_eq!(self.metrics.wrong_answers.get(), 0, "answers that events do not give");
        self.thread.join().expect("no panic")
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// A complaint that is reported of at this second since 1970.
pub fn complaint(operator: &str, event: &str, second: i64) -> Value {
    let at = Timestamp::from_second(second).expect("a time");
    json!({
        "event_id": event, "occurred_at": at.to_string(), "operator_id": operator, "publisher": "hotline-12345",
        "case_no": event, "kind": "report", "channel": "12315", "category": "hygiene", "persons_ill": 0,
        "status": "accepted",
    })
}

/// A load in which each operator gets its complaints: `count` of them, round robin, beginning at `start`.
pub fn load(operators: usize, count: impl Fn(usize) -> usize, start: i64, spacing: i64) -> Vec<(String, String, i64)> {
    let most = (0..operators).map(&count).max().unwrap_or_default();
    let mut complaints = Vec::new();
    for round in 0..most {
        for operator in (0..operators).filter(|operator| round < count(*operator)) {
            let second = start + spacing * i64::try_from(complaints.len()).expect("few");
            complaints.push((format!("XC-{operator:04}"), format!("c-{operator}-{round}"), second));
        }
    }
    complaints
}

/// Two operators in three get enough complaints for a warning: each changes its level once.
pub fn once(operator: usize) -> usize {
    [1, 3, 4][operator % 3]
}

/// What an engine leaves that nobody disturbs.
pub fn undisturbed(clock: Clock, complaints: &[(String, String, i64)]) -> EngineFixture {
    let fixture = EngineFixture::new(clock);
    let running = fixture.start();
    running.await_ready();
    fixture.complain(complaints);
    fixture.await_consumed();
    running.stop().expect("it stops");
    fixture
}
