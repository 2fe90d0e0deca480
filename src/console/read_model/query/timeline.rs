//! What happened to an operator, the newest first: steps of its warnings, and what was done about them. Its events are
//! the engine's.

use jiff::Timestamp;
use rusqlite::Row;
use serde::Serialize;
use serde_json::{Map, Value};
use yujing_base::language::Bilingual;
use yujing_core::warning::handling::HandlingAction;

use super::record;
use crate::error::ConsoleError;
use crate::instant::{from_micros, micros};
use crate::read_model::ReadModel;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TimelineItem {
    pub at: Timestamp,
    pub kind: TimelineKind,
    pub source: String,
    pub id: String,
    pub warning_id: Option<String>,
    pub text: Bilingual,
    pub content: Map<String, Value>,
}

/// What kind of thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TimelineKind {
    Warning,
    Disposition,
    /// A record of a source.
    Event,
}

const BOTH: &str =
    "SELECT as_of AS at, 'warnings' AS source, warning_id || ':' || sequence AS id, warning_id, record, sequence
       FROM warning_event WHERE operator_id = ?1 AND as_of <= ?3 AND ?2 IN ('', 'warnings')
     UNION ALL
     SELECT occurred_at, 'dispositions', publisher || ':' || event_id, warning_id, record, 0
       FROM disposition WHERE operator_id = ?1 AND occurred_at <= ?3 AND ?2 IN ('', 'dispositions')";

impl ReadModel {
    /// The newest of what happened to an operator until an instant, at most so much; of one source, if that is named. What
    /// happened at one instant is in the order of the sources' names.
    ///
    /// # Errors
    /// If the database fails.
    pub fn timeline(
        &self,
        operator_id: &str,
        source: Option<&str>,
        until: Timestamp,
        most: usize,
    ) -> Result<Vec<TimelineItem>, ConsoleError> {
        self.read(|db| {
            let mut statement = db.prepare(&format!(
                "SELECT at, source, id, warning_id, record FROM ({BOTH})
                 ORDER BY at DESC, source, sequence DESC, id LIMIT {most}"
            ))?;
            let items = statement.query_map((operator_id, source.unwrap_or_default(), micros(until)), item)?;
            items.collect()
        })
    }
}

fn item(row: &Row<'_>) -> Result<TimelineItem, rusqlite::Error> {
    let content = record(&row.get::<_, String>(4)?)?;
    let source: String = row.get(1)?;
    let is_warning = source == "warnings";
    let text = if is_warning { headline(&content) } else { what_was_done(&content) };
    Ok(TimelineItem {
        at: from_micros(row.get(0)?)?,
        kind: if is_warning { TimelineKind::Warning } else { TimelineKind::Disposition },
        source,
        id: row.get(2)?,
        warning_id: row.get(3)?,
        text,
        content,
    })
}

fn headline(event: &Map<String, Value>) -> Bilingual {
    let text = event.get("text").cloned().unwrap_or_default();
    serde_json::from_value(text).unwrap_or_else(|_| "".into())
}

fn what_was_done(event: &Map<String, Value>) -> Bilingual {
    let word = event.get("action").and_then(Value::as_str).unwrap_or_default();
    HandlingAction::parse(word).map_or_else(|| word.into(), HandlingAction::words)
}
