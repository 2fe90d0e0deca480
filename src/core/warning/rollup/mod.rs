//! What adds up over areas (汇总).
//!
//! - here: the record of one area: the value on the `areas` topic, its key is [`Area::key`]
//! - [`share`]: what one operator adds to the areas that it is in
//! - [`ledger`]: the sums of all areas, kept as shares change

pub mod ledger;
pub mod share;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::ledger::{AreaChanges, AreaCounts, AreaLedger};
pub use self::share::{AreaShare, Counter, ShareInputs};
use crate::rule::{Bilingual, Level};
use crate::warning::area::{Area, AreaKind};
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
    pub warnings: LevelRollups,
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
    /// Those of them whose action is overdue.
    pub overdue: u64,
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
        let of_level =
            |level| WarningRollup { open: count(Counter::Open(level)), overdue: count(Counter::Overdue(level)) };
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
            warnings: LevelRollups {
                red: of_level(Level::Red),
                orange: of_level(Level::Orange),
                yellow: of_level(Level::Yellow),
                blue: of_level(Level::Blue),
            },
            visits: targets.iter().map(visit).collect(),
            ruleset: Arc::clone(ruleset),
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
