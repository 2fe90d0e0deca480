//! Operators in, records out: features → rules → score → lifecycle. Everybody who asks for a score comes through here
//! (a batch, a sweep, a person), so they cannot disagree.
//!
//! An [`Evaluator`] is one ruleset with the standings that it gave. Several may be in one engine: they see the same
//! [`EvalContext`], share what their features have in common, and never see each other's standings.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use yujing_base::OperatorId;

use super::assessment::Assessment;
use super::context::{EvalContext, EvalRequest};
use super::disputes::EvidenceSubject;
use super::evaluation_run::HoldsUntil;
use super::operator_state::{OperatorState, States};
use super::{Emit, Output};
use crate::feature::{Evidence, FeatureError, FeatureRow, KeptFeatures, OperatorEvidence};
use crate::rule::{Contribution, Evaluation};
use crate::ruleset::Ruleset;
use crate::warning::record::ScoreInputs;
use crate::warning::{Coverage, FeatureValues, OperatorCard, Score, ScoreRecord, Standing};

/// One ruleset and what it made of every operator so far.
#[derive(Debug)]
pub(super) struct Evaluator {
    pub(super) ruleset: Arc<Ruleset>,
    pub(super) operators: HashMap<OperatorId, OperatorState>,
    pub(super) emit: Emit,
    /// Whether its failure fails no batch.
    pub(super) is_candidate: bool,
}

/// One operator evaluated without changing anything.
#[derive(Debug)]
pub(super) struct EvaluatedOperator {
    pub(super) record: ScoreRecord,
    pub(super) features: FeatureRow,
    pub(super) score: Score,
    pub(super) evaluation: Arc<Evaluation>,
    pub(super) contributions: Vec<Contribution>,
}

/// Whose score it is, and as of when.
#[derive(Debug, Clone)]
pub(super) struct Subject<'a> {
    pub(super) operator: &'a OperatorId,
    pub(super) as_of: Timestamp,
    pub(super) card: OperatorCard,
    pub(super) coverage: Coverage,
}

impl Evaluator {
    pub(super) fn new(ruleset: Arc<Ruleset>, emit: Emit) -> Self {
        Self { ruleset, operators: HashMap::new(), emit, is_candidate: false }
    }

    pub(super) fn candidate(ruleset: Arc<Ruleset>, operators: HashMap<OperatorId, OperatorState>) -> Self {
        Self { ruleset, operators, emit: Emit::Warnings, is_candidate: true }
    }

    /// Every operator with an open warning.
    pub(super) fn warned(&self) -> BTreeSet<OperatorId> {
        let warned = self.operators.iter().filter(|(_, state)| state.standing.warning.is_some());
        warned.map(|(operator, _)| Arc::clone(operator)).collect()
    }

    /// Evaluates operators, adds their scores and lifecycle events to `output` and their new states to `states`. Returns
    /// until when each answer holds.
    pub(super) fn evaluate(
        &self,
        kept: &mut KeptFeatures,
        context: &EvalContext<'_>,
        request: &EvalRequest<'_>,
        states: &mut States,
        output: &mut Output,
    ) -> Result<Vec<HoldsUntil>, FeatureError> {
        let started = Instant::now();
        let asks: Vec<_> = request.asks.iter().map(|ask| (ask.operator.clone(), ask.as_of)).collect();
        let threads = context.threads_for(asks.len());
        let refreshed = self.ruleset.features.refresh(kept, context.view, &asks, threads)?;
        *output.tally.stages.entry("features").or_default() += started.elapsed();
        let failed: BTreeSet<usize> =
            refreshed.iter().flat_map(|it| it.row.failed()).map(|(feature, _)| feature).collect();
        for feature in failed {
            let name = self.ruleset.features.catalogue()[feature].name.clone();
            *output.tally.feature_failures.entry(name).or_default() += 1;
        }
        let evaluating = Instant::now();
        let holds_until = self.judge(kept, context, request, refreshed, states, output)?;
        *output.tally.stages.entry("judge").or_default() += evaluating.elapsed();
        Ok(holds_until)
    }

    /// Evaluates one operator for a person who asks.
    pub(super) fn evaluate_one(
        &self,
        context: &EvalContext<'_>,
        operator: &OperatorId,
        as_of: Timestamp,
    ) -> Result<EvaluatedOperator, FeatureError> {
        let table = self.ruleset.features.compute(context.view, std::slice::from_ref(operator), as_of)?;
        let features = table.row(0);
        let assessment = Assessment::of(&self.ruleset, &features, as_of);
        let mut standing = self.operators.get(operator).map(|state| state.standing.clone()).unwrap_or_default();
        let whose = EvidenceSubject { view: context.view, operator, as_of };
        self.end_disputes(whose, &mut standing, &assessment.contributions);
        let assessment = assessment.disputed(&self.ruleset, &features, &standing.disputes);
        let (card, coverage) = (context.card(operator), context.coverage(as_of));
        let subject = Subject { operator, as_of, card, coverage };
        let record = self.score_record(context, subject, &features, &assessment, standing);
        let Assessment { evaluation, contributions, score } = assessment;
        Ok(EvaluatedOperator { record, features, score, evaluation, contributions })
    }

    /// The record of an operator's score.
    pub(super) fn score_record(
        &self,
        context: &EvalContext<'_>,
        subject: Subject<'_>,
        features: &FeatureRow,
        assessment: &Assessment,
        standing: Standing,
    ) -> ScoreRecord {
        let Subject { operator, as_of, card, coverage } = subject;
        let inputs = ScoreInputs {
            operator_id: Arc::clone(operator),
            as_of,
            findings: assessment.findings(&self.ruleset),
            features: FeatureValues::new(&self.ruleset.record_parts.features, features.clone()),
            coverage,
            degraded: self.degraded(context, features, &assessment.evaluation),
            operator: card,
            ruleset: Arc::clone(&self.ruleset.record_parts.hash),
            standing,
        };
        ScoreRecord::new(&assessment.score, inputs)
    }

    /// Why the score may be too low (invariant I5).
    fn degraded(&self, context: &EvalContext<'_>, features: &FeatureRow, evaluation: &Evaluation) -> Vec<String> {
        let catalogue = self.ruleset.features.catalogue();
        let gap = context.gap.iter().map(|reason| format!("gap: {reason}"));
        let failed = features.failed().map(|(feature, why)| format!("feature {}: {why}", catalogue[feature].name));
        let longest = self.ruleset.policy.longest_text;
        let cut = features.cut().map(|feature| {
            format!("feature {}: its text is longer than {longest} characters and was cut", catalogue[feature].name)
        });
        let rules = evaluation.failed.iter().map(|failure| {
            let id = &self.ruleset.rules.list()[failure.rule].metadata.id;
            format!("rule {id}: {}: {}", failure.kind, failure.message)
        });
        gap.chain(failed).chain(cut).chain(rules).collect()
    }

    /// The events behind features, by their place in the catalogue; the reference row describes and is no evidence.
    pub(super) fn evidence_of(
        &self,
        behind: &BTreeSet<usize>,
        events: &mut OperatorEvidence<'_>,
    ) -> Result<BTreeMap<String, Evidence>, FeatureError> {
        let catalogue = self.ruleset.features.catalogue();
        let described = behind.iter().map(|feature| (*feature, &catalogue[*feature]));
        described
            .filter(|(_, described)| !described.reference)
            .map(|(feature, described)| Ok((described.name.clone(), events.newest(feature)?)))
            .collect()
    }
}
