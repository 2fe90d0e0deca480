//! What a feature file may say and probably does not mean, and comparisons that can never hold: judged by its syntax
//! and by what the schema says of its columns.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{BinaryOperator, Expr, Function, Select, SelectItem, Spanned, Value};
use yujing_base::diagnostic::Diagnostics;
use yujing_base::diagnostic::suggest::{did_you_mean, listed};
use yujing_base::language::{Bilingual, say};

use crate::feature::file::null_lint;
use crate::feature::file::scope::Scope;
use crate::feature::file::value_range::codes;
use crate::feature::session::functions::{FunctionKind, Functions};
use crate::feature::syntax::names::{arguments, normalized, text};
use crate::feature::syntax::sql_source::SqlSource;
use crate::feature::syntax::visitor::visit_expressions;
use crate::source::shape::ValueRule;

/// Looks at a file's SELECT and at the one within it.
pub fn lint(sql: &SqlSource, select: &Select, scope: &Scope<'_>, functions: &Functions, found: &mut Diagnostics) {
    let lint = Lint { sql, functions };
    lint.select(select, scope, found);
    lint.aggregates(select, found);
    if let Some((inner, scope)) = scope.derived_scope() {
        lint.select(inner, &scope, found);
        // A condition computed in the derived table is as good as one in FILTER.
        for item in &inner.projection {
            if let SelectItem::ExprWithAlias { expr, .. } = item {
                null_lint::check_condition(sql, expr, &BTreeSet::new(), &scope, found);
            }
        }
    }
}

struct Lint<'a> {
    sql: &'a SqlSource,
    functions: &'a Functions,
}

impl Lint<'_> {
    fn select(&self, select: &Select, scope: &Scope<'_>, found: &mut Diagnostics) {
        let mut non_null = BTreeSet::new();
        if let Some(condition) = &select.selection {
            null_lint::check_condition(self.sql, condition, &non_null, scope, found);
            null_lint::collect_non_null(condition, &mut non_null);
        }
        let mut look = |expr: &Expr| {
            self.codes(expr, scope, found);
            self.division(expr, scope, found);
            null_lint::check_null_comparison(self.sql, expr, found);
            null_lint::check_inner_conditions(self.sql, expr, scope, found);
            if let Expr::Function(call) = expr
                && let Some(filter) = &call.filter
            {
                null_lint::check_condition(self.sql, filter, &non_null, scope, found);
            }
            ControlFlow::<()>::Continue(())
        };
        let _ = visit_expressions(&select.projection, &mut look);
        let _ = visit_expressions(&select.selection, &mut look);
    }

    /// A text compared with an enumerated column must be one of its codes.
    fn codes(&self, expr: &Expr, scope: &Scope<'_>, found: &mut Diagnostics) {
        match expr {
            Expr::BinaryOp { left, op: BinaryOperator::Eq | BinaryOperator::NotEq, right }
            | Expr::IsDistinctFrom(left, right)
            | Expr::IsNotDistinctFrom(left, right) => {
                self.code_exists(left, right, scope, found);
                self.code_exists(right, left, scope, found);
            }
            Expr::InList { expr, list, .. } => {
                for member in list {
                    self.code_exists(expr, member, scope, found);
                }
            }
            _ => {}
        }
    }

    fn code_exists(&self, column: &Expr, compared: &Expr, scope: &Scope<'_>, found: &mut Diagnostics) {
        let (Some(given), Some(resolved)) = (text(compared), scope.column(column)) else { return };
        let Some(codes) = codes(&resolved.value.rule) else { return };
        if codes.iter().any(|code| **code == *given) {
            return;
        }
        let names = || codes.iter().map(|code| &**code);
        let help = did_you_mean(given, names()).unwrap_or_else(|| {
            let known = listed(names());
            Bilingual::new(format!("可取的值：{}", known.zh), format!("its values are {}", known.en))
        });
        let message = say!("`{column}` 没有 `{given}` 这个值", "`{column}` never is `{given}`");
        found.push(self.sql.at("feature/no-such-value", compared.span(), message).with_help(help));
    }

    /// Whole numbers divided whole.
    fn division(&self, expr: &Expr, scope: &Scope<'_>, found: &mut Diagnostics) {
        let Expr::BinaryOp { left, op: BinaryOperator::Divide, right } = expr else { return };
        if !Self::is_whole(left, scope) || !Self::is_whole(right, scope) {
            return;
        }
        let message = Bilingual::new("整数相除，小数部分被舍去", "whole numbers are divided whole");
        let help = Bilingual::new(
            "`5 / 2` 得 2；需要小数的，请写 `CAST(... AS DOUBLE) / ...` 或者 `... * 1.0 / ...`",
            "`5 / 2` is 2; for decimals write `CAST(... AS DOUBLE) / ...` or `... * 1.0 / ...`",
        );
        found.push(self.sql.at("feature/integer-division", expr.span(), message).with_help(help));
    }

    fn is_whole(expr: &Expr, scope: &Scope<'_>) -> bool {
        match expr {
            Expr::Nested(inner) => Self::is_whole(inner, scope),
            Expr::Value(value) => matches!(&value.value, Value::Number(number, _) if number.parse::<i64>().is_ok()),
            Expr::Function(call) => match normalized(&call.name).as_str() {
                "count" | "episodes" | "cardinality" | "days_since" | "array_length" | "length" => true,
                "sum" | "max" | "min" | "coalesce" | "abs" | "first_value" | "last_value" => {
                    arguments(call).next().is_some() && arguments(call).all(|argument| Self::is_whole(argument, scope))
                }
                _ => false,
            },
            Expr::BinaryOp { left, op, right } => {
                use BinaryOperator::{Divide, Minus, Modulo, Multiply, Plus};
                matches!(op, Plus | Minus | Multiply | Divide | Modulo)
                    && Self::is_whole(left, scope)
                    && Self::is_whole(right, scope)
            }
            column => scope.column(column).is_some_and(|column| matches!(column.value.rule, ValueRule::Int { .. })),
        }
    }

    /// A condition inside an aggregate filters nothing: all rows become evidence.
    fn aggregates(&self, select: &Select, found: &mut Diagnostics) {
        let _: ControlFlow<()> = visit_expressions(&select.projection, |expr| {
            if let Expr::Function(call) = expr
                && call.over.is_none()
                && self.functions.kind(&normalized(&call.name)) == FunctionKind::Aggregate
                && decides_inside(call)
            {
                let name = normalized(&call.name);
                let message = say!(
                    "`{name}` 的条件写在函数之内，全部记录都会成为依据记录",
                    "the condition stands inside `{name}`: all rows become evidence"
                );
                let help = Bilingual::new(
                    "请写进 FILTER：`count(*) FILTER (WHERE 条件)`，判断有无用 `count(*) FILTER (WHERE 条件) > 0`",
                    "write it into FILTER: `count(*) FILTER (WHERE condition)`; for whether there is one, `count(*) FILTER (WHERE \
                     condition) > 0`",
                );
                found.push(self.sql.at("feature/evidence", call.name.span(), message).with_help(help));
            }
            ControlFlow::Continue(())
        });
    }
}

/// Whether a call's argument decides which rows count.
fn decides_inside(call: &Function) -> bool {
    let is_case = |query: &Expr| {
        visit_expressions(query, |expr| match expr {
            Expr::Case { .. } => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        })
        .is_break()
    };
    let is_of_truths = ["bool_or", "bool_and", "every"].contains(&normalized(&call.name).as_str());
    arguments(call).any(is_case) || (is_of_truths && call.filter.is_none())
}
