//! Lambdas as analysts may write them, brought into the form that DataFusion plans.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{AccessExpr, Expr, Ident, LambdaFunction, Subscript, Value, VisitMut};

use crate::feature::syntax::visitor::visit_expressions_mut;

/// Within a lambda DataFusion knows `x['result']` only; analysts may write `x.result` as well.
pub fn rewrite_lambda_fields(part: &mut impl VisitMut) {
    visit_expressions_mut(part, |expr| {
        if let Expr::Lambda(LambdaFunction { params, body, .. }) = expr {
            let names: Vec<_> = params.iter().map(|param| param.name.value.to_lowercase()).collect();
            rewrite_fields_of(&names, body);
        }
        ControlFlow::Continue(())
    });
}

fn rewrite_fields_of(parameters: &[String], body: &mut Expr) {
    visit_expressions_mut(body, |expr| {
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
