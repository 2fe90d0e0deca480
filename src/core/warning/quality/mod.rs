//! What each rule is worth (规则质量), by the warnings that left and by what was done about them.
//!
//! - here: what is counted of a rule
//! - [`verdict`]: whether what a warning said proved true

pub mod verdict;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::AddAssign;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use self::verdict::PastVerdicts;
use super::finding::Finding;
use super::handling::{Handling, Verdict};
use super::policy::Policy;
use super::score::score_of_findings;
use super::standing::Step;
use crate::rule::Level;

/// The part of a lifecycle event that says which rules raised it, and what was made of it.
#[derive(Debug, Clone, Deserialize)]
pub struct PastEvent {
    pub warning_id: Uuid,
    pub step: Step,
    pub from: Level,
    pub as_of: Timestamp,
    pub base: i64,
    pub findings: Vec<Finding>,
    /// The hash of the ruleset by which the event came about.
    pub ruleset: String,
    /// None where the ruleset says nothing of handling.
    #[serde(default)]
    pub handling: Option<Handling>,
}

/// What was done about each warning, as its dispositions say: their actions and verdicts.
pub type WarningAnswers = BTreeMap<Uuid, BTreeSet<String>>;

/// Warnings that went up while a rule fired.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct RaiseCount {
    pub warnings: u64,
    /// Of these, those that would not have gone up without the rule: unopened, or left at the level where they stood.
    pub unique: u64,
}

impl RaiseCount {
    /// One more.
    pub fn count(&mut self, is_unique: bool) {
        self.warnings += 1;
        self.unique += u64::from(is_unique);
    }
}

impl AddAssign for RaiseCount {
    fn add_assign(&mut self, other: Self) {
        self.warnings += other.warnings;
        self.unique += other.unique;
    }
}

/// One rule's part in the warnings of a span.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RuleQuality {
    /// Opened while it fired; unique are those that would not exist without it.
    pub opened: RaiseCount,
    pub escalated: RaiseCount,
    /// The newest lifecycle event in which it fired, of the span or before.
    pub last_fired: Option<Timestamp>,
    /// Warnings that it helped to raise and of which somebody said whether they were true.
    pub answered: u64,
    /// What was said of them, each once.
    pub verdicts: BTreeMap<Verdict, u64>,
    /// Of how many warnings that it helped to raise a disposition says so; one may have several.
    pub answers: BTreeMap<String, u64>,
}

impl RuleQuality {
    /// The share of the answered warnings that were found unfounded; nothing if none was answered.
    pub fn false_alarm_share(&self) -> Option<f64> {
        let exact = |count: u64| u32::try_from(count).map_or(f64::INFINITY, f64::from);
        (self.answered > 0).then(|| exact(self.false_alarms()) / exact(self.answered))
    }

    /// What was said of one more warning.
    fn count_answers(&mut self, verdict: Option<Verdict>, said: &BTreeSet<String>) {
        self.answered += u64::from(verdict.is_some());
        if let Some(verdict) = verdict {
            *self.verdicts.entry(verdict).or_default() += 1;
        }
        for answer in said {
            *self.answers.entry(answer.clone()).or_default() += 1;
        }
    }

    /// Warnings that it helped to raise and that were found unfounded.
    pub fn false_alarms(&self) -> u64 {
        self.verdicts.get(&Verdict::Unfounded).copied().unwrap_or_default()
    }
}

/// The level that score and floors would give if one rule had not fired.
pub fn level_without(policy: &Policy, base: i64, findings: &[Finding], rule: &str) -> Level {
    score_of_findings(policy, base, findings.iter().filter(|finding| finding.rule.id != rule)).level
}

/// The rules that fired in a step upwards from a level, and whether the step would not have been taken without each.
pub fn contributing_rules<'a>(
    policy: &'a Policy,
    from: Level,
    base: i64,
    findings: &'a [Finding],
) -> impl Iterator<Item = (&'a str, bool)> {
    findings.iter().filter(|finding| finding.is_ground()).map(move |finding| {
        let without = level_without(policy, base, findings, &finding.rule.id);
        (finding.rule.id.as_str(), without < policy.open_at || without <= from)
    })
}

/// Takes lifecycle events together, by rule: those from `since` on count, earlier ones only say when a rule last fired.
/// `policy_of` gives the policy of a ruleset by its hash, so that each event is measured by the caps and thresholds of
/// its time.
pub fn rule_qualities<'a, 'p>(
    policy_of: impl Fn(&str) -> &'p Policy,
    events: impl IntoIterator<Item = &'a PastEvent> + Clone,
    since: Timestamp,
    answers: &WarningAnswers,
) -> BTreeMap<String, RuleQuality> {
    let verdicts = PastVerdicts::of(events.clone());
    let nothing = BTreeSet::new();
    let mut by_rule: BTreeMap<String, RuleQuality> = BTreeMap::new();
    let mut seen: BTreeSet<(&str, Uuid)> = BTreeSet::new();
    for event in events {
        for finding in &event.findings {
            let quality = by_rule.entry(finding.rule.id.clone()).or_default();
            quality.last_fired = quality.last_fired.max(Some(event.as_of));
        }
        if event.as_of < since || !matches!(event.step, Step::Opened | Step::Escalated) {
            continue;
        }
        let said = answers.get(&event.warning_id).unwrap_or(&nothing);
        let verdict = verdicts.get(event.warning_id, said);
        for (rule, is_unique) in contributing_rules(policy_of(&event.ruleset), event.from, event.base, &event.findings)
        {
            let quality = by_rule.entry(rule.to_owned()).or_default();
            let raised = if event.step == Step::Opened { &mut quality.opened } else { &mut quality.escalated };
            raised.count(is_unique);
            // Opened and escalated, it is still one warning.
            if seen.insert((rule, event.warning_id)) {
                quality.count_answers(verdict, said);
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
        let text = include_str!("../../../../rules/ruleset.toml");
        Policy::read(Path::new("ruleset.toml"), text).unwrap_or_else(|problems| panic!("{}", problems.render(false)))
    }

    fn finding(rule: &str, family: &str, points: i64, floor: Option<Level>) -> Finding {
        let words = json!({ "zh": "（略）", "en": "(left out)" });
        let finding = json!({
            "rule": rule, "family": family, "points": points, "counted": points, "floor": floor, "title": words,
            "because": words, "action": words, "basis": [], "deadline": "24h",
        });
        serde_json::from_value(finding).expect("a finding")
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a time")
    }

    fn event(id: u128, step: Step, from: Level, second: i64, findings: &[Finding]) -> PastEvent {
        let (warning_id, findings) = (Uuid::from_u128(id), findings.to_vec());
        PastEvent {
            warning_id,
            step,
            from,
            as_of: at(second),
            base: 12,
            findings,
            ruleset: "a".to_owned(),
            handling: None,
        }
    }

    fn assessed(events: &[PastEvent], since: i64, answers: &WarningAnswers) -> BTreeMap<String, RuleQuality> {
        let policy = policy();
        rule_qualities(|_| &policy, events, at(since), answers)
    }

    fn raised(warnings: u64, unique: u64) -> RaiseCount {
        RaiseCount { warnings, unique }
    }

    #[test]
    fn a_rule_is_unique_where_a_warning_would_not_have_gone_up_without_it() {
        let pests = finding("rodents", "pests", 35, None);
        let hygiene = finding("caps", "hygiene", 2, None);
        let floor = finding("pathogen", "lab", 10, Some(Level::Orange));
        let events = [
            // 49 points: yellow; 47 and yellow without the two of hygiene, 14 and nothing without the rodents.
            event(1, Step::Opened, Level::None, 10, &[pests.clone(), hygiene.clone()]),
            event(1, Step::Escalated, Level::Yellow, 20, &[floor.clone(), pests.clone(), hygiene.clone()]),
            event(1, Step::Eased, Level::Orange, 30, &[pests.clone(), hygiene.clone()]),
            event(2, Step::Opened, Level::None, 5, std::slice::from_ref(&pests)),
        ];
        let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<BTreeSet<_>>();
        let answers = WarningAnswers::from([
            (Uuid::from_u128(1), words(&["acknowledged", "rectified"])),
            (Uuid::from_u128(2), words(&["acknowledged", "false_alarm"])),
        ]);
        let by_rule = assessed(&events, 0, &answers);
        let counts = |rule: &str| (by_rule[rule].opened, by_rule[rule].escalated);
        assert_eq!(counts("rodents"), (raised(2, 2), raised(1, 0)));
        assert_eq!(counts("caps"), (raised(1, 0), raised(1, 0)));
        assert_eq!(counts("pathogen"), (raised(0, 0), raised(1, 1)));
        let rodents = &by_rule["rodents"];
        assert_eq!((rodents.last_fired, rodents.answered, rodents.false_alarms()), (Some(at(30)), 2, 1));
        assert_eq!(rodents.answers["acknowledged"], 2);
        assert_eq!((rodents.false_alarm_share(), by_rule["caps"].false_alarm_share()), (Some(0.5), Some(0.0)));
        // Of the span only the escalation; when a rule last fired does not depend on it.
        let late = assessed(&events, 15, &WarningAnswers::new());
        assert_eq!((late["rodents"].opened, late["rodents"].escalated), (raised(0, 0), raised(1, 0)));
        assert_eq!((late["rodents"].last_fired, late["rodents"].false_alarm_share()), (Some(at(30)), None));
    }

    #[test]
    fn two_rules_of_a_full_family_replace_each_other() {
        let one = finding("one", "pests", 40, None);
        let other = finding("other", "pests", 40, None);
        let by_rule = assessed(&[event(1, Step::Opened, Level::None, 10, &[one, other])], 0, &WarningAnswers::new());
        assert_eq!((by_rule["one"].opened.unique, by_rule["other"].opened.unique), (0, 0));
    }

    #[test]
    fn each_event_is_measured_by_the_policy_of_its_ruleset() {
        let policy = policy();
        let mut lower = policy.clone();
        for threshold in &mut lower.thresholds {
            threshold.enter = 1;
        }
        let one = finding("one", "pests", 20, None);
        let mut earlier = event(2, Step::Opened, Level::None, 10, std::slice::from_ref(&one));
        earlier.ruleset = "lower".to_owned();
        let events = [event(1, Step::Opened, Level::None, 10, &[one]), earlier];
        let by_rule = rule_qualities(
            |hash| if hash == "lower" { &lower } else { &policy },
            &events,
            at(0),
            &WarningAnswers::new(),
        );
        // By the lower thresholds the base points alone open a warning.
        assert_eq!(by_rule["one"].opened, raised(2, 1));
    }
}
