//! Where a tree turns while features count on: at what it compares them with. Between two of these numbers every
//! comparison, and so all that the tree gives, stays as it is.

use super::node::{Frame, Node};
use super::value::{Constant, Value};
use crate::feature::FeatureRow;

/// A feature, and what a tree compares it with.
#[derive(Debug)]
struct Threshold {
    feature: usize,
    /// It reads no feature that counts on, and no name from outside.
    with: Node,
}

/// What a tree compares the features with that count on.
#[derive(Debug)]
pub(in crate::rule) struct Thresholds(Vec<Threshold>);

impl Thresholds {
    /// Those of some trees; nothing if one of them does more with such a feature than compare it, or the interpreter may
    /// have to say what.
    pub(super) fn of(trees: &[&Node], counters: &[usize]) -> Option<Self> {
        let mut search = Search { counters, found: Vec::new() };
        trees.iter().try_for_each(|tree| search.walk(tree))?;
        Some(Self(search.found))
    }

    /// Each feature with a whole number that it is compared with in one row; nothing if it is compared with something
    /// else that is ordered with whole numbers, or the interpreter has to say with what.
    pub(in crate::rule) fn in_row(&self, features: &FeatureRow) -> Option<Vec<(usize, i64)>> {
        let mut thresholds = Vec::with_capacity(self.0.len());
        for Threshold { feature, with } in &self.0 {
            match with.value(&mut Frame::new(features))? {
                Value::Int(whole) => thresholds.push((*feature, whole)),
                Value::Float(_) => return None,
                // Whatever the number, it is unequal.
                Value::Unit | Value::Bool(_) | Value::Text(_) => {}
            }
        }
        Some(thresholds)
    }
}

/// A walk over trees.
struct Search<'a> {
    counters: &'a [usize],
    found: Vec<Threshold>,
}

impl Search<'_> {
    /// Nothing where a feature that counts on is more than compared.
    fn walk(&mut self, node: &Node) -> Option<()> {
        match node {
            Node::Interpreted => None,
            Node::Feature(feature) => (!self.counters.contains(feature)).then_some(()),
            Node::CompareFeature(feature, _, whole) => self.note(*feature, &Node::Constant(Constant::Int(*whole))),
            Node::Compare(_, sides) => {
                let [left, right] = &**sides;
                self.walk_side(left, right)?;
                self.walk_side(right, left)
            }
            _ => node.parts().into_iter().try_for_each(|part| self.walk(part)),
        }
    }

    /// One side of a comparison.
    fn walk_side(&mut self, side: &Node, other: &Node) -> Option<()> {
        match side {
            Node::Feature(feature) => self.note(*feature, other),
            Node::FirstKnown(parts) => parts.iter().try_for_each(|part| self.walk_side(part, other)),
            Node::If(parts) => {
                let [condition, then, otherwise] = &**parts;
                self.walk(condition)?;
                self.walk_side(then, other)?;
                self.walk_side(otherwise, other)
            }
            _ => self.walk(side),
        }
    }

    fn note(&mut self, feature: usize, with: &Node) -> Option<()> {
        if self.counters.contains(&feature) {
            let mut names = Vec::new();
            note_names(with, &mut names);
            if !self.stays(with, &names) {
                return None;
            }
            self.found.push(Threshold { feature, with: with.clone() });
        }
        Some(())
    }

    /// Whether a node gives the same whatever the features that count on, and wherever it stands: it reads only `names`,
    /// which are set within it.
    fn stays(&self, node: &Node, names: &[usize]) -> bool {
        match node {
            Node::Local(place) => names.contains(place),
            Node::Feature(feature) | Node::CompareFeature(feature, ..) => !self.counters.contains(feature),
            _ => node.parts().into_iter().all(|part| self.stays(part, names)),
        }
    }
}

/// Notes the places of the names that are set within a node. No other name has such a place while they are seen.
fn note_names(node: &Node, names: &mut Vec<usize>) {
    if let Node::Let(place, _) = node {
        names.push(*place);
    }
    node.parts().into_iter().for_each(|part| note_names(part, names));
}
