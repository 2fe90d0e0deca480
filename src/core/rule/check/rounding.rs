//! Numbers in texts: a decimal that nobody rounds may have more digits than anybody means.

use rhai::{Expr, Stmt};
use yujing_base::language::Bilingual;

use super::Checker;
use super::values::{ValueKind, ValueSet};

impl Checker<'_> {
    /// Reports a number in a text that may have more digits than anybody means.
    pub(super) fn must_be_rounded(&mut self, part: &Expr, value: &ValueSet) {
        if !value.kinds().is_some_and(|kinds| kinds.contains(&ValueKind::Float)) {
            return;
        }
        // What stands in `${…}` is a block of one expression.
        let inner = match part {
            Expr::Stmt(block) => match block.statements() {
                [Stmt::Expr(inner)] => inner,
                _ => part,
            },
            _ => part,
        };
        let extent = self.extent(inner);
        let message = Bilingual::new(
            "文本中的小数未规定位数，会写成 0.3333333333333333 之类",
            "a decimal number in a text that nobody rounds: it may read 0.3333333333333333",
        );
        let help = Bilingual::new(
            "请写 `fixed(…, 2)` 规定小数位数；比例写 `percent(…)`",
            "say how many decimal places with `fixed(…, 2)`; write a share with `percent(…)`",
        );
        self.problem("rule/unrounded-number", extent, message, Some(help));
    }
}
