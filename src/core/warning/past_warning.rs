//! Warnings that are over (既往预警), as an operator's standing remembers them.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::rule::Level;
use crate::warning::handling::Verdict;
use crate::warning::standing::OpenWarning;

/// How many of an operator's warnings that are over are remembered at most: the newest.
pub const MOST_PAST_WARNINGS: usize = 32;
/// For how long after its end a warning is remembered.
pub const REMEMBERED: SignedDuration = SignedDuration::from_hours(730 * 24);

/// A warning that is over, as it was at its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastWarning {
    pub id: Uuid,
    /// The highest level that it had without rules that read past warnings; none if it rested on these alone.
    pub level: Level,
    pub opened_at: Timestamp,
    pub closed_at: Timestamp,
    /// When its action was due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// When the answer came that stood; none if nobody had answered, or had to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<Timestamp>,
    /// What that answer says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// Whether somebody had to answer it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub handled: bool,
    /// Whether one of its clocks ever passed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub overdue: bool,
}

impl PastWarning {
    /// What is remembered of a warning that ends.
    pub fn of(warning: &OpenWarning, closed_at: Timestamp) -> Self {
        let handling = warning.handling.as_deref();
        Self {
            id: warning.id,
            level: warning.highest,
            opened_at: warning.opened_at,
            closed_at,
            due_at: warning.due_at,
            answered_at: handling.and_then(|handling| handling.answered_at),
            verdict: handling.and_then(|handling| handling.verdict),
            handled: handling.is_some(),
            overdue: warning.was_overdue,
        }
    }

    /// Adds one that has just ended to those of its operator, the oldest first, and forgets what is too old or too much.
    pub fn remember(past: &mut Vec<Self>, ended: Self) {
        let since = ended.closed_at.saturating_sub(REMEMBERED).unwrap_or(Timestamp::MIN);
        past.push(ended);
        past.retain(|warning| warning.closed_at > since);
        let beyond = past.len().saturating_sub(MOST_PAST_WARNINGS);
        past.drain(..beyond);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(day: i64) -> PastWarning {
        let closed_at = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * day);
        PastWarning {
            id: Uuid::from_u128(day.unsigned_abs().into()),
            level: Level::Red,
            opened_at: closed_at,
            closed_at,
            due_at: None,
            answered_at: None,
            verdict: None,
            handled: false,
            overdue: false,
        }
    }

    fn days(past: &[PastWarning]) -> Vec<u128> {
        past.iter().map(|warning| warning.id.as_u128()).collect()
    }

    #[test]
    fn those_of_two_years_are_remembered_and_of_these_the_newest() {
        let mut past = Vec::new();
        for day in [1, 2, 731, 732] {
            PastWarning::remember(&mut past, ended(day));
        }
        assert_eq!(days(&past), [731, 732], "the day of the end does not count");
        for day in 733..=800 {
            PastWarning::remember(&mut past, ended(day));
        }
        assert_eq!(days(&past), (769..=800).collect::<Vec<u128>>());
        assert_eq!(past.len(), MOST_PAST_WARNINGS);
    }
}
