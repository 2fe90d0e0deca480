//! Working days of a year that the calendar does not have yet: reported by the check, by a case and in the warning, and
//! put right once when the calendar is.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use assert_cmd::Command;
use jiff::Timestamp;
use jiff::civil::date;
use rstest::rstest;
use serde_json::json;
use yujing_core::engine::{Engine, Mode, Positions};
use yujing_core::warning::{Cause, Step, WarningEvent};
use yujing_workbench::case::records::{Examples, RecordBuilder};
use yujing_workbench::{rules_folder, schemas_folder};

use crate::support::folder::copy_folder;

const OPERATOR: &str = "JY21201030043213";
const CASE: &str = "cases/pests/pest_complaint.toml";

/// New Year's Day and the next day off: made up, as the notice for 2027 is not known here.
const NEXT_YEAR: &str = r#"
[[year]]
year = 2027
source = "（虚构）"
confirmed = false
holidays = [{ name = { zh = "元旦", en = "New Year" }, from = 2027-01-01, to = 2027-01-03 }]
"#;

/// The rules, whose calendar ends with 2026, changed.
fn rules(change: impl FnOnce(&Path)) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    copy_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/engine/working_days/rules"), folder.path());
    change(folder.path());
    folder
}

fn edit(folder: &Path, file: &str, edit: impl FnOnce(String) -> String) {
    let path = folder.join(file);
    let text = fs::read_to_string(&path).expect("the file");
    fs::write(path, edit(text)).expect("written");
}

fn next_year(folder: &Path) {
    edit(folder, "calendar.toml", |text| text + NEXT_YEAR);
}

#[rstest]
#[case::in_good_time(date(2026, 12, 1), None)]
#[case::the_last_day_on_which_three_working_days_end_within_the_year(date(2026, 12, 28), None)]
#[case::a_day_later(date(2026, 12, 29), Some("2027"))]
#[case::in_a_year_that_is_not_there(date(2027, 6, 1), Some("2027"))]
fn the_check_reports_when_a_deadline_of_today_counts_over_a_year_that_is_not_there(
    #[case] today: jiff::civil::Date,
    #[case] lacks: Option<&str>,
) {
    let sources = schemas_folder::load(Path::new("schemas")).expect("schemas");
    let folder = rules(|_| ());
    let ruleset = rules_folder::load(folder.path(), &sources).unwrap_or_else(|found| panic!("{}", found.render(false)));
    let found = ruleset.warnings(today);
    let ends = found.0.iter().find(|one| one.code == "calendar/ends");
    assert_eq!(ends.is_some(), lacks.is_some(), "{found}");
    if let (Some(ends), Some(year)) = (ends, lacks) {
        assert!(ends.message.zh.contains(year) && ends.message.en.contains("pest_complaint"), "{found}");
    }
    let longer = rules(next_year);
    let ruleset = rules_folder::load(longer.path(), &sources).unwrap_or_else(|found| panic!("{}", found.render(false)));
    assert!(ruleset.warnings(today).0.iter().all(|one| one.code != "calendar/ends"));
}

#[test]
fn a_comment_may_allow_the_end_of_the_calendar_on_any_day() {
    let sources = schemas_folder::load(Path::new("schemas")).expect("schemas");
    let allow = |folder: &Path| {
        edit(folder, "calendar.toml", |text| {
            text.replace("\n[[year]]", "\n# allow calendar/ends: 待国务院办公厅通知\n[[year]]")
        });
    };
    let ruleset =
        rules_folder::load(rules(allow).path(), &sources).unwrap_or_else(|found| panic!("{}", found.render(false)));
    for today in [date(2026, 3, 2), date(2026, 12, 30)] {
        let codes: Vec<_> = ruleset.warnings(today).0.iter().map(|one| one.code).collect();
        assert_eq!(codes, ["calendar/unconfirmed"], "{today}");
    }
}

/// What `rules test` says of the folder.
fn tested(folder: &Path, lang: &str) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_yujing"));
    let command = command.current_dir(env!("CARGO_MANIFEST_DIR")).env_clear().env("YUJING_LANG", lang);
    let output = command.args(["rules", "test", "--rules"]).arg(folder).output().expect("it runs");
    (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn a_case_reports_that_a_due_time_is_provisional_whether_or_not_it_is_the_expected_one() {
    let expects = |due: &'static str| {
        move |folder: &Path| {
            edit(folder, CASE, |text| text.replace("due_at = 2027-01-05T00:00:00+08:00", due));
        }
    };
    let said = [("zh", "没有2027年"), ("en", "has no 2027")];
    for due in ["due_at = 2027-01-05T00:00:00+08:00", "due_at = 2027-01-04T23:59:59+08:00"] {
        for (lang, words) in said {
            let (holds, text) = tested(rules(expects(due)).path(), lang);
            assert!(!holds && text.contains(words), "{due}:\n{text}");
        }
    }
    let (holds, text) =
        tested(rules(expects("due_at = 2027-01-04T23:59:59+08:00, due_provisional = true")).path(), "en");
    assert!(holds, "{text}");
    let corrected = rules(|folder| {
        expects("due_at = 2027-01-05T23:59:59+08:00")(folder);
        next_year(folder);
    });
    let (holds, text) = tested(corrected.path(), "en");
    assert!(holds, "{text}");
}

#[test]
fn working_days_end_where_the_office_is() {
    let chicago = rules(|folder| {
        edit(folder, "ruleset.toml", |text| format!("zone = \"America/Chicago\"\n{text}"));
        edit(folder, CASE, |text| {
            // It begins on 30 December in China: the evening before in Chicago.
            let due = "due_at = 2027-01-01T23:59:59-06:00, due_provisional = true";
            text.replace("due_at = 2027-01-05T00:00:00+08:00", due)
        });
    });
    let (holds, text) = tested(chicago.path(), "en");
    assert!(holds, "{text}");
}

#[test]
fn an_open_warning_says_so_and_is_put_right_once_by_a_longer_calendar() {
    let sources = Arc::new(schemas_folder::load(Path::new("schemas")).expect("schemas"));
    let examples = Examples::load(Path::new("schemas"), &sources).expect("examples");
    let load = |folder: tempfile::TempDir| {
        Arc::new(rules_folder::load(folder.path(), &sources).unwrap_or_else(|found| panic!("{}", found.render(false))))
    };
    let mut engine = Engine::new(Arc::clone(&sources), load(rules(|_| ())));
    let at: Timestamp = "2026-12-30T09:00:00+08:00".parse().expect("a time");
    let mut story = RecordBuilder::new(&sources, &examples, OPERATOR);
    let mut reported: Vec<WarningEvent> = Vec::new();
    let mut commit = |engine: &mut Engine, mut pending: yujing_core::engine::Pending| {
        reported.extend(std::mem::take(&mut pending.output.warnings));
        engine.commit(pending);
    };
    for (source, fields) in [
        ("operators", json!({ "static_risk": 4 })),
        ("complaints", json!({ "event_id": "e1", "case_no": "e1", "category": "pests" })),
    ] {
        let record = story.build(source, fields.as_object().expect("an object"), at).expect("there is the source");
        let pending = engine.apply(&[record], &Positions::new(), Mode::Live).expect("features are computed");
        commit(&mut engine, pending);
    }
    engine.put_in_force(load(rules(next_year)));
    for hours in 1..4 {
        let now = at + jiff::SignedDuration::from_hours(hours);
        let pending = engine.sweep(&[OPERATOR.into()], now, Cause::Time, &Positions::new());
        commit(&mut engine, pending.expect("features are computed"));
    }
    let steps: Vec<_> = reported.iter().map(|event| (event.step, event.cause, event.sequence)).collect();
    assert_eq!(steps, [(Step::Opened, Cause::Events, 1), (Step::Amended, Cause::Ruleset, 2)]);
    let [opened, amended] = &*reported else { unreachable!("two") };
    let due = |text: &str| Some(text.parse::<Timestamp>().expect("a time"));
    assert_eq!((opened.due_at, opened.due_provisional.is_some()), (due("2027-01-04T23:59:59+08:00"), true));
    assert!(opened.text.zh.contains("暂定") && opened.text.en.contains("provisional"), "{:?}", opened.text);
    assert_eq!((amended.due_at, amended.due_provisional), (due("2027-01-05T23:59:59+08:00"), None));
    assert!(
        amended.text.zh.contains("更正为2027年1月5日24时") && !amended.text.zh.contains("暂定"),
        "{:?}",
        amended.text
    );
    let recomputed = json!(engine.ruleset().recompute(amended));
    let said = json!(amended);
    for part in ["step", "cause", "level", "sequence", "due_at", "text"] {
        assert_eq!(recomputed[part], said[part], "{part}");
    }
}
