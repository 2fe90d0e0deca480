//! The rows that a question asks for, in their fixed order, as one Arrow batch.

use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::datatypes::SchemaRef;
use arrow::record_batch::{RecordBatch, RecordBatchOptions};

use super::chunk::{Chunk, unsealed_column};
use super::stored_column::{PartRow, StoredColumn, pick};
use super::table::{StoredRow, Table};
use super::unsealed_row::UnsealedRow;
use crate::source::Source;

/// Rows operator by operator, each sorted by time, event id and publisher.
#[derive(Debug, Default)]
pub(super) struct GatheredRows<'a> {
    rows: Vec<StoredRow<'a>>,
}

impl<'a> GatheredRows<'a> {
    /// Adds the rows of the next operator, in whatever order.
    pub fn add_operator(&mut self, rows: impl Iterator<Item = StoredRow<'a>>) {
        let first = self.rows.len();
        self.rows.extend(rows);
        self.rows[first..].sort_unstable_by(|left, right| {
            let by_time = left.occurred_at().cmp(&right.occurred_at());
            by_time.then_with(|| (left.event_id(), left.publisher()).cmp(&(right.event_id(), right.publisher())))
        });
    }

    /// All rows in their order, with the columns of these places of the source's schema, or with all.
    pub fn to_batch(&self, table: &Table, columns: Option<&[usize]>) -> RecordBatch {
        let source = &table.source;
        let schema = schema_of(source, columns);
        if self.rows.is_empty() {
            return RecordBatch::new_empty(schema);
        }
        let placed = PlacedRows::of(&self.rows, table);
        let built = match columns {
            Some(columns) => columns.iter().map(|index| placed.column(source, *index)).collect(),
            None => (0..source.columns.len()).map(|index| placed.column(source, index)).collect(),
        };
        let rows = RecordBatchOptions::new().with_row_count(Some(self.rows.len()));
        RecordBatch::try_new_with_options(schema, built, &rows)
            .expect("invariant: cells follow the schema of their source")
    }
}

fn schema_of(source: &Source, columns: Option<&[usize]>) -> SchemaRef {
    match columns {
        Some(columns) => {
            Arc::new(source.schema.project(columns).expect("invariant: columns are asked for by their places"))
        }
        None => source.schema.clone(),
    }
}

/// Where gathered rows come from: part 0 is the unsealed rows, the others are the chunks met.
#[derive(Debug, Default)]
struct PlacedRows<'a> {
    unsealed: Vec<&'a UnsealedRow>,
    chunks: Vec<&'a Chunk>,
    /// Of each row its part and its place therein.
    places: Vec<PartRow>,
}

impl<'a> PlacedRows<'a> {
    fn of(rows: &[StoredRow<'a>], table: &Table) -> Self {
        let mut placed = Self::default();
        let mut part_of_chunk: Vec<Option<usize>> = vec![None; table.chunk_numbers()];
        for row in rows {
            let place = match *row {
                StoredRow::Unsealed(row) => {
                    placed.unsealed.push(row);
                    (0, placed.unsealed.len() - 1)
                }
                StoredRow::Sealed { number, chunk, row } => {
                    let part = *part_of_chunk[number as usize].get_or_insert_with(|| {
                        placed.chunks.push(chunk);
                        placed.chunks.len()
                    });
                    (part, row)
                }
            };
            placed.places.push(place);
        }
        placed
    }

    fn column(&self, source: &Source, index: usize) -> ArrayRef {
        let unsealed = unsealed_column(source, index, self.unsealed.iter().copied());
        if self.chunks.is_empty() {
            return unsealed;
        }
        let columns: Vec<&StoredColumn> = self.chunks.iter().map(|chunk| chunk.column(index)).collect();
        let values = columns.iter().map(|column| Arc::clone(column.values()));
        let parts: Vec<ArrayRef> = std::iter::once(unsealed).chain(values).collect();
        let value_of = |&(part, row): &PartRow| match part {
            0 => (0, row),
            part => (part, columns[part - 1].key(row)),
        };
        pick(&parts, &self.places.iter().map(value_of).collect::<Vec<_>>())
    }
}
