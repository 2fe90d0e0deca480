//! The warnings topic: every event of every warning, and how each stands after its newest.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, Transaction};
use serde::Deserialize;
use uuid::Uuid;
use yujing_base::language::Bilingual;
use yujing_core::rule::Level;
use yujing_core::warning::Step;
use yujing_core::warning::handling::{Disposition, KeptHandling};
use yujing_core::warning::routing::Post;

use super::score::note_point;
use super::{ApplyError, Changed, TopicRecord, rank};
use crate::instant::micros;

/// What is read of an event.
#[derive(Deserialize)]
struct Event {
    warning_id: Uuid,
    sequence: i64,
    operator_id: String,
    step: Step,
    from: Level,
    level: Level,
    as_of: Timestamp,
    opened_at: Timestamp,
    due_at: Option<Timestamp>,
    handling: Option<KeptHandling>,
    disposition: Option<Box<Disposition>>,
    text: Bilingual,
    score: i64,
    findings: Vec<Finding>,
}

#[derive(Deserialize)]
struct Finding {
    rule: String,
}

/// Takes a record.
///
/// # Errors
/// If it is no warning's event, or the database fails.
pub fn apply<'a>(db: &Transaction<'_>, record: TopicRecord<'a>) -> Result<Changed<'a>, ApplyError> {
    let value = record.value.ok_or_else(|| ApplyError::Unreadable("it has no value".to_owned()))?;
    let event: Event = serde_json::from_slice(value)?;
    let whole = std::str::from_utf8(value).map_err(|error| ApplyError::Unreadable(error.to_string()))?;
    let id = event.warning_id.to_string();
    let is_new = db
        .prepare_cached(
            "INSERT INTO warning_event (warning_id, sequence, operator_id, as_of, record) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO NOTHING",
        )?
        .execute((&id, event.sequence, &event.operator_id, micros(event.as_of), whole))?
        == 1;
    note_point(db, &event.operator_id, event.as_of, event.score, event.level)?;
    if let Some(disposition) = &event.disposition {
        note_applied(db, disposition, event.as_of)?;
    }
    let newest: Option<i64> = db
        .prepare_cached("SELECT sequence FROM warning WHERE warning_id = ?1")?
        .query_row([&id], |row| row.get(0))
        .optional()?;
    if is_new && newest.is_none_or(|newest| newest < event.sequence) {
        stands(db, &id, &event)?;
        names(db, &id, &event)?;
    }
    Ok(Changed::Warning(event.warning_id))
}

/// How the warning stands after its newest event.
fn stands(db: &Transaction<'_>, id: &str, event: &Event) -> Result<(), rusqlite::Error> {
    let handling = event.handling.as_deref();
    let is_open = !matches!(event.step, Step::Resolved | Step::Withdrawn);
    let assignee = handling.map(|handling| &handling.assignee);
    db.prepare_cached(
        "INSERT INTO warning (warning_id, operator_id, sequence, open, level, highest_level, step, text_zh, text_en,
           opened_at, as_of, ended_at, due_at, state, state_since, acknowledge_by, overdue, extension_asked, assignee,
           assignee_zh, assignee_en, unrouted)
         VALUES (:id, :operator, :sequence, :open, :level, :highest, :step, :zh, :en, :opened_at, :as_of, :ended_at,
           :due_at, :state, :since, :acknowledge_by, :overdue, :asked, :assignee, :assignee_zh, :assignee_en, :unrouted)
         ON CONFLICT (warning_id) DO UPDATE SET sequence = excluded.sequence, open = excluded.open,
           level = excluded.level, highest_level = max(highest_level, excluded.highest_level), step = excluded.step,
           text_zh = excluded.text_zh, text_en = excluded.text_en, as_of = excluded.as_of, ended_at = excluded.ended_at,
           due_at = excluded.due_at, state = excluded.state, state_since = excluded.state_since,
           acknowledge_by = excluded.acknowledge_by, overdue = excluded.overdue,
           extension_asked = excluded.extension_asked, assignee = excluded.assignee,
           assignee_zh = excluded.assignee_zh, assignee_en = excluded.assignee_en, unrouted = excluded.unrouted",
    )?
    .execute(rusqlite::named_params! {
        ":id": id, ":operator": event.operator_id, ":sequence": event.sequence, ":open": is_open,
        ":level": rank(event.level), ":highest": rank(event.level.max(event.from)), ":step": event.step.as_str(),
        ":zh": event.text.zh, ":en": event.text.en, ":opened_at": micros(event.opened_at),
        ":as_of": micros(event.as_of), ":ended_at": (!is_open).then(|| micros(event.as_of)),
        ":due_at": event.due_at.map(micros), ":state": handling.map(|handling| handling.state.as_str()),
        ":since": handling.map(|handling| micros(handling.since)),
        ":acknowledge_by": handling.and_then(|handling| handling.acknowledge_by).map(micros),
        ":overdue": handling.is_some_and(|handling| handling.overdue.is_some()),
        ":asked": handling.and_then(|handling| handling.extension).is_some_and(|extension| extension.asked.is_some()),
        ":assignee": assignee.map(|post| &post.id), ":assignee_zh": assignee.map(|post| &post.title.zh),
        ":assignee_en": assignee.map(|post| &post.title.en),
        ":unrouted": handling.is_some_and(|handling| handling.unrouted),
    })
    .map(|_| ())
}

/// Its findings and the posts that it concerns, as its newest event has them.
fn names(db: &Transaction<'_>, id: &str, event: &Event) -> Result<(), rusqlite::Error> {
    for table in ["warning_finding", "warning_post"] {
        db.execute(&format!("DELETE FROM {table} WHERE warning_id = ?1"), [id])?;
    }
    let mut insert = db.prepare_cached("INSERT OR IGNORE INTO warning_finding (warning_id, rule) VALUES (?1, ?2)")?;
    for finding in &event.findings {
        insert.execute((id, &finding.rule))?;
    }
    let Some(handling) = event.handling.as_deref() else { return Ok(()) };
    concern(db, id, &handling.assignee, "act")?;
    handling.passed.iter().try_for_each(|post| concern(db, id, post, "passed"))?;
    handling.ladder.iter().try_for_each(|post| concern(db, id, post, "above"))?;
    handling.copies.iter().try_for_each(|copy| concern(db, id, &copy.post, "copy"))
}

fn concern(db: &Transaction<'_>, id: &str, post: &Post, relation: &str) -> Result<(), rusqlite::Error> {
    db.prepare_cached("INSERT OR IGNORE INTO warning_post (warning_id, post, relation) VALUES (?1, ?2, ?3)")?
        .execute((id, &post.id, relation))?;
    db.prepare_cached(
        "INSERT INTO post (post, title_zh, title_en) VALUES (?1, ?2, ?3)
         ON CONFLICT DO UPDATE SET title_zh = excluded.title_zh, title_en = excluded.title_en",
    )?
    .execute((&post.id, &post.title.zh, &post.title.en))
    .map(|_| ())
}

fn note_applied(db: &Transaction<'_>, disposition: &Disposition, at: Timestamp) -> Result<(), rusqlite::Error> {
    db.prepare_cached(
        "INSERT INTO decision (publisher, event_id, applied, decided_at) VALUES (?1, ?2, 1, ?3)
         ON CONFLICT DO UPDATE SET applied = 1, code = NULL, text_zh = NULL, text_en = NULL,
           decided_at = excluded.decided_at",
    )?
    .execute((&*disposition.event.publisher, &*disposition.event.event_id, micros(at)))
    .map(|_| ())
}
