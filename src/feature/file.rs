//! One feature file, read and checked as far as that goes without planning: its source, its query, its columns.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    AccessExpr, BinaryOperator, Expr, GroupByExpr, Ident, LambdaFunction, ObjectName, Query, Select, SelectItem,
    SetExpr, Spanned, Statement, Subscript, TableFactor, TableWithJoins, Value, visit_expressions,
    visit_expressions_mut,
};
use datafusion::sql::sqlparser::tokenizer::{Location, Span};

use super::Missing;
use super::check;
use super::comment::{Annotations, before_column, refuse_strays};
use super::page::{Page, nearest};
use super::session::{FunctionKind, Functions};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::{Kind, SourceId, Sources};

/// A feature file that reads as one SELECT over one source, grouped by operator.
#[derive(Debug)]
pub(super) struct FeatureFile {
    pub(super) page: Page,
    pub(super) source: SourceId,
    query: Query,
    select: Select,
    pub(super) columns: Vec<Column>,
}

/// One column of a feature file.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) missing: Missing,
    pub(super) zh: String,
    pub(super) en: String,
    item: SelectItem,
    /// From its first token to the end of its name.
    pub(super) span: Span,
    /// Its name.
    pub(super) name_span: Span,
    kept: Kept,
}

/// Which of the rows that WHERE kept count for a column.
#[derive(Debug)]
enum Kept {
    Everything,
    /// Those that at least one FILTER of its aggregates keeps.
    AnyOf(Vec<Expr>),
}

impl FeatureFile {
    /// Reads and checks one file.
    pub(super) fn parse(page: Page, sources: &Sources, functions: &Functions) -> Result<Self, Diagnostics> {
        let mut problems = Diagnostics::default();
        let (query, mut select) = single_select(&page)?;
        check::query_shape(&page, &query, &mut problems);
        check::select_shape(&page, &select, &mut problems);
        check::grouping(&page, &select, &mut problems);
        let source = source_of(&page, &select, sources)?;
        let kind = sources.get(source).kind;
        if let Some(derived) = derived_table(&select) {
            check::derived_table(&page, derived, kind, functions, &mut problems);
        }
        check::calls(&page, &select, kind, functions, &mut problems);
        rewrite_lambda_fields(&mut select);
        let columns = columns(&page, &select, functions, &mut problems);
        problems.into_result(()).map(|()| Self { page, source, query, select, columns })
    }

    /// The query that computes every column.
    pub(super) fn query(&self) -> Query {
        self.query_of(self.select.clone())
    }

    /// The query that computes only these columns; with none it checks FROM and WHERE.
    pub(super) fn query_for<'a>(&self, columns: impl IntoIterator<Item = &'a Column>) -> Query {
        let mut select = self.select.clone();
        select.projection.truncate(1);
        select.projection.extend(columns.into_iter().map(|column| column.item.clone()));
        self.query_of(select)
    }

    /// The query that checks FROM alone.
    pub(super) fn query_without_where(&self) -> Query {
        let mut select = self.select.clone();
        select.projection.truncate(1);
        select.selection = None;
        self.query_of(select)
    }

    /// The query that lists the rows which WHERE and the column's FILTERs keep: event id, publisher, time.
    pub(super) fn evidence_query(&self, column: &Column) -> Query {
        let mut select = self.select.clone();
        select.projection = ["event_id", "publisher", "occurred_at"]
            .map(|name| SelectItem::UnnamedExpr(Expr::Identifier(Ident::new(name))))
            .to_vec();
        select.group_by = GroupByExpr::Expressions(Vec::new(), Vec::new());
        if let Kept::AnyOf(filters) = &column.kept {
            let any = filters.iter().cloned().map(nested).reduce(|left, right| binary(left, BinaryOperator::Or, right));
            select.selection = match (select.selection.take(), any) {
                (Some(before), Some(any)) => Some(binary(nested(before), BinaryOperator::And, nested(any))),
                (before, any) => before.or(any),
            };
        }
        self.query_of(select)
    }

    /// Where a column or table name stands in the query, for messages.
    pub(super) fn place_of_name(&self, name: &str) -> Option<Span> {
        let matches = |ident: &Ident| ident.value.eq_ignore_ascii_case(name);
        let found = visit_expressions(&self.select, |expr| {
            let ident = match expr {
                Expr::Identifier(ident) => Some(ident).filter(|ident| matches(ident)),
                Expr::CompoundIdentifier(idents) => idents.iter().find(|ident| matches(ident)),
                _ => None,
            };
            ident.map_or(ControlFlow::Continue(()), |ident| ControlFlow::Break(ident.span))
        });
        found.break_value()
    }

    fn query_of(&self, select: Select) -> Query {
        Query { body: Box::new(SetExpr::Select(Box::new(select))), ..self.query.clone() }
    }
}

fn nested(expr: Expr) -> Expr {
    Expr::Nested(Box::new(expr))
}

fn binary(left: Expr, op: BinaryOperator, right: Expr) -> Expr {
    Expr::BinaryOp { left: Box::new(left), op, right: Box::new(right) }
}

/// The one SELECT of the file.
fn single_select(page: &Page) -> Result<(Query, Select), Diagnostics> {
    let mut statements = page.statements()?.into_iter();
    let Some(statement) = statements.next() else {
        return Err(page.whole("feature/one-select", "the file holds no statement").with_help(check::SHAPE).into());
    };
    if let Some(second) = statements.next() {
        let message = "a feature file is one SELECT, and this is a second statement";
        let problem = page.at("feature/one-select", second.span(), message);
        return Err(problem.with_help("put it into a file of its own").into());
    }
    let span = statement.span();
    let Statement::Query(query) = statement else {
        return Err(page.at("feature/one-select", span, "a feature file is one SELECT").with_help(check::SHAPE).into());
    };
    let SetExpr::Select(select) = query.body.as_ref() else {
        let message = "a feature file is one SELECT, not several combined";
        return Err(page.at("feature/one-select", span, message).with_help(check::SHAPE).into());
    };
    let select = select.as_ref().clone();
    Ok((*query, select))
}

/// The source that the SELECT reads, directly or through one derived table.
fn source_of(page: &Page, select: &Select, sources: &Sources) -> Result<SourceId, Diagnostics> {
    let table = only_table(page, &select.from)?;
    refuse_renamed_columns(page, table)?;
    let name = match table {
        TableFactor::Table { name, .. } => name,
        TableFactor::Derived { subquery, .. } => match subquery.body.as_ref() {
            SetExpr::Select(inner) => match only_table(page, &inner.from)? {
                inner @ TableFactor::Table { name, .. } => {
                    refuse_renamed_columns(page, inner)?;
                    name
                }
                other => return Err(not_a_source(page, other.span())),
            },
            _ => return Err(not_a_source(page, subquery.span())),
        },
        other => return Err(not_a_source(page, other.span())),
    };
    let written = name.to_string();
    let wanted = normalized(name);
    if let Some((id, _)) = sources.by_table(&wanted) {
        return Ok(id);
    }
    let tables: Vec<_> = sources.iter().map(|(_, source)| &*source.table).collect();
    let help = match nearest(&wanted.replace('-', "_"), tables.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("the tables are {}", tables.join(", ")),
    };
    Err(page
        .at("feature/unknown-table", name.span(), format!("no source has the table `{written}`"))
        .with_help(help)
        .into())
}

fn only_table<'a>(page: &Page, from: &'a [TableWithJoins]) -> Result<&'a TableFactor, Diagnostics> {
    let help = "use one table; combine features of different sources in a rule; unfold a list with `FROM (SELECT \
                operator_id, event_id, publisher, occurred_at, unnest(items) AS item FROM inspections) AS t`";
    match from {
        [] => Err(page.whole("feature/one-table", "the SELECT reads no table").with_help(check::SHAPE).into()),
        [TableWithJoins { relation, joins }] => match joins.first() {
            None => Ok(relation),
            Some(join) => Err(page
                .at("feature/one-table", join.span(), "a feature reads one table, without joins")
                .with_help(help)
                .into()),
        },
        [_, second, ..] => Err(page
            .at("feature/one-table", second.span(), "a feature reads one table, without joins")
            .with_help(help)
            .into()),
    }
}

fn not_a_source(page: &Page, span: Span) -> Diagnostics {
    page.at("feature/one-table", span, "a feature reads the table of one source").with_help(check::SHAPE).into()
}

/// Refuses `AS t(a, b)`: `operator_id` could become the name of something else.
fn refuse_renamed_columns(page: &Page, table: &TableFactor) -> Result<(), Diagnostics> {
    match table {
        TableFactor::Table { alias: Some(alias), .. } | TableFactor::Derived { alias: Some(alias), .. }
            if !alias.columns.is_empty() =>
        {
            let problem = page.at("feature/derived", alias.name.span, "a table's alias must not rename its columns");
            Err(problem
                .with_help("rename single columns in a derived table: SELECT *, verdict AS result FROM <table>")
                .into())
        }
        _ => Ok(()),
    }
}

fn derived_table(select: &Select) -> Option<&Query> {
    match select.from.first().map(|from| &from.relation) {
        Some(TableFactor::Derived { subquery, .. }) => Some(subquery),
        _ => None,
    }
}

/// A table or function name as SQL reads it: lower case unless quoted.
pub(super) fn normalized(name: &ObjectName) -> String {
    let parts = name.0.iter().filter_map(|part| part.as_ident());
    let parts: Vec<_> = parts
        .map(|ident| if ident.quote_style.is_some() { ident.value.clone() } else { ident.value.to_lowercase() })
        .collect();
    parts.join(".")
}

/// The columns behind `operator_id`, with what their comments say.
fn columns(page: &Page, select: &Select, functions: &Functions, problems: &mut Diagnostics) -> Vec<Column> {
    let Some((first, rest)) = select.projection.split_first() else { return Vec::new() };
    let SelectItem::UnnamedExpr(Expr::Identifier(key)) = first else {
        problems.push(first_column(page, first));
        return Vec::new();
    };
    if !key.value.eq_ignore_ascii_case("operator_id") {
        problems.push(first_column(page, first));
        return Vec::new();
    }
    if rest.is_empty() {
        problems.push(page.at("feature/one-select", key.span, "the file has no feature").with_help(check::SHAPE));
    }
    let mut columns = Vec::new();
    let mut comments = Vec::new();
    let mut previous_end = key.span.end;
    for item in rest {
        let annotations = before_column(page, previous_end, problems);
        let begin = annotations.begin.unwrap_or(item.span());
        match item {
            SelectItem::ExprWithAlias { expr, alias } => {
                previous_end = alias.span.end;
                let span = Span::new(begin.start, alias.span.end);
                match column(page, item, expr, alias, span, &annotations, functions) {
                    Ok(column) => columns.push(column),
                    Err(refused) => problems.extend(refused),
                }
            }
            other => {
                previous_end = end_of(other, begin);
                let problem = page.at("feature/name", begin, "a feature needs a name: `... AS name`");
                problems.push(problem.with_help("for example `count(*) AS complaints_30d`"));
            }
        }
        comments.push(annotations);
    }
    refuse_strays(page, &comments, problems);
    columns
}

fn end_of(item: &SelectItem, begin: Span) -> Location {
    item.span().end.max(begin.end)
}

fn first_column(page: &Page, item: &SelectItem) -> Diagnostic {
    page.at("feature/operator-first", item.span(), "the first column must be `operator_id`").with_help(check::SHAPE)
}

fn column(
    page: &Page,
    item: &SelectItem,
    expr: &Expr,
    alias: &Ident,
    span: Span,
    annotations: &Annotations,
    functions: &Functions,
) -> Result<Column, Diagnostics> {
    let name = alias.value.clone();
    let mut problems = Diagnostics::default();
    if !is_snake_case(&name) || name == "operator_id" {
        let message = format!("`{name}` is no name for a feature");
        let help = "lower-case letters, digits and `_`, beginning with a letter, for example `complaints_30d`";
        problems.push(page.at("feature/name", alias.span, message).with_help(help));
    }
    let missing_comments: Vec<_> = [
        ("@zh", annotations.zh.is_none()),
        ("@en", annotations.en.is_none()),
        ("@missing", annotations.missing.is_none()),
    ]
    .into_iter()
    .filter_map(|(key, absent)| absent.then_some(key))
    .collect();
    if !missing_comments.is_empty() {
        let message = format!("feature `{name}` lacks {}", missing_comments.join(", "));
        let help = "before the column, each on its line: `-- @zh 近30日投诉举报件数`, `-- @en Complaints, 30 days`, \
                    `-- @missing 0` (nothing reported means none) or `-- @missing unknown`";
        problems.push(page.at("feature/comment", alias.span, message).with_help(help));
    }
    problems.into_result(())?;
    Ok(Column {
        name,
        missing: annotations.missing.unwrap_or(Missing::Unknown),
        zh: annotations.zh.clone().unwrap_or_default(),
        en: annotations.en.clone().unwrap_or_default(),
        item: item.clone(),
        span,
        name_span: alias.span,
        kept: kept(expr, functions),
    })
}

fn is_snake_case(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.len() <= 64
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// Which rows count for a column: those of its aggregates' FILTERs, or all if an aggregate has none.
fn kept(expr: &Expr, functions: &Functions) -> Kept {
    let mut filters = Vec::new();
    let whole = visit_expressions(expr, |part| {
        let Expr::Function(call) = part else { return ControlFlow::Continue(()) };
        if functions.kind(&normalized(&call.name)) != FunctionKind::Aggregate {
            return ControlFlow::Continue(());
        }
        match &call.filter {
            Some(filter) => {
                filters.push(filter.as_ref().clone());
                ControlFlow::Continue(())
            }
            None => ControlFlow::Break(()),
        }
    });
    if whole.is_break() || filters.is_empty() { Kept::Everything } else { Kept::AnyOf(filters) }
}

/// Within a lambda DataFusion knows `x['result']` only; analysts may write `x.result` as well.
fn rewrite_lambda_fields(select: &mut Select) {
    let _: ControlFlow<()> = visit_expressions_mut(select, |expr| {
        if let Expr::Lambda(LambdaFunction { params, body, .. }) = expr {
            let names: Vec<_> = params.iter().map(|param| param.name.value.to_lowercase()).collect();
            rewrite_fields_of(&names, body);
        }
        ControlFlow::Continue(())
    });
}

fn rewrite_fields_of(parameters: &[String], body: &mut Expr) {
    let _: ControlFlow<()> = visit_expressions_mut(body, |expr| {
        let Expr::CompoundIdentifier(idents) = expr else { return ControlFlow::Continue(()) };
        let Some((root, fields)) = idents.split_first() else { return ControlFlow::Continue(()) };
        if !parameters.contains(&root.value.to_lowercase()) {
            return ControlFlow::Continue(());
        }
        let access = |field: &Ident| {
            let name = Value::SingleQuotedString(field.value.clone()).with_span(field.span);
            AccessExpr::Subscript(Subscript::Index { index: Expr::Value(name) })
        };
        *expr = Expr::CompoundFieldAccess {
            root: Box::new(Expr::Identifier(root.clone())),
            access_chain: fields.iter().map(access).collect(),
        };
        ControlFlow::Continue(())
    });
}

/// Whether a derived table must carry the columns that evidence needs.
pub(super) fn needs_evidence(kind: Kind) -> bool {
    kind == Kind::Event
}
