//! The parts of a file's expressions, each tried alone over made-up records, whatever guards it.

use std::ops::ControlFlow;
use std::rc::Rc;

use arrow::array::{Array, AsArray};
use datafusion::error::DataFusionError;
use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, GroupByExpr, Ident,
    LambdaFunction, ObjectName, Query, Select, SelectItem, Spanned, UnaryOperator, Visit, Visitor,
};
use datafusion::sql::sqlparser::tokenizer::Span;

use super::sample::{SampleRecords, now};
use crate::feature::budget::rule::UnboundedWork;
use crate::feature::feature_column::shortened;
use crate::feature::file::FeatureFile;
use crate::feature::plan::slot::PlanSlot;
use crate::feature::query_error::short_reason;
use crate::feature::session::functions::{FunctionKind, Functions};
use crate::feature::syntax::names::{derived_table, normalized};
use crate::feature::syntax::visitor::visit_expressions;

/// A longer part is cut where it is quoted.
const SHOWN: usize = 60;

/// One part, with the SELECT whose rows it is computed over.
pub struct Subexpression {
    expr: Expr,
    /// The calls and lambdas that it stands in, the outer ones first.
    lambdas: Vec<(Function, LambdaFunction)>,
    select: Rc<Select>,
    /// Whether a part around it is computed only together with it.
    is_covered: bool,
}

/// The parts of the derived table, then those outside, each list with the inner parts before those that they are in.
/// Parts with aggregates and windows in them are left out: they are no matter of one record.
pub fn levels(file: &FeatureFile, functions: &Functions) -> Vec<Vec<Subexpression>> {
    let outer = file.select();
    let inner = derived_table(outer).and_then(|query| query.body.as_select());
    let of = |select: &Select| {
        let mut rows = select.clone();
        rows.selection = None;
        rows.group_by = GroupByExpr::Expressions(Vec::new(), Vec::new());
        rows.projection = Vec::new();
        let mut finder = SubexpressionFinder {
            functions,
            rows: Rc::new(rows),
            calls: Vec::new(),
            lambdas: Vec::new(),
            open: vec![Vec::new()],
            found: Vec::new(),
        };
        let _ = select.projection.visit(&mut finder);
        let _ = select.selection.visit(&mut finder);
        finder.found
    };
    inner.into_iter().chain([outer]).map(of).collect()
}

/// Whether all of them give a value, or NULL, for every record: one plan instead of many.
pub fn all_work(file: &FeatureFile, parts: &[Subexpression], records: &SampleRecords, slot: &mut PlanSlot) -> bool {
    let outer: Vec<_> = parts.iter().filter(|part| !part.is_covered).collect();
    let Some(first) = outer.first() else { return true };
    slot.plan(first.query(file, &outer)).is_ok_and(|plan| slot.run(&plan, &records.rows, now()).is_ok())
}

impl Subexpression {
    /// Why it never gives a value, in the query engine's words, if that is so.
    pub fn never_works(
        &self,
        file: &FeatureFile,
        records: Option<&SampleRecords>,
        slot: &mut PlanSlot,
    ) -> Option<String> {
        let plan = match slot.plan(self.query(file, &[self])) {
            Ok(plan) => plan,
            Err(error) => return is_of_a_value(&error).then(|| short_reason(&error)),
        };
        let records = records?;
        let mut said: Option<String> = None;
        for number in 0..records.rows.num_rows() {
            match slot.run(&plan, &records.rows.slice(number, 1), now()) {
                Ok(batch) if has_value(batch.column(0).as_ref()) => return None,
                Ok(_) => {}
                // A failure that depends on the record's values names them.
                Err(words) if said.as_ref().is_some_and(|said| *said != words) => return None,
                Err(words) => said = Some(words),
            }
        }
        said
    }

    /// Whether it does not plan, or fails on some record.
    pub fn fails(&self, file: &FeatureFile, records: Option<&SampleRecords>, slot: &mut PlanSlot) -> bool {
        let Ok(plan) = slot.plan(self.query(file, &[self])) else { return true };
        records.is_some_and(|records| slot.run(&plan, &records.rows, now()).is_err())
    }

    pub fn is_covered(&self) -> bool {
        self.is_covered
    }

    pub fn span(&self) -> Span {
        self.expr.span()
    }

    pub fn is_around(&self, other: &Self) -> bool {
        let (own, inner) = (self.span(), other.span());
        own.start <= inner.start && inner.end <= own.end
    }

    /// Whether no column and no element of a list stands in it.
    pub fn is_constant(&self) -> bool {
        let name = |part: &Expr| match part {
            Expr::Identifier(_) | Expr::CompoundIdentifier(_) => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        };
        visit_expressions(&self.expr, name).is_continue()
    }

    pub fn shown(&self) -> String {
        let text = self.expr.to_string();
        shortened(&text, SHOWN).unwrap_or(text)
    }

    /// These parts, over the rows of this one's SELECT.
    fn query(&self, file: &FeatureFile, parts: &[&Self]) -> Query {
        let mut select = Select::clone(&self.select);
        let item = |(number, part): (usize, &&Self)| SelectItem::ExprWithAlias {
            expr: part.alone(),
            alias: Ident::new(format!("part_{number}")),
        };
        select.projection = parts.iter().enumerate().map(item).collect();
        file.query_of(select)
    }

    /// The part as a value of the row: within lambdas, of every element.
    fn alone(&self) -> Expr {
        if self.is_constant() {
            return self.expr.clone();
        }
        self.lambdas.iter().rev().fold(self.expr.clone(), |body, (call, lambda)| {
            let mut call = call.clone();
            call.name = ObjectName::from(vec![Ident::new("array_transform")]);
            if let FunctionArguments::List(list) = &mut call.args {
                let lambda = Expr::Lambda(LambdaFunction { body: Box::new(body), ..lambda.clone() });
                list.args.truncate(1);
                list.args.push(FunctionArg::Unnamed(FunctionArgExpr::Expr(lambda)));
            }
            Expr::Function(call)
        })
    }
}

/// Whether planning failed because it computed a constant, and not for a name or a type.
fn is_of_a_value(error: &DataFusionError) -> bool {
    use DataFusionError::{External, Internal, NotImplemented, Plan, SQL, SchemaError};
    match error.find_root() {
        SchemaError(..) | Plan(_) | NotImplemented(_) | Internal(_) | SQL(..) => false,
        External(refused) => !refused.is::<UnboundedWork>(),
        _ => true,
    }
}

fn has_value(array: &dyn Array) -> bool {
    match array.as_list_opt::<i32>() {
        Some(lists) => has_value(lists.values().as_ref()),
        None => array.logical_null_count() < array.len(),
    }
}

struct SubexpressionFinder<'a> {
    functions: &'a Functions,
    rows: Rc<Select>,
    calls: Vec<Function>,
    lambdas: Vec<(Function, LambdaFunction)>,
    /// For each expression around the present one, the parts in it that are computed whenever it is.
    open: Vec<Vec<usize>>,
    found: Vec<Subexpression>,
}

impl Visitor for SubexpressionFinder<'_> {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        self.open.push(Vec::new());
        match expr {
            Expr::Function(call) => self.calls.push(call.clone()),
            Expr::Lambda(lambda) => {
                if let Some(call) = self.calls.last() {
                    self.lambdas.push((call.clone(), lambda.clone()));
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        match expr {
            Expr::Function(_) => drop(self.calls.pop()),
            Expr::Lambda(_) => drop(self.lambdas.pop()),
            _ => {}
        }
        let mut always = self.open.pop().unwrap_or_default();
        if is_lazy(expr) {
            always.clear();
        }
        if (may_fail(expr) || compares(expr)) && !self.is_of_many_rows(expr) {
            for inner in always.drain(..) {
                self.found[inner].is_covered = true;
            }
            always.push(self.found.len());
            self.found.push(Subexpression {
                expr: expr.clone(),
                lambdas: self.lambdas.clone(),
                select: Rc::clone(&self.rows),
                is_covered: false,
            });
        }
        if let Some(outer) = self.open.last_mut() {
            outer.extend(always);
        }
        ControlFlow::Continue(())
    }
}

impl SubexpressionFinder<'_> {
    fn is_of_many_rows(&self, expr: &Expr) -> bool {
        let look = |part: &Expr| match part {
            Expr::Function(call) => {
                let name = normalized(&call.name);
                let many = call.over.is_some()
                    || name == "unnest"
                    || matches!(self.functions.kind(&name), FunctionKind::Aggregate | FunctionKind::Window);
                if many { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            }
            _ => ControlFlow::Continue(()),
        };
        visit_expressions(expr, look).is_break()
    }
}

/// Whether an expression may leave parts of it uncomputed.
fn is_lazy(expr: &Expr) -> bool {
    match expr {
        Expr::Case { .. } | Expr::Lambda(_) => true,
        Expr::BinaryOp { op, .. } => is_of_truth(op),
        Expr::Function(call) => ["coalesce", "nvl", "ifnull", "nvl2"].contains(&normalized(&call.name).as_str()),
        _ => false,
    }
}

/// Whether an expression does something that can fail by itself.
pub fn may_fail(expr: &Expr) -> bool {
    match expr {
        Expr::UnaryOp { op, .. } => *op != UnaryOperator::Not,
        Expr::BinaryOp { op, .. } => !is_of_truth(op) && !is_comparison(op),
        Expr::Function(_)
        | Expr::Cast { .. }
        | Expr::TypedString(_)
        | Expr::Interval(_)
        | Expr::Extract { .. }
        | Expr::Ceil { .. }
        | Expr::Floor { .. }
        | Expr::Position { .. }
        | Expr::Substring { .. }
        | Expr::Trim { .. }
        | Expr::Overlay { .. }
        | Expr::Like { .. }
        | Expr::ILike { .. }
        | Expr::RLike { .. }
        | Expr::AtTimeZone { .. } => true,
        _ => false,
    }
}

/// Whether an expression compares, which fails only where a constant is no value of the other side's type.
pub fn compares(expr: &Expr) -> bool {
    match expr {
        Expr::BinaryOp { op, .. } => is_comparison(op),
        Expr::Between { .. } | Expr::InList { .. } | Expr::IsDistinctFrom(..) | Expr::IsNotDistinctFrom(..) => true,
        _ => false,
    }
}

fn is_of_truth(op: &BinaryOperator) -> bool {
    matches!(op, BinaryOperator::And | BinaryOperator::Or | BinaryOperator::Xor)
}

fn is_comparison(op: &BinaryOperator) -> bool {
    use BinaryOperator::{Eq, Gt, GtEq, Lt, LtEq, NotEq};
    matches!(op, Eq | NotEq | Lt | LtEq | Gt | GtEq)
}
