//! How long what pages ask takes in a large district, on a processor: other tests run beside.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::fixture::{district, person};
use crate::access::{Access, AreaScope};
use crate::read_model::ReadModel;
use crate::read_model::query::inbox::InboxFilter;
use crate::read_model::query::operators::OperatorFilter;
use crate::read_model::query::page::Page;
use crate::read_model::query::warnings::WarningFilter;
use crate::read_model::scope::Scope;
use yujing_core::rule::Level;

const OPERATORS: u32 = 100_000;
/// Of two years; a third of them open.
const WARNINGS: u32 = 20_000;
/// Within so long somebody who types sees what was found.
const BUDGET: Duration = Duration::from_millis(100);
/// How often each thing is asked until it takes no longer: what runs beside makes the same work longer, for seconds at a time.
const MOST_TRIES: usize = 60;

/// Something that is asked.
type Ask<'a> = (&'a str, Box<dyn Fn() + 'a>);

/// How long this thread has been on a processor.
fn on_processor() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux says");
    let nanoseconds = stat.split(' ').next().and_then(|field| field.parse().ok());
    Duration::from_nanos(nanoseconds.expect("a number"))
}

/// How long an ask takes at best.
fn shortest(ask: &dyn Fn()) -> Duration {
    let mut shortest = Duration::MAX;
    for _ in 0..MOST_TRIES {
        let before = on_processor();
        ask();
        shortest = shortest.min(on_processor().saturating_sub(before));
        if shortest < BUDGET {
            break;
        }
    }
    shortest
}

/// How long the longest of some asks takes, each at best.
fn longest<'a>(asks: impl IntoIterator<Item = Ask<'a>>) -> (Duration, &'a str) {
    asks.into_iter().map(|(what, ask)| (shortest(&*ask), what)).max().expect("something is asked")
}

fn lists<'a>(model: &'a ReadModel, access: &Access) -> Vec<Ask<'a>> {
    let words = |text: &str| OperatorFilter { words: Some(text.to_owned()), ..OperatorFilter::default() };
    let area = AreaScope { sub_district: Some("街道7".to_owned()), ..AreaScope::default() };
    let filters = [
        ("operators", OperatorFilter::default()),
        ("a whole name", words("示例餐厅77号")),
        ("a part of most names", words("餐厅")),
        ("initials", words("slct9")),
        ("no such name", words("没有这家")),
        ("a part of all addresses", words("路")),
        ("a level", OperatorFilter { level: Some(Level::Red), ..OperatorFilter::default() }),
        ("all together", OperatorFilter { level: Some(Level::Orange), area: area.clone(), ..words("餐厅 9") }),
        ("an area", OperatorFilter { area, ..OperatorFilter::default() }),
    ];
    let scope = Scope::of(access);
    let ask = |(what, filter)| {
        let scope = scope.clone();
        let ask = move || drop(model.operators(&scope, &filter, Page::default()).expect("read"));
        (what, Box::new(ask) as Box<dyn Fn()>)
    };
    filters.map(ask).into()
}

#[test]
fn any_list_of_100_000_operators_is_filtered_within_100_ms() {
    let (model, _folder) = district(OPERATORS, WARNINGS);
    for access in [person(None, &[]), person(Some("街道7"), &["station/街道7"])] {
        let (longest, what) = longest(lists(&model, &access));
        assert!(longest < BUDGET, "{what}: {longest:?} for {access:?}");
    }
}

#[test]
fn warnings_the_inbox_and_the_situation_of_a_large_district_take_less_than_100_ms() {
    let (model, _folder) = district(OPERATORS, WARNINGS);
    let now: Timestamp = "2026-02-24T00:00:00Z".parse().expect("an instant");
    let day = SignedDuration::from_hours(8);
    for access in [person(None, &["bureau"]), person(Some("街道7"), &["station/街道7"])] {
        let (model, scope) = (&model, &Scope::of(&access));
        let open = WarningFilter { open: Some(true), ..WarningFilter::default() };
        let due = InboxFilter { overdue: Some(true), ..InboxFilter::default() };
        let (longest, what) = longest::<'_>([
            ("warnings", Box::new(|| drop(model.warnings(scope, &open, Page::default()))) as Box<dyn Fn()>),
            ("the inbox", Box::new(|| drop(model.inbox(&access, InboxFilter::default(), Page::default())))),
            ("what is overdue", Box::new(|| drop(model.inbox(&access, due, Page::default())))),
            ("open warnings", Box::new(|| drop(model.open_warnings(scope, &[now])))),
            ("the trend", Box::new(|| drop(model.trend(scope, day, now)))),
            ("areas", Box::new(|| drop(model.areas(scope)))),
            ("risers", Box::new(|| drop(model.risers(scope, now)))),
        ]);
        assert!(longest < BUDGET, "{what}: {longest:?} for {access:?}");
    }
}
