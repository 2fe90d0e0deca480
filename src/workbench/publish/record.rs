//! Rows of a query as JSON documents. A column is a field, a NULL is a field left out. The schema says what a text
//! means: where a field asks for a number, a day, a time or a yes, the text is read as one (see
//! [`notation`](super::notation)), and if it is none it stays a text, which the decoder refuses with its place.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray as _, ListArray, StringArray, StructArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, FieldRef};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use arrow_json::writer::{EncoderOptions, NullableEncoder, make_encoder};
use yujing_core::source::shape::{Property, Shape, ValueRule};

use super::notation::literal;
use super::notation::number::{EQUAL, Measured, measured};

/// One document a row.
pub(super) fn documents(batch: &RecordBatch, shape: &Shape) -> Result<Vec<Vec<u8>>, ArrowError> {
    let rows = readable(&(Arc::new(StructArray::from(batch.clone())) as ArrayRef), None, Some(shape))?;
    let options = EncoderOptions::default();
    let mut object = Object::of(rows.as_struct(), &options)?;
    (0..batch.num_rows())
        .map(|row| {
            let mut document = Vec::new();
            object.write(row, Some(shape), &mut document);
            Ok(document)
        })
        .collect()
}

/// The same values, in as few types as possible: every text as one type, and as a text what is not of the rule's own
/// type but may be read as it, such as a spreadsheet's count of days.
fn readable(array: &ArrayRef, rule: Option<&ValueRule>, shape: Option<&Shape>) -> Result<ArrayRef, ArrowError> {
    let given = array.data_type();
    let is_number = given.is_numeric();
    let is_whole = given.is_integer();
    let has_no_zone = matches!(given, DataType::Timestamp(_, None));
    Ok(match (given, rule) {
        (DataType::Struct(fields), _) => {
            let rows = array.as_struct();
            let shape = shape.or(match rule {
                Some(ValueRule::Object(shape)) => Some(shape),
                _ => None,
            });
            let columns = fields.iter().zip(rows.columns()).map(|(field, column)| {
                readable(column, property(shape, field.name()).map(|property| &property.value.rule), None)
            });
            let columns = columns.collect::<Result<Vec<_>, _>>()?;
            let fields = fields.iter().zip(&columns).map(|(field, column)| of_type(field, column));
            Arc::new(StructArray::try_new_with_length(fields.collect(), columns, rows.nulls().cloned(), rows.len())?)
        }
        (DataType::List(item), _) => {
            let list = array.as_list::<i32>();
            let of_items = match rule {
                Some(ValueRule::List { item, .. }) => Some(&item.rule),
                _ => None,
            };
            let items = readable(list.values(), of_items, None)?;
            let item = of_type(item, &items);
            Arc::new(ListArray::try_new(item, list.offsets().clone(), items, list.nulls().cloned())?)
        }
        (DataType::LargeList(item) | DataType::FixedSizeList(item, _), _) => {
            readable(&cast(array, &DataType::List(Arc::clone(item)))?, rule, shape)?
        }
        (DataType::Dictionary(_, values), _) => readable(&cast(array, values)?, rule, shape)?,
        (DataType::LargeUtf8 | DataType::Utf8View, _) => cast(array, &DataType::Utf8)?,
        (_, Some(ValueRule::Int { .. })) if is_number && !is_whole => cast(array, &DataType::Utf8)?,
        (_, Some(ValueRule::Date | ValueRule::Time)) if is_number || has_no_zone => cast(array, &DataType::Utf8)?,
        _ => Arc::clone(array),
    })
}

fn of_type(field: &FieldRef, array: &ArrayRef) -> FieldRef {
    Arc::new(Field::new(field.name(), array.data_type().clone(), true))
}

fn property<'s>(shape: Option<&'s Shape>, name: &str) -> Option<&'s Property> {
    let shape = shape?;
    Some(&shape.properties[shape.place_of(name)?])
}

/// One column, or the same field of all objects.
enum Cells<'b> {
    Texts(&'b StringArray),
    List(&'b ListArray, Box<Cells<'b>>),
    Object(Object<'b>),
    /// What JSON has a form for.
    Other(NullableEncoder<'b>),
}

struct Object<'b> {
    rows: &'b StructArray,
    fields: Vec<(&'b str, Cells<'b>)>,
}

impl<'b> Cells<'b> {
    fn of(field: &'b FieldRef, array: &'b ArrayRef, options: &'b EncoderOptions) -> Result<Self, ArrowError> {
        Ok(match array.data_type() {
            DataType::Utf8 => Self::Texts(array.as_string()),
            DataType::List(item) => {
                let list = array.as_list();
                Self::List(list, Box::new(Self::of(item, list.values(), options)?))
            }
            DataType::Struct(_) => Self::Object(Object::of(array.as_struct(), options)?),
            _ => Self::Other(make_encoder(field, array, options)?),
        })
    }

    fn is_null(&self, row: usize) -> bool {
        match self {
            Self::Texts(texts) => texts.is_null(row),
            Self::List(list, _) => list.is_null(row),
            Self::Object(object) => object.rows.is_null(row),
            Self::Other(encoder) => encoder.is_null(row),
        }
    }

    fn text(&self, row: usize) -> Option<&'b str> {
        match self {
            Self::Texts(texts) if texts.is_valid(row) => Some(texts.value(row)),
            _ => None,
        }
    }

    fn write(&mut self, row: usize, rule: Option<&ValueRule>, out: &mut Vec<u8>) {
        if self.is_null(row) {
            out.extend_from_slice(b"null");
            return;
        }
        match (self, rule) {
            (Self::Texts(texts), rule) => {
                let text = texts.value(row);
                let read = rule.and_then(|rule| literal(text, rule));
                out.extend_from_slice(read.unwrap_or_else(|| quoted(text)).as_bytes());
            }
            (Self::List(list, items), rule) => {
                let rule = match rule {
                    Some(ValueRule::List { item, .. }) => Some(&item.rule),
                    _ => None,
                };
                let (begin, end) = (list.value_offsets()[row], list.value_offsets()[row + 1]);
                out.push(b'[');
                for (place, item) in (begin..end).enumerate() {
                    if place > 0 {
                        out.push(b',');
                    }
                    items.write(usize::try_from(item).unwrap_or_default(), rule, out);
                }
                out.push(b']');
            }
            (Self::Object(object), Some(ValueRule::Object(shape))) => object.write(row, Some(shape), out),
            (Self::Object(object), _) => object.write(row, None, out),
            (Self::Other(encoder), _) => encoder.encode(row, out),
        }
    }
}

impl<'b> Object<'b> {
    fn of(rows: &'b StructArray, options: &'b EncoderOptions) -> Result<Self, ArrowError> {
        let fields = rows.fields().iter().zip(rows.columns());
        let fields = fields.map(|(field, array)| Ok((field.name().as_str(), Cells::of(field, array, options)?)));
        Ok(Self { rows, fields: fields.collect::<Result<_, ArrowError>>()? })
    }

    fn text(&self, name: &str, row: usize) -> Option<&'b str> {
        self.fields.iter().find(|(field, _)| *field == name)?.1.text(row)
    }

    fn write(&mut self, row: usize, shape: Option<&Shape>, out: &mut Vec<u8>) {
        let begin = out.len();
        for index in 0..self.fields.len() {
            let property = property(shape, self.fields[index].0);
            if let Some((result, beside)) = property.and_then(|property| self.measured(index, property, row)) {
                if let Some(value) = result.value {
                    write_field(self.fields[index].0, value.as_bytes(), out);
                }
                if self.text(beside, row).is_none() {
                    write_field(beside, quoted(result.censor).as_bytes(), out);
                }
                continue;
            }
            let (name, cells) = &mut self.fields[index];
            if !cells.is_null(row) {
                write_field(name, b"", out);
                cells.write(row, property.map(|property| &property.value.rule), out);
            }
        }
        out.push(b'}');
        match out.get_mut(begin) {
            Some(first) if *first == b',' => *first = b'{',
            _ => out.insert(begin, b'{'),
        }
    }

    /// A result such as `<0.01` where the schema keeps beside its value how it is to be read, and the name of the field
    /// that does; none if the row says already that it is to be read otherwise.
    fn measured<'s>(&self, index: usize, property: &'s Property, row: usize) -> Option<(Measured, &'s str)> {
        let beside = property.censor.as_deref()?;
        let result = measured(self.fields[index].1.text(row)?)?;
        let agrees = |said: &str| said == result.censor || result.censor == EQUAL;
        self.text(beside, row).is_none_or(agrees).then_some((result, beside))
    }
}

/// With a comma before it, also before the first: the object makes its brace of it.
fn write_field(name: &str, value: &[u8], out: &mut Vec<u8>) {
    out.push(b',');
    out.extend_from_slice(quoted(name).as_bytes());
    out.push(b':');
    out.extend_from_slice(value);
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
