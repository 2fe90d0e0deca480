//! What DataFusion refuses when it plans a feature file, as diagnostics that point into the file.

use datafusion::common::SchemaError;
use datafusion::error::DataFusionError;

use super::file::{Column, FeatureFile};
use super::page::nearest;
use super::plan::{Stage, in_words};
use crate::diagnostic::{Diagnostic, Diagnostics};

/// Why the file as a whole does not plan: FROM and WHERE alone first, then every column alone, so that each problem is
/// reported at its own place.
pub(super) fn planning_problems(file: &FeatureFile, stage: &Stage, error: &DataFusionError) -> Diagnostics {
    if let Err(error) = stage.plan(file.query_without_where()) {
        return problem(file, Guilty::Clause("FROM"), &error).into();
    }
    if let Err(error) = stage.plan(file.query_for([])) {
        return problem(file, Guilty::Clause("WHERE"), &error).into();
    }
    let mut problems = Diagnostics::default();
    for column in &file.columns {
        if let Err(error) = stage.plan(file.query_for([column])) {
            problems.push(problem(file, Guilty::Column(column), &error));
        }
    }
    if problems.0.is_empty() {
        problems.push(problem(file, Guilty::Clause("SELECT"), error));
    }
    problems
}

/// Checks each column's FILTERs: they must be conditions, and the events they keep must be nameable as evidence.
pub(super) fn filter_problems(file: &FeatureFile, stage: &Stage) -> Diagnostics {
    let mut problems = Diagnostics::default();
    for column in &file.columns {
        if let Err(error) = stage.check(file.evidence_query(column)) {
            problems.push(problem(file, Guilty::Column(column), &error));
        }
    }
    problems
}

/// The part of a file that does not plan.
#[derive(Clone, Copy)]
enum Guilty<'a> {
    Column(&'a Column),
    Clause(&'static str),
}

fn problem(file: &FeatureFile, guilty: Guilty<'_>, error: &DataFusionError) -> Diagnostic {
    let root = error.find_root();
    if let DataFusionError::SchemaError(schema_error, _) = root {
        match schema_error.as_ref() {
            SchemaError::FieldNotFound { field, valid_fields } => {
                let names: Vec<_> = valid_fields.iter().map(datafusion::common::Column::name).collect();
                return unknown_column(file, guilty, field.name(), &names);
            }
            SchemaError::AmbiguousReference { field } => {
                let message = format!("`{}` is ambiguous", field.name());
                let problem = at_name(file, guilty, "feature/ambiguous", field.name(), message);
                return problem.with_help("name each column once in the derived table");
            }
            _ => {}
        }
    }
    let words = in_words(error);
    if let (Guilty::Column(column), true) = (guilty, words.contains("must be part of an aggregate function")) {
        let message = format!("feature `{}` is not aggregated: an operator has many rows", column.name);
        let help = "take one value of them, for example max(...) or last_value(... ORDER BY occurred_at)";
        return file.page.at("feature/not-aggregated", column.span, message).with_help(help);
    }
    at_guilty(file, guilty, "feature/plan", words)
}

fn at_guilty(file: &FeatureFile, guilty: Guilty<'_>, code: &'static str, message: String) -> Diagnostic {
    match guilty {
        Guilty::Column(column) => file.page.at(code, column.span, message),
        Guilty::Clause(keyword) => file.page.at_keyword(code, keyword, message),
    }
}

fn at_name(file: &FeatureFile, guilty: Guilty<'_>, code: &'static str, name: &str, message: String) -> Diagnostic {
    match file.place_of_name(name) {
        Some(place) => file.page.at(code, place, message),
        None => at_guilty(file, guilty, code, message),
    }
}

fn unknown_column(file: &FeatureFile, guilty: Guilty<'_>, name: &str, names: &[&str]) -> Diagnostic {
    let help = match nearest(name, names.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if names.is_empty() => "see the source's schema file for its columns".to_owned(),
        None => format!("the columns are {}", names.join(", ")),
    };
    at_name(file, guilty, "feature/unknown-column", name, format!("there is no column `{name}`")).with_help(help)
}
