//! Whom inspections and sponsors reached.

use serde::Serialize;
use yujing_base::language::Bilingual;
use yujing_core::warning::rollup::VisitRollup;
use yujing_core::warning::{AreaKind, AreaRollup};

use crate::month::Month;

/// The share of operators that was visited in time, as the newest sums say: of the instant that stands with them, not
/// of the month, because nothing keeps older ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VisitFigures {
    /// The visit target of the ruleset.
    pub id: String,
    pub title: Bilingual,
    /// When the sums last changed.
    pub as_of: String,
    /// The district's first.
    pub areas: Vec<VisitedArea>,
}

/// One area.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VisitedArea {
    pub kind: AreaKind,
    /// What it is called.
    pub words: Bilingual,
    pub visited: u64,
    /// Of how many that are to be.
    pub of: u64,
}

/// By visit target; nothing where there are no sums of the district.
pub fn by_target(areas: &[AreaRollup], month: &Month) -> Vec<VisitFigures> {
    let is_wide = |area: &&AreaRollup| matches!(area.kind, AreaKind::District | AreaKind::SubDistrict);
    let mut wide: Vec<&AreaRollup> = areas.iter().filter(is_wide).collect();
    wide.sort_by_key(|area| (area.kind, area.sub_district.clone()));
    let Some(district) = wide.first().filter(|area| area.kind == AreaKind::District) else { return Vec::new() };
    let figures = |target: &VisitRollup| VisitFigures {
        id: target.id.to_string(),
        title: target.title.clone(),
        as_of: month.clock(wide.iter().map(|area| area.as_of).max().unwrap_or(district.as_of)),
        areas: wide.iter().filter_map(|area| VisitedArea::of(area, target)).filter(|area| area.of > 0).collect(),
    };
    district.visits.iter().map(figures).collect()
}

impl VisitedArea {
    fn of(area: &AreaRollup, target: &VisitRollup) -> Option<Self> {
        let visit = area.visits.iter().find(|visit| visit.id == target.id)?;
        let words = match (&area.sub_district, area.kind) {
            (Some(name), _) => Bilingual::from(&**name),
            (None, AreaKind::District) => Bilingual::new("全区", "District"),
            (None, _) => Bilingual::new("未登记街道", "No sub-district"),
        };
        Some(Self { kind: area.kind, words, visited: visit.visited, of: visit.of })
    }
}
