//! The core joined: records in, scores, warnings and dead letters out. [`Engine::apply`] decides without changing
//! anything and returns a [`Pending`]; [`Engine::commit`] installs its delta once the transaction that carried its
//! output is committed. Dropping a `Pending` undoes it.
//!
//! An engine has one champion ruleset, and may have others beside it: events are decoded and kept once, each ruleset
//! gives standings of its own.
//!
//! - [`intake`]: records → events admitted into a delta
//! - [`ahead`]: events that come into sight later
//! - [`answers`]: answers to warnings, laid to the rules that raised them
//! - [`judge`]: operators → features → rules → score → lifecycle → the records that leave
//! - `ground`: whether a batch took away what a level rests on
//! - `former`: whether facts or rules made a step
//! - `step`: the level moved on, with what a warning has told and when it is due
//! - `swap`: another ruleset in force, and what it would change
//! - [`explain`]: why and why not, for a person who asks
//! - [`change`]: the smallest change that would move a level
//! - [`opinion`]: what a score would be, without anything coming of it
//! - [`recheck`]: a warning recomputed from its own content
//! - [`beside`]: the champion and those beside it, asked together
//! - [`boundaries`]: when everyone is scored by the log's clock
//! - [`output`]: what a batch gives

mod ahead;
mod answers;
pub mod beside;
pub mod boundaries;
mod change;
pub mod explain;
mod former;
mod ground;
mod intake;
mod judge;
pub mod opinion;
pub mod output;
pub mod recheck;
mod step;
mod swap;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use serde_json::{Map, Value};

pub use beside::{Failures, Standings};
pub use boundaries::Boundaries;
pub use change::{LevelChange, LevelChanges};
pub use explain::{Explanation, RuleAnswer};
pub use opinion::{Opinion, Opinions, Without};
pub use output::{DeadLetter, Newest, Output, RuleTally, Tally};
pub use recheck::Recomputed;

pub use crate::source::Positions;

use self::judge::{Judge, Judged, Question, Scene};
use crate::feature::{FeatureError, SharedFeatures};
use crate::ruleset::Ruleset;
use crate::source::{Decoder, Record, SourceId, Sources};
use crate::warning::record::RestoredScore;
use crate::warning::{Cause, Coverage, Freshness, Level, OpenWarning, ScoreRecord, Standing};
use crate::window::{self, View, WindowStore};
use ahead::{Ahead, Moment};
use answers::{Answering, Raisers};
use beside::Answers;
use yujing_base::OperatorId;

/// What is to be done with a batch of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Rebuilding what was committed before: only the window store changes, nothing leaves.
    Restore,
    /// Catching up after a start: events are applied and dead letters leave, nobody is scored yet.
    CatchUp,
    /// Events are applied and every operator touched is scored once.
    Live,
}

/// What leaves of a ruleset's judgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaving {
    /// Scores, and warnings with their evidence.
    Everything,
    /// Warnings without evidence, and no scores: for who counts warnings, at a fraction of the cost.
    Warnings,
}

/// Everything the engine knows. One owner, one thread.
#[derive(Debug)]
pub struct Engine {
    sources: Arc<Sources>,
    decoders: Vec<Decoder>,
    answering: Option<Answering>,
    store: WindowStore,
    /// The ruleset whose scores and warnings count.
    champion: Judge,
    /// Other rulesets, asked the same questions.
    beside: Vec<Judge>,
    /// The newest record timestamp of each source: how fresh it is.
    heard: BTreeMap<SourceId, Timestamp>,
    /// Sources of which something was written that cannot be read yet. It marks scores, and decides nothing.
    held: BTreeSet<SourceId>,
    /// Events that no question up to `as_of` sees.
    ahead: Ahead,
    as_of: Option<Timestamp>,
    gap: Option<String>,
}

/// What the engine remembers of an operator between two scores.
#[derive(Debug, Clone, Default)]
struct OperatorState {
    standing: Standing,
    /// Content hash of the last score written, to write the next only when something changed.
    written: Option<u128>,
    /// The level of the last score; `None` before the first.
    level: Option<Level>,
    /// The ruleset of the last score, as far as it is known.
    judged_by: Option<Arc<Ruleset>>,
    /// The rules behind the newest warning, as far as they are known.
    raisers: Option<Raisers>,
    /// Whether the open warning lost its ground to events that were applied without scoring.
    is_bereft: bool,
}

/// What a batch or a sweep decided: `output` is to leave in one transaction with the offsets.
#[derive(Debug)]
pub struct Pending {
    pub output: Output,
    /// What the rulesets beside the champion decided, in their order: no dead letters, and no records counted.
    pub beside: Vec<Output>,
    /// Those among them that are only tried and failed.
    pub failures: Failures,
    delta: Delta,
}

/// What is installed after the commit.
#[derive(Debug, Default)]
struct Delta {
    events: window::Delta,
    /// The new states, for each judge.
    operators: Vec<States>,
    heard: BTreeMap<SourceId, Timestamp>,
    /// Events still out of sight.
    ahead: Vec<Moment>,
    /// Events that have come into sight, and whose operators were scored or will be by a start.
    in_sight: Vec<Moment>,
    as_of: Option<Timestamp>,
}

/// New states of operators.
type States = Vec<(OperatorId, OperatorState)>;

impl Engine {
    pub fn new(sources: Arc<Sources>, ruleset: Arc<Ruleset>) -> Self {
        Self::with(sources, ruleset, Leaving::Everything)
    }

    /// As [`Engine::new`], with a choice of what leaves.
    pub fn with(sources: Arc<Sources>, ruleset: Arc<Ruleset>, leaving: Leaving) -> Self {
        let decoders = sources.iter().map(|(id, source)| Decoder::new(id, Arc::clone(source))).collect();
        let (store, answering) = (WindowStore::new(&sources), Answering::find(&sources));
        Self {
            sources,
            decoders,
            answering,
            store,
            champion: Judge::new(ruleset, leaving),
            beside: Vec::new(),
            heard: BTreeMap::new(),
            held: BTreeSet::new(),
            ahead: Ahead::default(),
            as_of: None,
            gap: None,
        }
    }

    /// Seats another ruleset beside the champion: from now on it judges whoever the champion judges, over the same
    /// events, with standings of its own. Features that both have are computed once.
    pub fn seat(&mut self, ruleset: Arc<Ruleset>, leaving: Leaving) {
        self.beside.push(Judge::new(ruleset, leaving));
    }

    /// Notes that events may be missing (a start with `--accept-gap`): every score is degraded from now on.
    pub fn accept_gap(&mut self, reason: String) {
        self.gap = Some(reason);
    }

    /// Notes of which sources something was written that cannot be read yet: the coverage of scores names them from now on.
    pub fn hold_back(&mut self, sources: BTreeSet<SourceId>) {
        self.held = sources;
    }

    /// Takes an operator's standing back from the `scores` topic, with the ruleset that gave it if that can still be had.
    pub fn restore_standing(&mut self, score: RestoredScore, judged_by: Option<Arc<Ruleset>>) {
        self.as_of = self.as_of.max(Some(score.as_of));
        let raisers = Raisers::restored(&score);
        let state = OperatorState { standing: score.standing, judged_by, raisers, ..OperatorState::default() };
        self.champion.operators.insert(score.operator_id.into(), state);
    }

    /// The greatest instant decided and committed; `None` before the first record.
    pub fn as_of(&self) -> Option<Timestamp> {
        self.as_of
    }

    /// Decides a batch as of the greatest of its record timestamps and the engine's as-of. `positions` are the offsets
    /// that will be committed with it; warnings quote them.
    ///
    /// # Errors
    /// If no feature could be computed at all; the batch can be tried again.
    pub fn apply(&self, records: Vec<Record>, positions: &Positions, mode: Mode) -> Result<Pending, FeatureError> {
        self.apply_until(records, positions, mode, Timestamp::MAX)
    }

    /// As [`Engine::apply`], but as of `latest` where record timestamps lie behind it: no record moves the time of all
    /// ahead of the clock. What it tells of comes into sight when its time has come.
    ///
    /// # Errors
    /// As [`Engine::apply`].
    pub fn apply_until(
        &self,
        records: Vec<Record>,
        positions: &Positions,
        mode: Mode,
        latest: Timestamp,
    ) -> Result<Pending, FeatureError> {
        let started = Instant::now();
        let mut intake = self.take_in(records);
        intake.tally.stages.insert("intake", started.elapsed());
        if mode != Mode::Restore {
            self.count_answers(&intake.answers, &mut intake.tally);
        }
        let as_of = self.as_of.max(intake.newest_record.map(|newest| newest.min(latest)));
        let ahead = intake.ahead.into_iter().filter(|(time, _)| as_of.is_none_or(|as_of| *time > as_of)).collect();
        let in_sight: Vec<Moment> = as_of.iter().flat_map(|as_of| self.ahead.due(*as_of)).cloned().collect();
        let mut output = Output { dead_letters: intake.dead_letters, tally: intake.tally, ..Output::default() };
        let mut answers = Answers::default();
        let view = self.store.view_with(&intake.events);
        if let (Mode::Live, Some(as_of)) = (mode, as_of) {
            let came_into_sight = in_sight.iter().map(|(_, operator)| operator);
            let touched = intake.events.touched.iter().filter(|operator| view.is_changed(operator, as_of));
            let concerned: BTreeSet<&OperatorId> = touched.chain(came_into_sight).collect();
            let concerned: Vec<OperatorId> = concerned.into_iter().cloned().collect();
            let operators = &concerned;
            let question = Question { operators, as_of, cause: Cause::Events, positions, write_all: false };
            answers = self.judge(view, &intake.heard, &question, &mut output)?;
        }
        if let (Mode::CatchUp, Some(as_of)) = (mode, as_of) {
            answers.operators = self.bereave(view, &intake.events.touched, as_of)?;
        }
        if mode == Mode::Restore {
            output = Output { tally: output.tally, ..Output::default() };
        }
        let Answers { beside, failures, operators } = answers;
        let delta = Delta { events: intake.events, operators, heard: intake.heard, ahead, in_sight, as_of };
        Ok(Pending { output, beside, failures, delta })
    }

    /// Re-scores some operators at an instant without new events (a sweep, or everybody once after a start). Scores leave
    /// even if nothing changed but the time.
    ///
    /// # Errors
    /// As [`Engine::apply`].
    pub fn sweep(
        &self,
        operators: &[OperatorId],
        as_of: Timestamp,
        cause: Cause,
        positions: &Positions,
    ) -> Result<Pending, FeatureError> {
        let as_of = self.never_before(as_of);
        let question = Question { operators, as_of, cause, positions, write_all: true };
        let mut output = Output::default();
        let answers = self.judge(self.store.view(), &BTreeMap::new(), &question, &mut output)?;
        let Answers { beside, failures, operators: states } = answers;
        let scored: BTreeSet<&OperatorId> = operators.iter().collect();
        let in_sight = self.ahead.due(as_of).filter(|(_, operator)| scored.contains(operator)).cloned().collect();
        let delta = Delta { operators: states, in_sight, as_of: Some(as_of), ..Delta::default() };
        Ok(Pending { output, beside, failures, delta })
    }

    /// Re-scores, under each ruleset, the operators that it has an open warning of: in the meantime others may have
    /// been warned of, but only these can be eased or resolved.
    ///
    /// # Errors
    /// As [`Engine::apply`].
    pub fn sweep_warned(&self, as_of: Timestamp, positions: &Positions) -> Result<Pending, FeatureError> {
        let as_of = self.never_before(as_of);
        let view = self.store.view();
        let scene = self.scene(view, &BTreeMap::new(), as_of);
        let mut outputs = Vec::new();
        let mut states = Vec::new();
        for judge in self.judges() {
            let warned: Vec<OperatorId> = judge.warned().into_iter().collect();
            let question = Question { operators: &warned, as_of, cause: Cause::Time, positions, write_all: true };
            let mut shared = SharedFeatures::new(view, &warned, as_of);
            let mut output = Output::default();
            states.push(judge.judge(&scene, &question, &mut shared, &mut output)?);
            outputs.push(output);
        }
        let beside = outputs.split_off(1);
        let output = outputs.pop().unwrap_or_default();
        let delta = Delta { operators: states, as_of: Some(as_of), ..Delta::default() };
        Ok(Pending { output, beside, failures: Failures::new(), delta })
    }

    /// Notes whose open warnings lose their ground to a batch that is applied without scoring: the score that follows a
    /// start sees the facts as they are by then, and could not tell it from time that passed.
    fn bereave(
        &self,
        view: View<'_>,
        touched: &BTreeSet<OperatorId>,
        as_of: Timestamp,
    ) -> Result<Vec<States>, FeatureError> {
        let of = |judge: &Judge| match judge.bereaved(view, touched, as_of) {
            // What is only tried spoils no batch.
            Err(_) if judge.is_tried => Ok(States::new()),
            states => states,
        };
        self.judges().map(of).collect()
    }

    /// What is known as of an instant; `heard` is laid over what was committed.
    fn scene<'a>(&'a self, view: View<'a>, heard: &BTreeMap<SourceId, Timestamp>, as_of: Timestamp) -> Scene<'a> {
        let freshness = |id: SourceId, silence: Option<jiff::SignedDuration>| {
            let newest = heard.get(&id).or_else(|| self.heard.get(&id));
            match (newest, silence) {
                _ if self.held.contains(&id) => Freshness::Held,
                (None, _) => Freshness::Never,
                (Some(newest), Some(silence)) if as_of.duration_since(*newest) > silence => Freshness::Stale,
                (Some(_), _) => Freshness::Fresh,
            }
        };
        let sources = self.sources.iter();
        let coverage: Coverage =
            sources.map(|(id, source)| (source.name.to_string(), freshness(id, source.max_silence))).collect();
        Scene { sources: &self.sources, view, coverage, gap: self.gap.as_deref() }
    }

    /// Judges one operator, named as the sources name it, for a person who asks; `None` if nothing is known of it.
    fn judge_one(&self, operator: &OperatorId, as_of: Timestamp) -> Result<Option<Judged>, FeatureError> {
        let as_of = self.never_before(as_of);
        if !self.champion.operators.contains_key(operator) && !self.has_any(operator, as_of) {
            return Ok(None);
        }
        let scene = self.scene(self.store.view(), &BTreeMap::new(), as_of);
        self.champion.judge_one(&scene, operator, as_of).map(Some)
    }

    fn has_any(&self, operator: &OperatorId, as_of: Timestamp) -> bool {
        !self.records_of(operator, as_of).is_empty()
    }

    /// How many records of an operator features see as of an instant, by the source's name; only sources that have any.
    pub fn records_of(&self, operator: &OperatorId, as_of: Timestamp) -> BTreeMap<String, usize> {
        let asked = std::slice::from_ref(operator);
        let rows = |source| self.store.view().gather(source, asked, as_of).num_rows();
        let counted = self.sources.iter().map(|(id, source)| (source.name.to_string(), rows(id)));
        counted.filter(|(_, records)| *records > 0).collect()
    }

    /// Installs a committed pending. It must have been made against this very state.
    pub fn commit(&mut self, pending: Pending) {
        let Delta { events, operators, heard, ahead, in_sight, as_of } = pending.delta;
        debug_assert!(as_of >= self.as_of, "I7: as-of never decreases");
        self.store.install(events);
        let judges = std::iter::once(&mut self.champion).chain(&mut self.beside);
        for (judge, states) in judges.zip(operators) {
            judge.operators.extend(states);
        }
        self.heard.extend(heard);
        self.ahead.settle(&in_sight);
        self.ahead.add(ahead);
        self.as_of = as_of;
    }

    /// Operators of whom an event that lay ahead has come into sight by an instant, sorted: they are to be scored again,
    /// by [`Engine::sweep`] or with the next batch.
    pub fn due(&self, as_of: Timestamp) -> Vec<OperatorId> {
        let operators: BTreeSet<&OperatorId> = self.ahead.due(as_of).map(|(_, operator)| operator).collect();
        operators.into_iter().cloned().collect()
    }

    /// When the next event that lies ahead comes into sight.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.ahead.next()
    }

    /// Drops events beyond their retention. Returns how many went.
    pub fn expire(&mut self) -> usize {
        self.as_of.map_or(0, |as_of| self.store.expire(as_of))
    }

    /// Every operator with an event, a reference row or an open warning of any ruleset, sorted.
    pub fn operators(&self) -> Vec<OperatorId> {
        let mut operators: BTreeSet<OperatorId> = self.store.view().operators().into_iter().collect();
        operators.extend(self.judges().flat_map(Judge::warned));
        operators.into_iter().collect()
    }

    /// The live score of an operator, whose number may be written in any form; `None` if nothing is known of it.
    ///
    /// # Errors
    /// As [`Engine::apply`].
    pub fn score_of(&self, operator: &str, as_of: Timestamp) -> Result<Option<ScoreRecord>, FeatureError> {
        Ok(self.judge_one(&self.sources.operator_id(operator), as_of)?.map(|judged| judged.record))
    }

    /// The open warnings, highest level first, then longest open.
    pub fn open_warnings(&self) -> Vec<OpenWarningSummary> {
        let states = self.champion.operators.iter();
        let warned: Vec<(&OperatorId, &OpenWarning)> =
            states.filter_map(|(operator, state)| Some((operator, state.standing.warning.as_ref()?))).collect();
        let operators: Vec<OperatorId> = warned.iter().map(|(operator, _)| Arc::clone(operator)).collect();
        let view = self.store.view();
        let rows = self.sources.operators().map(|(source, _)| view.references(source, &operators)).unwrap_or_default();
        let summary = |(operator, warning)| OpenWarningSummary::new(operator, warning, rows.get(operator));
        let mut open: Vec<OpenWarningSummary> = warned.into_iter().map(summary).collect();
        open.sort_by(|a, b| {
            let urgency = |summary: &OpenWarningSummary| (summary.warning.level, summary.warning.opened_at);
            let ((a_level, a_opened), (b_level, b_opened)) = (urgency(a), urgency(b));
            b_level.cmp(&a_level).then(a_opened.cmp(&b_opened)).then_with(|| a.operator_id.cmp(&b.operator_id))
        });
        open
    }

    /// The champion's ruleset.
    pub fn ruleset(&self) -> &Arc<Ruleset> {
        &self.champion.ruleset
    }

    pub fn sources(&self) -> &Arc<Sources> {
        &self.sources
    }

    fn judges(&self) -> impl Iterator<Item = &Judge> {
        std::iter::once(&self.champion).chain(&self.beside)
    }

    fn never_before(&self, as_of: Timestamp) -> Timestamp {
        self.as_of.map_or(as_of, |committed| committed.max(as_of))
    }
}

/// One open warning as the API and the `warnings` command list it.
#[derive(Debug, Clone, serde::Serialize)]
pub struct OpenWarningSummary {
    pub operator_id: String,
    pub name: Option<String>,
    pub sub_district: Option<String>,
    #[serde(flatten)]
    pub warning: OpenWarning,
}

impl OpenWarningSummary {
    fn new(operator: &OperatorId, warning: &OpenWarning, row: Option<&Map<String, Value>>) -> Self {
        let text = |name: &str| row?.get(name)?.as_str().map(str::to_owned);
        Self {
            operator_id: operator.to_string(),
            name: text("name"),
            sub_district: text("sub_district"),
            warning: warning.clone(),
        }
    }
}
