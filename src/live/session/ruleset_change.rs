//! Another ruleset, once it is proposed: projected, published, put in force, and everyone scored by it. Everything
//! takes a step between two batches, so that scores go on meanwhile (I6).

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use yujing_base::OperatorId;
use yujing_core::engine::Positions;
use yujing_core::ruleset::{Publication, Ruleset, RulesetRefusal};
use yujing_core::warning::Cause;
use yujing_kafka::transaction::Transaction;
use yujing_telemetry::InternalEvent as _;
use yujing_telemetry::engine::RulesetLoaded;
use yujing_telemetry::kafka::RulesetPublished;
use yujing_telemetry::reload::EveryoneScored;

use super::Session;
use super::initial_ruleset::InitialRuleset;
use crate::error::Stop;
use crate::reload::{Proposal, ReloadEnding, ReloadStage, RulesetDifference};

/// The first look at a new ruleset is at few operators: should it be slow, that is known soon.
const FIRST_CHUNK: usize = 16;
/// A new ruleset that keeps the engine from its work for longer in one step, and does so again when that step is taken
/// anew, is refused: once may be the machine's doing.
const MAX_STEP: Duration = Duration::from_secs(3);

/// A change of the rules under way.
#[derive(Debug)]
pub(super) enum Change {
    Projecting(Box<Projection>),
    /// It is in force, and scores everyone.
    Scoring {
        round: Round,
        began: Instant,
    },
    /// New shadows score everyone.
    ScoringShadows(Round),
}

/// What a proposed ruleset would mean for operators is looked at.
#[derive(Debug)]
pub(super) struct Projection {
    proposal: Arc<Proposal>,
    round: Round,
    /// Whether the last step took too long.
    was_slow: bool,
    difference: RulesetDifference,
}

/// Operators that have their turn once, a few at a time.
#[derive(Debug)]
pub(super) struct Round {
    operators: Vec<OperatorId>,
    done: usize,
}

impl Round {
    pub(super) fn of(operators: Vec<OperatorId>) -> Self {
        Self { operators, done: 0 }
    }

    /// The next few operators.
    fn next(&self, most: usize) -> &[OperatorId] {
        &self.operators[self.done..self.operators.len().min(self.done + most)]
    }

    fn left(&self) -> usize {
        self.operators.len() - self.done
    }
}

impl Session<'_> {
    /// Puts the ruleset of the start in force, for everyone to see.
    pub(super) fn begin_ruleset(&mut self, initial: InitialRuleset) -> Result<(), Stop> {
        let InitialRuleset { ruleset, publication, is_new } = initial;
        if is_new {
            while !self.publish(&ruleset, &publication)? {}
        }
        self.note_in_force(&ruleset, publication);
        Ok(())
    }

    /// One step towards another ruleset, if there is one to go.
    pub(super) fn change_rules(&mut self) -> Result<(), Stop> {
        let is_to_do = self.change.is_some() || self.reloads.proposal.get().is_some() || self.shadows_changed();
        if !is_to_do {
            return Ok(());
        }
        // What is under way was decided by the rulesets that there are.
        self.settle()?;
        self.detach_failed();
        self.attach_shadows();
        match self.change.take() {
            Some(Change::Projecting(projection)) => self.project(projection),
            Some(Change::Scoring { round, began }) => self.score_by_new_rules(round, began),
            Some(Change::ScoringShadows(round)) => self.score_by_shadows(round),
            None => {
                self.begin_change();
                self.begin_scoring_shadows();
                Ok(())
            }
        }
    }

    /// Takes up what is proposed.
    fn begin_change(&mut self) {
        let Some(proposal) = self.reloads.proposal.get() else { return };
        let difference = proposal.difference.clone();
        if proposal.ruleset.hash == self.engine.ruleset().hash {
            // An earlier session published it and ended before it could say so.
            return self.reloads.proposal.answer(ReloadEnding::Applied(difference));
        }
        let round = Round::of(self.engine.operators());
        self.change = Some(Change::Projecting(Box::new(Projection { proposal, round, was_slow: false, difference })));
    }

    fn project(&mut self, mut projection: Box<Projection>) -> Result<(), Stop> {
        if projection.round.left() == 0 {
            return self.decide_on(projection);
        }
        if let Err(refusal) = self.project_next(&mut projection) {
            self.reloads.proposal.answer(ReloadEnding::Refused(refusal));
            return Ok(());
        }
        let Projection { proposal, round, .. } = &*projection;
        let (done, total) = (round.done, round.operators.len());
        self.reloads.status.enter(proposal.attempt, ReloadStage::Projecting { done, total });
        self.change = Some(Change::Projecting(projection));
        Ok(())
    }

    /// What a proposed ruleset would mean for the next few operators.
    fn project_next(&self, projection: &mut Projection) -> Result<(), RulesetRefusal> {
        let Projection { proposal, round, was_slow, difference } = projection;
        let chunk = round.next(if round.done == 0 { FIRST_CHUNK } else { self.chunk() });
        let began = Instant::now();
        let (engine, now) = (&self.engine, self.now());
        match catch_unwind(AssertUnwindSafe(|| engine.project(&proposal.ruleset, chunk, now))) {
            Ok(Ok(output)) if began.elapsed() <= MAX_STEP => {
                difference.add_projection(chunk.len(), &output, &proposal.ruleset.policy);
                *was_slow = false;
                round.done += chunk.len();
                Ok(())
            }
            Ok(Ok(_)) if !*was_slow => {
                *was_slow = true;
                Ok(())
            }
            Ok(Ok(_)) => Err(too_slow(chunk.len(), began.elapsed())),
            Ok(Err(error)) => Err(not_computed(&error.to_string())),
            Err(_) => Err(not_computed("the query engine panicked")),
        }
    }

    /// Everybody was looked at: publish and swap.
    fn decide_on(&mut self, projection: Box<Projection>) -> Result<(), Stop> {
        let Projection { proposal, difference, .. } = &*projection;
        let ruleset = &proposal.ruleset;
        if proposal.dry_run {
            self.reloads.proposal.answer(ReloadEnding::Projected(difference.clone()));
            return Ok(());
        }
        if let Some(size) = self.encoder.too_large(ruleset) {
            self.reloads.proposal.answer(ReloadEnding::Refused(too_large(size)));
            return Ok(());
        }
        let last = self.reloads.status.in_force().map(|in_force| in_force.publication);
        let previous = Some(self.engine.ruleset().hash.as_str());
        let publication = Publication {
            change: Some(difference.change.clone()),
            ..Publication::next(last.as_ref(), &ruleset.hash, previous, proposal.trigger, Timestamp::now())
        };
        self.reloads.status.enter(proposal.attempt, ReloadStage::Publishing);
        if !self.publish(ruleset, &publication)? {
            // Aborted: nothing of it is there. It is tried again in the next step.
            self.change = Some(Change::Projecting(projection));
            return Ok(());
        }
        self.engine.put_in_force(Arc::clone(ruleset));
        let round = Round::of(self.engine.awaiting_evaluation());
        self.reloads.status.set_unscored_operators(round.left());
        self.note_in_force(ruleset, publication);
        self.reloads.proposal.answer(ReloadEnding::Applied(difference.clone()));
        self.change = Some(Change::Scoring { round, began: Instant::now() });
        Ok(())
    }

    /// Scores the next few operators that the ruleset in force has not scored yet; batches have met some of them
    /// already.
    fn score_by_new_rules(&mut self, mut round: Round, began: Instant) -> Result<(), Stop> {
        let next = round.next(self.chunk());
        let (looked_at, awaiting) =
            (next.len(), next.iter().filter(|operator| self.engine.awaits_evaluation(operator)));
        let chunk: Vec<OperatorId> = awaiting.cloned().collect();
        if self.sweep(&chunk, self.now(), Cause::Time)? {
            round.done += looked_at;
        }
        self.reloads.status.set_unscored_operators(round.left());
        if round.left() > 0 {
            self.change = Some(Change::Scoring { round, began });
        } else {
            EveryoneScored { operators: round.done, took: began.elapsed() }.emit(&self.control.metrics);
            // Visit targets may be other ones, and called otherwise.
            self.begin_areas(&BTreeSet::new())?;
        }
        Ok(())
    }

    /// Scores the next few operators with the shadows.
    fn score_by_shadows(&mut self, mut round: Round) -> Result<(), Stop> {
        let chunk = round.next(self.chunk());
        if self.sweep(chunk, self.now(), Cause::Time)? {
            round.done += chunk.len();
        }
        if round.left() > 0 {
            self.change = Some(Change::ScoringShadows(round));
        }
        Ok(())
    }

    /// Whether the ruleset was published; if not, it was aborted.
    fn publish(&mut self, ruleset: &Ruleset, publication: &Publication) -> Result<bool, Stop> {
        let records = self.encoder.ruleset(ruleset, publication);
        let published = self.transact(Transaction { records, positions: Positions::new(), group: None })?;
        if published {
            RulesetPublished { hash: &ruleset.hash }.emit(&self.control.metrics);
        }
        Ok(published)
    }

    /// A ruleset is in force, for everyone to see.
    fn note_in_force(&self, ruleset: &Arc<Ruleset>, publication: Publication) {
        self.reloads.status.put_in_force(ruleset, publication);
        RulesetLoaded { ruleset }.emit(&self.control.metrics);
    }
}

fn too_slow(operators: usize, took: Duration) -> RulesetRefusal {
    let seconds = took.as_secs_f64();
    RulesetRefusal::because(
        format!("评定{operators}个监管对象用时{seconds:.1}秒，会使实时评分停顿"),
        format!("judging {operators} operators took {seconds:.1} s, which would hold up live scores"),
    )
}

fn too_large(size: usize) -> RulesetRefusal {
    RulesetRefusal::because(
        format!("规则集共{size}字节，超过Kafka单条消息的上限（kafka.properties 的 message.max.bytes）"),
        format!("the ruleset has {size} bytes, more than one Kafka message may have (message.max.bytes)"),
    )
}

fn not_computed(reason: &str) -> RulesetRefusal {
    RulesetRefusal::because(
        format!("无法对现有监管对象计算指标：{reason}"),
        format!("its features cannot be computed for the operators there are: {reason}"),
    )
}
