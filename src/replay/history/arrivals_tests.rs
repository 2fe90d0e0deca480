use std::io::Write as _;
use std::path::Path;

use yujing_workbench::publish::{Origin, ReadError};

use super::*;

fn documents(lines: &[String]) -> (tempfile::NamedTempFile, FileInput, Arc<Sources>) {
    let sources =
        Sources::load(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../schemas"))).expect("valid schemas");
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    for line in lines {
        writeln!(file, "{line}").expect("written");
    }
    let (source, _) = sources.by_name("complaints").expect("a source");
    let origin = Origin::Lines(vec![file.path().to_owned()]);
    (file, FileInput { source, origin }, Arc::new(sources))
}

fn line(number: u32, occurred: &str, reported: Option<&str>) -> String {
    let reported = reported.map_or_else(String::new, |at| format!(r#","reported_at":"{at}""#));
    format!(r#"{{"event_id":"c{number}","occurred_at":"{occurred}"{reported},"pad":"{}"}}"#, "x".repeat(400))
}

fn places(sorted: SortedRecords) -> Vec<(String, Timestamp)> {
    sorted
        .map(|record| record.expect("readable"))
        .map(|record| (record.topic.rsplit(':').next().unwrap_or_default().to_owned(), record.timestamp))
        .collect()
}

#[test]
fn documents_come_when_they_were_reported_and_equals_in_their_order() {
    let lines = [
        line(1, "2026-03-03T00:00:00Z", None),
        line(2, "2026-03-01T00:00:00Z", Some("2026-03-09T00:00:00.123456Z")),
        line(3, "2026-03-02T00:00:00Z", None),
        line(4, "2026-03-01T12:00:00Z", Some("2026-03-02T00:00:00Z")),
        "no JSON".to_owned(),
    ];
    let (_file, documents, sources) = documents(&lines);
    let (summary, sorted) = sorted(&[documents], &sources, super::super::MEMORY_BYTES).expect("sorted");
    let at = |text: &str| text.parse::<Timestamp>().expect("a time");
    assert_eq!(
        places(sorted),
        [
            ("3".to_owned(), at("2026-03-02T00:00:00Z")),
            ("4".to_owned(), at("2026-03-02T00:00:00Z")),
            ("1".to_owned(), at("2026-03-03T00:00:00Z")),
            ("2".to_owned(), at("2026-03-09T00:00:00.123Z")),
        ]
    );
    assert_eq!(summary.records(), 4);
    let unreadable = summary.unreadable();
    assert!(unreadable.len() == 1 && unreadable[0].place.ends_with(":5"), "{unreadable:?}");
}

#[test]
fn what_does_not_fit_in_memory_is_sorted_all_the_same() {
    const COUNT: u32 = 40_000;
    let begin: Timestamp = "2026-01-01T00:00:00Z".parse().expect("a time");
    let scattered = |number: u32| i64::from(number.wrapping_mul(2_654_435_761) % 1_000_000);
    let lines: Vec<String> = (0..COUNT)
        .map(|number| {
            let at = begin + jiff::SignedDuration::from_secs(scattered(number));
            line(number, &at.to_string(), None)
        })
        .collect();
    let (_file, documents, sources) = documents(&lines);
    // About 19 MB of documents through a sort that may hold 8.
    let (summary, sorted) = sorted(&[documents], &sources, 8 << 20).expect("sorted");
    let times: Vec<Timestamp> = places(sorted).into_iter().map(|(_, at)| at).collect();
    assert_eq!(summary.records(), u64::from(COUNT));
    assert_eq!(times.len(), COUNT as usize);
    assert!(times.is_sorted());
}

#[test]
fn a_missing_file_is_named() {
    let (_file, mut documents, sources) = documents(&[]);
    documents.origin = Origin::Lines(vec!["no/such.jsonl".into()]);
    let (_, mut sorted) = sorted(&[documents], &sources, super::super::MEMORY_BYTES).expect("planned");
    let error = sorted.next().expect("an error").expect_err("there is no such file");
    assert!(matches!(error, HistoryError::Read(ReadError::File { .. })), "{error}");
    assert!(error.to_string().contains("no/such.jsonl"), "{error}");
}
