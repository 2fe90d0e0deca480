//! Scores without a rule or a feature (ablation): no record leaves, no standing moves. A replay computes so what a
//! score was on an evening, and what it would have been without one part of the ruleset.

use std::num::NonZeroUsize;

use jiff::Timestamp;
use yujing_base::OperatorId;

use super::Engine;
use super::assessment::Assessment;
use super::disputes::EvidenceSubject;
use super::evaluator::Evaluator;
use crate::feature::{FeatureError, FeatureRow, KeptFeatures, Refreshed};
use crate::rule::{Costs, Evaluation};
use crate::ruleset::Ruleset;
use crate::warning::handling::Dispute;
use crate::warning::{Level, Score};
use crate::window::View;

/// A part of a ruleset left out, to see what it adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LeftOut {
    /// By its place in the list of rules.
    Rule(usize),
    /// By its place in the catalogue: everybody has its `@missing` value.
    Feature(usize),
}

/// A score and the level that score and floors give by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScoredLevel {
    pub score: i64,
    pub level: Level,
}

/// An operator's score under one ruleset, whole and in parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ablation {
    pub whole: ScoredLevel,
    /// For each part left out, in the order asked for.
    pub without: Vec<ScoredLevel>,
}

impl From<&Score> for ScoredLevel {
    fn from(score: &Score) -> Self {
        Self { score: score.score, level: score.level }
    }
}

impl Engine {
    /// The scores of operators, each named once, under each ruleset, champion first, as of an instant, which is no earlier
    /// than what was decided last. `without` names the parts to leave out of each ruleset; rulesets beyond it stay whole.
    ///
    /// # Errors
    /// As [`Engine::apply`].
    pub fn ablations(
        &mut self,
        operators: &[OperatorId],
        as_of: Timestamp,
        without: &[Vec<LeftOut>],
    ) -> Result<Vec<Vec<Ablation>>, FeatureError> {
        let as_of = self.not_before_committed(as_of);
        let asks: Vec<_> = operators.iter().map(|operator| (operator.clone(), as_of)).collect();
        let nothing = Vec::new();
        let parts = without.iter().chain(std::iter::repeat(&nothing));
        self.ask_kept(|engine, kept| {
            let evaluators = engine.evaluators().zip(parts);
            evaluators.map(|(evaluator, parts)| evaluator.ablations(kept, engine.store.view(), &asks, parts)).collect()
        })
    }
}

impl Evaluator {
    /// Of operators each asked for once.
    fn ablations(
        &self,
        kept: &mut KeptFeatures,
        view: View<'_>,
        asks: &[(OperatorId, Timestamp)],
        without: &[LeftOut],
    ) -> Result<Vec<Ablation>, FeatureError> {
        let refreshed = self.ruleset.features.refresh(kept, view, asks, NonZeroUsize::MIN)?;
        let ablation = |((operator, as_of), refreshed): (&(OperatorId, Timestamp), Refreshed)| {
            let subject = EvidenceSubject { view, operator, as_of: *as_of };
            WholeScore::of(self, refreshed.row, subject).ablation(without)
        };
        Ok(asks.iter().zip(refreshed).map(ablation).collect())
    }
}

/// An operator's score with what it was made of: what it would be without a part asks only the rules that read it.
struct WholeScore<'a> {
    ruleset: &'a Ruleset,
    features: FeatureRow,
    as_of: Timestamp,
    assessment: Assessment,
    /// What a verdict called unfounded counts for nothing, whatever is left out.
    disputes: Vec<Dispute>,
}

impl<'a> WholeScore<'a> {
    fn of(evaluator: &'a Evaluator, features: FeatureRow, subject: EvidenceSubject<'_>) -> Self {
        let (ruleset, as_of) = (&*evaluator.ruleset, subject.as_of);
        let given = Assessment::of(ruleset, &features, as_of);
        let state = evaluator.operators.get(subject.operator);
        let mut standing = state.map(|state| state.standing.clone()).unwrap_or_default();
        evaluator.end_disputes(subject, &mut standing, &given.contributions);
        let disputes = standing.disputes;
        let assessment = given.disputed(ruleset, &features, &disputes);
        Self { ruleset, features, as_of, assessment, disputes }
    }

    fn ablation(&self, without: &[LeftOut]) -> Ablation {
        let whole = ScoredLevel::from(&self.assessment.score);
        let score = |part: &LeftOut| match part {
            LeftOut::Rule(rule) => self.without_rule(*rule).unwrap_or(whole),
            LeftOut::Feature(feature) => self.without_feature(*feature).unwrap_or(whole),
        };
        Ablation { whole, without: without.iter().map(score).collect() }
    }

    /// `None` if the rule did not fire: nothing changes.
    fn without_rule(&self, rule: usize) -> Option<ScoredLevel> {
        let fired = &self.assessment.evaluation.fired;
        fired.iter().find(|fired| fired.rule == rule)?;
        let fired = fired.iter().filter(|fired| fired.rule != rule).cloned().collect();
        Some(self.scored(&self.features, Evaluation { fired, failed: Vec::new() }))
    }

    /// `None` if the operator has the value that stands for missing already: nothing changes.
    fn without_feature(&self, feature: usize) -> Option<ScoredLevel> {
        let described = &self.ruleset.features.catalogue()[feature];
        let reduced = self.features.without(feature, described);
        if reduced.value(feature) == self.features.value(feature) {
            return None;
        }
        let (rules, before) = (&self.ruleset.rules, &self.assessment.evaluation);
        let evaluation = rules.reevaluate(before, &[feature], &reduced, self.as_of, &mut Costs::default());
        Some(self.scored(&reduced, evaluation))
    }

    fn scored(&self, features: &FeatureRow, evaluation: Evaluation) -> ScoredLevel {
        let assessment = Assessment::new(self.ruleset, features, evaluation.into(), self.as_of);
        ScoredLevel::from(&assessment.disputed(self.ruleset, features, &self.disputes).score)
    }
}
