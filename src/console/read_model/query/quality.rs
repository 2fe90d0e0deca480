//! What each rule was worth lately: from warnings, and from the answers to them.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::Value;
use yujing_core::warning::Policy;
use yujing_core::warning::quality::{PastEvent, RuleQuality, WarningAnswers, rule_qualities};

use crate::error::ConsoleError;
use crate::instant::micros;
use crate::read_model::ReadModel;

/// How far back it is looked.
const LATELY: SignedDuration = SignedDuration::from_hours(24 * 90);
/// Most events of warnings that are looked at, the newest.
const MOST_EVENTS: u32 = 20_000;

/// What a rule was worth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleWorth {
    pub opened: u64,
    /// Would not have been opened without it.
    pub opened_unique: u64,
    pub escalated: u64,
    pub escalated_unique: u64,
    pub answered: u64,
    pub false_alarms: u64,
    pub last_fired: Option<Timestamp>,
}

impl From<RuleQuality> for RuleWorth {
    fn from(quality: RuleQuality) -> Self {
        Self {
            opened: quality.opened.warnings,
            opened_unique: quality.opened.unique,
            escalated: quality.escalated.warnings,
            escalated_unique: quality.escalated.unique,
            answered: quality.answered,
            false_alarms: quality.false_alarms(),
            last_fired: quality.last_fired,
        }
    }
}

impl ReadModel {
    /// By rule, over the last 90 days, measured by one policy (`ruleset.toml`); nothing if that cannot be read.
    ///
    /// # Errors
    /// If the database fails.
    pub fn rule_worth(&self, policy: &str, now: Timestamp) -> Result<BTreeMap<String, RuleWorth>, ConsoleError> {
        let Ok(policy) = Policy::read(Path::new("ruleset.toml"), policy) else { return Ok(BTreeMap::new()) };
        let since = now.saturating_sub(LATELY).unwrap_or(Timestamp::MIN);
        let (events, answers) = self.read(|db| {
            let mut statement =
                db.prepare("SELECT record FROM warning_event WHERE as_of >= ?1 ORDER BY as_of DESC, sequence DESC LIMIT ?2")?;
            let records = statement.query_map((micros(since), MOST_EVENTS), |row| row.get::<_, String>(0))?;
            let mut events: Vec<PastEvent> = Vec::new();
            for record in records {
                // What no engine wrote says nothing of a rule.
                events.extend(serde_json::from_str::<PastEvent>(&record?).ok());
            }
            events.reverse();
            let mut statement =
                db.prepare("SELECT warning_id, record FROM disposition WHERE warning_id IS NOT NULL AND NOT retracted AND occurred_at >= ?1")?;
            let said = statement
                .query_map([micros(since)], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
            let mut answers = WarningAnswers::new();
            for row in said {
                let (warning, record) = row?;
                note_answer(&mut answers, &warning, &record);
            }
            Ok((events, answers))
        })?;
        let by_rule = rule_qualities(|_| &policy, &events, since, &answers);
        Ok(by_rule.into_iter().map(|(rule, quality)| (rule, quality.into())).collect())
    }
}

/// The action and the verdict of a disposition.
fn note_answer(answers: &mut WarningAnswers, warning: &str, record: &str) {
    let (Ok(warning), Ok(record)) = (warning.parse(), serde_json::from_str::<Value>(record)) else { return };
    let words = ["action", "verdict"].into_iter().filter_map(|name| record[name].as_str());
    answers.entry(warning).or_default().extend(words.map(str::to_owned));
}
