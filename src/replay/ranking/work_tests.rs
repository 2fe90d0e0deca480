use jiff::ToSpan as _;
use jiff::civil::date;

use super::*;

/// Four days, one row on each of the first two, two on the third, one on the last. The positives really came on days
/// 2 and 4 (index 2 and 4).
fn example() -> (Vec<Row>, Windows) {
    let first = day_number(date(2014, 3, 1));
    let row = |operator, day, positive| Row { operator, day: first + day, positive };
    let rows = vec![row(0, 0, false), row(1, 1, false), row(2, 2, true), row(3, 2, false), row(4, 3, true)];
    let windows = Windows::over(&rows, date(2014, 3, 1), date(2014, 3, 4), 4.days());
    (rows, windows)
}

fn found(scores: &[f64]) -> Detection {
    let (rows, windows) = example();
    windows.found(&rows, &windows.orders(scores), &[1.0; 5]).expect("there are positive rows")
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-9
}

#[test]
fn positives_first_are_all_found_in_the_first_half() {
    // They take the places of days 0 and 1 in place of 2 and 3.
    assert_eq!(found(&[0.1, 0.2, 0.9, 0.3, 0.8]), Detection { first_half: 1.0, days_earlier: 2.0 });
}

#[test]
fn the_order_really_used_is_zero_days_earlier() {
    let (rows, _) = example();
    let scores: Vec<f64> = rows.iter().map(|row| -f64::from(row.day)).collect();
    let found = found(&scores);
    // None of the two positives came on the first two days.
    assert!(near(found.first_half, 0.0) && near(found.days_earlier, 0.0), "{found:?}");
}

#[test]
fn a_random_order_gets_its_share() {
    // Two of five places lie in the first half; the mean day of a place is (0 + 1 + 2 + 2 + 3) / 5 = 1.6, the
    // positives came on days 2 and 3.
    let found = found(&[0.5; 5]);
    assert!(near(found.first_half, 0.4) && near(found.days_earlier, 2.5 - 1.6), "{found:?}");
}

#[test]
fn equals_share_their_places() {
    // The first place is the positive of day 3; the next two are shared by the other positive and a negative row.
    // So the other comes on day 1 or 2: half found in the first half, on day 1.5 on average.
    let found = found(&[0.1, 0.5, 0.5, 0.2, 0.9]);
    assert!(near(found.first_half, f64::midpoint(1.0, 0.5)), "{found:?}");
    assert!(near(found.days_earlier, f64::midpoint(3.0 - 0.0, 2.0 - 1.5)), "{found:?}");
}

#[test]
fn windows_follow_the_calendar_and_the_last_may_be_short() {
    let windows = Windows::over(&[], date(2014, 3, 1), date(2014, 8, 15), 2.months());
    let bounds: Vec<_> = windows.0.iter().map(|window| (window.first, window.middle, window.end)).collect();
    let day = |month, day| day_number(date(2014, month, day));
    assert_eq!(
        bounds,
        [(day(3, 1), day(3, 31), day(5, 1)), (day(5, 1), day(5, 31), day(7, 1)), (day(7, 1), day(7, 24), day(8, 16)),]
    );
}

#[test]
fn the_middle_day_of_an_odd_window_is_not_of_its_first_half() {
    for (days, in_the_first_half) in [(1, 0), (2, 1), (3, 1), (7, 3), (61, 30)] {
        let first = date(2014, 3, 1);
        let last = first.checked_add((days - 1).days()).expect("a day");
        let windows = Windows::over(&[], first, last, days.days());
        let window = &windows.0[0];
        assert_eq!((window.middle - window.first, window.end - window.first), (in_the_first_half, days), "{days}");
    }
    // Three days, a row on each, the positive one first in order: it takes the place of the first day. Were it second,
    // its place would be that of the middle day, which is no longer the first half.
    let first = day_number(date(2014, 3, 1));
    let rows: Vec<Row> = (0..3).map(|day| Row { operator: 0, day: first + day, positive: day == 2 }).collect();
    let windows = Windows::over(&rows, date(2014, 3, 1), date(2014, 3, 3), 3.days());
    let found = |scores: &[f64]| {
        windows.found(&rows, &windows.orders(scores), &[1.0; 3]).expect("there is a positive row").first_half
    };
    assert!(near(found(&[0.1, 0.2, 0.9]), 1.0) && near(found(&[0.9, 0.1, 0.5]), 0.0));
}

#[test]
fn a_curve_of_findings_starts_with_nothing_and_ends_with_everything() {
    let (rows, windows) = example();
    let curve = windows.curve(&rows, &windows.orders(&[0.1, 0.2, 0.9, 0.3, 0.8]), 5);
    let shares: Vec<f64> = curve.iter().map(|(_, found)| *found).collect();
    assert_eq!(shares, [0.0, 0.5, 1.0, 1.0, 1.0, 1.0]);
}
