//! Sub-districts.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use yujing_core::warning::handling::Clock;

use super::count::count;
use super::timeliness::TimelinessCounts;
use crate::life::WarningLife;
use crate::month::Month;

/// One sub-district, by where the newest event of a warning has its operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AreaFigures {
    /// `None`: the register names no sub-district.
    pub sub_district: Option<String>,
    pub carried: u64,
    pub opened: u64,
    /// Whether those opened were answered in time.
    pub answered: TimelinessCounts,
    /// How often clocks passed in the month, of all warnings.
    pub passed: u64,
    pub open: u64,
}

/// The sub-districts with warnings, by name.
pub fn by_sub_district(lives: &[WarningLife], month: &Month, until: Timestamp) -> Vec<AreaFigures> {
    let mut by_area: BTreeMap<Option<&str>, Vec<&WarningLife>> = BTreeMap::new();
    for life in lives {
        by_area.entry(life.operator.sub_district.as_deref()).or_default().push(life);
    }
    let figures = |(sub_district, lives): (Option<&str>, Vec<&WarningLife>)| {
        let (opened, carried): (Vec<&WarningLife>, Vec<&WarningLife>) =
            lives.iter().partition(|life| month.contains(life.opened_at));
        let passed = lives.iter().flat_map(|life| &life.passed).filter(|passed| month.contains(passed.at));
        AreaFigures {
            sub_district: sub_district.map(str::to_owned),
            carried: count(carried),
            answered: TimelinessCounts::of(opened.iter().copied(), Clock::Act),
            opened: count(opened),
            passed: count(passed),
            open: count(lives.iter().filter(|life| life.is_open_at(until))),
        }
    };
    by_area.into_iter().map(figures).collect()
}
