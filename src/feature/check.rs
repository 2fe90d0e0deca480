//! What a feature file must not do, judged by its syntax: everything here would make a feature wrong, untraceable, or
//! dependent on which other operators are computed in the same batch.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause, FunctionArguments, GroupByExpr, Ident,
    OrderByExpr, Query, Select, SelectItem, SetExpr, Spanned, WindowType, visit_expressions,
};

use super::file::{needs_evidence, normalized};
use super::page::{Page, nearest};
use super::session::{FunctionKind, Functions};
use crate::diagnostic::Diagnostics;
use crate::source::Kind;

/// The shape of a feature file, said in many hints.
pub(super) const SHAPE: &str =
    "SELECT operator_id, <comments and column AS name>, ... FROM <table> [WHERE ...] GROUP BY operator_id";

/// Refuses what stands around a SELECT.
pub(super) fn query_shape(page: &Page, query: &Query, problems: &mut Diagnostics) {
    if let Some(with) = &query.with {
        let help = "use a derived table: FROM (SELECT ... FROM <table>) AS t";
        problems.push(page.at("feature/clause", with.span(), "WITH is not read in feature files").with_help(help));
    }
    let clauses = [
        ("ORDER", "ORDER BY", query.order_by.is_some()),
        ("LIMIT", "LIMIT", query.limit_clause.is_some()),
        ("FETCH", "FETCH", query.fetch.is_some()),
        ("FOR", "FOR", query.for_clause.is_some() || !query.locks.is_empty()),
        ("SETTINGS", "SETTINGS", query.settings.is_some()),
        ("FORMAT", "FORMAT", query.format_clause.is_some()),
        ("|>", "the pipe operator", !query.pipe_operators.is_empty()),
    ];
    for (keyword, clause, present) in clauses {
        if present {
            let message = format!("{clause} has no meaning in a feature file: one row an operator comes out");
            problems.push(page.at_keyword("feature/clause", keyword, message).with_help("leave it out"));
        }
    }
}

/// Refuses what stands inside a SELECT and would drop operators or rows unseen.
pub(super) fn select_shape(page: &Page, select: &Select, problems: &mut Diagnostics) {
    let clauses = [
        ("HAVING", select.having.is_some(), "it would hide operators; judge the value in a rule instead"),
        ("DISTINCT", select.distinct.is_some(), "one row an operator comes out anyway; count(DISTINCT ...) is fine"),
        ("QUALIFY", select.qualify.is_some(), "number the rows in a derived table and filter them in WHERE"),
        (
            "WINDOW",
            !select.named_window.is_empty(),
            "write the window at its function: OVER (PARTITION BY operator_id ...)",
        ),
        ("TOP", select.top.is_some(), "leave it out"),
        ("INTO", select.into.is_some(), "leave it out"),
        ("EXCLUDE", select.exclude.is_some(), "name the columns"),
        ("LATERAL", !select.lateral_views.is_empty(), "unfold a list with unnest in a derived table"),
        ("PREWHERE", select.prewhere.is_some(), "use WHERE"),
        ("CONNECT", !select.connect_by.is_empty(), "leave it out"),
        ("CLUSTER", !select.cluster_by.is_empty(), "leave it out"),
        ("DISTRIBUTE", !select.distribute_by.is_empty(), "leave it out"),
        ("SORT", !select.sort_by.is_empty(), "leave it out"),
    ];
    for (keyword, present, help) in clauses {
        if present {
            let message = format!("{keyword} is not read in feature files");
            problems.push(page.at_keyword("feature/clause", keyword, message).with_help(help));
        }
    }
}

/// Refuses any grouping but `GROUP BY operator_id`.
pub(super) fn grouping(page: &Page, select: &Select, problems: &mut Diagnostics) {
    if let GroupByExpr::Expressions(keys, modifiers) = &select.group_by
        && let [key] = keys.as_slice()
        && modifiers.is_empty()
        && is_column(key, "operator_id")
    {
        return;
    }
    let help = "features of streets, suppliers or batches are not computed yet";
    let problem = match &select.group_by {
        GroupByExpr::Expressions(keys, _) if keys.is_empty() => {
            page.whole("feature/group-by", "the SELECT lacks `GROUP BY operator_id`").with_help(SHAPE)
        }
        other => page
            .at("feature/group-by", other.span(), "features are grouped by `operator_id` and nothing else")
            .with_help(help),
    };
    problems.push(problem);
}

/// Refuses a derived table that could lose track of operator or event.
pub(super) fn derived_table(page: &Page, query: &Query, kind: Kind, functions: &Functions, problems: &mut Diagnostics) {
    query_shape(page, query, problems);
    let SetExpr::Select(select) = query.body.as_ref() else { return };
    select_shape(page, select, problems);
    if !matches!(&select.group_by, GroupByExpr::Expressions(keys, modifiers) if keys.is_empty() && modifiers.is_empty())
    {
        let message = "a derived table must not group: the events behind a feature could not be shown";
        let help = "keep one row an event (or an item of it) and aggregate outside";
        problems.push(page.at("feature/derived", select.group_by.span(), message).with_help(help));
    }
    let needed: &[&str] =
        if needs_evidence(kind) { &["operator_id", "event_id", "publisher", "occurred_at"] } else { &["operator_id"] };
    let has_all = select.projection.iter().any(|item| matches!(item, SelectItem::Wildcard(_)));
    let lacking: Vec<_> =
        needed.iter().copied().filter(|name| !has_all && !passes_on(&select.projection, name)).collect();
    if !lacking.is_empty() {
        let message = format!("the derived table must pass on {} unchanged", lacking.join(", "));
        let help = "they say whose events these are and which: the evidence of a warning";
        problems.push(page.at("feature/derived", select.select_token.0.span, message).with_help(help));
    }
    let _: ControlFlow<()> = visit_expressions(&select.projection, |expr| {
        if let Expr::Function(call) = expr
            && call.over.is_none()
            && functions.kind(&normalized(&call.name)) == FunctionKind::Aggregate
        {
            let message = format!("`{}` aggregates inside a derived table", normalized(&call.name));
            problems.push(page.at("feature/derived", call.name.span(), message).with_help("aggregate outside"));
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

/// Refuses unknown and nondeterministic functions, subqueries inside expressions, and windows that look at other
/// operators or leave the order of rows open.
pub(super) fn calls(page: &Page, select: &Select, kind: Kind, functions: &Functions, problems: &mut Diagnostics) {
    let outer_windows = windows_of(&select.projection);
    let _: ControlFlow<()> = visit_expressions(select, |expr| {
        match expr {
            Expr::Subquery(query) | Expr::Exists { subquery: query, .. } | Expr::InSubquery { subquery: query, .. } => {
                let message = "a subquery inside an expression is not read in feature files";
                let help = "its events could not be shown as evidence; use FILTER, or a derived table in FROM";
                problems.push(page.at("feature/subquery", query.span(), message).with_help(help));
            }
            Expr::Function(call) => {
                call_is_known(page, call, functions, problems);
                call_is_ordered(page, call, kind, functions, problems);
                if call.over.is_some() {
                    window_is_own(page, call, outer_windows.contains(call), problems);
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    });
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

fn call_is_known(page: &Page, call: &Function, functions: &Functions, problems: &mut Diagnostics) {
    let name = normalized(&call.name);
    match functions.kind(&name) {
        FunctionKind::Scalar | FunctionKind::Aggregate | FunctionKind::Window => {}
        FunctionKind::Nondeterministic => {
            let message =
                format!("`{name}` gives another value each time: a score must be the same when it is made again");
            let help = match name.as_str() {
                "random" | "uuid" => "leave it out",
                _ => "use `as_of()`, the instant the score is made for, or `within(time, INTERVAL '7 days')`",
            };
            problems.push(page.at("feature/nondeterministic", call.name.span(), message).with_help(help));
        }
        FunctionKind::Unknown => {
            let help = match nearest(&name, functions.names()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => {
                    "our own are as_of, within, episodes, days_since, beijing_date; the others are DataFusion's".into()
                }
            };
            let message = format!("there is no function `{name}`");
            problems.push(page.at("feature/unknown-function", call.name.span(), message).with_help(help));
        }
    }
}

/// Equal sort keys leave the order of rows open, and with it the result; `event_id` closes it. Exempt are an aggregate
/// that is ordered by its own argument, and `first_value` and `last_value`: among equal keys they take the first or last
/// row of the gather, whose order is fixed.
fn call_is_ordered(page: &Page, call: &Function, kind: Kind, functions: &Functions, problems: &mut Diagnostics) {
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
            let message = format!("the ORDER BY of `{name}` leaves the order of events at the same instant open");
            let help = "end it with event_id: ORDER BY occurred_at DESC, event_id";
            problems.push(page.at("feature/order", call.name.span(), message).with_help(help));
        }
    }
}

fn window_is_own(page: &Page, call: &Function, outer: bool, problems: &mut Diagnostics) {
    let name = normalized(&call.name);
    if outer {
        let message = format!("`{name}` OVER a window stands among the features");
        let help = "compute it in a derived table: FROM (SELECT *, row_number() OVER (PARTITION BY operator_id ORDER BY \
                    occurred_at DESC, event_id) AS newest FROM <table>) AS t";
        problems.push(page.at("feature/window", call.name.span(), message).with_help(help));
        return;
    }
    let own = match &call.over {
        Some(WindowType::WindowSpec(window)) => window.partition_by.iter().any(|key| is_column(key, "operator_id")),
        _ => false,
    };
    if !own {
        let message = format!("the window of `{name}` looks at other operators' rows");
        let help = "write OVER (PARTITION BY operator_id ...): which operators are computed together is not fixed";
        problems.push(page.at("feature/window", call.name.span(), message).with_help(help));
    }
}
