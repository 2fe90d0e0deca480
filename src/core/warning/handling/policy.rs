//! Times and roles of handling: `rules/handling.toml`. Every number in it is the office's choice, none is law.

use std::collections::{BTreeMap, BTreeSet};

use super::action::HandlingAction;
use crate::rule::{Deadline, Level};
use crate::warning::routing::{Condition, RoutingInput};

/// How long the steps of a warning may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clocks {
    /// To acknowledge it; none: no clock runs.
    pub acknowledge: Option<Deadline>,
    /// To act on it, where that is sooner than what the rules of its findings give.
    pub act: Option<Deadline>,
}

/// Other clocks than the level's for some warnings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClockRule {
    pub when: Condition,
    /// What it leaves out, a later rule or the level says.
    pub clocks: Clocks,
}

/// The policy of handling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandlingPolicy {
    pub acknowledge: BTreeMap<Level, Deadline>,
    pub act: BTreeMap<Level, Deadline>,
    /// How long each further post of the ladder has once a clock has passed.
    pub rung: BTreeMap<Level, Deadline>,
    /// Clocks of some warnings, before those of the level: the first that holds and names a clock says it.
    pub clock_rules: Vec<ClockRule>,
    /// Which roles may take an action; a receipt needs none.
    pub roles: BTreeMap<HandlingAction, BTreeSet<String>>,
    /// How long a reviewed verdict takes its weight from a finding at most.
    pub dispute: Deadline,
    /// The role of events of version 1, which name none.
    pub version_1_role: String,
}

impl HandlingPolicy {
    /// The clocks of a warning, by level, findings and who the operator is.
    #[must_use]
    pub fn clocks(&self, input: &RoutingInput<'_>) -> Clocks {
        let rules: Vec<&ClockRule> = self.clock_rules.iter().filter(|rule| rule.when.holds(input)).collect();
        let first = |clock: fn(&Clocks) -> Option<Deadline>| rules.iter().find_map(|rule| clock(&rule.clocks));
        Clocks {
            acknowledge: first(|clocks| clocks.acknowledge).or_else(|| self.acknowledge.get(&input.level).copied()),
            act: first(|clocks| clocks.act).or_else(|| self.act.get(&input.level).copied()),
        }
    }

    /// How long each further post of the ladder has at a level.
    #[must_use]
    pub fn rung(&self, level: Level) -> Option<Deadline> {
        self.rung.get(&level).copied()
    }

    /// Whether a role may take an action. Whoever delivers something may say so.
    #[must_use]
    pub fn permits(&self, role: &str, action: HandlingAction) -> bool {
        action == HandlingAction::Delivered || self.roles.get(&action).is_some_and(|roles| roles.contains(role))
    }

    /// Every time that the policy names.
    pub fn deadlines(&self) -> impl Iterator<Item = Deadline> {
        let by_level = [&self.acknowledge, &self.act, &self.rung].into_iter().flat_map(BTreeMap::values).copied();
        let of_rules = self.clock_rules.iter().flat_map(|rule| [rule.clocks.acknowledge, rule.clocks.act]).flatten();
        by_level.chain(of_rules).chain([self.dispute])
    }
}
