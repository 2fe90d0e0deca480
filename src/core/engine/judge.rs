//! Operators in, records out: features → rules → score → lifecycle. Everybody who asks for a score comes through here
//! (a batch, a sweep, a person), so they cannot disagree.
//!
//! A [`Judge`] is one ruleset with the standings that it gave. Several may sit in one engine: they see the same
//! [`Scene`], share what their features have in common, and never see each other's standings.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;

use super::answers::Raisers;
use super::former::Former;
use super::{Leaving, OperatorState, Output, Positions, Ruleset, Tally};
use crate::feature::{Evidence, FeatureError, FeatureTable, FeatureValue, SharedFeatures};
use crate::rule::{Costs, Evaluation, Fired};
use crate::source::Sources;
use crate::warning::quality::contributing_rules;
use crate::warning::score::score;
use crate::warning::{
    Cause, Coverage, Finding, Level, LifecycleInput, OperatorCard, Score, ScoreRecord, Standing, Step, Transition,
    WarningEvent,
};
use crate::window::View;
use yujing_base::OperatorId;

/// One ruleset and what it made of every operator so far.
#[derive(Debug)]
pub(super) struct Judge {
    pub(super) ruleset: Arc<Ruleset>,
    pub(super) operators: HashMap<OperatorId, OperatorState>,
    leaving: Leaving,
    /// Whether it is only tried, so that its failure is its own.
    pub(super) is_tried: bool,
}

/// What is known when a question is asked: the same for every judge.
#[derive(Debug)]
pub(super) struct Scene<'a> {
    pub(super) sources: &'a Sources,
    /// The events, with those of the batch under way.
    pub(super) view: View<'a>,
    /// Which sources are fresh as of the question.
    pub(super) coverage: Coverage,
    /// Why events may be missing altogether.
    pub(super) gap: Option<&'a str>,
}

impl Scene<'_> {
    /// Who an operator is.
    pub(super) fn card(&self, operator: &OperatorId) -> OperatorCard {
        self.cards(std::slice::from_ref(operator)).remove(operator).unwrap_or_default()
    }

    /// Who these operators are; one that is not registered is absent.
    fn cards(&self, operators: &[OperatorId]) -> HashMap<OperatorId, OperatorCard> {
        let rows = self.sources.operators().map(|(source, _)| self.view.references(source, operators));
        let card = |attributes| OperatorCard { registered: true, attributes };
        rows.into_iter().flatten().map(|(operator, attributes)| (operator, card(attributes))).collect()
    }
}

/// Who is to be judged, when and why.
#[derive(Debug, Clone, Copy)]
pub(super) struct Question<'a> {
    pub(super) operators: &'a [OperatorId],
    pub(super) as_of: Timestamp,
    pub(super) cause: Cause,
    pub(super) positions: &'a Positions,
    /// Whether scores leave even if nothing changed but the time.
    pub(super) write_all: bool,
}

/// What rules and policy say of one row of features, before the lifecycle.
#[derive(Debug)]
pub(super) struct Assessment {
    pub(super) evaluation: Evaluation,
    pub(super) score: Score,
}

/// One operator judged without changing anything.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) record: ScoreRecord,
    pub(super) table: FeatureTable,
    pub(super) score: Score,
    pub(super) evaluation: Evaluation,
}

impl Assessment {
    pub(super) fn of(ruleset: &Ruleset, table: &FeatureTable, row: usize, as_of: Timestamp) -> Self {
        Self::from(ruleset, table, row, ruleset.rules.evaluate(table, row, as_of))
    }

    fn from(ruleset: &Ruleset, table: &FeatureTable, row: usize, evaluation: Evaluation) -> Self {
        let base = table.value(row, ruleset.base_feature);
        let score = score(&ruleset.policy, &base, &ruleset.rules, &evaluation);
        Self { evaluation, score }
    }

    /// What fired, without evidence.
    pub(super) fn findings(&self, ruleset: &Ruleset) -> Vec<Finding> {
        let finding = |(fired, counted): (&Fired, &i64)| {
            let metadata = &ruleset.rules.list()[fired.rule].metadata;
            Finding::new(metadata, fired.points, *counted, fired.floor, fired.because.clone())
        };
        self.evaluation.fired.iter().zip(&self.score.counted).map(finding).collect()
    }
}

impl Judge {
    pub(super) fn new(ruleset: Arc<Ruleset>, leaving: Leaving) -> Self {
        Self { ruleset, operators: HashMap::new(), leaving, is_tried: false }
    }

    /// Every operator with an open warning.
    pub(super) fn warned(&self) -> BTreeSet<OperatorId> {
        let warned = self.operators.iter().filter(|(_, state)| state.standing.warning.is_some());
        warned.map(|(operator, _)| Arc::clone(operator)).collect()
    }

    /// Judges operators and adds their scores and lifecycle events to `output`. Returns their new states.
    pub(super) fn judge(
        &self,
        scene: &Scene<'_>,
        question: &Question<'_>,
        shared: &mut SharedFeatures<'_>,
        output: &mut Output,
    ) -> Result<Vec<(OperatorId, OperatorState)>, FeatureError> {
        let started = Instant::now();
        let table = self.ruleset.features.compute_sharing(shared)?;
        output.tally.stages.insert("features", started.elapsed());
        for feature in table.failed_features() {
            let name = self.ruleset.features.catalogue()[feature].name.clone();
            *output.tally.feature_failures.entry(name).or_default() += 1;
        }
        let started = Instant::now();
        // All at once where every operator's record leaves; else they are asked for one by one.
        let mut cards = match self.leaving {
            Leaving::Everything => scene.cards(question.operators),
            Leaving::Warnings => HashMap::new(),
        };
        let mut former = Former::default();
        let mut costs = Costs::default();
        let mut states = Vec::with_capacity(question.operators.len());
        for (row, operator) in question.operators.iter().enumerate() {
            let evaluation = self.ruleset.rules.evaluate_metered(&table, row, question.as_of, &mut costs);
            let assessment = Assessment::from(&self.ruleset, &table, row, evaluation);
            self.count(&assessment.evaluation, question.as_of, &mut output.tally);
            let before = self.operators.get(operator).cloned().unwrap_or_default();
            let is_whole = assessment.evaluation.failed.is_empty() && table.failures(row).next().is_none();
            let mut judgement =
                LifecycleInput { cause: question.cause, ..LifecycleInput::of(&assessment.score, question.as_of) };
            judgement.ruleset_changed =
                former.is_overruled(&self.ruleset, &before, &judgement, is_whole, (&mut *shared, row))?;
            judgement.lost_evidence =
                !judgement.ruleset_changed && self.is_bereft(scene.view, operator, question, &judgement)?;
            let news = self.ruleset.news(&before.standing, &assessment.evaluation, question.as_of);
            if !news.is_empty() {
                let asked = (&mut *shared, row);
                let by_rules = former.found_none(&self.ruleset, &before, &news, question.as_of, asked)?;
                judgement.adds = Some(if by_rules { Cause::Ruleset } else { question.cause });
            }
            let (standing, change) = self.ruleset.step(operator, &before.standing, &judgement, &assessment.evaluation);
            let level = standing.level();
            move_level(&mut output.tally.level_changes, before.level, level);
            let mut written = None;
            let mut raisers = before.raisers;
            if change.is_some() || self.leaving == Leaving::Everything {
                let card = cards.remove(operator).unwrap_or_else(|| scene.card(operator));
                let record = self.record(scene, card, question.as_of, &table, row, &assessment, standing.clone());
                if let Some(change) = &change {
                    let event = self.lifecycle_event(scene, &record, change, &before.standing, &assessment, question);
                    *output.tally.lifecycle.entry((event.step, event.level)).or_default() += 1;
                    self.count_raised(&event, &mut output.tally);
                    raisers = Raisers::after(raisers.as_ref(), &event);
                    output.warnings.push(event);
                }
                if self.leaving == Leaving::Everything {
                    written = Some(record.content_hash());
                    if question.write_all || before.written != written {
                        output.scores.push(record);
                    }
                }
            }
            let judged_by = Some(Arc::clone(&self.ruleset));
            let level = Some(level);
            let state = OperatorState { standing, written, level, judged_by, raisers, is_bereft: false };
            states.push((Arc::clone(operator), state));
        }
        for (rule, cost) in costs.iter() {
            output.tally.rules.entry(self.ruleset.rules.list()[rule].metadata.id.clone()).or_default().cost = cost;
        }
        output.tally.operators_scored += question.operators.len() as u64;
        output.tally.stages.insert("judge", started.elapsed());
        Ok(states)
    }

    /// Judges one operator for a person who asks.
    pub(super) fn judge_one(
        &self,
        scene: &Scene<'_>,
        operator: &OperatorId,
        as_of: Timestamp,
    ) -> Result<Judged, FeatureError> {
        let table = self.ruleset.features.compute(scene.view, std::slice::from_ref(operator), as_of)?;
        let assessment = self.assess(&table, 0, as_of);
        let standing = self.operators.get(operator).map(|state| state.standing.clone()).unwrap_or_default();
        let record = self.record(scene, scene.card(operator), as_of, &table, 0, &assessment, standing);
        let Assessment { evaluation, score } = assessment;
        Ok(Judged { record, table, score, evaluation })
    }

    pub(super) fn assess(&self, table: &FeatureTable, row: usize, as_of: Timestamp) -> Assessment {
        Assessment::of(&self.ruleset, table, row, as_of)
    }

    fn count(&self, evaluation: &Evaluation, as_of: Timestamp, tally: &mut Tally) {
        let rules = self.ruleset.rules.list();
        for fired in &evaluation.fired {
            let rule = tally.rules.entry(rules[fired.rule].metadata.id.clone()).or_default();
            rule.fires += 1;
            rule.last_fired = rule.last_fired.max(Some(as_of));
        }
        for failure in &evaluation.failed {
            let rule = rules[failure.rule].metadata.id.clone();
            *tally.rule_failures.entry((rule, failure.kind)).or_default() += 1;
        }
    }

    /// Which rules took part in a step upwards, and without which of them it would not have been taken.
    fn count_raised(&self, event: &WarningEvent, tally: &mut Tally) {
        if !matches!(event.step, Step::Opened | Step::Escalated) {
            return;
        }
        for (rule, is_unique) in contributing_rules(&self.ruleset.policy, event.from, event.base, &event.findings) {
            let rule = tally.rules.entry(rule.to_owned()).or_default();
            let raised = if event.step == Step::Opened { &mut rule.opened } else { &mut rule.escalated };
            raised.count(is_unique);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one place that gathers all parts of a record")]
    fn record(
        &self,
        scene: &Scene<'_>,
        card: OperatorCard,
        as_of: Timestamp,
        table: &FeatureTable,
        row: usize,
        assessment: &Assessment,
        standing: Standing,
    ) -> ScoreRecord {
        let catalogue = self.ruleset.features.catalogue();
        let features = catalogue
            .iter()
            .enumerate()
            .map(|(index, feature)| (feature.name.clone(), table.value(row, index)))
            .collect::<BTreeMap<String, FeatureValue>>();
        let Assessment { evaluation, score } = assessment;
        ScoreRecord {
            operator_id: table.operators[row].to_string(),
            as_of,
            score: score.score,
            level: standing.level(),
            level_by_score: score.level,
            to_next: score.to_next,
            base: score.base,
            findings: assessment.findings(&self.ruleset),
            floors: score.floors.clone(),
            features,
            coverage: scene.coverage.clone(),
            degraded: self.degraded(scene, table, row, evaluation),
            operator: card,
            ruleset: self.ruleset.hash.clone(),
            standing,
        }
    }

    /// Why the score may be too low (invariant I5).
    fn degraded(&self, scene: &Scene<'_>, table: &FeatureTable, row: usize, evaluation: &Evaluation) -> Vec<String> {
        let catalogue = self.ruleset.features.catalogue();
        let gap = scene.gap.iter().map(|reason| format!("gap: {reason}"));
        let features = table.failures(row).map(|(feature, why)| format!("feature {}: {why}", catalogue[feature].name));
        let longest = self.ruleset.policy.longest_text;
        let cut = table.cut_of(row).map(|feature| {
            format!("feature {}: its text is longer than {longest} characters and was cut", catalogue[feature].name)
        });
        let rules = evaluation.failed.iter().map(|failure| {
            let id = &self.ruleset.rules.list()[failure.rule].metadata.id;
            format!("rule {id}: {}: {}", failure.kind, failure.message)
        });
        gap.chain(features).chain(cut).chain(rules).collect()
    }

    fn lifecycle_event(
        &self,
        scene: &Scene<'_>,
        record: &ScoreRecord,
        change: &Transition,
        previous: &Standing,
        assessment: &Assessment,
        question: &Question<'_>,
    ) -> WarningEvent {
        let mut told = record.clone();
        if self.leaving == Leaving::Everything {
            let operator: OperatorId = record.operator_id.as_str().into();
            for (finding, fired) in told.findings.iter_mut().zip(&assessment.evaluation.fired) {
                match self.evidence_of(scene.view, fired.rule, &operator, question.as_of) {
                    Ok(evidence) => finding.evidence = Some(evidence),
                    Err(error) => told.degraded.push(format!("evidence of {}: {error}", finding.rule)),
                }
            }
        }
        let offset = |((topic, partition), offset): (&(Arc<str>, i32), &i64)| (format!("{topic}:{partition}"), *offset);
        let offsets = question.positions.iter().map(offset).collect();
        WarningEvent::new(change, told, previous.clone(), offsets, &self.ruleset.policy.zone)
    }

    /// The events behind the features that a rule reads; the reference row describes and is no evidence.
    pub(super) fn evidence_of(
        &self,
        view: View<'_>,
        rule: usize,
        operator: &OperatorId,
        as_of: Timestamp,
    ) -> Result<BTreeMap<String, Evidence>, FeatureError> {
        let features = &self.ruleset.features;
        let reads = self.ruleset.rules.list()[rule].reads.iter();
        reads
            .map(|feature| (*feature, &features.catalogue()[*feature]))
            .filter(|(_, described)| !described.reference)
            .map(|(feature, described)| {
                Ok((described.name.clone(), features.evidence(feature, view, operator, as_of)?))
            })
            .collect()
    }
}

fn move_level(changes: &mut BTreeMap<Level, i64>, from: Option<Level>, to: Level) {
    if from == Some(to) {
        return;
    }
    *changes.entry(to).or_default() += 1;
    if let Some(from) = from {
        *changes.entry(from).or_default() -= 1;
    }
}
