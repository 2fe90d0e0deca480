//! How many bytes each row of a column takes.

use arrow::array::{Array, AsArray, GenericListArray, OffsetSizeTrait};
use arrow::datatypes::DataType;

/// What an element of a list takes besides its content.
pub const ELEMENT: u64 = 16;

/// The bytes of each row; a number takes 8, null nothing but its place.
pub fn bytes_of_rows(column: &dyn Array) -> Vec<u64> {
    let rows = 0..column.len();
    match column.data_type() {
        DataType::Utf8 => {
            let texts = column.as_string::<i32>();
            rows.map(|row| u64::try_from(texts.value_length(row)).unwrap_or_default()).collect()
        }
        DataType::LargeUtf8 => {
            let texts = column.as_string::<i64>();
            rows.map(|row| u64::try_from(texts.value_length(row)).unwrap_or_default()).collect()
        }
        DataType::Utf8View => rows.map(|row| whole(column.as_string_view().value(row).len())).collect(),
        DataType::List(_) => bytes_of_lists(column.as_list::<i32>()),
        DataType::LargeList(_) => bytes_of_lists(column.as_list::<i64>()),
        DataType::Struct(_) => {
            let mut sums = vec![0; column.len()];
            for field in column.as_struct().columns() {
                for (sum, bytes) in sums.iter_mut().zip(bytes_of_rows(field)) {
                    *sum += bytes;
                }
            }
            sums
        }
        _ => vec![8; column.len()],
    }
}

fn bytes_of_lists<O: OffsetSizeTrait>(lists: &GenericListArray<O>) -> Vec<u64> {
    let elements = bytes_of_rows(lists.values());
    let offsets = lists.value_offsets().windows(2);
    offsets
        .map(|place| {
            let elements = &elements[place[0].as_usize()..place[1].as_usize()];
            elements.iter().map(|bytes| bytes + ELEMENT).sum()
        })
        .collect()
}

/// How many elements the list of each row has; none where the column holds no lists.
pub fn lengths_of_lists(column: &dyn Array) -> Vec<u64> {
    fn lengths<O: OffsetSizeTrait>(lists: &GenericListArray<O>) -> Vec<u64> {
        let places = lists.value_offsets().windows(2);
        places.map(|place| whole(place[1].as_usize() - place[0].as_usize())).collect()
    }
    match column.data_type() {
        DataType::List(_) => lengths(column.as_list::<i32>()),
        DataType::LargeList(_) => lengths(column.as_list::<i64>()),
        _ => vec![0; column.len()],
    }
}

fn whole(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, ListArray, StringArray, StringViewArray};
    use arrow::datatypes::Int64Type;

    use super::*;

    #[test]
    fn rows_take_what_is_in_them_also_behind_a_cut() {
        let texts = ["a", "虫鼠", ""];
        let columns: [ArrayRef; 3] = [
            Arc::new(StringArray::from_iter_values(texts)),
            Arc::new(StringViewArray::from_iter_values(texts)),
            Arc::new(Int64Array::from(vec![1, 2, 3])),
        ];
        assert_eq!(columns.map(|column| bytes_of_rows(&column)), [vec![1, 6, 0], vec![1, 6, 0], vec![8; 3]]);
        let numbers = |count| Some((0..count).map(Some).collect::<Vec<Option<i64>>>());
        let lists = ListArray::from_iter_primitive::<Int64Type, _, _>([numbers(2), None, numbers(3)]);
        assert_eq!(bytes_of_rows(&lists), [48, 0, 72]);
        assert_eq!(bytes_of_rows(&lists.slice(1, 2)), [0, 72]);
        assert_eq!(lengths_of_lists(&lists.slice(1, 2)), [0, 3]);
    }
}
