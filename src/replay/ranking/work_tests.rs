use jiff::ToSpan as _;
use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::ranking::roc::areas;

/// Four days, one row on each of the first two, two on the third, one on the last. The positives really came on days
/// 2 and 4 (index 2 and 4).
fn example() -> (Vec<Row>, Windows) {
    let first = day_number(date(2014, 3, 1));
    let row = |operator, day, positive| Row { operator, day: first + day, positive };
    let rows = vec![row(0, 0, false), row(1, 1, false), row(2, 2, true), row(3, 2, false), row(4, 3, true)];
    let windows = Windows::over(&rows, date(2014, 3, 1), date(2014, 3, 4), 4.days());
    (rows, windows)
}

/// What an order finds in the rows as they are.
fn found_in(rows: &[Row], windows: &Windows, scores: &[f64]) -> Detection {
    let resamples = Resamples::draw(rows, 0, 1);
    let places = windows.places(rows, &resamples);
    windows.found(rows, &windows.orders(scores), &places, &resamples)[0].expect("there are positive rows")
}

fn found(scores: &[f64]) -> Detection {
    let (rows, windows) = example();
    found_in(&rows, &windows, scores)
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
    let found = |scores: &[f64]| found_in(&rows, &windows, scores).first_half;
    assert!(near(found(&[0.1, 0.2, 0.9]), 1.0) && near(found(&[0.9, 0.1, 0.5]), 0.0));
}

#[test]
fn a_curve_of_findings_starts_with_nothing_and_ends_with_everything() {
    let (rows, windows) = example();
    let curve = windows.curve(&rows, &windows.orders(&[0.1, 0.2, 0.9, 0.3, 0.8]), 5);
    let shares: Vec<f64> = curve.iter().map(|(_, found)| *found).collect();
    assert_eq!(shares, [0.0, 0.5, 1.0, 1.0, 1.0, 1.0]);
}

/// One sample by itself: how often each row counts, by place.
struct Sample<'a> {
    rows: &'a [Row],
    counts: Vec<f64>,
}

impl Sample<'_> {
    /// The days of a window's places, one after the other.
    fn places(&self, window: &Window) -> Vec<f64> {
        let mut places: Vec<i32> = Vec::new();
        for place in &window.places {
            let row = &self.rows[*place as usize];
            places.extend((0..).take_while(|n| f64::from(*n) < self.counts[*place as usize]).map(|_| row.day));
        }
        places.sort_unstable();
        places.into_iter().map(f64::from).collect()
    }

    /// What an order finds, row by row as the documentation says.
    fn found(&self, windows: &Windows, scores: &[f64]) -> Option<Detection> {
        let (mut positives, mut in_time, mut earlier) = (0.0, 0.0, 0.0);
        for (window, order) in windows.0.iter().zip(windows.orders(scores)) {
            let mut places = self.places(window).into_iter();
            for group in order.groups() {
                let size: f64 = group.iter().map(|place| self.counts[*place as usize]).sum();
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small count")]
                let taken: Vec<f64> = places.by_ref().take(size as usize).collect();
                let soon = taken.iter().map(|day| f64::from(u8::from(*day < f64::from(window.middle)))).sum::<f64>();
                let days = taken.iter().sum::<f64>();
                for place in group.iter().filter(|place| self.rows[**place as usize].positive && size > 0.0) {
                    let count = self.counts[*place as usize];
                    positives += count;
                    in_time += count * soon / size;
                    earlier += count * (f64::from(self.rows[*place as usize].day) - days / size);
                }
            }
        }
        (positives > 0.0).then(|| Detection { first_half: in_time / positives, days_earlier: earlier / positives })
    }

    /// Pairs of a positive and a negative row, equals half.
    fn area(&self, scores: &[f64]) -> Option<f64> {
        let (mut won, mut pairs) = (0.0, 0.0);
        for (up, positive) in self.rows.iter().enumerate().filter(|(_, row)| row.positive) {
            for (down, _) in self.rows.iter().enumerate().filter(|(_, row)| row.positive != positive.positive) {
                let count = self.counts[up] * self.counts[down];
                pairs += count;
                won += count
                    * (0.5
                        + 0.5 * f64::from(i8::from(scores[up] > scores[down]) - i8::from(scores[up] < scores[down])));
            }
        }
        (pairs > 0.0).then(|| won / pairs)
    }
}

proptest! {
    #[test]
    fn every_sample_has_the_figures_that_it_has_by_itself(
        given in prop::collection::vec((0_u32..12, 0_i32..40, prop::bool::weighted(0.4), 0_u8..6), 1..60),
        seed in 0_u64..50,
    ) {
        let first = date(2014, 3, 1);
        let row = |(operator, day, positive, _): &(u32, i32, bool, u8)| {
            Row { operator: *operator, day: day_number(first) + day, positive: *positive }
        };
        let rows: Vec<Row> = given.iter().map(row).collect();
        let scores: Vec<f64> = given.iter().map(|(_, _, _, score)| f64::from(*score)).collect();
        let windows = Windows::over(&rows, first, date(2014, 4, 9), 15.days());
        let resamples = Resamples::draw(&rows, 20, seed);
        let found = windows.found(&rows, &windows.orders(&scores), &windows.places(&rows, &resamples), &resamples);
        let areas = areas(&rows, &Order::by_score(&scores, 0..rows.len()), &resamples);
        let is_near = |one: Option<f64>, other: Option<f64>| match (one, other) {
            (Some(one), Some(other)) => near(one, other),
            (one, other) => one == other,
        };
        for sample in 0..resamples.len() {
            let counts = rows.iter().map(|row| f64::from(resamples.counts(row)[sample])).collect();
            let alone = Sample { rows: &rows, counts };
            let expected = alone.found(&windows, &scores);
            let part = |found: Option<Detection>, part: fn(Detection) -> f64| found.map(part);
            for figure in [|found: Detection| found.first_half, |found: Detection| found.days_earlier] {
                prop_assert!(is_near(part(found[sample], figure), part(expected, figure)), "{sample}: {found:?} {expected:?}");
            }
            prop_assert!(is_near(areas[sample], alone.area(&scores)), "{sample}: {:?}", areas[sample]);
        }
    }
}
