//! The values at which a rule may turn: what it compares its features with.

use std::collections::BTreeMap;

use rhai::{AST, ASTNode, Dynamic, Expr, FnCallExpr};

use super::{shown, sides};
use crate::feature::FeatureValue;

/// For each feature's name, the constants that any function of a rule compares it with, be it directly or as part of a
/// longer side.
pub(in crate::rule) fn constants(ast: &AST) -> BTreeMap<String, Vec<FeatureValue>> {
    let mut found: BTreeMap<String, Vec<FeatureValue>> = BTreeMap::new();
    ast.walk(&mut |path| {
        if let Some(ASTNode::Expr(Expr::FnCall(call, _))) = path.last() {
            note(call, &mut found);
        }
        true
    });
    // The tree keeps its functions in no particular order.
    for values in found.values_mut() {
        values.sort_by_key(|value| format!("{value:?}"));
    }
    found
}

fn note(call: &FnCallExpr, found: &mut BTreeMap<String, Vec<FeatureValue>>) {
    let Some((left, right)) = sides(call) else { return };
    for (side, other) in [(left, right), (right, left)] {
        let values = values(other);
        for feature in features(side) {
            let known = found.entry(feature).or_default();
            for value in &values {
                if !known.contains(value) {
                    known.push(value.clone());
                }
            }
        }
    }
}

/// The constants of one side: one, or the items of a list.
fn values(side: &Expr) -> Vec<FeatureValue> {
    let constant = |expression: &Expr| expression.get_literal_value(None).map(|value| shown(&value));
    match side {
        Expr::Array(items, _) => items.iter().filter_map(constant).collect(),
        _ => match side.get_literal_value(None) {
            Some(list) if list.is_array() => {
                let items = list.into_typed_array::<Dynamic>().unwrap_or_default();
                items.iter().map(shown).collect()
            }
            Some(value) => vec![shown(&value)],
            None => Vec::new(),
        },
    }
}

/// The properties that a side reads.
fn features(side: &Expr) -> Vec<String> {
    let mut names = Vec::new();
    side.walk(&mut Vec::new(), &mut |path: &[ASTNode<'_>]| {
        if let Some(ASTNode::Expr(Expr::Property(property, _))) = path.last() {
            names.push(property.2.to_string());
        }
        true
    });
    names
}
