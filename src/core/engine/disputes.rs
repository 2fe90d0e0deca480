//! Findings that count for nothing since a reviewed verdict called them unfounded: until when, and what was known of
//! them.

use jiff::Timestamp;
use yujing_base::OperatorId;

use super::disposition_source::SOURCE as DISPOSITIONS;
use super::evaluator::Evaluator;
use crate::feature::{Evidence, EvidenceEvent, FeatureError, OperatorEvidence};
use crate::rule::Contribution;
use crate::warning::Standing;
use crate::warning::handling::{Answer, Dispute, EvidenceKey, Ground, HandlingAction, SeenEvents, Verdict};
use crate::window::View;

/// Whose evidence it is, as of when.
#[derive(Debug, Clone, Copy)]
pub(super) struct EvidenceSubject<'a> {
    pub(super) view: View<'a>,
    pub(super) operator: &'a OperatorId,
    pub(super) as_of: Timestamp,
}

impl Evaluator {
    /// Ends the disputes of a standing whose time is over, or whose rule fires on evidence that the verdict did not
    /// know.
    pub(super) fn end_disputes(
        &self,
        subject: EvidenceSubject<'_>,
        standing: &mut Standing,
        contributions: &[Contribution],
    ) {
        standing.expire_disputes(subject.as_of);
        standing.disputes.retain(|dispute| {
            let fires = contributions.iter().find(|contribution| self.rule_id(contribution) == dispute.ground.rule);
            fires.is_none_or(|fired| self.rests_on_known(subject, dispute, fired))
        });
    }

    /// What an answer calls unfounded, with what is known of it; nothing if it calls nothing so.
    ///
    /// # Errors
    /// If the evidence of a finding cannot be read.
    pub(super) fn grounds(
        &self,
        subject: EvidenceSubject<'_>,
        answer: Option<&Answer>,
        contributions: &[Contribution],
    ) -> Result<Vec<Ground>, FeatureError> {
        let is_unfounded =
            |answer: &&Answer| answer.action == HandlingAction::Answered && answer.verdict == Some(Verdict::Unfounded);
        let Some(answer) = answer.filter(is_unfounded) else { return Ok(Vec::new()) };
        let is_meant = |contribution: &&Contribution| match answer.findings.as_slice() {
            [] => contribution.is_ground(),
            named => named.iter().any(|rule| rule == self.rule_id(contribution)),
        };
        let ground = |contribution: &Contribution| {
            let seen = SeenEvents::of(self.events_behind(subject, contribution)?.iter().map(keyed));
            Ok(Ground { rule: self.rule_id(contribution).to_owned(), seen })
        };
        contributions.iter().filter(is_meant).map(ground).collect()
    }

    /// Whether a disputed finding rests on nothing new. What cannot be read may be new: it never counts as no risk.
    fn rests_on_known(&self, subject: EvidenceSubject<'_>, dispute: &Dispute, fired: &Contribution) -> bool {
        let seen = &dispute.ground.seen;
        let events = self.events_behind(subject, fired);
        events.is_ok_and(|events| events.iter().map(keyed).all(|(at, key)| seen.contains(at, key)))
    }

    /// Every event that a rule found. What makes a modifier apply is none: that somebody hosts an event says nothing of
    /// what was judged.
    fn events_behind(
        &self,
        subject: EvidenceSubject<'_>,
        contribution: &Contribution,
    ) -> Result<Vec<EvidenceEvent>, FeatureError> {
        let EvidenceSubject { view, operator, as_of } = subject;
        let mut evidence = OperatorEvidence::new(&self.ruleset.features, view, operator, as_of);
        let mut events = Vec::new();
        for feature in &self.ruleset.rules.list()[contribution.rule].reads {
            let Evidence { newest, .. } = evidence.whole(*feature)?;
            // What people answered is no evidence of what they answered to.
            events.extend(newest.into_iter().filter(|event| event.source != DISPOSITIONS));
        }
        Ok(events)
    }

    fn rule_id(&self, contribution: &Contribution) -> &str {
        &self.ruleset.rules.list()[contribution.rule].metadata.id
    }
}

fn keyed(event: &EvidenceEvent) -> (Timestamp, EvidenceKey) {
    (event.occurred_at, EvidenceKey::new(&event.source, &event.publisher, &event.event_id))
}
