//! The champion and the rulesets beside it asked together; what those do that are only tried is theirs alone (I6).

use std::collections::{BTreeMap, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use jiff::Timestamp;

use super::judge::{Judge, Question, Scene};
use super::{Engine, Leaving, OperatorState, Output, Ruleset, States};
use crate::feature::{FeatureError, SharedFeatures};
use crate::source::SourceId;
use crate::warning::record::RestoredScore;
use crate::window::View;
use yujing_base::OperatorId;

/// Why rulesets beside the champion could not judge, by their place. What they had is as it was.
pub type Failures = BTreeMap<usize, String>;

/// What the judges say.
#[derive(Debug, Default)]
pub(super) struct Answers {
    pub(super) beside: Vec<Output>,
    pub(super) failures: Failures,
    /// The new states, for each judge.
    pub(super) operators: Vec<States>,
}

/// What a ruleset made of every operator, while it has no seat.
#[derive(Debug, Default)]
pub struct Standings(HashMap<OperatorId, OperatorState>);

impl Standings {
    /// Takes an operator's standing back, with the ruleset that gave it if that can still be had.
    pub fn restore(&mut self, score: RestoredScore, judged_by: Option<Arc<Ruleset>>) {
        let state = OperatorState { standing: score.standing, judged_by, ..OperatorState::default() };
        self.0.insert(score.operator_id.into(), state);
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Engine {
    /// Asks every judge: the champion's records go to `output`, the others' are returned, with everyone's new states.
    pub(super) fn judge(
        &self,
        view: View<'_>,
        heard: &BTreeMap<SourceId, Timestamp>,
        question: &Question<'_>,
        output: &mut Output,
    ) -> Result<Answers, FeatureError> {
        let beside = self.beside.iter().map(|_| Output::default()).collect();
        let mut answers = Answers { beside, ..Answers::default() };
        if question.operators.is_empty() {
            return Ok(answers);
        }
        let scene = self.scene(view, heard, question.as_of);
        let mut shared = SharedFeatures::new(view, question.operators, question.as_of);
        answers.operators.push(self.champion.judge(&scene, question, &mut shared, output)?);
        for (place, (judge, output)) in self.beside.iter().zip(&mut answers.beside).enumerate() {
            let states = if judge.is_tried {
                judge.judge_apart(&scene, question, &mut shared, output).unwrap_or_else(|reason| {
                    answers.failures.insert(place, reason);
                    States::new()
                })
            } else {
                judge.judge(&scene, question, &mut shared, output)?
            };
            answers.operators.push(states);
        }
        Ok(answers)
    }

    /// Seats a ruleset to be tried, behind those that have a seat, with the standings that it had. An error or a panic of
    /// it spoils no batch: it is told in [`Pending::failures`](super::Pending), and the ruleset missed the batch.
    pub fn try_out(&mut self, ruleset: Arc<Ruleset>, standings: Standings) {
        let mut judge = Judge::new(ruleset, Leaving::Warnings);
        judge.operators = standings.0;
        judge.is_tried = true;
        self.beside.push(judge);
    }

    /// Takes a ruleset's seat. Those behind it move up. Not between a decision and its commit.
    pub fn unseat(&mut self, place: usize) -> Standings {
        Standings(self.beside.remove(place).operators)
    }
}

impl Judge {
    /// As [`Judge::judge`], but nothing goes beyond a failure.
    pub(super) fn judge_apart(
        &self,
        scene: &Scene<'_>,
        question: &Question<'_>,
        shared: &mut SharedFeatures<'_>,
        output: &mut Output,
    ) -> Result<States, String> {
        let reason = match catch_unwind(AssertUnwindSafe(|| self.judge(scene, question, shared, output))) {
            Ok(Ok(states)) => return Ok(states),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "it panicked".to_owned(),
        };
        *output = Output::default();
        Err(reason)
    }
}
