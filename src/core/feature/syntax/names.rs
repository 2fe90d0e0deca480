//! Parts of the syntax tree by what they are called in SQL: names, texts, arguments, the derived table.

use datafusion::sql::sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, ObjectName, Query, Select, TableFactor, Value,
};

/// A table or function name as SQL reads it: lower case unless quoted.
pub fn normalized(name: &ObjectName) -> String {
    let parts = name.0.iter().filter_map(|part| part.as_ident());
    let parts: Vec<_> = parts
        .map(|ident| if ident.quote_style.is_some() { ident.value.clone() } else { ident.value.to_lowercase() })
        .collect();
    parts.join(".")
}

/// A text written out.
pub fn text(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) => Some(text),
            _ => None,
        },
        _ => None,
    }
}

/// The arguments of a call that are expressions.
pub fn arguments(call: &Function) -> impl Iterator<Item = &Expr> {
    let list = match &call.args {
        FunctionArguments::List(list) => list.args.as_slice(),
        _ => &[],
    };
    list.iter().filter_map(|argument| match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr),
        _ => None,
    })
}

pub fn first_argument(call: &Function) -> Option<&Expr> {
    arguments(call).next()
}

/// The query of the derived table that a SELECT reads, if it reads one.
pub fn derived_table(select: &Select) -> Option<&Query> {
    match select.from.first().map(|from| &from.relation) {
        Some(TableFactor::Derived { subquery, .. }) => Some(subquery),
        _ => None,
    }
}

/// The SELECT of a derived table.
pub fn inner_select(query: &Query) -> Option<&Select> {
    query.body.as_select()
}
