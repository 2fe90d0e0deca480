//! The ruleset that judged an operator before the one in force, asked of the same facts: so a change of level tells
//! whether facts or rules made it.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use super::judge::Assessment;
use super::{OperatorState, Ruleset};
use crate::feature::{FeatureError, FeatureTable, SharedFeatures};
use crate::rule::Fired;
use crate::warning::lifecycle::direction;
use crate::warning::{Direction, LifecycleInput};

/// Feature tables of former rulesets for one question, made when first asked for.
#[derive(Debug, Default)]
pub(super) struct Former {
    tables: Vec<(Arc<Ruleset>, FeatureTable)>,
}

impl Former {
    /// Whether `ruleset`, not the facts, draws an operator's level to where `judgement` draws it: another ruleset judged
    /// the operator last, and of the facts of today that one would not draw it there. `is_whole` is false if a rule or a
    /// feature failed: a level never falls at once for want of an answer. The question's features are in `asked`, with
    /// the operator's row.
    pub(super) fn is_overruled(
        &mut self,
        ruleset: &Arc<Ruleset>,
        before: &OperatorState,
        judgement: &LifecycleInput,
        is_whole: bool,
        asked: (&mut SharedFeatures<'_>, usize),
    ) -> Result<bool, FeatureError> {
        let Some(former) = before.judged_by.as_ref().filter(|former| !Arc::ptr_eq(former, ruleset)) else {
            return Ok(false);
        };
        let drawn = direction(&ruleset.policy, &before.standing, judgement);
        if drawn == Direction::Steady || (drawn == Direction::Down && !is_whole) {
            return Ok(false);
        }
        let (shared, row) = asked;
        let table = self.table(former, shared)?;
        let score = Assessment::of(former, table, row, judgement.as_of).score;
        Ok(direction(&former.policy, &before.standing, &LifecycleInput::of(&score, judgement.as_of)) != drawn)
    }

    /// Whether none of these findings is one by the ruleset that judged the operator before, asked of the facts of today:
    /// then other rules, not facts, made them. `false` if no other ruleset is known to have judged it.
    pub(super) fn found_none(
        &mut self,
        ruleset: &Arc<Ruleset>,
        before: &OperatorState,
        news: &[&Fired],
        as_of: Timestamp,
        asked: (&mut SharedFeatures<'_>, usize),
    ) -> Result<bool, FeatureError> {
        let Some(former) = before.judged_by.as_ref().filter(|former| !Arc::ptr_eq(former, ruleset)) else {
            return Ok(false);
        };
        let (shared, row) = asked;
        let table = self.table(former, shared)?;
        let found = former.rules.evaluate(table, row, as_of).fired;
        let id = |ruleset: &Ruleset, fired: &Fired| ruleset.rules.list()[fired.rule].metadata.id.clone();
        let found: BTreeSet<String> = found.iter().map(|fired| id(former, fired)).collect();
        Ok(!news.iter().any(|fired| found.contains(&id(ruleset, fired))))
    }

    fn table(&mut self, former: &Arc<Ruleset>, shared: &mut SharedFeatures<'_>) -> Result<&FeatureTable, FeatureError> {
        let known = self.tables.iter().position(|(ruleset, _)| Arc::ptr_eq(ruleset, former));
        let place = match known {
            Some(place) => place,
            None => {
                self.tables.push((Arc::clone(former), former.features.compute_sharing(shared)?));
                self.tables.len() - 1
            }
        };
        Ok(&self.tables[place].1)
    }
}
