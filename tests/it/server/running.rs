//! The HTTP endpoints on a free port, with a stand-in for the engine's thread behind the queue.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use yujing_base::zone::Zone;
use yujing_config::Topics;
use yujing_core::engine::{Explanation, LevelChanges, OpenWarningSummary, RetainedEvent, RuleExplanation};
use yujing_core::feature::FeatureValue;
use yujing_core::rule::Bilingual;
use yujing_core::ruleset::{Publication, Ruleset, Trigger};
use yujing_core::warning::rollup::{AreaCounts, Counter};
use yujing_core::warning::{Area, AreaRollup, Level, OpenWarning, OperatorCard, ScoreRecord, Standing};
use yujing_live::query;
use yujing_live::reload::ReloadCoordinator;
use yujing_live::report::InputTopic;
use yujing_live::server::{Hosts, Limits, Shared, Tokens, serve};
use yujing_live::{Query, QueryReceiver, QuerySender, State, Status};
use yujing_telemetry::Metrics;
use yujing_workbench::{rules_folder, schemas_folder};

use crate::support::ruleset::small_ruleset;

/// The ruleset in force.
pub(super) static RULESET: LazyLock<Arc<Ruleset>> = LazyLock::new(|| {
    let sources = schemas_folder::load(Path::new("schemas")).expect("the schemas are in order");
    let folder = small_ruleset(&[]);
    Arc::new(
        rules_folder::load(folder.path(), &sources).unwrap_or_else(|problems| panic!("{}", problems.render(false))),
    )
});

/// A server on a free port; dropping it stops it.
pub(super) struct Running {
    pub(super) address: SocketAddr,
    pub(super) status: Arc<Status>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) queries: QuerySender,
    pub(super) stop: CancellationToken,
    _runtime: tokio::runtime::Runtime,
}

impl Running {
    /// Starts a server, and gives the engine's end of the queue.
    pub(super) fn start() -> (Self, QueryReceiver) {
        let reloads = ReloadCoordinator::default();
        let publication = Publication::next(None, &RULESET.hash, None, Trigger::Start, Timestamp::UNIX_EPOCH);
        reloads.status.put_in_force(&RULESET, publication);
        Self::start_with(reloads)
    }

    pub(super) fn start_with(reloads: ReloadCoordinator) -> (Self, QueryReceiver) {
        Self::start_within(reloads, Limits::default())
    }

    pub(super) fn start_within(reloads: ReloadCoordinator, limits: Limits) -> (Self, QueryReceiver) {
        let (queries, receiver) = query::queue();
        let shared = Shared {
            status: Arc::default(),
            metrics: Arc::default(),
            queries: queries.clone(),
            inputs: InputTopic::all(&schemas_folder::load(Path::new("schemas")).expect("schemas"), &Topics::default()),
            reloads: Arc::new(reloads),
            candidates: Arc::default(),
            hosts: Hosts::new(&["yujing".to_owned()]),
            tokens: Tokens::default(),
        };
        let (status, metrics) = (Arc::clone(&shared.status), Arc::clone(&shared.metrics));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("runs");
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a free port");
        let address = listener.local_addr().expect("bound");
        let stop = CancellationToken::new();
        runtime.spawn(serve(listener, shared, limits, stop.clone()));
        (Self { address, status, metrics, queries, stop, _runtime: runtime }, receiver)
    }

    /// A ready server, whose engine knows one operator and three warnings.
    pub(super) fn ready() -> Self {
        let (running, mut receiver) = Self::start();
        std::thread::spawn(move || {
            while let Some(query) = receiver.0.blocking_recv() {
                answer(query);
            }
        });
        running.status.enter(State::Ready, &running.metrics);
        running
    }

    pub(super) fn get(&self, path: &str) -> Answer {
        self.request("GET", path)
    }

    pub(super) fn request(&self, method: &str, path: &str) -> Answer {
        self.send(method, path, &[], "")
    }

    pub(super) fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let agent: ureq::Agent =
            ureq::Agent::config_builder().http_status_as_error(false).allow_non_standard_methods(true).build().into();
        let request = ureq::http::Request::builder().method(method).uri(format!("http://{}{path}", self.address));
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let mut response = agent.run(request.body(body.to_owned()).expect("a request")).expect("the server answers");
        let header = |name: &str| {
            let value = response.headers().get(name).map(|value| value.to_str().expect("text").to_owned());
            value.unwrap_or_default()
        };
        let (content_type, retry_after) = (header("content-type"), header("retry-after"));
        let status = response.status().as_u16();
        Answer { status, content_type, retry_after, body: response.body_mut().read_to_string().expect("text") }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) content_type: String,
    pub(super) retry_after: String,
    pub(super) body: String,
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The detail of a problem of this status.
    pub(super) fn problem(&self, status: u16) -> String {
        assert_eq!((self.status, &*self.content_type), (status, "application/problem+json"), "{self:?}");
        let body = self.json();
        assert_eq!(body["status"], status);
        body["detail"].as_str().expect("a detail").to_owned()
    }
}

pub(super) const KNOWN: &str = "JY21201030043213";

fn answer(query: Query) {
    match query {
        Query::Score(operator, reply) => {
            let _ = reply.send(match &*operator {
                KNOWN => Ok(Some(score())),
                "broken" => Err("features as of then: out of memory".to_owned()),
                _ => Ok(None),
            });
        }
        Query::Explain(operator, reply) => {
            let known = &*operator == KNOWN;
            let smallest_changes = LevelChanges { raise: None, lower: None };
            let rules = vec![fired(), quiet()];
            let _ = reply.send(Ok(known.then(|| Explanation {
                score: score(),
                zone: Zone::default(),
                rules,
                smallest_changes,
            })));
        }
        Query::Events(operator, selection, reply) => {
            let known = (&*operator == KNOWN).then(|| retained_event(selection.until));
            let _ = reply.send(known.into_iter().take(selection.limit).collect());
        }
        Query::OpenWarnings(reply) => {
            let _ = reply.send([Level::Red, Level::Orange, Level::Orange].map(open_warning).into());
        }
        Query::Areas(reply) => {
            let grids = [json!({ "sub_district": "甲", "community": "一" }), json!({ "sub_district": "乙" })];
            let areas: BTreeSet<Area> = grids
                .iter()
                .flat_map(|row| Area::of_row(row.as_object().expect("a row")).with_surroundings())
                .collect();
            let _ = reply.send(areas.iter().map(area).collect());
        }
    }
}

fn area(area: &Area) -> AreaRollup {
    let counts = AreaCounts::from([(Counter::Operator, 3), (Counter::Open(Level::Red), 1)]);
    AreaRollup::new(area, &counts, &[], &"abc".into(), Timestamp::UNIX_EPOCH)
}

fn score() -> ScoreRecord {
    ScoreRecord {
        operator_id: KNOWN.into(),
        as_of: Timestamp::UNIX_EPOCH,
        score: 35,
        level: Level::Yellow,
        level_by_score: Level::Yellow,
        to_next: Some(5),
        base: 10,
        findings: Vec::new(),
        floors: Vec::new(),
        features: BTreeMap::new().into(),
        coverage: BTreeMap::new().into(),
        degraded: Vec::new(),
        operator: OperatorCard::default(),
        ruleset: "abc".into(),
        standing: Standing::default(),
    }
}

fn retained_event(occurred_at: Timestamp) -> RetainedEvent {
    RetainedEvent {
        source: "complaints".into(),
        publisher: "12345".to_owned(),
        event_id: "c1".to_owned(),
        occurred_at,
        content: serde_json::Map::from_iter([("category".to_owned(), json!("pests"))]),
    }
}

fn fired() -> RuleExplanation {
    let text = |zh: &str, en: &str| Bilingual { zh: zh.to_owned(), en: en.to_owned() };
    RuleExplanation {
        rule: "rodent_with_complaint".to_owned(),
        title: text("疑似鼠类活动且有虫鼠投诉举报", "Suspected rodents and a pest complaint"),
        family: "pests".to_owned(),
        outcome: "fired",
        points: 40,
        counted: 25,
        disputed: false,
        given: None,
        modifiers: Vec::new(),
        reads: BTreeMap::from([("rodent_episodes_7d".to_owned(), FeatureValue::Int(3))]),
        decided_by: Vec::new(),
        evidence: None,
        because: Some(text("近7日鼠类活动3次。", "Rodents: 3.")),
        failure: None,
    }
}

fn quiet() -> RuleExplanation {
    RuleExplanation {
        rule: "cold_chain".to_owned(),
        outcome: "quiet",
        points: 0,
        counted: 0,
        reads: BTreeMap::from([("warmest_c".to_owned(), FeatureValue::Unknown)]),
        because: None,
        ..fired()
    }
}

fn open_warning(level: Level) -> OpenWarningSummary {
    OpenWarningSummary {
        operator_id: KNOWN.to_owned(),
        name: Some("某某小学食堂".to_owned()),
        sub_district: None,
        warning: OpenWarning {
            id: uuid::Uuid::nil(),
            sequence: 1,
            level,
            highest: level,
            opened_at: Timestamp::UNIX_EPOCH,
            level_since: Timestamp::UNIX_EPOCH,
            eased: false,
            below_since: None,
            due_at: None,
            due_provisional: None,
            was_overdue: false,
            named: None,
            handling: None,
        },
    }
}
