//! The inbox (待办): what the posts of an account are to do about open warnings, the earliest due first.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use yujing_core::warning::HandlingState;

use super::warnings::{WarningSummary, list, relations};
use crate::access::{Access, Duty, Role};
use crate::error::ConsoleError;
use crate::read_model::ReadModel;
use crate::read_model::scope::{Condition, Scope};

/// Most entries of an inbox; nobody works through more.
const MOST: u32 = 1_000;

/// What a post has to do with a warning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Relation {
    /// It is to act.
    Act,
    /// Somebody asks it for time.
    Extension,
    /// An answer waits for its review.
    Review,
    /// It had the warning before and is answerable too.
    Above,
    /// It has a copy.
    Copy,
}

/// What is expected next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NextStep {
    Acknowledge,
    Act,
    Answer,
    Review,
    Close,
    DecideExtension,
    None,
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InboxItem {
    pub warning: WarningSummary,
    pub duty: Duty,
    pub relation: Relation,
    pub next: NextStep,
    /// Until when: the clock that runs.
    pub due_at: Option<Timestamp>,
    pub overdue: bool,
}

impl ReadModel {
    /// The inbox of an account: each warning once, for the duty that has most to do with it.
    ///
    /// # Errors
    /// If the database fails.
    pub fn inbox(&self, access: &Access) -> Result<Vec<InboxItem>, ConsoleError> {
        let scope = Scope::of(access);
        let places = vec!["?"; scope.posts().len()].join(", ");
        let concerned = Condition {
            sql: format!(
                "warning.open AND warning.warning_id IN (SELECT warning_id FROM warning_post WHERE post IN ({places}))"
            ),
            values: scope.posts().iter().map(|post| post.clone().into()).collect(),
        };
        let (warnings, relations) = self.read(|db| {
            let part = format!("ORDER BY warning.level DESC, warning.as_of DESC LIMIT {MOST}");
            Ok((list(db, &concerned, &part)?, relations(db, scope.posts())?))
        })?;
        let mut items: Vec<InboxItem> = warnings
            .into_iter()
            .filter_map(|warning| {
                let related = relations.get(&warning.warning_id)?;
                item(warning, access, related)
            })
            .collect();
        items.sort_by_key(|item| {
            (item.due_at.is_none(), item.due_at, item.relation, std::cmp::Reverse(item.warning.level))
        });
        Ok(items)
    }
}

/// The entry of a warning, if there is anything for one of the duties.
fn item(warning: WarningSummary, access: &Access, related: &[(String, String)]) -> Option<InboxItem> {
    let reviews = access.roles.contains(&Role::Reviewer);
    let of_duty = |duty: &Duty| {
        let words = related.iter().filter(|(post, _)| *post == duty.post).map(|(_, relation)| relation.as_str());
        words.filter_map(|word| relation(&warning, word, reviews)).min().map(|relation| (relation, duty.clone()))
    };
    let (relation, duty) = access.duties.iter().filter_map(of_duty).min_by_key(|(relation, _)| *relation)?;
    let next = next(&warning, relation);
    let due_at = match next {
        NextStep::Acknowledge => warning.acknowledge_by,
        NextStep::Act | NextStep::Answer | NextStep::DecideExtension => warning.due_at,
        NextStep::Review | NextStep::Close | NextStep::None => None,
    };
    let overdue = warning.overdue;
    Some(InboxItem { warning, duty, relation, next, due_at, overdue })
}

/// What a post of this relation on the topic has to do now; a post that is only above has nothing to do until then.
fn relation(warning: &WarningSummary, word: &str, reviews: bool) -> Option<Relation> {
    let decides = reviews && word != "copy";
    match (warning.state?, word) {
        (HandlingState::Answered | HandlingState::Reviewed, _) if decides => Some(Relation::Review),
        (state, _) if decides && word != "act" && warning.extension_asked && state.is_waiting() => {
            Some(Relation::Extension)
        }
        (state, "act") if state.is_waiting() => Some(Relation::Act),
        (state, "passed") if state.is_waiting() => Some(Relation::Above),
        (HandlingState::Closed, _) | (_, "above" | "act" | "passed") => None,
        _ => Some(Relation::Copy),
    }
}

fn next(warning: &WarningSummary, relation: Relation) -> NextStep {
    match (relation, warning.state) {
        (Relation::Extension, _) => NextStep::DecideExtension,
        (Relation::Review, Some(HandlingState::Reviewed)) => NextStep::Close,
        (Relation::Review, _) => NextStep::Review,
        (Relation::Act | Relation::Above, Some(HandlingState::New)) => NextStep::Acknowledge,
        (Relation::Act | Relation::Above, Some(HandlingState::Acknowledged)) => NextStep::Act,
        (Relation::Act | Relation::Above, Some(HandlingState::InProgress)) => NextStep::Answer,
        _ => NextStep::None,
    }
}
