//! Records as the engine writes them, the rows that come of them, and what accounts see.

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;
use yujing_core::rule::Level;
use yujing_core::source::{Header, Positions};
use yujing_core::warning::HandlingState;

use super::dead_letter::MOST_LISTED;
use super::*;
use crate::access::{Access, AreaScope, Duty, Role};
use crate::read_model::ReadModel;
use crate::read_model::query::dead_letters::DeadLetterFilter;
use crate::read_model::query::inbox::{Inbox, InboxFilter, NextStep, Relation};
use crate::read_model::query::operators::OperatorFilter;
use crate::read_model::query::page::Page;
use crate::read_model::query::warnings::WarningFilter;
use crate::read_model::scope::Scope;

const AT: &str = "2026-03-01T08:00:00Z";

struct Fixture {
    model: ReadModel,
    folder: tempfile::TempDir,
}

/// What stands on a topic.
type Applies = for<'a> fn(&rusqlite::Transaction<'_>, TopicRecord<'a>) -> Result<Changed<'a>, ApplyError>;

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self { model: ReadModel::open(folder.path()).expect("opens"), folder }
    }

    fn apply(&self, applies: Applies, key: &str, value: Option<&Value>) {
        let text = value.map(Value::to_string);
        let record = TopicRecord {
            key: key.as_bytes(),
            value: text.as_deref().map(str::as_bytes),
            at: at(),
            partition: 0,
            offset: 7,
        };
        let taken = self.model.commit(&Positions::new(), |db| Ok(applies(db, record).map(|_| ())));
        taken.expect("the database works").expect("it is understood");
    }

    fn score(&self, id: &str, name: &str, sub_district: &str, score: i64) {
        self.apply(score::apply, id, Some(&score_of(id, name, sub_district, score)));
    }

    fn warning(&self, event: &Value) {
        self.apply(warning::apply, "key", Some(event));
    }

    fn found(&self, access: &Access, words: &str) -> Vec<String> {
        let filter = OperatorFilter { words: Some(words.to_owned()), ..OperatorFilter::default() };
        let listed = self.model.operators(&Scope::of(access), &filter, Page::default()).expect("read");
        assert_eq!(listed.total, i64::try_from(listed.entries.len()).expect("few"));
        listed.entries.into_iter().map(|operator| operator.operator_id).collect()
    }
}

fn at() -> Timestamp {
    AT.parse().expect("an instant")
}

fn score_of(id: &str, name: &str, sub_district: &str, score: i64) -> Value {
    json!({
        "operator_id": id, "as_of": AT, "score": score, "level": "orange", "to_next": 20, "degraded": [],
        "operator": { "registered": true, "name": name, "sub_district": sub_district, "address": "示例路1号" },
        "standing": { "ordinal": 1, "warning": null },
    })
}

fn event(number: u128, sequence: i64, step: &str, state: &str) -> Value {
    let post = |id: &str| json!({ "id": id, "title": { "zh": format!("{id}岗"), "en": format!("post {id}") } });
    json!({
        "warning_id": Uuid::from_u128(number), "sequence": sequence, "operator_id": "JY1", "step": step,
        "from": "none", "level": "orange", "as_of": AT, "opened_at": AT, "due_at": "2026-03-02T08:00:00Z",
        "text": { "zh": "橙色预警", "en": "Orange" }, "score": 60, "findings": [{ "rule": "rodent_night" }],
        "handling": {
            "state": state, "since": AT, "assignee": post("station/甲"), "ladder": [post("district")],
            "copies": [post("health")], "acknowledge_by": "2026-03-01T10:00:00Z",
        },
    })
}

fn of_area(sub_district: &str) -> Access {
    let area = AreaScope { sub_district: Some(sub_district.to_owned()), ..AreaScope::default() };
    Access { roles: vec![Role::Viewer], areas: vec![area], ..Access::default() }
}

fn everywhere() -> Access {
    Access { roles: vec![Role::Viewer], areas: vec![AreaScope::default()], ..Access::default() }
}

fn at_post(post: &str, role: Role) -> Access {
    let duty = Duty { post: post.to_owned(), role: "officer".to_owned() };
    Access { roles: vec![role], duties: vec![duty], ..Access::default() }
}

#[test]
fn operators_are_found_by_parts_of_names_numbers_addresses_and_initials() {
    let fixture = Fixture::new();
    fixture.score("JY21201030043213", "友谊路餐厅", "甲", 60);
    fixture.score("JY31201030001472", "示例小学食堂", "甲", 40);
    let found = |words: &str| fixture.found(&everywhere(), words);
    for words in ["友谊", "友谊路", "yylct", "yy", "43213", "jy2120", "友谊 示例路", "路"] {
        assert!(found(words).contains(&"JY21201030043213".to_owned()), "{words}");
    }
    assert_eq!(found("小学"), ["JY31201030001472"]);
    assert_eq!(found("示例路1号"), ["JY21201030043213", "JY31201030001472"], "the highest score first");
    for words in ["友谊 小学", "没有", "%", "_", "\"", "' OR 1=1 --", "\0\0\0\0", "*", "NEAR(a b)"] {
        assert_eq!(found(words), Vec::<String>::new(), "{words}");
    }
}

#[test]
fn a_new_name_takes_the_place_of_the_old_one() {
    let fixture = Fixture::new();
    fixture.score("JY1", "旧名餐厅", "甲", 60);
    fixture.score("JY1", "新名酒楼", "甲", 61);
    assert_eq!(fixture.found(&everywhere(), "旧名餐"), Vec::<String>::new());
    assert_eq!(fixture.found(&everywhere(), "新名酒"), ["JY1"]);
    fixture.apply(score::apply, "JY1", None);
    assert_eq!(fixture.found(&everywhere(), "新名酒"), Vec::<String>::new(), "it is gone");
}

#[test]
fn who_sees_one_sub_district_sees_no_other() {
    let fixture = Fixture::new();
    fixture.score("JY1", "甲餐厅", "甲", 60);
    fixture.score("JY2", "乙餐厅", "乙", 60);
    assert_eq!(fixture.found(&of_area("甲"), "餐厅"), ["JY1"]);
    let one = |access: &Access, id: &str| fixture.model.operator(&Scope::of(access), id).expect("read").is_some();
    assert!(one(&of_area("乙"), "JY2") && !one(&of_area("乙"), "JY1"));
    assert!(!one(&Access::default(), "JY1"), "no area, no operator");
    assert!(!one(&of_area("甲' OR '1'='1"), "JY1"));
}

#[test]
fn a_warning_is_seen_at_its_posts_and_in_its_area() {
    let fixture = Fixture::new();
    fixture.score("JY1", "甲餐厅", "甲", 60);
    fixture.warning(&event(1, 1, "opened", "new"));
    let id = Uuid::from_u128(1);
    let sees = |access: &Access| fixture.model.warning(&Scope::of(access), id).expect("read").is_some();
    assert!(sees(&everywhere()) && sees(&of_area("甲")) && !sees(&of_area("乙")));
    for post in ["station/甲", "district", "health"] {
        assert!(sees(&at_post(post, Role::Officer)), "{post}");
        assert!(fixture.model.sees_operator(&Scope::of(&at_post(post, Role::Officer)), "JY1").expect("read"), "{post}");
    }
    assert!(!sees(&at_post("station/乙", Role::Officer)));
    let posts = fixture.model.posts(&Scope::of(&everywhere())).expect("read");
    assert_eq!(posts.iter().map(|post| post.id.as_str()).collect::<Vec<_>>(), ["district", "health", "station/甲"]);
}

#[test]
fn events_that_come_twice_or_late_change_nothing() {
    let fixture = Fixture::new();
    for sequence in [1, 2, 2, 1] {
        let state = if sequence == 1 { "new" } else { "acknowledged" };
        fixture.warning(&event(1, sequence, if sequence == 1 { "opened" } else { "handled" }, state));
    }
    let whole = fixture.model.warning_in_full(&Scope::of(&everywhere()), Uuid::from_u128(1)).expect("read");
    let whole = whole.expect("it is there");
    assert_eq!(whole.summary.state, Some(HandlingState::Acknowledged));
    assert_eq!(whole.summary.operator.operator_id, "JY1", "whose score was not read yet");
    assert_eq!(whole.events.len(), 2);
    assert_eq!(whole.summary.rules, ["rodent_night"]);
    assert!(fixture.model.was_handled_since(Uuid::from_u128(1), 1).expect("read"));
    assert!(!fixture.model.was_handled_since(Uuid::from_u128(1), 2).expect("read"));
}

#[test]
fn the_inbox_says_what_each_post_is_to_do() {
    let fixture = Fixture::new();
    fixture.warning(&event(1, 1, "opened", "new"));
    fixture.warning(&event(2, 1, "opened", "answered"));
    fixture.warning(&event(3, 1, "opened", "closed"));
    let inbox = |access: &Access| {
        let Inbox { entries, part } = inbox_of(&fixture, access, Page::default());
        assert!(part.entries.iter().map(|item| &item.entry).eq(&entries), "all of it is in one part");
        assert!(part.entries.iter().all(|item| item.warning.warning_id == item.entry.warning_id));
        entries.iter().map(|entry| (entry.warning_id.as_u128(), entry.relation, entry.next)).collect::<Vec<_>>()
    };
    assert_eq!(inbox(&at_post("station/甲", Role::Officer)), [(1, Relation::Act, NextStep::Acknowledge)]);
    assert_eq!(inbox(&at_post("district", Role::Reviewer)), [(2, Relation::Review, NextStep::Review)]);
    assert_eq!(inbox(&at_post("district", Role::Officer)), []);
    let copies = inbox(&at_post("health", Role::Officer));
    assert!(copies.iter().all(|(_, relation, next)| (*relation, *next) == (Relation::Copy, NextStep::None)));
    assert_eq!(inbox(&Access::default()), []);
}

fn inbox_of(fixture: &Fixture, access: &Access, page: Page) -> Inbox {
    fixture.model.inbox(access, InboxFilter::default(), page).expect("read")
}

#[test]
fn a_part_of_the_inbox_has_its_warnings_and_counts_are_of_the_whole() {
    let fixture = Fixture::new();
    (1..=5).for_each(|number| fixture.warning(&event(number, 1, "opened", "new")));
    let officer = at_post("station/甲", Role::Officer);
    let inbox = inbox_of(&fixture, &officer, Page { offset: 2, limit: 2 });
    assert_eq!((inbox.entries.len(), inbox.part.total, inbox.part.next.as_deref()), (5, 5, Some("4")));
    let shown: Vec<_> = inbox.part.entries.iter().map(|item| &item.entry).collect();
    assert_eq!(shown, inbox.entries[2..4].iter().collect::<Vec<_>>());
    let past = inbox_of(&fixture, &officer, Page { offset: 9, limit: 2 });
    assert_eq!((past.entries.len(), past.part.entries.len(), past.part.next), (5, 0, None));
    let filter = InboxFilter { relation: Some(Relation::Copy), ..InboxFilter::default() };
    assert_eq!(fixture.model.inbox(&officer, filter, Page::default()).expect("read").part.total, 0);
}

#[test]
fn a_warning_that_ended_is_open_no_more() {
    let fixture = Fixture::new();
    fixture.warning(&event(1, 1, "opened", "new"));
    fixture.warning(&event(1, 2, "withdrawn", "new"));
    let count = |open| {
        let filter = WarningFilter { open: Some(open), ..WarningFilter::default() };
        fixture.model.warnings(&Scope::of(&everywhere()), &filter, Page::default()).expect("read").total
    };
    assert_eq!((count(true), count(false)), (0, 1));
    assert_eq!(fixture.model.ended_at(Uuid::from_u128(1)).expect("read"), Some(at()));
    assert_eq!(inbox_of(&fixture, &at_post("station/甲", Role::Officer), Page::default()).entries, []);
}

#[test]
fn answers_are_applied_or_refused_with_the_reason() {
    let fixture = Fixture::new();
    let (applied, refused) = (Uuid::from_u128(8), Uuid::from_u128(9));
    let mut handled = event(1, 2, "handled", "acknowledged");
    handled["disposition"] = json!({
        "operator_id": "JY1", "publisher": dead_letter::PUBLISHER, "event_id": applied, "revision": 1, "at": AT,
        "answer": { "warning_id": Uuid::from_u128(1), "action": "acknowledged" },
    });
    fixture.warning(&handled);
    let header = |name: &str, value: &str| Header { name: name.to_owned(), value: Some(value.as_bytes().to_vec()) };
    let headers = [
        header("yujing.error.code", "not_permitted"),
        header("yujing.error.reason", "wrong_state"),
        header("yujing.error.got", "`acknowledged` is not possible"),
    ];
    let value = json!({ "publisher": dead_letter::PUBLISHER, "event_id": refused }).to_string();
    let record = TopicRecord { key: b"JY1", value: Some(value.as_bytes()), at: at(), partition: 0, offset: 7 };
    let noted = fixture.model.commit(&Positions::new(), |db| {
        Ok(dead_letter::apply(db, "dispositions", record, &headers).map(|changed| changed == Changed::Answer(refused)))
    });
    assert!(noted.expect("the database works").expect("taken"));
    let decision = |id| fixture.model.decision(id).expect("read");
    assert_eq!(decision(applied).expect("it is there").refusal, None);
    let refusal = decision(refused).expect("it is there").refusal.expect("it was refused");
    assert_eq!(refusal.code, "wrong_state");
    assert_eq!(decision(Uuid::nil()), None);
    let counts = fixture.model.dead_letters().expect("read");
    assert_eq!((counts[0].code.as_str(), counts[0].count), ("not_permitted", 1));
}

#[test]
fn refused_records_are_listed_by_where_they_stand() {
    let fixture = Fixture::new();
    let header = |name: &str, value: &str| Header { name: name.to_owned(), value: Some(value.as_bytes().to_vec()) };
    let refuse = |offset: i64, code: &str, value: &[u8], more: &[Header]| {
        let headers = [more, &[header("yujing.error.code", code), header("yujing.error.pointer", "/kind")]].concat();
        let record = TopicRecord { key: b"JY1", value: Some(value), at: at(), partition: 2, offset };
        for _ in 0..2 {
            let taken = fixture
                .model
                .commit(&Positions::new(), |db| Ok(dead_letter::apply(db, "complaints", record, &headers).map(|_| ())));
            taken.expect("the database works").expect("taken");
        }
    };
    let value = json!({ "publisher": "12315", "event_id": "c1", "operator_id": "JY1", "caller": "王某" }).to_string();
    refuse(3, "unknown_value", value.as_bytes(), &[header("yujing.error.code", "made up by the publisher")]);
    refuse(4, "not_json", b"\xff\xfe{", &[header("ce_source", "camera")]);
    refuse(5, "too_large", b"{", &[header("yujing.error.original_length", "2000000")]);
    let list = |filter: DeadLetterFilter| fixture.model.listed_dead_letters(&filter, Page::default()).expect("read");
    let all = list(DeadLetterFilter::default());
    let offsets: Vec<i64> = all.entries.iter().map(|letter| letter.place.offset).collect();
    assert_eq!((all.total, offsets), (3, vec![5, 4, 3]), "the newest first, each once");
    assert_eq!(all.entries.iter().map(|letter| letter.cut).collect::<Vec<_>>(), [true, false, false]);
    assert_eq!(all.entries[1].publisher.as_deref(), Some("camera"));
    let first = fixture.model.dead_letter("complaints", 2, 3).expect("read").expect("it is there");
    assert_eq!((first.event_id.as_deref(), first.publisher.as_deref()), (Some("c1"), Some("12315")));
    assert_eq!((first.code.as_str(), first.pointer.as_str()), ("unknown_value", "/kind"));
    assert!(!format!("{all:?}").contains('王'), "nothing of the record is kept");
    let named = json!({ "publisher": "王某", "event_id": "王某", "operator_id": "王某" }).to_string();
    refuse(7, "unknown_value", named.as_bytes(), &[]);
    let masked = fixture.model.dead_letter("complaints", 2, 7).expect("read").expect("it is there");
    assert_eq!((masked.publisher.as_deref(), masked.event_id.as_deref()), (Some("***"), Some("***")));
    assert_eq!(list(DeadLetterFilter { code: Some("not_json".to_owned()), ..DeadLetterFilter::default() }).total, 1);
    assert_eq!(fixture.model.dead_letter("complaints", 2, 6).expect("read"), None);
}

#[test]
fn the_newest_refused_records_are_listed_and_the_others_counted() {
    let fixture = Fixture::new();
    let code = [Header { name: "yujing.error.code".to_owned(), value: Some(b"not_json".to_vec()) }];
    let refused = MOST_LISTED + 500;
    let taken = fixture.model.commit(&Positions::new(), |db| {
        for offset in 0..refused {
            let at = at() + jiff::SignedDuration::from_secs(offset);
            let record = TopicRecord { key: b"JY1", value: Some(b"{"), at, partition: 0, offset };
            dead_letter::apply(db, "complaints", record, &code).expect("taken");
        }
        Ok(())
    });
    taken.expect("the database works");
    let listed = fixture.model.dead_letters_listed().expect("read");
    let oldest_at = at() + jiff::SignedDuration::from_secs(500);
    assert_eq!((listed.listed, listed.oldest_at), (MOST_LISTED, Some(oldest_at)));
    assert_eq!(fixture.model.dead_letters().expect("read")[0].count, refused);
    let since = at() + jiff::SignedDuration::from_secs(refused - 7);
    let filter = DeadLetterFilter { since: Some(since), ..DeadLetterFilter::default() };
    assert_eq!(fixture.model.listed_dead_letters(&filter, Page::default()).expect("read").total, 7);
    assert_eq!(fixture.model.refused_since(since).expect("read"), [("complaints".to_owned(), None, 7)]);
    let whole = fixture.model.whole_dead_letters("complaints", "not_json").expect("read");
    assert_eq!((whole.len(), whole[0].offset), (usize::try_from(MOST_LISTED).expect("few"), 500), "the oldest first");
}

#[test]
fn nothing_personal_of_a_disposition_is_kept() {
    const ADDRESS: &str = "https://files.example/ab13812345678cd";
    let fixture = Fixture::new();
    let id = Uuid::from_u128(1);
    let event = |revision: i64, op: &str| {
        json!({
            "event_id": "CZ-1", "revision": revision, "op": op, "occurred_at": AT, "operator_id": "JY1",
            "publisher": "officer-app", "warning_id": id, "action": "answered", "verdict": "confirmed",
            "note": "联系人王某，电话13800000000", "result": "王某已改正", "manager": "王某",
            "post": "grid/王某", "transfer_to": "grid/王某", "findings": ["王某"], "attachments": [{ "uri": "王某" }, { "uri": ADDRESS }],
        })
    };
    fixture.apply(disposition::apply, "JY1", Some(&event(2, "upsert")));
    fixture.apply(disposition::apply, "JY1", Some(&event(1, "retract")));
    let found = fixture.model.dispositions(id).expect("read");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["attachments"], json!([{ "uri": "***" }, { "uri": ADDRESS }]), "a hash is no telephone number");
    assert_eq!((&found[0]["revision"], &found[0]["retracted"]), (&json!(2), &json!(false)), "the higher revision");
    let file = std::fs::read(fixture.folder.path().join(crate::read_model::FILE)).expect("a file");
    let log = std::fs::read(fixture.folder.path().join("read-model.db-wal")).unwrap_or_default();
    for bytes in [file, log] {
        assert!(!bytes.windows("王某".len()).any(|part| part == "王某".as_bytes()));
    }
}

#[test]
fn roll_ups_are_shown_as_they_are_within_the_accounts_areas() {
    let fixture = Fixture::new();
    for key in ["[]", r#"["甲"]"#, r#"["甲","一"]"#, r#"["乙"]"#] {
        fixture.apply(area::apply, key, Some(&json!({ "kind": "x", "operators": 7, "later": "kept" })));
    }
    let areas = |access: &Access| fixture.model.areas(&Scope::of(access)).expect("read");
    assert_eq!(areas(&everywhere()).len(), 4);
    let own = areas(&of_area("甲"));
    assert_eq!(own.len(), 2);
    assert!(own.iter().all(|area| area.rollup["later"] == "kept"));
    fixture.apply(area::apply, r#"["乙"]"#, None);
    assert_eq!(areas(&everywhere()).len(), 3);
}

#[test]
fn scores_over_time_repeat_nothing() {
    let fixture = Fixture::new();
    for (hour, score) in [(8, 60), (9, 60), (10, 70), (11, 70)] {
        let mut record = score_of("JY1", "甲餐厅", "甲", score);
        record["as_of"] = format!("2026-03-01T{hour:02}:00:00Z").into();
        fixture.apply(score::apply, "JY1", Some(&record));
    }
    let points = fixture.model.scores("JY1").expect("read");
    assert_eq!(
        points.iter().map(|point| (point.score, point.level)).collect::<Vec<_>>(),
        [(60, Level::Orange), (70, Level::Orange)]
    );
    let now = "2026-03-08T09:30:00Z".parse().expect("an instant");
    let risers = fixture.model.risers(&Scope::of(&everywhere()), now).expect("read");
    assert_eq!(risers.iter().map(|riser| (riser.from, riser.to)).collect::<Vec<_>>(), [(60, 70)]);
}

#[test]
fn names_with_markup_and_ten_thousand_characters_are_texts() {
    let fixture = Fixture::new();
    let name = format!("<img src=x onerror=alert(1)>\u{202e}\u{1b}[31m{}", "长".repeat(10_000));
    fixture.score("JY1", &name, "甲", 60);
    let found = fixture.model.operator(&Scope::of(&everywhere()), "JY1").expect("read").expect("it is there");
    assert_eq!(found.summary.name.as_deref(), Some(name.as_str()));
    assert_eq!(fixture.found(&everywhere(), "onerror"), ["JY1"]);
}

#[test]
fn what_is_no_record_is_said() {
    let fixture = Fixture::new();
    let applies: [Applies; 4] = [score::apply, warning::apply, disposition::apply, area::apply];
    for applies in applies {
        for value in [&b"{"[..], b"[]", b"null", b"\xff", b"{}"] {
            let record = TopicRecord { key: b"\xff", value: Some(value), at: at(), partition: 0, offset: 7 };
            let taken = fixture.model.commit(&Positions::new(), |db| Ok(applies(db, record).map(|_| ())));
            assert!(matches!(taken, Ok(Err(ApplyError::Unreadable(_)))), "{value:?}");
        }
    }
}

#[test]
fn positions_are_written_with_what_was_read_or_not_at_all() {
    let fixture = Fixture::new();
    let positions = Positions::from([(("scores".into(), 3), 42)]);
    let failed = fixture.model.commit(&positions, |db| db.execute("INSERT INTO nowhere VALUES (1)", []));
    assert!(failed.is_err());
    assert_eq!(fixture.model.positions().expect("read"), Positions::new());
    fixture.model.commit(&positions, |_| Ok(())).expect("written");
    assert_eq!(fixture.model.positions().expect("read"), positions);
    fixture.score("JY1", "甲餐厅", "甲", 60);
    fixture.model.clear().expect("cleared");
    assert_eq!(fixture.model.positions().expect("read"), Positions::new());
    assert_eq!(fixture.found(&everywhere(), "甲餐厅"), Vec::<String>::new());
}
