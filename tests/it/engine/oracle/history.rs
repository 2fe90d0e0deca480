//! Histories of some operators: what arrives, and what happens in between.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};
use yujing_core::source::Record;
use yujing_core::warning::lifecycle::warning_id;
use yujing_workbench::case::records::RecordBuilder;

use super::office::Office;

pub const OPERATORS: [&str; 3] = ["JY21201030043213", "JY11201030000014", "B-7"];
/// Seconds from what an event is about to its arrival: at once, late, on the edges of windows and before midnight; below
/// zero it lies ahead.
const AGES: [i64; 12] = [0, 0, 0, 60, 599, 3_600, DAY - 1, DAY, 3 * DAY, 5 * DAY - 60, 100 * DAY, -300];
const DAY: i64 = 24 * 3_600;
const BEGIN: &str = "2026-03-02T11:58:00.250Z";

/// Something that is reported; what it says follows from its kind.
#[derive(Debug, Clone, Copy)]
pub struct Report {
    pub operator: usize,
    pub kind: usize,
    pub event: u8,
    pub revision: i64,
    pub age: usize,
    pub retracts: bool,
}

/// A record that arrives.
#[derive(Debug, Clone, Copy)]
pub enum Arrival {
    New(Report),
    /// So many records back, once more.
    Again(usize),
}

/// What happens.
#[derive(Debug, Clone)]
pub enum Happening {
    /// A batch is decided and committed; before that its first `aborted` records were decided in vain, and the others
    /// against the state that these left.
    Batch { arrivals: Vec<Arrival>, aborted: usize },
    /// Everyone is scored again.
    Sweep,
    /// Memory is cleared of what no query can read any more.
    Expire,
    /// The engine is made anew from what left it and from the log.
    Restart,
    /// As a start does it: a batch is applied while nobody is scored, then everyone is.
    CatchUp(Vec<Arrival>),
    /// Another ruleset comes into force.
    Ruleset(usize),
    /// A shadow ruleset is attached, or taken away.
    Shadow,
}

/// Something that happens so many minutes after what was before.
#[derive(Debug, Clone)]
pub struct Entry {
    pub later: i64,
    pub happening: Happening,
}

pub fn history() -> impl Strategy<Value = Vec<Entry>> {
    let later = prop_oneof![
        2 => Just(0_i64),
        4 => 1_i64..90,
        4 => 90_i64..3 * 1_440,
        2 => (1_i64..12).prop_map(|days| days * 1_440),
        1 => 12 * 1_440_i64..120 * 1_440,
    ];
    let happening = prop_oneof![
        10 => (arrivals(), 0_usize..4).prop_map(|(arrivals, aborted)| Happening::Batch { arrivals, aborted }),
        3 => Just(Happening::Sweep),
        1 => Just(Happening::Expire),
        1 => Just(Happening::Restart),
        1 => arrivals().prop_map(Happening::CatchUp),
        1 => (0_usize..2).prop_map(Happening::Ruleset),
        1 => Just(Happening::Shadow),
    ];
    let entry = (later, happening).prop_map(|(later, happening)| Entry { later, happening });
    prop::collection::vec(entry, 1..28)
}

fn arrivals() -> impl Strategy<Value = Vec<Arrival>> {
    let report = (0..OPERATORS.len(), 0..kinds().len(), 0_u8..4, 1_i64..4, 0..AGES.len(), prop::bool::weighted(0.12));
    let report = report.prop_map(|(operator, kind, event, revision, age, retracts)| {
        vec![Arrival::New(Report { operator, kind, event, revision, age, retracts })]
    });
    let again = (0_usize..12).prop_map(|back| vec![Arrival::Again(back)]);
    let some = prop_oneof![8 => report, 1 => unfounded(), 1 => again];
    prop::collection::vec(some, 0..6).prop_map(|arrivals| arrivals.concat())
}

/// A warning is answered as a false alarm, and that is reviewed.
fn unfounded() -> impl Strategy<Value = Vec<Arrival>> {
    let place = |action: &str| {
        let is_meant = |(_, says): &(&str, Value)| says["action"] == action;
        kinds().iter().position(is_meant).expect("there is such a kind")
    };
    let answers = ["false_alarm", "reviewed"].map(place);
    (0..OPERATORS.len(), 0_u8..4).prop_map(move |(operator, event)| {
        let answer = |kind| Arrival::New(Report { operator, kind, event, revision: 1, age: 0, retracts: false });
        answers.map(answer).into()
    })
}

/// Makes the records of a history, which arrive one after the other.
pub struct Publisher<'a> {
    operators: [String; 3],
    stories: Vec<RecordBuilder<'a>>,
    offsets: BTreeMap<String, i64>,
    sent: Vec<Record>,
    pub now: Timestamp,
}

impl<'a> Publisher<'a> {
    pub fn new(office: &'a Office) -> Self {
        Self::of(office, OPERATORS.map(str::to_owned))
    }

    /// The same history of other operators.
    pub fn of(office: &'a Office, operators: [String; 3]) -> Self {
        let story = |operator: &String| RecordBuilder::new(&office.sources, &office.examples, operator);
        let (stories, now) = (operators.iter().map(story).collect(), BEGIN.parse().expect("a time"));
        Self { operators, stories, offsets: BTreeMap::new(), sent: Vec::new(), now }
    }

    pub fn pass(&mut self, minutes: i64) {
        self.now += SignedDuration::from_mins(minutes);
    }

    /// The records of a batch, a millisecond apart.
    pub fn records(&mut self, arrivals: &[Arrival]) -> Vec<Record> {
        arrivals.iter().filter_map(|arrival| self.record(*arrival)).collect()
    }

    fn record(&mut self, arrival: Arrival) -> Option<Record> {
        let mut record = match arrival {
            Arrival::New(report) => self.build(report),
            Arrival::Again(back) => self.sent.iter().rev().nth(back)?.clone(),
        };
        self.now += SignedDuration::from_millis(1);
        record.timestamp = self.now;
        let offset = self.offsets.entry(record.topic.to_string()).or_default();
        (record.offset, *offset) = (*offset, *offset + 1);
        self.sent.push(record.clone());
        Some(record)
    }

    fn build(&mut self, report: Report) -> Record {
        let (source, says) = &kinds()[report.kind];
        let occurred_at = self.now - SignedDuration::from_secs(AGES[report.age]);
        let mut fields = says.as_object().cloned().unwrap_or_default();
        fields.insert("event_id".to_owned(), format!("{}-{}", report.kind, report.event).into());
        fields.insert("revision".to_owned(), report.revision.into());
        fields.insert("occurred_at".to_owned(), occurred_at.to_string().into());
        if *source != "lab-samples" {
            fields.insert("reported_at".to_owned(), occurred_at.to_string().into());
        }
        if *source == "dispositions" {
            // The first or the second warning of the operator, whether or not there is one yet.
            let id = warning_id(&self.operators[report.operator], 1 + u64::from(report.event / 2));
            fields.insert("warning_id".to_owned(), id.to_string().into());
        }
        fields.insert("op".to_owned(), if report.retracts { "retract" } else { "upsert" }.into());
        self.stories[report.operator].build(source, &fields, self.now).expect("there is the source")
    }
}

fn by_supervisor(action: &str) -> Value {
    json!({ "schema_version": "2", "action": action, "role": "supervisor", "post": "district" })
}

/// The kinds of reports: a source, and what is said beyond its example.
fn kinds() -> Vec<(&'static str, Value)> {
    let item = |result: &str| json!([{ "code": "3.1", "key": true, "result": result }]);
    vec![
        ("camera-alerts", json!({ "kind": "alert", "class": "rodent", "confidence": 0.9 })),
        ("camera-alerts", json!({ "kind": "alert", "class": "rodent", "confidence": 0.55, "review": "confirmed" })),
        ("camera-alerts", json!({ "kind": "alert", "class": "rodent", "review": "false_alarm" })),
        ("camera-alerts", json!({ "kind": "alert", "class": "no_hat", "confidence": 0.7 })),
        ("camera-alerts", json!({ "kind": "status", "camera_id": "HX-1", "state": "offline" })),
        ("camera-alerts", json!({ "kind": "status", "camera_id": "HX-1", "state": "online" })),
        ("complaints", json!({ "kind": "report", "category": "pests", "complainant_hash": "b3f1c6a0d7e94a52" })),
        ("complaints", json!({ "kind": "report", "category": "food_poisoning", "persons_ill": 3 })),
        ("complaints", json!({ "kind": "report", "category": "hygiene", "status": "substantiated" })),
        ("inspections", json!({ "inspection_type": "unannounced", "verdict": "fail", "items": item("no") })),
        ("inspections", json!({ "inspection_type": "follow_up", "verdict": "pass", "items": item("yes") })),
        ("lab-samples", json!({ "sample_no": "XC1", "stage": "initial", "verdict": "fail" })),
        ("lab-samples", json!({ "sample_no": "XC1", "stage": "retest", "verdict": "pass" })),
        ("dispositions", json!({ "action": "acknowledged" })),
        ("dispositions", json!({ "action": "rectified" })),
        ("dispositions", json!({ "action": "false_alarm" })),
        ("dispositions", by_supervisor("reviewed")),
        ("dispositions", by_supervisor("reopened")),
        ("events", json!({ "starts_on": "2026-03-20", "ends_on": "2026-03-21", "status": "planned" })),
        ("events", json!({ "starts_on": "2026-02-24", "ends_on": "2026-03-02", "status": "under_way" })),
        ("operators", json!({ "static_risk": 2, "licence_expires_on": "2026-04-02" })),
        ("operators", json!({ "static_risk": 1, "licence_expires_on": "2030-12-31", "protected_group": "school" })),
    ]
}
