use proptest::prelude::*;

use super::*;

#[test]
fn days_are_read_as_what_they_are_or_not_at_all() {
    let second_of_march = [
        "2026-03-02",
        "2026-3-2",
        "2026/3/2",
        "2026/03/02 0:00",
        "2026-03-02T00:00:00",
        "2026-03-02 00:00:00.000",
        "2026.3.2",
        "2026年3月2日",
        "2026 年 3 月 2 号",
        "２０２６－３－２",
        "20260302",
        "46083",
        "46083.0",
        " 2026-03-02\u{a0}",
    ];
    for text in second_of_march {
        assert_eq!(day(text).as_deref(), Some("2026-03-02"), "{text}");
    }
    let none = [
        "",
        "2026-02-30",
        "2026-13-01",
        "2026-03/02",
        "2026年3月",
        "3/2/2026",
        "26.3.2",
        "二〇二六年三月二日",
        "2026-03-02 10:15",
        "2026-03-02T00:00:00+08:00",
        "46083.5",
        "99999",
        "1234",
        "460830",
        "-46083",
    ];
    for text in none {
        assert_eq!(day(text), None, "{text}");
    }
}

#[test]
fn times_need_their_offset() {
    let cases = [
        ("2026-03-02T08:00:00+08:00", Some("2026-03-02T08:00:00+08:00")),
        ("2026-03-02 8:05+0800", Some("2026-03-02T08:05:00+08:00")),
        ("2026/3/2 10:15:30.5 +08:00", Some("2026-03-02T10:15:30.5+08:00")),
        ("2026.3.2T08:00:00Z", Some("2026-03-02T08:00:00Z")),
        ("2026年3月2日10:15+08:00", Some("2026-03-02T10:15:00+08:00")),
        ("2026/3/2 0:00T08:00:00+08:00", Some("2026-03-02T08:00:00+08:00")),
        ("46083T08:00:00+08:00", Some("2026-03-02T08:00:00+08:00")),
        ("46083.4270833333+08:00", Some("2026-03-02T10:15:00+08:00")),
        ("46083.999999999+08:00", Some("2026-03-03T00:00:00+08:00")),
        ("2026-03-02 10:15", None),
        ("2026-03-02", None),
        ("46083", None),
        ("2026-03-02 25:15+08:00", None),
        ("2026-02-30T08:00:00+08:00", None),
        ("2026-03-0210:15+08:00", None),
        ("10:15+08:00", None),
        ("", None),
    ];
    for (text, expected) in cases {
        assert_eq!(time(text).as_deref(), expected, "{text}");
    }
}

proptest! {
    #[test]
    fn a_count_of_days_is_the_day_that_a_spreadsheet_shows(days in SERIALS) {
        let expected = jiff::civil::date(1990, 1, 1) + (days - SERIALS.start()).days();
        prop_assert_eq!(day(&days.to_string()), Some(expected.to_string()));
    }

    #[test]
    fn any_text_gives_what_the_decoder_reads_or_nothing(text in "\\PC{0,30}") {
        prop_assert!(day(&text).is_none_or(|day| scalar::date(&day).is_some()));
        prop_assert!(time(&text).is_none_or(|time| scalar::time(&time).is_some()));
    }
}
