//! Gathered rows in pieces, cut where another operator begins: how an operator's rows are computed does not depend on
//! who is computed with them.

use arrow::array::AsArray;
use arrow::record_batch::RecordBatch;

use crate::feature::budget::STEP_ROWS;

/// Rows of one run, unless one operator alone has more. The budget of a run is meant for one operator; ordinary SQL
/// stays far below it with so many rows.
const RUN_ROWS: usize = 8_192;

/// The rows of each run: whole operators.
pub fn runs(rows: &RecordBatch) -> Vec<RecordBatch> {
    pieces(rows, RUN_ROWS)
}

/// The rows of each step of a run: whole operators, and of an operator with more rows than that a part.
pub fn steps(rows: &RecordBatch) -> Vec<RecordBatch> {
    let whole = pieces(rows, STEP_ROWS);
    let cut = whole.iter().flat_map(|piece| {
        let begins = (0..piece.num_rows()).step_by(STEP_ROWS);
        begins.map(|begin| piece.slice(begin, STEP_ROWS.min(piece.num_rows() - begin)))
    });
    cut.collect()
}

/// Pieces of so many rows at most, unless one operator alone has more.
fn pieces(rows: &RecordBatch, most: usize) -> Vec<RecordBatch> {
    let mut pieces = Vec::new();
    let mut begin = 0;
    for end in ends_of_operators(rows).windows(2) {
        let (before, behind) = (end[0], end[1]);
        if behind - begin > most && before > begin {
            pieces.push(rows.slice(begin, before - begin));
            begin = before;
        }
    }
    if begin < rows.num_rows() {
        pieces.push(rows.slice(begin, rows.num_rows() - begin));
    }
    pieces
}

/// Where each operator's rows end, behind a zero.
fn ends_of_operators(rows: &RecordBatch) -> Vec<usize> {
    let ids = rows.column_by_name("operator_id").and_then(|ids| ids.as_string_opt::<i32>());
    let begins_anew = |at: &usize| ids.is_none_or(|ids| ids.value(*at) != ids.value(at - 1));
    let within = (1..rows.num_rows()).filter(begins_anew);
    std::iter::once(0).chain(within).chain(std::iter::once(rows.num_rows())).collect()
}

/// Where rows sorted by operator can be cut.
#[derive(Debug)]
pub enum Boundary {
    /// The row, nearest to the middle, at which another operator begins.
    Between(usize),
    /// All rows are this operator's.
    One(String),
}

/// Where to cut rows sorted by operator, of which there is at least one.
pub fn boundary(rows: &RecordBatch) -> Boundary {
    let Some(ids) = rows.column_by_name("operator_id").and_then(|ids| ids.as_string_opt::<i32>()) else {
        return Boundary::One(String::new());
    };
    let middle = rows.num_rows() / 2;
    (1..rows.num_rows())
        .filter(|at| ids.value(*at) != ids.value(at - 1))
        .min_by_key(|at| at.abs_diff(middle))
        .map_or_else(|| Boundary::One(ids.value(0).to_owned()), Boundary::Between)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, StringArray};

    use super::*;

    /// Operators with so many rows each.
    fn rows(counts: &[usize]) -> RecordBatch {
        let ids = counts.iter().enumerate().flat_map(|(operator, rows)| vec![format!("{operator:04}"); *rows]);
        let ids: ArrayRef = Arc::new(StringArray::from(ids.collect::<Vec<_>>()));
        RecordBatch::try_from_iter([("operator_id", ids)]).expect("it is one column")
    }

    fn lengths(pieces: &[RecordBatch]) -> Vec<usize> {
        pieces.iter().map(RecordBatch::num_rows).collect()
    }

    #[test]
    fn pieces_hold_whole_operators() {
        assert_eq!(lengths(&pieces(&rows(&[3, 4, 5, 20, 1, 1]), 8)), [7, 5, 20, 2]);
        assert_eq!(lengths(&pieces(&rows(&[]), 8)), [0; 0]);
    }

    #[test]
    fn a_large_operator_is_cut_the_same_wherever_it_stands() {
        let alone = lengths(&steps(&rows(&[5_000])));
        assert_eq!(alone, [2_048, 2_048, 904]);
        assert_eq!(lengths(&steps(&rows(&[100, 5_000, 7]))), [&[100], &alone[..], &[7]].concat());
    }
}
