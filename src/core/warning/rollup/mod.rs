//! What adds up over areas (汇总).
//!
//! - here: the record of one area: the value on the `areas` topic, its key is [`Area::key`]
//! - [`answer_time`]: which warnings were answered in time, of which
//! - [`share`]: what one operator adds to the areas that it is in
//! - [`ledger`]: the sums of all areas, kept as shares change

pub mod answer_time;
pub mod ledger;
pub mod share;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::answer_time::ANSWERED_WITHIN_DAYS;
pub use self::ledger::{AreaChanges, AreaCounts, AreaLedger};
pub use self::share::{AreaShare, Counter, ShareInputs};
use crate::rule::{Bilingual, Level};
use crate::warning::area::{Area, AreaKind};
use crate::warning::handling::HandlingState;
use crate::warning::visit_target::VisitTarget;

/// What adds up over one area, as of an instant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AreaRollup {
    pub kind: AreaKind,
    /// The names of the area and of those around it; absent for areas wider than that, and where the register gives no
    /// name.
    pub sub_district: Option<Arc<str>>,
    pub community: Option<Arc<str>>,
    pub grid: Option<Arc<str>>,
    pub as_of: Timestamp,
    /// Operators on the register that are not closed.
    pub operators: u64,
    /// Those of them without a post that is to act on their warnings (未包保): they go to the default.
    #[serde(default)]
    pub unrouted: u64,
    pub warnings: LevelRollups,
    #[serde(default)]
    pub answers: AnswerRollup,
    pub visits: Vec<VisitRollup>,
    /// The content hash of the ruleset.
    pub ruleset: Arc<str>,
}

/// The open warnings of an area by level.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LevelRollups {
    pub red: WarningRollup,
    pub orange: WarningRollup,
    pub yellow: WarningRollup,
    pub blue: WarningRollup,
}

/// The open warnings of one level.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WarningRollup {
    pub open: u64,
    /// Of these, by how far they are dealt with. Those that nobody has to answer are in none of the states.
    #[serde(default)]
    pub by_state: StateRollups,
    /// Those of them whose action is overdue.
    pub overdue: u64,
}

/// Open warnings by their state of handling.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateRollups {
    pub new: u64,
    pub acknowledged: u64,
    pub in_progress: u64,
    pub answered: u64,
    pub reviewed: u64,
    pub closed: u64,
}

/// How many warnings were answered in time, of those that should have been ([`answer_time`]).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerRollup {
    /// The window: those that were settled in so many days before the instant.
    pub within_days: u32,
    pub in_time: u64,
    /// Of how many.
    pub of: u64,
}

/// How many of the operators that are to be visited were visited in time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VisitRollup {
    /// The visit target of the ruleset.
    pub id: Arc<str>,
    pub title: Bilingual,
    pub visited: u64,
    /// Of how many.
    pub of: u64,
}

/// An area of which something changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedArea {
    pub area: Area,
    /// `None`: nothing is counted in it any more.
    pub rollup: Option<AreaRollup>,
}

impl AreaRollup {
    pub fn new(
        area: &Area,
        counts: &AreaCounts,
        targets: &[VisitTarget],
        ruleset: &Arc<str>,
        as_of: Timestamp,
    ) -> Self {
        let count = |counter: Counter| counts.get(&counter).copied().map_or(0, i64::unsigned_abs);
        let of_level = |level| WarningRollup {
            open: count(Counter::Open(level)),
            by_state: StateRollups::of(|state| count(Counter::InState(level, state))),
            overdue: count(Counter::Overdue(level)),
        };
        let visit = |target: &VisitTarget| VisitRollup {
            id: Arc::clone(&target.id),
            title: target.title.clone(),
            visited: count(Counter::Visited(Arc::clone(&target.id))),
            of: count(Counter::ToVisit(Arc::clone(&target.id))),
        };
        Self {
            kind: area.kind(),
            sub_district: area.name(AreaKind::SubDistrict).cloned(),
            community: area.name(AreaKind::Community).cloned(),
            grid: area.name(AreaKind::Grid).cloned(),
            as_of,
            operators: count(Counter::Operator),
            unrouted: count(Counter::Unrouted),
            warnings: LevelRollups {
                red: of_level(Level::Red),
                orange: of_level(Level::Orange),
                yellow: of_level(Level::Yellow),
                blue: of_level(Level::Blue),
            },
            answers: AnswerRollup {
                within_days: ANSWERED_WITHIN_DAYS,
                in_time: count(Counter::AnsweredInTime),
                of: count(Counter::Settled),
            },
            visits: targets.iter().map(visit).collect(),
            ruleset: Arc::clone(ruleset),
        }
    }
}

impl StateRollups {
    fn of(count: impl Fn(HandlingState) -> u64) -> Self {
        Self {
            new: count(HandlingState::New),
            acknowledged: count(HandlingState::Acknowledged),
            in_progress: count(HandlingState::InProgress),
            answered: count(HandlingState::Answered),
            reviewed: count(HandlingState::Reviewed),
            closed: count(HandlingState::Closed),
        }
    }

    /// How many are in a state.
    pub fn get(&self, state: HandlingState) -> u64 {
        match state {
            HandlingState::New => self.new,
            HandlingState::Acknowledged => self.acknowledged,
            HandlingState::InProgress => self.in_progress,
            HandlingState::Answered => self.answered,
            HandlingState::Reviewed => self.reviewed,
            HandlingState::Closed => self.closed,
        }
    }
}

impl LevelRollups {
    /// Each level with its warnings, the highest first.
    pub fn iter(&self) -> impl Iterator<Item = (Level, &WarningRollup)> {
        let Self { red, orange, yellow, blue } = self;
        [(Level::Red, red), (Level::Orange, orange), (Level::Yellow, yellow), (Level::Blue, blue)].into_iter()
    }
}
