//! The area under the ROC curve: the chance that a positive row stands before a negative one, equals counting half.

use super::bootstrap::add_counts;
use super::{Order, Resamples, Row};

/// The area in every sample; `None` where there are not rows of both kinds.
pub fn areas(rows: &[Row], order: &Order, resamples: &Resamples) -> Vec<Option<f64>> {
    let mut up = vec![0_u32; resamples.len()];
    let mut down = up.clone();
    let mut pairs = vec![Pairs::default(); resamples.len()];
    // From the last group on: every positive wins against the negatives behind it.
    for group in order.groups().rev() {
        up.fill(0);
        down.fill(0);
        for place in group {
            let row = &rows[*place as usize];
            add_counts(if row.positive { &mut up } else { &mut down }, resamples.counts(row));
        }
        for (pairs, (up, down)) in pairs.iter_mut().zip(up.iter().zip(&down)) {
            pairs.add(f64::from(*up), f64::from(*down));
        }
    }
    pairs.iter().map(Pairs::area).collect()
}

/// Pairs of a positive and a negative row so far.
#[derive(Debug, Clone, Copy, Default)]
struct Pairs {
    positives: f64,
    negatives: f64,
    won: f64,
}

impl Pairs {
    /// Takes in a group of equals that stands before all others so far.
    fn add(&mut self, up: f64, down: f64) {
        self.won += up * (self.negatives + down / 2.0);
        self.positives += up;
        self.negatives += down;
    }

    fn area(&self) -> Option<f64> {
        (self.positives > 0.0 && self.negatives > 0.0).then(|| self.won / (self.positives * self.negatives))
    }
}

/// The curve: share of the negatives and of the positives among the rows down to each group, from (0, 0) to (1, 1).
pub fn curve(rows: &[Row], order: &Order) -> Vec<(f64, f64)> {
    let count =
        |positive: bool| order.groups().flatten().filter(|place| rows[**place as usize].positive == positive).count();
    let (positives, negatives) = (float(count(true)).max(1.0), float(count(false)).max(1.0));
    let mut points = vec![(0.0, 0.0)];
    let (mut up, mut down) = (0.0, 0.0);
    for group in order.groups() {
        for place in group {
            if rows[*place as usize].positive { up += 1.0 } else { down += 1.0 }
        }
        points.push((down / negatives, up / positives));
    }
    points
}

fn float(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(positive: &[bool]) -> Vec<Row> {
        positive.iter().zip(0..).map(|(positive, operator)| Row { operator, day: 0, positive: *positive }).collect()
    }

    fn area_of(scores: &[f64], positive: &[bool]) -> Option<f64> {
        let rows = rows(positive);
        areas(&rows, &Order::by_score(scores, 0..scores.len()), &Resamples::draw(&rows, 0, 1))[0]
    }

    /// Positives at 0.8 and 0.4, negatives at 0.6, 0.4 and 0.2. Of the six pairs, 0.8 wins three; 0.4 loses one, ties
    /// one and wins one: 4.5 of 6.
    #[test]
    fn the_area_counts_pairs_and_equals_count_half() {
        let (scores, positive) = ([0.8, 0.6, 0.4, 0.4, 0.2], [true, false, true, false, false]);
        assert_eq!(area_of(&scores, &positive), Some(0.75));
        // Everyone equal says nothing; the best order is 1, its reverse 0.
        assert_eq!(area_of(&[1.0; 5], &positive), Some(0.5));
        assert_eq!(area_of(&[2.0, 1.0], &[true, false]), Some(1.0));
        assert_eq!(area_of(&[1.0, 2.0], &[true, false]), Some(0.0));
        assert_eq!(area_of(&[1.0, 2.0], &[true, true]), None);
    }

    #[test]
    fn the_curve_goes_from_corner_to_corner_by_groups_of_equals() {
        let order = Order::by_score(&[0.8, 0.6, 0.4, 0.4, 0.2], 0..5);
        let points = curve(&rows(&[true, false, true, false, false]), &order);
        let third = 1.0 / 3.0;
        assert_eq!(points, [(0.0, 0.0), (0.0, 0.5), (third, 0.5), (2.0 / 3.0, 1.0), (1.0, 1.0)]);
    }
}
