//! What a new ruleset would change, with examples of operators whose level would.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use yujing_core::engine::Output;
use yujing_core::ruleset::change::LevelMoves;
use yujing_core::ruleset::{Ruleset, RulesetChange};
use yujing_core::warning::quality::contributing_rules;
use yujing_core::warning::{Level, Policy, Step, WarningEvent};

/// Most operators that are named.
const MOST_EXAMPLES: usize = 20;

/// An operator whose level would change at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MovedOperator {
    pub operator_id: String,
    pub name: Option<String>,
    pub sub_district: Option<String>,
    pub from: Level,
    pub to: Level,
    pub score: i64,
    /// The rules that fire, those that weigh most first.
    pub rules: Vec<String>,
}

/// What the new ruleset changes, with examples.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RulesetDifference {
    #[serde(flatten)]
    pub change: RulesetChange,
    /// The highest new levels first, at most twenty.
    pub examples: Vec<MovedOperator>,
    /// Warnings that would open at once.
    #[serde(default)]
    pub opened: u64,
    /// The rules behind levels that would rise at once, by their ids.
    #[serde(default)]
    pub rising: BTreeMap<String, RisingBy>,
}

/// What a rule has to do with levels that would rise.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RisingBy {
    /// Operators whose level would rise with it among the findings.
    pub operators: u64,
    /// Those of them whose level would not without it.
    pub decisive: u64,
}

impl RulesetDifference {
    /// What `new` writes otherwise than `old`; what that means for operators is added with
    /// [`RulesetDifference::add_projection`].
    pub fn between(old: &Ruleset, new: &Ruleset) -> Self {
        Self { change: RulesetChange::between(old, new), ..Self::default() }
    }

    /// Adds what a projection of some operators gave, by whose policy.
    pub fn add_projection(&mut self, operators: usize, projected: &Output, policy: &Policy) {
        self.change.operators += operators as u64;
        for event in &projected.warnings {
            self.opened += u64::from(event.step == Step::Opened);
            if event.level > event.from {
                self.add_rising(event, policy);
            }
            let known = self.change.levels.iter_mut().find(|each| (each.from, each.to) == (event.from, event.level));
            match known {
                Some(known) => known.operators += 1,
                None => self.change.levels.push(LevelMoves { from: event.from, to: event.level, operators: 1 }),
            }
            self.examples.push(MovedOperator::of(event));
        }
        self.change.levels.sort_by_key(|each| (each.from, each.to));
        self.examples.sort_by(|a, b| {
            let height = |example: &MovedOperator| (example.to, example.from);
            height(b).cmp(&height(a)).then_with(|| a.operator_id.cmp(&b.operator_id))
        });
        self.examples.truncate(MOST_EXAMPLES);
        let rules =
            projected.tally.rule_failures.iter().map(|((rule, kind), count)| (format!("rule {rule}: {kind}"), count));
        let features = projected.tally.feature_failures.iter().map(|(name, count)| (format!("feature {name}"), count));
        for (what, count) in rules.chain(features) {
            *self.change.failures.entry(what).or_default() += count;
        }
    }
}

impl RulesetDifference {
    fn add_rising(&mut self, event: &WarningEvent, policy: &Policy) {
        for (rule, is_decisive) in contributing_rules(policy, event.from, event.base, &event.findings) {
            let rising = self.rising.entry(rule.to_owned()).or_default();
            rising.operators += 1;
            rising.decisive += u64::from(is_decisive);
        }
    }
}

impl MovedOperator {
    fn of(event: &WarningEvent) -> Self {
        let attributes = event.operator.attributes();
        let text = |name: &str| attributes.get(name)?.as_str().map(str::to_owned);
        let mut findings: Vec<_> = event.findings.iter().collect();
        findings.sort_by_key(|finding| std::cmp::Reverse((finding.floor, finding.counted)));
        Self {
            operator_id: event.operator_id.to_string(),
            name: text("name"),
            sub_district: text("sub_district"),
            from: event.from,
            to: event.level,
            score: event.score,
            rules: findings.into_iter().map(|finding| finding.rule.id.clone()).collect(),
        }
    }
}
