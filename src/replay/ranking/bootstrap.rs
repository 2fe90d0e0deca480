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

/// How often every operator was drawn in each sample: in the rows as they are once, then in the resamples.
#[derive(Debug, Clone)]
pub struct Resamples {
    samples: usize,
    /// Of one operator after the other, by sample: what is done with a row is done for all samples at once.
    counts: Vec<u16>,
}

impl Resamples {
    pub fn draw(rows: &[Row], resamples: u32, seed: u64) -> Self {
        let operators = rows.iter().map(|row| row.operator as usize + 1).max().unwrap_or_default();
        let samples = 1 + resamples as usize;
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut counts = vec![0_u16; operators * samples];
        for operator in 0..operators {
            counts[operator * samples] = 1;
        }
        for sample in 1..samples {
            for _ in 0..operators {
                let drawn = &mut counts[random.random_range(0..operators) * samples + sample];
                *drawn = drawn.saturating_add(1);
            }
        }
        Self { samples, counts }
    }

    /// How many samples there are, the true one among them.
    pub fn len(&self) -> usize {
        self.samples
    }

    pub fn is_empty(&self) -> bool {
        self.samples == 0
    }

    /// How often a row counts in each sample, the true one first.
    pub fn counts(&self, row: &Row) -> &[u16] {
        let first = row.operator as usize * self.samples;
        &self.counts[first..first + self.samples]
    }
}

/// Adds how often a row counts to the sums of every sample.
pub(super) fn add_counts(sums: &mut [u32], counts: &[u16]) {
    for (sum, count) in sums.iter_mut().zip(counts) {
        *sum += u32::from(*count);
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
        assert_eq!(resamples.len(), 51);
        assert!(rows.iter().all(|row| resamples.counts(row)[0] == 1));
        for sample in 0..resamples.len() {
            let counts: Vec<u16> = rows.iter().map(|row| resamples.counts(row)[sample]).collect();
            assert_eq!(counts.iter().sum::<u16>(), 40, "twenty operators of two rows");
            assert!(counts.chunks(2).all(|pair| pair[0] == pair[1]));
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_interval_and_another_gives_another() {
        let rows = rows(200);
        let share = |seed| {
            let resamples = Resamples::draw(&rows, 200, seed);
            let mut positive = vec![0; resamples.len()];
            let found = rows.iter().filter(|row| row.positive);
            found.for_each(|row| add_counts(&mut positive, resamples.counts(row)));
            let figures: Vec<Option<f64>> = positive.iter().map(|count| Some(f64::from(*count) / 200.0)).collect();
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
