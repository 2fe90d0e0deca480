//! One request under way in one evaluator: operator by operator from its row of features to its new state; `emission`: and
//! to the records that leave; `shares`: on several threads.

mod emission;
mod shares;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use yujing_base::OperatorId;

use super::assessment::Assessment;
use super::context::{Ask, EvalContext, EvalRequest};
use super::decision::state_of;
use super::dispositions::DecidedDisposition;
use super::disputes::EvidenceSubject;
use super::evaluator::Evaluator;
use super::handling::{HandlingFacts, StepTaken, next_overdue};
use super::kept_evaluation::KeptEvaluation;
use super::open_count::{OpenCount, count_change};
use super::operator_state::{OperatorState, States};
use super::previous_ruleset::PreviousRuleset;
use super::{Emit, Output};
use crate::feature::{CountBound, FeatureError, FeatureRow, KeptFeatures, Refreshed};
use crate::rule::{Costs, Evaluation};
use crate::ruleset::Ruleset;
use crate::warning::{Cause, Coverage, Level, LifecycleInput, OperatorCard, Standing};

/// Which sources are fresh, and the last instant for which that is so.
struct CoverageUntil {
    coverage: Coverage,
    until: Timestamp,
}

/// Until when an answer holds.
#[derive(Debug, Clone, Copy)]
pub(super) struct HoldsUntil {
    /// What is known of the operator, and what rules and lifecycle make of it.
    pub(super) facts: Timestamp,
    /// Until a clock of the open warning passes.
    pub(super) handling: Timestamp,
}

/// What is known of an operator before its level is looked at.
struct Judged {
    assessment: Assessment,
    /// The steps that clocks and people took.
    steps: Vec<StepTaken>,
    /// Whether one of them took their weight from findings.
    disputed: bool,
}

/// The part of a request that one thread evaluates.
struct EvaluationRun<'r> {
    evaluator: &'r Evaluator,
    ruleset: &'r Arc<Ruleset>,
    kept: &'r Mutex<KeptFeatures>,
    context: &'r EvalContext<'r>,
    request: &'r EvalRequest<'r>,
    coverage: Option<CoverageUntil>,
    /// Who those operators are whom the batch describes anew.
    new_cards: &'r HashMap<OperatorId, OperatorCard>,
    costs: Costs,
    /// The states that the rounds before it left.
    before: &'r States,
    /// The new states, in the order of the asks: each operator is asked for once.
    states: Vec<(OperatorId, OperatorState)>,
    output: Output,
}

/// What came of a part of a request.
struct Judgement {
    /// Until when each answer holds.
    holds_until: Vec<HoldsUntil>,
    states: Vec<(OperatorId, OperatorState)>,
    output: Output,
}

impl Evaluator {
    /// Reads at once who the operators of a request are, where that leaves with their scores.
    fn new_cards(&self, context: &EvalContext<'_>, request: &EvalRequest<'_>) -> HashMap<OperatorId, OperatorCard> {
        match self.emit {
            Emit::Everything => {
                let operators: Vec<OperatorId> = request.asks.iter().map(|ask| ask.operator.clone()).collect();
                context.prepare_cards(&operators)
            }
            Emit::Warnings => HashMap::new(),
        }
    }
}

impl<'r> EvaluationRun<'r> {
    fn new(
        evaluator: &'r Evaluator,
        kept: &'r Mutex<KeptFeatures>,
        context: &'r EvalContext<'r>,
        request: &'r EvalRequest<'r>,
        new_cards: &'r HashMap<OperatorId, OperatorCard>,
        before: &'r States,
    ) -> Self {
        let (ruleset, costs) = (&evaluator.ruleset, Costs::default());
        let (coverage, states, output) = (None, Vec::new(), Output::default());
        Self { evaluator, ruleset, kept, context, request, coverage, new_cards, costs, before, states, output }
    }

    /// Evaluates those of the request who are asked for here.
    fn evaluate(mut self, asks: &[Ask], refreshed: Vec<Refreshed>) -> Result<Judgement, FeatureError> {
        let mut holds_until = Vec::with_capacity(refreshed.len());
        self.states.reserve(refreshed.len());
        for (ask, refreshed) in asks.iter().zip(refreshed) {
            holds_until.push(self.evaluate_operator(ask, refreshed)?);
        }
        for (rule, cost) in self.costs.iter() {
            let id = self.ruleset.rules.list()[rule].metadata.id.clone();
            self.output.tally.rules.entry(id).or_default().cost += cost;
        }
        Ok(Judgement { holds_until, states: self.states, output: self.output })
    }

    /// Evaluates one operator; returns until when that holds.
    fn evaluate_operator(&mut self, ask: &Ask, refreshed: Refreshed) -> Result<HoldsUntil, FeatureError> {
        let Ask { operator, as_of, .. } = ask;
        let known = state_of(self.before, &self.evaluator.operators, operator);
        let Refreshed { row, holds_until: row_holds_until, steady_until } = refreshed;
        let kept = KeptEvaluation::after(known, self.evaluator, row, *as_of, &mut self.costs);
        let decisions_hold_until =
            kept.decisions_hold_until(self.ruleset, *as_of, |bounds| self.first_fall(operator, bounds));
        let decisions_hold_until =
            decisions_hold_until.map_or(row_holds_until, |until| until.min(steady_until).max(row_holds_until));
        // What was kept was counted when it was found.
        let is_new = known.and_then(|known| known.evaluation.as_ref()).is_none_or(|before| !Arc::ptr_eq(before, &kept));
        let mut before = known.cloned().unwrap_or_default();
        if is_new {
            let earlier = before.evaluation.as_deref().filter(|_| before.is_evaluated_by(self.ruleset));
            self.count_rules(&kept.evaluation, earlier.map(|kept| &*kept.evaluation), *as_of);
            self.output.tally.operators_scored += 1;
        }
        let counted = before.level.and_then(|_| OpenCount::of(&before.standing));
        let card = (self.evaluator.emit == Emit::Everything).then(|| self.card(operator));

        let Judged { assessment, mut steps, disputed } = self.judge(ask, card.as_ref(), &kept, &mut before.standing)?;
        let handling =
            card.as_ref().and_then(|card| HandlingFacts::new(self.ruleset, card, &kept.features, &assessment));
        let input = LifecycleInput { disputed, ..self.lifecycle_input(ask, &kept.features, &before, &assessment)? };
        let (mut standing, transition) =
            self.ruleset.step(operator, &before.standing, &input, &assessment.contributions, handling.as_ref());
        self.ruleset.note_highest(&mut standing, &assessment);
        steps.extend(transition.map(|transition| StepTaken::new(transition, &before.standing, &standing)));
        // What a step of the level made due may have passed already.
        let next_overdue = handling.as_ref().map_or(Timestamp::MAX, |handling| {
            handling.pass(&mut standing, *as_of, &mut steps);
            next_overdue(&standing)
        });

        let level = standing.level();
        count_level(&mut self.output.tally.level_changes, before.level, level);
        count_change(&mut self.output.tally.open_changes, counted, OpenCount::of(&standing));
        let facts = decisions_hold_until.min(kept.rules_hold_until).min(self.end_of_dwell(&standing));
        let facts = standing.disputes.iter().map(|dispute| dispute.until).fold(facts, Timestamp::min);
        let mut holds = HoldsUntil { facts, handling: next_overdue };
        let is_same_ruleset = before.is_evaluated_by(self.ruleset);
        let mut after = OperatorState {
            standing,
            written: before.written,
            level: Some(level),
            evaluated_by: Some(Arc::clone(self.ruleset)),
            contributing: before.contributing,
            lost_evidence: false,
            evaluation: Some(Arc::clone(&kept)),
            share: before.share,
            routed: before.routed.filter(|_| is_same_ruleset),
        };
        if let Some(card) = &card {
            holds.facts = holds.facts.min(after.update_share(self.ruleset, card, &kept.features, *as_of));
        }
        debug_assert!(
            holds.facts.min(holds.handling) > *as_of,
            "an answer holds for a while, or its operator is woken for ever"
        );
        let after = self.emit(ask, card, &assessment, steps, after);
        self.states.push((operator.clone(), after));
        Ok(holds)
    }

    /// What rules and policy say of an operator, once clocks and people have done what they do to its open warning.
    fn judge(
        &self,
        ask: &Ask,
        card: Option<&OperatorCard>,
        kept: &KeptEvaluation,
        standing: &mut Standing,
    ) -> Result<Judged, FeatureError> {
        let (ruleset, features, as_of) = (self.ruleset, &kept.features, ask.as_of);
        let subject = EvidenceSubject { view: self.context.view, operator: &ask.operator, as_of };
        let given = Assessment::new(ruleset, features, Arc::clone(&kept.evaluation), as_of);
        self.evaluator.end_disputes(subject, standing, &given.contributions);
        let assessment = given.disputed(ruleset, features, &standing.disputes);
        let Some(handling) = card.and_then(|card| HandlingFacts::new(ruleset, card, features, &assessment)) else {
            return Ok(Judged { assessment, steps: Vec::new(), disputed: false });
        };
        let disposition = ask.disposition.as_ref();
        let answer = disposition.and_then(DecidedDisposition::answer);
        let grounds = self.evaluator.grounds(subject, answer, &assessment.contributions)?;
        let earlier = standing.disputes.clone();
        let steps = handling.advance(standing, disposition, grounds, as_of);
        standing.expire_disputes(as_of);
        let disputed = standing.disputes.iter().any(|dispute| !earlier.contains(dispute));
        let assessment = assessment.disputed(ruleset, features, &standing.disputes);
        Ok(Judged { assessment, steps, disputed })
    }

    /// When one of some counts of an operator falls below its bound.
    fn first_fall(&self, operator: &OperatorId, bounds: &[CountBound]) -> Timestamp {
        if bounds.is_empty() {
            return Timestamp::MAX;
        }
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        self.ruleset.features.first_fall(&kept, operator, bounds)
    }

    /// Who an operator is.
    fn card(&self, operator: &OperatorId) -> OperatorCard {
        self.new_cards.get(operator).cloned().unwrap_or_else(|| self.context.card(operator))
    }

    /// When a level that no longer holds falls.
    fn end_of_dwell(&self, standing: &Standing) -> Timestamp {
        let below_since = standing.warning.as_ref().and_then(|warning| warning.below_since);
        let end = below_since.map(|since| since.checked_add(self.ruleset.policy.dwell).unwrap_or(Timestamp::MAX));
        end.unwrap_or(Timestamp::MAX)
    }

    /// Asked for one instant after the other.
    fn coverage(&mut self, as_of: Timestamp) -> Coverage {
        let known = self.coverage.take().filter(|known| as_of <= known.until);
        let known = known.unwrap_or_else(|| CoverageUntil {
            coverage: self.context.coverage(as_of),
            until: self.context.coverage_holds_until(as_of),
        });
        self.coverage.insert(known).coverage.clone()
    }

    /// What the lifecycle is to know of the operator: the score, and whether facts, other rules or lost evidence moved
    /// it.
    fn lifecycle_input(
        &mut self,
        ask: &Ask,
        features: &FeatureRow,
        before: &OperatorState,
        assessment: &Assessment,
    ) -> Result<LifecycleInput, FeatureError> {
        let (as_of, cause, view) = (ask.as_of, ask.cause, self.context.view);
        let is_complete = assessment.evaluation.failed.is_empty() && features.failed().next().is_none();
        let mut input = LifecycleInput { cause, ..LifecycleInput::of(&assessment.score, as_of) };
        let previous = PreviousRuleset { kept: self.kept, view, before, ask };
        input.ruleset_changed = previous.is_ruleset_change(self.ruleset, &input, is_complete)?;
        input.lost_evidence =
            !input.ruleset_changed && self.evaluator.has_lost_evidence(view, &ask.operator, before, &input)?;
        let additions = self.ruleset.additions(&before.standing, &assessment.contributions, as_of);
        if !additions.is_empty() {
            let by_rules = previous.finds_none_of(&additions, self.ruleset)?;
            input.adds = Some(if by_rules { Cause::Ruleset } else { cause });
        }
        Ok(input)
    }

    /// `earlier` is what the rules found at the operator's last score.
    fn count_rules(&mut self, evaluation: &Evaluation, earlier: Option<&Evaluation>, as_of: Timestamp) {
        let rules = self.ruleset.rules.list();
        let tally = &mut self.output.tally;
        for fired in &evaluation.fired {
            let rule = tally.rules.entry(rules[fired.rule].metadata.id.clone()).or_default();
            let is_new = earlier.is_none_or(|earlier| earlier.fired.iter().all(|other| other.rule != fired.rule));
            rule.fires += u64::from(is_new);
            rule.last_fired = rule.last_fired.max(Some(as_of));
        }
        for failure in &evaluation.failed {
            let rule = rules[failure.rule].metadata.id.clone();
            *tally.rule_failures.entry((rule, failure.kind)).or_default() += 1;
        }
    }
}

fn count_level(changes: &mut BTreeMap<Level, i64>, from: Option<Level>, to: Level) {
    if from == Some(to) {
        return;
    }
    *changes.entry(to).or_default() += 1;
    if let Some(from) = from {
        *changes.entry(from).or_default() -= 1;
    }
}
