use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use uuid::Uuid;
use yujing_core::warning::handling::HandlingAction;

use super::account::{Account, ChangeOutcome, LoginOutcome};
use super::answer::{AnswerRequest, AnswersOf, KeepOutcome, SentAnswer};
use super::audit::{AuditEvent, AuditFilter};
use super::invitation::{AcceptOutcome, NewAccount};
use super::pruning::Pruned;
use super::retry::{AskedRetries, DeadLetterPlace, RetryState};
use super::*;
use crate::access::{Access, Role};
use crate::secret::hash_password;

const PASSWORD: &str = "long enough";

struct Fixture {
    store: Store,
    now: Timestamp,
    folder: tempfile::TempDir,
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(folder.path()).expect("opens");
        Self { store, now: "2026-03-01T00:00:00Z".parse().expect("an instant"), folder }
    }

    fn later(&self, minutes: i64) -> Timestamp {
        self.now + SignedDuration::from_mins(minutes)
    }

    fn account(&self, name: &str, role: Role) -> Account {
        let access = Access { roles: vec![role], ..Access::default() };
        let invitation = self.store.invite(&access, None, self.now).expect("invited");
        match self.accept(invitation.token.as_str(), name) {
            AcceptOutcome::Account(account) => account,
            other => panic!("{other:?}"),
        }
    }

    fn accept(&self, token: &str, name: &str) -> AcceptOutcome {
        let password_hash = hash_password(PASSWORD).expect("hashed");
        let new = NewAccount { name: name.to_owned(), display_name: name.to_owned(), password_hash };
        self.store.accept(token, new, self.now).expect("the database works")
    }
}

#[test]
fn a_link_makes_one_account_and_is_good_for_three_days() {
    let fixture = Fixture::new();
    let link = fixture.store.invite(&Access::default(), None, fixture.now).expect("invited");
    let other = fixture.store.invite(&Access::default(), None, fixture.now).expect("invited");
    assert!(matches!(fixture.accept(link.token.as_str(), "zhang"), AcceptOutcome::Account(_)));
    assert_eq!(fixture.accept(link.token.as_str(), "li"), AcceptOutcome::NotGood, "used");
    assert_eq!(fixture.accept("made up", "li"), AcceptOutcome::NotGood);
    assert_eq!(fixture.accept(other.token.as_str(), "zhang"), AcceptOutcome::NameTaken);
    let new = NewAccount { name: "li".to_owned(), display_name: String::new(), password_hash: String::new() };
    let late = fixture.store.accept(other.token.as_str(), new, other.expires_at).expect("the database works");
    assert_eq!(late, AcceptOutcome::NotGood, "too old");
}

#[test]
fn five_wrong_passwords_lock_an_account_for_a_while() {
    let fixture = Fixture::new();
    let account = fixture.account("zhang", Role::Officer);
    let log_in = |password: &str, at| fixture.store.log_in("zhang", password, at).expect("the database works");
    for _ in 0..4 {
        assert_eq!(log_in("wrong", fixture.now), LoginOutcome::Refused);
    }
    assert_eq!(log_in(PASSWORD, fixture.now), LoginOutcome::Account(account.clone()), "the count begins anew");
    for _ in 0..5 {
        assert_eq!(log_in("wrong", fixture.now), LoginOutcome::Refused);
    }
    assert_eq!(log_in(PASSWORD, fixture.later(14)), LoginOutcome::LockedUntil(fixture.later(15)));
    assert_eq!(log_in(PASSWORD, fixture.later(15)), LoginOutcome::Account(account));
    assert_eq!(fixture.store.log_in("nobody", PASSWORD, fixture.now).expect("works"), LoginOutcome::Refused);
}

#[test]
fn a_session_ends_when_idle_and_its_token_is_exchanged() {
    let fixture = Fixture::new();
    let account = fixture.account("zhang", Role::Officer);
    let (session, token) = fixture.store.begin_session(account, fixture.now).expect("begun");
    let find = |token: &str, at| fixture.store.session(token, at).expect("the database works");
    let found = find(token.as_str(), fixture.later(10)).expect("it is there");
    assert_eq!((found.session.csrf_token, found.rotated), (session.csrf_token, None));
    let rotated = find(token.as_str(), fixture.later(20)).expect("it is there").rotated.expect("another token");
    assert!(find(token.as_str(), fixture.later(20)).is_some_and(|found| found.rotated.is_none()), "under way");
    assert_eq!(find(token.as_str(), fixture.later(22)), None, "the former token");
    assert!(find(rotated.as_str(), fixture.later(22)).is_some());
    assert_eq!(find(rotated.as_str(), fixture.later(22 + 61)), None, "idle");
    assert_eq!(find("made up", fixture.now), None);
}

#[test]
fn a_session_ends_after_half_a_day_however_much_is_asked() {
    let fixture = Fixture::new();
    let account = fixture.account("zhang", Role::Officer);
    let (_, mut token) = fixture.store.begin_session(account, fixture.now).expect("begun");
    let mut last = 0;
    for minutes in (10..=24 * 60).step_by(10) {
        let Some(found) = fixture.store.session(token.as_str(), fixture.later(minutes)).expect("works") else { break };
        token = found.rotated.unwrap_or(token);
        last = minutes;
    }
    assert_eq!(last, 12 * 60 - 10);
}

#[test]
fn whoever_is_disabled_or_has_another_password_is_logged_out() {
    let fixture = Fixture::new();
    fixture.account("root", Role::Administrator);
    let account = fixture.account("zhang", Role::Officer);
    let begin = || fixture.store.begin_session(account.clone(), fixture.now).expect("begun").1;
    let is_there = |token: &str| fixture.store.session(token, fixture.now).expect("works").is_some();
    let token = begin();
    fixture.store.set_password(account.id, &hash_password("another one").expect("hashed")).expect("set");
    assert!(!is_there(token.as_str()));
    let token = begin();
    assert!(is_there(token.as_str()));
    let changed = fixture.store.change_account(account.id, |_, disabled| *disabled = true).expect("works");
    assert!(matches!(changed, ChangeOutcome::Changed(account) if account.disabled));
    assert!(!is_there(token.as_str()));
    assert_eq!(fixture.store.log_in("zhang", "another one", fixture.now).expect("works"), LoginOutcome::Refused);
}

#[test]
fn one_administrator_is_always_left() {
    let fixture = Fixture::new();
    let only = fixture.account("root", Role::Administrator);
    let demote = |account: &Account| fixture.store.change_account(account.id, |access, _| access.roles.clear());
    assert_eq!(demote(&only).expect("works"), ChangeOutcome::LastAdministrator);
    let other = fixture.account("toor", Role::Administrator);
    assert!(matches!(demote(&only).expect("works"), ChangeOutcome::Changed(_)));
    assert_eq!(demote(&other).expect("works"), ChangeOutcome::LastAdministrator);
    assert_eq!(fixture.store.change_account(Uuid::nil(), |_, _| {}).expect("works"), ChangeOutcome::NotThere);
}

#[test]
fn a_link_sets_the_password_of_one_account_anew() {
    let fixture = Fixture::new();
    let account = fixture.account("zhang", Role::Officer);
    for _ in 0..5 {
        fixture.store.log_in("zhang", "wrong", fixture.now).expect("works");
    }
    let (_, session) = fixture.store.begin_session(account.clone(), fixture.now).expect("begun");
    let link = || fixture.store.invite_to_reset(account.id, "root", fixture.now).expect("works");
    let (_, invitation) = link().expect("the account is there");
    let token = invitation.token.as_str();
    assert_eq!(fixture.accept(token, "li"), AcceptOutcome::NotGood, "it makes no account");
    let reset = |token: &str| {
        fixture.store.reset_password(token, &hash_password("another one").expect("hashed"), fixture.now).expect("works")
    };
    assert_eq!(reset(token).map(|account| account.name), Some("zhang".to_owned()));
    assert_eq!(reset(token), None, "used");
    assert_eq!(fixture.store.session(session.as_str(), fixture.now).expect("works"), None);
    let log_in = fixture.store.log_in("zhang", "another one", fixture.now).expect("works");
    assert_eq!(log_in, LoginOutcome::Account(account.clone()), "and it is locked no longer");
    let making = fixture.store.invite(&Access::default(), None, fixture.now).expect("invited");
    assert_eq!(reset(making.token.as_str()), None, "a link for a new account resets nobody");

    let (_, later) = link().expect("the account is there");
    fixture.account("root", Role::Administrator);
    fixture.store.change_account(account.id, |_, disabled| *disabled = true).expect("works");
    assert_eq!(reset(later.token.as_str()), None, "disabled meanwhile");
    assert!(link().is_none());
}

#[test]
fn open_links_are_listed_and_can_be_taken_back() {
    let fixture = Fixture::new();
    let account = fixture.account("zhang", Role::Officer);
    let access = Access { roles: vec![Role::Viewer], ..Access::default() };
    let first = fixture.store.invite(&access, Some("root"), fixture.now).expect("invited");
    let reset = fixture.store.invite_to_reset(account.id, "root", fixture.later(1)).expect("works").expect("there").1;
    let open = || fixture.store.open_invitations(fixture.later(2)).expect("read");
    let seen: Vec<_> = open().into_iter().map(|link| (link.id, link.account, link.access.roles.len())).collect();
    assert_eq!(seen, [(reset.id, Some("zhang".to_owned()), 0), (first.id, None, 1)], "what was used is not listed");
    assert!(fixture.store.revoke_invitation(first.id).expect("works"));
    assert!(!fixture.store.revoke_invitation(first.id).expect("works"));
    assert_eq!(fixture.accept(first.token.as_str(), "li"), AcceptOutcome::NotGood);
    assert_eq!(open().len(), 1);
    assert!(fixture.store.open_invitations(reset.expires_at).expect("read").is_empty());
}

#[test]
fn what_nobody_needs_any_more_is_deleted_and_nothing_else() {
    let fixture = Fixture::new();
    let account = fixture.account("zhang", Role::Officer);
    fixture.store.begin_session(account.clone(), fixture.now).expect("begun");
    fixture.store.invite(&Access::default(), None, fixture.now).expect("invited");
    for (warning, minutes) in [(1, 0), (2, 90 * 24 * 60)] {
        let (warning, at) = (Uuid::from_u128(warning), fixture.later(minutes));
        fixture.store.save_draft(account.id, warning, &json!({}), at).expect("saved");
    }
    let prune = |minutes| fixture.store.prune(fixture.later(minutes)).expect("pruned");
    assert_eq!(prune(0), Pruned { invitations: 1, ..Pruned::default() }, "the link that was used");
    assert_eq!(prune(60), Pruned { sessions: 1, ..Pruned::default() });
    assert_eq!(prune(72 * 60), Pruned { invitations: 1, ..Pruned::default() });
    assert_eq!(prune(90 * 24 * 60), Pruned { drafts: 1, ..Pruned::default() });
    assert_eq!(prune(90 * 24 * 60), Pruned::default());
    assert_eq!(fixture.store.accounts(fixture.now).expect("read").len(), 1);
}

#[test]
fn sessions_are_counted_and_ended_together() {
    let fixture = Fixture::new();
    let account = fixture.account("zhang", Role::Officer);
    for _ in 0..2 {
        fixture.store.begin_session(account.clone(), fixture.now).expect("begun");
    }
    let sessions = |minutes| fixture.store.accounts(fixture.later(minutes)).expect("read")[0].sessions;
    assert_eq!((sessions(0), sessions(61)), (2, 0));
    assert_eq!(fixture.store.end_sessions(account.id).expect("ended"), 2);
    assert_eq!(sessions(0), 0);
}

#[test]
fn the_audit_trail_is_filtered_by_what_and_when() {
    let fixture = Fixture::new();
    for (object, minutes) in [("JY1", 0), ("JY2", 10), ("JY1", 20)] {
        let event = AuditEvent { object: Some(object.to_owned()), action: "read_operator", ..AuditEvent::default() };
        fixture.store.note(&event, fixture.later(minutes)).expect("noted");
    }
    let count = |filter: AuditFilter| fixture.store.audit(&AuditFilter { limit: 9, ..filter }).expect("read").1;
    assert_eq!(count(AuditFilter { object: Some("JY1".to_owned()), ..AuditFilter::default() }), 2);
    let (from, to) = (Some(fixture.later(10)), Some(fixture.later(20)));
    assert_eq!(count(AuditFilter { from, to, ..AuditFilter::default() }), 1, "from the first, before the second");
}

#[test]
fn nothing_in_the_audit_trail_is_changed_or_deleted() {
    let fixture = Fixture::new();
    for action in ["login", "read_warning", "login"] {
        let event = AuditEvent { account: Some("zhang".to_owned()), action, ..AuditEvent::default() };
        fixture.store.note(&event, fixture.now).expect("noted");
    }
    for statement in ["DELETE FROM audit", "UPDATE audit SET account = 'li'"] {
        assert!(fixture.store.database.write(|db| db.execute(statement, [])).is_err(), "{statement}");
    }
    let filter = AuditFilter { action: Some("login".to_owned()), limit: 1, ..AuditFilter::default() };
    let (entries, total) = fixture.store.audit(&filter).expect("read");
    assert_eq!((entries.len(), entries[0].id, total), (1, 3, 2));
    let older = AuditFilter { before: Some(3), ..filter };
    assert_eq!(fixture.store.audit(&older).expect("read").0[0].id, 1);
}

fn request(id: u128, action: HandlingAction) -> AnswerRequest {
    let request = json!({ "id": Uuid::from_u128(id), "post": "station/甲", "role": "officer", "action": action });
    serde_json::from_value(request).expect("a request")
}

#[test]
fn an_answer_is_kept_once_and_leaves_in_its_turn() {
    let fixture = Fixture::new();
    let account = fixture.account("zhang", Role::Officer);
    let warning = Uuid::from_u128(7);
    fixture.store.save_draft(account.id, warning, &json!({ "result": "…" }), fixture.now).expect("saved");
    let keep = |request: AnswerRequest| {
        fixture.store.keep_answer(&account, warning, "JY1", &request, &[], fixture.now).expect("the database works")
    };
    let first = request(1, HandlingAction::Acknowledged);
    assert!(matches!(keep(first.clone()), KeepOutcome::Kept(_)));
    assert_eq!(fixture.store.draft(account.id, warning).expect("read"), None, "it was sent");
    assert!(matches!(keep(first.clone()), KeepOutcome::Known(_)));
    assert_eq!(keep(request(1, HandlingAction::Answered)), KeepOutcome::IdTaken);
    assert!(matches!(keep(request(2, HandlingAction::InProgress)), KeepOutcome::Kept(_)));
    assert_eq!(fixture.store.answers(AnswersOf::Warning(warning)).expect("read").len(), 2);
    let next = || fixture.store.next_to_send().expect("read").map(|answer| answer.request.id.as_u128());
    assert_eq!(next(), Some(1));
    let sent = SentAnswer { at: fixture.now, partition: 3, offset: 42 };
    fixture.store.note_sent(first.id, sent).expect("noted");
    assert_eq!(next(), Some(2));
    assert_eq!(fixture.store.answer(first.id).expect("read").and_then(|answer| answer.sent), Some(sent));
}

#[test]
fn a_backup_has_everything() {
    let fixture = Fixture::new();
    fixture.account("zhang", Role::Officer);
    let copy = fixture.folder.path().join("copy").join(FILE);
    std::fs::create_dir(fixture.folder.path().join("copy")).expect("a folder");
    fixture.store.back_up(&copy).expect("copied");
    assert!(fixture.store.back_up(&copy).is_err(), "nothing is overwritten");
    let restored = Store::open(&fixture.folder.path().join("copy")).expect("opens");
    assert_eq!(restored.accounts(fixture.now).expect("read"), fixture.store.accounts(fixture.now).expect("read"));
}

#[test]
fn any_text_can_be_a_draft() {
    let fixture = Fixture::new();
    let account = fixture.account("zhang", Role::Officer);
    let content = json!({ "result": format!("<script>\u{202e}\u{1b}[31m{}", "长".repeat(10_000)) });
    fixture.store.save_draft(account.id, Uuid::nil(), &content, fixture.now).expect("saved");
    assert_eq!(fixture.store.draft(account.id, Uuid::nil()).expect("read"), Some(content));
}

#[test]
fn a_refused_record_is_kept_to_be_sent_once_however_often_it_is_asked_for() {
    let fixture = Fixture::new();
    let place = |offset| DeadLetterPlace { topic: "complaints".to_owned(), partition: 1, offset, at: fixture.now };
    let ask = |offsets: &[i64]| {
        let places: Vec<_> = offsets.iter().copied().map(place).collect();
        fixture.store.ask_retries(&places, 100, "li", fixture.now).expect("kept").new
    };
    assert_eq!((ask(&[5, 3]), ask(&[3]), ask(&[3, 4, 4])), (2, 0, 1));
    let state = |offset| fixture.store.retry(&place(offset)).expect("read").map(|retry| retry.state);
    let next = || fixture.store.next_retry().expect("read").expect("one waits");
    let first = next();
    assert_eq!((first.place.offset, first.ends, state(5)), (5, None, Some(RetryState::Waiting)));
    // Where the topic ended before the first try stays, however often it is tried.
    fixture.store.note_retry_begun(first.number, &[(0, 7)].into()).expect("noted");
    fixture.store.note_retry_begun(first.number, &[(0, 9)].into()).expect("noted");
    assert_eq!(next().ends, Some([(0, 7)].into()));
    fixture.store.note_retry_sent(first.number, fixture.now).expect("noted");
    fixture.store.note_retry_gone(next().number).expect("noted");
    assert_eq!((state(5), state(3), state(6)), (Some(RetryState::Sent), Some(RetryState::Gone), None));
    assert_eq!((ask(&[5, 3]), next().place.offset), (0, 4), "what was sent is not sent again");
    let anew = DeadLetterPlace { at: fixture.later(1), ..place(5) };
    let asked = fixture.store.ask_retries(&[anew], 100, "li", fixture.now).expect("kept");
    assert_eq!(asked, AskedRetries { new: 1, left: 0 }, "of a topic made anew");
}

#[test]
fn what_one_request_may_not_ask_for_is_said_and_the_next_goes_on_there() {
    let fixture = Fixture::new();
    let place = |offset| DeadLetterPlace { topic: "complaints".to_owned(), partition: 1, offset, at: fixture.now };
    let places: Vec<_> = (0..25).map(place).collect();
    let ask = || fixture.store.ask_retries(&places, 10, "li", fixture.now).expect("kept");
    let asked = [ask(), ask(), ask(), ask()].map(|asked| (asked.new, asked.left));
    assert_eq!(asked, [(10, 15), (10, 5), (5, 0), (0, 0)]);
    assert_eq!(fixture.store.retry(&place(24)).expect("read").map(|retry| retry.state), Some(RetryState::Waiting));
}
