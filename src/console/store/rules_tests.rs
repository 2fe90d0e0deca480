//! Changes of rules in the database, their examinations, and the folders that are kept.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use uuid::Uuid;
use yujing_core::ruleset::Files;

use super::change::{Begun, Change, ChangeAuthor, ChangeBase, ChangeContent, ChangeFile, ChangeState};
use super::examination::Examination;
use super::*;

struct Fixture {
    store: Store,
    now: Timestamp,
    _folder: tempfile::TempDir,
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(folder.path()).expect("opens");
        Self { store, now: "2026-03-01T00:00:00Z".parse().expect("an instant"), _folder: folder }
    }

    fn later(&self, minutes: i64) -> Timestamp {
        self.now + SignedDuration::from_mins(minutes)
    }
}

fn proposed(fixture: &Fixture, text: &str) -> Change {
    let file = ChangeFile { path: "a.rhai".to_owned(), base: None, text: Some(text.to_owned()) };
    let base = ChangeBase { version: "1".to_owned(), hashes: std::collections::BTreeMap::new() };
    let content = ChangeContent { title: "改".to_owned(), reason: String::new(), base, files: vec![file] };
    let author = ChangeAuthor { id: Uuid::new_v4(), name: "wang".to_owned(), display_name: "王".to_owned() };
    let begun = fixture.store.add_change(Uuid::new_v4(), &content, &author, ChangeState::Proposed, fixture.now);
    match begun.expect("begun") {
        Begun::Now(change) => *change,
        Begun::Before(change) => panic!("{change:?}"),
    }
}

fn examination(change: &Change, passed: bool, at: Timestamp) -> Examination {
    Examination { content: change.content(), passed, at, report: json!({ "failed": 1 }) }
}

#[test]
fn an_examination_is_of_the_content_that_was_examined_and_what_fails_it_is_a_draft_again() {
    let fixture = Fixture::new();
    let (good, bad) = (proposed(&fixture, "1"), proposed(&fixture, "2"));
    let waiting = || -> Vec<Uuid> {
        let waiting = fixture.store.unexamined().expect("works");
        waiting.into_iter().map(|change| change.id).collect()
    };
    assert_eq!(waiting().len(), 2);
    let note = |change: &Change, found: &Examination| fixture.store.note_examination(change.id, found).expect("noted");
    note(&good, &examination(&good, true, fixture.later(1)));
    assert!(fixture.store.has_passed(&good).expect("works"));
    let elsewhere = ChangeBase { version: "2".to_owned(), ..good.base.clone() };
    assert!(!fixture.store.has_passed(&Change { base: elsewhere, ..good.clone() }).expect("works"), "another base");
    note(&bad, &examination(&good, false, fixture.later(2)));
    let state = |change: &Change| fixture.store.change(change.id).expect("works").expect("it is there").state;
    assert_eq!(state(&bad), ChangeState::Proposed, "it was edited since");
    assert_eq!(waiting(), [bad.id]);
    note(&bad, &examination(&bad, false, fixture.later(3)));
    assert_eq!(state(&bad), ChangeState::Draft);
    assert!(waiting().is_empty() && !fixture.store.has_passed(&bad).expect("works"));
    assert_eq!(fixture.store.examination(bad.id).expect("works"), Some(examination(&bad, false, fixture.later(3))));
    fixture.store.forget_examination(good.id).expect("forgotten");
    assert_eq!(waiting(), [good.id]);
}

#[test]
fn a_change_begun_twice_under_one_id_is_one() {
    let fixture = Fixture::new();
    let first = proposed(&fixture, "1");
    let content =
        ChangeContent { title: "乙".to_owned(), reason: String::new(), base: first.base.clone(), files: Vec::new() };
    let again = fixture.store.add_change(first.id, &content, &first.author, ChangeState::Draft, fixture.later(1));
    assert_eq!(again.expect("works"), Begun::Before(Box::new(first)));
}

#[test]
fn a_folder_is_kept_whole_by_its_ruleset_and_the_last_one_counts() {
    let fixture = Fixture::new();
    let folder = |cases: &str| -> Files {
        [("a.rhai", "1"), ("cases/a.toml", cases)].map(|(path, text)| (path.to_owned(), text.to_owned())).into()
    };
    let keep = |ruleset: &str, files: &Files| fixture.store.keep_folder(ruleset, files, fixture.now).expect("kept");
    keep("first", &folder("甲"));
    keep("first", &folder("乙"));
    keep("second", &folder("甲"));
    let kept = |ruleset: &str| fixture.store.kept_folder(ruleset).expect("works");
    assert_eq!([kept("first"), kept("second"), kept("third")], [Some(folder("乙")), Some(folder("甲")), None]);
    let rulesets = fixture.store.kept_rulesets().expect("works");
    assert_eq!(rulesets.into_iter().collect::<Vec<_>>(), ["first", "second"]);
}
