//! What happened to an operator, the newest first: steps of its warnings, and what was done about them.

use jiff::Timestamp;
use rusqlite::Row;
use serde::Serialize;
use serde_json::{Map, Value};
use yujing_base::language::Bilingual;
use yujing_core::warning::handling::HandlingAction;

use super::page::{Listed, Page};
use super::record;
use crate::error::ConsoleError;
use crate::instant::from_micros;
use crate::read_model::ReadModel;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TimelineItem {
    pub at: Timestamp,
    pub kind: TimelineKind,
    pub source: &'static str,
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
}

const BOTH: &str = "SELECT as_of AS at, 0 AS kind, warning_id || ':' || sequence AS id, warning_id, record
       FROM warning_event WHERE operator_id = ?1 AND ?2 IN ('', 'warnings')
     UNION ALL
     SELECT occurred_at, 1, publisher || ':' || event_id, warning_id, record
       FROM disposition WHERE operator_id = ?1 AND ?2 IN ('', 'dispositions')";

impl ReadModel {
    /// A part of what happened to an operator; of one source, if that is named.
    ///
    /// # Errors
    /// If the database fails.
    pub fn timeline(
        &self,
        operator_id: &str,
        source: Option<&str>,
        page: Page,
    ) -> Result<Listed<TimelineItem>, ConsoleError> {
        let source = source.unwrap_or_default();
        self.read(|db| {
            let counted = format!("SELECT count(*) FROM ({BOTH})");
            let total = db.query_row(&counted, (operator_id, source), |row| row.get(0))?;
            let mut statement = db.prepare(&format!(
                "SELECT at, kind, id, warning_id, record FROM ({BOTH}) ORDER BY at DESC, id LIMIT {} OFFSET {}",
                page.limit, page.offset
            ))?;
            let items = statement.query_map((operator_id, source), item)?;
            Ok(page.listed(total, items.collect::<Result<_, _>>()?))
        })
    }
}

fn item(row: &Row<'_>) -> Result<TimelineItem, rusqlite::Error> {
    let content = record(&row.get::<_, String>(4)?)?;
    let is_warning = row.get::<_, i64>(1)? == 0;
    let text = if is_warning { headline(&content) } else { what_was_done(&content) };
    Ok(TimelineItem {
        at: from_micros(row.get(0)?)?,
        kind: if is_warning { TimelineKind::Warning } else { TimelineKind::Disposition },
        source: if is_warning { "warnings" } else { "dispositions" },
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
