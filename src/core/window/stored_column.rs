//! One column of a chunk, in few bytes: values that repeat are kept once, under narrow keys.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use arrow::compute::interleave;
use arrow::datatypes::{DataType, Int64Type};
use arrow::row::{RowConverter, Rows, SortField};
use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64;

/// Where a row of one of several arrays is: which array, and which of its rows.
pub(super) type PartRow = (usize, usize);

/// A column whose rows point at values. A null is a value too, so a column that nobody fills takes nothing.
#[derive(Debug)]
pub(super) struct StoredColumn {
    values: ArrayRef,
    keys: Keys,
}

/// Which value a row has.
#[derive(Debug)]
enum Keys {
    /// All rows have the one value.
    Same,
    Narrow(Box<[u8]>),
    Wide(Box<[u16]>),
    /// Each row has its own.
    Own,
}

impl StoredColumn {
    /// A column that keeps a value for each row.
    pub fn plain(mut values: ArrayRef) -> Self {
        values.shrink_to_fit();
        Self { values, keys: Keys::Own }
    }

    /// Rows of some arrays of one type as a column: with keys if that takes fewer bytes. At most 65,536 rows.
    pub fn encode(parts: &[ArrayRef], rows: &[PartRow]) -> Self {
        let Some(distinct) = parts.first().filter(|part| is_keyed(part.data_type())).map(|_| Distinct::of(parts, rows))
        else {
            return Self::plain(pick(parts, rows));
        };
        let keys = match distinct.first_rows.len() {
            0 | 1 => Keys::Same,
            2..=0x100 => Keys::Narrow(distinct.keys.iter().map(|key| key.to_le_bytes()[0]).collect()),
            _ => Keys::Wide(distinct.keys.into()),
        };
        if distinct.bytes + keys.bytes() >= distinct.plain_bytes && !matches!(keys, Keys::Same) {
            return Self::plain(pick(parts, rows));
        }
        Self { keys, ..Self::plain(pick(parts, &distinct.first_rows)) }
    }

    /// The values that rows point at.
    pub fn values(&self) -> &ArrayRef {
        &self.values
    }

    /// The place of a row's value in [`values`](Self::values).
    pub fn key(&self, row: usize) -> usize {
        match &self.keys {
            Keys::Same => 0,
            Keys::Narrow(keys) => keys[row].into(),
            Keys::Wide(keys) => keys[row].into(),
            Keys::Own => row,
        }
    }

    /// A row of a column of texts.
    pub fn text(&self, row: usize) -> &str {
        self.values.as_string::<i32>().value(self.key(row))
    }

    /// A row of a column of whole numbers.
    pub fn integer(&self, row: usize) -> i64 {
        self.values.as_primitive::<Int64Type>().value(self.key(row))
    }

    pub fn bytes(&self) -> usize {
        self.values.get_array_memory_size() + self.keys.bytes()
    }
}

impl Keys {
    fn bytes(&self) -> usize {
        match self {
            Self::Same | Self::Own => 0,
            Self::Narrow(keys) => keys.len(),
            Self::Wide(keys) => 2 * keys.len(),
        }
    }
}

/// Rows of some arrays as one array.
pub(super) fn pick(parts: &[ArrayRef], rows: &[PartRow]) -> ArrayRef {
    let parts: Vec<&dyn Array> = parts.iter().map(AsRef::as_ref).collect();
    interleave(&parts, rows).expect("invariant: parts are of one type, and their rows stay below 2 GiB")
}

/// Whether equal values of a type are looked for. Objects hardly ever repeat as a whole.
fn is_keyed(data_type: &DataType) -> bool {
    match data_type {
        DataType::Struct(_) => false,
        DataType::List(item) => is_keyed(item.data_type()),
        _ => true,
    }
}

/// The different values among some rows.
#[derive(Debug, Default)]
struct Distinct {
    /// Where each value stands first.
    first_rows: Vec<PartRow>,
    /// Which value each row has.
    keys: Vec<u16>,
    /// About how many bytes the values take, each once.
    bytes: usize,
    /// About how many bytes the values of all rows take.
    plain_bytes: usize,
}

impl Distinct {
    fn of(parts: &[ArrayRef], rows: &[PartRow]) -> Self {
        let mut distinct = Self { keys: Vec::with_capacity(rows.len()), ..Self::default() };
        let contents: Vec<RowContents> = parts.iter().map(RowContents::of).collect();
        let content = |(part, row): PartRow| contents[part].get(row);
        let mut known_keys: Vec<Vec<Option<u16>>> = parts.iter().map(|part| vec![None; part.len()]).collect();
        let mut by_content: HashTable<u16> = HashTable::new();
        let mut widths: Vec<usize> = Vec::new();
        for &(part, row) in rows {
            let key = *known_keys[part][row].get_or_insert_with(|| {
                let bytes = content((part, row));
                let hash_of = |bytes: Option<&[u8]>| bytes.map_or(0, xxh3_64);
                let firsts = &mut distinct.first_rows;
                let entry = by_content.entry(
                    hash_of(bytes),
                    |key| content(firsts[usize::from(*key)]) == bytes,
                    |key| hash_of(content(firsts[usize::from(*key)])),
                );
                *entry
                    .or_insert_with(|| {
                        firsts.push((part, row));
                        widths.push(contents[part].overhead() + bytes.map_or(0, <[u8]>::len));
                        u16::try_from(widths.len() - 1).expect("invariant: a chunk has at most 65,536 rows")
                    })
                    .get()
            });
            distinct.keys.push(key);
            distinct.plain_bytes += widths[usize::from(key)];
        }
        distinct.bytes = widths.iter().sum();
        distinct
    }
}

/// The rows of one array as bytes: equal if and only if the values are.
#[derive(Debug)]
enum RowContents {
    Text(StringArray),
    Other(Rows),
}

impl RowContents {
    fn of(array: &ArrayRef) -> Self {
        if let Some(texts) = array.as_string_opt::<i32>() {
            return Self::Text(texts.clone());
        }
        let converter = RowConverter::new(vec![SortField::new(array.data_type().clone())]);
        let rows = converter.and_then(|converter| converter.convert_columns(&[Arc::clone(array)]));
        Self::Other(rows.expect("invariant: every type of a schema file has an order"))
    }

    /// `None` is a null text.
    fn get(&self, row: usize) -> Option<&[u8]> {
        match self {
            Self::Text(texts) => texts.is_valid(row).then(|| texts.value(row).as_bytes()),
            Self::Other(rows) => Some(rows.row(row).data()),
        }
    }

    /// About how many bytes a row takes beside these.
    fn overhead(&self) -> usize {
        match self {
            Self::Text(_) => size_of::<i32>(),
            Self::Other(_) => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{Float64Array, ListArray, StringArray};
    use arrow::datatypes::Int32Type;

    use super::*;

    fn all_rows(parts: &[ArrayRef]) -> Vec<PartRow> {
        parts.iter().enumerate().flat_map(|(part, array)| (0..array.len()).map(move |row| (part, row))).collect()
    }

    /// What a gather would make of all rows.
    fn decoded(column: &StoredColumn, rows: usize) -> ArrayRef {
        let keys: Vec<PartRow> = (0..rows).map(|row| (0, column.key(row))).collect();
        pick(&[Arc::clone(column.values())], &keys)
    }

    fn texts(values: impl Iterator<Item = Option<String>>) -> ArrayRef {
        Arc::new(values.collect::<StringArray>())
    }

    #[test]
    fn whatever_the_keys_the_rows_are_the_same() {
        let text = |row: usize, different: usize| (!row.is_multiple_of(7)).then(|| format!("text {}", row % different));
        let cases: [(&str, Vec<ArrayRef>, usize); 6] = [
            ("only nulls", vec![texts((0..300).map(|_| None)), texts((0..9).map(|_| None))], 1),
            ("one value", vec![texts((0..300).map(|_| Some("a".into())))], 1),
            ("few", vec![texts((0..300).map(|row| text(row, 5))), texts((0..300).map(|row| text(row, 6)))], 7),
            ("many", vec![texts((0..3_000).map(|row| text(row, 1_000)))], 1_001),
            ("each its own", vec![texts((0..300).map(|row| Some(format!("{row}"))))], 300),
            (
                "numbers",
                vec![Arc::new((0..300).map(|row| Some(f64::from(row % 10) / 10.0)).collect::<Float64Array>())],
                10,
            ),
        ];
        for (name, parts, different) in cases {
            let mut rows = all_rows(&parts);
            rows.reverse();
            let column = StoredColumn::encode(&parts, &rows);
            assert_eq!(&decoded(&column, rows.len()), &pick(&parts, &rows), "{name}");
            assert_eq!(column.values().len(), different, "{name}");
        }
    }

    #[test]
    fn lists_repeat_as_a_whole_and_empty_is_not_null() {
        let lists = [None, Some(vec![]), Some(vec![Some(1)]), Some(vec![]), Some(vec![None]), None];
        let lists: ArrayRef =
            Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(lists.into_iter().cycle().take(6 * 40)));
        let parts = std::slice::from_ref(&lists);
        let column = StoredColumn::encode(parts, &all_rows(parts));
        assert_eq!(column.values().len(), 4);
        assert_eq!(&decoded(&column, lists.len()), &lists);
    }

    #[test]
    fn texts_that_repeat_take_a_byte_a_row() {
        let parts = [texts((0..60_000).map(|row| Some(["no_hat", "no_mask", "rodent"][row % 3].into())))];
        let column = StoredColumn::encode(&parts, &all_rows(&parts));
        assert!(column.bytes() < 60_000 + 1_000, "{}", column.bytes());
    }
}
