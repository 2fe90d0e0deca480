//! Photographs: brought with an answer, read by who may see the warning, in a folder and in an object store.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use uuid::Uuid;

use super::{OFFICER, STATION, answer, ended, engine, warning};
use crate::support::console::{Console, Page};
use crate::support::kafka::{Kafka, eventually};
use crate::support::object_store::ObjectStore;
use crate::support::program::Program;

/// A photograph with the place at which it was taken; `seed` makes it one of its own.
fn photograph(seed: u8) -> Vec<u8> {
    let segment = |marker: u8, contents: &[u8]| {
        let length = u16::try_from(contents.len() + 2).expect("short").to_be_bytes();
        [&[0xff, marker], &length[..], contents].concat()
    };
    [
        vec![0xff, 0xd8],
        segment(0xe1, b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0GPS 31.39N 121.49E"),
        segment(0xc0, &[8, 0, 30, 0, 40, 1, 1, 0x11, 0]),
        segment(0xda, &[1, 1, 0, 0, 63, 0]),
        vec![seed, 0xff, 0xd9],
    ]
    .concat()
}

/// Where an officer's warning is.
fn place_of(officer: &Page) -> String {
    format!("/warnings/{}", warning(officer)["warning_id"].as_str().expect("an id"))
}

/// Attaches a photograph, and gives its hash.
fn attached(page: &Page, path: &str, file: &[u8]) -> String {
    let (status, attachment) = page.send_file(&format!("{path}/attachments"), file);
    assert_eq!(status, 201, "{attachment}");
    attachment["sha256"].as_str().expect("a hash").to_owned()
}

/// An answer that names photographs.
fn answer_with(id: u128, action: &str, named: &[&str]) -> Value {
    let mut answer = answer(id, action);
    answer["attachments"] = json!(named);
    answer
}

fn file_of(console: &Console<'_>, sha256: &str) -> PathBuf {
    console.folder.path().join("photos").join(&sha256[..2]).join(sha256)
}

fn with_photos(program: &Program) -> Console<'_> {
    let console = Console::beside(program);
    let place = console.folder.path().join("photos").to_string_lossy().into_owned();
    console.with("ATTACHMENTS", place).with("ATTACHMENT_MAX_BYTES", "65536").with("ATTACHMENTS_PER_ANSWER", "2")
}

fn code(outcome: (u16, Value)) -> (u16, String) {
    let (status, problem) = outcome;
    (status, problem["code"].as_str().unwrap_or_default().to_owned())
}

fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

#[test]
fn a_photograph_goes_with_an_answer_and_is_seen_by_who_may_see_the_warning() {
    let program = Program::new();
    let _engine = engine(&program);
    let console = with_photos(&program);
    let process = console.start();
    let officer = console.account("zhang", &OFFICER);
    let elsewhere = ["--role", "officer", "--duty", "station/友谊路街道=officer", "--area", "友谊路街道"];
    let (colleague, stranger) =
        (console.account("wang", &["--role", "viewer", "--area", "示例街道"]), console.account("li", &elsewhere));
    let path = place_of(&officer);

    let sha256 = attached(&officer, &path, &photograph(1));
    let stored = std::fs::read(file_of(&console, &sha256)).expect("it is stored");
    assert!(!stored.windows(3).any(|part| part == b"GPS"), "where it was taken is gone");
    assert_eq!(attached(&officer, &path, &photograph(1)), sha256, "the same again");
    assert_eq!(files(&console.folder.path().join("photos")), 1);
    let picture = format!("{path}/attachments/{sha256}");
    let status = |page: &Page| page.take_file(&picture, "").0;
    assert_eq!((status(&officer), status(&colleague), status(&stranger)), (200, 404, 404), "before it is sent");
    assert_eq!(code(stranger.send_file(&format!("{path}/attachments"), &photograph(2))), refused(404, "not_found"));
    assert_eq!(stranger.ask("DELETE", &picture, None).0, 404);

    // It is there after another login, with the draft that names it.
    let draft = json!({ "action": "in_progress", "attachments": [sha256] });
    let id = path.trim_start_matches("/warnings/");
    assert_eq!(officer.ask("PUT", &format!("/drafts/{id}"), Some(&draft)).0, 204);
    assert_eq!(officer.ask("DELETE", "/session", None).0, 200);
    let login = json!({ "name": "zhang", "password": "correct horse battery" });
    let (_, _, officer) = console.stranger().logged_in("/session", &login);
    let whole = officer.get(&path);
    assert_eq!((&whole["draft"], &whole["attachments"][0]["sha256"]), (&draft, &json!(sha256)));
    assert_eq!(whole["attaching"], json!({ "max_bytes": 65536, "max_count": 2 }));

    officer.post(&format!("{path}/answers"), &answer_with(1, "in_progress", &[&sha256]));
    assert_eq!(ended(&officer, 1)["state"], "applied");
    let records =
        Kafka(program.value("KAFKA__BOOTSTRAP_SERVERS")).read_committed(program.value("TOPICS__INPUTS__DISPOSITIONS"));
    let event: Value = serde_json::from_slice(records[0].value.as_deref().expect("a value")).expect("JSON");
    let named = &event["attachments"][0];
    assert_eq!(named["sha256"], json!(sha256));
    assert!(named["uri"].as_str().is_some_and(|uri| uri.ends_with(&format!("/api/console/v1{picture}"))), "{event}");
    let shown = eventually("the step", || {
        let whole = colleague.get(&path);
        (whole["dispositions"].as_array().map(Vec::len) == Some(1)).then_some(whole)
    });
    assert_eq!(shown["dispositions"][0]["attachments"][0]["sha256"], json!(sha256));
    assert_eq!(
        (&shown["attachments"][0]["sent"], &shown["attachments"][0]["account"]),
        (&json!(true), &json!("zhang"))
    );

    let (status_now, headers, bytes) = colleague.take_file(&picture, "");
    assert_eq!((status_now, &bytes), (200, &stored));
    let header = |name: &str| headers[name].to_str().expect("a text").to_owned();
    assert_eq!((header("content-type"), header("x-content-type-options")), ("image/jpeg".into(), "nosniff".into()));
    assert!(header("content-security-policy").contains("sandbox") && header("cache-control").starts_with("private"));
    assert!(header("content-disposition").ends_with(".jpg\""), "{headers:?}");
    assert_eq!(colleague.take_file(&picture, &header("etag")).0, 304);
    assert_eq!(stranger.take_file(&picture, &header("etag")).0, 404);
    assert_eq!(officer.ask("DELETE", &picture, None).0, 404, "what was sent stays");
    let audit = console.account("root", &["--role", "administrator"]).get("/audit?action=read_attachment&account=wang");
    assert_eq!((&audit["total"], &audit["entries"][0]["detail"]), (&json!(1), &json!(sha256)));

    process.signal("TERM");
    assert_eq!(process.ended().0, Some(0));
    let _again = console.start();
    console.wait_until_ready();
    assert_eq!(colleague.take_file(&picture, "").2, stored, "a restart keeps it");
    std::fs::write(file_of(&console, &sha256), [&stored[..stored.len() - 1], b"x"].concat()).expect("written");
    let problem = |page: &Page| code(page.ask("GET", &picture, None));
    assert_eq!(problem(&colleague), refused(410, "attachment_altered"));
    std::fs::remove_file(file_of(&console, &sha256)).expect("removed");
    assert_eq!(problem(&colleague), refused(410, "attachment_missing"));
}

#[test]
fn what_is_no_photograph_or_too_much_is_refused_and_what_is_taken_back_is_gone() {
    let program = Program::new();
    let _engine = engine(&program);
    let console = with_photos(&program);
    let _process = console.start();
    let officer = console.account("zhang", &OFFICER);
    let path = place_of(&officer);
    let place = format!("{path}/attachments");
    let send = |file: &[u8]| code(officer.send_file(&place, file));
    let whole = photograph(1);
    for (file, status, expected) in [
        (vec![0; 65_537].as_slice(), 413, "too_large"),
        (vec![0xff; 300_000].as_slice(), 413, "too_large"),
        (b"", 422, "empty_file"),
        (b"%PDF-1.7", 422, "no_picture"),
        (b"<html><script>alert(1)</script>", 422, "no_picture"),
        (&whole[..whole.len() - 1], 422, "damaged_picture"),
        (&[&whole[..], b"<script>alert(1)</script>"].concat(), 422, "two_files"),
    ] {
        assert_eq!(send(file), refused(status, expected));
    }
    assert_eq!(code(officer.without_csrf().send_file(&place, &whole)), refused(403, "csrf"));
    let long = vec![0xff; 32 * 1024 * 1024];
    assert_eq!(send(&long), refused(413, "too_large"), "it hears so however long it sends");
    assert_eq!(code(officer.with_session("ended").send_file(&place, &long)).0, 401);
    let without_duty = console.account("wu", &["--role", "officer", "--area", "示例街道"]);
    assert_eq!(code(without_duty.send_file(&place, &whole)), refused(403, "foreign_duty"));
    assert_eq!(files(&console.folder.path().join("photos")), 0);

    let photographs = [1, 2, 3].map(|seed| attached(&officer, &path, &photograph(seed)));
    let [first, second, third] = photographs.each_ref().map(String::as_str);
    let answered = |page: &Page, named: &[&str]| {
        code(page.post(&format!("{path}/answers"), &answer_with(1, "in_progress", named)))
    };
    assert_eq!(answered(&officer, &[first, second, third]), refused(422, "invalid"));
    assert_eq!(answered(&officer, &[first, first]), refused(422, "invalid"));
    assert_eq!(answered(&officer, &[first, &"0".repeat(64)]), refused(409, "not_attached"));
    let head =
        console.account("sun", &["--role", "officer", "--duty", &format!("{STATION}=officer"), "--area", "示例街道"]);
    assert_eq!(answered(&head, &[first]), refused(409, "not_attached"), "somebody else's");
    assert_eq!(officer.ask("DELETE", &format!("{place}/{third}"), None).0, 204);
    assert!(!file_of(&console, third).exists() && file_of(&console, second).exists());
    assert_eq!(answered(&officer, &[first, third]), refused(409, "not_attached"), "taken back");
    assert_eq!(officer.get(&path)["answers"], json!([]), "nothing was kept");

    // Nobody brings a flood.
    let flood = (0..60).map(|_| send(&whole).0).find(|status| *status == 429);
    assert_eq!(flood, Some(429));
}

#[test]
fn without_a_place_for_photographs_nothing_is_attached_and_the_page_can_say_so() {
    let program = Program::new();
    let _engine = engine(&program);
    let console = Console::beside(&program);
    let _process = console.start();
    let officer = console.account("zhang", &OFFICER);
    let path = place_of(&officer);
    assert_eq!(officer.get(&path)["attaching"], Value::Null);
    assert_eq!(
        code(officer.send_file(&format!("{path}/attachments"), &photograph(1))),
        refused(409, "attachments_off")
    );
    let named = answer_with(1, "in_progress", &[&"0".repeat(64)]);
    assert_eq!(code(officer.post(&format!("{path}/answers"), &named)), refused(409, "attachments_off"));
    officer.post(&format!("{path}/answers"), &answer(2, "in_progress"));
    assert_eq!(ended(&officer, 2)["state"], "applied");
}

#[test]
fn photographs_are_in_an_object_store_where_one_is_configured() {
    let program = Program::new();
    let _engine = engine(&program);
    let objects = ObjectStore::start();
    let console = Console::beside(&program)
        .with("ATTACHMENTS", ObjectStore::place("yujing/district7"))
        .with("ATTACHMENTS_ENDPOINT", objects.endpoint())
        .with("ATTACHMENTS_REGION", "us-east-1")
        .with("AWS_ACCESS_KEY_ID", "test")
        .with("AWS_SECRET_ACCESS_KEY", "secret");
    let _process = console.start();
    let officer = console.account("zhang", &OFFICER);
    let path = place_of(&officer);
    let [first, second] = [1, 2].map(|seed| attached(&officer, &path, &photograph(seed)));
    let key = |sha256: &str| format!("yujing/district7/{}/{sha256}", &sha256[..2]);
    let picture = |sha256: &str| format!("{path}/attachments/{sha256}");
    let stored = objects.object(&key(&first)).expect("it is there");
    assert_eq!(officer.take_file(&picture(&first), "").2, stored);
    assert_eq!(officer.ask("DELETE", &picture(&second), None).0, 204);
    assert_eq!(objects.object(&key(&second)), None, "taken back");
    officer.post(&format!("{path}/answers"), &answer_with(1, "in_progress", &[&first]));
    assert_eq!(ended(&officer, 1)["state"], "applied");

    objects.remove(&key(&first));
    assert_eq!(code(officer.ask("GET", &picture(&first), None)), refused(410, "attachment_missing"));
    drop(objects);
    assert_eq!(code(officer.ask("GET", &picture(&first), None)), refused(503, "attachments_away"));
    assert_eq!(
        code(officer.send_file(&format!("{path}/attachments"), &photograph(3))),
        refused(503, "attachments_away")
    );
    let id = Uuid::from_u128(1);
    assert_eq!(officer.get(&format!("/answers/{id}"))["state"], "applied", "everything else goes on");
}

/// How many files there are in a folder and those in it.
fn files(folder: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths.map(|path| if path.is_dir() { files(&path) } else { 1 }).sum()
}
