//! The scores topic: operators as they are now, and what their scores were.

use jiff::Timestamp;
use rusqlite::Transaction;
use serde::Deserialize;
use serde_json::{Map, Value};
use yujing_core::rule::Level;

use super::{ApplyError, Changed, TopicRecord, rank};
use crate::instant::micros;
use crate::read_model::search_text::search_text;

/// What is read of a record.
#[derive(Deserialize)]
struct Scored {
    operator_id: String,
    as_of: Timestamp,
    score: i64,
    level: Level,
    to_next: Option<i64>,
    degraded: Vec<String>,
    operator: Map<String, Value>,
    standing: Standing,
}

#[derive(Deserialize)]
struct Standing {
    warning: Option<OpenWarning>,
}

#[derive(Deserialize)]
struct OpenWarning {
    id: String,
}

/// Takes a record.
///
/// # Errors
/// If it is no score, or the database fails.
pub fn apply<'a>(db: &Transaction<'_>, record: TopicRecord<'a>) -> Result<Changed<'a>, ApplyError> {
    let id = std::str::from_utf8(record.key).map_err(|error| ApplyError::Unreadable(error.to_string()))?;
    let Some(value) = record.value else {
        for table in ["operator", "score_record"] {
            db.execute(&format!("DELETE FROM {table} WHERE operator_id = ?1"), [id])?;
        }
        return Ok(Changed::Operator(id));
    };
    let score: Scored = serde_json::from_slice(value)?;
    let whole = std::str::from_utf8(value).map_err(|error| ApplyError::Unreadable(error.to_string()))?;
    upsert(db, &score)?;
    db.prepare_cached(
        "INSERT INTO score_record (operator_id, record) VALUES (?1, ?2)
         ON CONFLICT DO UPDATE SET record = excluded.record",
    )?
    .execute((&score.operator_id, whole))?;
    note_point(db, &score.operator_id, score.as_of, score.score, score.level)?;
    Ok(Changed::Operator(id))
}

fn upsert(db: &Transaction<'_>, score: &Scored) -> Result<(), rusqlite::Error> {
    let text = |name: &str| score.operator.get(name).and_then(Value::as_str);
    let registered = score.operator.get("registered").and_then(Value::as_bool).unwrap_or_default();
    let search = search_text(text("name"), &score.operator_id, text("address"));
    db.prepare_cached(
        "INSERT INTO operator (operator_id, name, address, business_form, protected_group, sub_district, community, grid,
           registered, score, level, to_next, as_of, degraded, warning_id, search)
         VALUES (:id, :name, :address, :form, :group, :sub, :community, :grid, :registered, :score, :level, :to_next,
           :as_of, :degraded, :warning, :search)
         ON CONFLICT (operator_id) DO UPDATE SET name = excluded.name, address = excluded.address,
           business_form = excluded.business_form, protected_group = excluded.protected_group,
           sub_district = excluded.sub_district, community = excluded.community, grid = excluded.grid,
           registered = excluded.registered, score = excluded.score, level = excluded.level, to_next = excluded.to_next,
           as_of = excluded.as_of, degraded = excluded.degraded, warning_id = excluded.warning_id,
           search = excluded.search",
    )?
    .execute(rusqlite::named_params! {
        ":id": score.operator_id, ":name": text("name"), ":address": text("address"),
        ":form": text("business_form"), ":group": text("protected_group"), ":sub": text("sub_district"),
        ":community": text("community"), ":grid": text("grid"), ":registered": registered, ":score": score.score,
        ":level": rank(score.level), ":to_next": score.to_next, ":as_of": micros(score.as_of),
        ":degraded": !score.degraded.is_empty(), ":warning": score.standing.warning.as_ref().map(|open| &open.id),
        ":search": search,
    })
    .map(|_| ())
}

/// Notes a score of an instant where it is another than the one before: the topic repeats what did not change.
pub(super) fn note_point(
    db: &Transaction<'_>,
    operator_id: &str,
    as_of: Timestamp,
    score: i64,
    level: Level,
) -> Result<(), rusqlite::Error> {
    db.prepare_cached(
        "INSERT INTO score_point (operator_id, as_of, score, level)
         SELECT ?1, ?2, ?3, ?4
         WHERE (?3, ?4) IS NOT (
           SELECT score, level FROM score_point WHERE operator_id = ?1 AND as_of <= ?2 ORDER BY as_of DESC LIMIT 1)
         ON CONFLICT DO UPDATE SET score = excluded.score, level = excluded.level",
    )?
    .execute((operator_id, micros(as_of), score, rank(level)))
    .map(|_| ())
}
