//! Every expression of a piece of SQL. The parser's own walks are generic over what they call: the compiler would make
//! the whole grammar's walk anew for each closure, half of all the code of this crate. These are made once.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{Expr, Visit, VisitMut, Visitor, VisitorMut};

struct Reader<'a>(&'a mut dyn FnMut(&Expr) -> ControlFlow<()>);

impl Visitor for Reader<'_> {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        (self.0)(expr)
    }
}

struct Writer<'a>(&'a mut dyn FnMut(&mut Expr) -> ControlFlow<()>);

impl VisitorMut for Writer<'_> {
    type Break = ();

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        (self.0)(expr)
    }
}

/// Looks at every expression, the outer ones before what is in them, until one ends it.
pub fn visit_expressions<B>(part: &impl Visit, mut look: impl FnMut(&Expr) -> ControlFlow<B>) -> ControlFlow<B> {
    let mut ended = None;
    let mut each = |expr: &Expr| match look(expr) {
        ControlFlow::Continue(()) => ControlFlow::Continue(()),
        ControlFlow::Break(with) => {
            ended = Some(with);
            ControlFlow::Break(())
        }
    };
    let _ = part.visit(&mut Reader(&mut each));
    ended.map_or(ControlFlow::Continue(()), ControlFlow::Break)
}

/// May change every expression, the inner ones before those that they are in.
pub fn visit_expressions_mut(part: &mut impl VisitMut, mut change: impl FnMut(&mut Expr) -> ControlFlow<()>) {
    let _ = part.visit(&mut Writer(&mut change));
}
