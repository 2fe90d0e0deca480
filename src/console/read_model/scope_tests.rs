//! What accounts see by lists, one by one and in sums: the same.

use std::collections::BTreeSet;

use jiff::Timestamp;
use uuid::Uuid;
use yujing_core::warning::HandlingState;

use super::fixture::{LEVELS, district, person};
use crate::access::{Access, AreaScope};
use crate::read_model::query::operators::OperatorFilter;
use crate::read_model::query::page::Page;
use crate::read_model::query::situation::OpenWarnings;
use crate::read_model::query::warnings::WarningFilter;
use crate::read_model::scope::Scope;

const ALL: Page = Page { offset: 0, limit: 1_000 };

fn people() -> [Access; 6] {
    let grid = AreaScope { grid: Some("G14".to_owned()), ..AreaScope::default() };
    let two = [AreaScope { community: Some("社区9".to_owned()), ..grid.clone() }, grid];
    [
        person(None, &["bureau"]),
        person(Some("街道7"), &["station/街道7"]),
        person(Some("街道7"), &["station/街道8", "station/街道9"]),
        person(Some("街道3"), &[]),
        Access { areas: two.to_vec(), ..person(None, &["station/街道1"]) },
        Access { areas: Vec::new(), ..person(None, &[]) },
    ]
}

#[test]
fn lists_show_what_is_seen_one_by_one() {
    let (model, _folder) = district(300, 200);
    let everybody = Scope::of(&person(None, &[]));
    let operators = model.operators(&everybody, &OperatorFilter::default(), ALL).expect("read").entries;
    let operators: BTreeSet<String> = operators.into_iter().map(|operator| operator.operator_id).collect();
    let warnings = model.warnings(&everybody, &WarningFilter::default(), ALL).expect("read").entries;
    let warnings: BTreeSet<Uuid> = warnings.into_iter().map(|warning| warning.warning_id).collect();
    assert_eq!((operators.len(), warnings.len()), (300, 200));
    let mut seen = Vec::new();
    for access in people() {
        let scope = Scope::of(&access);
        let listed = model.operators(&scope, &OperatorFilter::default(), ALL).expect("read").entries;
        let listed: BTreeSet<String> = listed.into_iter().map(|operator| operator.operator_id).collect();
        let one_by_one = operators.iter().filter(|id| model.sees_operator(&scope, id).expect("read"));
        assert_eq!(listed, one_by_one.cloned().collect(), "{access:?}");
        assert_eq!(listed, model.visible_operators(&scope, operators.clone()).expect("read"), "{access:?}");
        let listed_warnings = model.warnings(&scope, &WarningFilter::default(), ALL).expect("read").entries;
        let listed_warnings: BTreeSet<Uuid> = listed_warnings.into_iter().map(|warning| warning.warning_id).collect();
        let one_by_one = warnings.iter().filter(|id| model.warning(&scope, **id).expect("read").is_some());
        assert_eq!(listed_warnings, one_by_one.copied().collect(), "{access:?}");
        assert_eq!(listed_warnings, model.visible_warnings(&scope, warnings.clone()).expect("read"), "{access:?}");
        seen.push((listed.len(), listed_warnings.len()));
    }
    let wide_enough = seen[0] == (300, 200) && seen[5] == (0, 0) && seen[2].0 > seen[3].0 && seen[3].1 > 0;
    assert!(wide_enough, "{seen:?}");
}

#[test]
fn sums_of_open_warnings_are_those_of_their_lists() {
    let (model, _folder) = district(300, 200);
    let at = |text: &str| text.parse::<Timestamp>().expect("an instant");
    let ages = [at("2023-11-20T00:00:00Z"), at("2023-11-17T00:00:00Z")];
    let open = || WarningFilter { open: Some(true), ..WarningFilter::default() };
    for access in people() {
        let scope = Scope::of(&access);
        let groups = model.open_warnings(&scope, &ages).expect("read");
        let agree = |counts: &dyn Fn(&OpenWarnings) -> bool, filter: WarningFilter| {
            let sum: i64 = groups.iter().filter(|group| counts(group)).map(|group| group.count).sum();
            assert_eq!(sum, model.warnings(&scope, &filter, ALL).expect("read").total, "{access:?} {filter:?}");
        };
        agree(&|_| true, open());
        agree(&|group| group.overdue, WarningFilter { overdue: Some(true), ..open() });
        agree(&|group| group.unrouted, WarningFilter { unrouted: Some(true), ..open() });
        for level in LEVELS {
            agree(&|group| group.level == level, WarningFilter { level: Some(level), ..open() });
        }
        for state in HandlingState::ALL {
            agree(&|group| group.state == Some(state), WarningFilter { state: Some(state), ..open() });
        }
        agree(&|group| group.age == 0, WarningFilter { opened_from: Some(ages[0]), ..open() });
        let between = WarningFilter { opened_from: Some(ages[1]), opened_to: Some(ages[0]), ..open() };
        agree(&|group| group.age == 1, between);
        agree(&|group| group.age == 2, WarningFilter { opened_to: Some(ages[1]), ..open() });
    }
}
