//! What is drawn for one warning: by its id, the event from which on it waits, and the seed, and by nothing else.

use jiff::{SignedDuration, Timestamp};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use yujing_core::rule::Deadline;
use yujing_core::warning::handling::{HandlingAction, Verdict};
use yujing_core::warning::{Calendar, WarningEvent};

use crate::plan::{AnswerShare, LevelAnswers};

/// Office hours end so long before the end of a day ...
const AFTER_OFFICE_HOURS: SignedDuration = SignedDuration::from_hours(7);
/// ... and last so long: from 9 to 17 o'clock.
const OFFICE_HOURS: SignedDuration = SignedDuration::from_hours(8);

/// When somebody takes the steps of answering a warning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct DrawnAnswers {
    acknowledged: Option<Timestamp>,
    answered: Option<(Timestamp, Verdict)>,
    reviewed: Option<Timestamp>,
}

impl DrawnAnswers {
    pub(super) fn of(seed: u64, level: &LevelAnswers, calendar: &Calendar, event: &WarningEvent) -> Self {
        let mut draws = Draws { random: generator(seed, event), calendar };
        // As many numbers are drawn whatever happens, so that one share says nothing about another step.
        let acknowledged = draws.step(level.acknowledged, event.as_of);
        let answered = draws.step(level.answered, acknowledged.unwrap_or(event.as_of));
        let verdict = draws.verdict(level);
        let reviewed = draws.step(level.reviewed, answered.unwrap_or(event.as_of));
        Self { acknowledged, answered: answered.zip(verdict), reviewed: answered.and(reviewed) }
    }

    /// In their order.
    pub(super) fn steps(self) -> impl Iterator<Item = (Timestamp, HandlingAction, Option<Verdict>)> {
        let acknowledged = self.acknowledged.map(|at| (at, HandlingAction::Acknowledged, None));
        let answered = self.answered.map(|(at, verdict)| (at, HandlingAction::Answered, Some(verdict)));
        let reviewed = self.reviewed.map(|at| (at, HandlingAction::Reviewed, None));
        [acknowledged, answered, reviewed].into_iter().flatten()
    }
}

fn generator(seed: u64, event: &WarningEvent) -> ChaCha8Rng {
    let mut bytes = [0; 32];
    bytes[..16].copy_from_slice(event.warning_id.as_bytes());
    bytes[16..24].copy_from_slice(&event.sequence.to_be_bytes());
    bytes[24..].copy_from_slice(&seed.to_be_bytes());
    ChaCha8Rng::from_seed(bytes)
}

struct Draws<'a> {
    random: ChaCha8Rng,
    calendar: &'a Calendar,
}

impl Draws<'_> {
    /// When a step is taken, counted from an instant; none if it is not.
    fn step(&mut self, share: Option<AnswerShare>, from: Timestamp) -> Option<Timestamp> {
        let [happens, day, time]: [f64; 3] = std::array::from_fn(|_| self.random.random());
        let AnswerShare { within, .. } = share.filter(|share| happens < share.share)?;
        match within {
            Deadline::Minutes(minutes) => {
                let all = SignedDuration::from_mins(i64::from(minutes));
                from.checked_add(part_of(all, time)).ok()
            }
            Deadline::WorkingDays(days) => {
                let chosen = 1 + part_of(SignedDuration::from_secs(i64::from(days)), day).as_secs();
                let end = self.calendar.due(from, Deadline::WorkingDays(u32::try_from(chosen).unwrap_or(days)));
                end.checked_sub(AFTER_OFFICE_HOURS).ok()?.checked_sub(part_of(OFFICE_HOURS, time)).ok()
            }
        }
    }

    fn verdict(&mut self, level: &LevelAnswers) -> Option<Verdict> {
        let mut left: f64 = self.random.random();
        let chosen = level.verdicts.iter().find(|(_, share)| {
            left -= **share;
            left < 0.0
        });
        chosen.or_else(|| level.verdicts.last_key_value()).map(|(verdict, _)| *verdict)
    }
}

/// A part, from 0 to below 1, of a length of time.
fn part_of(length: SignedDuration, part: f64) -> SignedDuration {
    SignedDuration::try_from_secs_f64(length.as_secs_f64() * part).unwrap_or(length)
}

#[cfg(test)]
mod tests {
    use jiff::civil::{date, time};
    use proptest::prelude::*;

    use super::*;

    /// Beijing, where 2026-03-02 is a Monday.
    fn calendar() -> Calendar {
        Calendar::default()
    }

    fn drawn(seed: u64, share: &str, from: Timestamp) -> Option<Timestamp> {
        let share = toml::from_str(share).expect("a share");
        let calendar = calendar();
        Draws { random: ChaCha8Rng::seed_from_u64(seed), calendar: &calendar }.step(Some(share), from)
    }

    fn monday_morning() -> Timestamp {
        date(2026, 3, 2).at(2, 21, 0, 0).in_tz("Asia/Shanghai").expect("a zone").timestamp()
    }

    proptest! {
        #[test]
        fn hours_are_drawn_evenly_within_and_working_days_within_office_hours(seed: u64) {
            let from = monday_morning();
            let at = drawn(seed, "share = 1.0\nwithin = '90m'", from).expect("everybody does");
            prop_assert!((0..90 * 60).contains(&at.duration_since(from).as_secs()));

            let at = drawn(seed, "share = 1.0\nwithin = '5wd'", from).expect("everybody does");
            let local = at.in_tz("Asia/Shanghai").expect("a zone");
            prop_assert!((date(2026, 3, 3)..=date(2026, 3, 9)).contains(&local.date()), "{local}");
            prop_assert!(calendar().is_working_day(local.date()), "{local}");
            prop_assert!((time(9, 0, 0, 0)..=time(17, 0, 0, 0)).contains(&local.time()), "{local}");
        }
    }

    #[test]
    fn a_share_of_none_does_nothing() {
        for seed in 0..64 {
            assert_eq!(drawn(seed, "share = 0.0\nwithin = '1h'", monday_morning()), None);
        }
    }
}
