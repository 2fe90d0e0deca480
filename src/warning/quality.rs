//! What each rule is worth (规则质量): told from the warnings that left and from what was done about them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::score::score_of_findings;
use super::{Finding, Level, Policy, Step};

/// The part of a lifecycle event that says which rules raised it.
#[derive(Debug, Clone, Deserialize)]
pub struct PastEvent {
    pub warning_id: Uuid,
    pub step: Step,
    pub level: Level,
    pub as_of: Timestamp,
    pub base: i64,
    pub findings: Vec<Finding>,
}

/// Answers to warnings: which were answered at all, and which of them as a false alarm.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    pub answered: BTreeSet<Uuid>,
    pub false_alarms: BTreeSet<Uuid>,
}

/// One rule's part in the warnings of a span.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RuleQuality {
    /// Warnings opened or escalated while the rule fired.
    pub raised: u64,
    /// Of these, those that would not have reached their level without the rule.
    pub unique: u64,
    /// The newest lifecycle event in which it fired.
    pub last_fired: Option<Timestamp>,
    /// Warnings that it raised and that were answered.
    pub answered: u64,
    /// Of these, those answered as a false alarm.
    pub false_alarms: u64,
}

/// Takes the events of a span together, by rule. The policy is the one in force: an event of an earlier ruleset is judged by
/// today's caps and thresholds.
pub fn assess<'a>(
    policy: &Policy,
    events: impl IntoIterator<Item = &'a PastEvent>,
    answers: &Answers,
) -> BTreeMap<String, RuleQuality> {
    let mut by_rule: BTreeMap<String, RuleQuality> = BTreeMap::new();
    let mut raised: BTreeSet<(&str, Uuid)> = BTreeSet::new();
    for event in events {
        for (place, finding) in event.findings.iter().enumerate() {
            let quality = by_rule.entry(finding.rule.clone()).or_default();
            quality.last_fired = quality.last_fired.max(Some(event.as_of));
            if !matches!(event.step, Step::Opened | Step::Escalated) {
                continue;
            }
            quality.raised += 1;
            let others = event.findings.iter().enumerate().filter(|(other, _)| *other != place);
            let without = score_of_findings(policy, event.base, others.map(|(_, finding)| finding)).level;
            quality.unique += u64::from(without < event.level);
            if raised.insert((&finding.rule, event.warning_id)) {
                quality.answered += u64::from(answers.answered.contains(&event.warning_id));
                quality.false_alarms += u64::from(answers.false_alarms.contains(&event.warning_id));
            }
        }
    }
    by_rule
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::json;

    use super::*;

    fn policy() -> Policy {
        Policy::load(Path::new("rules/ruleset.toml")).unwrap_or_else(|problems| panic!("{}", problems.render(false)))
    }

    fn finding(rule: &str, family: &str, points: i64, floor: Option<Level>) -> Finding {
        let words = json!({ "zh": "（略）", "en": "(left out)" });
        let finding = json!({
            "rule": rule, "family": family, "points": points, "counted": points, "floor": floor, "title": words,
            "because": words, "action": words, "basis": [], "deadline": "24h",
        });
        serde_json::from_value(finding).expect("a finding")
    }

    fn event(id: u128, step: Step, level: Level, second: i64, findings: &[Finding]) -> PastEvent {
        PastEvent {
            warning_id: Uuid::from_u128(id),
            step,
            level,
            as_of: Timestamp::from_second(second).expect("a time"),
            base: 4,
            findings: findings.to_vec(),
        }
    }

    #[test]
    fn a_rule_is_unique_where_the_level_falls_without_it() {
        let pests = finding("rodents", "pests", 35, None);
        let hygiene = finding("caps", "hygiene", 2, None);
        let floor = finding("pathogen", "lab", 10, Some(Level::Orange));
        let events = [
            // 41 points: yellow, and blue without the two of hygiene.
            event(1, Step::Opened, Level::Yellow, 10, &[pests.clone(), hygiene.clone()]),
            event(1, Step::Escalated, Level::Orange, 20, &[floor.clone(), pests.clone(), hygiene.clone()]),
            event(1, Step::Eased, Level::Yellow, 30, &[pests.clone(), hygiene.clone()]),
            event(2, Step::Opened, Level::Blue, 5, std::slice::from_ref(&pests)),
        ];
        let answers =
            Answers { answered: [1, 2].map(Uuid::from_u128).into(), false_alarms: [Uuid::from_u128(2)].into() };
        let by_rule = assess(&policy(), &events, &answers);
        let at = |second| Timestamp::from_second(second).ok();
        let quality = |raised, unique, second, answered, false_alarms| RuleQuality {
            raised,
            unique,
            last_fired: at(second),
            answered,
            false_alarms,
        };
        assert_eq!(by_rule["rodents"], quality(3, 2, 30, 2, 1));
        assert_eq!(by_rule["caps"], quality(2, 1, 30, 1, 0));
        assert_eq!(by_rule["pathogen"], quality(1, 1, 20, 1, 0));
    }

    #[test]
    fn two_rules_of_a_full_family_replace_each_other() {
        let one = finding("one", "pests", 40, None);
        let other = finding("other", "pests", 40, None);
        let events = [event(1, Step::Opened, Level::Yellow, 10, &[one, other])];
        let by_rule = assess(&policy(), &events, &Answers::default());
        assert_eq!((by_rule["one"].unique, by_rule["other"].unique), (0, 0));
    }
}
