//! From a red warning to its end on a real Kafka: told, not acknowledged, overdue to the minute, up the ladder, answered,
//! reviewed and closed; and the same records whenever the engine is killed.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use yujing_config::Clock;
use yujing_core::warning::lifecycle::warning_id;
use yujing_kafka::{names, partitioner};

use crate::support::engine::{EngineFixture, complaint};
use crate::support::handled_ruleset::handled_ruleset;
use crate::support::kafka::{TestRecord, bootstrap};
use crate::support::process::Program;

const CANTEEN: &str = "JY31201030000018";
const GRID: &str = "grid/YYL-07";
const STATION: &str = "station/友谊路街道";

/// A record to be published: its source, what it says, and when, in minutes after the warning opens.
struct Told {
    source: &'static str,
    minute: i64,
    fields: Value,
}

fn complained(event: &'static str, minute: i64) -> Told {
    Told { source: "complaints", minute, fields: json!({ "event_id": event }) }
}

fn answered(action: &str, role: &str, post: &str, minute: i64, more: &Value) -> Told {
    let mut fields = json!({
        "schema_version": "2", "publisher": "officer-app", "event_id": format!("{action}-{minute}"), "action": action,
        "warning_id": warning_id(CANTEEN, 1).to_string(), "role": role, "post": post,
    });
    let more: &Map<String, Value> = more.as_object().expect("fields");
    fields.as_object_mut().expect("an object").extend(more.clone());
    Told { source: "dispositions", minute, fields }
}

/// What happens, a step after the other.
fn story() -> Vec<Told> {
    let nothing = json!({});
    let register = json!({
        "publisher": "operator-register", "name": "示例小学食堂", "business_form": "canteen",
        "protected_group": "school", "sub_district": "友谊路街道", "community": "示例社区", "grid": "YYL-07",
        "static_risk": 1,
    });
    vec![
        Told { source: "operators", minute: -20, fields: register },
        complained("a", -2),
        complained("b", -1),
        complained("c", 0),
        answered("delivered", "officer", GRID, 1, &json!({ "channel": "wecom", "sequence": 1 })),
        answered("acknowledged", "officer", STATION, 20, &nothing),
        answered("in_progress", "officer", STATION, 40, &nothing),
        answered("answered", "officer", STATION, 100, &json!({ "verdict": "confirmed", "measures": ["sealing"] })),
        answered("reviewed", "officer", STATION, 110, &nothing),
        answered("reviewed", "head", STATION, 120, &nothing),
        answered("closed", "head", STATION, 130, &nothing),
    ]
}

/// An engine, and when the warning opens.
struct Scene {
    fixture: EngineFixture,
    opens: Timestamp,
    _rules: tempfile::TempDir,
}

impl Scene {
    fn by(clock: Clock, opens: Timestamp) -> Self {
        let rules = handled_ruleset();
        let fixture = EngineFixture::with_rules(bootstrap(), clock, rules.path());
        Self { fixture, opens, _rules: rules }
    }

    fn publish(&self, told: &Told) {
        self.send(told);
        self.fixture.await_consumed();
    }

    fn send(&self, told: &Told) {
        let at = match self.fixture.config.engine.clock {
            Clock::Log => self.opens + SignedDuration::from_mins(told.minute),
            Clock::Wall => Timestamp::now(),
        };
        let mut document = match told.source {
            "complaints" => complaint(CANTEEN, told.fields["event_id"].as_str().expect("an id"), at.as_second()),
            _ => told.fields.clone(),
        };
        document["operator_id"] = CANTEEN.into();
        document["occurred_at"] = at.to_string().into();
        let partition = partitioner::partition(CANTEEN.as_bytes(), self.fixture.config.topics.partitions);
        let record = TestRecord::new(CANTEEN, document.to_string()).at(partition, at.as_millisecond());
        self.fixture.kafka().produce(&self.fixture.topic(told.source), &[record]);
    }

    /// The events of warnings without the offsets, which other inputs of the broker share.
    fn warnings(&self) -> Vec<Value> {
        let records = self.fixture.kafka().read_committed(&self.fixture.config.topics.warnings);
        let events = records.iter().map(|record| {
            let value = record.value.as_deref().expect("a value");
            let mut event: Value = serde_json::from_slice(value).expect("JSON");
            event.as_object_mut().expect("an object").remove("offsets");
            event
        });
        events.collect()
    }

    /// Why dispositions were refused.
    fn refusals(&self) -> Vec<String> {
        let topic = names::dead_letters(&self.fixture.config.topics, &self.fixture.topic("dispositions"));
        let letters = self.fixture.kafka().read_committed(&topic);
        letters.iter().map(|letter| String::from_utf8_lossy(&letter.headers["yujing.error.got"]).into_owned()).collect()
    }

    /// Each step: what it is, minutes after the warning opened, how far it is dealt with, and by whom.
    fn steps(&self) -> Vec<String> {
        let step = |event: &Value| {
            let as_of: Timestamp = event["as_of"].as_str().and_then(|as_of| as_of.parse().ok()).expect("an instant");
            let handling = &event["handling"];
            let (step, state) = (&event["step"], &handling["state"]);
            let words = [step, state, &handling["assignee"]["id"]].map(|word| word.as_str().unwrap_or("-").to_owned());
            format!("{} {} {}", as_of.duration_since(self.opens).as_secs() / 60, event["sequence"], words.join(" "))
        };
        self.warnings().iter().map(step).collect()
    }
}

/// Some hours ago, to the minute.
fn opening() -> Timestamp {
    let second = Timestamp::now().as_second() - 6 * 3_600;
    Timestamp::from_second(second - second.rem_euclid(60)).expect("in range")
}

#[test]
fn i2_a_warning_is_answered_from_its_opening_to_its_end_and_kill_9_between_any_two_steps_changes_nothing() {
    let opens = opening();
    let undisturbed = Scene::by(Clock::Log, opens);
    let running = undisturbed.fixture.start();
    running.await_ready();
    for told in &story() {
        undisturbed.publish(told);
    }
    running.stop().expect("it stops");
    let expected = [
        format!("0 1 opened new {GRID}"),
        format!("15 2 overdue new {STATION}"),
        format!("20 3 handled acknowledged {STATION}"),
        format!("40 4 handled in_progress {STATION}"),
        format!("100 5 handled answered {STATION}"),
        format!("120 6 handled reviewed {STATION}"),
        format!("130 7 handled closed {STATION}"),
    ];
    assert_eq!(undisturbed.steps(), expected);
    let refusals = undisturbed.refusals();
    assert_eq!(refusals.len(), 1, "{refusals:?}");
    assert!(refusals[0].starts_with("role_may_not"), "{refusals:?}");

    let killed = Scene::by(Clock::Log, opens);
    let folder = tempfile::tempdir().expect("a folder");
    for told in story() {
        let program = Program::run(&killed.fixture, folder.path());
        killed.publish(&told);
        drop(program);
    }
    assert_eq!(killed.steps(), expected);
    assert_eq!(killed.warnings(), undisturbed.warnings());
    assert_eq!(killed.refusals(), refusals);
}

#[test]
fn i2_what_is_answered_while_the_engine_is_away_is_decided_once_before_everyone_is_scored() {
    let scene = Scene::by(Clock::Wall, Timestamp::now());
    let running = scene.fixture.start();
    running.await_ready();
    story()[..4].iter().for_each(|told| scene.publish(told));
    running.stop().expect("it stops");
    assert_eq!(scene.warnings().len(), 1, "it is open");

    scene.send(&answered("acknowledged", "grid_officer", GRID, 1, &json!({})));
    scene.send(&answered("closed", "grid_officer", GRID, 2, &json!({})));
    scene.send(&complained("d", 3));
    for _ in 0..2 {
        let running = scene.fixture.start();
        running.await_ready();
        scene.fixture.await_consumed_by(&running);
        running.stop().expect("it stops");
        let states: Vec<Value> = scene.warnings().iter().map(|event| event["handling"]["state"].clone()).collect();
        assert_eq!((states, scene.refusals().len()), (vec![json!("new"), json!("acknowledged")], 1));
    }
}
