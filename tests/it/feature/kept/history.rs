//! Histories that are generated: what comes, when, and who is asked for.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};
use yujing_base::OperatorId;
use yujing_core::source::{Decoder, Event, Record, SourceId, Sources};

pub const OPERATORS: [&str; 4] = ["JY21201030043213", "B", "C", "D"];

const SOURCES: [&str; 7] =
    ["camera-alerts", "complaints", "inspections", "lab-samples", "dispositions", "events", "operators"];

const CLASSES: [&str; 8] =
    ["rodent", "rodent", "cockroach", "no_hat", "bare_hands", "smoking", "unattended_fire", "camera_blocked"];

/// Minutes before the record's timestamp; the edges of windows and retentions, and times ahead.
const AGES: [i64; 18] = {
    const DAY: i64 = 24 * 60;
    [
        -10,
        -9,
        -1,
        0,
        0,
        1,
        5,
        60,
        DAY,
        DAY + 1,
        2 * DAY,
        7 * DAY,
        14 * DAY,
        30 * DAY,
        90 * DAY,
        119 * DAY,
        120 * DAY - 1,
        700 * DAY,
    ]
};

/// Minutes that pass before a step.
const PASSING: [i64; 14] = {
    const DAY: i64 = 24 * 60;
    [0, 0, 1, 4, 9, 10, 60, 11 * 60, DAY, DAY, 2 * DAY, 7 * DAY, 30 * DAY, 120 * DAY]
};

/// One batch: time passes, records come, operators are asked for.
#[derive(Debug, Clone)]
pub struct Step {
    pub pass: i64,
    arrivals: Vec<Arrival>,
    asked: [bool; 4],
    forgotten: [bool; 4],
    pub is_dropped: bool,
    pub is_expired: bool,
    /// Where between two instants it is looked, in parts of a thousand.
    pub between: i64,
}

#[derive(Debug, Clone, Copy)]
enum Arrival {
    /// A record; its content follows from the seed.
    New { source: usize, operator: usize, event: u64, revision: u64, is_retract: bool, age: i64, seed: u64 },
    /// One of the records before.
    Again(usize),
}

impl Step {
    pub fn asks(&self, as_of: Timestamp) -> Vec<(OperatorId, Timestamp)> {
        chosen(self.asked).map(|operator| (operator, as_of)).collect()
    }

    pub fn forgotten(&self) -> Vec<OperatorId> {
        chosen(self.forgotten).collect()
    }
}

fn chosen(mask: [bool; 4]) -> impl Iterator<Item = OperatorId> {
    OPERATORS.into_iter().zip(mask).filter(|(_, is_chosen)| *is_chosen).map(|(operator, _)| operator.into())
}

pub fn step() -> impl Strategy<Value = Step> {
    let minutes = prop::sample::select(PASSING.to_vec());
    let arrivals = prop::collection::vec(arrival(), 0..12);
    let asked = prop::array::uniform4(prop::bool::weighted(0.7));
    let forgotten = prop::array::uniform4(prop::bool::weighted(0.05));
    (minutes, arrivals, asked, forgotten, prop::bool::weighted(0.1), any::<bool>(), 0_i64..1_000).prop_map(
        |(pass, arrivals, asked, forgotten, is_dropped, is_expired, between)| Step {
            pass,
            arrivals,
            asked,
            forgotten,
            is_dropped,
            is_expired,
            between,
        },
    )
}

fn arrival() -> impl Strategy<Value = Arrival> {
    let revision = prop_oneof![4 => Just(1_u64), 2 => 2..5_u64];
    let age = prop::sample::select(AGES.to_vec());
    let new = (0..SOURCES.len(), 0..OPERATORS.len(), 0..8_u64, revision, prop::bool::weighted(0.1), age, any::<u32>());
    prop_oneof![
        9 => new.prop_map(|(source, operator, event, revision, is_retract, age, seed)| Arrival::New {
            source, operator, event, revision, is_retract, age, seed: u64::from(seed),
        }),
        1 => (0..60_usize).prop_map(Arrival::Again),
    ]
}

/// Writes the records of steps, and decodes them.
pub struct Writer {
    decoders: Vec<(SourceId, Decoder)>,
    now: Timestamp,
    written: Vec<(usize, usize, Option<Vec<u8>>)>,
}

impl Writer {
    pub fn new(sources: &Sources, now: Timestamp) -> Self {
        let decoders = SOURCES.map(|name| {
            let (id, source) = sources.by_name(name).expect("a source that ships");
            (id, Decoder::new(id, Arc::clone(source)))
        });
        Self { decoders: decoders.into(), now, written: Vec::new() }
    }

    pub fn now(&self) -> Timestamp {
        self.now
    }

    pub fn go_on(&mut self, minutes: i64) {
        self.now += SignedDuration::from_mins(minutes);
    }

    /// The events of a step's records that are accepted.
    pub fn events(&mut self, step: &Step) -> Vec<Event> {
        step.arrivals.iter().filter_map(|arrival| self.event(*arrival)).collect()
    }

    fn event(&mut self, arrival: Arrival) -> Option<Event> {
        let (source, operator, value) = match arrival {
            Arrival::Again(_) if self.written.is_empty() => return None,
            Arrival::Again(place) => self.written[place % self.written.len()].clone(),
            Arrival::New { source, operator, .. } => (source, operator, self.value(arrival)),
        };
        self.written.push((source, operator, value.clone()));
        let (id, decoder) = &self.decoders[source];
        let record = Record {
            source: *id,
            topic: SOURCES[source].into(),
            partition: 0,
            offset: 0,
            timestamp: self.now,
            key: Some(OPERATORS[operator].into()),
            value,
            headers: Vec::new(),
        };
        decoder.decode(&record).ok()
    }

    fn value(&self, arrival: Arrival) -> Option<Vec<u8>> {
        let Arrival::New { source, operator, event, revision, is_retract, age, seed } = arrival else { return None };
        let occurred_at = self.now - SignedDuration::from_mins(age);
        let mut value = json!({
            "event_id": format!("e{event}"), "revision": revision, "operator_id": OPERATORS[operator],
            "publisher": format!("p{}", seed % 2), "occurred_at": occurred_at.to_string(),
            "reported_at": (occurred_at + SignedDuration::from_mins(age.max(0) / (1 + draw(seed, 9, 3)))).to_string(),
        });
        if is_retract {
            if SOURCES[source] == "operators" && seed.is_multiple_of(2) {
                return None;
            }
            value["op"] = json!("retract");
        } else {
            let content = content(SOURCES[source], seed, occurred_at);
            value.as_object_mut().expect("an object").extend(content.as_object().expect("an object").clone());
        }
        Some(value.to_string().into_bytes())
    }
}

/// A number below `below` that follows from a seed, another one for each `field`.
fn draw(seed: u64, field: u64, below: i64) -> i64 {
    let mixed =
        (seed + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(u32::try_from(field * 7 % 64).expect("small"));
    i64::try_from(mixed.wrapping_mul(0xD6E8_FEB8_6659_FD93) >> 33).expect("31 bits") % below
}

fn one_of(seed: u64, field: u64, values: &[Value]) -> Value {
    let place = draw(seed, field, i64::try_from(values.len()).expect("few"));
    values[usize::try_from(place).expect("not negative")].clone()
}

fn texts(seed: u64, field: u64, values: &[&str]) -> Value {
    one_of(seed, field, &values.iter().map(|value| json!(value)).collect::<Vec<_>>())
}

fn content(source: &str, seed: u64, occurred_at: Timestamp) -> Value {
    let maybe = |field: u64, value: Value| if draw(seed, field, 3) == 0 { Value::Null } else { value };
    let date = |field: u64| {
        let days = draw(seed, field, 40) - 10;
        let date = (occurred_at + SignedDuration::from_hours(24 * days)).to_string();
        json!(date[..10])
    };
    match source {
        "camera-alerts" => json!({
            "kind": one_of(seed, 1, &[json!("alert"), json!("alert"), json!("status")]),
            "camera_id": format!("cam{}", draw(seed, 2, 3)),
            "class": texts(seed, 3, &CLASSES),
            "zone": texts(seed, 4, &["cold_room", "washing", "cooking"]),
            "confidence": one_of(seed, 5, &[json!(0.3), json!(0.5), json!(0.85), json!(0.9), Value::Null]),
            "review": one_of(seed, 6, &[json!("pending"), json!("confirmed"), json!("false_alarm"), Value::Null]),
            "state": texts(seed, 7, &["online", "offline", "offline"]),
            "started_at": occurred_at.to_string(),
            "ended_at": (occurred_at + SignedDuration::from_secs(30 * draw(seed, 8, 5))).to_string(),
        }),
        "complaints" => json!({
            "case_no": format!("case-{}", draw(seed, 1, 5)),
            "kind": texts(seed, 2, &["report", "dispute", "enquiry"]),
            "channel": "12315",
            "category": texts(seed, 3, &["pests", "hygiene", "foreign_body", "spoiled", "food_poisoning", "label"]),
            "persons_ill": maybe(4, json!(draw(seed, 5, 5))),
            "symptoms": maybe(6, json!(["fever"])),
            "status": texts(seed, 7, &["accepted", "accepted", "substantiated", "unsubstantiated"]),
            "complainant_hash": maybe(8, json!(format!("hash-{}", draw(seed, 9, 4)))),
            "parent_case": maybe(10, json!("case-0")),
        }),
        "inspections" => json!({
            "inspection_type": texts(seed, 1, &["routine", "follow_up", "steward_visit", "special", "unannounced"]),
            "item_version": "CY-2022",
            "verdict": texts(seed, 2, &["pass", "basic_pass", "fail"]),
            "superior": false,
            "items": (0..draw(seed, 3, 4)).map(|item| json!({
                "code": format!("{item}.1"),
                "key": draw(seed, 20 + item.unsigned_abs(), 2) == 0,
                "result": texts(seed, 30 + item.unsigned_abs(), &["yes", "no"]),
            })).collect::<Vec<_>>(),
            "rectify_by": maybe(4, date(5)),
            "obstructed": maybe(6, json!(draw(seed, 7, 2) == 0)),
        }),
        "lab-samples" => json!({
            "sample_no": format!("S{}", draw(seed, 1, 4)),
            "stage": texts(seed, 2, &["initial", "initial", "retest"]),
            "purpose": texts(seed, 3, &["supervision", "monitoring", "rapid"]),
            "food_category": texts(seed, 4, &["餐饮具/碗", "餐饮食品"]),
            "food_name": "油条",
            "verdict": texts(seed, 5, &["pass", "fail", "fail"]),
            "results": [{
                "analyte": "铝",
                "analyte_class": texts(seed, 6, &["additive", "pathogen", "heavy_metal", "non_food_substance"]),
                "value": draw(seed, 7, 140), "censor": "=", "unit": "mg/kg", "limit": 100, "limit_operator": "<=",
                "verdict": texts(seed, 8, &["pass", "fail"]),
            }],
        }),
        "dispositions" => json!({
            "warning_id": "3d813cbb-47fb-5ba9-9b2c-5d6b3c0a2a11",
            "action": texts(seed, 1, &["acknowledged", "visited", "rectified"]),
        }),
        "events" => json!({
            "activity_no": texts(seed, 1, &["HD-1", "HD-2"]),
            "role": texts(seed, 2, &["host", "caterer"]),
            "status": texts(seed, 3, &["planned", "under_way", "cancelled"]),
            "starts_on": date(4),
            "ends_on": date(5),
        }),
        _ => json!({
            "name": "示例饭馆",
            "business_form": texts(seed, 1, &["restaurant", "canteen"]),
            "sub_district": "友谊路街道",
            "static_risk": 1 + draw(seed, 2, 4),
            "risk_grade": maybe(3, texts(seed, 4, &["A", "B"])),
            "protected_group": texts(seed, 5, &["none", "school"]),
            "licence_expires_on": maybe(6, date(7)),
            "opened_on": maybe(8, date(9)),
            "licensed_on": maybe(10, date(11)),
            "closed_on": maybe(12, date(13)),
            "cameras": maybe(14, json!([{ "camera_id": "c", "zone": "cooking", "vendor": "v" }])),
        }),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::feature::given::{at, sources};

    /// The properties would hold for nothing if the records were refused.
    #[test]
    fn records_of_every_source_are_accepted_unless_they_are_too_old() {
        let mut writer = Writer::new(&sources(), at("2026-05-01T00:00:00Z"));
        let mut accepted = BTreeSet::new();
        for source in 0..SOURCES.len() {
            for seed in 0..40 {
                for is_retract in [false, true] {
                    let arrival = Arrival::New { source, operator: 0, event: 1, revision: 1, is_retract, age: 5, seed };
                    writer.event(arrival).unwrap_or_else(|| panic!("{source} {seed} is refused"));
                    accepted.insert(source);
                }
            }
        }
        assert_eq!(accepted.len(), SOURCES.len());
    }
}
