//! One typed value, and columns of them as Arrow arrays.

use arrow::array::ArrayRef;

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
    Text(Box<str>),
    /// Microseconds since 1970-01-01T00:00:00Z.
    Time(i64),
    /// Days since 1970-01-01.
    Date(i32),
    List(Box<[Cell]>),
    /// One cell a field of the object, in the schema's order.
    Object(Box<[Cell]>),
}

/// The cells of one column as an Arrow array of `data_type`'s Arrow type.
///
/// Shape: as many rows as cells; `Null` becomes a null.
///
/// # Panics
/// If a cell is not of `data_type`; [`super::Decoder`] is the only maker of cells and checks each.
pub fn to_array<'a>(_data_type: &FieldType, _cells: impl ExactSizeIterator<Item = &'a Cell>) -> ArrayRef {
    todo!()
}
