//! A danger at a school canteen on a real Kafka: red at 02:21, told, not acknowledged, overdue to the minute, up the
//! ladder, found unfounded, withdrawn once who may has reviewed that, opened anew by new evidence, confirmed and closed;
//! over with its evidence, and read by the rule that asks for the past; and the same records whenever the engine is killed.

use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use yujing_config::Clock;
use yujing_core::warning::lifecycle::warning_id;
use yujing_kafka::{names, partitioner};

use crate::support::engine::{EngineFixture, complaint};
use crate::support::handled_ruleset::{READS_THE_PAST, handled_ruleset_with};
use crate::support::kafka::{TestRecord, bootstrap};
use crate::support::process::Program;

const BEIJING: Offset = Offset::constant(8);
const CANTEEN: &str = "JY31201030000018";
/// Nobody warns of it: what the register says of it makes time pass.
const ELSEWHERE: &str = "JY11201030000014";
const DAY: i64 = 24 * 60;
const GRID: &str = "grid/YYL-07";
const STATION: &str = "station/友谊路街道";

/// A record to be published: its source, what it says, and when, in minutes after the warning opens.
struct Told {
    source: &'static str,
    operator: &'static str,
    minute: i64,
    fields: Value,
}

fn complained(event: &'static str, minute: i64) -> Told {
    Told { source: "complaints", operator: CANTEEN, minute, fields: json!({ "event_id": event }) }
}

fn registered(operator: &'static str, minute: i64) -> Told {
    let fields = json!({
        "publisher": "operator-register", "name": "示例小学食堂", "business_form": "canteen",
        "protected_group": "school", "sub_district": "友谊路街道", "community": "示例社区", "grid": "YYL-07",
        "static_risk": 1,
    });
    Told { source: "operators", operator, minute, fields }
}

fn answered(action: &str, role: &str, post: &str, minute: i64, more: &Value) -> Told {
    let mut fields = json!({
        "schema_version": "2", "publisher": "officer-app", "event_id": format!("{action}-{minute}"), "action": action,
        "warning_id": warning_id(CANTEEN, 1).to_string(), "role": role, "post": post,
    });
    let more: &Map<String, Value> = more.as_object().expect("fields");
    fields.as_object_mut().expect("an object").extend(more.clone());
    Told { source: "dispositions", operator: CANTEEN, minute, fields }
}

/// What happens, a step after the other.
fn story() -> Vec<Told> {
    let (nothing, second) = (json!({}), json!({ "warning_id": warning_id(CANTEEN, 2).to_string() }));
    let confirmed = json!({
        "warning_id": warning_id(CANTEEN, 2).to_string(), "verdict": "confirmed", "measures": ["sealing"],
    });
    vec![
        registered(CANTEEN, -20),
        complained("a", -2),
        complained("b", -1),
        complained("c", 0),
        answered("delivered", "officer", GRID, 1, &json!({ "channel": "wecom", "sequence": 1 })),
        answered("acknowledged", "officer", STATION, 20, &nothing),
        answered("in_progress", "officer", STATION, 40, &nothing),
        answered("answered", "officer", STATION, 100, &json!({ "verdict": "unfounded" })),
        answered("reviewed", "officer", STATION, 110, &nothing),
        answered("reviewed", "head", STATION, 120, &nothing),
        complained("d", 150),
        answered(
            "delivered",
            "officer",
            GRID,
            151,
            &json!({ "channel": "wecom", "sequence": 1,
            "warning_id": warning_id(CANTEEN, 2).to_string() }),
        ),
        answered("answered", "grid_officer", GRID, 160, &confirmed),
        answered("reviewed", "head", STATION, 200, &second),
        answered("closed", "head", STATION, 210, &second),
        registered(ELSEWHERE, 33 * DAY),
        complained("e", 40 * DAY),
    ]
}

/// Every hour of a day, so that the sweep has checked everybody.
fn day_after_the_story() -> impl Iterator<Item = Told> {
    (1..=25).map(|hour| registered(ELSEWHERE, 40 * DAY + hour * 60))
}

/// An engine, and when the warning opens.
struct Scene {
    fixture: EngineFixture,
    opens: Timestamp,
    _rules: tempfile::TempDir,
}

impl Scene {
    fn by(clock: Clock, opens: Timestamp) -> Self {
        let rules = handled_ruleset_with(&READS_THE_PAST);
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
            "complaints" => complaint(told.operator, told.fields["event_id"].as_str().expect("an id"), at.as_second()),
            _ => told.fields.clone(),
        };
        document["operator_id"] = told.operator.into();
        document["occurred_at"] = at.to_string().into();
        let partition = partitioner::partition(told.operator.as_bytes(), self.fixture.config.topics.partitions);
        let record = TestRecord::new(told.operator, document.to_string()).at(partition, at.as_millisecond());
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
        letters.iter().map(|letter| letter.header("yujing.error.reason")).collect()
    }

    /// Each step: when it was taken, in Beijing, what it is and why, the level then, how far the warning is dealt with,
    /// and by whom.
    fn steps(&self) -> Vec<String> {
        let step = |event: &Value| {
            let as_of: Timestamp = event["as_of"].as_str().and_then(|as_of| as_of.parse().ok()).expect("an instant");
            let handling = &event["handling"];
            let words =
                [&event["step"], &event["cause"], &event["level"], &handling["state"], &handling["assignee"]["id"]];
            let words = words.map(|word| word.as_str().unwrap_or("-"));
            let time = BEIJING.to_datetime(as_of).strftime("%H:%M:%S");
            format!("{time} {} {}", event["sequence"], words.join(" "))
        };
        self.warnings().iter().map(step).collect()
    }
}

/// The newest 02:21 in Beijing after which the whole story lies in the past.
fn opening() -> Timestamp {
    let latest = BEIJING.to_datetime(Timestamp::now() - SignedDuration::from_hours(42 * 24));
    let today = latest.date().at(2, 21, 0, 0);
    let opens = if today <= latest { today } else { today.yesterday().expect("in range") };
    BEIJING.to_timestamp(opens).expect("in range")
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
    let (steps, warnings) = (undisturbed.steps(), undisturbed.warnings());
    day_after_the_story().for_each(|told| undisturbed.send(&told));
    undisturbed.fixture.await_consumed();
    let swept = SignedDuration::try_from_secs_f64(running.metrics.sweep_completed_timestamp.get()).expect("an instant");
    let day_before = (opens + SignedDuration::from_hours(41 * 24)).as_duration();
    assert!(swept >= day_before, "everybody was checked");
    assert_eq!(running.metrics.wrong_answers.get(), 0, "and the sweep found nothing");
    running.stop().expect("it stops");
    let expected = [
        format!("02:21:00 1 opened events red new {GRID}"),
        format!("02:36:00 2 overdue time red new {STATION}"),
        format!("02:41:00 3 handled disposition red acknowledged {STATION}"),
        format!("03:01:00 4 handled disposition red in_progress {STATION}"),
        format!("04:01:00 5 handled disposition red answered {STATION}"),
        format!("04:21:00 6 handled disposition red reviewed {STATION}"),
        format!("04:21:00 7 withdrawn verdict none reviewed {STATION}"),
        format!("04:51:00 1 opened events red new {GRID}"),
        format!("05:01:00 2 handled disposition red answered {GRID}"),
        format!("05:41:00 3 handled disposition red reviewed {GRID}"),
        format!("05:51:00 4 handled disposition red closed {GRID}"),
        // The complaints are too old; and for a later one alone there is a warning, because of those before.
        format!("03:00:00 5 resolved time none closed {GRID}"),
        format!("02:21:00 1 opened events yellow new {GRID}"),
    ];
    assert_eq!(steps, expected);
    let refusals = undisturbed.refusals();
    assert_eq!(refusals, ["role_may_not"]);

    let killed = Scene::by(Clock::Log, opens);
    let folder = tempfile::tempdir().expect("a folder");
    for told in story() {
        let program = Program::run(&killed.fixture, folder.path());
        killed.publish(&told);
        drop(program);
    }
    assert_eq!(killed.steps(), expected);
    assert_eq!(killed.warnings(), warnings);
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
