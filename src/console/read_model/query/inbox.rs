//! The inbox (待办): what the posts of an account are to do about open warnings, the earliest due first.

use std::cmp::Reverse;

use jiff::Timestamp;
use rusqlite::{Connection, params_from_iter};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use yujing_core::warning::HandlingState;

use super::page::{Listed, Page};
use super::uuid;
use super::warnings::{self, WarningSummary};
use crate::access::{Access, Duty, Role};
use crate::error::ConsoleError;
use crate::instant::from_optional_micros;
use crate::read_model::ReadModel;
use crate::read_model::scope::{Condition, Scope};

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

/// What an account has to do with a warning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InboxEntry {
    #[serde(skip)]
    pub warning_id: Uuid,
    /// The warning's newest event.
    #[serde(skip)]
    pub sequence: i64,
    #[serde(skip)]
    level: i64,
    pub duty: Duty,
    pub relation: Relation,
    pub next: NextStep,
    /// Until when: the clock that runs.
    pub due_at: Option<Timestamp>,
    pub overdue: bool,
}

/// An entry with its warning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InboxItem {
    pub warning: WarningSummary,
    #[serde(flatten)]
    pub entry: InboxEntry,
}

/// An inbox.
#[derive(Debug, Clone, PartialEq)]
pub struct Inbox {
    /// Everything in it.
    pub entries: Vec<InboxEntry>,
    /// A part, with the warnings.
    pub part: Listed<InboxItem>,
}

/// Which entries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct InboxFilter {
    pub relation: Option<Relation>,
    pub overdue: Option<bool>,
}

/// Of an open warning what its entry is made of.
struct Concern {
    warning_id: Uuid,
    sequence: i64,
    level: i64,
    state: Option<HandlingState>,
    due_at: Option<Timestamp>,
    acknowledge_by: Option<Timestamp>,
    overdue: bool,
    extension_asked: bool,
    /// Posts with what each has to do with it.
    related: Vec<(String, String)>,
}

impl ReadModel {
    /// The inbox of an account: each warning once, for the duty that has most to do with it.
    ///
    /// # Errors
    /// If the database fails.
    pub fn inbox(&self, access: &Access, filter: InboxFilter, page: Page) -> Result<Inbox, ConsoleError> {
        let scope = Scope::of(access);
        self.read(|db| {
            let mut entries: Vec<InboxEntry> =
                concerns(db, scope.posts())?.iter().filter_map(|concern| entry(concern, access)).collect();
            entries.retain(|entry| filter.lets_through(entry));
            entries.sort_by_key(|entry| {
                (entry.due_at.is_none(), entry.due_at, entry.relation, Reverse(entry.level), entry.warning_id)
            });
            let items = page.of(&entries).iter().map(|entry| item(db, entry)).collect::<Result<_, _>>()?;
            let total = i64::try_from(entries.len()).unwrap_or(i64::MAX);
            Ok(Inbox { entries, part: page.listed(total, items) })
        })
    }
}

impl InboxFilter {
    fn lets_through(self, entry: &InboxEntry) -> bool {
        self.relation.is_none_or(|relation| relation == entry.relation)
            && self.overdue.is_none_or(|overdue| overdue == entry.overdue)
    }
}

/// What concerns some posts and is open.
fn concerns(db: &Connection, posts: &[String]) -> Result<Vec<Concern>, rusqlite::Error> {
    let places = vec!["?"; posts.len()].join(", ");
    let mut statement = db.prepare_cached(&format!(
        "SELECT warning_id, post, relation, sequence, level, state, due_at, acknowledge_by, overdue, extension_asked
         FROM warning_post JOIN warning USING (warning_id) WHERE post IN ({places}) AND open ORDER BY warning_id"
    ))?;
    let mut rows = statement.query(params_from_iter(posts))?;
    let mut found: Vec<Concern> = Vec::new();
    while let Some(row) = rows.next()? {
        let warning_id = uuid(row.get_ref(0)?.as_str()?)?;
        let related = (row.get(1)?, row.get(2)?);
        match found.last_mut().filter(|last| last.warning_id == warning_id) {
            Some(last) => last.related.push(related),
            None => found.push(Concern {
                warning_id,
                sequence: row.get(3)?,
                level: row.get(4)?,
                state: warnings::state(row.get(5)?),
                due_at: from_optional_micros(row.get(6)?)?,
                acknowledge_by: from_optional_micros(row.get(7)?)?,
                overdue: row.get(8)?,
                extension_asked: row.get(9)?,
                related: vec![related],
            }),
        }
    }
    Ok(found)
}

/// The entry of a warning, if there is anything for one of the duties.
fn entry(concern: &Concern, access: &Access) -> Option<InboxEntry> {
    let reviews = access.roles.contains(&Role::Reviewer);
    let of_duty = |duty: &Duty| {
        let words = concern.related.iter().filter(|(post, _)| *post == duty.post).map(|(_, word)| word.as_str());
        words.filter_map(|word| relation(concern, word, reviews)).min().map(|relation| (relation, duty.clone()))
    };
    let (relation, duty) = access.duties.iter().filter_map(of_duty).min_by_key(|(relation, _)| *relation)?;
    let Concern { warning_id, sequence, level, state, overdue, .. } = *concern;
    let next = next(state, relation);
    let due_at = match next {
        NextStep::Acknowledge => concern.acknowledge_by,
        NextStep::Act | NextStep::Answer | NextStep::DecideExtension => concern.due_at,
        NextStep::Review | NextStep::Close | NextStep::None => None,
    };
    Some(InboxEntry { warning_id, sequence, level, duty, relation, next, due_at, overdue })
}

fn item(db: &Connection, entry: &InboxEntry) -> Result<InboxItem, rusqlite::Error> {
    let mut condition = Condition::all();
    condition.and_equals("warning.warning_id", Some(entry.warning_id.to_string()));
    let warning = warnings::list(db, &condition, "LIMIT 1")?.pop().ok_or(rusqlite::Error::QueryReturnedNoRows)?;
    Ok(InboxItem { warning, entry: entry.clone() })
}

/// What a post of this relation on the topic has to do now; a post that is only above has nothing to do until then.
fn relation(concern: &Concern, word: &str, reviews: bool) -> Option<Relation> {
    let decides = reviews && word != "copy";
    match (concern.state?, word) {
        (HandlingState::Answered | HandlingState::Reviewed, _) if decides => Some(Relation::Review),
        (state, _) if decides && word != "act" && concern.extension_asked && state.is_waiting() => {
            Some(Relation::Extension)
        }
        (state, "act") if state.is_waiting() => Some(Relation::Act),
        (state, "passed") if state.is_waiting() => Some(Relation::Above),
        (HandlingState::Closed, _) | (_, "above" | "act" | "passed") => None,
        _ => Some(Relation::Copy),
    }
}

fn next(state: Option<HandlingState>, relation: Relation) -> NextStep {
    match (relation, state) {
        (Relation::Extension, _) => NextStep::DecideExtension,
        (Relation::Review, Some(HandlingState::Reviewed)) => NextStep::Close,
        (Relation::Review, _) => NextStep::Review,
        (Relation::Act | Relation::Above, Some(HandlingState::New)) => NextStep::Acknowledge,
        (Relation::Act | Relation::Above, Some(HandlingState::Acknowledged)) => NextStep::Act,
        (Relation::Act | Relation::Above, Some(HandlingState::InProgress)) => NextStep::Answer,
        _ => NextStep::None,
    }
}
