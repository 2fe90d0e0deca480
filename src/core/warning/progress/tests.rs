//! Handling moves as the office works: by who may, from the states that allow it, and in time.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::rule::{Deadline, Level};
use crate::warning::handling::{
    Answer, Clock, Clocks, EventKey, EvidenceKey, Handling, HandlingAction, HandlingState, MAX_RECEIPTS, MAX_STEPS,
    Measure, NotPermitted, SeenEvents, Verdict,
};
use crate::warning::lifecycle::warning_id;
use crate::warning::routing::{Assignment, Post, PostKind};
use crate::warning::standing::OpenWarning;

const OPERATOR: &str = "JY21201030043213";
/// From the lowest post to the highest.
const LADDER: [&str; 4] = ["grid", "community", "station", "district"];

fn at(minute: i64) -> Timestamp {
    let red = "2026-03-02T18:21:00Z".parse::<Timestamp>().expect("a time");
    red + SignedDuration::from_mins(minute)
}

fn policy() -> HandlingPolicy {
    use HandlingAction as A;
    let of = |role: &str, actions: &[A]| {
        actions.iter().map(|action| (*action, BTreeSet::from([role.to_owned()]))).collect::<Vec<_>>()
    };
    let officer = of("officer", &[A::Acknowledged, A::InProgress, A::Answered, A::ExtensionAsked, A::Transferred]);
    let head =
        of("head", &[A::Reviewed, A::Closed, A::ExtensionGranted, A::ExtensionRefused, A::Returned, A::Reopened]);
    HandlingPolicy {
        acknowledge: [(Level::Yellow, Deadline::Minutes(120)), (Level::Red, Deadline::Minutes(15))].into(),
        act: [(Level::Red, Deadline::Minutes(120))].into(),
        rung: [(Level::Yellow, Deadline::Minutes(60)), (Level::Red, Deadline::Minutes(30))].into(),
        clock_rules: Vec::new(),
        roles: officer.into_iter().chain(head).collect(),
        dispute: Deadline::Minutes(30 * 24 * 60),
        version_1_role: "officer".to_owned(),
    }
}

/// One post of each kind of the ladder. At the district nobody is an officer.
fn routing() -> Routing {
    let kind = |place: usize| PostKind {
        title: title(LADDER[place]),
        each: Vec::new(),
        only: None,
        roles: if place == 3 { ["head".to_owned()].into() } else { ["officer".to_owned(), "head".to_owned()].into() },
        above: LADDER.get(place + 1).map(|above| (*above).to_owned()),
    };
    let other = PostKind { above: None, ..kind(0) };
    let posts = (0..4).map(|place| (LADDER[place].to_owned(), kind(place)));
    Routing { posts: posts.chain([("elsewhere".to_owned(), other)]).collect(), ..Routing::default() }
}

fn title(id: &str) -> yujing_base::language::Bilingual {
    yujing_base::language::Bilingual::new(id, id)
}

fn post(id: &str) -> Post {
    Post { id: id.to_owned(), title: title(id) }
}

/// An assignment that starts at a rung.
fn assignment(rung: usize) -> Assignment {
    let ladder = LADDER[rung + 1..].iter().map(|id| post(id)).collect();
    Assignment { assignee: post(LADDER[rung]), ladder, copies: Vec::new(), unrouted: false }
}

/// What the tests act on: the rules, and one operator.
struct Office {
    policy: HandlingPolicy,
    routing: Routing,
    calendar: Calendar,
    facts: OperatorFacts,
}

impl Office {
    fn new() -> Self {
        Self { policy: policy(), routing: routing(), calendar: Calendar::default(), facts: OperatorFacts::default() }
    }

    fn clocks(&self, level: Level) -> Clocks {
        let of = |clock: &std::collections::BTreeMap<Level, Deadline>| clock.get(&level).copied();
        Clocks { acknowledge: of(&self.policy.acknowledge), act: of(&self.policy.act) }
    }

    /// A red warning of the grid, opened now.
    fn red(&self) -> Standing {
        let mut warning = OpenWarning {
            id: warning_id(OPERATOR, 2),
            sequence: 1,
            level: Level::Red,
            highest: Level::Red,
            opened_at: at(0),
            level_since: at(0),
            eased: false,
            below_since: None,
            due_at: None,
            due_provisional: None,
            was_overdue: false,
            named: Some(Arc::new(["rodents".to_owned(), "illness".to_owned()].into())),
            handling: None,
        };
        warning.assign(Step::Opened, assignment(0), self.clocks(Level::Red), &self.calendar, at(0));
        Standing { ordinal: 2, warning: Some(warning), ..Standing::default() }
    }

    fn context(&self) -> HandlingContext<'_> {
        HandlingContext {
            policy: &self.policy,
            routing: &self.routing,
            calendar: &self.calendar,
            facts: &self.facts,
            clocks: self.clocks(Level::Red),
        }
    }

    fn ruling(&self, standing: &Standing, given: &Disposition) -> Result<Ruling, NotPermitted> {
        standing.rule_on(given, &self.policy, &self.routing)
    }

    /// Does what may be done, as the engine does.
    fn answered(&self, standing: &Standing, given: &Disposition) -> Standing {
        assert_eq!(self.ruling(standing, given), Ok(Ruling::Applies), "{given:?}");
        handle(standing, given, grounds(), &self.context(), given.at).0
    }

    fn passed(&self, standing: &Standing, minute: i64) -> (Standing, Option<Transition>) {
        pass_time(standing, &self.policy, &self.calendar, at(minute))
    }

    /// The warning after these actions, one a minute.
    fn after(&self, actions: &[HandlingAction]) -> Standing {
        let done = actions.iter().zip(1..);
        done.fold(self.red(), |standing, (action, minute)| self.answered(&standing, &done_at(*action, minute)))
    }
}

fn grounds() -> Vec<Ground> {
    let seen = SeenEvents::of([(at(0), EvidenceKey::new("camera-alerts", "p", "1"))]);
    vec![Ground { rule: "rodents".to_owned(), seen }]
}

fn role_of(action: HandlingAction) -> &'static str {
    if policy().roles.get(&action).is_some_and(|roles| roles.contains("head")) { "head" } else { "officer" }
}

/// Done at the grid by who may, with what the action needs.
fn done_at(action: HandlingAction, minute: i64) -> Disposition {
    let answer = Answer {
        warning_id: warning_id(OPERATOR, 2),
        action,
        role: Some(role_of(action).to_owned()),
        post: Some("grid".to_owned()),
        verdict: (action == HandlingAction::Answered).then_some(Verdict::Unfounded),
        measures: Vec::new(),
        findings: Vec::new(),
        extend_to: (action == HandlingAction::ExtensionAsked).then(|| at(600)),
        transfer_to: (action == HandlingAction::Transferred).then(|| "station".to_owned()),
    };
    Disposition {
        operator_id: OPERATOR.into(),
        event: EventKey { publisher: "officer-app".to_owned(), event_id: format!("{action:?} {minute}") },
        revision: 1,
        at: at(minute),
        answer: Some(answer),
        attachments: Vec::new(),
        channel: None,
        sequence: None,
    }
}

/// The same with another answer.
fn but(mut given: Disposition, change: impl FnOnce(&mut Answer)) -> Disposition {
    change(given.answer.as_mut().expect("an answer"));
    given
}

fn retracted(given: &Disposition) -> Disposition {
    Disposition { revision: given.revision + 1, answer: None, ..given.clone() }
}

fn warning(standing: &Standing) -> &OpenWarning {
    standing.warning.as_ref().expect("open")
}

fn handling(standing: &Standing) -> &Handling {
    warning(standing).handling.as_ref().expect("handled")
}

fn assignee(standing: &Standing) -> &str {
    &handling(standing).assignee.id
}

#[test]
fn a_warning_goes_from_new_to_closed() {
    use HandlingAction as A;
    let office = Office::new();
    let way = [A::Acknowledged, A::InProgress, A::Answered, A::Reviewed, A::Closed];
    let reached = [
        HandlingState::Acknowledged,
        HandlingState::InProgress,
        HandlingState::Answered,
        HandlingState::Reviewed,
        HandlingState::Closed,
    ];
    let mut standing = office.red();
    assert_eq!(handling(&standing).state, HandlingState::New);
    for ((action, state), minute) in way.into_iter().zip(reached).zip(1..) {
        let given = done_at(action, minute);
        let (next, step) = handle(&standing, &given, grounds(), &office.context(), at(minute));
        let step = step.expect("a step of its own");
        assert_eq!(
            (step.step, step.cause, step.from, step.to),
            (Step::Handled, Cause::Disposition, Level::Red, Level::Red)
        );
        assert_eq!((step.sequence, step.disposition.as_deref()), (warning(&standing).sequence + 1, Some(&given)));
        assert_eq!((handling(&next).state, handling(&next).since), (state, at(minute)));
        standing = next;
    }
    assert_eq!(handling(&standing).steps.len(), 5);
    assert_eq!(warning(&standing).next_overdue(), None, "nobody is waited for");
}

/// Which actions a state lets follow.
#[rstest]
#[case(&[], "acknowledged in_progress answered transferred")]
#[case(&[HandlingAction::Acknowledged], "in_progress answered extension_asked transferred")]
#[case(&[HandlingAction::InProgress], "answered extension_asked transferred")]
#[case(&[HandlingAction::Acknowledged, HandlingAction::ExtensionAsked],
    "in_progress answered extension_asked extension_granted extension_refused transferred")]
#[case(&[HandlingAction::Answered], "reviewed returned reopened")]
#[case(&[HandlingAction::Answered, HandlingAction::Returned], "answered extension_asked transferred")]
#[case(&[HandlingAction::Answered, HandlingAction::Reviewed], "closed reopened")]
#[case(&[HandlingAction::Answered, HandlingAction::Reviewed, HandlingAction::Closed], "reopened")]
#[case(&[HandlingAction::Answered, HandlingAction::Reopened], "acknowledged in_progress answered transferred")]
fn a_state_allows_these_steps(#[case] before: &[HandlingAction], #[case] allowed: &str) {
    let office = Office::new();
    let standing = office.after(before);
    let may = |action: &HandlingAction| {
        *action != HandlingAction::Delivered && office.ruling(&standing, &done_at(*action, 30)) == Ok(Ruling::Applies)
    };
    let found: BTreeSet<_> =
        HandlingAction::ALL.iter().filter(|action| may(action)).map(|action| action.as_str()).collect();
    assert_eq!(found, allowed.split(' ').collect());
    assert_eq!(office.ruling(&standing, &done_at(HandlingAction::Delivered, 30)), Ok(Ruling::Applies), "anywhere");
}

#[rstest]
#[case::twice(&[HandlingAction::Acknowledged], done_at(HandlingAction::Acknowledged, 5), "wrong_state")]
#[case::before_it_opened(&[], done_at(HandlingAction::Acknowledged, -2), "before_opened")]
#[case::a_role_that_may_not(&[], but(done_at(HandlingAction::Acknowledged, 5), |it| it.role = Some("head".into())), "role_may_not")]
#[case::an_unknown_role(&[], but(done_at(HandlingAction::Acknowledged, 5), |it| it.role = Some("cook".into())), "role_may_not")]
#[case::review_by_who_answered(&[HandlingAction::Answered],
    but(done_at(HandlingAction::Reviewed, 5), |it| it.role = Some("officer".into())), "role_may_not")]
#[case::no_post(&[], but(done_at(HandlingAction::Acknowledged, 5), |it| it.post = None), "no_post")]
#[case::a_post_that_does_not_exist(&[], but(done_at(HandlingAction::Acknowledged, 5), |it| it.post = Some("moon".into())), "unknown_post")]
#[case::a_foreign_post(&[], but(done_at(HandlingAction::Acknowledged, 5), |it| it.post = Some("elsewhere".into())), "foreign_post")]
#[case::a_role_of_another_post(&[], but(done_at(HandlingAction::Acknowledged, 5), |it| it.post = Some("district".into())), "role_not_of_post")]
#[case::no_verdict(&[], but(done_at(HandlingAction::Answered, 5), |it| it.verdict = None), "no_verdict")]
#[case::a_finding_that_is_not_there(&[], but(done_at(HandlingAction::Answered, 5), |it| it.findings = vec!["labels".into()]), "unknown_finding")]
#[case::an_extension_nobody_asked_for(&[HandlingAction::Acknowledged], done_at(HandlingAction::ExtensionGranted, 5), "extension_not_asked")]
#[case::an_extension_without_an_end(&[HandlingAction::Acknowledged],
    but(done_at(HandlingAction::ExtensionAsked, 5), |it| it.extend_to = None), "extension_not_later")]
#[case::an_extension_that_ends_sooner(&[HandlingAction::Acknowledged],
    but(done_at(HandlingAction::ExtensionAsked, 5), |it| it.extend_to = Some(at(120))), "extension_not_later")]
#[case::a_transfer_to_nobody(&[], but(done_at(HandlingAction::Transferred, 5), |it| it.transfer_to = None), "no_transfer")]
#[case::a_transfer_to_who_has_it(&[], but(done_at(HandlingAction::Transferred, 5), |it| it.transfer_to = Some("grid".into())), "no_transfer")]
#[case::a_transfer_to_no_post(&[], but(done_at(HandlingAction::Transferred, 5), |it| it.transfer_to = Some("moon".into())), "unknown_post")]
#[case::a_warning_that_never_was(&[], but(done_at(HandlingAction::Acknowledged, 5), |it| it.warning_id = warning_id(OPERATOR, 3)), "unknown_warning")]
#[case::anothers_warning(&[], but(done_at(HandlingAction::Acknowledged, 5), |it| it.warning_id = warning_id("JY2", 2)), "unknown_warning")]
fn what_may_not_be_is_refused_with_its_reason(
    #[case] before: &[HandlingAction],
    #[case] given: Disposition,
    #[case] code: &str,
) {
    let office = Office::new();
    let refused = office.ruling(&office.after(before), &given).expect_err("refused");
    assert_eq!(refused.code(), code);
    assert!(NotPermitted::CODES.contains(&code), "a metric has it");
    assert!(!refused.reason().zh.is_empty() && !refused.reason().en.is_empty());
}

#[test]
fn an_answer_to_an_earlier_warning_is_late_and_moves_nothing() {
    let office = Office::new();
    let given = but(done_at(HandlingAction::Acknowledged, 5), |it| it.warning_id = warning_id(OPERATOR, 1));
    assert_eq!(office.ruling(&office.red(), &given), Ok(Ruling::Late));
    let (after, step) = handle(&office.red(), &given, Vec::new(), &office.context(), at(5));
    assert_eq!((after, step), (office.red(), None));
    let closed = Standing { warning: None, ..office.red() };
    assert_eq!(
        office.ruling(&closed, &done_at(HandlingAction::Acknowledged, 5)),
        Ok(Ruling::Late),
        "it has just closed"
    );
}

#[test]
fn an_answer_of_version_1_has_the_role_that_the_policy_names() {
    let office = Office::new();
    let given = |action| but(done_at(action, 5), |it| (it.role, it.post) = (None, None));
    assert_eq!(office.ruling(&office.red(), &given(HandlingAction::Acknowledged)), Ok(Ruling::Applies));
    let refused = office.ruling(&office.after(&[HandlingAction::Answered]), &given(HandlingAction::Reviewed));
    assert_eq!(refused.expect_err("an officer reviews nothing").code(), "role_may_not");
}

#[test]
fn a_clock_may_lag_a_little_behind_the_engines() {
    let office = Office::new();
    let given = Disposition { at: at(0) - SignedDuration::from_secs(30), ..done_at(HandlingAction::Acknowledged, 0) };
    assert_eq!(office.ruling(&office.red(), &given), Ok(Ruling::Applies));
}

#[test]
fn a_receipt_is_kept_and_is_no_step() {
    let office = Office::new();
    let mut standing = office.red();
    for number in 1..=40 {
        let given = Disposition {
            sequence: Some(number),
            channel: Some("wecom".into()),
            ..done_at(HandlingAction::Delivered, 1)
        };
        let (next, step) = handle(&standing, &given, Vec::new(), &office.context(), at(1));
        assert_eq!((step, warning(&next).sequence, handling(&next).state), (None, 1, HandlingState::New));
        standing = next;
    }
    let receipts = &handling(&standing).receipts;
    assert_eq!(receipts.len(), MAX_RECEIPTS);
    assert_eq!(receipts.last().and_then(|receipt| receipt.sequence), Some(40), "the newest are kept");
}

#[test]
fn nobody_acknowledges_and_it_goes_up_the_ladder_to_the_minute() {
    let office = Office::new();
    let standing = office.red();
    assert_eq!(warning(&standing).next_overdue(), Some(at(15)));
    assert_eq!(office.passed(&standing, 14).1, None);

    let (standing, step) = office.passed(&standing, 15);
    let step = step.expect("overdue");
    assert_eq!((step.step, step.cause, step.sequence), (Step::Overdue, Cause::Time, 2));
    assert_eq!((assignee(&standing), warning(&standing).next_overdue()), ("community", Some(at(45))));
    let overdue = handling(&standing).overdue.expect("overdue");
    assert_eq!((overdue.clock, overdue.since, overdue.times), (Clock::Acknowledge, at(15), 1));

    let (standing, _) = office.passed(&standing, 45);
    let (standing, _) = office.passed(&standing, 75);
    let overdue = handling(&standing).overdue.expect("overdue");
    assert_eq!((assignee(&standing), overdue.since, overdue.times, overdue.next), ("district", at(15), 3, None));
    assert_eq!(warning(&standing).next_overdue(), Some(at(120)), "the time to act is left");

    let (standing, _) = office.passed(&standing, 120);
    let overdue = handling(&standing).overdue.expect("overdue");
    assert_eq!(
        (assignee(&standing), overdue.clock, overdue.since, overdue.next),
        ("district", Clock::Act, at(120), None)
    );
    assert_eq!(warning(&standing).next_overdue(), None, "above the top there is nobody");
}

#[test]
fn a_clock_that_is_looked_at_late_has_passed_at_its_own_time() {
    let office = Office::new();
    let (mut late, mut exact) = (office.red(), office.red());
    for minute in [15, 45, 75, 120] {
        late = office.passed(&late, 500).0;
        exact = office.passed(&exact, minute).0;
    }
    assert_eq!(late, exact);
    assert_eq!(office.passed(&late, 500).1, None);
}

#[test]
fn acknowledging_stops_one_clock_and_answering_the_other() {
    let office = Office::new();
    let (overdue, _) = office.passed(&office.red(), 15);
    let taken = office.answered(&overdue, &done_at(HandlingAction::Acknowledged, 20));
    assert_eq!((handling(&taken).overdue, warning(&taken).next_overdue()), (None, Some(at(120))));
    assert_eq!(assignee(&taken), "community", "it stays where it went");
    let (overdue, _) = office.passed(&taken, 120);
    assert_eq!((assignee(&overdue), handling(&overdue).state), ("station", HandlingState::Acknowledged));
    let answered = office.answered(&overdue, &done_at(HandlingAction::Answered, 130));
    assert_eq!((handling(&answered).overdue, warning(&answered).next_overdue()), (None, None));
    let returned = office.answered(&answered, &done_at(HandlingAction::Returned, 140));
    let (late, _) = office.passed(&returned, 140);
    assert_eq!(assignee(&late), "district", "what was not enough did not stop the clock");
}

#[test]
fn only_a_granted_extension_puts_the_time_to_act_off() {
    use HandlingAction as A;
    let office = Office::new();
    let asked = office.after(&[A::Acknowledged, A::ExtensionAsked]);
    assert_eq!(warning(&asked).due_at, Some(at(120)));
    let (overdue, _) = office.passed(&asked, 120);
    let refused = office.answered(&overdue, &done_at(A::ExtensionRefused, 125));
    assert_eq!(warning(&refused).due_at, Some(at(120)));
    assert!(handling(&refused).overdue.is_some() && handling(&refused).extension.expect("asked").asked.is_none());
    let granted = office.answered(&overdue, &done_at(A::ExtensionGranted, 125));
    assert_eq!((warning(&granted).due_at, handling(&granted).overdue), (Some(at(600)), None));
    assert_eq!(handling(&granted).extension.expect("granted").granted, Some(at(600)));
    let shorter = but(done_at(A::ExtensionGranted, 125), |it| it.extend_to = Some(at(200)));
    assert_eq!(warning(&office.answered(&overdue, &shorter)).due_at, Some(at(200)), "another time than was asked for");
}

#[test]
fn a_transferred_warning_is_new_elsewhere_and_due_as_before() {
    let office = Office::new();
    let standing = office.after(&[HandlingAction::Acknowledged, HandlingAction::Transferred]);
    let now = handling(&standing);
    assert_eq!(
        (now.state, now.acknowledge_by, warning(&standing).due_at),
        (HandlingState::New, Some(at(17)), Some(at(120)))
    );
    assert_eq!((assignee(&standing), now.ladder.len(), now.passed[0].id.as_str()), ("station", 1, "grid"));
}

#[test]
fn the_newest_step_can_be_taken_back_and_put_right() {
    use HandlingAction as A;
    let office = Office::new();
    let (before, given) = (office.after(&[A::Acknowledged]), done_at(A::Answered, 5));
    let answered = office.answered(&before, &given);
    let back = office.answered(&answered, &retracted(&given));
    let as_before = OpenWarning { sequence: 4, ..warning(&before).clone() };
    let mut now = warning(&back).clone();
    now.handling.as_mut().expect("handled").to_mut().before =
        warning(&before).handling.as_ref().expect("handled").before.clone();
    assert_eq!(now, as_before, "all but the number of its events");
    assert_eq!(warning(&answered).sequence, 3);

    let corrected = but(Disposition { revision: 2, ..given.clone() }, |it| it.verdict = Some(Verdict::Confirmed));
    let right = office.answered(&answered, &corrected);
    assert_eq!((handling(&right).state, handling(&right).verdict), (HandlingState::Answered, Some(Verdict::Confirmed)));
    assert_eq!(handling(&right).steps.len(), 2, "it stands for the one that it corrects");
    let wrong = but(Disposition { revision: 2, ..given }, |it| it.action = A::Reviewed);
    assert_eq!(office.ruling(&answered, &wrong).expect_err("refused").code(), "role_may_not");
}

#[test]
fn an_older_step_stands() {
    use HandlingAction as A;
    let office = Office::new();
    let standing = office.after(&[A::Acknowledged, A::InProgress]);
    let first = done_at(A::Acknowledged, 1);
    assert_eq!(office.ruling(&standing, &retracted(&first)).expect_err("refused").code(), "not_newest");
    let words = Disposition { revision: 2, channel: Some("other".into()), ..first };
    assert_eq!(office.ruling(&standing, &words), Ok(Ruling::Noted));
    let unknown = retracted(&done_at(A::Acknowledged, 9));
    assert_eq!(office.ruling(&standing, &unknown), Ok(Ruling::Late), "nothing to take back");
}

#[test]
fn what_evidence_has_moved_since_is_not_taken_back() {
    let office = Office::new();
    let given = done_at(HandlingAction::Acknowledged, 5);
    let mut standing = office.answered(&office.red(), &given);
    let open = standing.warning.as_mut().expect("open");
    open.assign(Step::Added, assignment(0), office.clocks(Level::Red), &office.calendar, at(10));
    assert_eq!(office.ruling(&standing, &retracted(&given)).expect_err("refused").code(), "not_newest");
}

#[test]
fn a_higher_level_is_acknowledged_again_and_nothing_is_put_off() {
    let office = Office::new();
    let escalate = |standing: &Standing, rung: usize, minute: i64| {
        let mut standing = standing.clone();
        let open = standing.warning.as_mut().expect("open");
        open.assign(Step::Escalated, assignment(rung), office.clocks(Level::Red), &office.calendar, at(minute));
        standing
    };
    let still_new = escalate(&office.red(), 0, 10);
    assert_eq!(handling(&still_new).acknowledge_by, Some(at(15)));
    let taken = office.after(&[HandlingAction::Acknowledged]);
    let risen = escalate(&taken, 0, 10);
    assert_eq!((handling(&risen).state, handling(&risen).acknowledge_by), (HandlingState::New, Some(at(25))));
    assert_eq!(warning(&risen).due_at, Some(at(120)));
    let at_work = escalate(&office.after(&[HandlingAction::InProgress]), 0, 10);
    assert_eq!(handling(&at_work).state, HandlingState::InProgress, "who is at work hears of it");
    let higher = escalate(&office.after(&[HandlingAction::InProgress]), 2, 10);
    assert_eq!((assignee(&higher), handling(&higher).state), ("station", HandlingState::New));
    let (overdue, _) = office.passed(&office.red(), 15);
    assert_eq!(assignee(&escalate(&overdue, 0, 16)), "community", "it does not go down again");
}

#[test]
fn new_evidence_after_an_answer_takes_the_warning_up_again() {
    use HandlingAction as A;
    let office = Office::new();
    for way in [&[A::Answered][..], &[A::Answered, A::Reviewed], &[A::Answered, A::Reviewed, A::Closed]] {
        let mut standing = office.after(way);
        let open = standing.warning.as_mut().expect("open");
        open.assign(Step::Added, assignment(0), office.clocks(Level::Red), &office.calendar, at(500));
        let now = handling(&standing);
        assert_eq!(
            (now.state, now.reopened, now.verdict, now.acknowledge_by),
            (HandlingState::New, 1, None, Some(at(515)))
        );
        assert_eq!(warning(&standing).due_at, Some(at(620)), "what was due has been done");
        assert_eq!(now.steps.len(), way.len(), "what people did is not forgotten");
    }
}

#[test]
fn a_reviewed_verdict_takes_weight_from_the_findings_and_a_withdrawn_one_gives_it_back() {
    use HandlingAction as A;
    let office = Office::new();
    let answered = office.after(&[A::Answered]);
    assert!(answered.disputes.is_empty(), "nobody has reviewed it");
    let review = done_at(A::Reviewed, 2);
    let reviewed = office.answered(&answered, &review);
    let dispute = &reviewed.disputes[0];
    assert_eq!((dispute.ground.rule.as_str(), dispute.at, dispute.until), ("rodents", at(2), at(2 + 30 * 24 * 60)));
    assert!(office.answered(&reviewed, &retracted(&review)).disputes.is_empty());
    assert!(office.answered(&reviewed, &done_at(A::Reopened, 3)).disputes.is_empty());

    let closed = Standing { warning: None, ..reviewed };
    let words = Disposition { revision: 2, ..review.clone() };
    assert_eq!(office.ruling(&closed, &words), Ok(Ruling::Late), "it says the same");
    for event in [retracted(&review), retracted(&done_at(A::Answered, 1))] {
        let (after, step) = handle(&closed, &event, Vec::new(), &office.context(), at(9));
        assert_eq!(office.ruling(&closed, &event), Ok(Ruling::Applies));
        assert!(after.disputes.is_empty() && step.is_none());
    }
    let confirmed = but(done_at(A::Answered, 1), |it| it.verdict = Some(Verdict::Confirmed));
    let confirmed = Disposition { revision: 2, ..confirmed };
    assert!(handle(&closed, &confirmed, Vec::new(), &office.context(), at(9)).0.disputes.is_empty());
}

#[test]
fn a_verdict_that_confirms_takes_nothing() {
    use HandlingAction as A;
    let office = Office::new();
    for verdict in [Verdict::Confirmed, Verdict::Partly] {
        let given = but(done_at(A::Answered, 1), |it| {
            (it.verdict, it.measures) = (Some(verdict), vec![Measure::WrittenOrder]);
        });
        let reviewed = office.answered(&office.answered(&office.red(), &given), &done_at(A::Reviewed, 2));
        assert!(reviewed.disputes.is_empty());
        assert_eq!(handling(&reviewed).measures, [Measure::WrittenOrder]);
    }
}

/// What may happen next in a history: an action, evidence, or time.
#[derive(Debug, Clone)]
enum Happening {
    Does(HandlingAction, usize, bool),
    TakesBack,
    Evidence(Step, usize),
    Passes,
}

fn happening() -> impl Strategy<Value = Happening> {
    let action = prop::sample::select(HandlingAction::ALL.to_vec());
    prop_oneof![
        8 => (action, 0..4_usize, any::<bool>()).prop_map(|(action, rung, other)| Happening::Does(action, rung, other)),
        1 => Just(Happening::TakesBack),
        1 => (prop::sample::select(vec![Step::Escalated, Step::Added]), 0..4_usize)
            .prop_map(|(step, rung)| Happening::Evidence(step, rung)),
        3 => Just(Happening::Passes),
    ]
}

proptest! {
    /// I7: events have no gaps in their sequence, the time to act moves later only where it was granted or starts anew,
    /// clocks come to an end, and everything stays within its bounds.
    #[test]
    fn i7_handling_moves_without_gaps_and_never_puts_off_what_is_due(
        history in prop::collection::vec((happening(), 1..90_i64), 0..90),
    ) {
        let office = Office::new();
        let mut standing = office.red();
        let mut minute = 1;
        let mut last: Option<Disposition> = None;
        for (happening, later) in history {
            minute += later;
            let before = standing.clone();
            let (due, state) = (warning(&before).due_at, handling(&before).state);
            let mut may_put_off = false;
            match happening {
                Happening::Does(action, rung, is_officer) => {
                    let given = but(done_at(action, minute), |it| {
                        it.post = Some(LADDER[rung].to_owned());
                        it.role = Some(if is_officer { "officer" } else { "head" }.to_owned());
                        it.extend_to = it.extend_to.map(|_| at(minute + 300));
                    });
                    if office.ruling(&standing, &given) == Ok(Ruling::Applies) {
                        standing = handle(&standing, &given, grounds(), &office.context(), at(minute)).0;
                        may_put_off = action == HandlingAction::ExtensionGranted;
                        last = Some(given).filter(|_| action != HandlingAction::Delivered).or(last);
                    }
                }
                Happening::TakesBack => {
                    let Some(given) = last.take().map(|given| retracted(&given)) else { continue };
                    if office.ruling(&standing, &given) == Ok(Ruling::Applies) {
                        standing = handle(&standing, &given, Vec::new(), &office.context(), at(minute)).0;
                        prop_assert!(handling(&standing).step_of(&given.event).is_none());
                    }
                }
                Happening::Evidence(step, rung) => {
                    let open = standing.warning.as_mut().expect("open");
                    open.assign(step, assignment(rung), office.clocks(Level::Red), &office.calendar, at(minute));
                    open.sequence += 1;
                    may_put_off = !state.is_waiting();
                }
                Happening::Passes => {
                    let mut passings = 0;
                    while let (next, Some(step)) = office.passed(&standing, minute) {
                        passings += 1;
                        prop_assert_eq!(step.sequence, warning(&standing).sequence + 1);
                        prop_assert!(passings <= 8, "clocks come to an end");
                        standing = next;
                    }
                    prop_assert!(warning(&standing).next_overdue().is_none_or(|next| next > at(minute)));
                }
            }
            let now = warning(&standing);
            let grown = now.sequence - warning(&before).sequence;
            prop_assert!(grown <= 1 || handling(&standing).overdue.is_some());
            prop_assert!(may_put_off || now.due_at <= due, "{:?} after {:?}", now.due_at, due);
            let handling = handling(&standing);
            prop_assert!(handling.steps.len() <= MAX_STEPS && handling.receipts.len() <= MAX_RECEIPTS);
            prop_assert_eq!(handling.acknowledge_by.is_some(), handling.state == HandlingState::New);
            prop_assert!(handling.state.is_waiting() || handling.overdue.is_none());
            prop_assert!(handling.overdue.is_none_or(|it| it.next.is_none() || !handling.ladder.is_empty()));
            let written = serde_json::to_string(&standing).expect("JSON");
            prop_assert_eq!(&serde_json::from_str::<Standing>(&written).expect("it reads back"), &standing);
        }
    }
}
