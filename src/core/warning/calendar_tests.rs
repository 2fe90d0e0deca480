use std::path::Path;

use jiff::civil::date;
use proptest::prelude::*;
use rstest::rstest;
use yujing_base::diagnostic::Severity;

use super::*;

fn shipped() -> Calendar {
    let read = Calendar::read(Path::new("calendar.toml"), include_str!("../../../rules/calendar.toml"));
    read.unwrap_or_else(|found| panic!("{}", found.render(false))).0
}

fn refused(text: &str) -> Diagnostics {
    Calendar::read(Path::new("calendar.toml"), text).expect_err("the calendar is refused")
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("a timestamp")
}

// All in 2026, Beijing time; the weekday of `from` is in the name.
#[rstest]
#[case::hours_pass_over_a_weekend("2026-03-06T20:00:00+08:00", "24h", "2026-03-07T20:00:00+08:00")]
#[case::the_day_itself_does_not_count("2026-03-03T09:00:00+08:00", "1wd", "2026-03-04T23:59:59+08:00")]
#[case::one_second_before_midnight_is_still_that_day("2026-03-03T23:59:59+08:00", "1wd", "2026-03-04T23:59:59+08:00")]
#[case::midnight_in_beijing_begins_the_day("2026-03-03T16:00:00Z", "1wd", "2026-03-05T23:59:59+08:00")]
#[case::friday_skips_the_weekend("2026-03-06T09:00:00+08:00", "1wd", "2026-03-09T23:59:59+08:00")]
#[case::saturday_starts_on_monday("2026-03-07T09:00:00+08:00", "1wd", "2026-03-09T23:59:59+08:00")]
#[case::spring_festival_is_skipped("2026-02-13T09:00:00+08:00", "2wd", "2026-02-24T23:59:59+08:00")]
#[case::a_worked_saturday_counts("2026-02-13T09:00:00+08:00", "1wd", "2026-02-14T23:59:59+08:00")]
#[case::national_day_and_a_worked_saturday("2026-09-30T09:00:00+08:00", "3wd", "2026-10-10T23:59:59+08:00")]
#[case::a_year_not_listed_counts_monday_to_friday("2027-09-30T09:00:00+08:00", "1wd", "2027-10-01T23:59:59+08:00")]
fn a_deadline_ends(#[case] from: &str, #[case] deadline: &str, #[case] due: &str) {
    let deadline = Deadline::parse(deadline).expect("a deadline");
    assert_eq!(shipped().due(at(from), deadline), at(due));
}

// Chicago's clocks go forward on 8 March 2026 and back on 1 November.
#[rstest]
#[case::over_the_change_to_summer("2026-03-06T20:00:00-06:00", "2wd", "2026-03-10T23:59:59-05:00")]
#[case::over_the_change_to_winter("2026-10-30T20:00:00-05:00", "1wd", "2026-11-02T23:59:59-06:00")]
#[case::the_evening_is_still_that_day("2026-03-03T23:30:00-06:00", "1wd", "2026-03-04T23:59:59-06:00")]
#[case::midnight_in_beijing_begins_no_day("2026-03-03T16:00:00Z", "1wd", "2026-03-04T23:59:59-06:00")]
#[case::hours_are_hours("2026-03-07T20:00:00-06:00", "24h", "2026-03-08T21:00:00-05:00")]
fn a_deadline_ends_where_the_office_is(#[case] from: &str, #[case] deadline: &str, #[case] due: &str) {
    let calendar = shipped().in_zone(Zone::named("America/Chicago").expect("a zone"));
    let deadline = Deadline::parse(deadline).expect("a deadline");
    assert_eq!(calendar.due(at(from), deadline), at(due));
}

#[test]
fn the_year_of_a_deadline_is_that_of_the_office() {
    let (new_year, deadline) = (at("2026-12-30T16:00:00Z"), Deadline::WorkingDays(1));
    assert_eq!(shipped().first_unknown_year(new_year, deadline), Some(2027), "31 December in Beijing");
    let chicago = shipped().in_zone(Zone::named("America/Chicago").expect("a zone"));
    assert_eq!(chicago.first_unknown_year(new_year, deadline), None, "30 December in Chicago");
}

#[test]
fn the_shipped_calendar_is_not_presented_as_checked() {
    let calendar = shipped();
    assert!(calendar.years.values().all(|year| !year.confirmed && !year.source.is_empty()));
    let days_off: Vec<_> = calendar.holidays.iter().filter(|day| !is_weekend(**day)).collect();
    // A check against slips: the yearly holidays are 13 days, the rest of the weekdays off is worked on weekends.
    assert_eq!(days_off.len() - calendar.workdays.len(), 13);
}

const GOOD_YEAR: &str = "[[year]]\nyear = 2026\nsource = \"通知\"\nconfirmed = false\n";

#[rstest]
#[case::both("holidays = [{ name = { zh = \"元旦\", en = \"N\" }, from = 2026-01-03, to = 2026-01-03 }]\nworkdays = [2026-01-03]", "calendar/contradiction", (6, 13))]
#[case::holiday_twice("holidays = [{ name = { zh = \"a\", en = \"a\" }, from = 2026-01-01, to = 2026-01-02 },\n{ name = { zh = \"b\", en = \"b\" }, from = 2026-01-02, to = 2026-01-02 }]", "calendar/duplicate", (6, 41))]
#[case::ends_before_it_begins("holidays = [{ name = { zh = \"a\", en = \"a\" }, from = 2026-01-03, to = 2026-01-01 }]", "calendar/order", (5, 70))]
#[case::another_year("holidays = []\nworkdays = [2025-01-04]", "calendar/other-year", (6, 13))]
#[case::a_monday("holidays = []\nworkdays = [2026-01-05]", "calendar/not-a-weekend", (6, 13))]
#[case::a_time_of_day("holidays = []\nworkdays = [2026-01-04T10:00:00]", "calendar/date", (6, 13))]
#[case::workday_twice("holidays = []\nworkdays = [2026-01-04, 2026-01-04]", "calendar/duplicate", (6, 25))]
#[case::year_twice("holidays = []\n[[year]]\nyear = 2026\nsource = \"\"\nconfirmed = true\nholidays = []", "calendar/duplicate", (7, 8))]
#[case::unknown_key("holidays = []\nworkday = [2026-01-04]", "calendar/unknown-key", (6, 1))]
#[case::not_toml("holidays = [", "calendar/syntax", (5, 13))]
fn a_bad_calendar_is_refused_at_its_place(#[case] rest: &str, #[case] code: &str, #[case] position: (usize, usize)) {
    let found = refused(&format!("{GOOD_YEAR}{rest}"));
    let errors = found.0.iter().filter(|found| found.severity == Severity::Error);
    let found: Vec<_> = errors.map(|diagnostic| (diagnostic.code, diagnostic.position)).collect();
    assert_eq!(found, [(code, Some(position))]);
}

proptest! {
    /// From anywhere within and around the listed year.
    #[test]
    fn working_days_end_on_working_days_and_later_for_more(
        second in 1_760_000_000_i64..1_830_000_000,
        days in 1_u32..60,
    ) {
        let calendar = shipped();
        let from = Timestamp::from_second(second).expect("in range");
        let due = calendar.due(from, Deadline::WorkingDays(days));
        let zone = Zone::default();
        let due_day = zone.date(due);
        prop_assert!(calendar.is_working_day(due_day));
        prop_assert!(due > from && due_day > zone.date(from));
        prop_assert!(calendar.due(from, Deadline::WorkingDays(days + 1)) > due);

        let later = from.checked_add(SignedDuration::from_hours(5)).expect("in range");
        prop_assert!(calendar.due(later, Deadline::WorkingDays(days)) >= due);

        let mut counted = 0;
        let mut day = zone.date(from);
        while day < due_day {
            day = day.tomorrow().expect("in range");
            counted += u32::from(calendar.is_working_day(day));
        }
        prop_assert_eq!(counted, days, "exactly that many working days lie between");
    }

    #[test]
    fn minutes_simply_pass(second in 0_i64..4_000_000_000, minutes in 1_u32..100_000) {
        let from = Timestamp::from_second(second).expect("in range");
        let due = shipped().due(from, Deadline::Minutes(minutes));
        prop_assert_eq!(due.as_second() - second, i64::from(minutes) * 60);
    }
}

#[test]
fn a_deadline_at_the_end_of_time_does_not_panic() {
    let calendar = Calendar::default();
    assert_eq!(calendar.due(Timestamp::MAX, Deadline::WorkingDays(5)), Timestamp::MAX);
    assert_eq!(calendar.due(Timestamp::MAX, Deadline::Minutes(5)), Timestamp::MAX);
    assert!(calendar.is_working_day(date(2026, 10, 1)), "the empty calendar knows no holidays");
}
