//! The same daily work in another order. A window of some weeks has its rows and, for each day, as many places as rows
//! were really looked at on it. Put in the order of their scores into these places, how many of the positive rows come in
//! the first half of the window, and how many days earlier than they really came?
//!
//! Rows of equal score share their places evenly: the figure is what a random order among equals gives on average.

use jiff::Span;
use jiff::civil::Date;

use super::{Order, Row};

/// One window: days from `first` up to, not including, `end`, as days since 1970.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    pub first: i32,
    /// The first day of the second half, to which the middle day of an odd number belongs: the first is never the longer.
    pub middle: i32,
    pub end: i32,
    /// Places of the rows that lie in it.
    pub places: Vec<u32>,
}

/// Windows side by side.
#[derive(Debug, Clone, PartialEq)]
pub struct Windows(pub Vec<Window>);

/// What an order finds, over all windows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Detection {
    pub first_half: f64,
    pub days_earlier: f64,
}

impl Windows {
    /// Windows of `length` from the first judged day to the last, both included. The last one may be cut short.
    pub fn over(rows: &[Row], first: Date, last: Date, length: Span) -> Self {
        let mut windows = Vec::new();
        let mut start = first;
        let behind = day_number(last) + 1;
        while day_number(start) < behind {
            let next = start.checked_add(length).unwrap_or(Date::MAX);
            let (from, end) = (day_number(start), day_number(next).min(behind));
            let inside = rows.iter().zip(0..).filter(|(row, _)| (from..end).contains(&row.day));
            windows.push(Window {
                first: from,
                middle: from + (end - from) / 2,
                end,
                places: inside.map(|(_, place)| place).collect(),
            });
            if next <= start {
                break;
            }
            start = next;
        }
        Self(windows)
    }

    /// The order within each window.
    pub fn orders(&self, scores: &[f64]) -> Vec<Order> {
        self.0.iter().map(|window| Order::by_score(scores, window.places.iter().map(|place| *place as usize))).collect()
    }

    /// What an order finds; `orders` is one a window. `None` without a positive row.
    pub fn found(&self, rows: &[Row], orders: &[Order], weights: &[f64]) -> Option<Detection> {
        let (mut positives, mut in_time, mut earlier) = (0.0, 0.0, 0.0);
        for (window, order) in self.0.iter().zip(orders) {
            let places = Places::of(window, rows, weights);
            let mut taken = 0.0;
            for group in order.groups() {
                let (mut all, mut up, mut really) = (0.0, 0.0, 0.0);
                for place in group {
                    let (row, weight) = (&rows[*place as usize], weights[*place as usize]);
                    all += weight;
                    if row.positive {
                        up += weight;
                        really += weight * f64::from(row.day);
                    }
                }
                if all > 0.0 {
                    let (from, to) = (taken, taken + all);
                    positives += up;
                    in_time += up * (places.first_half.min(to) - from).max(0.0) / all;
                    earlier += really - up * (places.days_up_to(to) - places.days_up_to(from)) / all;
                    taken = to;
                }
            }
        }
        (positives > 0.0).then(|| Detection { first_half: in_time / positives, days_earlier: earlier / positives })
    }

    /// The share of the positive rows found after each share of the places, over all windows: for a curve.
    pub fn curve(&self, rows: &[Row], orders: &[Order], steps: u32) -> Vec<(f64, f64)> {
        let mut found = vec![0.0; steps as usize + 1];
        let mut positives = 0.0;
        for (window, order) in self.0.iter().zip(orders) {
            let all = f64::from(u32::try_from(window.places.len()).unwrap_or(u32::MAX));
            let mut taken = 0.0;
            for group in order.groups() {
                let size = f64::from(u32::try_from(group.len()).unwrap_or(u32::MAX));
                let up = group.iter().filter(|place| rows[**place as usize].positive).count();
                let up = f64::from(u32::try_from(up).unwrap_or(u32::MAX));
                positives += up;
                for (step, found) in (0..=steps).zip(&mut found) {
                    let place = all * f64::from(step) / f64::from(steps.max(1));
                    *found += up * ((place - taken) / size).clamp(0.0, 1.0);
                }
                taken += size;
            }
        }
        let share = |step: u32| f64::from(step) / f64::from(steps.max(1));
        (0..=steps)
            .zip(found)
            .map(|(step, found)| (share(step), if positives > 0.0 { found / positives } else { 0.0 }))
            .collect()
    }
}

/// The places of a window, day by day.
struct Places {
    /// Each day with work, and the number of places up to its end.
    days: Vec<(f64, f64)>,
    /// Places before the middle of the window.
    first_half: f64,
}

impl Places {
    fn of(window: &Window, rows: &[Row], weights: &[f64]) -> Self {
        let length = usize::try_from(window.end - window.first).unwrap_or_default();
        let mut by_day = vec![0.0; length];
        for place in &window.places {
            let day = usize::try_from(rows[*place as usize].day - window.first).unwrap_or_default();
            by_day[day] += weights[*place as usize];
        }
        let (mut days, mut all, mut first_half) = (Vec::new(), 0.0, 0.0);
        for (day, places) in (window.first..window.end).zip(by_day) {
            all += places;
            if day < window.middle {
                first_half = all;
            }
            if places > 0.0 {
                days.push((f64::from(day), all));
            }
        }
        Self { days, first_half }
    }

    /// The sum of the days of the places up to `place`, of which the last may be a part.
    fn days_up_to(&self, place: f64) -> f64 {
        let (mut sum, mut before) = (0.0, 0.0);
        for (day, end) in &self.days {
            if place <= before {
                break;
            }
            sum += day * (end.min(place) - before);
            before = *end;
        }
        sum
    }
}

/// Days since 1970.
pub fn day_number(day: Date) -> i32 {
    let since = day.duration_since(jiff::civil::date(1970, 1, 1)).as_hours() / 24;
    i32::try_from(since).unwrap_or(if since < 0 { i32::MIN } else { i32::MAX })
}

#[cfg(test)]
mod tests {
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
            [
                (day(3, 1), day(3, 31), day(5, 1)),
                (day(5, 1), day(5, 31), day(7, 1)),
                (day(7, 1), day(7, 24), day(8, 16)),
            ]
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
}
