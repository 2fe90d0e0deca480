//! What adds up over areas of warnings that somebody must answer: by state, in time, without a post.

use jiff::Timestamp;
use rstest::rstest;
use serde_json::{Value, json};
use yujing_core::engine::Positions;
use yujing_core::warning::{AreaKind, Cause};

use super::OFFICE;
use super::office::{Desk, GRID, OPERATOR, Office};
use crate::support::handled_ruleset::ROUTING;

/// The district, as its record says it.
fn district(desk: &Desk<'_>) -> Value {
    let areas = desk.engine.areas();
    let district = areas.iter().find(|(area, _)| area.kind() == AreaKind::District);
    district.map(|(_, rollup)| json!(rollup)).unwrap_or_default()
}

/// Open red warnings with the state in which they are, if there are any, and whether they are overdue.
fn red(desk: &Desk<'_>) -> (u64, Vec<String>, u64) {
    let red = &district(desk)["warnings"]["red"];
    let count = |name: &str| red[name].as_u64().expect("a count");
    let states = red["by_state"].as_object().expect("states").iter();
    let states = states.filter(|(_, count)| **count == json!(1)).map(|(state, _)| state.clone());
    (count("open"), states.collect(), count("overdue"))
}

/// How many warnings were answered in time, of how many.
fn answers(desk: &Desk<'_>) -> (u64, u64) {
    let answers = &district(desk)["answers"];
    assert_eq!(answers["within_days"], 30);
    (answers["in_time"].as_u64().expect("a count"), answers["of"].as_u64().expect("a count"))
}

fn instant(text: &str) -> Timestamp {
    format!("{text}+08:00").parse().expect("an instant")
}

/// Whether the engine is made anew after each step.
#[rstest]
fn warnings_count_in_their_state_and_answers_by_when_they_came(#[values(false, true)] restarts: bool) {
    OFFICE.with(|office| {
        let mut desk = Desk::with_red(office);
        let again = |desk: &mut Desk<'_>| {
            let before = desk.engine.areas();
            if restarts {
                let as_of = desk.engine.as_of().expect("time has passed");
                desk.restart();
                desk.pass_to(as_of);
            }
            assert_eq!(desk.engine.areas(), before, "as before the restart");
        };
        again(&mut desk);
        assert_eq!((red(&desk), answers(&desk)), ((1, vec!["new".to_owned()], 0), (0, 0)), "nothing is settled yet");
        let answer = desk.answer("answered", "grid_officer", GRID, json!({ "verdict": "partly" }), "02:30:00");
        desk.take(&[answer]);
        again(&mut desk);
        assert_eq!((red(&desk), answers(&desk)), ((1, vec!["answered".to_owned()], 0), (1, 1)));
        let returned = desk.answer("returned", "head", "district", json!({}), "03:00:00");
        desk.take(&[returned]);
        again(&mut desk);
        assert_eq!((red(&desk), answers(&desk)), ((1, vec!["in_progress".to_owned()], 0), (0, 0)), "it waits again");

        desk.pass_to(instant("2026-03-03T02:20:59"));
        assert_eq!(answers(&desk), (0, 0));
        desk.pass_to(instant("2026-03-03T02:21:00"));
        again(&mut desk);
        assert_eq!(
            (red(&desk), answers(&desk)),
            ((1, vec!["in_progress".to_owned()], 1), (0, 1)),
            "its time has passed"
        );
        let ended = desk.pass_to(instant("2026-04-02T02:20:59")).warnings;
        assert!(!ended.is_empty() && desk.standing().warning.is_none(), "the complaints are old");
        again(&mut desk);
        let past = desk.standing().past;
        assert_eq!((past.len(), past[0].overdue, past[0].verdict), (1, true, None));
        assert_eq!((red(&desk), answers(&desk)), ((0, vec![], 0), (0, 1)), "over, and it counts all the same");
        desk.pass_to(instant("2026-04-02T02:21:00"));
        again(&mut desk);
        assert_eq!(answers(&desk), (0, 0), "thirty days later it does not");
    });
}

#[test]
fn an_operator_without_a_post_counts_as_unrouted_while_the_register_says_so() {
    let elsewhere = ROUTING.replace(r#"each = ["sub_district"]"#, "each = [\"sub_district\"]\nonly = [\"他街道\"]");
    let office = Office::with(&[("routing.toml", &elsewhere)]);
    let mut desk = Desk::new(&office);
    let unrouted = |desk: &Desk<'_>| (district(desk)["operators"].clone(), district(desk)["unrouted"].clone());
    let nowhere = desk.record("operators", json!({ "grid": null }), "01:00:00");
    desk.take(&[nowhere]);
    assert_eq!(unrouted(&desk), (json!(1), json!(1)));
    desk.restart();
    assert_eq!(unrouted(&desk), (json!(1), json!(1)));
    desk.register("02:00:00");
    assert_eq!(unrouted(&desk), (json!(1), json!(0)), "its grid has a post");
}

#[rstest]
#[case::of_the_log(false)]
#[case::of_the_clock(true)]
fn an_open_warning_counts_after_a_start_also_if_the_log_keeps_nothing_of_its_operator(#[case] scores_everyone: bool) {
    OFFICE.with(|office| {
        let mut desk = Desk::with_red(office);
        desk.forget_log();
        if scores_everyone {
            desk.restart_with(|engine, as_of| {
                let operators = engine.operators();
                assert_eq!(operators, [OPERATOR.into()]);
                engine.sweep(&operators, as_of, Cause::Start, &Positions::new()).expect("features are computed")
            });
        } else {
            desk.restart();
        }
        assert_eq!(red(&desk).0, 1);
    });
}
