//! Times and roles of handling: `rules/handling.toml`. Every number in it is the office's choice, none is law.

use std::collections::{BTreeMap, BTreeSet};

use super::action::HandlingAction;
use crate::rule::{Deadline, Level};
use crate::warning::routing::RoutingInput;

/// How long the steps of a warning may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clocks {
    /// To acknowledge it; none: no clock runs.
    pub acknowledge: Option<Deadline>,
    /// To act on it, where that is sooner than what the rules of its findings give.
    pub act: Option<Deadline>,
}

/// The policy of handling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandlingPolicy {
    pub acknowledge: BTreeMap<Level, Deadline>,
    pub act: BTreeMap<Level, Deadline>,
    /// How long each further post of the ladder has once a clock has passed.
    pub rung: Option<Deadline>,
    /// Which roles may take an action; an action that is missing nobody may take.
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
        Clocks { acknowledge: self.acknowledge.get(&input.level).copied(), act: self.act.get(&input.level).copied() }
    }

    /// Whether a role may take an action.
    #[must_use]
    pub fn permits(&self, role: &str, action: HandlingAction) -> bool {
        self.roles.get(&action).is_some_and(|roles| roles.contains(role))
    }
}
