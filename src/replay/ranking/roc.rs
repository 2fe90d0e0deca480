//! The area under the ROC curve: the chance that a positive row stands before a negative one, equals counting half.

use super::{Order, Row};

/// The area; `None` unless there are rows of both kinds.
pub fn area(rows: &[Row], order: &Order, weights: &[f64]) -> Option<f64> {
    let (mut positives, mut negatives, mut won) = (0.0, 0.0, 0.0);
    // From the last group on: every positive wins against the negatives behind it.
    for group in order.groups().rev() {
        let (mut up, mut down) = (0.0, 0.0);
        for place in group {
            let weight = weights[*place as usize];
            if rows[*place as usize].positive { up += weight } else { down += weight }
        }
        won += up * (negatives + down / 2.0);
        positives += up;
        negatives += down;
    }
    (positives > 0.0 && negatives > 0.0).then(|| won / (positives * negatives))
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

    fn area_of(scores: &[f64], positive: &[bool], weights: &[f64]) -> Option<f64> {
        area(&rows(positive), &Order::by_score(scores, 0..scores.len()), weights)
    }

    /// Positives at 0.8 and 0.4, negatives at 0.6, 0.4 and 0.2. Of the six pairs, 0.8 wins three; 0.4 loses one, ties
    /// one and wins one: 4.5 of 6.
    #[test]
    fn the_area_counts_pairs_and_equals_count_half() {
        let (scores, positive) = ([0.8, 0.6, 0.4, 0.4, 0.2], [true, false, true, false, false]);
        assert_eq!(area_of(&scores, &positive, &[1.0; 5]), Some(0.75));
        // Everyone equal says nothing; the best order is 1, its reverse 0.
        assert_eq!(area_of(&[1.0; 5], &positive, &[1.0; 5]), Some(0.5));
        assert_eq!(area_of(&[2.0, 1.0], &[true, false], &[1.0; 2]), Some(1.0));
        assert_eq!(area_of(&[1.0, 2.0], &[true, false], &[1.0; 2]), Some(0.0));
        assert_eq!(area_of(&[1.0, 2.0], &[true, true], &[1.0; 2]), None);
    }

    /// A row of weight two is two rows, one of weight zero is none.
    #[test]
    fn a_weight_is_so_many_rows() {
        let (scores, positive) = ([0.8, 0.6, 0.4, 0.2], [true, false, true, false]);
        let twice = area_of(&[0.8, 0.8, 0.6, 0.2], &[true, true, false, false], &[1.0; 4]);
        assert_eq!(area_of(&scores, &positive, &[2.0, 1.0, 0.0, 1.0]), twice);
    }

    #[test]
    fn the_curve_goes_from_corner_to_corner_by_groups_of_equals() {
        let order = Order::by_score(&[0.8, 0.6, 0.4, 0.4, 0.2], 0..5);
        let points = curve(&rows(&[true, false, true, false, false]), &order);
        let third = 1.0 / 3.0;
        assert_eq!(points, [(0.0, 0.0), (0.0, 0.5), (third, 0.5), (2.0 / 3.0, 1.0), (1.0, 1.0)]);
    }
}
