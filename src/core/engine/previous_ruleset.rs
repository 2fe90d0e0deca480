//! The ruleset that scored an operator before the one in force, evaluated over the same facts: so a change of level
//! says whether facts or rules made it.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use super::assessment::Assessment;
use super::operator_state::OperatorState;
use crate::feature::{FeatureError, FeatureTable, SharedFeatures};
use crate::rule::Fired;
use crate::ruleset::Ruleset;
use crate::warning::lifecycle::direction;
use crate::warning::{Direction, LifecycleInput};

/// Feature tables of previous rulesets for one request, computed when first needed.
#[derive(Debug)]
pub(super) struct PreviousRulesets<'s, 'v> {
    shared: &'s mut SharedFeatures<'v>,
    tables: Vec<(Arc<Ruleset>, FeatureTable)>,
}

impl<'s, 'v> PreviousRulesets<'s, 'v> {
    pub(super) fn new(shared: &'s mut SharedFeatures<'v>) -> Self {
        Self { shared, tables: Vec::new() }
    }

    /// Whether `ruleset`, not the facts, moves an operator's level the way `input` does: another ruleset scored the
    /// operator last, and by the facts of today that one would not move it there. `is_complete` is false if a rule or a
    /// feature failed: a level never falls at once for want of an answer. `row` is the operator's in the request.
    pub(super) fn is_ruleset_change(
        &mut self,
        ruleset: &Arc<Ruleset>,
        before: &OperatorState,
        input: &LifecycleInput,
        is_complete: bool,
        row: usize,
    ) -> Result<bool, FeatureError> {
        let Some(previous) = before.previous_ruleset(ruleset) else { return Ok(false) };
        let moved = direction(&ruleset.policy, &before.standing, input);
        if moved == Direction::Steady || (moved == Direction::Down && !is_complete) {
            return Ok(false);
        }
        let table = self.table(previous)?;
        let score = Assessment::of(previous, &table.row(row), input.as_of).score;
        let of_previous = LifecycleInput::of(&score, input.as_of);
        Ok(direction(&previous.policy, &before.standing, &of_previous) != moved)
    }

    /// Whether the ruleset that scored the operator before finds none of these findings in the facts of today: then
    /// other rules, not facts, made them. `false` if no other ruleset is known to have scored it.
    pub(super) fn finds_none_of(
        &mut self,
        additions: &[&Fired],
        ruleset: &Arc<Ruleset>,
        before: &OperatorState,
        as_of: Timestamp,
        row: usize,
    ) -> Result<bool, FeatureError> {
        let Some(previous) = before.previous_ruleset(ruleset) else { return Ok(false) };
        let table = self.table(previous)?;
        let found = previous.rules.evaluate(&table.row(row), as_of).fired;
        let id = |ruleset: &Ruleset, fired: &Fired| ruleset.rules.list()[fired.rule].metadata.id.clone();
        let found: BTreeSet<String> = found.iter().map(|fired| id(previous, fired)).collect();
        Ok(!additions.iter().any(|fired| found.contains(&id(ruleset, fired))))
    }

    fn table(&mut self, previous: &Arc<Ruleset>) -> Result<&FeatureTable, FeatureError> {
        let known = self.tables.iter().position(|(ruleset, _)| Arc::ptr_eq(ruleset, previous));
        let index = match known {
            Some(index) => index,
            None => {
                let table = previous.features.compute_sharing(self.shared)?;
                self.tables.push((Arc::clone(previous), table));
                self.tables.len() - 1
            }
        };
        Ok(&self.tables[index].1)
    }
}
