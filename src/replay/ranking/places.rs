//! The places that a window has on each of its days: as many as rows were really looked at.

use super::{Resamples, Row, Window};

/// The places of a window, day by day, in every sample.
#[derive(Debug, Clone)]
pub struct DailyPlaces {
    first: i32,
    days: usize,
    /// Places up to the end of each day: of one sample after the other, by day.
    ends: Vec<u32>,
    /// Days before the middle of the window.
    first_half: usize,
}

impl DailyPlaces {
    pub(super) fn of(window: &Window, rows: &[Row], resamples: &Resamples) -> Self {
        let count = |days: i32| usize::try_from(days).unwrap_or_default();
        let (days, first_half) = (count(window.end - window.first).max(1), count(window.middle - window.first));
        let mut ends = vec![0_u32; days * resamples.len()];
        for place in &window.places {
            let row = &rows[*place as usize];
            let day = count(row.day - window.first);
            for (of_sample, count) in ends.chunks_exact_mut(days).zip(resamples.counts(row)) {
                of_sample[day] += u32::from(*count);
            }
        }
        for of_sample in ends.chunks_exact_mut(days) {
            let mut all = 0;
            for end in of_sample {
                all += *end;
                *end = all;
            }
        }
        Self { first: window.first, days, ends, first_half }
    }

    pub(super) fn of_sample(&self, sample: usize) -> PlacesOfSample<'_> {
        let ends = &self.ends[sample * self.days..(sample + 1) * self.days];
        let first_half = self.first_half.checked_sub(1).map_or(0, |last| ends[last]);
        PlacesOfSample { first: f64::from(self.first), ends, first_half: f64::from(first_half) }
    }
}

/// The places of a window in one sample.
pub(super) struct PlacesOfSample<'a> {
    /// The first day.
    first: f64,
    /// Places up to the end of each day.
    ends: &'a [u32],
    /// Places before the middle of the window.
    pub(super) first_half: f64,
}

/// Where one sample is among the places of a window. It never goes back.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Walk {
    /// Places that are taken.
    pub(super) taken: f64,
    /// Days that are full.
    day: usize,
    /// The sum of the days of all places of these.
    days: f64,
}

impl Walk {
    /// The sum of the days of the places up to `place`, of which the last day may be a part.
    pub(super) fn days_up_to(&mut self, place: f64, places: &PlacesOfSample<'_>) -> f64 {
        let end = |day: usize| f64::from(places.ends[day]);
        loop {
            let before = self.day.checked_sub(1).map_or(0.0, end);
            if self.day == places.ends.len() || place <= before {
                return self.days;
            }
            #[expect(clippy::cast_precision_loss, reason = "a window has few days")]
            let day = places.first + self.day as f64;
            if place < end(self.day) {
                return self.days + day * (place - before);
            }
            self.days += day * (end(self.day) - before);
            self.day += 1;
        }
    }
}
