//! An office that answers warnings: a small ruleset with posts and clocks, and a log from which the engine can be made
//! anew at any time.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;
use yujing_core::engine::{Engine, Mode, Output, Positions};
use yujing_core::ruleset::Ruleset;
use yujing_core::source::{Kind, Record, Sources};
use yujing_core::warning::{ScoreRecord, Standing};
use yujing_workbench::case::records::{Examples, RecordBuilder};
use yujing_workbench::rules_folder;

use crate::support::ruleset::small_ruleset;

pub const OPERATOR: &str = "JY21201030043213";
pub const GRID: &str = "grid/YYL-07";
pub const STATION: &str = "station/友谊路街道";

/// Three complaints of pests are red.
const RED: &str = r#"//! id       = "pests"
//! title    = { zh = "虫鼠集中", en = "Pests" }
//! family   = "complaints"
//! status   = "active"
//! owner    = "投诉科"
//! effective_from = 2020-01-01
//! basis    = [{ law = "食品安全法", article = "第一百一十五条", confirmed = false }]
//! action   = { zh = "现场核查", en = "Visit" }
//! deadline = "24h"

fn when(op)    { op.complaints_30d >= 3 }
fn points(op)  { 10 }
fn level(op)   { "red" }
fn because(op) { #{ zh: `${op.complaints_30d}件`, en: `${op.complaints_30d}` } }
"#;

const DISPOSITIONS: &str = "SELECT operator_id,
  -- @zh 近30日处置反馈条数
  -- @en Dispositions, 30 days
  -- @missing 0
  count(*) FILTER (WHERE within(occurred_at, INTERVAL '30 days')) AS dispositions_30d
FROM dispositions GROUP BY operator_id
";

/// Reads the dispositions, so that scores show which of them are kept.
const ANSWERED: &str = r#"//! id       = "answered"
//! title    = { zh = "已有反馈", en = "Answered" }
//! family   = "complaints"
//! status   = "active"
//! owner    = "投诉科"
//! effective_from = 2020-01-01
//! basis    = [{ law = "食品安全法", article = "第一百一十五条", confirmed = false }]
//! action   = { zh = "无", en = "None" }
//! deadline = "24h"

fn when(op)    { op.dispositions_30d >= 1 }
fn points(op)  { 1 }
fn because(op) { #{ zh: `${op.dispositions_30d}条`, en: `${op.dispositions_30d}` } }
"#;

const HANDLING: &str = r#"
dispute = "720h"
version_1_role = "officer"
[levels]
blue = { acknowledge = "2wd", rung = "2wd" }
yellow = { acknowledge = "1wd", rung = "1wd" }
orange = { acknowledge = "2h", rung = "4h" }
red = { acknowledge = "15m", rung = "30m" }
[actions]
acknowledged = ["grid_officer", "officer"]
in_progress = ["grid_officer", "officer"]
answered = ["grid_officer", "officer"]
reviewed = ["head"]
closed = ["head"]
extension_asked = ["grid_officer", "officer"]
extension_granted = ["head"]
extension_refused = ["head"]
transferred = ["officer", "head"]
returned = ["head"]
reopened = ["head"]
"#;

const ROUTING: &str = r#"
default = "district"
[roles]
grid_officer = { zh = "网格员", en = "Grid officer" }
officer = { zh = "执法人员", en = "Officer" }
head = { zh = "负责人", en = "Head" }
[posts.grid]
title = { zh = "网格员岗（{area}）", en = "Grid officer, {area}" }
each = ["grid"]
roles = ["grid_officer"]
above = "station"
[posts.station]
title = { zh = "{area}市场监管所", en = "Station of {area}" }
each = ["sub_district"]
roles = ["officer", "head"]
above = "district"
[posts.district]
title = { zh = "区市场监管局", en = "District office" }
roles = ["officer", "head"]
[[route]]
start = "grid"
"#;

/// Sources and the ruleset.
pub struct Office {
    pub sources: Arc<Sources>,
    pub examples: Examples,
    pub ruleset: Arc<Ruleset>,
}

impl Office {
    pub fn new() -> Self {
        let schemas = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
        let sources = Arc::new(Sources::load(&schemas).expect("the published schemas are valid"));
        let examples = Examples::load(&schemas, &sources).expect("every source has an example");
        let folder = small_ruleset(&[
            ("complaints/many_complaints.rhai", RED),
            ("complaints/answered.rhai", ANSWERED),
            ("features/dispositions.sql", DISPOSITIONS),
            ("handling.toml", HANDLING),
            ("routing.toml", ROUTING),
        ]);
        // A rule stands in the file of its name.
        let rules = folder.path().join("complaints");
        std::fs::rename(rules.join("many_complaints.rhai"), rules.join("pests.rhai")).expect("renamed");
        let ruleset = rules_folder::load(folder.path(), &sources);
        let ruleset = Arc::new(ruleset.unwrap_or_else(|problems| panic!("{}", problems.render(false))));
        Self { sources, examples, ruleset }
    }
}

/// An instant of 2 March 2026 in Beijing.
pub fn at(time: &str) -> Timestamp {
    format!("2026-03-02T{time}+08:00").parse().expect("a time")
}

/// What one office does with the warnings of one engine.
pub struct Desk<'a> {
    office: &'a Office,
    pub engine: Engine,
    builder: RecordBuilder<'a>,
    offset: i64,
    log: Vec<Record>,
    /// The newest score, as the compacted topic keeps it.
    pub written: Option<ScoreRecord>,
    /// Everything that left, in its order.
    pub left: Output,
}

impl<'a> Desk<'a> {
    pub fn new(office: &'a Office) -> Self {
        Self {
            office,
            engine: Engine::new(Arc::clone(&office.sources), Arc::clone(&office.ruleset)),
            builder: RecordBuilder::new(&office.sources, &office.examples, OPERATOR),
            offset: 0,
            log: Vec::new(),
            written: None,
            left: Output::default(),
        }
    }

    /// A desk at which a red warning is open since 02:21.
    pub fn with_red(office: &'a Office) -> Self {
        let mut desk = Self::new(office);
        desk.register("02:00:00");
        for (event, time) in [("a", "02:19:00"), ("b", "02:20:00"), ("c", "02:21:00")] {
            desk.complain(event, time);
        }
        desk
    }

    /// The operator's row of the register.
    pub fn register(&mut self, time: &str) {
        let record = self.record("operators", json!({}), time);
        self.take(&[record]);
    }

    pub fn complain(&mut self, event: &str, time: &str) {
        let record = self.record("complaints", json!({ "event_id": event, "category": "pests" }), time);
        self.take(&[record]);
    }

    /// A record that is not sent yet.
    pub fn record(&mut self, source: &str, fields: Value, time: &str) -> Record {
        let Value::Object(fields) = fields else { panic!("fields are an object") };
        let mut record = self.builder.build(source, &fields, at(time)).expect("there is the source");
        record.offset = self.offset;
        self.offset += 1;
        record
    }

    /// An answer to the open warning that is not sent yet.
    pub fn answer(&mut self, action: &str, role: &str, post: &str, more: Value, time: &str) -> Record {
        let id = self.standing().warning.map(|warning| warning.id).unwrap_or_default();
        self.answer_to(id, action, role, post, more, time)
    }

    pub fn answer_to(
        &mut self,
        warning: Uuid,
        action: &str,
        role: &str,
        post: &str,
        more: Value,
        time: &str,
    ) -> Record {
        let mut fields = json!({ "schema_version": "2", "event_id": format!("{action}@{time}"), "action": action,
            "warning_id": warning.to_string(), "role": role, "post": post });
        let (Some(fields_of), Value::Object(more)) = (fields.as_object_mut(), more) else { panic!("objects") };
        fields_of.extend::<Map<String, Value>>(more);
        self.record("dispositions", fields, time)
    }

    /// Decides a batch; time passes before it as it does live, unless the batch comes late.
    pub fn take(&mut self, records: &[Record]) -> Output {
        let pending = self.engine.apply(records, &Positions::new(), Mode::Live).expect("features are computed");
        self.log.extend_from_slice(records);
        self.commit(pending)
    }

    /// Lets time pass.
    pub fn pass(&mut self, time: &str) -> Output {
        let pending = self.engine.wake(at(time), usize::MAX, &Positions::new()).expect("features are computed");
        self.commit(pending)
    }

    fn commit(&mut self, mut pending: yujing_core::engine::Pending) -> Output {
        let output = std::mem::take(&mut pending.output);
        self.engine.commit(pending);
        if let Some(score) = output.scores.iter().rfind(|score| &*score.operator_id == OPERATOR) {
            self.written = Some(score.clone());
        }
        self.left.warnings.extend(output.warnings.iter().cloned());
        self.left.dead_letters.extend(output.dead_letters.iter().cloned());
        output
    }

    pub fn standing(&self) -> Standing {
        self.written.as_ref().map(|score| score.standing.clone()).unwrap_or_default()
    }

    /// Makes the engine anew from its newest score and the log, as a start on Kafka does.
    pub fn restart(&mut self) {
        let mut engine = Engine::new(Arc::clone(&self.office.sources), Arc::clone(&self.office.ruleset));
        if let Some(score) = &self.written {
            let restored = serde_json::from_value(json!(score)).expect("a score reads back");
            engine.restore_standing(restored, Some(Arc::clone(&self.office.ruleset)));
        }
        for (id, _) in self.office.sources.iter() {
            let of_kind = |kind: Kind| self.office.sources.get(id).kind == kind;
            debug_assert!(of_kind(Kind::Event) || of_kind(Kind::Reference));
            let records: Vec<Record> = self.log.iter().filter(|record| record.source == id).cloned().collect();
            let pending = engine.apply(&records, &Positions::new(), Mode::Restore).expect("nothing is computed");
            assert!(pending.output.dead_letters.is_empty(), "no letter leaves again");
            engine.commit(pending);
        }
        engine.schedule_all();
        self.engine = engine;
        let as_of = self.engine.as_of().expect("something came");
        let output = self.engine.wake(as_of, usize::MAX, &Positions::new()).expect("features are computed");
        assert!(output.output.warnings.is_empty(), "everything was decided before");
        drop(self.commit(output));
    }

    /// The steps that left so far, with what is done about the warning after each.
    pub fn steps(&self) -> Vec<String> {
        let of = |event: &yujing_core::warning::WarningEvent| {
            let handling = event.handling.as_ref();
            let state = handling.map_or("-", |handling| handling.state.as_str());
            let post = handling.map_or("-", |handling| handling.assignee.id.as_str());
            let time = jiff::tz::offset(8).to_datetime(event.as_of).strftime("%H:%M:%S");
            format!("{} {} {} {state} {post}", event.sequence, event.step.as_str(), time)
        };
        self.left.warnings.iter().map(of).collect()
    }

    /// Why records were refused so far.
    pub fn refusals(&self) -> Vec<String> {
        self.left.dead_letters.iter().map(|letter| letter.refusal.to_string()).collect()
    }
}
