//! Which ruleset a session runs: the one in force at its start, and another one when it is proposed. Everything takes a
//! step between two batches, so that scores go on meanwhile (I6).

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::{Halt, Session};
use crate::OperatorId;
use crate::engine::ruleset::content_hash;
use crate::engine::{Positions, Ruleset};
use crate::kafka::KafkaError;
use crate::kafka::produce::Transaction;
use crate::live::run::Runner;
use crate::reload::{Archive, Difference, Origin, Proposal, Publication, Refusal, Stage, Trigger, Verdict};
use crate::telemetry::InternalEvent as _;
use crate::telemetry::engine::RulesetLoaded;
use crate::telemetry::kafka::RulesetPublished;
use crate::telemetry::reload::EveryoneJudged;
use crate::warning::Cause;

/// The first look at a new ruleset is at few operators: should it be slow, that is known soon.
const FIRST_LOOK: usize = 16;
/// A new ruleset that keeps the engine from its work for longer in one step is refused.
const SLOWEST_STEP: Duration = Duration::from_secs(3);
/// Most former rulesets that are built to judge by at a start.
const MOST_FORMER: usize = 4;

/// The ruleset to begin with.
#[derive(Debug)]
pub(super) struct Beginning {
    pub(super) ruleset: Arc<Ruleset>,
    publication: Publication,
    /// Whether it is still to be published.
    is_new: bool,
}

impl Beginning {
    /// What the topic says is in force; the first ruleset of this process if it says nothing, or if the user asked for it.
    pub(super) fn find(runner: &Runner, archive: &Archive) -> Result<Self, KafkaError> {
        let known = runner.desk.ruleset();
        let take = matches!(runner.origin, Origin::Folder { take: true }) && known.is_none();
        let newest = archive.newest();
        let Some(publication) = newest.filter(|_| !take) else {
            let ruleset = first(runner)?;
            let is_there =
                |newest: &&Publication| newest.ruleset == ruleset.hash && archive.files(&ruleset.hash).is_some();
            return Ok(match newest.filter(is_there) {
                Some(newest) => Self { ruleset, publication: newest.clone(), is_new: false },
                None => {
                    let previous = newest.map(|newest| newest.ruleset.as_str());
                    let now = Timestamp::now();
                    let publication = Publication::next(newest, &ruleset.hash, previous, Trigger::Start, now);
                    Self { ruleset, publication, is_new: true }
                }
            });
        };
        let built = match &runner.origin {
            Origin::Built(ruleset) => Some(ruleset),
            Origin::Folder { .. } => None,
        };
        let at_hand = known.iter().chain(built).find(|ruleset| ruleset.hash == publication.ruleset);
        let ruleset =
            at_hand.map_or_else(|| rebuild(runner, archive, &publication.ruleset), |it| Ok(Arc::clone(it)))?;
        Ok(Self { ruleset, publication: publication.clone(), is_new: false })
    }
}

/// The ruleset to begin with when nothing was published.
fn first(runner: &Runner) -> Result<Arc<Ruleset>, KafkaError> {
    match &runner.origin {
        Origin::Built(ruleset) => Ok(Arc::clone(ruleset)),
        Origin::Folder { .. } => runner.cage.build_folder(&runner.config.paths.rules).map_err(KafkaError::Rules),
    }
}

/// The ruleset that the topic has under a hash.
fn rebuild(runner: &Runner, archive: &Archive, hash: &str) -> Result<Arc<Ruleset>, KafkaError> {
    let refused = |reason| KafkaError::Ruleset { place: runner.config.topics.rulesets.clone(), reason };
    let gone = || refused(format!("ruleset {hash} is in force, but its body is not there"));
    let files = archive.files(hash).ok_or_else(gone)?;
    if content_hash(files) != hash {
        return Err(refused(format!("what stands there as ruleset {hash} is another one")));
    }
    let built = runner.cage.build(&runner.config.paths.rules, files, None, &mut |_| {});
    built.map_err(|refusal| KafkaError::Outdated { hash: hash.to_owned(), refusal })
}

/// Rulesets by hash, for standings that are restored: the one in force and those that it followed.
pub(in crate::live) struct Judges<'a> {
    runner: &'a Runner,
    archive: &'a Archive,
    in_force: Arc<Ruleset>,
    /// `None` for one that cannot be built any more.
    former: BTreeMap<String, Option<Arc<Ruleset>>>,
}

impl<'a> Judges<'a> {
    pub(super) fn new(runner: &'a Runner, archive: &'a Archive, in_force: &Arc<Ruleset>) -> Self {
        Self { runner, archive, in_force: Arc::clone(in_force), former: BTreeMap::new() }
    }

    pub(in crate::live) fn get(&mut self, hash: &str) -> Option<Arc<Ruleset>> {
        if hash == self.in_force.hash {
            return Some(Arc::clone(&self.in_force));
        }
        if !self.former.contains_key(hash) && self.former.len() < MOST_FORMER {
            let ruleset = rebuild(self.runner, self.archive, hash).ok();
            self.former.insert(hash.to_owned(), ruleset);
        }
        self.former.get(hash).cloned().flatten()
    }

    /// Whether a standing came from another ruleset than the one in force.
    pub(in crate::live) fn met_others(&self) -> bool {
        !self.former.is_empty()
    }
}

/// A change of the ruleset under way.
#[derive(Debug)]
pub(super) enum Change {
    Projecting(Box<Projection>),
    /// It is in force, and judges everyone once, a few at a time.
    Judging {
        operators: Vec<OperatorId>,
        done: usize,
        began: Instant,
    },
    /// A new candidate judges everyone once, a few at a time.
    Trying {
        operators: Vec<OperatorId>,
        done: usize,
    },
}

/// What a proposed ruleset would mean for operators is looked at, a few at a time.
#[derive(Debug)]
pub(super) struct Projection {
    proposal: Arc<Proposal>,
    operators: Vec<OperatorId>,
    done: usize,
    difference: Difference,
}

impl Session<'_> {
    /// Puts the ruleset of the start in force, for everyone to see.
    pub(super) fn begin_ruleset(&mut self, beginning: Beginning) -> Result<(), Halt> {
        let Beginning { ruleset, publication, is_new } = beginning;
        if is_new {
            while !self.publish(&ruleset, &publication)? {}
        }
        self.told_in_force(&ruleset, publication);
        Ok(())
    }

    /// One step towards another ruleset, if there is one to go.
    pub(super) fn change_rules(&mut self) -> Result<(), Halt> {
        self.seat_candidates();
        match self.change.take() {
            Some(Change::Projecting(projection)) => self.project(projection),
            Some(Change::Judging { operators, done, began }) => self.judge_everyone(operators, done, began),
            Some(Change::Trying { operators, done }) => self.try_everyone(operators, done),
            None => {
                self.begin_change();
                self.begin_trial();
                Ok(())
            }
        }
    }

    /// Takes up what is proposed.
    fn begin_change(&mut self) {
        let Some(proposal) = self.runner.desk.proposal() else { return };
        let difference = proposal.difference.clone();
        if proposal.ruleset.hash == self.engine.ruleset().hash {
            // An earlier session published it and ended before it could say so.
            return self.runner.desk.answer(Verdict::Applied(difference));
        }
        let operators = self.engine.operators();
        self.change = Some(Change::Projecting(Box::new(Projection { proposal, operators, done: 0, difference })));
    }

    fn project(&mut self, mut projection: Box<Projection>) -> Result<(), Halt> {
        if projection.done == projection.operators.len() {
            return self.decide_on(projection);
        }
        if let Err(refusal) = self.look_at_next(&mut projection) {
            self.runner.desk.answer(Verdict::Refused(refusal));
            return Ok(());
        }
        let Projection { proposal, operators, done, .. } = &*projection;
        self.runner.desk.enter(proposal.attempt, Stage::Projecting { done: *done, total: operators.len() });
        self.change = Some(Change::Projecting(projection));
        Ok(())
    }

    /// What a proposed ruleset would mean for the next few operators.
    fn look_at_next(&self, projection: &mut Projection) -> Result<(), Refusal> {
        let Projection { proposal, operators, done, difference } = projection;
        let most = if *done == 0 { FIRST_LOOK } else { self.runner.config.engine.sweep_chunk.max(1) };
        let chunk = &operators[*done..operators.len().min(*done + most)];
        let began = Instant::now();
        let (engine, now) = (&self.engine, self.now());
        match catch_unwind(AssertUnwindSafe(|| engine.project(&proposal.ruleset, chunk, now))) {
            Ok(Ok(output)) if began.elapsed() <= SLOWEST_STEP => difference.note(chunk.len(), &output),
            Ok(Ok(_)) => return Err(too_slow(chunk.len(), began.elapsed())),
            Ok(Err(error)) => return Err(not_computed(&error.to_string())),
            Err(_) => return Err(not_computed("the query engine panicked")),
        }
        *done += chunk.len();
        Ok(())
    }

    /// Everybody was looked at: publish and swap.
    fn decide_on(&mut self, projection: Box<Projection>) -> Result<(), Halt> {
        let Projection { proposal, difference, .. } = &*projection;
        let ruleset = &proposal.ruleset;
        if proposal.dry_run {
            self.runner.desk.answer(Verdict::Projected(difference.clone()));
            return Ok(());
        }
        if let Some(size) = self.encoder.too_large(ruleset) {
            self.runner.desk.answer(Verdict::Refused(too_large(size)));
            return Ok(());
        }
        let last = self.runner.desk.publication();
        let previous = Some(self.engine.ruleset().hash.as_str());
        let publication = Publication {
            change: Some(difference.change.clone()),
            ..Publication::next(last.as_ref(), &ruleset.hash, previous, proposal.trigger, Timestamp::now())
        };
        self.runner.desk.enter(proposal.attempt, Stage::Publishing);
        if !self.publish(ruleset, &publication)? {
            // Aborted: nothing of it is there. It is tried again in the next step.
            self.change = Some(Change::Projecting(projection));
            return Ok(());
        }
        self.engine.put_in_force(Arc::clone(ruleset));
        let operators = self.engine.awaiting_judgement();
        self.runner.desk.tell_awaiting(operators.len());
        self.told_in_force(ruleset, publication);
        self.runner.desk.answer(Verdict::Applied(difference.clone()));
        self.change = Some(Change::Judging { operators, done: 0, began: Instant::now() });
        Ok(())
    }

    /// Scores the next few operators that the ruleset in force has not judged yet; batches have met some of them already.
    fn judge_everyone(&mut self, operators: Vec<OperatorId>, done: usize, began: Instant) -> Result<(), Halt> {
        let most = self.runner.config.engine.sweep_chunk.max(1);
        let end = operators.len().min(done + most);
        let chunk: Vec<OperatorId> =
            operators[done..end].iter().filter(|operator| self.engine.awaits_judgement(operator)).cloned().collect();
        let scored = self.sweep(&chunk, self.now(), Cause::Time)?;
        let done = if scored { end } else { done };
        self.runner.desk.tell_awaiting(operators.len() - done);
        if done < operators.len() {
            self.change = Some(Change::Judging { operators, done, began });
        } else {
            EveryoneJudged { operators: operators.len(), took: began.elapsed() }.emit(&self.runner.metrics);
        }
        Ok(())
    }

    /// Scores the next few operators with the candidates beside.
    fn try_everyone(&mut self, operators: Vec<OperatorId>, done: usize) -> Result<(), Halt> {
        let end = operators.len().min(done + self.runner.config.engine.sweep_chunk.max(1));
        let scored = self.sweep(&operators[done..end], self.now(), Cause::Time)?;
        let done = if scored { end } else { done };
        if done < operators.len() {
            self.change = Some(Change::Trying { operators, done });
        }
        Ok(())
    }

    /// Whether the ruleset was published; if not, it was aborted.
    fn publish(&mut self, ruleset: &Ruleset, publication: &Publication) -> Result<bool, Halt> {
        let records = self.encoder.ruleset(ruleset, publication);
        let published = self.transact(Transaction { records, positions: Positions::new(), group: None })?;
        if published {
            RulesetPublished { hash: &ruleset.hash }.emit(&self.runner.metrics);
        }
        Ok(published)
    }

    fn told_in_force(&self, ruleset: &Arc<Ruleset>, publication: Publication) {
        self.runner.desk.put_in_force(ruleset, Some(publication));
        RulesetLoaded { ruleset }.emit(&self.runner.metrics);
    }
}

fn too_slow(operators: usize, took: Duration) -> Refusal {
    let seconds = took.as_secs_f64();
    Refusal::because(
        format!("评定{operators}个监管对象用时{seconds:.1}秒，会使实时评分停顿"),
        format!("judging {operators} operators took {seconds:.1} s, which would hold up live scores"),
    )
}

fn too_large(size: usize) -> Refusal {
    Refusal::because(
        format!("规则集共{size}字节，超过Kafka单条消息的上限（kafka.properties 的 message.max.bytes）"),
        format!("the ruleset has {size} bytes, more than one Kafka message may have (message.max.bytes)"),
    )
}

fn not_computed(reason: &str) -> Refusal {
    Refusal::because(
        format!("无法对现有监管对象计算指标：{reason}"),
        format!("its features cannot be computed for the operators there are: {reason}"),
    )
}
