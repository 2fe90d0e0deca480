//! What leaves of one operator: the events of the steps that were taken, and the score.

use std::collections::BTreeMap;

use super::EvaluationRun;
use crate::engine::Emit;
use crate::engine::assessment::Assessment;
use crate::engine::context::Ask;
use crate::engine::contributing_rules::ContributingRules;
use crate::engine::evaluator::Subject;
use crate::engine::handling::StepTaken;
use crate::engine::operator_state::OperatorState;
use crate::feature::OperatorEvidence;
use crate::source::Positions;
use crate::warning::quality::contributing_rules;
use crate::warning::{OperatorCard, RefusedDispositions, ScoreRecord, Standing, Step, WarningEvent};

impl EvaluationRun<'_> {
    /// Adds to the output what leaves: the events of the steps that were taken, and the score.
    pub(super) fn emit(
        &mut self,
        ask: &Ask,
        card: Option<OperatorCard>,
        assessment: &Assessment,
        steps: Vec<StepTaken>,
        mut after: OperatorState,
    ) -> OperatorState {
        let writes_scores = self.evaluator.emit == Emit::Everything;
        let Some(kept) = after.evaluation.clone().filter(|_| writes_scores || !steps.is_empty()) else { return after };
        let Ask { operator, as_of, .. } = ask;
        let card = card.unwrap_or_else(|| self.card(operator));
        let subject = Subject { operator, as_of: *as_of, card, coverage: self.coverage(*as_of) };
        let record = |standing: &Standing| {
            let (subject, standing) = (subject.clone(), standing.clone());
            self.evaluator.score_record(self.context, subject, &kept.features, assessment, standing)
        };
        let records: Vec<ScoreRecord> = steps.iter().map(|step| record(&step.after)).collect();
        let score = writes_scores.then(|| record(&after.standing));
        let mut events = OperatorEvidence::new(&self.ruleset.features, self.context.view, operator, *as_of);
        for (step, record) in steps.into_iter().zip(records) {
            let proved = self.with_evidence(record, &mut events, assessment);
            self.emit_event(proved, step, &mut after);
        }
        if let Some(score) = score {
            self.emit_score(score, &mut after);
        }
        after
    }

    /// Adds the event of a step to the output.
    fn emit_event(&mut self, proved: ScoreRecord, step: StepTaken, after: &mut OperatorState) {
        let StepTaken { transition, before, .. } = step;
        // What was refused says nothing of the warning.
        let previous = Standing { refused_dispositions: RefusedDispositions::default(), ..before };
        let offsets = quoted(self.request.positions);
        let event = WarningEvent::new(&transition, proved, previous, offsets, &self.ruleset.policy.zone);
        *self.output.tally.lifecycle.entry((event.step, event.level)).or_default() += 1;
        self.count_raised(&event);
        after.contributing = ContributingRules::after(after.contributing.as_ref(), &event);
        self.output.warnings.push(event);
    }

    /// Adds the score to the output if something in it changed.
    fn emit_score(&mut self, record: ScoreRecord, after: &mut OperatorState) {
        let written = Some(record.content_hash());
        if self.request.write_all || after.written != written {
            self.output.scores.push(record);
        }
        after.written = written;
    }

    /// The record with the events behind its findings, where evidence leaves.
    fn with_evidence(
        &self,
        mut record: ScoreRecord,
        events: &mut OperatorEvidence<'_>,
        assessment: &Assessment,
    ) -> ScoreRecord {
        if self.evaluator.emit == Emit::Everything {
            for (finding, contribution) in record.findings.iter_mut().zip(&assessment.contributions) {
                let features = self.ruleset.features_behind(contribution);
                match self.evaluator.evidence_of(&features, events) {
                    Ok(evidence) => finding.evidence = Some(evidence),
                    Err(error) => record.degraded.push(format!("evidence of {}: {error}", finding.rule.id)),
                }
            }
        }
        record
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
