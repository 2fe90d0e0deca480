//! What a fired rule counts with: what it gave, as the modifiers make it that apply.

use super::deadline::Deadline;
use super::definition::Rule;
use super::level::Level;
use super::outcome::Fired;
use super::percent::Percent;

/// What a fired rule counts with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contribution {
    /// The rule's place among those of its ruleset.
    pub rule: usize,
    pub points: i64,
    /// The lowest level while the rule fires.
    pub floor: Option<Level>,
    /// By how many levels the level is raised that the score reaches.
    pub raise: u8,
    /// How long somebody has to act.
    pub deadline: Deadline,
    /// The share that is left of every clock.
    pub clocks: Percent,
    /// The modifiers that apply, by their place; empty: all is as the rule gave it.
    pub modifiers: Vec<usize>,
    /// Whether it counts for nothing, because a reviewed verdict called it unfounded and nothing new was found since.
    pub disputed: bool,
}

impl Contribution {
    /// What the rule gave.
    pub(super) fn given(fired: &Fired, rule: &Rule) -> Self {
        Self {
            rule: fired.rule,
            points: fired.points,
            floor: fired.floor,
            raise: 0,
            deadline: rule.metadata.deadline,
            clocks: Percent::WHOLE,
            modifiers: Vec::new(),
            disputed: false,
        }
    }

    /// Whether it only lowers the risk: no ground of a warning, and nothing to be done in time.
    pub fn lowers(&self) -> bool {
        self.points < 0 && self.floor.is_none()
    }

    /// Whether it can be a ground of a warning.
    pub fn is_ground(&self) -> bool {
        !self.lowers() && !self.disputed
    }
}
