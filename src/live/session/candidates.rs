//! Candidates beside the ruleset in force: they judge what it judges, and their warnings leave in the same transactions, to
//! a topic of their own. What goes wrong with one takes its seat and nothing else (I6).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rdkafka::message::{BorrowedMessage, Message as _};

use super::rules::Change;
use super::{Halt, Session};
use crate::engine::{Pending, Standings, Tally};
use crate::kafka::outgoing::Outgoing;
use crate::kafka::reader::Reader;
use crate::kafka::{Strays, headers};
use crate::live::encoder::CANDIDATE;
use crate::live::run::Runner;
use crate::telemetry::InternalEvent as _;
use crate::telemetry::kafka::StraysFound;
use crate::telemetry::shadow::{CandidateDecided, CandidateFailed, CandidateSeated, CandidatesRestored};
use crate::warning::record::PastWarning;

/// A candidate that takes longer over one batch holds up the scores that count.
const LONGEST: Duration = Duration::from_secs(2);

/// Who has a seat.
#[derive(Debug, Default)]
pub(super) struct Seats {
    /// By place.
    names: Vec<String>,
    /// What those without a seat made of every operator.
    standings: BTreeMap<String, Standings>,
    /// Of the candidates that were looked at.
    edition: u64,
    /// Whether a new one has not judged everyone yet.
    is_new: bool,
}

impl Seats {
    /// What candidates of the configuration made of operators before, from their own topic. Since when a score has been
    /// low is not on it: after a start a candidate's dwell begins anew.
    pub(super) fn restore(
        runner: &Runner,
        reader: &Reader,
        tick: &mut dyn FnMut() -> Result<(), Halt>,
    ) -> Result<Self, Halt> {
        let mut seats = Self::default();
        if runner.config.engine.shadow.is_empty() {
            return Ok(seats);
        }
        let topic = &runner.config.topics.shadow_warnings;
        let mut newest: BTreeMap<(String, Vec<u8>), PastWarning> = BTreeMap::new();
        let mut strays = Strays::on(topic);
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
        StraysFound { strays: &strays }.emit(&runner.metrics);
        let (_, rulesets) = runner.desk.candidates.rulesets();
        for ((name, _), past) in newest {
            let judged_by = rulesets.iter().find(|(known, ruleset)| *known == name && ruleset.hash == past.ruleset);
            let judged_by = judged_by.map(|(_, ruleset)| Arc::clone(ruleset));
            seats.standings.entry(name).or_default().restore(past.into_score(), judged_by);
        }
        CandidatesRestored { names: runner.config.engine.shadow.keys() }.emit(&runner.metrics);
        Ok(seats)
    }
}

/// The candidate that told of a warning, and what it told.
fn read_warning(message: &BorrowedMessage<'_>) -> Result<(String, PastWarning), String> {
    let name = headers::value(message, CANDIDATE).unwrap_or_default();
    let past = serde_json::from_slice(message.payload().unwrap_or_default()).map_err(|error| error.to_string())?;
    Ok((String::from_utf8_lossy(&name).into_owned(), past))
}

impl Session<'_> {
    /// Gives seats to candidates that are in order and have none, and takes those of candidates that got another ruleset.
    pub(super) fn seat_candidates(&mut self) {
        let candidates = &self.runner.desk.candidates;
        if candidates.edition() == self.seats.edition {
            return;
        }
        let (edition, rulesets) = candidates.rulesets();
        self.seats.edition = edition;
        for place in (0..self.seats.names.len()).rev() {
            let seated = self.engine.rulesets().nth(place + 1);
            let stays = rulesets.iter().any(|(name, ruleset)| {
                *name == self.seats.names[place] && seated.is_some_and(|seated| Arc::ptr_eq(seated, ruleset))
            });
            if !stays {
                self.take_seat(place);
            }
        }
        for (name, ruleset) in rulesets {
            if self.seats.names.contains(&name) {
                continue;
            }
            let standings = self.seats.standings.remove(&name).unwrap_or_default();
            CandidateSeated { name: &name, hash: &ruleset.hash, standings: standings.len() }.emit(&self.runner.metrics);
            self.runner.desk.candidates.seated(&name, &ruleset.hash);
            self.engine.try_out(ruleset, standings);
            self.seats.names.push(name);
            self.seats.is_new = true;
        }
    }

    fn take_seat(&mut self, place: usize) {
        let standings = self.engine.unseat(place);
        let name = self.seats.names.remove(place);
        self.seats.standings.insert(name, standings);
    }

    /// Lets new candidates judge everyone, a few operators at a time.
    pub(super) fn begin_trial(&mut self) {
        if self.change.is_none() && std::mem::take(&mut self.seats.is_new) {
            self.change = Some(Change::Trying { operators: self.engine.operators(), done: 0 });
        }
    }

    /// Everyone was scored with the candidates seated.
    pub(super) fn trial_is_under_way(&mut self) {
        self.seats.is_new = false;
    }

    /// What leaves of a decision for the candidates' topic.
    pub(super) fn candidates_records(&self, pending: &Pending) -> Vec<Outgoing> {
        let outputs = self.seats.names.iter().zip(&pending.beside);
        outputs
            .flat_map(|(name, output)| output.warnings.iter().map(|event| self.encoder.shadow(name, event)))
            .collect()
    }

    /// Tells what candidates decided, and finds those that failed or held up the scores that count: place and reason.
    pub(super) fn judge_candidates(&self, pending: &Pending) -> Vec<(usize, String)> {
        let mut bad = Vec::new();
        for (place, (name, output)) in self.seats.names.iter().zip(&pending.beside).enumerate() {
            CandidateDecided { name, tally: &output.tally }.emit(&self.runner.metrics);
            let took = duration(&output.tally);
            if let Some(reason) = pending.failures.get(&place) {
                bad.push((place, reason.clone()));
            } else if took > LONGEST {
                let operators = output.tally.operators_scored;
                bad.push((
                    place,
                    format!("it took {took:.1?} over {operators} operators, at most {LONGEST:?} are good"),
                ));
            }
        }
        bad
    }

    /// Takes the seats of candidates that failed.
    pub(super) fn dismiss(&mut self, bad: Vec<(usize, String)>) {
        for (place, reason) in bad.into_iter().rev() {
            let name = self.seats.names[place].clone();
            self.take_seat(place);
            CandidateFailed { name: &name, reason: &reason }.emit(&self.runner.metrics);
            self.runner.desk.candidates.failed(&name, reason);
        }
    }
}

fn duration(tally: &Tally) -> Duration {
    tally.stages.values().sum()
}
