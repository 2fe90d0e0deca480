use std::path::Path;

use proptest::prelude::*;
use rstest::rstest;

use super::*;

const OPERATOR: &str = "JY21201030043213";

fn policy() -> Policy {
    let text = include_str!("../../../rules/ruleset.toml");
    Policy::read(Path::new("ruleset.toml"), text).expect("the shipped policy")
}

/// One input: hours since the beginning, score, floor, whether evidence was lost.
type Given = (i64, i64, Level, bool);

fn input(policy: &Policy, (hours, score, floor, lost_evidence): Given) -> LifecycleInput {
    LifecycleInput {
        score,
        raise: 0,
        level: policy.level_of(score).max(floor),
        floor,
        as_of: hour(hours),
        lost_evidence,
        disputed: false,
        ruleset_changed: false,
        adds: None,
        cause: if lost_evidence { Cause::Retraction } else { Cause::Events },
    }
}

fn hour(hours: i64) -> Timestamp {
    Timestamp::from_second(1_772_000_000 + hours * 3_600).expect("in range")
}

/// A transition as (hours, step, from, to, cause).
type Observed = (i64, Step, Level, Level, Cause);

/// Runs judgements one after another.
fn run(policy: &Policy, given: &[Given]) -> (Standing, Vec<Observed>) {
    let mut standing = Standing::default();
    let mut changes = Vec::new();
    for &one in given {
        let (next, change) = advance(policy, OPERATOR, &standing, &input(policy, one));
        standing = next;
        changes.extend(change.map(|change| (one.0, change.step, change.from, change.to, change.cause)));
    }
    (standing, changes)
}

use Cause::{Events, Retraction, Time};
use Level::{Blue, None as Quiet, Orange, Red, Yellow};
use Step::{Added, Eased, Escalated, Opened, Resolved, Withdrawn};

#[rstest]
#[case::quiet_below_the_first_level(&[(0, 19, Quiet, false)], &[])]
#[case::opens_at_the_threshold(&[(0, 20, Quiet, false)], &[(0, Opened, Quiet, Blue, Events)])]
#[case::opens_at_any_level_at_once(&[(0, 5, Red, false)], &[(0, Opened, Quiet, Red, Events)])]
#[case::escalates_at_once(
    &[(0, 20, Quiet, false), (1, 85, Quiet, false)],
    &[(0, Opened, Quiet, Blue, Events), (1, Escalated, Blue, Red, Events)]
)]
#[case::the_same_level_again_says_nothing(&[(0, 45, Quiet, false), (9, 59, Quiet, false)], &[(0, Opened, Quiet, Yellow, Events)])]
#[case::a_score_between_leave_and_enter_holds_for_ever(
    &[(0, 60, Quiet, false), (1, 55, Quiet, false), (500, 55, Quiet, false)],
    &[(0, Opened, Quiet, Orange, Events)]
)]
#[case::below_leave_the_dwell_must_pass(
    &[(0, 60, Quiet, false), (1, 54, Quiet, false), (24, 54, Quiet, false)],
    &[(0, Opened, Quiet, Orange, Events)]
)]
#[case::eased_when_the_dwell_has_passed(
    &[(0, 60, Quiet, false), (1, 54, Quiet, false), (25, 54, Quiet, false)],
    &[(0, Opened, Quiet, Orange, Events), (25, Eased, Orange, Yellow, Time)]
)]
#[case::rising_back_starts_the_dwell_anew(
    &[(0, 60, Quiet, false), (1, 54, Quiet, false), (20, 55, Quiet, false), (21, 54, Quiet, false), (44, 54, Quiet, false), (45, 54, Quiet, false)],
    &[(0, Opened, Quiet, Orange, Events), (45, Eased, Orange, Yellow, Time)]
)]
#[case::a_floor_holds_whatever_the_score(
    &[(0, 35, Orange, false), (1, 0, Orange, false), (100, 0, Orange, false)],
    &[(0, Opened, Quiet, Orange, Events)]
)]
#[case::without_its_floor_the_dwell_begins(
    &[(0, 35, Orange, false), (100, 35, Quiet, false), (124, 35, Quiet, false)],
    &[(0, Opened, Quiet, Orange, Events), (124, Eased, Orange, Yellow, Time)]
)]
#[case::a_lower_floor_catches_the_fall(
    &[(0, 0, Red, false), (1, 0, Yellow, false), (25, 0, Yellow, false)],
    &[(0, Opened, Quiet, Red, Events), (25, Eased, Red, Yellow, Time)]
)]
#[case::from_red_to_where_a_slow_fall_would_rest(
    &[(0, 80, Quiet, false), (1, 57, Quiet, false), (25, 57, Quiet, false)],
    &[(0, Opened, Quiet, Red, Events), (25, Eased, Red, Orange, Time)]
)]
#[case::resolved_when_no_level_holds(
    &[(0, 80, Quiet, false), (1, 14, Quiet, false), (25, 14, Quiet, false)],
    &[(0, Opened, Quiet, Red, Events), (25, Resolved, Red, Quiet, Time)]
)]
#[case::withdrawn_in_the_same_batch(
    &[(0, 60, Quiet, false), (1, 6, Quiet, true)],
    &[(0, Opened, Quiet, Orange, Events), (1, Withdrawn, Orange, Quiet, Retraction)]
)]
#[case::lost_evidence_but_another_reason_remains(
    &[(0, 85, Quiet, false), (1, 45, Quiet, true)],
    &[(0, Opened, Quiet, Red, Events), (1, Eased, Red, Yellow, Retraction)]
)]
#[case::lost_evidence_falls_without_hysteresis(
    &[(0, 60, Quiet, false), (1, 57, Quiet, true)],
    &[(0, Opened, Quiet, Orange, Events), (1, Eased, Orange, Yellow, Retraction)]
)]
#[case::lost_evidence_but_as_high_as_before_changes_nothing(
    &[(0, 60, Quiet, false), (1, 70, Quiet, true)],
    &[(0, Opened, Quiet, Orange, Events)]
)]
#[case::a_correction_that_raises_is_an_event(
    &[(0, 60, Quiet, false), (1, 90, Quiet, true)],
    &[(0, Opened, Quiet, Orange, Events), (1, Escalated, Orange, Red, Events)]
)]
#[case::lost_evidence_without_a_warning_is_nothing(&[(0, 6, Quiet, true)], &[])]
#[case::a_second_warning_opens_after_the_first(
    &[(0, 60, Quiet, false), (1, 6, Quiet, true), (2, 20, Quiet, false)],
    &[(0, Opened, Quiet, Orange, Events), (1, Withdrawn, Orange, Quiet, Retraction), (2, Opened, Quiet, Blue, Events)]
)]
fn the_level_moves(#[case] given: &[Given], #[case] expected: &[Observed]) {
    let (_, changes) = run(&policy(), given);
    assert_eq!(changes, expected);
}

#[test]
fn levels_below_the_opening_one_are_no_warning() {
    let policy = Policy { open_at: Yellow, ..policy() };
    let (standing, changes) =
        run(&policy, &[(0, 39, Quiet, false), (1, 40, Quiet, false), (2, 30, Quiet, false), (26, 30, Quiet, false)]);
    assert_eq!(changes, [(1, Opened, Quiet, Yellow, Events), (26, Resolved, Yellow, Quiet, Time)]);
    assert_eq!((standing.ordinal, standing.warning), (1, None));
    let past: Vec<_> = standing.past.iter().map(|past| (past.opened_at, past.closed_at)).collect();
    assert_eq!(past, [(hour(1), hour(26))]);
}

#[test]
fn a_warning_below_a_raised_opening_level_ends_after_the_dwell() {
    let (blue, _) = run(&policy(), &[(0, 25, Quiet, false)]);
    let stricter = Policy { open_at: Yellow, ..policy() };
    let (waiting, change) = advance(&stricter, OPERATOR, &blue, &input(&stricter, (1, 25, Quiet, false)));
    assert_eq!(change, None);
    let (closed, change) = advance(&stricter, OPERATOR, &waiting, &input(&stricter, (25, 25, Quiet, false)));
    assert_eq!(change.map(|change| change.step), Some(Resolved));
    assert_eq!(closed.warning, None);
}

#[test]
fn without_a_dwell_a_level_falls_at_once() {
    let policy = Policy { dwell: jiff::SignedDuration::ZERO, ..policy() };
    let (_, changes) = run(&policy, &[(0, 60, Quiet, false), (1, 54, Quiet, false)]);
    assert_eq!(changes[1..], [(1, Eased, Orange, Yellow, Time)]);
}

#[test]
fn a_fall_found_at_start_says_so() {
    let policy = policy();
    let (standing, _) = run(&policy, &[(0, 60, Quiet, false), (1, 10, Quiet, false)]);
    let at_start = LifecycleInput { cause: Cause::Start, ..input(&policy, (30, 10, Quiet, false)) };
    let (_, change) = advance(&policy, OPERATOR, &standing, &at_start);
    let change = change.expect("the dwell has passed");
    assert_eq!((change.step, change.cause), (Resolved, Cause::Start));
}

/// Another ruleset, other facts aside: `ruleset_changed`.
fn ruleset_changed(policy: &Policy, given: Given) -> LifecycleInput {
    LifecycleInput { ruleset_changed: true, ..input(policy, given) }
}

#[rstest]
#[case::falls_without_the_dwell_to_where_the_score_rests((1, 40, Quiet, false), Some((Eased, Yellow)))]
#[case::hysteresis_still_counts((1, 55, Quiet, false), None)]
#[case::closed_it_is_withdrawn((1, 10, Quiet, false), Some((Withdrawn, Quiet)))]
#[case::rises_as_ever((1, 85, Quiet, false), Some((Escalated, Red)))]
#[case::a_floor_of_the_new_rules_holds((1, 10, Orange, false), None)]
fn what_the_rules_change_says_so_and_waits_for_nothing(#[case] given: Given, #[case] expected: Option<(Step, Level)>) {
    let policy = policy();
    let (standing, _) = run(&policy, &[(0, 60, Quiet, false)]);
    let (_, change) = advance(&policy, OPERATOR, &standing, &ruleset_changed(&policy, given));
    let cause = change.as_ref().map(|change| change.cause);
    assert_eq!(change.map(|change| (change.step, change.to)), expected);
    assert_eq!(cause, expected.map(|_| Cause::Ruleset));
}

#[test]
fn a_warning_that_only_new_rules_give_opens_by_them() {
    let policy = policy();
    let (_, change) =
        advance(&policy, OPERATOR, &Standing::default(), &ruleset_changed(&policy, (0, 60, Quiet, false)));
    let change = change.expect("it opens");
    assert_eq!((change.step, change.cause), (Opened, Cause::Ruleset));
}

#[rstest]
#[case::above((0, 80, Quiet, false), Direction::Up)]
#[case::held_by_hysteresis((0, 55, Quiet, false), Direction::Steady)]
#[case::below_even_within_the_dwell((0, 54, Quiet, false), Direction::Down)]
fn a_direction_leaves_the_dwell_aside(#[case] given: Given, #[case] expected: Direction) {
    let policy = policy();
    let (standing, _) = run(&policy, &[(0, 60, Quiet, false)]);
    assert_eq!(direction(&policy, &standing, &input(&policy, given)), expected);
    assert_eq!(direction(&policy, &Standing::default(), &input(&policy, (0, 10, Quiet, false))), Direction::Steady);
}

#[test]
fn no_step_moves_the_due_time_by_itself() {
    let policy = policy();
    let (mut standing, _) = run(&policy, &[(0, 60, Quiet, false)]);
    let due = Timestamp::from_second(1_772_100_000).expect("in range");
    let warning = standing.warning.as_mut().expect("open");
    assert_eq!(warning.due_at, None, "left for the caller");
    warning.due_at = Some(due);
    for given in [(1, 45, Quiet, true), (1, 95, Quiet, false)] {
        let (moved, change) = advance(&policy, OPERATOR, &standing, &input(&policy, given));
        assert!(change.is_some());
        assert_eq!(moved.warning.expect("still open").due_at, Some(due));
    }
}

#[rstest]
#[case::the_level_holds((1, 60, Quiet, false), Some((2, Added, Orange)))]
#[case::within_the_dwell((1, 40, Quiet, false), Some((2, Added, Orange)))]
#[case::a_rise_shows_it_anyway((1, 85, Quiet, false), Some((2, Escalated, Red)))]
#[case::a_fall_shows_it_anyway((1, 45, Quiet, true), Some((2, Eased, Yellow)))]
#[case::a_closed_warning_has_nothing_to_add_to((1, 5, Quiet, true), Some((2, Withdrawn, Quiet)))]
fn what_is_added_is_a_step_of_its_own_where_the_level_stays(
    #[case] given: Given,
    #[case] expected: Option<(u64, Step, Level)>,
) {
    let policy = policy();
    let (standing, _) = run(&policy, &[(0, 60, Quiet, false)]);
    let score_input = input(&policy, given);
    let (plain, _) = advance(&policy, OPERATOR, &standing, &score_input);
    let (next, change) = advance(&policy, OPERATOR, &standing, &LifecycleInput { adds: Some(Events), ..score_input });
    assert_eq!(change.as_ref().map(|change| (change.sequence, change.step, change.to)), expected);
    if let Some(Transition { step: Added, from, to, .. }) = change {
        assert_eq!(from, to);
        let sequence = |standing: Standing| standing.warning.map(|open| OpenWarning { sequence: 0, ..open });
        assert_eq!(sequence(next), sequence(plain), "nothing else moves, the dwell neither");
    }
}

#[test]
fn without_a_warning_nothing_is_added() {
    let policy = policy();
    let score_input = LifecycleInput { adds: Some(Events), ..input(&policy, (0, 5, Quiet, false)) };
    assert_eq!(advance(&policy, OPERATOR, &Standing::default(), &score_input), (Standing::default(), None));
}

#[test]
fn a_level_was_reached_by_entering_it_from_below_or_by_holding_where_it_was_eased_to() {
    let policy = policy();
    let warning = |standing: Standing| standing.warning.expect("open");
    let (entered, _) = run(&policy, &[(0, 60, Quiet, false)]);
    let (eased, _) = run(&policy, &[(0, 85, Quiet, false), (1, 57, Quiet, false), (25, 57, Quiet, false)]);
    let (entered, eased) = (warning(entered), warning(eased));
    assert_eq!((entered.level, entered.eased, eased.level, eased.eased), (Orange, false, Orange, true));
    for (score, floor, by_entering, by_holding) in
        [(60, Quiet, true, true), (57, Quiet, false, true), (54, Quiet, false, false), (0, Orange, true, true)]
    {
        let score_input = input(&policy, (0, score, floor, false));
        assert_eq!(is_reached(&policy, &entered, &score_input), by_entering, "{score}");
        assert_eq!(is_reached(&policy, &eased, &score_input), by_holding, "{score}");
        assert_eq!(stands(&policy, &entered, &score_input), by_holding, "{score}");
    }
}

#[test]
fn a_warning_id_never_changes() {
    assert_eq!(warning_id(OPERATOR, 1).to_string(), "667a0479-750f-50be-a4a3-03a1cd2d5193");
    assert_ne!(warning_id(OPERATOR, 1), warning_id(OPERATOR, 2));
    assert_ne!(warning_id("JY1", 11), warning_id("JY11", 1));
}

/// Steps of up to 16 hours; scores crowd around the thresholds.
fn history() -> impl Strategy<Value = Vec<Given>> {
    let score =
        prop_oneof![0_i64..=100, prop::sample::select(vec![14, 15, 19, 20, 34, 35, 40, 54, 55, 60, 74, 75, 80])];
    let floor = prop_oneof![8 => Just(Quiet), 2 => prop::sample::select(Level::ALL.to_vec())];
    prop::collection::vec((0_i64..16, score, floor, prop::bool::weighted(0.1)), 1..80).prop_map(|steps| {
        let mut hours = 0;
        let mut put = |(later, score, floor, lost_evidence)| {
            hours += later;
            (hours, score, floor, lost_evidence)
        };
        steps.into_iter().map(&mut put).collect()
    })
}

/// Since when the newest judgements, up to `now`, have all been below `level`: found by looking back over the history
/// since the level was taken, not by what the lifecycle remembers.
fn below_since(policy: &Policy, past: &[Given], level: Level) -> Option<i64> {
    let leave = policy.threshold(level).expect("a warning level").leave;
    let below = past.iter().rev().take_while(|(_, score, floor, _)| *score < leave && *floor < level);
    below.last().map(|(hours, ..)| *hours)
}

proptest! {
    /// I7: levels rise at once and fall by the rules alone, for every history.
    #[test]
    fn i7_levels_rise_at_once_and_fall_only_by_the_rules(history in history()) {
        let policy = policy();
        let mut standing = Standing::default();
        // Judgements since the present level was taken, the one that took it included.
        let mut taken_at = 0;
        for (index, &given) in history.iter().enumerate() {
            let level = input(&policy, given).level;
            let before = standing.warning.as_ref().map_or(Quiet, |warning| warning.level);
            let (next, change) = advance(&policy, OPERATOR, &standing, &input(&policy, given));
            let after = next.warning.as_ref().map_or(Quiet, |warning| warning.level);

            prop_assert_eq!(change.is_some(), before != after);
            prop_assert!(after >= level, "never below what score and floors give");
            prop_assert!(after <= before.max(level), "never above what any rule gave");
            let (hours, score, floor, lost_evidence) = given;
            if before > Quiet {
                let since = below_since(&policy, &history[taken_at..=index], before);
                let waited = since.is_some_and(|since| hours - since >= 24);
                let may_fall = level < before && (lost_evidence || waited);
                prop_assert_eq!(after < before, may_fall, "falls exactly when it may");
            }
            if let Some(change) = change {
                taken_at = index;
                prop_assert_eq!((change.from, change.to), (before, after));
                let step = match (before, after) {
                    (Quiet, _) => Opened,
                    (_, Quiet) if lost_evidence => Withdrawn,
                    (_, Quiet) => Resolved,
                    _ if after > before => Escalated,
                    _ => Eased,
                };
                prop_assert_eq!(change.step, step);
                prop_assert_eq!(change.cause == Retraction, after < before && lost_evidence);
                if after < before && lost_evidence {
                    prop_assert_eq!(after, level);
                }
                if after < before && !lost_evidence {
                    for between in Level::ALL.into_iter().filter(|one| *one > after && *one < before) {
                        let leave = policy.threshold(between).expect("a warning level").leave;
                        prop_assert!(score < leave && floor < between, "falls no further than it must");
                    }
                }
            }
            standing = next;
        }
    }

    /// I7: what leaves is one gapless sequence a warning, one warning at a time, numbered from 1.
    #[test]
    fn i7_sequences_have_no_gaps_and_one_warning_is_open_at_most(history in history()) {
        let policy = policy();
        let mut standing = Standing::default();
        let mut open: Option<(Uuid, u64)> = None;
        let mut opened = 0;
        for &given in &history {
            let (next, change) = advance(&policy, OPERATOR, &standing, &input(&policy, given));
            if let Some(change) = change {
                if change.step == Opened {
                    opened += 1;
                    prop_assert_eq!(open, None, "the last one is closed");
                    prop_assert_eq!(change.warning_id, warning_id(OPERATOR, opened));
                    prop_assert_eq!(change.sequence, 1);
                } else {
                    let (id, sequence) = open.expect("an open warning");
                    prop_assert_eq!((change.warning_id, change.sequence), (id, sequence + 1));
                }
                let closed = matches!(change.step, Resolved | Withdrawn);
                open = (!closed).then_some((change.warning_id, change.sequence));
            }
            prop_assert_eq!(next.warning.as_ref().map(|warning| (warning.id, warning.sequence)), open);
            prop_assert_eq!(next.ordinal, opened);
            standing = next;
        }
    }

    /// I7: a function of what was committed: stopping and restoring between any two batches changes nothing.
    #[test]
    fn i7_a_restored_standing_goes_on_as_if_never_stopped(history in history()) {
        let policy = policy();
        let (mut kept, mut restored) = (Standing::default(), Standing::default());
        for &given in &history {
            let text = serde_json::to_string(&restored).expect("a standing is JSON");
            restored = serde_json::from_str(&text).expect("and reads back");
            let input = input(&policy, given);
            let (next, change) = advance(&policy, OPERATOR, &kept, &input);
            let (again, same_change) = advance(&policy, OPERATOR, &restored, &input);
            prop_assert_eq!(&next, &again);
            prop_assert_eq!(change, same_change);
            (kept, restored) = (next, again);
        }
    }
}

#[test]
fn a_raised_level_has_the_thresholds_of_the_level_that_the_score_reaches() {
    let policy = policy();
    let raised = |hours, score| {
        let level = policy.level_of(score).raised(1);
        LifecycleInput { raise: 1, level, ..input(&policy, (hours, score, Quiet, false)) }
    };
    let mut standing = Standing::default();
    let mut steps = Vec::new();
    // 20 opens blue, which is raised to yellow; 15 holds it, 14 does not, and after the dwell there is none.
    for given in [(0, 19), (1, 20), (2, 15), (90, 15), (91, 14), (115, 14), (116, 40)] {
        let (next, change) = advance(&policy, OPERATOR, &standing, &raised(given.0, given.1));
        standing = next;
        steps.extend(change.map(|change| (given.0, change.step, change.to)));
    }
    assert_eq!(steps, [(1, Opened, Yellow), (115, Resolved, Quiet), (116, Opened, Orange)]);
    // What raised it is gone: by its own thresholds 40 is yellow.
    let plain = |hours| input(&policy, (hours, 40, Quiet, false));
    let (held, _) = advance(&policy, OPERATOR, &standing, &plain(117));
    let (eased, change) = advance(&policy, OPERATOR, &held, &plain(141));
    assert_eq!((change.map(|change| change.step), eased.level()), (Some(Eased), Yellow));
}
