//! The sums of all areas, kept as the shares of operators change.

use std::collections::BTreeMap;

use super::share::{AreaShare, Counter};
use crate::warning::area::Area;

/// What is counted in one area; what is none is absent.
pub type AreaCounts = BTreeMap<Counter, i64>;

/// The sums of all areas. Each area's are those of the areas that it is made of, because every share counts once in
/// each area around its operator.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AreaLedger {
    areas: BTreeMap<Area, AreaCounts>,
}

/// What changed shares add to areas and take from them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AreaChanges {
    areas: BTreeMap<Area, AreaCounts>,
}

impl AreaChanges {
    /// Notes that an operator's share is another one.
    pub fn replace(&mut self, before: Option<&AreaShare>, after: &AreaShare) {
        if before == Some(after) {
            return;
        }
        if let Some(before) = before {
            self.add(before, -1);
        }
        self.add(after, 1);
    }

    fn add(&mut self, share: &AreaShare, times: i64) {
        for area in share.area.with_surroundings() {
            let counts = self.areas.entry(area).or_default();
            share.counters.iter().for_each(|counter| add(counts, counter, times));
        }
    }

    /// What takes these changes back.
    #[must_use]
    pub fn inverse(&self) -> Self {
        let mut areas = self.areas.clone();
        areas.values_mut().flat_map(BTreeMap::values_mut).for_each(|times| *times = -*times);
        Self { areas }
    }

    /// The areas in which something is another number.
    pub fn areas(&self) -> impl Iterator<Item = &Area> {
        self.areas.iter().filter(|(_, counts)| !counts.is_empty()).map(|(area, _)| area)
    }
}

impl AreaLedger {
    /// Takes changes in.
    pub fn install(&mut self, changes: AreaChanges) {
        for (area, changed) in changes.areas {
            let mut counts = self.areas.remove(&area).unwrap_or_default();
            for (counter, times) in &changed {
                add(&mut counts, counter, *times);
            }
            if !counts.is_empty() {
                self.areas.insert(area, counts);
            }
        }
    }

    /// What an area would count with changes taken in; `None` if nothing is counted in it.
    pub fn with(&self, changes: &AreaChanges, area: &Area) -> Option<AreaCounts> {
        let mut counts = self.areas.get(area).cloned().unwrap_or_default();
        let of_area = changes.areas.get(area).into_iter().flatten();
        of_area.for_each(|(counter, times)| add(&mut counts, counter, *times));
        (!counts.is_empty()).then_some(counts)
    }

    /// Every area in which something is counted, the widest first.
    pub fn iter(&self) -> impl Iterator<Item = (&Area, &AreaCounts)> {
        self.areas.iter()
    }

    /// What is counted in one area; `None` if nothing is.
    pub fn get(&self, area: &Area) -> Option<&AreaCounts> {
        self.areas.get(area)
    }
}

/// Zero leaves no entry.
fn add(counts: &mut AreaCounts, counter: &Counter, times: i64) {
    let count = counts.entry(counter.clone()).or_default();
    *count += times;
    if *count == 0 {
        counts.remove(counter);
    }
}
