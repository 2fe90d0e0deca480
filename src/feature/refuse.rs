//! What DataFusion refuses when it plans a feature file, as diagnostics that point into the file.

use datafusion::common::SchemaError;
use datafusion::error::DataFusionError;
use datafusion::sql::sqlparser::tokenizer::Span;

use super::file::{Column, FeatureFile};
use super::page::nearest;
use super::plan::{Stage, in_words};
use crate::diagnostic::{Diagnostic, Diagnostics};

/// Why the file as a whole does not plan: FROM and WHERE alone first, then every column alone, so that each problem is
/// reported at its own place.
pub(super) fn planning_problems(file: &FeatureFile, stage: &Stage, error: &DataFusionError) -> Diagnostics {
    if let Err(error) = stage.plan(file.query_for([])) {
        return problem(file, None, &error).into();
    }
    let mut problems = Diagnostics::default();
    for column in &file.columns {
        if let Err(error) = stage.plan(file.query_for([column])) {
            problems.push(problem(file, Some(column), &error));
        }
    }
    if problems.0.is_empty() {
        problems.push(problem(file, None, error));
    }
    problems
}

fn problem(file: &FeatureFile, column: Option<&Column>, error: &DataFusionError) -> Diagnostic {
    let root = error.find_root();
    if let DataFusionError::SchemaError(schema_error, _) = root {
        match schema_error.as_ref() {
            SchemaError::FieldNotFound { field, valid_fields } => {
                let names: Vec<_> = valid_fields.iter().map(datafusion::common::Column::name).collect();
                return unknown_column(file, column, field.name(), &names);
            }
            SchemaError::AmbiguousReference { field } => {
                let message = format!("`{}` is ambiguous", field.name());
                let place = place_of(file, column, field.name());
                return file
                    .page
                    .at("feature/ambiguous", place, message)
                    .with_help("name each column once in the derived table");
            }
            _ => {}
        }
    }
    let place = column.map_or(Span::empty(), |column| column.span);
    file.page.at("feature/plan", place, in_words(error))
}

fn unknown_column(file: &FeatureFile, column: Option<&Column>, name: &str, names: &[&str]) -> Diagnostic {
    let help = match nearest(name, names.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if names.is_empty() => "see the source's schema file for its columns".to_owned(),
        None => format!("the columns are {}", names.join(", ")),
    };
    let place = place_of(file, column, name);
    file.page.at("feature/unknown-column", place, format!("there is no column `{name}`")).with_help(help)
}

fn place_of(file: &FeatureFile, column: Option<&Column>, name: &str) -> Span {
    file.place_of_name(name).or_else(|| column.map(|column| column.span)).unwrap_or(Span::empty())
}
