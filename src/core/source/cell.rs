//! One typed value, and columns of them as Arrow arrays.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, ListArray, StringBuilder,
    StructArray, TimestampMicrosecondArray,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::DataType;

use super::FieldType;

/// One value of one column. What is unknown or not given is `Null`.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    Null,
    Bool(bool),
    Int(i64),
    /// Always finite.
    Float(f64),
    /// A decimal times ten to the field's scale.
    Decimal(i128),
    Text(Arc<str>),
    /// Microseconds since 1970-01-01T00:00:00Z.
    Time(i64),
    /// Days since 1970-01-01.
    Date(i32),
    List(Box<[Cell]>),
    /// One cell a field of the object, in the schema's order.
    Object(Box<[Cell]>),
}

impl Cell {
    /// Appends the cell as bytes, so that different cells, and lists of them, never give the same ones.
    pub fn append_to(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Null => bytes.push(0),
            Self::Bool(value) => bytes.extend([1, u8::from(*value)]),
            Self::Int(value) => append(2, &value.to_le_bytes(), bytes),
            Self::Float(value) => append(3, &value.to_bits().to_le_bytes(), bytes),
            Self::Decimal(value) => append(4, &value.to_le_bytes(), bytes),
            Self::Text(value) => {
                append(5, &(value.len() as u64).to_le_bytes(), bytes);
                bytes.extend_from_slice(value.as_bytes());
            }
            Self::Time(value) => append(6, &value.to_le_bytes(), bytes),
            Self::Date(value) => append(7, &value.to_le_bytes(), bytes),
            Self::List(items) => append_items(8, items, bytes),
            Self::Object(items) => append_items(9, items, bytes),
        }
    }
}

fn append(tag: u8, value: &[u8], bytes: &mut Vec<u8>) {
    bytes.push(tag);
    bytes.extend_from_slice(value);
}

fn append_items(tag: u8, items: &[Cell], bytes: &mut Vec<u8>) {
    append(tag, &(items.len() as u64).to_le_bytes(), bytes);
    for item in items {
        item.append_to(bytes);
    }
}

/// The cells of one column as an Arrow array of `data_type`'s Arrow type.
///
/// Shape: as many rows as cells; `Null` becomes a null.
///
/// # Panics
/// If a cell is not of `data_type`: the decoder is the only maker of cells and checks each.
pub fn to_array<'a>(data_type: &FieldType, cells: impl ExactSizeIterator<Item = &'a Cell>) -> ArrayRef {
    let cells: Vec<&Cell> = cells.collect();
    array(data_type, &cells)
}

/// Reads every cell as one kind; a cell of another kind breaks the invariant that the decoder checked it.
macro_rules! read {
    ($cells:expr, $kind:ident, $value:ident => $read:expr) => {
        $cells.iter().map(|cell| match cell {
            Cell::Null => None,
            Cell::$kind($value) => Some($read),
            other => panic!("invariant: the decoder makes cells of the column's type, got {other:?}"),
        })
    };
}

fn array(data_type: &FieldType, cells: &[&Cell]) -> ArrayRef {
    match data_type {
        FieldType::Bool => Arc::new(read!(cells, Bool, value => *value).collect::<BooleanArray>()),
        FieldType::Int => Arc::new(read!(cells, Int, value => *value).collect::<Int64Array>()),
        FieldType::Float => Arc::new(read!(cells, Float, value => *value).collect::<Float64Array>()),
        FieldType::Decimal { .. } => {
            let decimals: Decimal128Array = read!(cells, Decimal, value => *value).collect();
            Arc::new(decimals.with_data_type(data_type.arrow()))
        }
        FieldType::Text => {
            let texts = || read!(cells, Text, value => &**value);
            // As much as they need, or what is there is moved again and again.
            let mut column = StringBuilder::with_capacity(cells.len(), texts().flatten().map(str::len).sum());
            column.extend(texts());
            Arc::new(column.finish())
        }
        FieldType::Time => {
            let times: TimestampMicrosecondArray = read!(cells, Time, value => *value).collect();
            Arc::new(times.with_timezone("UTC"))
        }
        FieldType::Date => Arc::new(read!(cells, Date, value => *value).collect::<Date32Array>()),
        FieldType::List(item_type) => list_array(data_type, item_type, cells),
        FieldType::Object(fields) => {
            let DataType::Struct(arrow_fields) = data_type.arrow() else {
                unreachable!("invariant: an object is a struct in Arrow")
            };
            let objects: Vec<Option<&[Cell]>> = read!(cells, Object, value => &**value).collect();
            let children = fields.iter().enumerate().map(|(place, field)| {
                let column: Vec<&Cell> =
                    objects.iter().map(|object| object.map_or(&Cell::Null, |object| &object[place])).collect();
                array(&field.data_type, &column)
            });
            let children = children.collect();
            let nulls = objects.iter().map(Option::is_some).collect::<NullBuffer>();
            let made = StructArray::try_new_with_length(arrow_fields, children, Some(nulls), cells.len());
            Arc::new(made.expect("invariant: children are as long as the column and of its fields' types"))
        }
    }
}

fn list_array(data_type: &FieldType, item_type: &FieldType, cells: &[&Cell]) -> ArrayRef {
    let DataType::List(item_field) = data_type.arrow() else { unreachable!("invariant: a list is a list in Arrow") };
    let lists: Vec<Option<&[Cell]>> = read!(cells, List, value => &**value).collect();
    let offsets = OffsetBuffer::from_lengths(lists.iter().map(|list| list.map_or(0, <[Cell]>::len)));
    let items: Vec<&Cell> = lists.iter().copied().flatten().flatten().collect();
    let nulls = lists.iter().map(Option::is_some).collect::<NullBuffer>();
    let made = ListArray::try_new(item_field, offsets, array(item_type, &items), Some(nulls));
    Arc::new(made.expect("invariant: the offsets count the items"))
}

#[cfg(test)]
mod tests {
    use arrow::array::{Array, AsArray};
    use arrow::datatypes::{Decimal128Type, Int64Type, TimestampMicrosecondType};

    use super::*;
    use crate::source::Field;

    fn field(name: &str, data_type: FieldType) -> Field {
        Field {
            name: name.into(),
            data_type,
            required: false,
            description: String::new(),
            description_zh: String::new(),
        }
    }

    #[test]
    fn every_type_gives_an_array_of_its_arrow_type_with_nulls_in_place() {
        let object = FieldType::Object(vec![
            field("n", FieldType::Int),
            field("codes", FieldType::List(Box::new(FieldType::Text))),
        ]);
        let codes = Cell::List(Box::new([Cell::Text("a".into()), Cell::Null]));
        let cases = [
            (FieldType::Bool, Cell::Bool(true)),
            (FieldType::Int, Cell::Int(-7)),
            (FieldType::Float, Cell::Float(0.5)),
            (FieldType::Decimal { scale: 9 }, Cell::Decimal(126_000_000)),
            (FieldType::Text, Cell::Text("鼠".into())),
            (FieldType::Time, Cell::Time(-1)),
            (FieldType::Date, Cell::Date(20_514)),
            (FieldType::List(Box::new(FieldType::Int)), Cell::List(Box::new([Cell::Int(1), Cell::Int(2)]))),
            (object, Cell::Object(Box::new([Cell::Int(3), codes]))),
            (FieldType::Object(vec![]), Cell::Object(Box::new([]))),
        ];
        for (data_type, cell) in cases {
            let column = [Cell::Null, cell.clone(), Cell::Null];
            let array = to_array(&data_type, column.iter());
            assert_eq!(array.data_type(), &data_type.arrow(), "{data_type:?}");
            assert_eq!(array.len(), 3, "{data_type:?}");
            assert_eq!([0, 1, 2].map(|row| array.is_null(row)), [true, false, true], "{data_type:?}");
            assert_eq!(to_array(&data_type, [].iter()).len(), 0, "{data_type:?}");
        }
    }

    #[test]
    fn values_arrive_unchanged() {
        let times = to_array(&FieldType::Time, [Cell::Time(1_772_388_600_000_001)].iter());
        assert_eq!(times.as_primitive::<TimestampMicrosecondType>().value(0), 1_772_388_600_000_001);
        let decimals = to_array(&FieldType::Decimal { scale: 2 }, [Cell::Decimal(-125)].iter());
        assert_eq!(decimals.as_primitive::<Decimal128Type>().value_as_string(0), "-1.25");
        let list = Cell::List(Box::new([Cell::Int(4), Cell::Int(5)]));
        let lists = to_array(&FieldType::List(Box::new(FieldType::Int)), [Cell::Null, list].iter());
        assert_eq!(lists.as_list::<i32>().value(1).as_primitive::<Int64Type>().values().to_vec(), [4, 5]);
    }

    #[test]
    fn bytes_tell_kinds_and_nesting_apart() {
        let bytes_of = |cells: &[Cell]| {
            let mut bytes = Vec::new();
            for cell in cells {
                cell.append_to(&mut bytes);
            }
            bytes
        };
        let one = || Cell::Int(1);
        let cases = [
            vec![],
            vec![Cell::Null],
            vec![one()],
            vec![Cell::Time(1)],
            vec![Cell::Decimal(1)],
            vec![Cell::Bool(true)],
            vec![Cell::Float(1.0)],
            vec![Cell::Date(1)],
            vec![Cell::Text("1".into())],
            vec![Cell::Text("".into()), Cell::Text("1".into())],
            vec![Cell::Text("1".into()), Cell::Text("".into())],
            vec![Cell::List(Box::new([one()]))],
            vec![Cell::Object(Box::new([one()]))],
            vec![Cell::List(Box::new([])), one()],
        ];
        let different: std::collections::HashSet<Vec<u8>> = cases.iter().map(|cells| bytes_of(cells)).collect();
        assert_eq!(different.len(), cases.len());
    }
}
