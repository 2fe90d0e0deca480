//! When operators are gone through by the wall clock: a few at a time. By the log's clock it happens all at once, at [`Boundaries`](yujing_core::engine::Boundaries).

use std::time::{Duration, Instant};

use yujing_base::OperatorId;

/// The part of the interval in which a round is done; the rest is slack for batches.
const WORKING_SHARE: f64 = 0.8;

/// Rounds by the wall clock: everyone has a place in the round, by the order of their ids, and so a turn once an
/// interval.
#[derive(Debug)]
pub(super) struct SweepSchedule {
    interval: Duration,
    chunk: usize,
    began: Instant,
    /// The last operator that had its turn in this round.
    last_scored: Option<OperatorId>,
    finished: bool,
    /// Not before this instant is the next chunk due.
    next_check: Instant,
}

/// Operators whose turn it is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Chunk<'a> {
    pub operators: &'a [OperatorId],
    /// Whether the round is done with it.
    pub last: bool,
}

impl SweepSchedule {
    pub(super) fn begin(interval: Duration, chunk: usize, now: Instant) -> Self {
        Self { interval, chunk: chunk.max(1), began: now, last_scored: None, finished: false, next_check: now }
    }

    /// Whether it is time to ask for a chunk.
    pub(super) fn due(&self, now: Instant) -> bool {
        now >= self.next_check
    }

    /// The next operators whose turn has come, of all in the order of their ids.
    pub(super) fn next<'a>(&mut self, all: &'a [OperatorId], now: Instant) -> Option<Chunk<'a>> {
        if self.finished {
            let next_round = self.began + self.interval;
            if now < next_round {
                self.next_check = next_round;
                return None;
            }
            // A round that took too long is not made up for: the next begins now.
            self.began = if now >= next_round + self.interval { now } else { next_round };
            self.last_scored = None;
            self.finished = false;
        }
        let done =
            self.last_scored.as_ref().map_or(0, |last_scored| all.partition_point(|operator| operator <= last_scored));
        let working = self.interval.mul_f64(WORKING_SHARE);
        let end = (done + self.chunk).min(all.len());
        let due = self.began + working.mul_f64(share(end, all.len()));
        if now < due {
            self.next_check = due;
            return None;
        }
        self.last_scored = all[..end].last().cloned();
        self.finished = end == all.len();
        Some(Chunk { operators: &all[done..end], last: self.finished })
    }
}

/// `part / whole`, and all of nothing.
fn share(part: usize, whole: usize) -> f64 {
    let float = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    if whole == 0 { 1.0 } else { float(part) / float(whole) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operators(count: usize) -> Vec<OperatorId> {
        (0..count).map(|index| format!("op{index:03}").into()).collect()
    }

    #[test]
    fn everyone_has_one_turn_a_round_whatever_the_chunk() {
        for (count, chunk) in [(0, 4), (1, 4), (10, 3), (10, 10), (10, 1)] {
            let all = operators(count);
            let began = Instant::now();
            let mut rounds = SweepSchedule::begin(Duration::from_secs(100), chunk, began);
            let mut seen: Vec<OperatorId> = Vec::new();
            let mut completed = 0;
            for second in 0..100 {
                while let Some(due) = rounds.next(&all, began + Duration::from_secs(second)) {
                    assert!(due.operators.len() <= chunk);
                    seen.extend_from_slice(due.operators);
                    completed += u32::from(due.last);
                }
            }
            assert_eq!(seen, all, "{count} by {chunk}");
            assert_eq!(completed, 1, "{count} by {chunk}");
        }
    }

    #[test]
    fn an_operator_that_appears_in_a_round_has_its_turn_within_an_interval() {
        let began = Instant::now();
        let mut rounds = SweepSchedule::begin(Duration::from_secs(100), 1, began);
        let mut all = operators(4);
        assert!(rounds.next(&all, began + Duration::from_secs(25)).is_some());
        all.insert(0, "aa".into());
        let mut turn = None;
        for second in 25..=200 {
            while let Some(due) = rounds.next(&all, began + Duration::from_secs(second)) {
                if due.operators.contains(&all[0]) {
                    turn = turn.or(Some(second));
                }
            }
        }
        assert!(turn.is_some_and(|second| second <= 125), "{turn:?}");
    }
}
