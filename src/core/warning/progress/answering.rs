//! What an answer changes.

use jiff::Timestamp;

use super::HandlingContext;
use crate::warning::handling::{
    Answer, Before, Clock, Disposition, Dispute, EventKey, Extension, Ground, Handling, HandlingAction, HandlingState,
    HandlingStep, KeptHandling, MAX_RECEIPTS, MAX_STEPS, Receipt, Verdict,
};
use crate::warning::routing::Post;
use crate::warning::standing::{OpenWarning, Standing};

impl Standing {
    /// Applies a disposition; says whether it is a step that others hear of.
    pub(super) fn answer(
        &mut self,
        disposition: &Disposition,
        grounds: Vec<Ground>,
        context: &HandlingContext<'_>,
        as_of: Timestamp,
    ) -> bool {
        let is_correction = self.warning.as_mut().is_some_and(|warning| warning.take_back(&disposition.event));
        self.disputes.retain(|dispute| {
            !(dispute.is_ended_by(disposition) || is_correction && dispute.rests_on(&disposition.event))
        });
        let Some(warning) = &mut self.warning else { return false };
        let answer = disposition.answer.as_ref().filter(|answer| answer.warning_id == warning.id);
        let (Some(answer), Some(handling)) = (answer, &mut warning.handling) else { return is_correction };
        let handling = handling.to_mut();
        if answer.action == HandlingAction::Delivered {
            handling.receive(disposition, answer);
            return is_correction;
        }
        handling.before = Some(Box::new(Before { handling: handling.by_itself(), due_at: warning.due_at }));
        handling.note(disposition, answer);
        warning.take_step(answer, grounds, context, as_of);
        match answer.action {
            HandlingAction::Reviewed => {
                let until = context.calendar.due(as_of, context.policy.dispute);
                let disputes = warning.disputes(&disposition.event, as_of, until);
                let is_disputed_anew = |rule: &str| disputes.iter().any(|dispute| dispute.ground.rule == rule);
                self.disputes.retain(|dispute| !is_disputed_anew(&dispute.ground.rule));
                self.disputes.extend(disputes);
            }
            // Whoever takes it up again does not stand by its verdict.
            HandlingAction::Reopened => self.disputes.retain(|dispute| dispute.warning_id != answer.warning_id),
            _ => {}
        }
        true
    }
}

impl OpenWarning {
    /// The same as it was before the newest step of people.
    pub(super) fn taken_back(&self) -> Self {
        let mut before = self.clone();
        if let Some(event) = self.handling.as_ref().and_then(|handling| handling.steps.last()).map(|step| &step.event) {
            before.take_back(event);
        }
        before
    }

    /// Takes back the newest step of people if it came by this event; says whether it did.
    fn take_back(&mut self, event: &EventKey) -> bool {
        let Some(handling) = &mut self.handling else { return false };
        if handling.steps.last().is_none_or(|step| step.event != *event) {
            return false;
        }
        let handling = handling.to_mut();
        let Some(before) = handling.before.take() else { return false };
        let Before { handling: left, due_at } = *before;
        let (mut steps, receipts) = (std::mem::take(&mut handling.steps), std::mem::take(&mut handling.receipts));
        steps.pop();
        *handling = Handling { steps, receipts, ..left };
        self.due_at = due_at;
        true
    }

    fn take_step(&mut self, answer: &Answer, grounds: Vec<Ground>, context: &HandlingContext<'_>, as_of: Timestamp) {
        let Some(handling) = self.handling.as_mut().map(KeptHandling::to_mut) else { return };
        let acknowledge_by = || context.clocks.acknowledge.map(|deadline| context.calendar.due(as_of, deadline));
        match answer.action {
            HandlingAction::Delivered => {}
            HandlingAction::Acknowledged => handling.reach(HandlingState::Acknowledged, as_of),
            HandlingAction::InProgress => handling.reach(HandlingState::InProgress, as_of),
            HandlingAction::Answered => {
                handling.reach(HandlingState::Answered, as_of);
                (handling.answered_at, handling.verdict) = (Some(as_of), answer.verdict);
                handling.measures.clone_from(&answer.measures);
                handling.grounds = if answer.verdict == Some(Verdict::Unfounded) { grounds } else { Vec::new() };
            }
            HandlingAction::Reviewed => handling.reach(HandlingState::Reviewed, as_of),
            HandlingAction::Closed => handling.reach(HandlingState::Closed, as_of),
            HandlingAction::Returned => {
                handling.reach(HandlingState::InProgress, as_of);
                handling.discard_answer();
            }
            HandlingAction::Reopened => {
                handling.reopened += 1;
                handling.discard_answer();
                handling.renew(acknowledge_by(), as_of);
            }
            HandlingAction::Transferred => {
                let rung = context.policy.rung(self.level);
                handling.transfer(answer, acknowledge_by(), context, as_of);
                let next = handling.next_rung(rung, context.calendar, as_of);
                if let Some(overdue) = &mut handling.overdue {
                    overdue.next = next;
                }
            }
            HandlingAction::ExtensionAsked => {
                let granted = handling.extension.and_then(|extension| extension.granted);
                handling.extension = Some(Extension { asked: answer.extend_to, granted });
            }
            HandlingAction::ExtensionRefused => handling.decide_extension(None),
            HandlingAction::ExtensionGranted => {
                let asked = handling.extension.and_then(|extension| extension.asked);
                let to = answer.extend_to.or(asked).filter(|to| self.due_at.is_none_or(|due| *to > due));
                handling.decide_extension(to);
                if to.is_some() {
                    (self.due_at, self.due_provisional) = (to, None);
                    handling.overdue = handling.overdue.filter(|overdue| overdue.clock != Clock::Act);
                }
            }
        }
    }

    /// What a review makes of an answer that called findings unfounded.
    fn disputes(&mut self, reviewed: &EventKey, at: Timestamp, until: Timestamp) -> Vec<Dispute> {
        let Some(handling) = self.handling.as_mut().map(KeptHandling::to_mut) else { return Vec::new() };
        let is_answer = |step: &&HandlingStep| step.answer.action == HandlingAction::Answered;
        let Some(answer) = handling.steps.iter().rfind(is_answer) else { return Vec::new() };
        let (answered, warning_id) = (answer.event.clone(), self.id);
        let grounds = std::mem::take(&mut handling.grounds);
        let dispute =
            |ground| Dispute { ground, warning_id, at, until, answered: answered.clone(), reviewed: reviewed.clone() };
        grounds.into_iter().map(dispute).collect()
    }
}

impl Dispute {
    /// Whether it rests on what an event says: the verdict or its review.
    fn rests_on(&self, event: &EventKey) -> bool {
        self.answered == *event || self.reviewed == *event
    }

    /// Whether a disposition takes back what it rests on: a retraction, or a correction that says something else.
    pub(super) fn is_ended_by(&self, disposition: &Disposition) -> bool {
        let answer = disposition.answer.as_ref().filter(|answer| answer.warning_id == self.warning_id);
        let reviews = answer.is_some_and(|answer| answer.action == HandlingAction::Reviewed);
        let disputes = answer.is_some_and(|answer| {
            let is_meant = answer.findings.is_empty() || answer.findings.contains(&self.ground.rule);
            answer.action == HandlingAction::Answered && answer.verdict == Some(Verdict::Unfounded) && is_meant
        });
        (self.reviewed == disposition.event && !reviews) || (self.answered == disposition.event && !disputes)
    }
}

impl Handling {
    /// A state further on: somebody has it, so nobody has to acknowledge it, and once it is answered nobody has to act.
    fn reach(&mut self, state: HandlingState, as_of: Timestamp) {
        (self.state, self.since, self.acknowledge_by) = (state, as_of, None);
        self.overdue = self.overdue.filter(|overdue| overdue.clock == Clock::Act && state.is_waiting());
    }

    fn transfer(
        &mut self,
        answer: &Answer,
        acknowledge_by: Option<Timestamp>,
        context: &HandlingContext<'_>,
        as_of: Timestamp,
    ) {
        let meant = answer.transfer_to.as_deref().and_then(|post| context.routing.assign_to(post, context.facts));
        let Some(assignment) = meant else { return };
        self.hand_to(assignment.assignee);
        (self.ladder, self.unrouted) = (assignment.ladder, false);
        self.renew(acknowledge_by, as_of);
    }

    /// Another post is to act; the one that had it remains answerable.
    pub(super) fn hand_to(&mut self, post: Post) {
        let had_it = std::mem::replace(&mut self.assignee, post);
        let assignee = &self.assignee.id;
        self.passed.retain(|post| post.id != had_it.id && post.id != *assignee);
        if had_it.id != *assignee {
            self.passed.push(had_it);
        }
    }

    fn discard_answer(&mut self) {
        (self.answered_at, self.verdict) = (None, None);
        (self.measures, self.grounds) = (Vec::new(), Vec::new());
    }

    fn decide_extension(&mut self, granted: Option<Timestamp>) {
        let earlier = self.extension.and_then(|extension| extension.granted);
        self.extension = Some(Extension { asked: None, granted: granted.or(earlier) });
    }

    fn note(&mut self, disposition: &Disposition, answer: &Answer) {
        self.steps.push(HandlingStep {
            event: disposition.event.clone(),
            revision: disposition.revision,
            at: disposition.at,
            answer: answer.clone(),
        });
        let beyond = self.steps.len().saturating_sub(MAX_STEPS);
        self.steps.drain(..beyond);
    }

    fn receive(&mut self, disposition: &Disposition, answer: &Answer) {
        self.receipts.push(Receipt {
            post: answer.post.clone(),
            channel: disposition.channel.clone(),
            sequence: disposition.sequence,
            at: disposition.at,
        });
        let beyond = self.receipts.len().saturating_sub(MAX_RECEIPTS);
        self.receipts.drain(..beyond);
    }

    /// Without steps, receipts and what it was before.
    fn by_itself(&self) -> Self {
        let Self { state, since, acknowledge_by, extension, answered_at, verdict, overdue, reopened, unrouted, .. } =
            *self;
        Self {
            state,
            since,
            assignee: self.assignee.clone(),
            ladder: self.ladder.clone(),
            passed: self.passed.clone(),
            copies: self.copies.clone(),
            unrouted,
            acknowledge_by,
            extension,
            answered_at,
            verdict,
            measures: self.measures.clone(),
            grounds: self.grounds.clone(),
            overdue,
            reopened,
            steps: Vec::new(),
            receipts: Vec::new(),
            before: None,
        }
    }
}
