//! Values that are no numbers.

use arrow::array::AsArray;
use arrow::datatypes::Float64Type;
use arrow::record_batch::RecordBatch;

/// The operators whose value in a column is infinite or not a number.
pub fn without_number(batch: &RecordBatch, column: usize) -> Vec<String> {
    let ids = batch.column(0).as_string_opt::<i32>();
    let (Some(ids), Some(values)) = (ids, batch.column(column).as_primitive_opt::<Float64Type>()) else {
        return Vec::new();
    };
    let rows = ids.iter().zip(values);
    let broken = rows.filter(|(_, value)| value.is_some_and(|value| !value.is_finite()));
    broken.filter_map(|(id, _)| id.map(str::to_owned)).collect()
}
