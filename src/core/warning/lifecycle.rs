//! The lifecycle of a warning: a function of the committed sequence of (batch, as-of) (invariant I7).

use jiff::Timestamp;
use uuid::Uuid;

use super::handling::Disposition;
use super::past_warning::PastWarning;
use super::policy::Policy;
use super::score::Score;
use super::standing::{Cause, OpenWarning, Standing, Step};
use crate::rule::Level;

/// What the engine found about an operator in a batch or a sweep.
#[derive(Debug, Clone)]
pub struct LifecycleInput {
    pub score: i64,
    /// By how many levels the level is raised that the score reaches.
    pub raise: u8,
    /// The level by score and floors.
    pub level: Level,
    /// The highest floor.
    pub floor: Level,
    pub as_of: Timestamp,
    /// Whether this batch took away the evidence of the present level: by a retraction, a correction, or a record about
    /// the same past, as a passed retest is.
    pub lost_evidence: bool,
    /// Whether a verdict was reviewed in this batch that takes their weight from findings.
    pub disputed: bool,
    /// Whether the rules make the difference, not the facts: the operator was last scored by another ruleset, and of
    /// the same facts that one would neither have raised the level now nor let it fall.
    pub ruleset_changed: bool,
    /// Why something was found that an open warning has to add although its level stays; `None` if nothing was.
    pub adds: Option<Cause>,
    pub cause: Cause,
}

impl LifecycleInput {
    /// What a score by itself says: of new events, with no look at the past.
    pub fn of(score: &Score, as_of: Timestamp) -> Self {
        Self {
            score: score.score,
            raise: score.raise,
            level: score.level,
            floor: score.floors.first().map_or(Level::None, |floor| floor.level),
            as_of,
            lost_evidence: false,
            disputed: false,
            ruleset_changed: false,
            adds: None,
            cause: Cause::Events,
        }
    }
}

/// Where the facts move a standing, the dwell aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Up,
    /// The level holds, or there is none to hold.
    Steady,
    Down,
}

/// A step that was taken: what the event of it is made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    pub step: Step,
    pub from: Level,
    pub to: Level,
    /// [`Cause::Retraction`] exactly when the warning fell at once because it lost its evidence,
    /// [`Cause::Verdict`] exactly when it fell at once because findings were judged unfounded,
    /// [`Cause::Ruleset`] exactly when other rules or another calendar made the step, not facts.
    pub cause: Cause,
    /// The warning that changed, also when it has just closed.
    pub warning_id: Uuid,
    /// The number of this change within its warning, from 1.
    pub sequence: u64,
    pub opened_at: Timestamp,
    /// What somebody did, if that is the step.
    pub disposition: Option<Box<Disposition>>,
}

/// The id of an operator's `ordinal`-th warning: UUID v5 of `operator/ordinal` in the namespace of warnings, which is
/// UUID v5 of `yujing:warning` in the URL namespace.
pub fn warning_id(operator: &str, ordinal: u64) -> Uuid {
    let namespace = Uuid::new_v5(&Uuid::NAMESPACE_URL, b"yujing:warning");
    Uuid::new_v5(&namespace, format!("{operator}/{ordinal}").as_bytes())
}

/// Moves one operator's standing on: the new standing, and the change if a step was taken.
///
/// - **Up at once.** A level above the present one, by score or floor, is taken in the same batch.
/// - **Withdrawn with its evidence.** If the input has `lost_evidence` and is lower, the level falls in the same batch
///   to exactly what score and floors give now, without hysteresis: a warning must not outlive its evidence.
/// - **Withdrawn by a verdict.** The same if the input is `disputed`: what was found is judged unfounded, and a warning
///   does not outlive that either.
/// - **A changed ruleset acts at once.** If the input has `ruleset_changed`, a level that no longer holds falls without
///   the dwell, which rides out facts that come and go, and a ruleset is changed by decision. A warning must not
///   outlive the rule that is its ground any more than its evidence. Nothing else is skipped: hysteresis counts as
///   below.
/// - **Down after a dwell.** Otherwise a level falls only when the score has stayed below its `leave` and every floor
///   below the level for the whole dwell. It then falls to the highest lower level that still holds the same way
///   (`leave` reached, or a floor), where a slowly falling score would have left it; not to what the entry thresholds
///   give, or a score between `leave` and `enter` would drop two levels.
/// - **Added, with the level where it is.** If nothing of this moves the level and the input `adds` something, that is
///   a step of its own; level and dwell stay as they are.
///
/// What a step shows and when its action is due is left for the caller to write down, who knows the findings.
pub fn advance(
    policy: &Policy,
    operator: &str,
    standing: &Standing,
    input: &LifecycleInput,
) -> (Standing, Option<Transition>) {
    let reached = warning_level(policy, input);
    let Some(warning) = &standing.warning else {
        return if reached == Level::None {
            (standing.clone(), None)
        } else {
            open(operator, standing, reached, input)
        };
    };
    if reached > warning.level {
        return move_to(standing, warning, reached, input.as_of, cause_of_rise(input));
    }
    if input.lost_evidence && reached < warning.level {
        return move_to(standing, warning, reached, input.as_of, Cause::Retraction);
    }
    if input.disputed && reached < warning.level {
        return move_to(standing, warning, reached, input.as_of, Cause::Verdict);
    }
    if holds(policy, warning.level, input) {
        return stay(standing, warning, None, input.adds);
    }
    let below_since = warning.below_since.unwrap_or(input.as_of);
    if !input.ruleset_changed && input.as_of.duration_since(below_since) < policy.dwell {
        return stay(standing, warning, Some(below_since), input.adds);
    }
    let lower = Level::ALL.into_iter().rev().filter(|level| *level < warning.level);
    let rest = lower.into_iter().find(|level| holds(policy, *level, input)).unwrap_or(Level::None);
    let cause = match input.cause {
        _ if input.ruleset_changed => Cause::Ruleset,
        Cause::Start => Cause::Start,
        // Whatever came with this batch, the level falls because the dwell ended.
        _ => Cause::Time,
    };
    move_to(standing, warning, rest, input.as_of, cause)
}

/// The step that publishes an open warning's due time put right.
pub fn amend(standing: &Standing) -> (Standing, Option<Transition>) {
    match &standing.warning {
        Some(warning) => keep_level(standing, warning.clone(), Step::Amended, Cause::Ruleset),
        None => (standing.clone(), None),
    }
}

/// Where the facts move a standing, the dwell aside: two rulesets that move it the same way do not differ on it.
pub fn direction(policy: &Policy, standing: &Standing, input: &LifecycleInput) -> Direction {
    match &standing.warning {
        _ if warning_level(policy, input) > standing.level() => Direction::Up,
        Some(warning) if !holds(policy, warning.level, input) => Direction::Down,
        _ => Direction::Steady,
    }
}

/// Whether a warning's present level stands by what was found in the past or the present: it holds. By hysteresis that
/// is less than it takes to enter it.
pub fn stands(policy: &Policy, warning: &OpenWarning, input: &LifecycleInput) -> bool {
    holds(policy, warning.level, input)
}

/// Whether a warning's present level would have been taken by what was found at the instant at which it was: entered
/// from below, or held where it was eased to.
pub fn is_reached(policy: &Policy, warning: &OpenWarning, input: &LifecycleInput) -> bool {
    if warning.eased { holds(policy, warning.level, input) } else { warning_level(policy, input) >= warning.level }
}

/// The level of an input as far as it is a warning.
fn warning_level(policy: &Policy, input: &LifecycleInput) -> Level {
    if input.level >= policy.open_at { input.level } else { Level::None }
}

/// Whether a warning of this level need not fall: its lower threshold is reached, or a floor holds it.
fn holds(policy: &Policy, level: Level, input: &LifecycleInput) -> bool {
    // The lowest level that is raised as high as this one.
    let threshold = policy.thresholds.iter().find(|threshold| threshold.level.raised(input.raise) >= level);
    let reached = threshold.is_some_and(|threshold| input.score >= threshold.leave);
    level >= policy.open_at && (reached || input.floor >= level)
}

/// A correction can raise a level as well; then it is an event like any other.
fn cause_of_rise(input: &LifecycleInput) -> Cause {
    match input.cause {
        _ if input.ruleset_changed => Cause::Ruleset,
        Cause::Retraction => Cause::Events,
        cause => cause,
    }
}

fn open(operator: &str, standing: &Standing, level: Level, input: &LifecycleInput) -> (Standing, Option<Transition>) {
    let ordinal = standing.ordinal + 1;
    let warning = OpenWarning {
        id: warning_id(operator, ordinal),
        sequence: 1,
        level,
        highest: Level::None,
        opened_at: input.as_of,
        level_since: input.as_of,
        eased: false,
        below_since: None,
        due_at: None,
        due_provisional: None,
        was_overdue: false,
        named: None,
        handling: None,
    };
    let change = Transition {
        step: Step::Opened,
        from: Level::None,
        to: level,
        cause: cause_of_rise(input),
        warning_id: warning.id,
        sequence: warning.sequence,
        opened_at: warning.opened_at,
        disposition: None,
    };
    (Standing { ordinal, warning: Some(warning), ..standing.clone() }, Some(change))
}

/// The level stays; it may be that something is added.
fn stay(
    standing: &Standing,
    warning: &OpenWarning,
    below_since: Option<Timestamp>,
    adds: Option<Cause>,
) -> (Standing, Option<Transition>) {
    let warning = OpenWarning { below_since, ..warning.clone() };
    match adds {
        Some(cause) => keep_level(standing, warning, Step::Added, cause),
        None => (Standing { warning: Some(warning), ..standing.clone() }, None),
    }
}

/// A step that leaves the level where it is.
pub(super) fn keep_level(
    standing: &Standing,
    warning: OpenWarning,
    step: Step,
    cause: Cause,
) -> (Standing, Option<Transition>) {
    let warning = OpenWarning { sequence: warning.sequence + 1, ..warning };
    let change = Transition {
        step,
        from: warning.level,
        to: warning.level,
        cause,
        warning_id: warning.id,
        sequence: warning.sequence,
        opened_at: warning.opened_at,
        disposition: None,
    };
    (Standing { warning: Some(warning), ..standing.clone() }, Some(change))
}

/// Takes an open warning to another level; [`Level::None`] closes it.
fn move_to(
    standing: &Standing,
    warning: &OpenWarning,
    to: Level,
    as_of: Timestamp,
    cause: Cause,
) -> (Standing, Option<Transition>) {
    let from = warning.level;
    let step = match to {
        Level::None if matches!(cause, Cause::Retraction | Cause::Ruleset | Cause::Verdict) => Step::Withdrawn,
        Level::None => Step::Resolved,
        _ if to > from => Step::Escalated,
        _ => Step::Eased,
    };
    let sequence = warning.sequence + 1;
    let change = Transition {
        step,
        from,
        to,
        cause,
        warning_id: warning.id,
        sequence,
        opened_at: warning.opened_at,
        disposition: None,
    };
    let eased = step == Step::Eased;
    let mut after = standing.clone();
    if to == Level::None {
        PastWarning::remember(&mut after.past, PastWarning::of(warning, as_of));
        after.warning = None;
    } else {
        let warning = warning.clone();
        let moved = OpenWarning { sequence, level: to, level_since: as_of, eased, below_since: None, ..warning };
        after.warning = Some(moved);
    }
    (after, Some(change))
}

#[cfg(test)]
#[path = "lifecycle_tests.rs"]
mod tests;
