//! What adds up over areas, kept with the standings that it is a fold of: it is committed with them, and a start derives
//! it again by scoring everyone.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::Engine;
use super::operator_state::States;
use crate::warning::rollup::{AreaChanges, AreaCounts, AreaLedger};
use crate::warning::{Area, AreaRollup, ChangedArea};

/// The sums of all areas by the committed standings.
#[derive(Debug, Default)]
pub(super) struct Areas {
    pub(super) ledger: AreaLedger,
    /// Whether changes leave. Before everyone is scored sums are of some operators only.
    are_complete: bool,
}

impl Engine {
    /// Everyone is scored: from now on changed areas leave with each pending. Gives what is to leave once: every area
    /// as it is, and of those `known` from before the ones that are no more.
    pub fn begin_areas(&mut self, known: &BTreeSet<Area>) -> Vec<ChangedArea> {
        self.areas.are_complete = true;
        let ended = known.iter().filter(|area| self.areas.ledger.get(area).is_none());
        let ended = ended.map(|area| ChangedArea { area: area.clone(), rollup: None });
        let present = self.areas().into_iter().map(|(area, rollup)| ChangedArea { area, rollup: Some(rollup) });
        present.chain(ended).collect()
    }

    /// Every area as it is by the committed standings, the widest first.
    pub fn areas(&self) -> Vec<(Area, AreaRollup)> {
        let Some(as_of) = self.as_of else { return Vec::new() };
        self.areas.ledger.iter().map(|(area, counts)| (area.clone(), self.rollup(area, counts, as_of))).collect()
    }

    /// What new states of the champion change.
    pub(super) fn area_changes(&self, states: Option<&States>) -> AreaChanges {
        let mut changes = AreaChanges::default();
        for (operator, state) in states.into_iter().flatten() {
            if let Some(share) = &state.share {
                let before = self.champion.operators.get(operator).and_then(|before| before.share.as_deref());
                changes.replace(before, share);
            }
        }
        changes
    }

    /// The areas as changes leave them.
    pub(super) fn changed_areas(&self, changes: &AreaChanges, as_of: Option<Timestamp>) -> Vec<ChangedArea> {
        let Some(as_of) = as_of.filter(|_| self.areas.are_complete) else { return Vec::new() };
        let as_changed = |area: &Area| {
            let counts = self.areas.ledger.with(changes, area);
            let rollup = counts.map(|counts| self.rollup(area, &counts, as_of));
            ChangedArea { area: area.clone(), rollup }
        };
        changes.areas().map(as_changed).collect()
    }

    fn rollup(&self, area: &Area, counts: &AreaCounts, as_of: Timestamp) -> AreaRollup {
        let ruleset = self.ruleset();
        AreaRollup::new(area, counts, &ruleset.visits, &ruleset.record_parts.hash, as_of)
    }
}
