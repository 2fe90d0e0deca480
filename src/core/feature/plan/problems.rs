//! What DataFusion refuses when it plans a feature file, as diagnostics that point into the file.

use datafusion::common::SchemaError;
use datafusion::error::DataFusionError;
use datafusion::sql::sqlparser::tokenizer::Span;
use yujing_base::diagnostic::suggest::{did_you_mean, listed};
use yujing_base::diagnostic::{Diagnostic, Diagnostics};
use yujing_base::language::{Bilingual, say};

use crate::feature::budget::rule::UnboundedWork;
use crate::feature::file::{Column, FeatureFile};
use crate::feature::plan::slot::PlanSlot;
use crate::feature::query_error::short_reason;

/// Why the file as a whole does not plan: FROM and WHERE alone first, then every column alone, so that each problem is
/// reported at its own place.
pub fn planning_problems(file: &FeatureFile, slot: &PlanSlot, of_all: &DataFusionError) -> Diagnostics {
    if let Err(error) = slot.plan(file.query_without_where()) {
        return problem(file, FaultyPart::Clause("FROM"), &error).into();
    }
    if let Err(error) = slot.plan(file.query_for([])) {
        return problem(file, FaultyPart::Clause("WHERE"), &error).into();
    }
    let mut problems = Diagnostics::default();
    for column in &file.columns {
        if let Err(error) = slot.plan(file.query_for([column])) {
            problems.push(problem(file, FaultyPart::Column(column), &error));
        }
    }
    if problems.0.is_empty() {
        problems.push(problem(file, FaultyPart::Clause("SELECT"), of_all));
    }
    problems
}

/// Checks each column's FILTERs: they must be conditions, and the events they keep must be nameable as evidence.
pub fn filter_problems(file: &FeatureFile, slot: &PlanSlot) -> Diagnostics {
    let mut problems = Diagnostics::default();
    for column in &file.columns {
        if let Err(error) = slot.check(file.evidence_query(column)) {
            problems.push(problem(file, FaultyPart::Column(column), &error));
        }
    }
    problems
}

/// The part of a file that does not plan.
#[derive(Clone, Copy)]
enum FaultyPart<'a> {
    Column(&'a Column),
    Clause(&'static str),
}

fn problem(file: &FeatureFile, fault: FaultyPart<'_>, error: &DataFusionError) -> Diagnostic {
    let root = error.find_root();
    if let DataFusionError::SchemaError(schema_error, _) = root {
        match schema_error.as_ref() {
            SchemaError::FieldNotFound { field, valid_fields } => {
                let names: Vec<_> = valid_fields.iter().map(datafusion::common::Column::name).collect();
                return unknown_column(file, fault, field.name(), &names);
            }
            SchemaError::AmbiguousReference { field } => {
                let name = field.name();
                let message = say!("`{name}` 可以指两个列", "`{name}` is ambiguous");
                let problem = at_name(file, fault, "feature/ambiguous", name, message);
                let help = Bilingual::new("派生表中每个列名只能出现一次", "name each column once in the derived table");
                return problem.with_help(help);
            }
            _ => {}
        }
    }
    if let DataFusionError::External(reason) = root
        && let Some(unbounded) = reason.downcast_ref::<UnboundedWork>()
    {
        let (message, help) = unbounded.message_and_help();
        return at_fault(file, fault, "feature/unbounded", message).with_help(help);
    }
    let words = short_reason(error);
    if let (FaultyPart::Column(column), true) = (fault, words.contains("must be part of an aggregate function")) {
        let name = &column.name;
        let message = say!(
            "指标 `{name}` 没有聚合：一个监管对象有多条记录",
            "feature `{name}` is not aggregated: an operator has many rows"
        );
        let help = Bilingual::new(
            "请从中取一个值，如 max(...)、last_value(... ORDER BY occurred_at)",
            "take one value of them, for example max(...) or last_value(... ORDER BY occurred_at)",
        );
        return file.sql.at("feature/not-aggregated", column.span, message).with_help(help);
    }
    if let Some(name) = between(&words, "Field ", " not found in struct") {
        return unknown_field(file, fault, name);
    }
    if words.starts_with("Projections require unique expression names") {
        let name = between(&words, " AS ", "\"").unwrap_or_default();
        let message = say!("派生表中有两个列都叫 `{name}`", "two columns of the derived table are called `{name}`");
        let help = Bilingual::new("派生表中每个列名只能出现一次", "name each column once in the derived table");
        return at_fault(file, fault, "feature/ambiguous", message).with_help(help);
    }
    let (code, message) = in_both_languages(&words);
    at_fault(file, fault, code, message).with_detail(words)
}

/// What kind of mistake the query engine reports.
fn in_both_languages(words: &str) -> (&'static str, Bilingual) {
    let argument = |zh: &str, en: &str| ("feature/argument", Bilingual::new(zh, en));
    if words.contains("non-boolean predicate") {
        return argument("WHERE、FILTER 之后应为条件", "WHERE and FILTER take a condition");
    }
    if words.starts_with("the gap of episodes") {
        return argument(
            "`episodes` 的间隔应为不小于零的日、时、分、秒，如 INTERVAL '10 minutes'",
            "the gap of `episodes` is a length in days, hours, minutes or seconds: INTERVAL '10 minutes'",
        );
    }
    if words.contains("expects an interval") {
        return argument("此处应为时间间隔，如 INTERVAL '7 days'", "an interval such as INTERVAL '7 days' is wanted");
    }
    if words.contains("expects a time") {
        return argument("此处应为时间列，如 occurred_at", "a time such as occurred_at is wanted");
    }
    if words.contains("Cannot infer common") || words.contains("Cannot cast") || words.contains("Cannot coerce") {
        return argument("两边的类型不同，不能比较或者计算", "values of types that do not go together");
    }
    if MARKS_OF_ARGUMENTS.iter().any(|mark| words.contains(mark)) {
        return argument("函数参数的类型或者个数不对", "a function is given arguments of a wrong type or number");
    }
    let message = Bilingual::new("查询引擎不接受这段 SQL", "the query engine does not take this SQL");
    ("feature/plan", message)
}

/// What the query engine says when arguments do not fit.
const MARKS_OF_ARGUMENTS: [&str; 6] = ["coerc", "oercion", "argument", "does not support", "requires", "expects"];

/// What stands between two pieces of the query engine's words.
fn between<'w>(words: &'w str, before: &str, behind: &str) -> Option<&'w str> {
    let (_, rest) = words.split_once(before)?;
    rest.split_once(behind).map(|(found, _)| found)
}

/// A field of a list's elements that is not there.
fn unknown_field(file: &FeatureFile, fault: FaultyPart<'_>, name: &str) -> Diagnostic {
    let message = say!("没有字段 `{name}`", "there is no field `{name}`");
    let span = match fault {
        FaultyPart::Column(column) => file.place_of_field(name).unwrap_or(column.span),
        FaultyPart::Clause(_) => file.place_of_field(name).unwrap_or(Span::empty()),
    };
    let fields = file.fields();
    let help = did_you_mean(name, fields.iter().map(String::as_str)).unwrap_or_else(|| {
        let known = listed(fields.iter().map(String::as_str));
        Bilingual::new(format!("可用的字段：{}", known.zh), format!("the fields are {}", known.en))
    });
    file.sql.at("feature/unknown-column", span, message).with_help(help)
}

fn at_fault(file: &FeatureFile, fault: FaultyPart<'_>, code: &'static str, message: Bilingual) -> Diagnostic {
    match fault {
        FaultyPart::Column(column) => file.sql.at(code, column.span, message),
        FaultyPart::Clause(keyword) => file.sql.at_keyword(code, keyword, message),
    }
}

fn at_name(
    file: &FeatureFile,
    fault: FaultyPart<'_>,
    code: &'static str,
    name: &str,
    message: Bilingual,
) -> Diagnostic {
    match file.place_of_name(name) {
        Some(place) => file.sql.at(code, place, message),
        None => at_fault(file, fault, code, message),
    }
}

fn unknown_column(file: &FeatureFile, fault: FaultyPart<'_>, name: &str, names: &[&str]) -> Diagnostic {
    let help = did_you_mean(name, names.iter().copied()).unwrap_or_else(|| {
        if names.is_empty() {
            return Bilingual::new("可用的列见数据规范文件", "see the source's schema file for its columns");
        }
        let known = listed(names.iter().copied());
        Bilingual::new(format!("可用的列：{}", known.zh), format!("the columns are {}", known.en))
    });
    let message = say!("没有列 `{name}`", "there is no column `{name}`");
    at_name(file, fault, "feature/unknown-column", name, message).with_help(help)
}
