//! Columns that are nothing but a count of rows: while no row comes or begins to count, each stays or falls, when a row
//! no longer counts. Whoever knows what it is compared with need not look at it before it falls below.

use datafusion::common::{Column, DFSchema};
use datafusion::logical_expr::Expr;

use crate::feature::aggregate::AggregateKind;

/// A column that is a count, or the feature that it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FallingCount {
    /// Its place in the file.
    pub column: usize,
    /// The place of the aggregate that it is.
    pub aggregate: usize,
}

/// The counts among the columns of a stage.
#[derive(Debug, Default)]
pub struct FallingCounts {
    pub columns: Vec<FallingCount>,
    /// For each aggregate, whether nothing but one of these reads it, or whether there is a row at all.
    pub only_counted: Vec<bool>,
}

impl FallingCounts {
    /// `columns` are the file's, by their places, over the columns of the aggregation; `aggregates` says what each of those
    /// is. The first aggregate counts the rows.
    pub fn of(
        columns: &[(usize, &Expr)],
        aggregation: &DFSchema,
        aggregates: &[Option<usize>],
        kinds: &[AggregateKind],
    ) -> Self {
        let place = |column: &Column| aggregates[aggregation.index_of_column(column).ok()?];
        let counted = |expr: &Expr| match expr {
            Expr::Column(column) => place(column).filter(|aggregate| kinds[*aggregate].is_count()),
            _ => None,
        };
        let mut only_counted = vec![false; kinds.len()];
        only_counted[0] = true;
        let mut found = Vec::new();
        for (column, expr) in columns {
            if let Some(aggregate) = counted(unnamed(expr)) {
                found.push(FallingCount { column: *column, aggregate });
                only_counted[aggregate] = true;
            }
        }
        for (_, expr) in columns.iter().filter(|(_, expr)| counted(unnamed(expr)).is_none()) {
            for aggregate in expr.column_refs().into_iter().filter_map(place) {
                only_counted[aggregate] = false;
            }
        }
        Self { columns: found, only_counted }
    }
}

fn unnamed(expr: &Expr) -> &Expr {
    match expr {
        Expr::Alias(alias) => unnamed(&alias.expr),
        other => other,
    }
}
