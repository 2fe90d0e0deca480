//! The open segment: the newest rows of a source as typed cells, until they are enough for an Arrow chunk. A trickle of
//! single events therefore builds no arrays.

use super::operator_key::OperatorKey;
use super::unsealed_row::UnsealedRow;

/// Rows with long lists are sealed before they are many, so that the cells never take much memory.
const SEALED_WEIGHT: usize = 16 << 20;

/// Rows in the order they came; a place is empty once its row was superseded, retracted or expired.
#[derive(Debug)]
pub(super) struct OpenSegment {
    rows: Vec<Option<UnsealedRow>>,
    weight: usize,
    /// No live row is older.
    earliest: i64,
}

impl Default for OpenSegment {
    fn default() -> Self {
        Self { rows: Vec::new(), weight: 0, earliest: i64::MAX }
    }
}

impl OpenSegment {
    /// Adds a row and says its place.
    pub fn push(&mut self, row: UnsealedRow) -> u16 {
        let place = u16::try_from(self.rows.len()).expect("invariant: a full segment is sealed before the next row");
        self.weight += row.weight();
        self.earliest = self.earliest.min(row.occurred_at);
        self.rows.push(Some(row));
        place
    }

    /// How many rows it got, deleted ones included.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_full(&self, sealed_rows: usize) -> bool {
        self.rows.len() >= sealed_rows || self.weight >= SEALED_WEIGHT
    }

    /// About how many bytes the cells take.
    pub fn weight(&self) -> usize {
        self.weight
    }

    pub fn get(&self, place: u16) -> Option<&UnsealedRow> {
        self.rows[usize::from(place)].as_ref()
    }

    pub fn delete(&mut self, place: u16) {
        if let Some(row) = self.rows[usize::from(place)].take() {
            self.weight -= row.weight();
        }
    }

    /// Drops rows of `occurred_at <= horizon` and shows each.
    pub fn expire(&mut self, horizon: i64, mut show: impl FnMut(u16, &UnsealedRow)) {
        if self.earliest > horizon {
            return;
        }
        self.earliest = i64::MAX;
        for (place, slot) in (0..=u16::MAX).zip(&mut self.rows) {
            let Some(row) = slot else { continue };
            if row.occurred_at <= horizon {
                show(place, row);
                self.weight -= row.weight();
                *slot = None;
            } else {
                self.earliest = self.earliest.min(row.occurred_at);
            }
        }
    }

    /// All rows, sorted by operator and time.
    pub fn sorted(&self) -> Vec<OpenRow<'_>> {
        let places = (0..=u16::MAX).zip(&self.rows);
        let mut rows: Vec<OpenRow<'_>> =
            places.filter_map(|(place, row)| row.as_ref().map(|row| OpenRow::of(place, row))).collect();
        rows.sort_by_key(|open| (open.operator, open.row.occurred_at));
        rows
    }
}

/// A row with its place in the segment.
#[derive(Debug)]
pub(super) struct OpenRow<'a> {
    operator: OperatorKey<'a>,
    pub place: u16,
    pub row: &'a UnsealedRow,
}

impl<'a> OpenRow<'a> {
    fn of(place: u16, row: &'a UnsealedRow) -> Self {
        Self { operator: OperatorKey::of(&row.operator), place, row }
    }
}
