//! An operator's next step: where the lifecycle takes the level, and what a warning keeps with it: which findings it
//! has named, and when its action is due.

use std::sync::Arc;

use jiff::Timestamp;

use super::assessment::Assessment;
use super::handling::HandlingFacts;
use crate::rule::Contribution;
use crate::ruleset::Ruleset;
use crate::warning::lifecycle::{advance, amend};
use crate::warning::score::score_of;
use crate::warning::{Level, LifecycleInput, Standing, Step, Transition};

impl Ruleset {
    /// Moves a standing on by what the rules found. Without `handling` nobody has to answer for a warning.
    pub(super) fn step(
        &self,
        operator: &str,
        before: &Standing,
        input: &LifecycleInput,
        contributions: &[Contribution],
        handling: Option<&HandlingFacts<'_>>,
    ) -> (Standing, Option<Transition>) {
        let mut recounted = before.clone();
        let is_recounted = recounted.warning.as_mut().is_some_and(|warning| warning.recount_due(&self.calendar));
        let (mut standing, mut transition) = advance(&self.policy, operator, &recounted, input);
        if is_recounted && transition.is_none() {
            (standing, transition) = amend(&standing);
        }
        let Some(warning) = &mut standing.warning else { return (standing, transition) };
        let rules = self.rules.list();
        let fired = || contributions.iter().map(|contribution| &rules[contribution.rule].metadata);
        if transition.is_some() || warning.named.is_none() {
            let named = Arc::make_mut(warning.named.get_or_insert_default());
            named.extend(fired().map(|rule| rule.id.clone()));
        }
        let step = transition.as_ref().map(|transition| transition.step);
        let assigned = step.filter(|step| matches!(step, Step::Opened | Step::Escalated | Step::Added));
        // A warning that was open before anybody had to handle it is assigned without a step.
        let unassigned = warning.handling.is_none().then_some(Step::Opened);
        if let Some((handling, step)) = handling.zip(assigned.or(unassigned)) {
            handling.assign(warning, step, input.as_of);
        }
        if assigned.is_some() {
            let grounds = contributions.iter().filter(|contribution| contribution.is_ground());
            grounds.for_each(|ground| warning.advance_due(&self.calendar, input.as_of, ground.deadline));
        }
        (standing, transition)
    }

    /// Notes the highest level that an open warning has had without rules that read past warnings: what these find
    /// never becomes a past that a rule reads.
    pub(super) fn note_highest(&self, standing: &mut Standing, assessment: &Assessment) {
        if let Some(warning) = &mut standing.warning {
            warning.highest = warning.highest.max(warning.level.min(self.level_without_past(assessment)));
        }
    }

    /// The level that the score alone gives now; what only a dwell holds was given before.
    fn level_without_past(&self, assessment: &Assessment) -> Level {
        let contributions = &assessment.contributions;
        let reads_past = |contribution: &&Contribution| self.features.read_past(self.features_behind(contribution));
        let base_reads_past = self.features.read_past([self.base_feature]);
        let level = if base_reads_past || contributions.iter().any(|contribution| reads_past(&contribution)) {
            let base = if base_reads_past { 0 } else { assessment.score.base };
            let others = contributions.iter().filter(|contribution| !reads_past(contribution));
            score_of(&self.policy, base, &self.rules, others).level
        } else {
            assessment.score.level
        };
        if level >= self.policy.open_at { level } else { Level::None }
    }

    /// The findings that an open warning has to add even if its level stays: of a rule that wants it and that no event
    /// of the warning has named, if it sets a level, is due sooner, or is of a family that the warning did not name.
    pub(super) fn additions<'a>(
        &self,
        standing: &Standing,
        contributions: &'a [Contribution],
        as_of: Timestamp,
    ) -> Vec<&'a Contribution> {
        let open = standing.warning.as_ref();
        let Some((warning, named)) = open.and_then(|warning| Some((warning, warning.named.as_ref()?))) else {
            return Vec::new();
        };
        let rules = self.rules.list();
        let is_new = |contribution: &&Contribution| {
            let rule = &rules[contribution.rule];
            let is_named = |id: &str| named.contains(id);
            let is_due_sooner =
                || warning.due_at.is_none_or(|present| self.calendar.due(as_of, contribution.deadline) < present);
            let is_of_named_family = || {
                rules.iter().any(|other| is_named(&other.metadata.id) && other.metadata.family == rule.metadata.family)
            };
            rule.adds()
                && contribution.is_ground()
                && !is_named(&rule.metadata.id)
                && (contribution.floor.is_some_and(|level| level > Level::None)
                    || is_due_sooner()
                    || !is_of_named_family())
        };
        contributions.iter().filter(is_new).collect()
    }
}
