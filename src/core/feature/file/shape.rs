//! What a feature file must not do, judged by its syntax: everything here would make a feature wrong, untraceable, or
//! dependent on which other operators are computed in the same batch.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause, FunctionArguments,
    GroupByExpr, Ident, OrderByExpr, Query, Select, SelectItem, SetExpr, Spanned, WindowType,
};
use yujing_base::diagnostic::Diagnostics;
use yujing_base::diagnostic::suggest::did_you_mean;
use yujing_base::language::{Bilingual, say};

use crate::feature::file::duration::{call_has_a_length, difference_is_in_hours};
use crate::feature::session::functions::{FunctionKind, Functions};
use crate::feature::syntax::names::normalized;
use crate::feature::syntax::sql_source::SqlSource;
use crate::feature::syntax::visitor::visit_expressions;
use crate::source::Kind;

/// The shape of a feature file, said in many hints.
pub fn shape_hint() -> Bilingual {
    Bilingual::new(
        "写法：SELECT operator_id, <注释和列 AS 名称>, ... FROM <表> [WHERE ...] GROUP BY operator_id",
        "SELECT operator_id, <comments and column AS name>, ... FROM <table> [WHERE ...] GROUP BY operator_id",
    )
}

/// Refuses what stands around a SELECT.
pub fn check_query(sql: &SqlSource, query: &Query, problems: &mut Diagnostics) {
    if let Some(with) = &query.with {
        let message = Bilingual::new("指标文件不支持 WITH", "WITH is not read in feature files");
        let help = Bilingual::new(
            "请用派生表：FROM (SELECT ... FROM <表>) AS t",
            "use a derived table: FROM (SELECT ... FROM <table>) AS t",
        );
        problems.push(sql.at("feature/clause", with.span(), message).with_help(help));
    }
    let clauses = [
        ("ORDER", "ORDER BY", query.order_by.is_some()),
        ("LIMIT", "LIMIT", query.limit_clause.is_some()),
        ("FETCH", "FETCH", query.fetch.is_some()),
        ("FOR", "FOR", query.for_clause.is_some() || !query.locks.is_empty()),
        ("SETTINGS", "SETTINGS", query.settings.is_some()),
        ("FORMAT", "FORMAT", query.format_clause.is_some()),
        ("|>", "|>", !query.pipe_operators.is_empty()),
    ];
    for (keyword, clause, present) in clauses {
        if present {
            let message = say!(
                "{clause} 在指标文件中没有意义：每个监管对象只得一行",
                "{clause} has no meaning in a feature file: one row an operator comes out"
            );
            let help = Bilingual::new("请删去", "leave it out");
            problems.push(sql.at_keyword("feature/clause", keyword, message).with_help(help));
        }
    }
}

/// Refuses what stands inside a SELECT and would drop operators or rows unseen.
pub fn check_select(sql: &SqlSource, select: &Select, problems: &mut Diagnostics) {
    let leave_out = ("请删去", "leave it out");
    let clauses = [
        (
            "HAVING",
            select.having.is_some(),
            ("它会隐去监管对象：请在规则中判断数值", "it would hide operators; judge the value in a rule instead"),
        ),
        (
            "DISTINCT",
            select.distinct.is_some(),
            (
                "每个监管对象本来只得一行；count(DISTINCT ...) 可以使用",
                "one row an operator comes out anyway; count(DISTINCT ...) is fine",
            ),
        ),
        (
            "QUALIFY",
            select.qualify.is_some(),
            ("请在派生表中编号，再用 WHERE 筛选", "number the rows in a derived table and filter them in WHERE"),
        ),
        (
            "WINDOW",
            !select.named_window.is_empty(),
            (
                "请将窗口直接写在函数后面：OVER (PARTITION BY operator_id ...)",
                "write the window at its function: OVER (PARTITION BY operator_id ...)",
            ),
        ),
        ("TOP", select.top.is_some(), leave_out),
        ("INTO", select.into.is_some(), leave_out),
        ("EXCLUDE", select.exclude.is_some(), ("请逐一写出列名", "name the columns")),
        (
            "LATERAL",
            !select.lateral_views.is_empty(),
            ("请在派生表中用 unnest 展开列表", "unfold a list with unnest in a derived table"),
        ),
        ("PREWHERE", select.prewhere.is_some(), ("请用 WHERE", "use WHERE")),
        ("CONNECT", !select.connect_by.is_empty(), leave_out),
        ("CLUSTER", !select.cluster_by.is_empty(), leave_out),
        ("DISTRIBUTE", !select.distribute_by.is_empty(), leave_out),
        ("SORT", !select.sort_by.is_empty(), leave_out),
    ];
    for (keyword, present, (zh, en)) in clauses {
        if present {
            let message = say!("指标文件不支持 {keyword}", "{keyword} is not read in feature files");
            problems.push(sql.at_keyword("feature/clause", keyword, message).with_help(Bilingual::new(zh, en)));
        }
    }
}

/// Refuses any grouping but `GROUP BY operator_id`.
pub fn check_grouping(sql: &SqlSource, select: &Select, problems: &mut Diagnostics) {
    if let GroupByExpr::Expressions(keys, modifiers) = &select.group_by
        && let [key] = keys.as_slice()
        && modifiers.is_empty()
        && is_column(key, "operator_id")
    {
        return;
    }
    let problem = match &select.group_by {
        GroupByExpr::Expressions(keys, _) if keys.is_empty() => {
            let message =
                Bilingual::new("SELECT 缺少 `GROUP BY operator_id`", "the SELECT lacks `GROUP BY operator_id`");
            sql.whole("feature/group-by", message).with_help(shape_hint())
        }
        other => {
            let message = Bilingual::new(
                "指标只能按 `operator_id` 分组",
                "features are grouped by `operator_id` and nothing else",
            );
            let help = Bilingual::new(
                "按街道、供货商、批次统计的指标尚不支持",
                "features of streets, suppliers or batches are not computed yet",
            );
            sql.at("feature/group-by", other.span(), message).with_help(help)
        }
    };
    problems.push(problem);
}

/// Refuses a derived table that could lose track of operator or event.
pub fn check_derived_table(
    sql: &SqlSource,
    query: &Query,
    kind: Kind,
    functions: &Functions,
    problems: &mut Diagnostics,
) {
    check_query(sql, query, problems);
    let SetExpr::Select(select) = query.body.as_ref() else { return };
    check_select(sql, select, problems);
    if !matches!(&select.group_by, GroupByExpr::Expressions(keys, modifiers) if keys.is_empty() && modifiers.is_empty())
    {
        let message = Bilingual::new(
            "派生表不能分组：指标背后的依据记录将无从列出",
            "a derived table must not group: the events behind a feature could not be shown",
        );
        let help = Bilingual::new(
            "请保持每条记录（或者其中每一项）一行，在外层聚合",
            "keep one row an event (or an item of it) and aggregate outside",
        );
        problems.push(sql.at("feature/derived", select.group_by.span(), message).with_help(help));
    }
    let needed: &[&str] =
        if needs_evidence(kind) { &["operator_id", "event_id", "publisher", "occurred_at"] } else { &["operator_id"] };
    let has_all = select.projection.iter().any(|item| matches!(item, SelectItem::Wildcard(_)));
    let lacking: Vec<_> =
        needed.iter().copied().filter(|name| !has_all && !passes_on(&select.projection, name)).collect();
    if !lacking.is_empty() {
        let (zh, en) = (lacking.join("、"), lacking.join(", "));
        let message = say!("派生表须原样带出 {zh}", "the derived table must pass on {en} unchanged");
        let help = Bilingual::new(
            "它们说明记录属于谁、是哪一条，是预警的依据记录",
            "they say whose events these are and which: the evidence of a warning",
        );
        problems.push(sql.at("feature/derived", select.select_token.0.span, message).with_help(help));
    }
    let _: ControlFlow<()> = visit_expressions(&select.projection, |expr| {
        if let Expr::Function(call) = expr
            && call.over.is_none()
            && functions.kind(&normalized(&call.name)) == FunctionKind::Aggregate
        {
            let name = normalized(&call.name);
            let message = say!("`{name}` 在派生表中聚合", "`{name}` aggregates inside a derived table");
            let help = Bilingual::new("请在外层聚合", "aggregate outside");
            problems.push(sql.at("feature/derived", call.name.span(), message).with_help(help));
        }
        ControlFlow::Continue(())
    });
}

fn passes_on(projection: &[SelectItem], name: &str) -> bool {
    projection.iter().any(|item| matches!(item, SelectItem::UnnamedExpr(expr) if is_column(expr, name)))
}

fn is_column(expr: &Expr, name: &str) -> bool {
    let last = match expr {
        Expr::Identifier(ident) => Some(ident),
        Expr::CompoundIdentifier(idents) => idents.last(),
        _ => None,
    };
    last.is_some_and(|ident: &Ident| ident.value.eq_ignore_ascii_case(name))
}

/// Refuses a list unfolded among the features: an operator would get a row for each element.
pub fn check_unnest(sql: &SqlSource, select: &Select, problems: &mut Diagnostics) {
    let _: ControlFlow<()> = visit_expressions(&select.projection, |expr| {
        if let Expr::Function(call) = expr
            && normalized(&call.name) == "unnest"
        {
            let message = Bilingual::new(
                "`unnest` 会使一个监管对象得到多行",
                "`unnest` would give an operator more than one row",
            );
            let help = Bilingual::new(
                "请在 FROM 的派生表中展开，再在外层聚合；或者用 array_any_match、cardinality",
                "unfold it in a derived table in FROM and aggregate outside, or use array_any_match or cardinality",
            );
            problems.push(sql.at("feature/many-rows", call.name.span(), message).with_help(help));
        }
        ControlFlow::Continue(())
    });
}

/// Refuses unknown and nondeterministic functions, subqueries inside expressions, and windows that look at other
/// operators or leave the order of rows open.
pub fn check_calls(sql: &SqlSource, select: &Select, kind: Kind, functions: &Functions, problems: &mut Diagnostics) {
    let outer_windows = windows_of(&select.projection);
    let _: ControlFlow<()> = visit_expressions(select, |expr| {
        match expr {
            Expr::Subquery(query) | Expr::Exists { subquery: query, .. } | Expr::InSubquery { subquery: query, .. } => {
                let message = Bilingual::new(
                    "指标文件不支持表达式中的子查询",
                    "a subquery inside an expression is not read in feature files",
                );
                let help = Bilingual::new(
                    "其中的记录无从列为依据：请用 FILTER，或者在 FROM 中用派生表",
                    "its events could not be shown as evidence; use FILTER, or a derived table in FROM",
                );
                problems.push(sql.at("feature/subquery", query.span(), message).with_help(help));
            }
            Expr::SimilarTo { pattern, .. } => {
                let message = Bilingual::new(
                    "SIMILAR TO 会被当作正则表达式，与 SQL 标准不同",
                    "SIMILAR TO would be read as a regular expression, which standard SQL does not",
                );
                let help = Bilingual::new(
                    "请用 LIKE，或者正则表达式：列 ~ '^(甲|乙)'",
                    "use LIKE, or say that it is a regular expression: column ~ '^(a|b)'",
                );
                problems.push(sql.at("feature/similar-to", pattern.span(), message).with_help(help));
            }
            Expr::Function(call) => {
                call_is_exact(sql, call, problems);
                call_is_known(sql, call, functions, problems);
                call_is_ordered(sql, call, kind, functions, problems);
                call_has_a_length(sql, call, problems);
                call_goes_by_the_clocks(sql, call, problems);
                if call.over.is_some() {
                    window_is_own(sql, call, outer_windows.contains(call), problems);
                }
            }
            Expr::BinaryOp { left, op, right } if is_comparison(op) => {
                difference_is_in_hours(sql, [left, right], problems);
            }
            Expr::Between { expr, low, high, .. } => difference_is_in_hours(sql, [expr, low, high], problems),
            _ => {}
        }
        ControlFlow::Continue(())
    });
}

fn is_comparison(op: &BinaryOperator) -> bool {
    use BinaryOperator::{Eq, Gt, GtEq, Lt, LtEq, NotEq};
    matches!(op, Eq | NotEq | Lt | LtEq | Gt | GtEq)
}

fn windows_of(projection: &[SelectItem]) -> Vec<Function> {
    let mut windows = Vec::new();
    for item in projection {
        let _: ControlFlow<()> = visit_expressions(item, |expr| {
            if let Expr::Function(call) = expr
                && call.over.is_some()
            {
                windows.push(call.clone());
            }
            ControlFlow::Continue(())
        });
    }
    windows
}

/// An estimate depends on how its rows come in batches, so the same events could give another score.
fn call_is_exact(sql: &SqlSource, call: &Function, problems: &mut Diagnostics) {
    let name = normalized(&call.name);
    let Some(estimated) = name.strip_prefix("approx_") else { return };
    let exact = match estimated {
        "distinct" => "count(DISTINCT ...)",
        "median" => "median(...)",
        _ => "percentile_cont(0.9) WITHIN GROUP (ORDER BY ...)",
    };
    let message = say!(
        "`{name}` 只给出估计值：同样的记录可能得出不同的评分",
        "`{name}` estimates: the same events could give another score"
    );
    let help = say!("请写 `{exact}`", "write `{exact}`");
    problems.push(sql.at("feature/estimate", call.name.span(), message).with_help(help));
}

fn call_is_known(sql: &SqlSource, call: &Function, functions: &Functions, problems: &mut Diagnostics) {
    let name = normalized(&call.name);
    match functions.kind(&name) {
        FunctionKind::Scalar | FunctionKind::Aggregate | FunctionKind::Window => {}
        FunctionKind::Nondeterministic => {
            let message = say!(
                "`{name}` 每次结果不同：同一评分再次计算，结果必须一致",
                "`{name}` gives another value each time: a score must be the same when it is made again"
            );
            let help = match name.as_str() {
                "random" | "uuid" => Bilingual::new("请删去", "leave it out"),
                _ => Bilingual::new(
                    "请用 `as_of()`（评分的截至时刻）或者 `within(时间, INTERVAL '7 days')`",
                    "use `as_of()`, the instant the score is made for, or `within(time, INTERVAL '7 days')`",
                ),
            };
            problems.push(sql.at("feature/nondeterministic", call.name.span(), message).with_help(help));
        }
        FunctionKind::Unknown => {
            let help = did_you_mean(&name, functions.names()).unwrap_or_else(|| {
                Bilingual::new(
                    "本系统的函数有 as_of、within、episodes、days_since、beijing_date，其余为 DataFusion 的函数",
                    "our own are as_of, within, episodes, days_since, beijing_date; the others are DataFusion's",
                )
            });
            let message = say!("没有函数 `{name}`", "there is no function `{name}`");
            problems.push(sql.at("feature/unknown-function", call.name.span(), message).with_help(help));
        }
    }
}

/// Equal sort keys leave the order of rows open, and with it the result; `event_id` closes it. Exempt are an aggregate
/// that is ordered by its own argument, and `first_value` and `last_value`: among equal keys they take the first or
/// last row of the gather, whose order is fixed.
fn call_is_ordered(sql: &SqlSource, call: &Function, kind: Kind, functions: &Functions, problems: &mut Diagnostics) {
    let name = normalized(&call.name);
    if kind == Kind::Reference || (call.over.is_none() && ["first_value", "last_value"].contains(&name.as_str())) {
        return;
    }
    let mut orders: Vec<&[OrderByExpr]> = Vec::new();
    let mut argument = None;
    if let FunctionArguments::List(list) = &call.args {
        argument = match list.args.first() {
            Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(argument))) => Some(argument),
            _ => None,
        };
        for clause in &list.clauses {
            if let FunctionArgumentClause::OrderBy(order) = clause {
                orders.push(order);
            }
        }
    }
    if let Some(WindowType::WindowSpec(window)) = &call.over {
        let rows_are_numbered = functions.kind(&name) == FunctionKind::Window;
        if rows_are_numbered || !window.order_by.is_empty() {
            orders.push(&window.order_by);
        }
    }
    for order in orders {
        let by_argument = call.over.is_none() && order.iter().any(|key| Some(&key.expr) == argument);
        if !by_argument && !order.iter().any(|key| is_column(&key.expr, "event_id")) {
            let message = say!(
                "`{name}` 的 ORDER BY 未确定同一时刻各条记录的先后",
                "the ORDER BY of `{name}` leaves the order of events at the same instant open"
            );
            let help = Bilingual::new(
                "请以 event_id 结尾：ORDER BY occurred_at DESC, event_id",
                "end it with event_id: ORDER BY occurred_at DESC, event_id",
            );
            problems.push(sql.at("feature/order", call.name.span(), message).with_help(help));
        }
    }
}

fn window_is_own(sql: &SqlSource, call: &Function, outer: bool, problems: &mut Diagnostics) {
    let name = normalized(&call.name);
    if outer {
        let message = say!("窗口函数 `{name}` 直接作为指标", "`{name}` OVER a window stands among the features");
        let table = "(SELECT *, row_number() OVER (PARTITION BY operator_id ORDER BY occurred_at DESC, event_id) AS newest FROM";
        let help = say!(
            "请在派生表中计算：FROM {table} <表>) AS t",
            "compute it in a derived table: FROM {table} <table>) AS t"
        );
        problems.push(sql.at("feature/window", call.name.span(), message).with_help(help));
        return;
    }
    let own = match &call.over {
        Some(WindowType::WindowSpec(window)) => window.partition_by.iter().any(|key| is_column(key, "operator_id")),
        _ => false,
    };
    if !own {
        let message =
            say!("`{name}` 的窗口涉及其他监管对象的记录", "the window of `{name}` looks at other operators' rows");
        let help = Bilingual::new(
            "请写 OVER (PARTITION BY operator_id ...)：哪些监管对象一并计算并不固定",
            "write OVER (PARTITION BY operator_id ...): which operators are computed together is not fixed",
        );
        problems.push(sql.at("feature/window", call.name.span(), message).with_help(help));
    }
}

/// Whether a derived table must carry the columns that evidence needs.
fn needs_evidence(kind: Kind) -> bool {
    kind == Kind::Event
}

/// Refuses what takes no notice of the zone that a time carries.
fn call_goes_by_the_clocks(sql: &SqlSource, call: &Function, problems: &mut Diagnostics) {
    let name = normalized(&call.name);
    let help = match name.as_str() {
        "date_bin" => Bilingual::new(
            "它从世界时零点起分段：按日、周、月请写 date_trunc('day', occurred_at)",
            "its bins begin at midnight UTC: for days, weeks and months write date_trunc('day', occurred_at)",
        ),
        "to_local_time" => Bilingual::new(
            "时间列已是办公所在地时间，直接写列名即可",
            "columns of time are in the office's zone already: write the column alone",
        ),
        _ => return,
    };
    let message = say!("`{name}` 不按办公所在地时间计算", "`{name}` does not go by the office's clocks");
    problems.push(sql.at("feature/utc", call.name.span(), message).with_help(help));
}
