//! What a candidate did otherwise than the ruleset in force, step by step: whom only one of them warned, raised or let
//! go, by rule and sub-district.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use serde::Serialize;
use yujing_core::warning::{Level, Step};

use super::ComparedEvent;

/// How many operators had something under both, or under one alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub both: u64,
    pub only_in_force: u64,
    pub only_candidate: u64,
}

impl Counts {
    pub fn differ(&self) -> bool {
        self.only_in_force + self.only_candidate > 0
    }
}

/// An operator with a step under one of them alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OneSided {
    pub operator_id: String,
    pub name: Option<String>,
    pub sub_district: Option<String>,
    /// When it had the step first.
    pub at: Timestamp,
    pub from: Level,
    pub level: Level,
    pub rules: Vec<String>,
}

/// One kind of step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StepComparison {
    pub step: Step,
    pub counts: Counts,
    pub only_in_force: Vec<OneSided>,
    pub only_candidate: Vec<OneSided>,
}

/// A candidate against the ruleset in force, within a span of time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Comparison {
    pub candidate: String,
    /// Both bounds, the later one excluded.
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
    pub steps: Vec<StepComparison>,
    /// By rule, for each step in the order of a warning's life: rules that fired at a step, or before it ended a
    /// warning.
    pub by_rule: BTreeMap<String, BTreeMap<&'static str, Counts>>,
    pub by_sub_district: BTreeMap<String, BTreeMap<&'static str, Counts>>,
}

/// What one side did: the first event of each step of each operator.
struct Side(BTreeMap<String, HashMap<Step, FirstEvent>>);

/// The first event of a step, and the rules behind it.
#[derive(Debug, Clone)]
struct FirstEvent {
    event: ComparedEvent,
    rules: BTreeSet<String>,
}

impl Comparison {
    /// Compares events within `from` (included) and `to` (excluded). Both sides are given whole, each operator's events
    /// in their order: what ends a warning is laid to the rules that held it before, and a warning that is open when
    /// the span begins counts as opened, because a candidate opens all of its own when it is attached.
    pub fn between(
        candidate: &str,
        in_force: &[ComparedEvent],
        shadow: &[ComparedEvent],
        from: Option<Timestamp>,
        to: Option<Timestamp>,
    ) -> Self {
        let [in_force, shadow] = [in_force, shadow].map(|events| Side::within(events, from, to));
        Self {
            candidate: candidate.to_owned(),
            from,
            to,
            steps: Step::OF_LEVEL.map(|step| StepComparison::between(&in_force, &shadow, step)).into(),
            by_rule: count_by(&in_force, &shadow, |first| first.rules.clone()),
            by_sub_district: count_by(&in_force, &shadow, |first| {
                first.event.sub_district().map(str::to_owned).into_iter().collect()
            }),
        }
    }

    /// Whether both did the same.
    pub fn is_empty(&self) -> bool {
        !self.steps.iter().any(|step| step.counts.differ())
    }
}

impl StepComparison {
    fn between(in_force: &Side, shadow: &Side, step: Step) -> Self {
        let both = in_force.having(step).filter(|(operator, _)| shadow.get(operator, step).is_some()).count();
        let only = |side: &Side, other: &Side| -> Vec<OneSided> {
            let alone = side.having(step).filter(|(operator, _)| other.get(operator, step).is_none());
            alone.map(|(operator, first)| OneSided::new(operator, first)).collect()
        };
        let (only_in_force, only_candidate) = (only(in_force, shadow), only(shadow, in_force));
        let counts = Counts {
            both: both as u64,
            only_in_force: only_in_force.len() as u64,
            only_candidate: only_candidate.len() as u64,
        };
        Self { step, counts, only_in_force, only_candidate }
    }
}

/// Counts operators by step under each key of their first events.
fn count_by(
    in_force: &Side,
    shadow: &Side,
    keys: impl Fn(&FirstEvent) -> BTreeSet<String>,
) -> BTreeMap<String, BTreeMap<&'static str, Counts>> {
    let mut counted: BTreeMap<String, BTreeMap<&'static str, Counts>> = BTreeMap::new();
    let operators: BTreeSet<&String> = in_force.0.keys().chain(shadow.0.keys()).collect();
    for step in Step::OF_LEVEL {
        for operator in &operators {
            let of = |side: &Side| side.get(operator, step).map(&keys).unwrap_or_default();
            let (ours, theirs) = (of(in_force), of(shadow));
            for key in ours.union(&theirs) {
                let counts = counted.entry(key.clone()).or_default().entry(step.as_str()).or_default();
                match (ours.contains(key), theirs.contains(key)) {
                    (true, true) => counts.both += 1,
                    (true, false) => counts.only_in_force += 1,
                    _ => counts.only_candidate += 1,
                }
            }
        }
    }
    counted
}

impl OneSided {
    fn new(operator: &str, first: &FirstEvent) -> Self {
        let event = &first.event;
        Self {
            operator_id: operator.to_owned(),
            name: event.name().map(str::to_owned),
            sub_district: event.sub_district().map(str::to_owned),
            at: event.as_of,
            from: event.from,
            level: event.level,
            rules: first.rules.iter().cloned().collect(),
        }
    }
}

impl Side {
    fn within(events: &[ComparedEvent], from: Option<Timestamp>, to: Option<Timestamp>) -> Self {
        let mut side = BTreeMap::<String, HashMap<Step, FirstEvent>>::new();
        // The rules that held each operator's warning at its last event.
        let mut held: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for event in events.iter().filter(|event| to.is_none_or(|to| event.as_of < to)) {
            let firing: BTreeSet<String> = event.rules().map(str::to_owned).collect();
            let before = held.insert(&event.operator_id, firing.clone()).unwrap_or_default();
            let steps = side.entry(event.operator_id.clone()).or_default();
            if from.is_some_and(|from| event.as_of < from) {
                steps.clear();
                if event.level > Level::None {
                    steps.insert(Step::Opened, FirstEvent { event: event.clone(), rules: firing });
                }
                continue;
            }
            let rules = match event.step {
                Step::Opened | Step::Escalated | Step::Added | Step::Amended | Step::Handled | Step::Overdue => firing,
                // What no longer fires is what let the level fall.
                Step::Eased | Step::Resolved | Step::Withdrawn => before,
            };
            steps.entry(event.step).or_insert_with(|| FirstEvent { event: event.clone(), rules });
        }
        Self(side)
    }

    fn get(&self, operator: &str, step: Step) -> Option<&FirstEvent> {
        self.0.get(operator)?.get(&step)
    }

    /// Operators that had the step, with their first event of it.
    fn having(&self, step: Step) -> impl Iterator<Item = (&String, &FirstEvent)> {
        self.0.iter().filter_map(move |(operator, steps)| Some((operator, steps.get(&step)?)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(operator: &str, at: &str, step: &str, from: &str, level: &str, rules: &[&str]) -> ComparedEvent {
        let findings: Vec<_> = rules.iter().map(|rule| json!({ "rule": rule })).collect();
        let body = json!({
            "operator_id": operator, "step": step, "from": from, "level": level, "as_of": at, "findings": findings,
            "operator": { "registered": true, "name": operator, "sub_district": "示例街道" },
        });
        ComparedEvent::parse(body.to_string().as_bytes()).expect("an event")
    }

    #[test]
    fn an_operator_that_only_one_of_them_warned_is_listed_with_the_rules_and_the_place() {
        let in_force = [
            event("a", "2026-03-02T00:00:00Z", "opened", "none", "blue", &["x"]),
            event("b", "2026-03-02T01:00:00Z", "opened", "none", "blue", &["x"]),
            event("b", "2026-03-04T01:00:00Z", "resolved", "blue", "none", &[]),
        ];
        let shadow = [
            event("a", "2026-03-02T00:00:00Z", "opened", "none", "blue", &["x"]),
            event("a", "2026-03-03T00:00:00Z", "escalated", "blue", "red", &["x", "y"]),
        ];
        let compared = Comparison::between("stricter", &in_force, &shadow, None, None);
        let counts = |step: Step| compared.steps.iter().find(|each| each.step == step).expect("each step").counts;
        assert_eq!(counts(Step::Opened), Counts { both: 1, only_in_force: 1, only_candidate: 0 });
        assert_eq!(counts(Step::Escalated), Counts { both: 0, only_in_force: 0, only_candidate: 1 });
        assert_eq!(compared.by_rule["y"]["escalated"].only_candidate, 1);
        assert_eq!(compared.by_rule["x"]["resolved"].only_in_force, 1, "the rule that held it before it ended");
        assert_eq!(
            compared.by_sub_district["示例街道"]["opened"],
            Counts { both: 1, only_in_force: 1, only_candidate: 0 }
        );
        assert!(!compared.is_empty());
    }

    #[test]
    fn only_the_span_counts_and_what_held_before_it_is_known() {
        let events = [
            event("a", "2026-03-02T00:00:00Z", "opened", "none", "blue", &["x"]),
            event("a", "2026-03-05T00:00:00Z", "resolved", "blue", "none", &[]),
        ];
        let at = |text: &str| text.parse::<Timestamp>().ok();
        let compared = Comparison::between("c", &events, &[], at("2026-03-05T00:00:00Z"), at("2026-03-06T00:00:00Z"));
        assert_eq!(compared.by_rule["x"]["resolved"].only_in_force, 1);
        let later = Comparison::between("c", &events, &[], at("2026-03-06T00:00:00Z"), None);
        assert!(later.is_empty() && later.by_rule.is_empty());
        let earlier = Comparison::between("c", &events, &[], None, at("2026-03-02T00:00:00Z"));
        assert!(earlier.is_empty() && earlier.by_rule.is_empty());
    }

    #[test]
    fn a_candidate_that_begins_amid_open_warnings_opens_nothing_new_by_opening_them_too() {
        let in_force = [
            event("a", "2026-03-01T00:00:00Z", "opened", "none", "blue", &["x"]),
            event("a", "2026-03-02T00:00:00Z", "escalated", "blue", "orange", &["x", "y"]),
            event("b", "2026-03-01T00:00:00Z", "opened", "none", "blue", &["x"]),
            event("b", "2026-03-02T00:00:00Z", "resolved", "blue", "none", &[]),
            event("c", "2026-03-01T00:00:00Z", "opened", "none", "blue", &["x"]),
        ];
        let shadow = [
            event("a", "2026-03-03T00:00:00Z", "opened", "none", "orange", &["x", "y"]),
            event("b", "2026-03-03T00:00:00Z", "opened", "none", "blue", &["z"]),
        ];
        let compared = Comparison::between("late", &in_force, &shadow, "2026-03-03T00:00:00Z".parse().ok(), None);
        let opened = &compared.steps[0];
        assert_eq!(opened.counts, Counts { both: 1, only_in_force: 1, only_candidate: 1 });
        assert_eq!((&*opened.only_in_force[0].operator_id, &*opened.only_candidate[0].operator_id), ("c", "b"));
        assert!(!compared.steps[1..].iter().any(|step| step.counts.differ()), "what was before the span is over");
    }
}
