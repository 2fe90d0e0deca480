//! A case through the engine, on a virtual clock: batches arrive at the instants of the timeline, and between them the
//! operator is woken at its own.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use yujing_base::OperatorId;
use yujing_core::engine::{Engine, Mode, Output, Positions, RuleExplanation};
use yujing_core::ruleset::Ruleset;
use yujing_core::source::{Kind, Record, SourceId, Sources};
use yujing_core::warning::record::RestoredScore;
use yujing_core::warning::{Cause, ScoreRecord, Step};

use super::execution::{ExecutionMode, ExecutionPlan, PlannedEntry};
use super::handling::code_of_refused_answer;

/// What was observed of the operator at an entry.
#[derive(Debug, Clone)]
pub struct Observation {
    pub score: ScoreRecord,
    /// Lifecycle steps since the observation before.
    pub steps: Vec<Step>,
    /// Why answers since the observation before were not permitted.
    pub refused: BTreeSet<String>,
    /// How many records of each source the features read, by the source's name.
    pub records: BTreeMap<String, usize>,
    /// The ids of the events behind each rule that fired, if they were asked for.
    pub evidence: Option<BTreeMap<String, BTreeSet<String>>>,
}

/// What is observed at an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Observe {
    Nothing,
    Score,
    ScoreAndEvidence,
}

/// Why a run could not go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunError {
    pub entry: usize,
    pub reason: String,
}

/// One operator's engine under way.
#[derive(Debug)]
pub struct CaseRun<'a> {
    sources: &'a Arc<Sources>,
    ruleset: &'a Arc<Ruleset>,
    operator: OperatorId,
    mode: ExecutionMode,
    engine: Engine,
    /// Every record so far, as the log keeps it.
    log: Vec<Record>,
    /// The operator's newest score, as the compacted topic keeps it.
    written: Option<ScoreRecord>,
    /// Steps since the last observation.
    steps: Vec<Step>,
    /// Why answers since the last observation were not permitted.
    refused: BTreeSet<String>,
    /// The offsets of these, in all: nobody sends them again as they are.
    refused_offsets: BTreeSet<i64>,
    now: Option<Timestamp>,
}

impl<'a> CaseRun<'a> {
    pub fn new(sources: &'a Arc<Sources>, ruleset: &'a Arc<Ruleset>, operator: &str, mode: ExecutionMode) -> Self {
        Self {
            sources,
            ruleset,
            operator: sources.operator_id(operator),
            mode,
            engine: Engine::new(Arc::clone(sources), Arc::clone(ruleset)),
            log: Vec::new(),
            written: None,
            steps: Vec::new(),
            refused: BTreeSet::new(),
            refused_offsets: BTreeSet::new(),
            now: None,
        }
    }

    /// Executes a plan. `observe` says for each entry what is to be observed, and `at` when it is. Gives what was observed
    /// by entry.
    ///
    /// # Errors
    /// If an event is refused or a feature table cannot be made.
    pub fn execute(
        mut self,
        plan: &ExecutionPlan,
        at: impl Fn(usize) -> Timestamp,
        observe: impl Fn(usize) -> Observe,
    ) -> Result<BTreeMap<usize, Observation>, RunError> {
        let mut observations = BTreeMap::new();
        if let Some(register) = &plan.register {
            let copies = if self.mode == ExecutionMode::Duplicated { 2 } else { 1 };
            // Read before anything is scored, as after a start.
            let ingested = self.ingest(&vec![register.clone(); copies], Mode::CatchUp);
            ingested.map_err(|reason| RunError { entry: 0, reason })?;
            self.engine.schedule_all();
        }
        for planned in &plan.entries {
            let observation = self.execute_entry(planned, at(planned.entry), observe(planned.entry));
            if let Some(observation) = observation.map_err(|reason| RunError { entry: planned.entry, reason })? {
                observations.insert(planned.entry, observation);
            }
        }
        Ok(observations)
    }

    fn execute_entry(
        &mut self,
        planned: &PlannedEntry,
        at: Timestamp,
        observe: Observe,
    ) -> Result<Option<Observation>, String> {
        self.advance_to(at)?;
        if self.mode == ExecutionMode::Restarted {
            self.restart()?;
        }
        for batch in &planned.batches {
            self.ingest(batch, Mode::Live)?;
        }
        if observe == Observe::Nothing { Ok(None) } else { self.observe(at, observe).map(Some) }
    }

    fn ingest(&mut self, records: &[Record], mode: Mode) -> Result<(), String> {
        self.log.extend_from_slice(records);
        self.now = records.iter().map(|record| record.timestamp).max().max(self.now);
        self.apply(records, mode)
    }

    fn apply(&mut self, records: &[Record], mode: Mode) -> Result<(), String> {
        let pending = self.engine.apply(records, &Positions::new(), mode).map_err(|error| error.to_string())?;
        for letter in &pending.output.dead_letters {
            let code = code_of_refused_answer(&letter.refusal).ok_or_else(|| letter.refusal.to_string())?;
            self.refused.insert(code.to_owned());
            self.refused_offsets.insert(letter.record.offset);
        }
        self.note(&pending.output);
        self.engine.commit(pending);
        Ok(())
    }

    /// Lets time pass up to but not including `until`.
    fn advance_to(&mut self, until: Timestamp) -> Result<(), String> {
        while let Some(at) = self.engine.next_instant().filter(|at| *at < until) {
            let pending = self.engine.wake(at, usize::MAX, &Positions::new()).map_err(|error| error.to_string())?;
            self.note(&pending.output);
            self.engine.commit(pending);
            self.now = self.now.max(Some(at));
        }
        Ok(())
    }

    fn sweep(&mut self, at: Timestamp, cause: Cause) -> Result<(), String> {
        let operators = [Arc::clone(&self.operator)];
        let pending = self.engine.sweep(&operators, at, cause, &Positions::new()).map_err(|error| error.to_string())?;
        self.note(&pending.output);
        self.engine.commit(pending);
        self.now = Some(at);
        Ok(())
    }

    fn note(&mut self, output: &Output) {
        let of_operator = |id: &str| *id == *self.operator;
        let warnings = output.warnings.iter().filter(|event| of_operator(&event.operator_id));
        self.steps.extend(warnings.map(|event| event.step));
        if let Some(score) = output.scores.iter().rfind(|score| of_operator(&score.operator_id)) {
            self.written = Some(score.clone());
        }
    }

    fn observe(&mut self, at: Timestamp, observe: Observe) -> Result<Observation, String> {
        if self.mode == ExecutionMode::Duplicated {
            let is_sent_again = |record: &&Record| !self.refused_offsets.contains(&record.offset);
            let log: Vec<Record> = self.log.iter().filter(is_sent_again).cloned().collect();
            self.apply(&log, Mode::Live)?;
        }
        let cause = if self.mode == ExecutionMode::Restarted { Cause::Start } else { Cause::Time };
        self.sweep(at, cause)?;
        let score = self.written.clone().ok_or("nothing is known of the operator")?;
        let evidence = if observe == Observe::ScoreAndEvidence { Some(self.evidence(at)?) } else { None };
        let records = self.engine.records_of(&self.operator, at);
        let (steps, refused) = (std::mem::take(&mut self.steps), std::mem::take(&mut self.refused));
        Ok(Observation { score, steps, refused, records, evidence })
    }

    fn evidence(&self, at: Timestamp) -> Result<BTreeMap<String, BTreeSet<String>>, String> {
        let explanation = self.engine.explain(&self.operator, at).map_err(|error| error.to_string())?;
        let rules = explanation.map(|explanation| explanation.rules).unwrap_or_default();
        let of_rule = |explained: RuleExplanation| {
            let events = explained.evidence?.into_values().flat_map(|evidence| evidence.newest);
            Some((explained.rule, events.map(|event| event.event_id).collect()))
        };
        Ok(rules.into_iter().filter_map(of_rule).collect())
    }

    /// Drops the engine and makes another from what left it and from the log, as a start on Kafka does: the standing
    /// from the newest score, then the records, source by source with the register first.
    fn restart(&mut self) -> Result<(), String> {
        let mut engine = Engine::new(Arc::clone(self.sources), Arc::clone(self.ruleset));
        if let Some(score) = &self.written {
            let stored = serde_json::to_vec(score).map_err(|error| error.to_string())?;
            let restored: RestoredScore = serde_json::from_slice(&stored).map_err(|error| error.to_string())?;
            engine.restore_standing(restored, Some(Arc::clone(self.ruleset)));
        }
        for source in reference_first(self.sources) {
            let records: Vec<Record> = self.log.iter().filter(|record| record.source == source).cloned().collect();
            if records.is_empty() {
                continue;
            }
            let pending =
                engine.apply(&records, &Positions::new(), Mode::Restore).map_err(|error| error.to_string())?;
            engine.commit(pending);
        }
        engine.expire();
        engine.schedule_all();
        self.engine = engine;
        Ok(())
    }
}

fn reference_first(sources: &Sources) -> Vec<SourceId> {
    let mut ids: Vec<(bool, SourceId)> =
        sources.tables().map(|(id, source)| (source.kind != Kind::Reference, id)).collect();
    ids.sort_unstable();
    ids.into_iter().map(|(_, id)| id).collect()
}
