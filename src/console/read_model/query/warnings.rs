//! Warnings: lists, and one with all its events.

use jiff::Timestamp;
use rusqlite::{Connection, Row};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;
use yujing_base::language::Bilingual;
use yujing_core::rule::Level;
use yujing_core::warning::HandlingState;
use yujing_core::warning::routing::Post;

use super::operators::{self, OperatorSummary, and_in_area, bound};
use super::page::{Listed, Page};
use super::{bilingual, record, search, uuid};
use crate::access::AreaScope;
use crate::error::ConsoleError;
use crate::instant::{from_micros, from_optional_micros, micros};
use crate::read_model::ReadModel;
use crate::read_model::apply::{level_of, rank};
use crate::read_model::scope::{Condition, Scope};

/// A warning as lists show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WarningSummary {
    pub warning_id: Uuid,
    pub sequence: i64,
    pub operator: OperatorSummary,
    pub open: bool,
    pub level: Level,
    pub highest_level: Level,
    pub step: String,
    pub text: Bilingual,
    pub opened_at: Timestamp,
    pub as_of: Timestamp,
    pub ended_at: Option<Timestamp>,
    pub due_at: Option<Timestamp>,
    pub state: Option<HandlingState>,
    pub state_since: Option<Timestamp>,
    pub acknowledge_by: Option<Timestamp>,
    pub overdue: bool,
    pub assignee: Option<Post>,
    pub unrouted: bool,
    pub rules: Vec<String>,
    /// Whether somebody asks for more time.
    #[serde(skip)]
    pub extension_asked: bool,
}

/// Which warnings.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WarningFilter {
    pub open: Option<bool>,
    pub level: Option<Level>,
    pub state: Option<HandlingState>,
    pub overdue: Option<bool>,
    pub unrouted: Option<bool>,
    pub rule: Option<String>,
    pub post: Option<String>,
    pub operator_id: Option<String>,
    pub words: Option<String>,
    pub opened_from: Option<Timestamp>,
    pub opened_to: Option<Timestamp>,
    pub area: AreaScope,
    pub order: WarningOrder,
}

/// In which order warnings are listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WarningOrder {
    /// Open ones first, the highest level first.
    #[default]
    Level,
    /// What is due first.
    Due,
    /// What changed last.
    Newest,
}

/// A warning with all its events.
#[derive(Debug, Clone, PartialEq)]
pub struct WarningInFull {
    pub summary: WarningSummary,
    /// As on the topic, the oldest first.
    pub events: Vec<Map<String, Value>>,
}

impl ReadModel {
    /// A part of the warnings that an account sees and a filter lets through.
    ///
    /// # Errors
    /// If the database fails.
    pub fn warnings(
        &self,
        scope: &Scope,
        filter: &WarningFilter,
        page: Page,
    ) -> Result<Listed<WarningSummary>, ConsoleError> {
        let condition = filter.condition(scope);
        let order = filter.order.sql();
        self.read(|db| {
            page.part(db, FROM, &condition, |limit| list(db, &condition, &format!("ORDER BY {order} {limit}")))
        })
    }

    /// A warning, if the account sees it.
    ///
    /// # Errors
    /// If the database fails.
    pub fn warning(&self, scope: &Scope, id: Uuid) -> Result<Option<WarningSummary>, ConsoleError> {
        self.read(|db| one(db, scope, id))
    }

    /// A warning with its events, if the account sees it.
    ///
    /// # Errors
    /// If the database fails.
    pub fn warning_in_full(&self, scope: &Scope, id: Uuid) -> Result<Option<WarningInFull>, ConsoleError> {
        self.read(|db| {
            let Some(summary) = one(db, scope, id)? else { return Ok(None) };
            let mut statement =
                db.prepare_cached("SELECT record FROM warning_event WHERE warning_id = ?1 ORDER BY sequence")?;
            let events = statement.query_map([id.to_string()], |row| record(&row.get::<_, String>(0)?))?;
            Ok(Some(WarningInFull { summary, events: events.collect::<Result<_, _>>()? }))
        })
    }

    /// The posts that an account's warnings name, by id.
    ///
    /// # Errors
    /// If the database fails.
    pub fn posts(&self, scope: &Scope) -> Result<Vec<Post>, ConsoleError> {
        let condition = scope.of_warnings();
        self.read(|db| {
            let mut statement = db.prepare(&format!(
                "SELECT post, title_zh, title_en FROM post WHERE post IN (
                   SELECT warning_post.post FROM warning_post JOIN warning USING (warning_id)
                   LEFT JOIN operator USING (operator_id) WHERE {})
                 ORDER BY post",
                condition.sql
            ))?;
            let posts = statement.query_map(bound(&condition.values), |row| {
                Ok(Post { id: row.get(0)?, title: bilingual(row.get(1)?, row.get(2)?) })
            })?;
            posts.collect()
        })
    }
}

impl WarningFilter {
    fn condition(&self, scope: &Scope) -> Condition {
        let mut condition = scope.of_warnings();
        condition.and_equals("warning.open", self.open);
        condition.and_equals("warning.level", self.level.map(rank));
        condition.and_equals("warning.state", self.state.map(|state| state.as_str().to_owned()));
        condition.and_equals("warning.overdue", self.overdue);
        condition.and_equals("warning.unrouted", self.unrouted);
        condition.and_equals("warning.assignee", self.post.clone());
        condition.and_equals("warning.operator_id", self.operator_id.clone());
        and_in_area(&mut condition, &self.area);
        let bounds = [("warning.opened_at >= ?", self.opened_from), ("warning.opened_at < ?", self.opened_to)];
        for (sql, bound) in bounds {
            if let Some(bound) = bound {
                condition.and(Condition { sql: sql.to_owned(), values: vec![micros(bound).into()] });
            }
        }
        if let Some(rule) = &self.rule {
            let sql = "EXISTS (SELECT 1 FROM warning_finding AS named
                       WHERE named.warning_id = warning.warning_id AND named.rule = ?)";
            condition.and(Condition { sql: sql.to_owned(), values: vec![rule.clone().into()] });
        }
        if let Some(words) = &self.words {
            condition.and(search::matches(words));
        }
        condition
    }
}

impl WarningOrder {
    fn sql(self) -> &'static str {
        match self {
            Self::Level => "warning.open DESC, warning.level DESC, warning.as_of DESC, warning.warning_id",
            Self::Due => {
                "coalesce(warning.acknowledge_by, warning.due_at) IS NULL, \
                          coalesce(warning.acknowledge_by, warning.due_at), warning.warning_id"
            }
            Self::Newest => "warning.as_of DESC, warning.warning_id",
        }
    }
}

pub(super) const FROM: &str = "FROM warning LEFT JOIN operator ON operator.operator_id = warning.operator_id";

/// The state that a column kept.
pub(super) fn state(word: Option<String>) -> Option<HandlingState> {
    word.and_then(|word| HandlingState::ALL.into_iter().find(|state| state.as_str() == word))
}

fn one(db: &Connection, scope: &Scope, id: Uuid) -> Result<Option<WarningSummary>, rusqlite::Error> {
    let mut condition = scope.of_warnings();
    condition.and_equals("warning.warning_id", Some(id.to_string()));
    Ok(list(db, &condition, "LIMIT 1")?.pop())
}

/// Warnings with the rules of their findings. `rest` is the end of the statement.
pub(super) fn list(db: &Connection, condition: &Condition, rest: &str) -> Result<Vec<WarningSummary>, rusqlite::Error> {
    let mut statement =
        db.prepare_cached(&format!("SELECT {}, {COLUMNS} {FROM} WHERE {} {rest}", operators::COLUMNS, condition.sql))?;
    let found = statement.query_map(bound(&condition.values), summary)?;
    let mut found = found.collect::<Result<Vec<_>, _>>()?;
    let mut rules = db.prepare_cached("SELECT rule FROM warning_finding WHERE warning_id = ?1 ORDER BY rule")?;
    for warning in &mut found {
        let named = rules.query_map([warning.warning_id.to_string()], |row| row.get(0))?;
        warning.rules = named.collect::<Result<_, _>>()?;
    }
    Ok(found)
}

const COLUMNS: &str = "warning.warning_id, warning.operator_id, warning.sequence, warning.open, warning.level, \
     warning.highest_level, warning.step, warning.text_zh, warning.text_en, warning.opened_at, warning.as_of, \
     warning.ended_at, warning.due_at, warning.state, warning.state_since, warning.acknowledge_by, warning.overdue, \
     warning.assignee, warning.assignee_zh, warning.assignee_en, warning.unrouted, warning.extension_asked";

fn summary(row: &Row<'_>) -> Result<WarningSummary, rusqlite::Error> {
    let at = operators::WIDTH;
    let mut operator = operators::summary(row, 0)?;
    operator.operator_id = row.get(at + 1)?;
    let assignee: Option<String> = row.get(at + 17)?;
    let title = bilingual(row.get(at + 18)?, row.get(at + 19)?);
    Ok(WarningSummary {
        warning_id: uuid(&row.get::<_, String>(at)?)?,
        operator,
        sequence: row.get(at + 2)?,
        open: row.get(at + 3)?,
        level: level_of(row.get(at + 4)?),
        highest_level: level_of(row.get(at + 5)?),
        step: row.get(at + 6)?,
        text: bilingual(row.get(at + 7)?, row.get(at + 8)?),
        opened_at: from_micros(row.get(at + 9)?)?,
        as_of: from_micros(row.get(at + 10)?)?,
        ended_at: from_optional_micros(row.get(at + 11)?)?,
        due_at: from_optional_micros(row.get(at + 12)?)?,
        state: state(row.get(at + 13)?),
        state_since: from_optional_micros(row.get(at + 14)?)?,
        acknowledge_by: from_optional_micros(row.get(at + 15)?)?,
        overdue: row.get(at + 16)?,
        assignee: assignee.map(|id| Post { id, title }),
        unrouted: row.get(at + 20)?,
        extension_asked: row.get(at + 21)?,
        rules: Vec::new(),
    })
}
