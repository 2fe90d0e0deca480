//! Warnings that are over, as rules read them: from the instant after their end on, the same after a restart and however
//! much time passes at once; and no rule feeds on its own.

use jiff::{SignedDuration, Timestamp};
use rstest::rstest;
use serde_json::{Value, json};
use yujing_core::warning::Level;

use super::office::{Desk, GRID, Office};
use crate::support::handled_ruleset::READS_THE_PAST;

thread_local! {
    static OFFICE: Office = Office::with(&READS_THE_PAST);
}

const DAY: SignedDuration = SignedDuration::from_hours(24);

fn instant(text: &str) -> Timestamp {
    format!("{text}+08:00").parse().expect("an instant")
}

/// What features say of the past: warnings, confirmed red ones, overdue ones.
fn past(desk: &Desk<'_>) -> Value {
    let score = json!(desk.written);
    let of = |feature: &str| score["features"][feature].clone();
    json!([of("warnings_365d"), of("confirmed_red_365d"), of("overdue_365d")])
}

/// Lets time pass up to an instant, in steps.
fn pass(desk: &mut Desk<'_>, from: Timestamp, to: Timestamp, step: SignedDuration) {
    let mut at = from;
    while at < to {
        at = (at + step).min(to);
        desk.pass_to(at);
    }
}

/// A red warning that was overdue and confirmed, and is over when the complaints are old; then another complaint, whose
/// warning rests on the past.
fn twice(office: &Office, step: SignedDuration, restarts: bool) -> (Vec<String>, Vec<Value>, Value) {
    let mut seen = Vec::new();
    let mut desk = Desk::with_red(office);
    desk.pass("02:40:00");
    let answer = desk.answer("answered", "grid_officer", GRID, json!({ "verdict": "confirmed" }), "03:00:00");
    desk.take(&[answer]);
    let (mut now, second) = (instant("2026-03-02T03:00:00"), instant("2026-05-01T09:00:00"));
    for to in [instant("2026-03-20T00:00:00"), instant("2026-04-20T00:00:00"), second] {
        pass(&mut desk, now, to, step);
        now = to;
        if restarts {
            desk.restart();
        }
        seen.push(past(&desk));
    }
    let again = desk.record_at("complaints", json!({ "event_id": "z", "category": "pests" }), second);
    desk.take(&[again]);
    for to in [second, instant("2026-07-01T00:00:00"), instant("2027-05-01T00:00:00")] {
        pass(&mut desk, now, to, step);
        now = to;
        if restarts {
            desk.restart();
        }
        seen.push(past(&desk));
    }
    (desk.steps(), seen, json!(desk.standing()))
}

#[rstest]
#[case::at_once(SignedDuration::from_hours(24 * 400), false)]
#[case::in_days_with_restarts(DAY, true)]
fn i7_the_past_is_seen_from_the_end_of_a_warning_on_and_never_what_rests_on_it(
    #[case] step: SignedDuration,
    #[case] restarts: bool,
) {
    OFFICE.with(|office| {
        let (steps, seen, standing) = twice(office, step, restarts);
        let (none, one) = (json!([0, 0, 0]), json!([1, 1, 1]));
        assert_eq!(seen, [none.clone(), one.clone(), one.clone(), one.clone(), one, none], "{steps:#?}");
        let levels: Vec<&Value> =
            standing["past"].as_array().expect("two warnings").iter().map(|past| &past["level"]).collect();
        assert_eq!(levels, [&json!(Level::Red), &json!(Level::None)], "the second rested on the first: {steps:#?}");
        insta::assert_snapshot!("steps_of_two_warnings", steps.join("\n"));
    });
}
