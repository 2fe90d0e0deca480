use std::path::Path;

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::warning::Level;

/// The shipped calendar, which ends with 2026, with further years.
fn calendar(more: &str) -> Calendar {
    let text = format!("{}\n{more}", include_str!("../../../rules/calendar.toml"));
    let read = Calendar::read(Path::new("calendar.toml"), &text);
    read.unwrap_or_else(|problems| panic!("{}", problems.render(false))).0
}

/// New Year's Day of 2027 as a holiday: made up, as the notice for 2027 is not known here.
const NEXT_YEAR: &str = r#"
[[year]]
year = 2027
source = "（虚构）"
confirmed = false
holidays = [{ name = { zh = "元旦", en = "New Year" }, from = 2027-01-01, to = 2027-01-03 }]
"#;

fn at(text: &str) -> Timestamp {
    text.parse().expect("a timestamp")
}

fn deadline(text: &str) -> Deadline {
    Deadline::parse(text).expect("a deadline")
}

fn open() -> OpenWarning {
    let at = at("2026-12-30T01:00:00Z");
    OpenWarning {
        id: Uuid::nil(),
        sequence: 1,
        level: Level::Blue,
        highest: Level::Blue,
        opened_at: at,
        level_since: at,
        eased: false,
        below_since: None,
        due_at: None,
        due_provisional: None,
        was_overdue: false,
        named: None,
        handling: None,
    }
}

#[test]
fn what_becomes_worse_is_not_due_later() {
    let (mut warning, calendar) = (open(), calendar(""));
    warning.advance_due(&calendar, at("2026-03-02T09:00:00Z"), deadline("2h"));
    warning.advance_due(&calendar, at("2026-03-02T10:59:00Z"), deadline("2h"));
    assert_eq!(warning.due_at, Some(at("2026-03-02T11:00:00Z")));
    warning.advance_due(&calendar, at("2026-03-02T10:00:00Z"), deadline("30m"));
    assert_eq!((warning.due_at, warning.due_provisional), (Some(at("2026-03-02T10:30:00Z")), None));
}

#[test]
fn days_of_a_year_that_the_calendar_lacks_are_provisional_and_counted_again_once_when_it_has_it() {
    let (mut warning, short) = (open(), calendar(""));
    let from = at("2026-12-30T01:00:00Z");
    warning.advance_due(&short, from, deadline("3wd"));
    // Monday to Friday: 31 December, 1 and 4 January.
    assert_eq!(warning.due_at, Some(at("2027-01-04T15:59:59Z")));
    assert_eq!(warning.due_provisional, Some(ProvisionalDue { from, deadline: deadline("3wd"), certain: None }));
    assert!(!warning.recount_due(&short), "it knows no more than before");
    let long = calendar(NEXT_YEAR);
    assert!(warning.recount_due(&long));
    assert_eq!((warning.due_at, warning.due_provisional), (Some(at("2027-01-05T15:59:59Z")), None));
    assert!(!warning.recount_due(&long), "once");
}

#[test]
fn counted_again_it_is_not_later_than_what_was_certain() {
    let (mut warning, short) = (open(), calendar(""));
    warning.advance_due(&short, at("2026-12-30T01:00:00Z"), deadline("3wd"));
    warning.advance_due(&short, at("2027-01-03T16:00:00Z"), deadline("24h"));
    assert_eq!(warning.due_at, Some(at("2027-01-04T15:59:59Z")), "a second before the certain one");
    assert!(warning.recount_due(&calendar(NEXT_YEAR)));
    assert_eq!(warning.due_at, Some(at("2027-01-04T16:00:00Z")));
}

#[test]
fn a_deadline_within_the_calendar_or_by_the_clock_is_final_and_so_is_any_where_no_calendar_is_kept() {
    let calendar = calendar("");
    assert!(calendar.knows(at("2026-12-30T01:00:00Z"), deadline("1wd")));
    assert!(calendar.knows(at("2026-12-30T01:00:00Z"), deadline("900h")));
    assert_eq!(calendar.first_unknown_year(at("2026-12-30T01:00:00Z"), deadline("2wd")), Some(2027));
    assert_eq!(calendar.first_unknown_year(at("2025-12-30T01:00:00Z"), deadline("2wd")), Some(2025));
    assert!(Calendar::default().knows(at("2026-12-30T01:00:00Z"), deadline("900wd")));
}

proptest! {
    /// Whatever is found when, it is due no later than before, and within the shortest deadline.
    #[test]
    fn nothing_found_later_puts_it_off(
        found in prop::collection::vec((0_i64..60 * 24 * 11, prop_oneof![Just("30m"), Just("24h"), Just("1wd"), Just("3wd"), Just("15wd")]), 1..20),
        began in prop::sample::select(vec!["2026-03-02T01:00:00Z", "2026-12-20T01:00:00Z"]),
    ) {
        let (mut warning, short, long) = (open(), calendar(""), calendar(NEXT_YEAR));
        let mut longest = None;
        for (minutes, text) in found {
            let now = at(began) + jiff::SignedDuration::from_mins(minutes);
            let before = warning.due_at;
            warning.advance_due(&short, now, deadline(text));
            prop_assert!(before.is_none_or(|before| warning.due_at <= Some(before)));
            prop_assert!(warning.due_at <= Some(short.due(now, deadline(text))));
            let exact = long.due(now, deadline(text));
            longest = Some(longest.map_or(exact, |longest: Timestamp| longest.min(exact)));
        }
        warning.recount_due(&long);
        prop_assert_eq!(warning.due_provisional, None);
        prop_assert_eq!(warning.due_at, longest, "as if the calendar had always known");
    }
}
