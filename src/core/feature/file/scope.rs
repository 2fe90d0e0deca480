//! What the names in a feature file stand for: a column of the source with what its schema says, or an expression of
//! the derived table.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{AccessExpr, Expr, Function, Select, SelectItem, Subscript};

use crate::feature::syntax::names::{arguments, first_argument, normalized, text};
use crate::feature::syntax::visitor::visit_expressions;
use crate::source::Source;
use crate::source::shape::{self, Required, Shape, ValueRule};

/// The names that one SELECT can use.
#[derive(Debug, Clone)]
pub struct Scope<'a> {
    source: &'a Source,
    /// The SELECT that it reads, unless it reads the source itself.
    derived: Option<&'a Select>,
    /// Parameters of lambdas that stand for an element of a list of the schema.
    parameters: BTreeMap<String, &'a shape::Value>,
}

/// What a name stands for.
#[derive(Debug, Clone)]
pub enum Resolution<'a> {
    Column(Column<'a>),
    /// An expression of the derived table, with the names that it uses.
    Derived(&'a Expr, Scope<'a>),
}

/// A value that the schema describes.
#[derive(Debug, Clone, Copy)]
pub struct Column<'a> {
    pub value: &'a shape::Value,
    /// Whether it can be NULL.
    pub nullable: bool,
}

impl<'a> Scope<'a> {
    /// The names of a SELECT over the source or over one derived table.
    pub fn of(source: &'a Source, select: &'a Select, derived: Option<&'a Select>) -> Self {
        let mut scope = Self { source, derived, parameters: BTreeMap::new() };
        let mut found: BTreeMap<String, Option<&'a shape::Value>> = BTreeMap::new();
        let mut note = |call: &Function| {
            for (name, list) in lambda_parameters(call) {
                let item = list.and_then(|list| scope.item_of(list));
                // One name for elements of two lists could be either.
                let same = |before: &&shape::Value| item.is_some_and(|item| std::ptr::eq(*before, item));
                found.entry(name).and_modify(|before| *before = before.filter(same)).or_insert(item);
            }
        };
        let mut look = |expr: &Expr| {
            if let Expr::Function(call) = expr {
                note(call);
            }
            ControlFlow::<()>::Continue(())
        };
        let _ = visit_expressions(&select.projection, &mut look);
        let _ = visit_expressions(&select.selection, &mut look);
        scope.parameters = found.into_iter().filter_map(|(name, item)| Some((name, item?))).collect();
        scope
    }

    /// The names of the derived table's own SELECT, if there is one.
    pub fn derived_scope(&self) -> Option<(&'a Select, Scope<'a>)> {
        let derived = self.derived?;
        Some((derived, Scope::of(self.source, derived, None)))
    }

    /// What a column's name stands for.
    pub fn resolve(&self, name: &str) -> Option<Resolution<'a>> {
        let Some((derived, derived_scope)) = self.derived_scope() else {
            return self.source_column(name).map(Resolution::Column);
        };
        for item in &derived.projection {
            match item {
                SelectItem::ExprWithAlias { expr, alias } if alias.value.eq_ignore_ascii_case(name) => {
                    return Some(Resolution::Derived(expr, derived_scope));
                }
                SelectItem::UnnamedExpr(expr) if last_name(expr).is_some_and(|own| own.eq_ignore_ascii_case(name)) => {
                    return Some(Resolution::Derived(expr, derived_scope));
                }
                SelectItem::Wildcard(_) => {
                    if let Some(column) = derived_scope.source_column(name) {
                        return Some(Resolution::Column(column));
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// What the schema says of an expression that is a column, or a field of one.
    pub fn column(&self, expr: &Expr) -> Option<Column<'a>> {
        match expr {
            Expr::Nested(inner) => self.column(inner),
            Expr::Identifier(name) => self.named(&name.value),
            Expr::CompoundIdentifier(names) => match names.as_slice() {
                [_, name] => self.named(&name.value),
                _ => None,
            },
            Expr::CompoundFieldAccess { root, access_chain } => {
                let mut value = self.element(root)?;
                for access in access_chain {
                    value = field(value.value, &field_name(access)?)?;
                }
                Some(value)
            }
            _ => None,
        }
    }

    fn named(&self, name: &str) -> Option<Column<'a>> {
        match self.resolve(name)? {
            Resolution::Column(column) => Some(column),
            Resolution::Derived(expr, scope) => scope.column(expr),
        }
    }

    /// A lambda's parameter, or a column, whose fields are read.
    fn element(&self, root: &Expr) -> Option<Column<'a>> {
        let Expr::Identifier(name) = root else { return self.column(root) };
        if let Some(value) = self.parameters.get(&name.value.to_lowercase()) {
            return Some(Column { value, nullable: value.nullable });
        }
        match self.resolve(&name.value)? {
            Resolution::Column(column) => Some(column),
            // `unnest(items) AS item`
            Resolution::Derived(Expr::Function(call), scope) if normalized(&call.name) == "unnest" => {
                let value = scope.item_of(first_argument(call)?)?;
                Some(Column { value, nullable: value.nullable })
            }
            Resolution::Derived(expr, scope) => scope.column(expr),
        }
    }

    /// What the schema says of the elements of a list.
    fn item_of(&self, list: &Expr) -> Option<&'a shape::Value> {
        match &self.column(list)?.value.rule {
            ValueRule::List { item, .. } => Some(item),
            _ => None,
        }
    }

    /// A column of the source itself.
    fn source_column(&self, name: &str) -> Option<Column<'a>> {
        let name = name.to_lowercase();
        let column = self.source.schema.field_with_name(&name).ok()?;
        let property = property(&self.source.shape, &name)?;
        let nullable = column.is_nullable() && (property.value.nullable || property.required == Required::Never);
        Some(Column { value: &property.value, nullable })
    }
}

fn property<'a>(shape: &'a Shape, name: &str) -> Option<&'a shape::Property> {
    shape.place_of(name).map(|place| &shape.properties[place]).filter(|property| !property.personal)
}

fn field<'a>(value: &'a shape::Value, name: &str) -> Option<Column<'a>> {
    let ValueRule::Object(shape) = &value.rule else { return None };
    let property = property(shape, name)?;
    let nullable = property.value.nullable || property.required == Required::Never;
    Some(Column { value: &property.value, nullable })
}

fn field_name(access: &AccessExpr) -> Option<String> {
    match access {
        AccessExpr::Subscript(Subscript::Index { index }) => text(index).map(str::to_owned),
        AccessExpr::Dot(Expr::Identifier(name)) => Some(name.value.clone()),
        _ => None,
    }
}

/// The last part of a column's name.
fn last_name(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Identifier(name) => Some(&name.value),
        Expr::CompoundIdentifier(names) => names.last().map(|name| name.value.as_str()),
        _ => None,
    }
}

/// The parameters of the lambdas that a call is given, each with the list that it goes over.
fn lambda_parameters(call: &Function) -> Vec<(String, Option<&Expr>)> {
    let list = first_argument(call);
    let lambdas = arguments(call).filter_map(|argument| match argument {
        Expr::Lambda(lambda) => Some(lambda),
        _ => None,
    });
    lambdas.flat_map(|lambda| lambda.params.iter().map(move |param| (param.name.value.to_lowercase(), list))).collect()
}
