//! The same daily work in another order. A window of some weeks has its rows and, for each day, as many places as rows
//! were really looked at on it. Put in the order of their scores into these places, how many of the positive rows come
//! in the first half of the window, and how many days earlier than they really came?
//!
//! Rows of equal score share their places evenly: the figure is what a random order among equals gives on average.

use jiff::Span;
use jiff::civil::Date;

use super::{Order, Row};

/// One window: days from `first` up to, not including, `end`, as days since 1970.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    pub first: i32,
    /// The first day of the second half, to which the middle day of an odd number belongs: the first is never the
    /// longer.
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
                let positive = group.iter().filter(|place| rows[**place as usize].positive).count();
                let up = f64::from(u32::try_from(positive).unwrap_or(u32::MAX));
                positives += up;
                for (step, found_up_to) in (0..=steps).zip(&mut found) {
                    let place = all * f64::from(step) / f64::from(steps.max(1));
                    *found_up_to += up * ((place - taken) / size).clamp(0.0, 1.0);
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
#[path = "work_tests.rs"]
mod tests;
