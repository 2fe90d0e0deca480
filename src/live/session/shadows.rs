//! Shadow rulesets: they score what the ruleset in force scores, and their warnings leave in the same transactions, to
//! a topic of their own. One that fails is detached, and nothing else suffers (I6).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rdkafka::message::{BorrowedMessage, Message as _};
use yujing_config::Config;
use yujing_core::engine::{Pending, Staged, Standings, Tally};
use yujing_core::warning::record::RestoredWarning;
use yujing_kafka::producer_record::ProducerRecord;
use yujing_kafka::{Reader, StrayRecords, headers};
use yujing_telemetry::shadow::{CandidateAttached, CandidateDecided, CandidateFailed, CandidatesRestored};
use yujing_telemetry::{InternalEvent as _, Metrics};

use super::Session;
use super::ruleset_change::{Change, Round};
use crate::encoder::CANDIDATE;
use crate::error::Stop;
use crate::shadow::Candidates;
use crate::shadow::candidates::CandidateRulesets;

/// A shadow that takes longer over one batch holds up the scores that count.
const MAX_BATCH: Duration = Duration::from_secs(2);

/// The shadows that are attached.
#[derive(Debug, Default)]
pub(super) struct Shadows {
    /// By place.
    names: Vec<String>,
    /// What those that are not attached made of every operator.
    standings: BTreeMap<String, Standings>,
    /// Of the candidates that were looked at.
    version: u64,
    /// Whether a new one has not scored everyone yet.
    is_new: bool,
    /// Those that failed, until they are detached.
    failed: Vec<FailedShadow>,
}

/// A shadow that failed.
#[derive(Debug)]
struct FailedShadow {
    place: usize,
    reason: String,
}

impl Shadows {
    /// What candidates of the configuration made of operators before, from their own topic. Since when a score has been
    /// low is not on it: after a start a candidate's dwell begins anew.
    pub(super) fn restore(
        config: &Config,
        candidates: &Candidates,
        reader: &Reader,
        metrics: &Metrics,
        tick: &mut dyn FnMut() -> Result<(), Stop>,
    ) -> Result<Self, Stop> {
        let mut shadows = Self::default();
        if config.engine.shadow.is_empty() {
            return Ok(shadows);
        }
        let newest = newest_warnings(reader, &config.topics.shadow_warnings, metrics, tick)?;
        let rulesets = candidates.rulesets().by_name;
        for ((name, _), past) in newest {
            let judged_by = rulesets.get(&name).filter(|ruleset| ruleset.hash == past.ruleset).map(Arc::clone);
            shadows.standings.entry(name).or_default().restore(past.into_score(), judged_by);
        }
        CandidatesRestored { names: config.engine.shadow.keys() }.emit(metrics);
        Ok(shadows)
    }
}

/// The newest warning of each candidate about each operator.
fn newest_warnings(
    reader: &Reader,
    topic: &str,
    metrics: &Metrics,
    tick: &mut dyn FnMut() -> Result<(), Stop>,
) -> Result<BTreeMap<(String, Vec<u8>), RestoredWarning>, Stop> {
    let mut newest = BTreeMap::new();
    let mut strays = StrayRecords::on(topic);
    reader.read(
        topic,
        &reader.whole(topic)?,
        |message| {
            let read = read_warning(message).map(|(name, past)| {
                newest.insert((name, message.key().unwrap_or_default().to_vec()), past);
            });
            strays.note(message, read);
            Ok(())
        },
        |_| tick(),
    )?;
    strays.report(metrics);
    Ok(newest)
}

/// The candidate that warned, and its warning.
fn read_warning(message: &BorrowedMessage<'_>) -> Result<(String, RestoredWarning), String> {
    let name = headers::value(message, CANDIDATE).unwrap_or_default();
    let past = serde_json::from_slice(message.payload().unwrap_or_default()).map_err(|error| error.to_string())?;
    Ok((String::from_utf8_lossy(&name).into_owned(), past))
}

impl Session<'_> {
    /// Whether one is to be attached or detached, or to score everyone.
    pub(super) fn shadows_changed(&self) -> bool {
        let Shadows { version, is_new, failed, .. } = &self.shadows;
        *is_new || !failed.is_empty() || self.candidates.version() != *version
    }

    /// Attaches candidates that are in order, and detaches those that got another ruleset.
    pub(super) fn attach_shadows(&mut self) {
        if self.candidates.version() == self.shadows.version {
            return;
        }
        let CandidateRulesets { version, by_name } = self.candidates.rulesets();
        self.shadows.version = version;
        for place in (0..self.shadows.names.len()).rev() {
            let attached = self.engine.rulesets().nth(place + 1);
            let wanted = by_name.get(&self.shadows.names[place]);
            if !attached.zip(wanted).is_some_and(|(attached, wanted)| Arc::ptr_eq(attached, wanted)) {
                self.detach_shadow(place);
            }
        }
        for (name, ruleset) in by_name {
            if self.shadows.names.contains(&name) {
                continue;
            }
            let standings = self.shadows.standings.remove(&name).unwrap_or_default();
            let (hash, count) = (&ruleset.hash, standings.len());
            CandidateAttached { name: &name, hash, standings: count }.emit(&self.control.metrics);
            self.candidates.attached(&name, hash);
            self.engine.attach_candidate(ruleset, standings);
            self.shadows.names.push(name);
            self.shadows.is_new = true;
        }
    }

    fn detach_shadow(&mut self, place: usize) {
        let standings = self.engine.detach_shadow(place);
        let name = self.shadows.names.remove(place);
        self.shadows.standings.insert(name, standings);
    }

    /// Lets new shadows score everyone, a few operators at a time.
    pub(super) fn begin_scoring_shadows(&mut self) {
        if self.change.is_none() && std::mem::take(&mut self.shadows.is_new) {
            self.change = Some(Change::ScoringShadows(Round::of(self.engine.operators())));
        }
    }

    /// Everyone was scored with the shadows attached.
    pub(super) fn shadows_scored_everyone(&mut self) {
        self.shadows.is_new = false;
    }

    /// What leaves of a decision for the shadows' topic.
    pub(super) fn shadow_records(&self, pending: &Pending) -> Vec<ProducerRecord> {
        let outputs = self.shadows.names.iter().zip(&pending.shadows);
        outputs
            .flat_map(|(name, output)| output.warnings.iter().map(|event| self.encoder.shadow(name, event)))
            .collect()
    }

    /// Counts what shadows decided, and finds those that failed or held up the scores that count.
    pub(super) fn note_shadows(&mut self, staged: &Staged) {
        for (place, (name, output)) in self.shadows.names.iter().zip(&staged.shadows).enumerate() {
            CandidateDecided { name, tally: &output.tally }.emit(&self.control.metrics);
            let took = duration(&output.tally);
            let reason = if let Some(reason) = staged.failures.get(&place) {
                reason.clone()
            } else if took > MAX_BATCH {
                let operators = output.tally.operators_scored;
                format!("it took {took:.1?} over {operators} operators, at most {MAX_BATCH:?} are good")
            } else {
                continue;
            };
            if self.shadows.failed.iter().all(|failed| failed.place != place) {
                self.shadows.failed.push(FailedShadow { place, reason });
            }
        }
    }

    /// Detaches those that failed.
    pub(super) fn detach_failed(&mut self) {
        let mut failed = std::mem::take(&mut self.shadows.failed);
        failed.sort_by_key(|failed| failed.place);
        for FailedShadow { place, reason } in failed.into_iter().rev() {
            let name = self.shadows.names[place].clone();
            self.detach_shadow(place);
            CandidateFailed { name: &name, reason: &reason }.emit(&self.control.metrics);
            self.candidates.failed(&name, reason);
        }
    }
}

fn duration(tally: &Tally) -> Duration {
    tally.stages.values().sum()
}
