//! Which part of a list.

use rusqlite::{Connection, params_from_iter};
use serde::Serialize;

use crate::read_model::scope::Condition;

/// Entries of a page, if nobody says.
pub const USUAL: u32 = 50;
/// Most entries of a page.
pub const MOST: u32 = 500;

/// Which part of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    pub offset: u32,
    pub limit: u32,
}

/// A part of a list, with how many entries there are in all.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Listed<T> {
    pub total: i64,
    pub entries: Vec<T>,
    /// Where the next part begins.
    pub next: Option<String>,
}

impl Default for Page {
    fn default() -> Self {
        Self { offset: 0, limit: USUAL }
    }
}

impl Page {
    /// The part that a cursor names; `None` if it names none.
    pub fn at(cursor: Option<&str>, limit: Option<u32>) -> Option<Self> {
        let offset = cursor.map_or(Some(0), |cursor| cursor.parse().ok())?;
        let limit = limit.unwrap_or(USUAL);
        (1..=MOST).contains(&limit).then_some(Self { offset, limit })
    }

    /// This part of a whole list.
    pub(super) fn of<T>(self, whole: &[T]) -> &[T] {
        let [from, long] = [self.offset, self.limit].map(|count| usize::try_from(count).unwrap_or(usize::MAX));
        let rest = whole.get(from..).unwrap_or_default();
        &rest[..rest.len().min(long)]
    }

    /// This part of the rows `from` a table that a condition lets through. `entries` reads those, given how statements end that
    /// read no others.
    pub(super) fn part<T>(
        self,
        db: &Connection,
        from: &str,
        condition: &Condition,
        entries: impl FnOnce(&str) -> Result<Vec<T>, rusqlite::Error>,
    ) -> Result<Listed<T>, rusqlite::Error> {
        let mut counted = db.prepare_cached(&format!("SELECT count(*) {from} WHERE {}", condition.sql))?;
        let total = counted.query_row(params_from_iter(&condition.values), |row| row.get(0))?;
        Ok(self.listed(total, entries(&format!("LIMIT {} OFFSET {}", self.limit, self.offset))?))
    }

    pub(super) fn listed<T>(self, total: i64, entries: Vec<T>) -> Listed<T> {
        let end = i64::from(self.offset) + i64::try_from(entries.len()).unwrap_or_default();
        let next = (end < total && !entries.is_empty()).then(|| end.to_string());
        Listed { total, entries, next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_walked_through_by_its_cursors() {
        let all: Vec<i64> = (0..120).collect();
        let (mut walked, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let page = Page::at(cursor.as_deref(), None).expect("a page");
            let listed = page.listed(120, page.of(&all).to_vec());
            walked.extend(listed.entries);
            cursor = listed.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(walked, all);
    }

    #[test]
    fn what_names_no_part_is_refused() {
        for (cursor, limit) in [(Some("x"), None), (Some("-1"), None), (None, Some(0)), (None, Some(501))] {
            assert_eq!(Page::at(cursor, limit), None, "{cursor:?} {limit:?}");
        }
    }
}
