//! A month on a real Kafka.

use std::path::Path;

use futures::executor::block_on;
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use serde_json::Value;

use super::story::{PRIVATE, partition, warn};
use crate::support::kafka::{Kafka, TestRecord};
use crate::support::program::Program;

/// A program with a warning of March, and a folder.
pub fn scene() -> (Program, tempfile::TempDir) {
    let program = Program::new();
    program.create_topics();
    warn(&program);
    (program, tempfile::tempdir().expect("a folder"))
}

pub fn report(program: &Program, folder: &Path, language: &str) -> (Option<i32>, String, String) {
    program.run(&["report", "--month", "2026-03", "--lang", language, "--out", folder.to_str().expect("UTF-8")])
}

#[test]
fn a_month_becomes_a_page_and_tables_and_shows_nothing_that_people_wrote() {
    let (program, folder) = scene();
    let stray = TestRecord::new("someone", "no warning").at(0, 0);
    Kafka(program.value("KAFKA__BOOTSTRAP_SERVERS")).produce(program.value("TOPICS__WARNINGS"), &[stray]);
    let (code, out, err) = report(&program, &folder.path().join("new/report"), "zh");
    assert_eq!(code, Some(0), "{err}");
    assert!(
        out.contains("report.html、levels.csv、warnings.csv、posts.csv、rules.csv、areas.csv、visits.csv"),
        "{out}"
    );
    assert!(err.contains(program.value("TOPICS__WARNINGS")), "what is passed over is said: {err}");
    let mut files = 0;
    for file in std::fs::read_dir(folder.path().join("new/report")).expect("a folder") {
        let text = std::fs::read_to_string(file.expect("a file").path()).expect("UTF-8");
        assert!(!text.contains(PRIVATE));
        files += 1;
    }
    assert_eq!(files, 7);
    let table = std::fs::read_to_string(folder.path().join("new/report/posts.csv")).expect("a table");
    assert_eq!(table, "\u{feff}岗位编号,岗位,签收超期（次）,处置超期（次）,涉及预警（件）\ngrid,grid岗,1,0,1\n");

    let (code, out, err) = program.run(&["report", "--month", "2026-03", "--json"]);
    assert_eq!(code, Some(0), "{err}");
    let figures: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!((&figures["warnings"]["opened"]["red"], &figures["is_synthetic"]), (&1.into(), &true.into()));
    assert_eq!(
        (&figures["in_time"][0]["all"]["late"], &figures["in_time"][1]["all"]["in_time"]),
        (&1.into(), &1.into())
    );
}

/// Deletes what lies before an offset of the story's partition, as the retention of a topic does.
fn delete_before(program: &Program, offset: Offset) {
    let servers = program.value("KAFKA__BOOTSTRAP_SERVERS");
    let admin: AdminClient<DefaultClientContext> =
        ClientConfig::new().set("bootstrap.servers", servers).create().expect("an admin client");
    let mut before = TopicPartitionList::new();
    before.add_partition_offset(program.value("TOPICS__WARNINGS"), partition(), offset).expect("an offset");
    let deleted = block_on(admin.delete_records(&before, &AdminOptions::new())).expect("the broker answers");
    assert!(deleted.elements().iter().all(|element| element.error().is_ok()), "{deleted:?}");
}

#[test]
fn a_month_whose_first_records_were_deleted_says_since_when_it_is_whole() {
    let (program, folder) = scene();
    let figures = || {
        let (code, out, err) = program.run(&["report", "--month", "2026-03", "--json"]);
        assert_eq!(code, Some(0), "{err}");
        serde_json::from_str::<Value>(&out).expect("JSON")
    };
    assert_eq!(figures()["complete_since"], Value::Null, "nothing was deleted");
    delete_before(&program, Offset::Offset(1));
    assert_eq!(figures()["complete_since"], "2026-03-05 02:36", "when its clock passed: the opening is gone");
    let (code, _, err) = report(&program, folder.path(), "en");
    assert_eq!(code, Some(0), "{err}");
    let page = std::fs::read_to_string(folder.path().join("report.html")).expect("a page");
    assert!(page.contains("earlier events were deleted"), "the page says so");

    delete_before(&program, Offset::End);
    let (code, _, err) = report(&program, folder.path(), "en");
    assert_eq!(code, Some(1));
    assert!(err.contains("nothing is known of 2026-03"), "nothing is left to report: {err}");
}

#[test]
fn a_month_without_records_and_a_folder_that_cannot_be_written_are_refused() {
    let (program, folder) = scene();
    let (code, _, err) = program.run(&["report", "--month", "2026-02", "--lang", "en"]);
    assert_eq!(code, Some(1));
    assert!(err.contains("everything only since 2026-03-05 02:21: nothing is known of 2026-02"), "{err}");
    let file = folder.path().join("file");
    std::fs::write(&file, "").expect("written");
    let (code, _, err) = report(&program, &file.join("report"), "en");
    assert_eq!(code, Some(1));
    assert!(err.contains("cannot be written"), "{err}");

    let empty = Program::new();
    let (code, _, err) = report(&empty, folder.path(), "en");
    assert_eq!(code, Some(1));
    assert!(err.contains("there is no such topic"), "{err}");
    empty.create_topics();
    let (code, _, err) = report(&empty, folder.path(), "en");
    assert_eq!(code, Some(1));
    assert!(err.contains("the warnings topic is empty"), "{err}");
}
