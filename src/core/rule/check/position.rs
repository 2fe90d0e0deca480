//! Places of the tree as bytes of the text.

use std::ops::Range;

use rhai::{Expr, Position};
use yujing_base::diagnostic::offset_of;

use super::Checker;
use crate::rule::syntax_tree::Function;

impl Checker<'_> {
    /// The byte at a place of the tree; 0 for a place that the parser did not keep.
    pub(super) fn offset(&self, position: Position) -> usize {
        match (position.line(), position.position()) {
            (Some(line), Some(column)) => offset_of(self.text, line, column.max(1)),
            _ => 0,
        }
    }

    /// The word or sign at a place of the tree.
    pub(super) fn at(&self, position: Position) -> Range<usize> {
        let start = self.offset(position);
        let rest = &self.text[start..];
        let word = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let first = rest.chars().next().map_or(0, char::len_utf8);
        start..start + word.max(first)
    }

    /// The name in a function's definition, which stands before the `{` that the parser keeps.
    pub(super) fn name_of(&self, function: &Function) -> Range<usize> {
        let brace = self.offset(function.start);
        let start =
            self.text[..brace].rfind(&format!("fn {}", function.name)).map_or(brace, |found| found + "fn ".len());
        start..start + function.name.len()
    }

    /// From an expression's first character to the end of its last word, as far as the tree shows.
    pub(super) fn extent(&self, expression: &Expr) -> Range<usize> {
        let start = match expression {
            Expr::FnCall(call, _) if call.is_operator_call() && call.args.len() == 2 => {
                self.extent(&call.args[0]).start
            }
            Expr::And(parts, _) | Expr::Or(parts, _) | Expr::Coalesce(parts, _) => {
                parts.first().map_or(0, |first| self.extent(first).start)
            }
            other => self.offset(other.start_position()),
        };
        let end = match expression {
            Expr::Dot(chain, ..) => self.extent(&chain.rhs).end,
            Expr::StringConstant(text, _) => start + text.len() + 2,
            Expr::IntegerConstant(..) | Expr::FloatConstant(..) => {
                let is_number = |c: char| c.is_alphanumeric() || "._".contains(c);
                start + self.text[start..].find(|c| !is_number(c)).unwrap_or(self.text.len() - start)
            }
            Expr::FnCall(call, _) if call.is_operator_call() && call.args.len() == 2 => self.extent(&call.args[1]).end,
            Expr::And(parts, _) | Expr::Or(parts, _) | Expr::Coalesce(parts, _) => {
                parts.last().map_or(start, |last| self.extent(last).end)
            }
            other => self.at(other.start_position()).end,
        };
        start..end.max(start)
    }
}
