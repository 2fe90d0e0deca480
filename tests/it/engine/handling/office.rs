//! An office that answers warnings: a small ruleset with posts and clocks, and a log from which the engine can be made
//! anew at any time.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;
use yujing_core::engine::{Engine, Mode, Output, Pending, Positions};
use yujing_core::ruleset::Ruleset;
use yujing_core::source::{Record, Sources};
use yujing_core::warning::{Cause, ScoreRecord, Standing};
use yujing_workbench::case::records::{Examples, RecordBuilder};
use yujing_workbench::{rules_folder, schemas_folder};

use crate::support::handled_ruleset::handled_ruleset_with;

pub const OPERATOR: &str = "JY21201030043213";
pub const GRID: &str = "grid/YYL-07";
pub const STATION: &str = "station/友谊路街道";

/// Sources and the ruleset.
pub struct Office {
    pub sources: Arc<Sources>,
    pub examples: Examples,
    pub ruleset: Arc<Ruleset>,
}

impl Office {
    pub fn new() -> Self {
        Self::with(&[])
    }

    /// With further files in the ruleset.
    pub fn with(files: &[(&str, &str)]) -> Self {
        let schemas = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
        let sources = Arc::new(schemas_folder::load(&schemas).expect("the published schemas are valid"));
        let examples = Examples::load(&schemas, &sources).expect("every source has an example");
        let folder = handled_ruleset_with(files);
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
        self.record_at(source, fields, at(time))
    }

    /// As [`Desk::record`], of any day.
    pub fn record_at(&mut self, source: &str, fields: Value, at: Timestamp) -> Record {
        let Value::Object(fields) = fields else { panic!("fields are an object") };
        let mut record = self.builder.build(source, &fields, at).expect("there is the source");
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
        self.pass_to(at(time))
    }

    /// Lets time pass to an instant of any day.
    pub fn pass_to(&mut self, at: Timestamp) -> Output {
        let pending = self.engine.wake(at, usize::MAX, &Positions::new()).expect("features are computed");
        self.commit(pending)
    }

    /// Puts another ruleset in force, by which everybody is scored at once.
    pub fn adopt(&mut self, ruleset: &Arc<Ruleset>, time: &str) -> Output {
        self.engine.put_in_force(Arc::clone(ruleset));
        let everybody = self.engine.operators();
        let pending = self.engine.sweep(&everybody, at(time), Cause::Time, &Positions::new());
        self.commit(pending.expect("features are computed"))
    }

    /// The log keeps nothing of before any longer.
    pub fn forget_log(&mut self) {
        self.log.clear();
    }

    fn commit(&mut self, mut pending: Pending) -> Output {
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
        self.restart_with(|engine, as_of| {
            engine.schedule_all();
            engine.wake(as_of, usize::MAX, &Positions::new()).expect("features are computed")
        });
    }

    /// As [`Desk::restart`], with another way of having everyone evaluated.
    pub fn restart_with(&mut self, evaluate: impl FnOnce(&mut Engine, Timestamp) -> Pending) {
        let mut engine = Engine::new(Arc::clone(&self.office.sources), Arc::clone(&self.office.ruleset));
        if let Some(score) = &self.written {
            let restored = serde_json::from_value(json!(score)).expect("a score reads back");
            engine.restore_standing(restored, Some(Arc::clone(&self.office.ruleset)));
        }
        for (id, _) in self.office.sources.iter() {
            let records: Vec<Record> = self.log.iter().filter(|record| record.source == id).cloned().collect();
            let pending = engine.apply(&records, &Positions::new(), Mode::Restore).expect("nothing is computed");
            assert!(pending.output.dead_letters.is_empty(), "no letter leaves again");
            engine.commit(pending);
        }
        self.engine = engine;
        let as_of = self.engine.as_of().expect("something came");
        let pending = evaluate(&mut self.engine, as_of);
        let moved: Vec<_> = pending.output.warnings.iter().map(|event| event.step).collect();
        assert_eq!(moved, [], "everything was decided before");
        drop(self.commit(pending));
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
