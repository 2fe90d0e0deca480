//! What adds up over areas.

use prometheus::IntGaugeVec;
use yujing_core::warning::{AreaKind, AreaRollup, ChangedArea, HandlingState, Level};

use super::{InternalEvent, Metrics};

/// Areas are other than before, and that is committed. Sub-districts have series; the district is their sum, and narrower
/// areas are too many for labels.
#[derive(Debug, Clone, Copy)]
pub struct AreasChanged<'a> {
    pub areas: &'a [ChangedArea],
}

impl InternalEvent for AreasChanged<'_> {
    fn emit(self, metrics: &Metrics) {
        for ChangedArea { area, rollup } in self.areas {
            if area.kind() != AreaKind::SubDistrict {
                continue;
            }
            let name = area.name(AreaKind::SubDistrict).map(|name| &**name);
            if let Some(label) = metrics.sub_district_label(name) {
                note(&label, rollup.as_ref(), metrics);
            }
        }
    }
}

fn note(name: &str, rollup: Option<&AreaRollup>, metrics: &Metrics) {
    set(&metrics.area_operators, &[name], rollup.map_or(0, |rollup| rollup.operators));
    set(&metrics.area_unrouted_operators, &[name], rollup.map_or(0, |rollup| rollup.unrouted));
    set(&metrics.area_answers_due, &[name], rollup.map_or(0, |rollup| rollup.answers.of));
    set(&metrics.area_answers_in_time, &[name], rollup.map_or(0, |rollup| rollup.answers.in_time));
    for state in HandlingState::ALL {
        let of_levels = rollup.into_iter().flat_map(|rollup| rollup.warnings.iter());
        let in_state = of_levels.map(|(_, warnings)| warnings.by_state.get(state)).sum();
        set(&metrics.area_handled_warnings, &[name, state.as_str()], in_state);
    }
    for level in Level::ALL.into_iter().filter(|level| *level > Level::None) {
        let warnings = rollup.and_then(|rollup| rollup.warnings.iter().find(|(of, _)| *of == level));
        let labels = [name, level.as_str()];
        set(&metrics.area_open_warnings, &labels, warnings.map_or(0, |(_, warnings)| warnings.open));
        set(&metrics.area_overdue_warnings, &labels, warnings.map_or(0, |(_, warnings)| warnings.overdue));
    }
    for visit in rollup.into_iter().flat_map(|rollup| &rollup.visits) {
        set(&metrics.area_operators_to_visit, &[name, &*visit.id], visit.of);
        set(&metrics.area_visited_operators, &[name, &*visit.id], visit.visited);
    }
}

fn set(gauge: &IntGaugeVec, labels: &[&str], count: u64) {
    gauge.with_label_values(labels).set(i64::try_from(count).unwrap_or(i64::MAX));
}
