use serde_json::json;

use super::*;
use crate::access::Access;
use crate::store::answer::{AnswerRequest, KeepOutcome};
use crate::store::invitation::{AcceptOutcome, NewAccount};

const NOW: Timestamp = Timestamp::UNIX_EPOCH;
const WARNING: Uuid = Uuid::from_u128(7);

fn account(store: &Store, name: &str) -> Account {
    let link = store.invite(&Access::default(), None, NOW).expect("invited");
    let new = NewAccount { name: name.to_owned(), display_name: String::new(), password_hash: String::new() };
    match store.accept(link.token.as_str(), new, NOW).expect("works") {
        AcceptOutcome::Account(account) => account,
        other => panic!("{other:?}"),
    }
}

fn picture(sha256: &str) -> StoredPicture {
    StoredPicture { sha256: sha256.to_owned(), format: PictureFormat::Jpeg, size: 9, width: 4, height: 3 }
}

fn attach(store: &Store, by: &Account, sha256: &str) {
    assert!(store.attach(by, WARNING, &picture(sha256), NOW).expect("works"));
    store.note_stored(sha256).expect("noted");
}

fn answer(store: &Store, by: &Account, id: u128, named: &[&str]) -> KeepOutcome {
    let request: AnswerRequest = serde_json::from_value(json!({
        "id": Uuid::from_u128(id), "post": "station/甲", "role": "officer", "action": "in_progress", "attachments": named,
    }))
    .expect("a request");
    let reference = |sha256: &&str| Attachment { uri: format!("https://here/{sha256}"), sha256: (*sha256).to_owned() };
    let references: Vec<Attachment> = named.iter().map(reference).collect();
    store.keep_answer(by, WARNING, "JY1", &request, &references, NOW).expect("works")
}

fn seen(store: &Store, by: &Account) -> Vec<(String, bool)> {
    let found = store.attachments(by.id, WARNING).expect("read");
    found.into_iter().map(|attachment| (attachment.picture.sha256, attachment.sent)).collect()
}

#[test]
fn a_photograph_is_its_accounts_alone_until_an_answer_names_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(folder.path()).expect("opens");
    let (zhang, li) = (account(&store, "zhang"), account(&store, "li"));
    attach(&store, &zhang, "a");
    attach(&store, &zhang, "b");
    assert_eq!(seen(&store, &zhang), [("a".to_owned(), false), ("b".to_owned(), false)]);
    assert_eq!(seen(&store, &li), []);
    assert_eq!(store.attachment(li.id, WARNING, "a").expect("read"), None);
    assert_eq!(answer(&store, &li, 1, &["a"]), KeepOutcome::NotAttached, "somebody else's");
    assert_eq!(answer(&store, &zhang, 1, &["a", "c"]), KeepOutcome::NotAttached);
    assert_eq!(seen(&store, &li), [], "an answer that is not kept sends nothing");

    let KeepOutcome::Kept(kept) = answer(&store, &zhang, 1, &["a"]) else { panic!("it is kept") };
    assert_eq!(kept.attachments, [Attachment { uri: "https://here/a".to_owned(), sha256: "a".to_owned() }]);
    assert_eq!(seen(&store, &li), [("a".to_owned(), true)]);
    assert!(!store.detach(zhang.id, WARNING, "a").expect("works"), "what was sent stays");
    assert!(store.detach(zhang.id, WARNING, "b").expect("works"));
    let KeepOutcome::Known(again) = answer(&store, &zhang, 1, &["a"]) else { panic!("it is known") };
    assert_eq!(again.attachments, kept.attachments);
}

#[test]
fn a_photograph_whose_bytes_have_not_arrived_is_not_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(folder.path()).expect("opens");
    let zhang = account(&store, "zhang");
    assert!(store.attach(&zhang, WARNING, &picture("a"), NOW).expect("works"));
    assert_eq!(seen(&store, &zhang), []);
    assert_eq!(answer(&store, &zhang, 1, &["a"]), KeepOutcome::NotAttached);
}

#[test]
fn an_account_has_so_many_photographs_that_wait_and_no_more() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(folder.path()).expect("opens");
    let zhang = account(&store, "zhang");
    for number in 0..MOST_DRAFTS {
        attach(&store, &zhang, &number.to_string());
    }
    assert!(!store.attach(&zhang, WARNING, &picture("one more"), NOW).expect("works"));
    assert!(matches!(answer(&store, &zhang, 1, &["0"]), KeepOutcome::Kept(_)));
    assert!(store.attach(&zhang, WARNING, &picture("one more"), NOW).expect("works"));
}
