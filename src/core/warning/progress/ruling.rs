//! What becomes of an answer. Whether it is permitted depends on how the warning stands when it comes.

use jiff::{SignedDuration, Timestamp};

use crate::source::personal::personal_traces;
use crate::warning::handling::{Answer, Disposition, Handling, HandlingAction, HandlingPolicy, NotPermitted};
use crate::warning::lifecycle::warning_id;
use crate::warning::routing::Routing;
use crate::warning::standing::{OpenWarning, Standing};

/// How far the clocks of who answers may be behind: an answer dated this long before its warning may follow upon it.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(1);

/// What becomes of a disposition that is not refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Ruling {
    /// It moves the open warning.
    Applies,
    /// It is about a warning that is closed, or takes back what is no longer remembered: kept, and nothing moves.
    Late,
    /// It changes nothing but words, or its warning has no handling: kept, and nothing moves.
    Noted,
}

impl Ruling {
    pub const ALL: [Self; 3] = [Self::Applies, Self::Late, Self::Noted];

    /// The word in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Applies => "applied",
            Self::Late => "late",
            Self::Noted => "noted",
        }
    }
}

impl Standing {
    /// What becomes of a disposition about a warning of this operator.
    ///
    /// # Errors
    /// Why it may not be applied, and belongs on the dead-letter topic.
    pub fn rule_on(
        &self,
        disposition: &Disposition,
        policy: &HandlingPolicy,
        routing: &Routing,
    ) -> Result<Ruling, NotPermitted> {
        let open = self.warning.as_ref();
        let handling = open.and_then(|warning| warning.handling.as_ref());
        if let Some(given) = handling.and_then(|handling| handling.step_of(&disposition.event)) {
            let is_newest = handling.is_some_and(|handling| handling.can_take_back(disposition));
            let only_words = disposition.answer.as_ref() == Some(&given.answer) && disposition.at == given.at;
            return match (&disposition.answer, open) {
                _ if only_words => Ok(Ruling::Noted),
                _ if !is_newest => Err(NotPermitted::NotNewest),
                (Some(answer), Some(warning)) if answer.warning_id == warning.id => {
                    warning.taken_back().permits(disposition.at, answer, policy, routing).map(|()| Ruling::Applies)
                }
                (Some(answer), _) => self.known(disposition, answer).map(|()| Ruling::Applies),
                (None, _) => Ok(Ruling::Applies),
            };
        }
        let ends_dispute = self.disputes.iter().any(|dispute| dispute.is_ended_by(disposition));
        let without_step = if ends_dispute { Ruling::Applies } else { Ruling::Late };
        match &disposition.answer {
            None => Ok(without_step),
            Some(answer) => match open.filter(|warning| warning.id == answer.warning_id) {
                Some(warning) if warning.handling.is_none() => Ok(Ruling::Noted),
                Some(warning) => warning.permits(disposition.at, answer, policy, routing).map(|()| Ruling::Applies),
                None => self.known(disposition, answer).map(|()| without_step),
            },
        }
    }

    /// Whether the operator ever had the warning.
    fn known(&self, disposition: &Disposition, answer: &Answer) -> Result<(), NotPermitted> {
        let had = (1..=self.ordinal).any(|ordinal| warning_id(&disposition.operator_id, ordinal) == answer.warning_id);
        if had { Ok(()) } else { Err(NotPermitted::UnknownWarning) }
    }
}

impl OpenWarning {
    /// Whether an answer may be applied to the warning as it stands.
    fn permits(
        &self,
        at: Timestamp,
        answer: &Answer,
        policy: &HandlingPolicy,
        routing: &Routing,
    ) -> Result<(), NotPermitted> {
        let Some(handling) = &self.handling else { return Ok(()) };
        if at < self.opened_at.saturating_sub(CLOCK_SKEW).unwrap_or(Timestamp::MIN) {
            return Err(NotPermitted::BeforeOpened { opened_at: self.opened_at });
        }
        handling.permits_who(answer, policy, routing)?;
        let (action, state) = (answer.action, handling.state);
        if !action.follows(state) {
            return Err(NotPermitted::State { action, state });
        }
        match action {
            HandlingAction::Answered => self.permits_verdict(answer),
            HandlingAction::ExtensionAsked => self.permits_extension(answer.extend_to),
            HandlingAction::ExtensionGranted => {
                let asked = handling.asked_until().ok_or(NotPermitted::NotAsked)?;
                self.permits_extension(answer.extend_to.or(Some(asked)))
            }
            HandlingAction::ExtensionRefused => handling.asked_until().map(|_| ()).ok_or(NotPermitted::NotAsked),
            HandlingAction::Transferred => handling.permits_transfer(answer, routing),
            _ => Ok(()),
        }
    }

    fn permits_verdict(&self, answer: &Answer) -> Result<(), NotPermitted> {
        if answer.verdict.is_none() {
            return Err(NotPermitted::NoVerdict);
        }
        let is_shown = |rule: &String| self.named.as_ref().is_none_or(|named| named.contains(rule));
        match answer.findings.iter().find(|rule| !is_shown(rule)) {
            Some(rule) => Err(NotPermitted::UnknownFinding { rule: rule.clone() }),
            None => Ok(()),
        }
    }

    fn permits_extension(&self, extend_to: Option<Timestamp>) -> Result<(), NotPermitted> {
        match (self.due_at, extend_to) {
            (Some(due), Some(to)) if to > due => Ok(()),
            (due_at, _) => Err(NotPermitted::Extension { due_at }),
        }
    }
}

impl Handling {
    /// Whether a role and a post may take an action.
    fn permits_who(&self, answer: &Answer, policy: &HandlingPolicy, routing: &Routing) -> Result<(), NotPermitted> {
        let action = answer.action;
        let role = answer.role.as_deref().unwrap_or(&policy.version_1_role);
        if !policy.permits(role, action) {
            return Err(NotPermitted::Role { action, role: role.to_owned() });
        }
        let Some(post) = &answer.post else {
            return if answer.role.is_some() { Err(NotPermitted::NoPost) } else { Ok(()) };
        };
        if !self.concerns(post) {
            if !routing.has_post(post) || self.names_person(post) {
                return Err(NotPermitted::UnknownPost { post: post.clone() });
            }
            // Whoever may be told may be told of it; a copy is such a case.
            if action != HandlingAction::Delivered {
                return Err(NotPermitted::ForeignPost { post: post.clone() });
            }
        }
        if action == HandlingAction::Delivered || routing.has_role(post, role) {
            Ok(())
        } else {
            Err(NotPermitted::RoleOfPost { role: role.to_owned(), post: post.clone() })
        }
    }

    fn permits_transfer(&self, answer: &Answer, routing: &Routing) -> Result<(), NotPermitted> {
        match &answer.transfer_to {
            Some(post) if *post == self.assignee.id => Err(NotPermitted::Transfer),
            Some(post) if !routing.has_post(post) || self.names_person(post) => {
                Err(NotPermitted::UnknownPost { post: post.clone() })
            }
            Some(_) => Ok(()),
            None => Err(NotPermitted::Transfer),
        }
    }

    /// Whether a post that the warning does not know is called after a person: where no list of areas is kept, any name
    /// could be one.
    fn names_person(&self, post: &str) -> bool {
        !self.concerns(post) && !personal_traces(post).is_empty()
    }

    fn asked_until(&self) -> Option<Timestamp> {
        self.extension.and_then(|extension| extension.asked)
    }

    /// Whether a disposition corrects or retracts what was done last, and nothing has moved it since.
    fn can_take_back(&self, disposition: &Disposition) -> bool {
        self.before.is_some() && self.steps.last().is_some_and(|step| step.event == disposition.event)
    }
}
