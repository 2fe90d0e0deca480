//! Operators: lists, one, its scores.

use jiff::Timestamp;
use rusqlite::types::Value as Column;
use rusqlite::{Connection, OptionalExtension as _, Row, params_from_iter};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use yujing_core::rule::Level;

use super::page::{Listed, Page};
use super::{record, search};
use crate::access::AreaScope;
use crate::error::ConsoleError;
use crate::instant::from_micros;
use crate::read_model::ReadModel;
use crate::read_model::apply::{level_of, rank};
use crate::read_model::scope::{Condition, Scope};

/// Most points of a score over time.
const MOST_POINTS: u32 = 2_000;

/// An operator as lists show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OperatorSummary {
    pub operator_id: String,
    pub name: Option<String>,
    pub address: Option<String>,
    pub business_form: Option<String>,
    pub protected_group: Option<String>,
    pub area: AreaScope,
    pub registered: bool,
    pub score: i64,
    pub level: Level,
    pub to_next: Option<i64>,
    pub as_of: Option<Timestamp>,
    pub degraded: bool,
    /// The open warning.
    pub warning_id: Option<String>,
}

/// An operator with its newest score.
#[derive(Debug, Clone, PartialEq)]
pub struct OperatorInFull {
    pub summary: OperatorSummary,
    /// As on the topic.
    pub score: Map<String, Value>,
}

/// Which operators.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OperatorFilter {
    pub words: Option<String>,
    pub level: Option<Level>,
    pub business_form: Option<String>,
    pub protected_group: Option<String>,
    pub area: AreaScope,
    pub order: OperatorOrder,
}

/// In which order operators are listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OperatorOrder {
    /// The highest score first.
    #[default]
    Score,
    Name,
}

/// A score of an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ScorePoint {
    pub as_of: Timestamp,
    pub score: i64,
    pub level: Level,
}

impl ReadModel {
    /// A part of the operators that an account sees and a filter lets through.
    ///
    /// # Errors
    /// If the database fails.
    pub fn operators(
        &self,
        scope: &Scope,
        filter: &OperatorFilter,
        page: Page,
    ) -> Result<Listed<OperatorSummary>, ConsoleError> {
        let condition = filter.condition(scope);
        let order = match filter.order {
            OperatorOrder::Score => "operator.score DESC, operator.operator_id",
            OperatorOrder::Name => "operator.name, operator.operator_id",
        };
        self.read(|db| {
            page.part(db, "FROM operator", &condition, |limit| {
                let mut statement = db.prepare_cached(&format!(
                    "SELECT {COLUMNS} FROM operator WHERE {} ORDER BY {order} {limit}",
                    condition.sql
                ))?;
                statement.query_map(bound(&condition.values), |row| summary(row, 0))?.collect()
            })
        })
    }

    /// An operator with its newest score, if the account sees it.
    ///
    /// # Errors
    /// If the database fails.
    pub fn operator(&self, scope: &Scope, operator_id: &str) -> Result<Option<OperatorInFull>, ConsoleError> {
        let mut condition = scope.of_one_operator();
        condition.and_equals("operator.operator_id", Some(operator_id.to_owned()));
        self.read(|db| {
            let Some(summary) = one(db, &condition)? else { return Ok(None) };
            let whole: String =
                db.query_row("SELECT record FROM score_record WHERE operator_id = ?1", [operator_id], |row| {
                    row.get(0)
                })?;
            Ok(Some(OperatorInFull { summary, score: record(&whole)? }))
        })
    }

    /// Whether the account sees an operator.
    ///
    /// # Errors
    /// If the database fails.
    pub fn sees_operator(&self, scope: &Scope, operator_id: &str) -> Result<bool, ConsoleError> {
        let mut condition = scope.of_one_operator();
        condition.and_equals("operator.operator_id", Some(operator_id.to_owned()));
        self.read(|db| Ok(one(db, &condition)?.is_some()))
    }

    /// Scores over time, the oldest first.
    ///
    /// # Errors
    /// If the database fails.
    pub fn scores(&self, operator_id: &str) -> Result<Vec<ScorePoint>, ConsoleError> {
        self.read(|db| {
            let mut statement = db.prepare(
                "SELECT as_of, score, level FROM score_point WHERE operator_id = ?1 ORDER BY as_of DESC LIMIT ?2",
            )?;
            let points = statement.query_map((operator_id, MOST_POINTS), |row| {
                Ok(ScorePoint { as_of: from_micros(row.get(0)?)?, score: row.get(1)?, level: level_of(row.get(2)?) })
            })?;
            let mut points = points.collect::<Result<Vec<_>, _>>()?;
            points.reverse();
            Ok(points)
        })
    }
}

impl OperatorFilter {
    fn condition(&self, scope: &Scope) -> Condition {
        let mut condition = scope.of_operators();
        condition.and_equals("operator.level", self.level.map(rank));
        condition.and_equals("operator.business_form", self.business_form.clone());
        condition.and_equals("operator.protected_group", self.protected_group.clone());
        and_in_area(&mut condition, &self.area);
        if let Some(words) = &self.words {
            condition.and(search::matches(words));
        }
        condition
    }
}

/// Narrows a condition to operators of an area.
pub(super) fn and_in_area(condition: &mut Condition, area: &AreaScope) {
    condition.and_equals("operator.sub_district", area.sub_district.clone());
    condition.and_equals("operator.community", area.community.clone());
    condition.and_equals("operator.grid", area.grid.clone());
}

fn one(db: &Connection, condition: &Condition) -> Result<Option<OperatorSummary>, rusqlite::Error> {
    let found = format!("SELECT {COLUMNS} FROM operator WHERE {}", condition.sql);
    db.prepare_cached(&found)?.query_row(bound(&condition.values), |row| summary(row, 0)).optional()
}

/// The columns that [`summary`] reads, beside one another.
pub(super) const COLUMNS: &str = "operator.operator_id, operator.name, operator.address, operator.business_form, \
     operator.protected_group, operator.sub_district, operator.community, operator.grid, operator.registered, \
     operator.score, operator.level, operator.to_next, operator.as_of, operator.degraded, operator.warning_id";

/// How many columns these are.
pub(super) const WIDTH: usize = 15;

/// An operator of a row, of which the columns begin at `from`. Of one whose score was not read yet there is only the
/// number, which the caller knows.
pub(super) fn summary(row: &Row<'_>, from: usize) -> Result<OperatorSummary, rusqlite::Error> {
    let text = |place: usize| row.get::<_, Option<String>>(from + place);
    let number = |place: usize| row.get::<_, Option<i64>>(from + place);
    Ok(OperatorSummary {
        operator_id: text(0)?.unwrap_or_default(),
        name: text(1)?,
        address: text(2)?,
        business_form: text(3)?,
        protected_group: text(4)?,
        area: AreaScope { sub_district: text(5)?, community: text(6)?, grid: text(7)? },
        registered: row.get::<_, Option<bool>>(from + 8)?.unwrap_or_default(),
        score: number(9)?.unwrap_or_default(),
        level: level_of(number(10)?.unwrap_or_default()),
        to_next: number(11)?,
        as_of: number(12)?.map(from_micros).transpose()?,
        degraded: row.get::<_, Option<bool>>(from + 13)?.unwrap_or_default(),
        warning_id: text(14)?,
    })
}

/// Values of a condition as a query takes them.
pub(super) fn bound(values: &[Column]) -> rusqlite::ParamsFromIter<std::slice::Iter<'_, Column>> {
    params_from_iter(values.iter())
}
