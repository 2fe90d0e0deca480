//! Instants in the office's zone: columns of time carry it in SQL, so that `extract(hour FROM occurred_at)`,
//! `date_trunc`, `CAST(occurred_at AS DATE)`, `to_char` and months mean what the office means. The instants stay what
//! they are.

use std::ops::ControlFlow;
use std::sync::Arc;

use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use arrow::error::ArrowError;
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use datafusion::sql::sqlparser::ast::{DataType as SqlType, Expr, Query, TimezoneInfo};
use yujing_base::zone::Zone;

use crate::feature::syntax::visitor::visit_expressions_mut;

/// The columns of a source as SQL sees them.
pub fn schema(of_source: &Schema, zone: &Zone) -> SchemaRef {
    let fields = of_source.fields().iter().map(|field| in_zone(field, zone));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// The columns of such a schema, or of a part of one, out of rows of the source; no time is changed.
pub fn rows(rows: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    let columns = schema.fields().iter().map(|field| {
        let column = rows.column(rows.schema_ref().index_of(field.name())?);
        if column.data_type() == field.data_type() { Ok(Arc::clone(column)) } else { cast(column, field.data_type()) }
    });
    let columns = columns.collect::<Result<_, ArrowError>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(rows.num_rows()));
    RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)
}

fn in_zone(field: &FieldRef, zone: &Zone) -> FieldRef {
    let data_type = match field.data_type() {
        DataType::Timestamp(unit, Some(_)) => DataType::Timestamp(*unit, Some(Arc::clone(zone.name()))),
        DataType::List(item) => DataType::List(in_zone(item, zone)),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(|field| in_zone(field, zone)).collect()),
        _ => return Arc::clone(field),
    };
    Arc::new(Field::new(field.name(), data_type, field.is_nullable()))
}

/// Lets `TIMESTAMP '2026-03-02 08:00:00'` and `CAST(... AS TIMESTAMP)` be instants of the zone, as columns are. Without
/// one they would be clock times of nowhere, and an offset that is written out would be lost on the way back.
pub fn place_timestamps(query: &mut Query) {
    visit_expressions_mut(query, |expr| {
        let data_type = match expr {
            Expr::TypedString(typed) => &mut typed.data_type,
            Expr::Cast { data_type, .. } => data_type,
            _ => return ControlFlow::Continue(()),
        };
        if let SqlType::Timestamp(precision, zone) = data_type {
            // Microseconds, as in columns.
            precision.get_or_insert(6);
            *zone = TimezoneInfo::WithTimeZone;
        }
        ControlFlow::Continue(())
    });
}
