//! The types of a CSV file's columns: as their values look, but codes stay texts.

use std::collections::BTreeSet;

use arrow::array::AsArray as _;
use arrow::datatypes::{DataType, Field, Schema};
use datafusion::common::Result;
use datafusion::functions::expr_fn::regexp_like;
use datafusion::functions_aggregate::expr_fn::bool_or;
use datafusion::logical_expr::{Expr, ident};
use datafusion::prelude::{CsvReadOptions, SessionContext, lit};

/// A whole number that nobody writes so: `0031` is a code, and 31 another one.
const CODE: &str = "^0[0-9]";

/// Reads the whole file twice: types that only its first rows have would fail in the middle.
pub(super) async fn schema(context: &SessionContext, path: &str, options: &CsvReadOptions<'_>) -> Result<Schema> {
    let looks = context.read_csv(path, options.clone().schema_infer_max_records(usize::MAX)).await?;
    let looks = looks.schema().as_arrow().clone();
    let codes = codes(context, path, options, &looks).await?;
    let fields = looks.fields().iter().map(|field| {
        let is_text = field.data_type() == &DataType::Null || codes.contains(field.name());
        let data_type = if is_text { DataType::Utf8 } else { field.data_type().clone() };
        Field::new(field.name(), data_type, true)
    });
    Ok(Schema::new(fields.collect::<Vec<_>>()))
}

/// The columns that look like whole numbers, but hold one with a leading zero.
async fn codes(
    context: &SessionContext,
    path: &str,
    options: &CsvReadOptions<'_>,
    looks: &Schema,
) -> Result<BTreeSet<String>> {
    let whole: Vec<&str> = looks
        .fields()
        .iter()
        .filter(|field| field.data_type().is_integer())
        .map(|field| field.name().as_str())
        .collect();
    if whole.is_empty() {
        return Ok(BTreeSet::new());
    }
    let asked: Vec<Expr> = whole.iter().map(|name| bool_or(regexp_like(ident(*name), lit(CODE), None))).collect();
    let texts = context.read_csv(path, options.clone().schema_infer_max_records(0)).await?;
    let answers = texts.aggregate(Vec::new(), asked)?.collect().await?;
    let is_code = |place: usize| {
        answers.iter().any(|batch| batch.column(place).as_boolean().iter().any(|answer| answer == Some(true)))
    };
    Ok(whole.iter().enumerate().filter(|(place, _)| is_code(*place)).map(|(_, name)| (*name).to_owned()).collect())
}
