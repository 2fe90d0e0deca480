//! The core joined: records in, scores, warnings and dead letters out. [`Engine::apply`] decides and returns a
//! [`Pending`]; [`Engine::stage`] goes on from the state that it leaves while the transaction that carries its output is
//! under way, then [`Engine::commit_staged`] installs it or [`Engine::abort_staged`] undoes it. Dropping a `Pending` undoes
//! it too: only kept features follow a decision at once, and are forgotten then.
//!
//! An engine has one champion ruleset, and may have shadows: events are decoded and kept once, each ruleset gives
//! standings of its own.
//!
//! In the order of a batch:
//!
//! - `batch`: a batch decided; [`ahead`]: the batches of a while decided together
//! - `intake`: records → events admitted into a delta
//! - `visibility`: events that become visible later
//! - `disposition_source`, `dispositions`: what people did about warnings, decided by how these stand
//! - [`shadow`]: champion and shadows evaluated together
//! - `context`: what an evaluation is given
//! - `evaluator`, `evaluation_run`: operators → features → rules → score → lifecycle → the records that leave
//! - `assessment`: what rules and policy say of one row of features
//! - `evidence_loss`: whether a batch took away what a level rests on
//! - `previous_ruleset`: whether facts or rules made a step
//! - `handling`: what clocks and people do to an open warning, and who gets it
//! - `step`: the level moved on, with what a warning has named and when it is due
//! - `operator_cards`: who operators are
//! - `operator_state`, `contributing_rules`: what is remembered of an operator; `kept_evaluation`: what its rules found
//! - `past_rows`: warnings that are over, as rows that SQL reads
//! - `decision`: what is decided so far of one pending
//! - [`areas`], `area_share`: what adds up over areas, and what one operator adds
//! - [`pending`]: what was decided, until it is staged; [`staged`]: until its transaction is committed or aborted
//! - [`output`]: what a batch gives
//!
//! Without a batch:
//!
//! - `wake`: operators evaluated at the instants at which their answers end
//! - `sweep`: everyone gone through; [`boundaries`]: when, by the log's clock
//! - `activation`: another ruleset in force, and what it would change
//! - `lookup`: scores and records of one operator; [`open_warnings`], [`open_count`]: the warnings that are open
//! - [`explanation`]: why and why not, for a person who asks; [`retained_events`]: the events of one operator
//! - [`level_change`]: the smallest change that would move a level
//! - [`ablation`]: what a score would be without a rule or a feature
//! - [`recheck`]: a warning recomputed from its own content

pub mod ablation;
mod activation;
pub mod ahead;
mod area_share;
pub mod areas;
mod assessment;
mod batch;
pub mod boundaries;
mod context;
mod contributing_rules;
mod decision;
mod disposition_source;
mod dispositions;
mod disputes;
mod evaluation_run;
mod evaluator;
mod evidence_loss;
pub mod explanation;
mod handling;
mod intake;
mod kept_evaluation;
pub mod level_change;
mod lookup;
pub mod open_count;
pub mod open_warnings;
mod operator_cards;
mod operator_state;
pub mod output;
mod past_rows;
pub mod pending;
mod previous_ruleset;
pub mod recheck;
pub mod retained_events;
pub mod shadow;
pub mod staged;
mod step;
mod sweep;
mod visibility;
mod wake;

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use yujing_base::OperatorId;

pub use ablation::{Ablation, LeftOut, ScoredLevel};
pub use ahead::{Layer, Layers};
pub use boundaries::Boundaries;
pub use explanation::{Explanation, RuleExplanation};
pub use level_change::{LevelChange, LevelChanges};
pub use open_count::OpenCount;
pub use open_warnings::OpenWarningSummary;
pub use output::{DeadLetter, Newest, Output, PublisherTally, RuleTally, Tally};
pub use pending::Pending;
pub use recheck::{DifferingPart, Recomputed};
pub use retained_events::{EventSelection, RetainedEvent};
pub use shadow::{ShadowFailures, Standings};
pub use staged::Staged;

pub use crate::source::Positions;

use self::areas::Areas;
use self::disposition_source::DispositionSource;
use self::evaluator::Evaluator;
use self::operator_cards::OperatorCards;
use self::operator_state::OperatorState;
use self::staged::Before;
use self::visibility::PendingVisibility;
use self::wake::WakeQueue;
use crate::feature::KeptFeatures;
use crate::ruleset::Ruleset;
use crate::source::{Decoders, SourceId, Sources};
use crate::warning::record::RestoredScore;
use crate::window::WindowStore;

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

/// What leaves of a ruleset's evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Emit {
    /// Scores, and warnings with their evidence.
    Everything,
    /// Warnings without evidence, and no scores: for who counts warnings, at a fraction of the cost.
    Warnings,
}

/// Everything the engine knows. It has one owner; what it decides may be shared out among threads.
#[derive(Debug)]
pub struct Engine {
    sources: Arc<Sources>,
    decoders: Arc<Decoders>,
    disposition_source: Option<DispositionSource>,
    store: WindowStore,
    cards: OperatorCards,
    /// The ruleset whose scores and warnings count.
    champion: Evaluator,
    /// Other rulesets, given the same requests.
    shadows: Vec<Evaluator>,
    /// The newest record timestamp of each source: how fresh it is.
    last_seen: BTreeMap<SourceId, Timestamp>,
    /// Sources of which something was written that cannot be read yet. It marks scores, and decides nothing.
    held_back: BTreeSet<SourceId>,
    /// Features of operators that were asked for, until they change.
    kept: KeptFeatures,
    /// When operators are to be evaluated again without events.
    wakes: WakeQueue,
    /// Zero: exactly when an answer ends; else at the next whole multiple of it since 1970.
    wake_interval: SignedDuration,
    /// Events that no feature up to `as_of` sees.
    pending_visibility: PendingVisibility,
    areas: Areas,
    /// The operators of the last pending, until it is staged.
    undecided: Vec<OperatorId>,
    /// How to undo what is staged, until it is committed.
    before_staged: Option<Before>,
    as_of: Option<Timestamp>,
    gap: Option<String>,
    threads: NonZeroUsize,
}

impl Engine {
    pub fn new(sources: Arc<Sources>, ruleset: Arc<Ruleset>) -> Self {
        Self::with(sources, ruleset, Emit::Everything)
    }

    /// As [`Engine::new`], with a choice of what leaves.
    pub fn with(sources: Arc<Sources>, ruleset: Arc<Ruleset>, emit: Emit) -> Self {
        let decoders = Arc::new(Decoders::new(&sources));
        let (store, disposition_source) = (WindowStore::new(&sources), DispositionSource::find(&sources));
        Self {
            sources,
            decoders,
            disposition_source,
            store,
            cards: OperatorCards::default(),
            champion: Evaluator::new(ruleset, emit),
            shadows: Vec::new(),
            last_seen: BTreeMap::new(),
            held_back: BTreeSet::new(),
            kept: KeptFeatures::default(),
            wakes: WakeQueue::default(),
            wake_interval: SignedDuration::ZERO,
            pending_visibility: PendingVisibility::default(),
            areas: Areas::default(),
            undecided: Vec::new(),
            before_staged: None,
            as_of: None,
            gap: None,
            threads: NonZeroUsize::MIN,
        }
    }

    /// Decides on so many threads, where that many operators are to be evaluated that it is worth it. What is decided, and
    /// its order, is the same.
    #[must_use]
    pub fn on_threads(self, threads: NonZeroUsize) -> Self {
        Self { threads, ..self }
    }

    /// On how many threads it decides.
    pub fn threads(&self) -> NonZeroUsize {
        self.threads
    }

    /// Notes that events may be missing (a start with `--accept-gap`): every score is degraded from now on.
    pub fn accept_gap(&mut self, reason: String) {
        self.gap = Some(reason);
    }

    /// Notes of which sources something was written that cannot be read yet: the coverage of scores names them from now
    /// on.
    pub fn hold_back(&mut self, sources: BTreeSet<SourceId>) {
        self.held_back = sources;
    }

    /// Takes an operator's standing back from the `scores` topic, with the ruleset that gave it if that can still be
    /// had.
    pub fn restore_standing(&mut self, score: RestoredScore, evaluated_by: Option<Arc<Ruleset>>) {
        self.as_of = self.as_of.max(Some(score.as_of));
        let operator: OperatorId = score.operator_id.as_str().into();
        let state = OperatorState::restored(score, evaluated_by);
        self.restore_past(&operator, &state);
        self.champion.operators.insert(operator, state);
    }

    /// Drops events beyond their retention. Returns how many went.
    pub fn expire(&mut self) -> usize {
        self.as_of.map_or(0, |as_of| self.store.expire(as_of))
    }

    /// The greatest instant decided, staged or committed; `None` before the first record.
    pub fn as_of(&self) -> Option<Timestamp> {
        self.as_of
    }

    /// Time has passed until an instant by records that are not given to this engine, and whoever was due by then was
    /// woken.
    pub fn advance(&mut self, as_of: Timestamp) {
        self.as_of = self.as_of.max(Some(as_of));
    }

    /// The champion's ruleset.
    pub fn ruleset(&self) -> &Arc<Ruleset> {
        &self.champion.ruleset
    }

    /// The rulesets, champion first.
    pub fn rulesets(&self) -> impl Iterator<Item = &Arc<Ruleset>> {
        self.evaluators().map(|evaluator| &evaluator.ruleset)
    }

    pub fn sources(&self) -> &Arc<Sources> {
        &self.sources
    }

    /// For who decodes records ahead of [`Engine::apply_decoded`] or [`Engine::restore`].
    pub fn decoders(&self) -> &Arc<Decoders> {
        &self.decoders
    }

    fn evaluators(&self) -> impl Iterator<Item = &Evaluator> {
        std::iter::once(&self.champion).chain(&self.shadows)
    }

    fn not_before_committed(&self, as_of: Timestamp) -> Timestamp {
        self.as_of.map_or(as_of, |committed| committed.max(as_of))
    }
}
