//! The same daily work in another order. A window of some weeks has its rows and, for each day, as many places as rows
//! were really looked at on it. Put in the order of their scores into these places, how many of the positive rows come
//! in the first half of the window, and how many days earlier than they really came?
//!
//! Rows of equal score share their places evenly: the figure is what a random order among equals gives on average.

use jiff::Span;
use jiff::civil::Date;

use super::bootstrap::add_counts;
use super::places::{DailyPlaces, PlacesOfSample, Walk};
use super::{Order, Resamples, Row};

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

    /// The places of each window, in every sample.
    pub fn places(&self, rows: &[Row], resamples: &Resamples) -> Vec<DailyPlaces> {
        self.0.iter().map(|window| DailyPlaces::of(window, rows, resamples)).collect()
    }

    /// What an order finds in every sample; `orders` and `places` are one a window. `None` without a positive row.
    pub fn found(
        &self,
        rows: &[Row],
        orders: &[Order],
        places: &[DailyPlaces],
        resamples: &Resamples,
    ) -> Vec<Option<Detection>> {
        let mut findings = vec![Findings::default(); resamples.len()];
        for (order, places) in orders.iter().zip(places) {
            let mut group_sums = GroupSums::new(resamples.len());
            let mut walks = vec![Walk::default(); resamples.len()];
            for group in order.groups() {
                group_sums.add_up(group, rows, resamples);
                for (sample, (findings, walk)) in findings.iter_mut().zip(&mut walks).enumerate() {
                    findings.add(&group_sums.of(sample), walk, &places.of_sample(sample));
                }
            }
        }
        findings.iter().map(Findings::detection).collect()
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

/// Rows of a group of equals added up, for every sample.
struct GroupSums {
    all: Vec<u32>,
    positives: Vec<u32>,
    /// The days on which the positive ones really came, added up.
    days: Vec<f64>,
    has_positives: bool,
}

/// The same in one sample.
struct GroupSum {
    all: f64,
    positives: f64,
    days: f64,
    has_positives: bool,
}

impl GroupSums {
    fn new(samples: usize) -> Self {
        Self { all: vec![0; samples], positives: vec![0; samples], days: vec![0.0; samples], has_positives: false }
    }

    fn add_up(&mut self, group: &[u32], rows: &[Row], resamples: &Resamples) {
        self.all.fill(0);
        self.positives.fill(0);
        self.days.fill(0.0);
        self.has_positives = false;
        for place in group {
            let row = &rows[*place as usize];
            let counts = resamples.counts(row);
            add_counts(&mut self.all, counts);
            if row.positive {
                self.has_positives = true;
                add_counts(&mut self.positives, counts);
                let day = f64::from(row.day);
                self.days.iter_mut().zip(counts).for_each(|(days, count)| *days += day * f64::from(*count));
            }
        }
    }

    fn of(&self, sample: usize) -> GroupSum {
        GroupSum {
            all: f64::from(self.all[sample]),
            positives: f64::from(self.positives[sample]),
            days: self.days[sample],
            has_positives: self.has_positives,
        }
    }
}

/// What an order has found so far in one sample.
#[derive(Debug, Clone, Copy, Default)]
struct Findings {
    positives: f64,
    in_time: f64,
    days_earlier: f64,
}

impl Findings {
    /// Takes in the next group of a window: its rows share the next places evenly.
    fn add(&mut self, group: &GroupSum, walk: &mut Walk, places: &PlacesOfSample<'_>) {
        let (from, to) = (walk.taken, walk.taken + group.all);
        walk.taken = to;
        if !group.has_positives || group.all == 0.0 {
            return;
        }
        let days = -walk.days_up_to(from, places) + walk.days_up_to(to, places);
        self.positives += group.positives;
        self.in_time += group.positives * (places.first_half.min(to) - from).max(0.0) / group.all;
        self.days_earlier += group.days - group.positives * days / group.all;
    }

    fn detection(&self) -> Option<Detection> {
        let Self { positives, in_time, days_earlier } = *self;
        let share = |sum: f64| sum / positives;
        (positives > 0.0).then(|| Detection { first_half: share(in_time), days_earlier: share(days_earlier) })
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
