//! How well an order by score tells what was found later. Every figure is computed for the rows as they are and for
//! all resamples at once.
//!
//! - [`roc`]: the area under the ROC curve
//! - [`work`]: the same daily work done in another order
//! - [`places`]: the places that a day of it has
//! - [`baseline`]: the baselines that know only the results before
//! - [`bootstrap`]: the intervals of them all

pub mod baseline;
pub mod bootstrap;
pub mod places;
pub mod roc;
pub mod work;

use serde::Serialize;

pub use bootstrap::{Estimate, Resamples};
pub use work::{Detection, Window, Windows};

/// A judged row: what was found of an operator on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// Which operator: rows of one operator are resampled together.
    pub operator: u32,
    /// Days since 1970 where the replay is at home.
    pub day: i32,
    pub positive: bool,
}

/// Rows in an order, best first, equals side by side.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// Places of rows.
    places: Vec<u32>,
    /// Where each group of equals ends.
    ends: Vec<u32>,
}

impl Order {
    /// The rows `among` by score, highest first.
    pub fn by_score(scores: &[f64], among: impl IntoIterator<Item = usize>) -> Self {
        let mut places: Vec<u32> = among.into_iter().filter_map(|place| u32::try_from(place).ok()).collect();
        let score = |place: &u32| scores[*place as usize];
        places.sort_by(|a, b| score(b).total_cmp(&score(a)).then(a.cmp(b)));
        let mut ends = Vec::new();
        for next in 1..=places.len() {
            if next == places.len() || score(&places[next]).total_cmp(&score(&places[next - 1])).is_ne() {
                ends.push(u32::try_from(next).unwrap_or(u32::MAX));
            }
        }
        Self { places, ends }
    }

    /// Groups of equals, best first.
    pub fn groups(&self) -> impl DoubleEndedIterator<Item = &[u32]> {
        (0..self.ends.len()).map(|group| {
            let start = group.checked_sub(1).map_or(0, |before| self.ends[before]);
            &self.places[start as usize..self.ends[group] as usize]
        })
    }
}

/// What an order by score is worth.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Quality {
    /// The chance that a positive row has a higher score than a negative one; equals count half.
    pub roc_area: Option<Estimate>,
    /// The share of the positive rows found in the first half of the windows (the middle day of an odd number is not of
    /// it), had each day's work been done in this order.
    pub first_half: Option<Estimate>,
    /// How many days earlier a positive row would have been found, on average.
    pub days_earlier: Option<Estimate>,
}

/// The same figures of one sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figures {
    pub roc_area: Option<f64>,
    pub found: Option<Detection>,
}
