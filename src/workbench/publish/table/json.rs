//! Objects, one a line. Every value is a text, as it is written: a number of twenty digits keeps them. Lists and
//! objects inside keep their shape.

use std::io::{BufRead as _, BufReader};
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef, Schema};
use arrow::error::ArrowError;
use arrow_json::ReaderBuilder;
use arrow_json::reader::infer_json_schema_from_iterator;
use serde_json::Value;

use super::plain::{BoundedReader, PlainFile};
use super::{MAX_ROWS, Opened, TableError, TableProblem, streaming_table};
use crate::publish::streaming;

pub(super) fn open(
    plain: &PlainFile,
    to_error: impl Fn(TableProblem) -> TableError + Send + Sync + 'static,
) -> Result<Opened, TableProblem> {
    let shape = shape(plain)?;
    let schema = Arc::new(Schema::new(shape.fields().iter().map(as_text).collect::<Vec<_>>()));
    let (plain, of_table) = (plain.clone(), Arc::clone(&schema));
    streaming_table(schema, move |send| {
        let builder = ReaderBuilder::new(Arc::clone(&of_table)).with_coerce_primitive(true);
        let rows = plain.read().map_err(TableProblem::from).and_then(|file| {
            let reader = builder.with_batch_size(streaming::BATCH_ROWS).build(file).map_err(unshapely)?;
            for batch in reader {
                if !send(batch.map_err(unshapely)?) {
                    break;
                }
            }
            Ok(())
        });
        rows.map_err(&to_error)
    })
}

fn unshapely(error: ArrowError) -> TableProblem {
    match error {
        ArrowError::ExternalError(inner) => match inner.downcast::<TableProblem>() {
            Ok(problem) => *problem,
            Err(other) => TableProblem::JsonShape(other.to_string()),
        },
        ArrowError::JsonError(message) => TableProblem::JsonShape(message),
        other => TableProblem::JsonShape(other.to_string()),
    }
}

/// Looks at every object: a key may come late.
fn shape(plain: &PlainFile) -> Result<Schema, TableProblem> {
    let mut lines = BufReader::new(BoundedReader::new(plain.read()?));
    let mut bytes = Vec::new();
    let mut line = 0;
    let mut count = 0;
    let mut next = || -> Result<Option<Value>, TableProblem> {
        loop {
            line += 1;
            bytes.clear();
            if lines
                .read_until(b'\n', &mut bytes)
                .map_err(|_| TableProblem::LongRow { place: format!("line {line}") })?
                == 0
            {
                return Ok(None);
            }
            lines.get_mut().next_row();
            if bytes.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            count += 1;
            if count > MAX_ROWS {
                return Err(TableProblem::TooManyRows(MAX_ROWS));
            }
            let refuse = |message: String| TableProblem::Json { line, message };
            return match serde_json::from_slice(&bytes) {
                Ok(object @ Value::Object(_)) => Ok(Some(object)),
                Ok(_) => Err(refuse("it is another value".to_owned())),
                Err(error) => Err(refuse(error.to_string())),
            };
        }
    };
    let objects =
        std::iter::from_fn(|| next().map_err(|problem| ArrowError::ExternalError(Box::new(problem))).transpose());
    infer_json_schema_from_iterator(objects).map_err(unshapely)
}

/// The same field with texts where it has anything else.
fn as_text(field: &FieldRef) -> FieldRef {
    let data_type = match field.data_type() {
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(as_text).collect()),
        DataType::List(item) => DataType::List(as_text(item)),
        _ => DataType::Utf8,
    };
    Arc::new(Field::new(field.name(), data_type, true))
}
