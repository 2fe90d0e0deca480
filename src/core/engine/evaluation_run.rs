//! One request under way in one evaluator: operator by operator from its row of features to its new state and the
//! records that leave.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use yujing_base::OperatorId;

use super::assessment::Assessment;
use super::context::{EvalContext, EvalRequest};
use super::contributing_rules::ContributingRules;
use super::evaluator::Evaluator;
use super::operator_state::{OperatorState, States};
use super::previous_ruleset::PreviousRulesets;
use super::{Emit, Output};
use crate::feature::{FeatureError, FeatureRow, FeatureTable, SharedFeatures};
use crate::rule::{Costs, Evaluation};
use crate::ruleset::Ruleset;
use crate::source::Positions;
use crate::warning::quality::contributing_rules;
use crate::warning::{Cause, Level, LifecycleInput, OperatorCard, ScoreRecord, Step, Transition, WarningEvent};

/// A request under way.
pub(super) struct EvaluationRun<'r, 's, 'v> {
    evaluator: &'r Evaluator,
    ruleset: &'r Arc<Ruleset>,
    context: &'r EvalContext<'r>,
    request: &'r EvalRequest<'r>,
    table: &'r FeatureTable,
    previous: PreviousRulesets<'s, 'v>,
    /// Who those operators are whom the batch describes anew.
    new_cards: HashMap<OperatorId, OperatorCard>,
    costs: Costs,
    output: &'r mut Output,
}

impl<'r, 's, 'v> EvaluationRun<'r, 's, 'v> {
    pub(super) fn new(
        evaluator: &'r Evaluator,
        context: &'r EvalContext<'r>,
        request: &'r EvalRequest<'r>,
        table: &'r FeatureTable,
        shared: &'s mut SharedFeatures<'v>,
        output: &'r mut Output,
    ) -> Self {
        let new_cards = match evaluator.emit {
            Emit::Everything => context.prepare_cards(request.operators),
            Emit::Warnings => HashMap::new(),
        };
        Self {
            evaluator,
            ruleset: &evaluator.ruleset,
            context,
            request,
            table,
            previous: PreviousRulesets::new(shared),
            new_cards,
            costs: Costs::default(),
            output,
        }
    }

    /// Evaluates everyone; returns their new states.
    pub(super) fn evaluate(mut self) -> Result<States, FeatureError> {
        let request = self.request;
        let mut states = States::with_capacity(request.operators.len());
        for (row, operator) in request.operators.iter().enumerate() {
            states.push((Arc::clone(operator), self.evaluate_operator(row, operator)?));
        }
        for (rule, cost) in self.costs.iter() {
            let id = self.ruleset.rules.list()[rule].metadata.id.clone();
            self.output.tally.rules.entry(id).or_default().cost = cost;
        }
        Ok(states)
    }

    fn evaluate_operator(&mut self, row: usize, operator: &OperatorId) -> Result<OperatorState, FeatureError> {
        let features = self.table.row(row);
        let evaluation = self.ruleset.rules.evaluate_metered(&features, self.context.as_of, &mut self.costs);
        let assessment = Assessment::new(self.ruleset, &features, evaluation);
        self.count_rules(&assessment.evaluation);
        let before = self.evaluator.operators.get(operator).cloned().unwrap_or_default();
        let input = self.lifecycle_input(row, operator, &features, &before, &assessment)?;
        let (standing, transition) = self.ruleset.step(operator, &before.standing, &input, &assessment.evaluation);
        let level = standing.level();
        count_level(&mut self.output.tally.level_changes, before.level, level);
        let mut after = OperatorState {
            standing,
            written: None,
            level: Some(level),
            evaluated_by: Some(Arc::clone(self.ruleset)),
            contributing: before.contributing.clone(),
            lost_evidence: false,
        };
        if transition.is_some() || self.evaluator.emit == Emit::Everything {
            let card = self.new_cards.remove(operator).unwrap_or_else(|| self.context.card(operator));
            let standing = after.standing.clone();
            let record = self.evaluator.score_record(self.context, operator, &features, &assessment, card, standing);
            if let Some(transition) = &transition {
                self.emit_event(operator, &record, transition, &before, &mut after, &assessment);
            }
            self.emit_score(record, &before, &mut after);
        }
        Ok(after)
    }

    /// What the lifecycle is to know of the operator: the score, and whether facts, other rules or lost evidence moved
    /// it.
    fn lifecycle_input(
        &mut self,
        row: usize,
        operator: &OperatorId,
        features: &FeatureRow,
        before: &OperatorState,
        assessment: &Assessment,
    ) -> Result<LifecycleInput, FeatureError> {
        let (as_of, cause) = (self.context.as_of, self.request.cause);
        let is_complete = assessment.evaluation.failed.is_empty() && features.failed.is_empty();
        let mut input = LifecycleInput { cause, ..LifecycleInput::of(&assessment.score, as_of) };
        input.ruleset_changed = self.previous.is_ruleset_change(self.ruleset, before, &input, is_complete, row)?;
        input.lost_evidence =
            !input.ruleset_changed && self.evaluator.has_lost_evidence(self.context, operator, &input)?;
        let additions = self.ruleset.additions(&before.standing, &assessment.evaluation, as_of);
        if !additions.is_empty() {
            let by_rules = self.previous.finds_none_of(&additions, self.ruleset, before, as_of, row)?;
            input.adds = Some(if by_rules { Cause::Ruleset } else { cause });
        }
        Ok(input)
    }

    /// Adds the event of a transition to the output.
    fn emit_event(
        &mut self,
        operator: &OperatorId,
        record: &ScoreRecord,
        transition: &Transition,
        before: &OperatorState,
        after: &mut OperatorState,
        assessment: &Assessment,
    ) {
        let proved = self.with_evidence(record.clone(), operator, &assessment.evaluation);
        let (previous, offsets) = (before.standing.clone(), quoted(self.request.positions));
        let event = WarningEvent::new(transition, proved, previous, offsets, &self.ruleset.policy.zone);
        *self.output.tally.lifecycle.entry((event.step, event.level)).or_default() += 1;
        self.count_raised(&event);
        after.contributing = ContributingRules::after(before.contributing.as_ref(), &event);
        self.output.warnings.push(event);
    }

    /// Adds the score to the output if scores leave and something in it changed.
    fn emit_score(&mut self, record: ScoreRecord, before: &OperatorState, after: &mut OperatorState) {
        if self.evaluator.emit == Emit::Everything {
            after.written = Some(record.content_hash());
            if self.request.write_all || before.written != after.written {
                self.output.scores.push(record);
            }
        }
    }

    /// The record with the events behind its findings, where evidence leaves.
    fn with_evidence(&self, mut record: ScoreRecord, operator: &OperatorId, evaluation: &Evaluation) -> ScoreRecord {
        let EvalContext { view, as_of, .. } = *self.context;
        if self.evaluator.emit == Emit::Everything {
            for (finding, fired) in record.findings.iter_mut().zip(&evaluation.fired) {
                match self.evaluator.evidence_of(view, fired.rule, operator, as_of) {
                    Ok(evidence) => finding.evidence = Some(evidence),
                    Err(error) => record.degraded.push(format!("evidence of {}: {error}", finding.rule.id)),
                }
            }
        }
        record
    }

    fn count_rules(&mut self, evaluation: &Evaluation) {
        let rules = self.ruleset.rules.list();
        let tally = &mut self.output.tally;
        for fired in &evaluation.fired {
            let rule = tally.rules.entry(rules[fired.rule].metadata.id.clone()).or_default();
            rule.fires += 1;
            rule.last_fired = rule.last_fired.max(Some(self.context.as_of));
        }
        for failure in &evaluation.failed {
            let rule = rules[failure.rule].metadata.id.clone();
            *tally.rule_failures.entry((rule, failure.kind)).or_default() += 1;
        }
    }

    /// Which rules took part in a step upwards, and without which of them it would not have been taken.
    fn count_raised(&mut self, event: &WarningEvent) {
        if !matches!(event.step, Step::Opened | Step::Escalated) {
            return;
        }
        for (id, is_unique) in contributing_rules(&self.ruleset.policy, event.from, event.base, &event.findings) {
            let rule = self.output.tally.rules.entry(id.to_owned()).or_default();
            let raised = if event.step == Step::Opened { &mut rule.opened } else { &mut rule.escalated };
            raised.count(is_unique);
        }
    }
}

/// Positions as warnings quote them.
fn quoted(positions: &Positions) -> BTreeMap<String, i64> {
    positions.iter().map(|((topic, partition), offset)| (format!("{topic}:{partition}"), *offset)).collect()
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
