//! The part of a column on which it fails: the innermost one without which it does not.

use std::ops::ControlFlow;

use arrow::record_batch::RecordBatch;
use datafusion::sql::sqlparser::ast::helpers::attached_token::AttachedToken;
use datafusion::sql::sqlparser::ast::{CaseWhen, Expr, Query, Spanned, Value};
use datafusion::sql::sqlparser::tokenizer::Span;

use super::finite::without_number;
use super::sample::now;
use super::subexpression::{compares, may_fail};
use crate::feature::file::{Column, FeatureFile};
use crate::feature::plan::slot::PlanSlot;
use crate::feature::syntax::visitor::visit_expressions_mut;

/// So many parts of a column are tried: each costs a plan.
const MAX_PARTS: usize = 200;

/// Where the column fails on these rows.
pub fn part_that_fails(file: &FeatureFile, column: &Column, rows: &RecordBatch, slot: &mut PlanSlot) -> Option<Span> {
    let query = file.query_for([column]);
    let mut works_without = |kind: fn(&Expr) -> bool, number: usize| {
        let (query, span) = without(query.clone(), kind, number)?;
        let run = slot.plan(query).ok().and_then(|plan| slot.run(&plan, rows, now()).ok());
        let works = run.is_some_and(|batch| without_number(&batch, 1).is_empty());
        Some(works.then_some(span))
    };
    for kind in [may_fail, compares] as [fn(&Expr) -> bool; 2] {
        let parts = (0..MAX_PARTS).map_while(|number| works_without(kind, number));
        if let Some(span) = { parts }.flatten().next() {
            return Some(span);
        }
    }
    None
}

/// The query with NULL for one of its parts, and where that stands.
fn without(mut query: Query, kind: fn(&Expr) -> bool, number: usize) -> Option<(Query, Span)> {
    let (mut passed, mut taken_out) = (0, None);
    visit_expressions_mut(&mut query, |expr| {
        if !kind(expr) {
            return ControlFlow::Continue(());
        }
        if passed == number {
            taken_out = Some(expr.span());
            *expr = never(expr.clone());
            return ControlFlow::Break(());
        }
        passed += 1;
        ControlFlow::Continue(())
    });
    taken_out.map(|span| (query, span))
}

/// NULL of the expression's type.
fn never(expr: Expr) -> Expr {
    let condition = Expr::Value(Value::Boolean(false).with_empty_span());
    Expr::Case {
        case_token: AttachedToken::empty(),
        end_token: AttachedToken::empty(),
        operand: None,
        conditions: vec![CaseWhen { condition, result: expr }],
        else_result: None,
    }
}
