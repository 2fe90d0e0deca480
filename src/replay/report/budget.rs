//! The work that warnings make, against a budget: at most so many of a level, for each place and stretch of time.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Serialize;
use yujing_base::language::Bilingual;

use super::RulesetSide;
use crate::plan::{Budget, Plan};

/// One place in one stretch of time with a warning at the level.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BudgetCell {
    /// Empty when all operators count together, or the place is not known.
    pub place: String,
    /// The first day of the stretch.
    pub from: Date,
    pub warnings: u64,
}

/// One ruleset's work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BudgetOfRuleset {
    pub ruleset: String,
    /// The fullest first.
    pub cells: Vec<BudgetCell>,
    /// How many cells are over the budget.
    pub over: u64,
}

/// Every ruleset's work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BudgetReport {
    pub budget: Budget,
    /// What each place is; none if all operators count together.
    pub place: Option<Bilingual>,
    pub rulesets: Vec<BudgetOfRuleset>,
}

impl BudgetOfRuleset {
    /// A warning counts once, where and when it first stood at the level or above. One that stood there when warnings
    /// began to count is no work of the span.
    pub fn of(side: &RulesetSide<'_>, budget: &Budget, plan: &Plan) -> Self {
        let mut counts: BTreeMap<(String, Date), u64> = BTreeMap::new();
        for lifecycle in side.lifecycles {
            let reached = lifecycle.reached(budget.level).filter(|_| !lifecycle.stood_already(budget.level, plan.from));
            let Some(at) = reached else { continue };
            let place = budget.per.as_ref().and_then(|column| lifecycle.card.get(column)).cloned().unwrap_or_default();
            *counts.entry((place, budget.every.first_day(plan.day_of(at)))).or_default() += 1;
        }
        let mut cells: Vec<BudgetCell> =
            counts.into_iter().map(|((place, from), warnings)| BudgetCell { place, from, warnings }).collect();
        cells.sort_by(|a, b| b.warnings.cmp(&a.warnings).then_with(|| (a.from, &a.place).cmp(&(b.from, &b.place))));
        let over = cells.iter().filter(|cell| cell.warnings > budget.most).count() as u64;
        Self { ruleset: side.name.to_owned(), cells, over }
    }
}

impl BudgetReport {
    /// Whether any ruleset makes more work than there is budget for.
    pub fn is_broken(&self) -> bool {
        self.rulesets.iter().any(|ruleset| ruleset.over > 0)
    }
}
