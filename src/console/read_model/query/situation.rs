//! The situation (态势): the roll-ups of areas as they are, with the lists that each number is made of.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension as _, params_from_iter};
use serde::Serialize;
use serde_json::{Map, Value};
use yujing_core::rule::Level;
use yujing_core::warning::HandlingState;

use super::operators::{self, OperatorSummary, bound};
use super::record;
use super::warnings::{self, FROM};
use crate::access::AreaScope;
use crate::error::ConsoleError;
use crate::instant::{from_micros, micros};
use crate::read_model::ReadModel;
use crate::read_model::apply::level_of;
use crate::read_model::scope::Scope;

/// How far the trend goes back.
const TREND: SignedDuration = SignedDuration::from_hours(24 * 365);
/// Over which time scores are compared.
const RISE: SignedDuration = SignedDuration::from_hours(24 * 7);
/// Most operators among those that rose most.
const MOST_RISERS: u32 = 10;

/// A roll-up with the names of its area.
#[derive(Debug, Clone, PartialEq)]
pub struct AreaRecord {
    pub area: AreaScope,
    pub rollup: Map<String, Value>,
}

impl AreaRecord {
    /// Whether another area lies in this one, or is it.
    pub fn holds(&self, other: &Self) -> bool {
        let is_in = |wide: &Option<String>, narrow: &Option<String>| wide.is_none() || wide == narrow;
        let (wide, narrow) = (&self.area, &other.area);
        is_in(&wide.sub_district, &narrow.sub_district)
            && is_in(&wide.community, &narrow.community)
            && is_in(&wide.grid, &narrow.grid)
    }
}

/// Open warnings that are alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenWarnings {
    pub count: i64,
    pub state: Option<HandlingState>,
    pub level: Level,
    pub overdue: bool,
    pub unrouted: bool,
    /// Before how many of the instants that were asked about they opened.
    pub age: usize,
}

/// Warnings that opened and ended within a day, as the office's zone has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrendDay {
    /// When the day began.
    pub from: Timestamp,
    pub opened: i64,
    pub ended: i64,
}

/// An operator whose score rose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Riser {
    pub operator: OperatorSummary,
    pub from: i64,
    pub to: i64,
}

impl ReadModel {
    /// The roll-ups of the areas that an account sees, the widest first.
    ///
    /// # Errors
    /// If the database fails.
    pub fn areas(&self, scope: &Scope) -> Result<Vec<AreaRecord>, ConsoleError> {
        let condition = scope.of_areas();
        self.read(|db| {
            let mut statement = db.prepare(&format!(
                "SELECT sub_district, community, grid, record FROM area WHERE {} ORDER BY depth, area_key",
                condition.sql
            ))?;
            let rows = statement.query_map(bound(&condition.values), |row| {
                let area = AreaScope { sub_district: row.get(0)?, community: row.get(1)?, grid: row.get(2)? };
                Ok(AreaRecord { area, rollup: record(&row.get::<_, String>(3)?)? })
            })?;
            rows.collect()
        })
    }

    /// The open warnings that an account sees, in groups; the instants part young ones from old ones.
    ///
    /// # Errors
    /// If the database fails.
    pub fn open_warnings(&self, scope: &Scope, ages: &[Timestamp]) -> Result<Vec<OpenWarnings>, ConsoleError> {
        let condition = scope.of_warnings();
        let older = |at: &Timestamp| format!(" + (warning.opened_at < {})", micros(*at));
        let age: String = ages.iter().map(older).collect();
        self.read(|db| {
            let mut statement = db.prepare(&format!(
                "SELECT count(*), warning.state, warning.level, warning.overdue, warning.unrouted, 0{age} AS age {FROM}
                 WHERE warning.open AND ({}) GROUP BY 2, 3, 4, 5, 6",
                condition.sql
            ))?;
            let rows = statement.query_map(bound(&condition.values), |row| {
                Ok(OpenWarnings {
                    count: row.get(0)?,
                    state: warnings::state(row.get(1)?),
                    level: level_of(row.get(2)?),
                    overdue: row.get(3)?,
                    unrouted: row.get(4)?,
                    age: row.get::<_, u16>(5)?.into(),
                })
            })?;
            rows.collect()
        })
    }

    /// The ruleset of the newest score, by its hash.
    ///
    /// # Errors
    /// If the database fails.
    pub fn newest_ruleset(&self) -> Result<Option<String>, ConsoleError> {
        self.read(|db| {
            let newest = "SELECT json_extract(record, '$.ruleset') FROM score_record WHERE operator_id =
              (SELECT operator_id FROM score_point ORDER BY as_of DESC, operator_id LIMIT 1)";
            Ok(db.query_row(newest, [], |row| row.get(0)).optional()?.flatten())
        })
    }

    /// How many of the warnings that an account sees opened and ended on each day of the last year, the oldest first.
    /// Days begin `offset` after those of UTC.
    ///
    /// # Errors
    /// If the database fails.
    pub fn trend(&self, scope: &Scope, offset: SignedDuration, now: Timestamp) -> Result<Vec<TrendDay>, ConsoleError> {
        let day = 86_400_000_000_i64;
        let shift = i64::try_from(offset.as_micros()).unwrap_or_default();
        let since = micros(now.saturating_sub(TREND).unwrap_or(Timestamp::MIN));
        let condition = scope.of_warnings();
        self.read(|db| {
            let of = |column: &str, opened: i64| {
                format!(
                    "SELECT (warning.{column} + {shift}) / {day} AS day, {opened} AS opened {FROM}
                     WHERE warning.{column} >= {since} AND ({})",
                    condition.sql
                )
            };
            let mut statement = db.prepare(&format!(
                "SELECT day, sum(opened), sum(1 - opened) FROM ({} UNION ALL {}) GROUP BY day ORDER BY day",
                of("opened_at", 1),
                of("ended_at", 0)
            ))?;
            let twice = condition.values.iter().chain(&condition.values);
            let rows = statement.query_map(params_from_iter(twice), |row| {
                let from = from_micros(row.get::<_, i64>(0)?.saturating_mul(day).saturating_sub(shift))?;
                Ok(TrendDay { from, opened: row.get(1)?, ended: row.get(2)? })
            })?;
            rows.collect()
        })
    }

    /// The operators whose score is furthest above what it was a week ago. One without a score then counts for nothing.
    ///
    /// # Errors
    /// If the database fails.
    pub fn risers(&self, scope: &Scope, now: Timestamp) -> Result<Vec<Riser>, ConsoleError> {
        let condition = scope.of_operators();
        let week_ago = micros(now.saturating_sub(RISE).unwrap_or(Timestamp::MIN));
        self.read(|db| {
            let mut statement = db.prepare(&format!(
                "SELECT {}, before FROM (
                   SELECT changed.operator_id AS changed_id, (
                     SELECT score FROM score_point AS past
                     WHERE past.operator_id = changed.operator_id AND past.as_of <= {week_ago}
                     ORDER BY past.as_of DESC LIMIT 1) AS before
                   FROM (SELECT DISTINCT operator_id FROM score_point WHERE as_of > {week_ago}) AS changed)
                 JOIN operator ON operator.operator_id = changed_id
                 WHERE before < operator.score AND ({})
                 ORDER BY operator.score - before DESC, operator.operator_id LIMIT {MOST_RISERS}",
                operators::COLUMNS,
                condition.sql
            ))?;
            let rows = statement.query_map(bound(&condition.values), |row| {
                let operator = operators::summary(row, 0)?;
                Ok(Riser { from: row.get(operators::WIDTH)?, to: operator.score, operator })
            })?;
            rows.collect()
        })
    }
}
