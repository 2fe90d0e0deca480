//! Intervals by the bootstrap: operators are drawn again, with all their rows, as often as there are operators; the
//! figure of each such sample is one of the distribution whose middle 95 % is the interval. The draws are seeded, and
//! the same for every figure, so that the difference of two figures has an interval of its own.

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use super::Row;

/// A figure with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

/// The weights of every sample: the rows as they are first, then the resamples.
#[derive(Debug, Clone)]
pub struct Resamples {
    samples: Vec<Vec<f64>>,
}

impl Resamples {
    pub fn draw(rows: &[Row], resamples: u32, seed: u64) -> Self {
        let operators = rows.iter().map(|row| row.operator as usize + 1).max().unwrap_or_default();
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut samples = vec![vec![1.0; rows.len()]];
        for _ in 0..resamples {
            let mut drawn = vec![0.0_f64; operators];
            for _ in 0..operators {
                drawn[random.random_range(0..operators)] += 1.0;
            }
            samples.push(rows.iter().map(|row| drawn[row.operator as usize]).collect());
        }
        Self { samples }
    }

    /// A figure of every sample, the true one first.
    pub fn each<T>(&self, figure: impl FnMut(&Vec<f64>) -> T) -> Vec<T> {
        self.samples.iter().map(figure).collect()
    }
}

impl Estimate {
    /// From the figures of every sample, the true one first; a sample that has none is left out.
    pub fn of(figures: &[Option<f64>]) -> Option<Self> {
        let (first, resampled) = figures.split_first()?;
        let value = (*first)?;
        let mut known: Vec<f64> = resampled.iter().flatten().copied().collect();
        known.sort_by(f64::total_cmp);
        Some(Self {
            value,
            low: quantile(&known, 0.025).unwrap_or(value),
            high: quantile(&known, 0.975).unwrap_or(value),
        })
    }

    /// From the differences of two figures of the same samples.
    pub fn of_difference(figures: &[Option<f64>], others: &[Option<f64>]) -> Option<Self> {
        let difference = |(one, other): (&Option<f64>, &Option<f64>)| Some((*one)? - (*other)?);
        Self::of(&figures.iter().zip(others).map(difference).collect::<Vec<_>>())
    }
}

/// The value below which a share of the sorted values lies, between its neighbours in proportion.
pub fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let place = share * f64::from(u32::try_from(last).ok()?);
    // Places are few and not negative.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place in a list of known length")]
    let below = place.floor() as usize;
    let above = (below + 1).min(last);
    Some(sorted[below] + (sorted[above] - sorted[below]) * place.fract())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(count: u32) -> Vec<Row> {
        (0..count).map(|place| Row { operator: place / 2, day: 0, positive: place % 4 == 0 }).collect()
    }

    #[test]
    fn quantiles_lie_between_their_neighbours() {
        let values = [1.0, 2.0, 4.0, 8.0, 16.0];
        assert_eq!(quantile(&values, 0.0), Some(1.0));
        assert_eq!(quantile(&values, 0.5), Some(4.0));
        assert_eq!(quantile(&values, 0.625), Some(6.0));
        assert_eq!(quantile(&values, 1.0), Some(16.0));
        assert_eq!(quantile(&[], 0.5), None);
    }

    #[test]
    fn an_operators_rows_are_drawn_together_and_as_many_operators_as_there_are() {
        let rows = rows(40);
        let resamples = Resamples::draw(&rows, 50, 7);
        assert_eq!(resamples.samples.len(), 51);
        assert!(resamples.samples[0].iter().all(|weight| (weight - 1.0).abs() < 1e-9));
        for weights in &resamples.samples {
            assert!((weights.iter().sum::<f64>() - 40.0).abs() < 1e-9, "twenty operators of two rows");
            assert!(weights.chunks(2).all(|pair| (pair[0] - pair[1]).abs() < 1e-9));
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_interval_and_another_gives_another() {
        let rows = rows(200);
        let share = |seed| {
            let figures = Resamples::draw(&rows, 200, seed).each(|weights| {
                let positive = rows.iter().zip(weights).filter(|(row, _)| row.positive).map(|(_, weight)| weight);
                Some(positive.sum::<f64>() / weights.iter().sum::<f64>())
            });
            Estimate::of(&figures).expect("a figure")
        };
        let estimate = share(1);
        assert_eq!(estimate, share(1));
        assert_ne!(estimate, share(2));
        // 50 of 100 operators have one positive row of two: 0.25, give or take 1.96 * 0.25 / 10.
        assert!((estimate.value - 0.25).abs() < 1e-9);
        assert!((0.17..0.23).contains(&estimate.low) && (0.27..0.33).contains(&estimate.high), "{estimate:?}");
    }

    #[test]
    fn a_difference_is_narrower_than_its_parts_when_they_move_together() {
        let figures: Vec<Option<f64>> = (0..100).map(|step| Some(f64::from(step))).collect();
        let others: Vec<Option<f64>> = (0..100).map(|step| Some(f64::from(step) - 1.0)).collect();
        let difference = Estimate::of_difference(&figures, &others).expect("a figure");
        assert_eq!((difference.value, difference.low, difference.high), (1.0, 1.0, 1.0));
    }
}
