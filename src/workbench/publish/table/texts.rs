//! Columns of texts as they are filled, row by row. A cell without anything but blanks is a NULL.

use std::sync::Arc;

use arrow::array::{ArrayRef, StringBuilder};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;

use crate::publish::streaming::{BATCH_BYTES, BATCH_ROWS};

pub(super) fn schema(names: &[String]) -> SchemaRef {
    Arc::new(Schema::new(names.iter().map(|name| Field::new(name, DataType::Utf8, true)).collect::<Vec<_>>()))
}

pub(super) fn is_filled(cell: &str) -> bool {
    !cell.chars().all(char::is_whitespace)
}

pub(super) struct TextColumns {
    schema: SchemaRef,
    columns: Vec<StringBuilder>,
    rows: usize,
    bytes: usize,
}

impl TextColumns {
    pub fn new(schema: SchemaRef) -> Self {
        let columns = schema.fields().iter().map(|_| StringBuilder::new()).collect();
        Self { schema, columns, rows: 0, bytes: 0 }
    }

    /// Adds a row; cells that it lacks are NULL, and those that it has too many are left out.
    pub fn add<'c>(&mut self, cells: impl IntoIterator<Item = &'c str>) {
        let mut cells = cells.into_iter();
        for column in &mut self.columns {
            let cell = cells.next().filter(|cell| is_filled(cell));
            self.bytes += cell.map_or(0, str::len);
            column.append_option(cell);
        }
        self.rows += 1;
    }

    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    pub fn is_full(&self) -> bool {
        self.rows >= BATCH_ROWS || self.bytes >= BATCH_BYTES
    }

    /// What was added since the last time.
    pub fn take(&mut self) -> RecordBatch {
        (self.rows, self.bytes) = (0, 0);
        let columns = self.columns.iter_mut().map(|column| Arc::new(column.finish()) as ArrayRef).collect();
        RecordBatch::try_new(Arc::clone(&self.schema), columns).expect("invariant: the columns follow the schema")
    }
}
