//! Warnings as their topic has them, for tests.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;
use yujing_base::zone::Zone;
use yujing_core::warning::{AreaRollup, Policy};

use super::{Month, Past, PastStep};

/// The ruleset of every event.
pub const RULESET: &str = "a1b2";

/// One warning, told event by event.
#[derive(Debug, Clone)]
pub struct Story {
    id: Uuid,
    operator: Value,
    opened_at: Timestamp,
    events: Vec<Value>,
}

/// An instant by Beijing's clocks, such as `03-02T09:00` of 2026.
pub fn at(clock: &str) -> Timestamp {
    format!("2026-{clock}:00+08:00").parse().expect("a time")
}

pub fn month(text: &str) -> Month {
    Month::parse(text, &Zone::default()).expect("a month")
}

/// What the topics have of some warnings, with the policy that ships.
pub fn past_of(stories: &[Story]) -> Past {
    let text = include_str!("../../rules/ruleset.toml");
    let policy =
        Policy::read(Path::new("ruleset.toml"), text).unwrap_or_else(|found| panic!("{}", found.render(false)));
    let steps = stories.iter().flat_map(Story::steps).collect();
    Past { steps, policies: BTreeMap::from([(RULESET.to_owned(), policy)]), ..Past::default() }
}

/// The sums of an area, `None` for the district: how many of how many were inspected.
pub fn rollup(sub_district: Option<&str>, visited: u64, of: u64) -> AreaRollup {
    let none = json!({ "open": 0, "overdue": 0 });
    let rollup = json!({
        "kind": if sub_district.is_some() { "sub_district" } else { "district" }, "sub_district": sub_district,
        "community": null, "grid": null, "as_of": at("04-02T08:30").to_string(), "operators": of,
        "warnings": { "red": none, "orange": none, "yellow": none, "blue": none },
        "visits": [{ "id": "inspection", "title": { "zh": "监督检查", "en": "Inspections" }, "visited": visited, "of": of }],
        "ruleset": RULESET,
    });
    serde_json::from_value(rollup).expect("a roll-up")
}

fn post(id: &str) -> Value {
    json!({ "id": id, "title": { "zh": format!("岗位（{id}）"), "en": format!("Post {id}") } })
}

fn finding(rule: &str, points: i64) -> Value {
    let words = json!({ "zh": format!("规则{rule}"), "en": format!("Rule {rule}") });
    json!({
        "rule": rule, "family": "pests", "points": points, "counted": points, "floor": null, "title": words,
        "because": words, "action": words, "basis": [], "deadline": "24h",
    })
}

impl Story {
    /// A warning that opens at a level about an operator of a sub-district; nobody has acknowledged it.
    pub fn opened(number: u128, sub_district: &str, level: &str, opened_at: Timestamp) -> Self {
        let id = Uuid::from_u128(number);
        let name = format!("示例餐厅{number}");
        let operator = json!({ "registered": true, "name": name, "sub_district": sub_district, "community": "一" });
        let story = Self { id, operator, opened_at, events: Vec::new() };
        let handling =
            json!({ "state": "new", "since": opened_at.to_string(), "assignee": post("grid/1"), "ladder": [] });
        story.event("opened", "events", level, opened_at, &handling)
    }

    /// The operator's name is that of a synthetic district.
    pub fn synthetic(mut self) -> Self {
        for event in &mut self.events {
            event["operator"]["name"] = "【合成】示例路1号小吃店".into();
        }
        self
    }

    /// The ruleset says nothing of handling.
    pub fn unhandled(mut self) -> Self {
        for event in &mut self.events {
            event.as_object_mut().expect("an object").remove("handling");
        }
        self
    }

    /// A step of the level.
    pub fn step(self, step: &str, level: &str, at: Timestamp) -> Self {
        let handling = self.handling();
        self.event(step, "events", level, at, &handling)
    }

    /// An end by a reviewed verdict.
    pub fn unfounded(self, at: Timestamp) -> Self {
        let handling = self.handling();
        self.event("withdrawn", "verdict", "none", at, &handling)
    }

    /// Somebody does something.
    pub fn handled(self, state: &str, at: Timestamp) -> Self {
        let mut handling = self.handling();
        handling["state"] = state.into();
        let level = self.level();
        self.event("handled", "disposition", &level, at, &handling)
    }

    /// Somebody answers.
    pub fn answered(self, verdict: &str, measures: &[&str], at: Timestamp) -> Self {
        let mut handling = self.handling();
        handling["state"] = "answered".into();
        handling["verdict"] = verdict.into();
        handling["measures"] = measures.into();
        let level = self.level();
        self.event("handled", "disposition", &level, at, &handling)
    }

    /// Somebody sends the answer back.
    pub fn returned(self, at: Timestamp) -> Self {
        let mut handling = self.handling();
        handling["state"] = "in_progress".into();
        handling.as_object_mut().expect("an object").retain(|name, _| !["verdict", "measures"].contains(&&**name));
        let level = self.level();
        self.event("handled", "disposition", &level, at, &handling)
    }

    /// New evidence takes it up again.
    pub fn taken_up_again(self, at: Timestamp) -> Self {
        let mut handling = self.handling();
        handling["state"] = "new".into();
        handling.as_object_mut().expect("an object").retain(|name, _| !["verdict", "measures"].contains(&&**name));
        let level = self.level();
        self.event("added", "events", &level, at, &handling)
    }

    /// A clock passes, and the warning goes up to a post.
    pub fn overdue(self, clock: &str, to: &str, at: Timestamp) -> Self {
        let mut handling = self.handling();
        handling["assignee"] = post(to);
        handling["overdue"] = json!({ "clock": clock, "since": at.to_string(), "times": 1, "next": null });
        let level = self.level();
        self.event("overdue", "time", &level, at, &handling)
    }

    pub fn is_over(&self) -> bool {
        self.level() == "none"
    }

    pub fn steps(&self) -> Vec<PastStep> {
        self.events.iter().map(|event| serde_json::from_value(event.clone()).expect("an event")).collect()
    }

    fn last(&self) -> &Value {
        self.events.last().expect("it was opened")
    }

    fn level(&self) -> String {
        self.last()["level"].as_str().expect("a level").to_owned()
    }

    fn handling(&self) -> Value {
        self.last()["handling"].clone()
    }

    fn event(mut self, step: &str, cause: &str, level: &str, at: Timestamp, handling: &Value) -> Self {
        let opened_at = self.opened_at.to_string();
        let (from, warning) = match self.events.last() {
            None => ("none".to_owned(), Value::Null),
            Some(last) => {
                let warning = json!({
                    "id": self.id, "sequence": self.events.len(), "level": last["level"], "opened_at": opened_at,
                    "level_since": opened_at, "below_since": null, "due_at": null, "handling": last["handling"],
                });
                (self.level(), warning)
            }
        };
        let findings = if level == "red" {
            vec![finding("rodents", 35), finding("flies", 2)]
        } else {
            vec![finding("rodents", 35)]
        };
        self.events.push(json!({
            "warning_id": self.id, "sequence": self.events.len() + 1, "operator_id": format!("JY{}", self.id.as_u128()),
            "step": step, "cause": cause, "from": from, "level": level, "as_of": at.to_string(), "opened_at": opened_at,
            "base": 12, "findings": findings, "operator": self.operator, "ruleset": RULESET,
            "previous": { "ordinal": 1, "warning": warning }, "handling": handling,
        }));
        self
    }
}

/// A month with something of everything: what was carried in, and every way to be in time or not.
pub fn stories() -> Vec<Story> {
    let (east, west) = ("东街道", "西街道");
    let hour = |at: Timestamp, hours: i64| at + SignedDuration::from_hours(hours);
    let second = at("03-02T09:00");
    vec![
        Story::opened(1, east, "yellow", at("02-20T09:00"))
            .overdue("act", "station/东", at("03-01T09:00"))
            .answered("unfounded", &[], at("03-03T10:00"))
            .handled("reviewed", at("03-03T11:00"))
            .unfounded(at("03-03T11:00")),
        Story::opened(2, west, "blue", at("02-27T09:00")).step("escalated", "orange", at("03-30T08:00")),
        Story::opened(3, east, "orange", second)
            .handled("acknowledged", hour(second, 1))
            .answered("confirmed", &["written_order", "sampling"], hour(second, 20))
            .handled("reviewed", hour(second, 30))
            .step("resolved", "none", at("03-20T00:00")),
        Story::opened(4, west, "red", at("03-05T02:21"))
            .overdue("acknowledge", "station/西", at("03-05T02:36"))
            .handled("acknowledged", at("03-05T03:00"))
            .answered("partly", &["on_the_spot_correction"], at("03-05T08:00"))
            .returned(at("03-05T09:00"))
            .overdue("act", "district", at("03-06T02:21")),
        Story::opened(5, east, "blue", at("03-31T23:59")),
        Story::opened(6, west, "blue", at("03-10T09:00")).step("resolved", "none", at("03-10T20:00")),
        Story::opened(7, east, "yellow", at("04-01T00:00")),
        Story::opened(8, west, "yellow", at("03-12T09:00"))
            .answered("confirmed", &["sealing"], at("03-12T12:00"))
            .taken_up_again(at("03-14T12:00")),
        Story::opened(9, west, "blue", at("01-05T09:00")).step("withdrawn", "none", at("01-06T09:00")),
    ]
}
