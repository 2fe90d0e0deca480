//! Dispositions (处置反馈) at their turn: each is permitted by how its warning stands at that instant, or refused. What
//! concerns a warning that is over is recorded and moves nothing.

use jiff::Timestamp;
use uuid::Uuid;
use yujing_base::OperatorId;

use super::decision::{Decision, state_of};
use super::disposition_source::DispositionAction;
use super::evaluator::Evaluator;
use super::intake::Intake;
use super::{Emit, Engine, Tally};
use crate::ruleset::Ruleset;
use crate::source::{Event, Refusal, RefusalCode, SourceId};
use crate::warning::handling::{Answer, Disposition, NotPermitted};
use crate::warning::lifecycle::warning_id;
use crate::warning::progress::Ruling;
use crate::warning::{DispositionRecord, Standing};
use crate::window::EventOutcome;

/// A disposition that waits for its turn.
#[derive(Debug)]
pub(super) struct UndecidedDisposition {
    /// The instant at which it is decided: when it came, but not before what was decided last.
    pub(super) at: Timestamp,
    /// When it came: whether it is in time is judged by that.
    pub(super) heard_at: Timestamp,
    pub(super) record: DispositionRecord,
    pub(super) event: Event,
}

impl UndecidedDisposition {
    pub(super) fn operator(&self) -> &OperatorId {
        &self.event.operator_id
    }
}

/// What an evaluation is to do with a disposition.
#[derive(Debug, Clone)]
pub(super) enum DecidedDisposition {
    /// It moves the open warning.
    Applied { disposition: Box<Disposition>, heard_at: Timestamp },
    /// It was not permitted, which is to be remembered.
    Refused(DispositionRecord),
}

impl DecidedDisposition {
    /// What is answered, if anything is.
    pub(super) fn answer(&self) -> Option<&Answer> {
        match self {
            Self::Applied { disposition, .. } => disposition.answer.as_ref(),
            Self::Refused(_) => None,
        }
    }
}

impl Engine {
    /// The source of dispositions, if they are decided: whether one is permitted depends on how its warning stands, so
    /// they are not for a batch that is applied without scoring.
    pub fn decided_dispositions(&self) -> Option<SourceId> {
        let source = self.disposition_source.as_ref()?;
        self.champion.handles().then_some(source.id)
    }

    /// Decides a disposition of the batch, now that it has its turn: admits or refuses it. Returns what its operator's
    /// evaluation is to do with it, if anything.
    pub(super) fn decide_disposition(
        &self,
        place: usize,
        intake: &mut Intake,
        decision: &mut Decision,
    ) -> Option<DecidedDisposition> {
        let UndecidedDisposition { heard_at, record, event, .. } = intake.undecided.remove(&place)?;
        let (source, operator) = (event.source, event.operator_id.clone());
        let tally = &mut decision.output.tally;
        if !self.is_news(&event, intake) {
            let admitted = self.admit(event, intake, tally);
            intake.note(place, source, admitted, tally);
            return None;
        }
        let disposition = self.disposition_source.as_ref()?.read(&event);
        let state = state_of(decision.states.first()?, &self.champion.operators, &operator);
        let ruling = match state {
            Some(state) => self.champion.rule_on(&state.standing, &disposition),
            None => Err(NotPermitted::UnknownWarning),
        };
        match ruling {
            Ok(ruling) => {
                *tally.dispositions.entry(ruling.as_str()).or_default() += 1;
                let admitted = self.admit(event, intake, tally);
                intake.note(place, source, admitted, tally);
                let applies = ruling == Ruling::Applies;
                applies.then(|| DecidedDisposition::Applied { disposition: Box::new(disposition), heard_at })
            }
            Err(reason) => {
                *tally.dispositions.entry(reason.code()).or_default() += 1;
                let is_remembered = state.is_some();
                intake.note(place, source, Err(refusal(&reason)), tally);
                is_remembered.then_some(DecidedDisposition::Refused(record))
            }
        }
    }

    /// Whether an event would be taken in: it is no duplicate, superseded or in conflict with what came before.
    fn is_news(&self, event: &Event, intake: &Intake) -> bool {
        let outcome = self.store.outcome(&intake.delta.events, event);
        matches!(outcome, EventOutcome::Applied | EventOutcome::Retracting)
    }

    /// Admits a disposition that was decided before: what was refused then is refused again, and no letter leaves.
    pub(super) fn admit_again(
        &self,
        record: DispositionRecord,
        event: Event,
        intake: &mut Intake,
        tally: &mut Tally,
    ) -> Result<EventOutcome, Refusal> {
        let state = self.champion.operators.get(&event.operator_id);
        let standing = state.map(|state| &state.standing);
        // Who had no standing had no warning either, and nothing was remembered of it.
        let was_permitted = standing.is_some_and(|standing| {
            let names = self.disposition_source.as_ref().and_then(|source| source.action(&event));
            let is_known = names.is_none_or(|names| has_had(&event.operator_id, standing, names.warning));
            is_known && !standing.refused_dispositions.contains(record)
        });
        if was_permitted { self.admit(event, intake, tally) } else { Err(refusal(&NotPermitted::UnknownWarning)) }
    }

    /// Counts what was done for each rule that raised the warning, as far as that is known.
    pub(super) fn count_actions(&self, actions: &[DispositionAction], tally: &mut Tally) {
        for DispositionAction { operator, warning, action } in actions {
            let state = self.champion.operators.get(operator);
            let contributing = state.and_then(|state| state.contributing.as_ref());
            let rules = contributing.filter(|contributing| contributing.warning == *warning);
            for rule in rules.into_iter().flat_map(|contributing| &*contributing.rules) {
                let answers = &mut tally.rules.entry(rule.clone()).or_default().answers;
                *answers.entry((&**action).into()).or_default() += 1;
            }
        }
    }
}

impl Evaluator {
    /// Whether its warnings are handled: assigned to posts, answered by people, overdue.
    pub(super) fn handles(&self) -> bool {
        let Ruleset { handling, routing, .. } = &*self.ruleset;
        self.emit == Emit::Everything && handling.is_some() && routing.is_some()
    }

    /// What becomes of a disposition.
    fn rule_on(&self, standing: &Standing, disposition: &Disposition) -> Result<Ruling, NotPermitted> {
        match self.ruleset.handling.as_ref().zip(self.ruleset.routing.as_ref()) {
            Some((policy, routing)) => standing.rule_on(disposition, policy, routing),
            None => Ok(Ruling::Noted),
        }
    }
}

/// Whether an operator has had a warning, the open one included.
fn has_had(operator: &OperatorId, standing: &Standing, warning: Uuid) -> bool {
    (1..=standing.ordinal).rev().any(|ordinal| warning_id(operator, ordinal) == warning)
}

/// Why a disposition is not taken, as its dead letter says it.
fn refusal(reason: &NotPermitted) -> Refusal {
    let pointer = match reason {
        NotPermitted::UnknownWarning => "/warning_id",
        NotPermitted::BeforeOpened { .. } => "/occurred_at",
        NotPermitted::Role { .. } | NotPermitted::RoleOfPost { .. } => "/role",
        NotPermitted::NoPost | NotPermitted::UnknownPost { .. } | NotPermitted::ForeignPost { .. } => "/post",
        NotPermitted::NoVerdict => "/verdict",
        NotPermitted::UnknownFinding { .. } => "/findings",
        NotPermitted::Extension { .. } => "/extend_to",
        NotPermitted::Transfer => "/transfer_to",
        NotPermitted::State { .. } | NotPermitted::NotAsked | NotPermitted::NotNewest => "/action",
    };
    Refusal {
        code: RefusalCode::NotPermitted,
        reason: Some(reason.code()),
        pointer: pointer.to_owned(),
        expected: "a step that the warning permits".to_owned(),
        got: Some(reason.reason().en),
    }
}
