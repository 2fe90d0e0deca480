//! The picture of the account's areas. Each number comes with the list that it is made of.

use axum::extract::State as Extract;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::{Map, Value, json};
use yujing_core::rule::Level;
use yujing_core::warning::HandlingState;

use super::guard::Caller;
use super::problem::Problem;
use super::{ApiResult, OFFICE_OFFSET, Shared, body, office_zone};
use crate::access::{AreaScope, Permission};
use crate::read_model::query::situation::{AreaRecord, OpenWarnings, TrendDay};
use crate::read_model::scope::Scope;

/// What parts young open warnings from old ones, in hours.
const AGES: [i64; 4] = [2, 24, 72, 168];

/// A number, with the query of the list that it is made of.
#[derive(Debug, Serialize)]
struct Figure {
    value: i64,
    query: String,
}

/// How far behind everything is.
pub(super) async fn health(Extract(shared): Extract<Shared>) -> ApiResult {
    body(&json!({ "stream": shared.status.get(), "version": env!("CARGO_PKG_VERSION") }))
}

/// How the engine and its sources are, as it last said.
pub(super) async fn engine(Extract(shared): Extract<Shared>) -> ApiResult {
    let report = shared.blocking(|shared| Ok(shared.engine_watch.report())).await?;
    body(&json!({ "state": shared.status.get().engine, "report": report }))
}

/// The office's map.
pub(super) async fn map(Extract(shared): Extract<Shared>) -> ApiResult {
    body(shared.map.as_ref().ok_or_else(Problem::not_found)?.geo_json())
}

/// The situation.
pub(super) async fn situation(Extract(shared): Extract<Shared>, caller: Caller) -> ApiResult {
    let whole = shared.blocking(move |shared| picture(shared, &caller, Timestamp::now())).await?;
    body(&whole)
}

fn picture(shared: &Shared, caller: &Caller, now: Timestamp) -> Result<Value, Problem> {
    let access = &caller.session.account.access;
    let scope = Scope::of(access);
    let model = &shared.read_model;
    let open = model.open_warnings(&scope, &AGES.map(|hours| ago(now, hours)))?;
    let count = |counts: &dyn Fn(&OpenWarnings) -> bool| {
        open.iter().filter(|group| counts(group)).map(|group| group.count).sum::<i64>()
    };
    let by_state = HandlingState::ALL.map(|state| {
        let value = count(&|group| group.state == Some(state));
        let figure = Figure { value, query: query(&[("open", "true"), ("state", state.as_str())]) };
        json!({ "state": state, "figure": figure })
    });
    let by_age: Vec<Value> = (0..=AGES.len()).map(|age| of_age(age, count(&|group| group.age == age), now)).collect();
    let areas = model.areas(&scope)?;
    let by_level = levels(&count, &areas);
    let overdue = count(&|group| group.overdue);
    let unrouted = count(&|group| group.unrouted);
    let dead_letters = if access.permits(Permission::Data) {
        model.dead_letters()?.iter().map(|counted| counted.count).sum()
    } else {
        0
    };
    let day_offset = SignedDuration::from_hours(i64::from(OFFICE_OFFSET));
    Ok(json!({
        "stream": shared.status.get(),
        "by_level": by_level,
        "areas": areas.into_iter().map(area).collect::<Vec<_>>(),
        "by_state": by_state,
        "by_age": by_age,
        "overdue": Figure { value: overdue, query: query(&[("open", "true"), ("overdue", "true")]) },
        "unrouted": Figure { value: unrouted, query: query(&[("open", "true"), ("unrouted", "true")]) },
        "trend": model.trend(&scope, day_offset, now)?.into_iter().map(trend_day).collect::<Vec<_>>(),
        "risers": model.risers(&scope, now)?,
        "dead_letters": dead_letters,
        "has_map": shared.map.is_some(),
    }))
}

/// Open warnings by level, the highest first: the sums of the widest area's roll-up, with its list. Roll-ups of several
/// areas beside one another say nothing of warnings elsewhere that an account sees by its posts, so then its list is
/// counted.
fn levels(count: &impl Fn(&dyn Fn(&OpenWarnings) -> bool) -> i64, areas: &[AreaRecord]) -> Vec<Value> {
    let of_level = |level: Level| {
        let word = level.as_str();
        let pairs = [("open", "true"), ("level", word)];
        let figure = match areas.first().filter(|widest| areas.iter().all(|other| widest.holds(other))) {
            Some(widest) => {
                Figure { value: counted(&widest.rollup, word, "open"), query: within(&widest.area, &pairs) }
            }
            None => Figure { value: count(&|group| group.level == level), query: query(&pairs) },
        };
        json!({ "level": level, "figure": figure })
    };
    [Level::Red, Level::Orange, Level::Yellow, Level::Blue].map(of_level).into()
}

/// A count of a roll-up's open warnings of a level.
fn counted(rollup: &Map<String, Value>, level: &str, name: &str) -> i64 {
    let counts = rollup.get("warnings").and_then(|warnings| warnings.get(level));
    counts.and_then(|counts| counts.get(name)).and_then(Value::as_i64).unwrap_or_default()
}

/// So many open warnings of an age: older than so many of the bounds.
fn of_age(age: usize, value: i64, now: Timestamp) -> Value {
    let (from, to) = (age.checked_sub(1).map_or(0, |bound| AGES[bound]), AGES.get(age).copied());
    let since = to.map(|hours| ago(now, hours).to_string()).unwrap_or_default();
    let until = if from == 0 { String::new() } else { ago(now, from).to_string() };
    let query = query(&[("open", "true"), ("opened_from", &since), ("opened_to", &until)]);
    json!({ "hours_from": from, "hours_to": to, "figure": Figure { value, query } })
}

fn ago(now: Timestamp, hours: i64) -> Timestamp {
    now.saturating_sub(SignedDuration::from_hours(hours)).unwrap_or(Timestamp::MIN)
}

/// A roll-up, as it is, with the lists behind its numbers.
fn area(record: AreaRecord) -> Value {
    let AreaRecord { area, rollup } = record;
    let number = |value: Option<&Value>| value.and_then(Value::as_i64).unwrap_or_default();
    let of_level = |level: &str| {
        let value = |name: &str| counted(&rollup, level, name);
        let open = Figure { value: value("open"), query: within(&area, &[("open", "true"), ("level", level)]) };
        let of_overdue = [("open", "true"), ("level", level), ("overdue", "true")];
        json!({ "open": open, "overdue": Figure { value: value("overdue"), query: within(&area, &of_overdue) } })
    };
    let warnings: Map<String, Value> =
        ["red", "orange", "yellow", "blue"].map(|level| (level.to_owned(), of_level(level))).into_iter().collect();
    json!({
        "kind": rollup.get("kind"),
        "area": area,
        "as_of": rollup.get("as_of"),
        "operators": Figure { value: number(rollup.get("operators")), query: within(&area, &[]) },
        "warnings": warnings,
        "visits": rollup.get("visits"),
        "rollup": rollup,
    })
}

fn trend_day(day: TrendDay) -> Value {
    let next = day.from.saturating_add(SignedDuration::from_hours(24)).unwrap_or(Timestamp::MAX);
    let [from, to] = [day.from, next].map(|at| at.to_string());
    json!({
        "day": office_zone().to_datetime(day.from).date(),
        "opened": day.opened,
        "ended": day.ended,
        "query": query(&[("opened_from", &from), ("opened_to", &to)]),
    })
}

/// A query within an area.
fn within(area: &AreaScope, pairs: &[(&str, &str)]) -> String {
    let names = [("sub_district", &area.sub_district), ("community", &area.community), ("grid", &area.grid)];
    let names = names.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?)));
    query(&names.chain(pairs.iter().copied()).collect::<Vec<_>>())
}

/// The pairs that have a value, as the query of an address.
fn query(pairs: &[(&str, &str)]) -> String {
    let encoded =
        |value: &str| percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC).to_string();
    let given = pairs.iter().filter(|(_, value)| !value.is_empty());
    given.map(|(name, value)| format!("{name}={}", encoded(value))).collect::<Vec<_>>().join("&")
}
