//! What the scores topic says of the time before.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use yujing_core::warning::{Coverage, Freshness, RestoredScore};
use yujing_telemetry::kafka::FutureScoresFound;

/// Clocks may have been set back by as much between two runs.
const CLOCK_SET_BACK: SignedDuration = SignedDuration::from_mins(5);

/// What the scores topic says of the time before.
#[derive(Debug, Default)]
pub(super) struct PastScores {
    /// The last score of every operator, by its key.
    by_key: BTreeMap<Vec<u8>, RestoredScore>,
    /// Sources whose events scores knew of.
    known_sources: BTreeSet<String>,
}

impl PastScores {
    /// Takes one record: without a value it takes its operator's score away. The error says why it is no score.
    pub(super) fn keep(&mut self, key: &[u8], value: Option<&[u8]>) -> Result<(), String> {
        let Some(value) = value else {
            self.by_key.remove(key);
            return Ok(());
        };
        let score: RestoredScore = serde_json::from_slice(value).map_err(|error| error.to_string())?;
        if score.operator_id.as_bytes() != key {
            return Err(format!("it is a score of {:?}", score.operator_id));
        }
        // Two partitions hold scores of one operator if the topic got more of them: the later one counts.
        if self.by_key.get(key).is_none_or(|known| known.as_of <= score.as_of) {
            self.by_key.insert(key.to_vec(), score);
        }
        Ok(())
    }

    /// Notes which sources a score knew events of.
    pub(super) fn note_sources(&mut self, value: &[u8]) {
        #[derive(Deserialize)]
        struct Covered {
            coverage: Coverage,
        }
        let Ok(Covered { coverage }) = serde_json::from_slice(value) else { return };
        let known = coverage.iter().filter(|(_, known)| matches!(known, Freshness::Fresh | Freshness::Stale));
        self.known_sources.extend(known.map(|(source, _)| source.clone()));
    }

    /// Whether a score knew events of a source.
    pub(super) fn know(&self, source: &str) -> bool {
        self.known_sources.contains(source)
    }

    pub(super) fn len(&self) -> usize {
        self.by_key.len()
    }

    /// The last score of every operator, none made later than `latest`, unless by as little as a clock may be set back;
    /// and what was to be corrected for that, if anything.
    pub(super) fn into_scores(self, latest: impl Fn() -> Timestamp) -> (Vec<RestoredScore>, Option<FutureScoresFound>) {
        let mut found: Option<FutureScoresFound> = None;
        let mut scores: Vec<RestoredScore> = self.by_key.into_values().collect();
        for score in &mut scores {
            let latest = latest();
            let ahead_by = score.as_of.duration_since(latest);
            if ahead_by > CLOCK_SET_BACK {
                let found = found.get_or_insert(FutureScoresFound { operators: 0, furthest: ahead_by });
                found.operators += 1;
                found.furthest = found.furthest.max(ahead_by);
                score.as_of = latest;
            }
        }
        (scores, found)
    }
}
