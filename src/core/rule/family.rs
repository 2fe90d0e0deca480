//! Families (类别): which rules are about one kind of risk.

use yujing_base::language::Bilingual;

/// A group of rules about one kind of risk, with the most points that it can give: one chatty source cannot reach red.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Family {
    pub title: Bilingual,
    pub cap: i64,
    /// The most that its rules can take off a score, as a number below zero; 0: they only add.
    pub least: i64,
}
