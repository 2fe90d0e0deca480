use std::path::PathBuf;

use futures::TryStreamExt as _;
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;
use uuid::Uuid;

use super::*;
use crate::access::Access;
use crate::picture::PictureFormat;
use crate::store::account::Account;
use crate::store::invitation::{AcceptOutcome, NewAccount};

const WARNING: Uuid = Uuid::from_u128(7);

/// A folder with the database and photographs.
struct Fixture {
    folder: TempDir,
    store: Arc<Store>,
    attachments: Attachments,
    account: Account,
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(folder.path()).expect("opens");
        let link = store.invite(&Access::default(), None, Timestamp::UNIX_EPOCH).expect("invited");
        let new = NewAccount { name: "zhang".to_owned(), display_name: String::new(), password_hash: String::new() };
        let accepted = store.accept(link.token.as_str(), new, Timestamp::UNIX_EPOCH).expect("works");
        let AcceptOutcome::Account(account) = accepted else { panic!("{accepted:?}") };
        let place = folder.path().join("photos").to_string_lossy().into_owned();
        let config =
            Console { attachments: place, public_url: "https://yujing.example/".to_owned(), ..Console::default() };
        let attachments = Attachments::of(&config).expect("opens").expect("it is on");
        Self { folder, store: Arc::new(store), attachments, account }
    }

    async fn bring(&self, bytes: &'static [u8], warning: Uuid) -> StoredPicture {
        let picture = StoredPicture {
            sha256: hash(bytes),
            format: PictureFormat::Png,
            size: bytes.len() as u64,
            width: 1,
            height: 1,
        };
        let note = async { self.store.attach(&self.account, warning, &picture, Timestamp::UNIX_EPOCH) };
        let brought = self.attachments.bring(&picture.sha256, Bytes::from_static(bytes), note).await;
        assert!(brought.expect("brought"));
        self.store.note_stored(&picture.sha256).expect("noted");
        picture
    }

    fn file(&self, picture: &StoredPicture) -> PathBuf {
        self.folder.path().join("photos").join(&picture.sha256[..2]).join(&picture.sha256)
    }

    async fn read(&self, picture: &StoredPicture) -> Result<Vec<u8>, Lost> {
        let parts = self.attachments.read(picture).await.expect("it answers")?;
        Ok(parts.try_collect::<Vec<_>>().await.expect("read").concat())
    }
}

#[tokio::test]
async fn the_same_photograph_is_stored_once_and_goes_with_the_last_who_has_it() {
    let fixture = Fixture::new();
    let other = Uuid::from_u128(8);
    let first = fixture.bring(b"a picture", WARNING).await;
    assert_eq!(fixture.bring(b"a picture", other).await, first);
    let stored = || walk(&fixture.folder.path().join("photos"));
    assert_eq!(stored(), [fixture.file(&first)]);
    assert_eq!(fixture.read(&first).await, Ok(b"a picture".to_vec()));

    let detach = |warning| fixture.store.detach(fixture.account.id, warning, &first.sha256).expect("works");
    assert!(detach(WARNING) && !detach(WARNING));
    fixture.attachments.remove_unused(&fixture.store, &first.sha256).await.expect("works");
    assert_eq!(stored().len(), 1, "another warning has it");
    assert!(detach(other));
    fixture.attachments.prune(&fixture.store).await.expect("works");
    assert!(stored().is_empty());
    assert_eq!(fixture.read(&first).await, Err(Lost::Missing));
    assert!(fixture.store.unused_pictures().expect("read").is_empty());
    fixture.attachments.prune(&fixture.store).await.expect("nothing is left to do");
}

#[tokio::test]
async fn what_is_not_what_was_sent_is_not_shown() {
    let fixture = Fixture::new();
    let picture = fixture.bring(b"a picture", WARNING).await;
    for altered in [&b"a pictura"[..], b"a longer picture", b""] {
        std::fs::write(fixture.file(&picture), altered).expect("written");
        assert_eq!(fixture.read(&picture).await, Err(Lost::Altered));
    }
    assert_eq!(fixture.bring(b"a picture", WARNING).await, picture, "brought again it is whole again");
    assert_eq!(fixture.read(&picture).await, Ok(b"a picture".to_vec()));
}

#[tokio::test]
async fn photographs_that_no_answer_names_go_with_their_draft() {
    let fixture = Fixture::new();
    let picture = fixture.bring(b"a picture", WARNING).await;
    let orphan = fixture.bring(b"another", Uuid::from_u128(8)).await;
    let later = |hours| Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hours);
    fixture.store.save_draft(fixture.account.id, WARNING, &serde_json::json!({}), later(0)).expect("saved");
    let pruned = |hours| fixture.store.prune(later(hours)).expect("pruned").attachments;
    assert_eq!((pruned(23), pruned(24), pruned(48)), (0, 1, 0));
    assert_eq!(fixture.store.unused_pictures().expect("read"), [orphan.sha256]);
    assert_eq!(pruned(90 * 24), 1, "with the draft");
    assert_eq!(fixture.attachments.reference("/a", &picture.sha256).uri, "https://yujing.example/a");
}

#[test]
fn a_place_that_cannot_be_used_says_why() {
    let folder = tempfile::NamedTempFile::new().expect("a file");
    let place = folder.path().join("photos").to_string_lossy().into_owned();
    let config = Console { attachments: place.clone(), ..Console::default() };
    let error = Attachments::of(&config).expect_err("a file is no folder").to_string();
    assert!(error.starts_with(&format!("`console.attachments`: {place}: ")), "{error}");
    assert!(Attachments::of(&Console::default()).expect("works").is_none(), "off");
}

fn walk(folder: &std::path::Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}
