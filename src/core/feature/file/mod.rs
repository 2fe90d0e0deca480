//! One feature file, read and checked as far as that goes without planning: its source, its query, its columns.
//!
//! - here: the file
//! - [`comment`]: the comments before a column
//! - [`shape`], [`duration`]: what a file must not do
//! - [`scope`], [`value_range`]: what names stand for, the values that a feature can have
//! - [`lint`], [`null_lint`]: what is allowed in SQL and probably not meant

pub mod comment;
pub mod duration;
pub mod lint;
pub mod null_lint;
pub mod scope;
pub mod shape;
pub mod value_range;

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    AccessExpr, BinaryOperator, Expr, GroupByExpr, Ident, Query, Select, SelectItem, SetExpr, Spanned, Statement,
    Subscript, TableFactor, TableWithJoins, Value,
};
use datafusion::sql::sqlparser::tokenizer::{Location, Span};
use yujing_base::diagnostic::suggest::{did_you_mean, listed};
use yujing_base::diagnostic::{Diagnostic, Diagnostics};
use yujing_base::language::{Bilingual, say};

use crate::feature::catalogue::{FeatureType, Missing, ValueRange};
use crate::feature::file::comment::{Annotations, before_column, refuse_strays};
use crate::feature::file::scope::Scope;
use crate::feature::session::functions::{FunctionKind, Functions};
use crate::feature::syntax::lambda::rewrite_lambda_fields;
use crate::feature::syntax::names::{derived_table, inner_select, normalized};
use crate::feature::syntax::sql_source::SqlSource;
use crate::feature::syntax::visitor::visit_expressions;
use crate::source::{FieldType, Source, SourceId, Sources};

/// A feature file that reads as one SELECT over one source, grouped by operator.
#[derive(Debug)]
pub struct FeatureFile {
    pub sql: SqlSource,
    pub source: SourceId,
    query: Query,
    select: Select,
    pub columns: Vec<Column>,
    fields: Vec<String>,
}

/// One column of a feature file.
#[derive(Debug)]
pub struct Column {
    pub name: String,
    pub missing: Missing,
    pub zh: String,
    pub en: String,
    item: SelectItem,
    /// From its first token to the end of its name.
    pub span: Span,
    /// Its name.
    pub name_span: Span,
    row_filter: RowFilter,
}

/// Which of the rows that WHERE kept count for a column.
#[derive(Debug)]
enum RowFilter {
    All,
    /// Those that at least one FILTER of its aggregates keeps.
    AnyOf(Vec<Expr>),
}

impl RowFilter {
    /// What it asks of a row; `None` if nothing.
    fn condition(&self) -> Option<Expr> {
        let Self::AnyOf(filters) = self else { return None };
        filters.iter().cloned().map(nested).reduce(|left, right| binary(left, BinaryOperator::Or, right))
    }
}

impl FeatureFile {
    /// Reads and checks one file; gives warnings with it.
    pub fn parse(sql: SqlSource, sources: &Sources, functions: &Functions) -> Result<(Self, Diagnostics), Diagnostics> {
        let mut problems = Diagnostics::default();
        let (query, mut select) = single_select(&sql)?;
        shape::check_query(&sql, &query, &mut problems);
        shape::check_select(&sql, &select, &mut problems);
        shape::check_grouping(&sql, &select, &mut problems);
        let source = source_of(&sql, &select, sources)?;
        let kind = sources.get(source).kind;
        if let Some(derived) = derived_table(&select) {
            shape::check_derived_table(&sql, derived, kind, functions, &mut problems);
        }
        shape::check_calls(&sql, &select, kind, functions, &mut problems);
        shape::check_unnest(&sql, &select, &mut problems);
        rewrite_lambda_fields(&mut select);
        let columns = columns(&sql, &select, functions, &mut problems);
        let scope = scope(sources.get(source), &select);
        lint::lint(&sql, &select, &scope, functions, &mut problems);
        if problems.has_errors() {
            return Err(problems);
        }
        let fields = fields_of(sources.get(source));
        Ok((Self { sql, source, query, select, columns, fields }, problems))
    }

    /// The values that a column can have.
    pub fn range(&self, column: &Column, source: &Source, data_type: FeatureType) -> ValueRange {
        match &column.item {
            SelectItem::ExprWithAlias { expr, .. } => {
                value_range::of(expr, &scope(source, &self.select), data_type, column.missing)
            }
            _ => ValueRange::Any,
        }
    }

    /// The query that computes every column.
    pub fn query(&self) -> Query {
        self.query_of(self.select.clone())
    }

    /// The query that computes only these columns; with none it checks FROM and WHERE.
    pub fn query_for<'a>(&self, columns: impl IntoIterator<Item = &'a Column>) -> Query {
        let mut select = self.select.clone();
        select.projection.truncate(1);
        select.projection.extend(columns.into_iter().map(|column| column.item.clone()));
        self.query_of(select)
    }

    /// The query that checks FROM alone.
    pub fn query_without_where(&self) -> Query {
        let mut select = self.select.clone();
        select.projection.truncate(1);
        select.selection = None;
        self.query_of(select)
    }

    /// The query that lists the rows which WHERE and the column's FILTERs keep: event id, publisher, time.
    pub fn evidence_query(&self, column: &Column) -> Query {
        let mut select = self.select_events();
        select.selection = match (select.selection.take(), column.row_filter.condition()) {
            (Some(before), Some(any)) => Some(binary(nested(before), BinaryOperator::And, nested(any))),
            (before, any) => before.or(any),
        };
        self.query_of(select)
    }

    /// The query that lists the rows which WHERE keeps: event id, publisher, time, and for each column whether its FILTERs
    /// keep the row too (`counts_0`, `counts_1`, …).
    pub fn evidence_flags_query(&self) -> Query {
        let mut select = self.select_events();
        let flags = self.columns.iter().enumerate().map(|(place, column)| SelectItem::ExprWithAlias {
            expr: column.row_filter.condition().unwrap_or_else(|| Expr::Value(Value::Boolean(true).into())),
            alias: Ident::new(format!("counts_{place}")),
        });
        select.projection.extend(flags);
        self.query_of(select)
    }

    /// Event id, publisher and time of the rows that WHERE keeps.
    fn select_events(&self) -> Select {
        let mut select = self.select.clone();
        select.projection = ["event_id", "publisher", "occurred_at"]
            .map(|name| SelectItem::UnnamedExpr(Expr::Identifier(Ident::new(name))))
            .to_vec();
        select.group_by = GroupByExpr::Expressions(Vec::new(), Vec::new());
        select
    }

    /// Where a column or table name stands in the query, for messages.
    pub fn place_of_name(&self, name: &str) -> Option<Span> {
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

    /// Where a field's name stands between quotation marks or behind a dot, for messages.
    pub fn place_of_field(&self, name: &str) -> Option<Span> {
        let found = visit_expressions(&self.select, |expr| {
            let Expr::CompoundFieldAccess { access_chain, .. } = expr else { return ControlFlow::Continue(()) };
            let place = access_chain.iter().find_map(|access| match access {
                AccessExpr::Subscript(Subscript::Index { index: Expr::Value(value) }) => match &value.value {
                    Value::SingleQuotedString(field) if field == name => Some(value.span),
                    _ => None,
                },
                _ => None,
            });
            place.map_or(ControlFlow::Continue(()), ControlFlow::Break)
        });
        found.break_value()
    }

    /// The fields of the elements of the source's lists.
    pub fn fields(&self) -> &[String] {
        &self.fields
    }

    /// What the file selects, as it is written.
    pub fn select(&self) -> &Select {
        &self.select
    }

    /// A query of its own instead of the file's.
    pub fn query_of(&self, select: Select) -> Query {
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
fn single_select(sql: &SqlSource) -> Result<(Query, Select), Diagnostics> {
    let mut statements = sql.statements()?.into_iter();
    let Some(statement) = statements.next() else {
        let message = Bilingual::new("文件中没有语句", "the file holds no statement");
        return Err(sql.whole("feature/one-select", message).with_help(shape::shape_hint()).into());
    };
    if let Some(second) = statements.next() {
        let message = Bilingual::new(
            "一个指标文件只能有一条 SELECT，这是第二条语句",
            "a feature file is one SELECT, and this is a second statement",
        );
        let problem = sql.at("feature/one-select", second.span(), message);
        return Err(problem.with_help(Bilingual::new("请另建文件", "put it into a file of its own")).into());
    }
    let span = statement.span();
    let Statement::Query(query) = statement else {
        let message = Bilingual::new("指标文件应为一条 SELECT", "a feature file is one SELECT");
        return Err(sql.at("feature/one-select", span, message).with_help(shape::shape_hint()).into());
    };
    let SetExpr::Select(select) = query.body.as_ref() else {
        let message = Bilingual::new(
            "指标文件应为一条 SELECT，不能由几条合并",
            "a feature file is one SELECT, not several combined",
        );
        return Err(sql.at("feature/one-select", span, message).with_help(shape::shape_hint()).into());
    };
    let select = select.as_ref().clone();
    Ok((*query, select))
}

/// The source that the SELECT reads, directly or through one derived table.
fn source_of(sql: &SqlSource, select: &Select, sources: &Sources) -> Result<SourceId, Diagnostics> {
    let table = only_table(sql, &select.from)?;
    refuse_renamed_columns(sql, table)?;
    let name = match table {
        TableFactor::Table { name, .. } => name,
        TableFactor::Derived { subquery, .. } => match subquery.body.as_ref() {
            SetExpr::Select(inner) => match only_table(sql, &inner.from)? {
                inner @ TableFactor::Table { name, .. } => {
                    refuse_renamed_columns(sql, inner)?;
                    name
                }
                other => return Err(not_a_source(sql, other.span())),
            },
            _ => return Err(not_a_source(sql, subquery.span())),
        },
        other => return Err(not_a_source(sql, other.span())),
    };
    let written = name.to_string();
    let wanted = normalized(name);
    if let Some((id, _)) = sources.by_table(&wanted) {
        return Ok(id);
    }
    let tables = || sources.tables().map(|(_, source)| &*source.table);
    let help = did_you_mean(&wanted.replace('-', "_"), tables()).unwrap_or_else(|| {
        let known = listed(tables());
        Bilingual::new(format!("可用的表：{}", known.zh), format!("the tables are {}", known.en))
    });
    let message = say!("没有数据源的表 `{written}`", "no source has the table `{written}`");
    Err(sql.at("feature/unknown-table", name.span(), message).with_help(help).into())
}

fn only_table<'a>(sql: &SqlSource, from: &'a [TableWithJoins]) -> Result<&'a TableFactor, Diagnostics> {
    let one_table = |span: Span| {
        let message = Bilingual::new("指标只读一个表，不能连接", "a feature reads one table, without joins");
        let unfolded =
            "FROM (SELECT operator_id, event_id, publisher, occurred_at, unnest(items) AS item FROM inspections) AS t";
        let help = say!(
            "请只用一个表；不同数据源的指标在规则中组合；展开列表用 `{unfolded}`",
            "use one table; combine features of different sources in a rule; unfold a list with `{unfolded}`"
        );
        Err(sql.at("feature/one-table", span, message).with_help(help).into())
    };
    match from {
        [] => {
            let message = Bilingual::new("SELECT 没有读取任何表", "the SELECT reads no table");
            Err(sql.whole("feature/one-table", message).with_help(shape::shape_hint()).into())
        }
        [TableWithJoins { relation, joins }] => match joins.first() {
            None => Ok(relation),
            Some(join) => one_table(join.span()),
        },
        [_, second, ..] => one_table(second.span()),
    }
}

fn not_a_source(sql: &SqlSource, span: Span) -> Diagnostics {
    let message = Bilingual::new("指标只能读取一个数据源的表", "a feature reads the table of one source");
    sql.at("feature/one-table", span, message).with_help(shape::shape_hint()).into()
}

/// Refuses `AS t(a, b)`: `operator_id` could become the name of something else.
fn refuse_renamed_columns(sql: &SqlSource, table: &TableFactor) -> Result<(), Diagnostics> {
    match table {
        TableFactor::Table { alias: Some(alias), .. } | TableFactor::Derived { alias: Some(alias), .. }
            if !alias.columns.is_empty() =>
        {
            let message = Bilingual::new("表的别名不能给列改名", "a table's alias must not rename its columns");
            let help = Bilingual::new(
                "请在派生表中逐列改名：SELECT *, verdict AS result FROM <表>",
                "rename single columns in a derived table: SELECT *, verdict AS result FROM <table>",
            );
            Err(sql.at("feature/derived", alias.name.span, message).with_help(help).into())
        }
        _ => Ok(()),
    }
}

fn fields_of(source: &Source) -> Vec<String> {
    let lists = source.columns.iter().filter_map(|column| match &column.data_type {
        FieldType::List(item) => Some(item),
        _ => None,
    });
    let objects = lists.filter_map(|item| match &**item {
        FieldType::Object(fields) => Some(fields),
        _ => None,
    });
    objects.flatten().map(|field| field.name.to_string()).collect()
}

/// What the names of a file's SELECT stand for.
fn scope<'a>(source: &'a Source, select: &'a Select) -> Scope<'a> {
    let derived = derived_table(select).and_then(inner_select);
    Scope::of(source, select, derived)
}

/// The columns behind `operator_id`, with what their comments say.
fn columns(sql: &SqlSource, select: &Select, functions: &Functions, problems: &mut Diagnostics) -> Vec<Column> {
    let Some((first, rest)) = select.projection.split_first() else { return Vec::new() };
    let SelectItem::UnnamedExpr(Expr::Identifier(key)) = first else {
        problems.push(first_column(sql, first));
        return Vec::new();
    };
    if !key.value.eq_ignore_ascii_case("operator_id") {
        problems.push(first_column(sql, first));
        return Vec::new();
    }
    if rest.is_empty() {
        let message = Bilingual::new("文件中没有指标", "the file has no feature");
        problems.push(sql.at("feature/one-select", key.span, message).with_help(shape::shape_hint()));
    }
    let mut columns = Vec::new();
    let mut comments = Vec::new();
    let mut previous_end = key.span.end;
    for item in rest {
        let annotations = before_column(sql, previous_end, problems);
        let begin = annotations.begin.unwrap_or(item.span());
        match item {
            SelectItem::ExprWithAlias { expr, alias } => {
                previous_end = alias.span.end;
                let span = Span::new(begin.start, alias.span.end);
                match column(sql, item, expr, alias, span, &annotations, functions) {
                    Ok(column) => columns.push(column),
                    Err(refused) => problems.extend(refused),
                }
            }
            other => {
                previous_end = end_of(other, begin);
                let message = Bilingual::new("指标须有名称：`... AS 名称`", "a feature needs a name: `... AS name`");
                let help =
                    Bilingual::new("例如 `count(*) AS complaints_30d`", "for example `count(*) AS complaints_30d`");
                problems.push(sql.at("feature/name", begin, message).with_help(help));
            }
        }
        comments.push(annotations);
    }
    refuse_strays(sql, &comments, problems);
    columns
}

fn end_of(item: &SelectItem, begin: Span) -> Location {
    item.span().end.max(begin.end)
}

fn first_column(sql: &SqlSource, item: &SelectItem) -> Diagnostic {
    let message = Bilingual::new("第一列必须是 `operator_id`", "the first column must be `operator_id`");
    sql.at("feature/operator-first", item.span(), message).with_help(shape::shape_hint())
}

fn column(
    sql: &SqlSource,
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
        let message = say!("`{name}` 不能作指标名", "`{name}` is no name for a feature");
        let help = Bilingual::new(
            "指标名由小写字母、数字和 `_` 组成，以字母开头，如 `complaints_30d`",
            "lower-case letters, digits and `_`, beginning with a letter, for example `complaints_30d`",
        );
        problems.push(sql.at("feature/name", alias.span, message).with_help(help));
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
        let (zh, en) = (missing_comments.join("、"), missing_comments.join(", "));
        let message = say!("指标 `{name}` 缺少 {zh}", "feature `{name}` lacks {en}");
        let help = Bilingual::new(
            "请在该列之前逐行写：`-- @zh 近30日投诉举报件数`、`-- @en Complaints, 30 days`、`-- @missing 0`（没有上报即为没有）\
             或者 `-- @missing unknown`",
            "before the column, each on its line: `-- @zh 近30日投诉举报件数`, `-- @en Complaints, 30 days`, `-- @missing 0` \
             (nothing reported means none) or `-- @missing unknown`",
        );
        problems.push(sql.at("feature/comment", alias.span, message).with_help(help));
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
        row_filter: row_filter(expr, functions),
    })
}

fn is_snake_case(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.len() <= 64
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// Which rows count for a column: those of its aggregates' FILTERs, or all if an aggregate has none.
fn row_filter(expr: &Expr, functions: &Functions) -> RowFilter {
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
    if whole.is_break() || filters.is_empty() { RowFilter::All } else { RowFilter::AnyOf(filters) }
}
