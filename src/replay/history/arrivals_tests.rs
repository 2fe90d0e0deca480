use std::collections::BTreeSet;
use std::io::Write as _;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use jiff::SignedDuration;
use proptest::collection::vec;
use proptest::prelude::*;
use yujing_workbench::publish::{Origin, ReadError};
use yujing_workbench::schemas_folder;

use super::super::survey::FileOrder;
use super::super::{Arrivals, History, MEMORY_BYTES, OFFSETS_A_FILE};
use super::*;

/// A history of files of complaints with these lines.
fn history(files: &[Vec<String>], memory: usize) -> (Vec<tempfile::NamedTempFile>, History) {
    let sources =
        schemas_folder::load(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../schemas"))).expect("valid schemas");
    let (source, _) = sources.by_name("complaints").expect("a source");
    let write = |lines: &Vec<String>| {
        let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
        for line in lines {
            writeln!(file, "{line}").expect("written");
        }
        file
    };
    let written: Vec<_> = files.iter().map(write).collect();
    let input = |(file, first_offset): (&tempfile::NamedTempFile, i64)| FileInput {
        source,
        origin: Origin::Lines(vec![file.path().to_owned()]),
        first_offset,
    };
    let files = written.iter().zip((0..).step_by(OFFSETS_A_FILE)).map(input).collect();
    (written, History { sources: Arc::new(sources), files, topics: None, memory })
}

fn line(number: u32, occurred: &str, reported: Option<&str>) -> String {
    let reported = reported.map_or_else(String::new, |at| format!(r#","reported_at":"{at}""#));
    format!(r#"{{"event_id":"c{number}","occurred_at":"{occurred}"{reported},"pad":"{}"}}"#, "x".repeat(400))
}

fn survey(history: &History) -> Result<Arrivals<'_>, HistoryError> {
    history.survey(NonZeroUsize::new(2).expect("not zero"))
}

/// Where each record stands and when it arrived, in the order in which they are given.
fn places(arrivals: &Arrivals<'_>) -> Vec<(String, Timestamp)> {
    let records = arrivals.read().expect("readable").map(|record| record.expect("readable"));
    records.map(|record| (record.topic.rsplit(':').next().unwrap_or_default().to_owned(), record.timestamp)).collect()
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

#[test]
fn documents_come_when_they_were_reported_and_equals_in_their_order() {
    let lines = vec![
        line(1, "2026-03-03T00:00:00Z", None),
        line(2, "2026-03-01T00:00:00Z", Some("2026-03-09T00:00:00.123456Z")),
        line(3, "2026-03-02T00:00:00Z", None),
        line(4, "2026-03-01T12:00:00Z", Some("2026-03-02T00:00:00Z")),
        "no JSON".to_owned(),
    ];
    let (_files, history) = history(&[lines], MEMORY_BYTES);
    let arrivals = survey(&history).expect("readable");
    assert_eq!(
        places(&arrivals),
        [
            ("3".to_owned(), at("2026-03-02T00:00:00Z")),
            ("4".to_owned(), at("2026-03-02T00:00:00Z")),
            ("1".to_owned(), at("2026-03-03T00:00:00Z")),
            ("2".to_owned(), at("2026-03-09T00:00:00.123Z")),
        ]
    );
    assert_eq!(arrivals.records(), 4);
    let unreadable = arrivals.unreadable();
    assert!(unreadable.len() == 1 && unreadable[0].place.ends_with(":5"), "{unreadable:?}");
}

proptest! {
    #[test]
    fn files_in_order_and_out_of_it_give_what_a_stable_sort_of_all_gives(
        files in vec((vec(0_i64..6, 0..12), any::<bool>()), 1..4)
    ) {
        let begin = at("2026-03-01T00:00:00Z");
        let (mut expected, mut written, mut orders) = (Vec::new(), Vec::new(), Vec::new());
        for (file, (mut places, is_in_order)) in files.into_iter().enumerate() {
            if is_in_order {
                places.sort_unstable();
            }
            // Several of them are within the same millisecond, which is all that counts.
            let arrivals: Vec<_> = places.iter().map(|place| begin + SignedDuration::from_micros(400 * place)).collect();
            let counted = |arrival: &Timestamp| arrival.as_millisecond();
            let is_in_order = arrivals.is_sorted_by_key(counted);
            orders.push(if is_in_order { FileOrder::Arrival } else { FileOrder::Unknown });
            let mut lines: Vec<_> = arrivals.iter().map(|arrival| line(0, &arrival.to_string(), None)).collect();
            expected.extend(arrivals.iter().enumerate().map(|(place, arrival)| (counted(arrival), file, place)));
            lines.push("no JSON".to_owned());
            written.push(lines);
        }
        let (files, history) = history(&written, MEMORY_BYTES);
        let arrivals = survey(&history).expect("readable");
        prop_assert_eq!(arrivals.files.iter().map(|file| file.order).collect::<Vec<_>>(), orders);
        expected.sort_unstable();
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(arrival, file, place)| (format!("{}:{}", files[file].path().display(), place + 1), arrival))
            .collect();
        // As often as there are passes.
        for _ in 0..2 {
            let records: Result<Vec<_>, _> = arrivals.read().expect("readable").collect();
            let records = records.expect("readable");
            let offsets: BTreeSet<i64> = records.iter().map(|record| record.offset).collect();
            prop_assert_eq!(offsets.len(), records.len());
            let records: Vec<_> =
                records.iter().map(|record| (record.topic.to_string(), record.timestamp.as_millisecond())).collect();
            prop_assert_eq!(&records, &expected);
            prop_assert_eq!(arrivals.records(), expected.len() as u64);
            prop_assert_eq!(arrivals.unreadable().len(), written.len());
        }
    }
}

#[test]
fn to_the_outcomes_query_files_stand_one_behind_the_other_and_before_every_topic() {
    let lines = |count: u32| (0..count).map(|number| line(number, "2026-03-01T00:00:00Z", None)).collect();
    let (_files, history) = history(&[lines(3), lines(1), lines(2)], MEMORY_BYTES);
    let records = history.records_of(history.files[0].source).expect("readable");
    let offsets: Vec<i64> = records.map(|record| record.expect("readable").offset).collect();
    assert_eq!(offsets.len(), 6);
    assert!(offsets.is_sorted_by(|one, next| one < next) && offsets.iter().all(|offset| *offset < 0), "{offsets:?}");
}

#[test]
fn what_does_not_fit_in_memory_is_sorted_all_the_same() {
    const COUNT: u32 = 40_000;
    let begin = at("2026-01-01T00:00:00Z");
    let scattered = |number: u32| i64::from(number.wrapping_mul(2_654_435_761) % 1_000_000);
    let lines: Vec<String> = (0..COUNT)
        .map(|number| {
            let at = begin + SignedDuration::from_secs(scattered(number));
            line(number, &at.to_string(), None)
        })
        .collect();
    // About 19 MB of documents through a sort that may hold 8.
    let (_files, history) = history(&[lines], 8 << 20);
    let arrivals = survey(&history).expect("readable");
    let times: Vec<Timestamp> = places(&arrivals).into_iter().map(|(_, at)| at).collect();
    assert_eq!(arrivals.records(), u64::from(COUNT));
    assert_eq!(times.len(), COUNT as usize);
    assert!(times.is_sorted());
}

#[test]
fn a_file_that_is_written_to_meanwhile_is_named() {
    let lines = [1, 2].map(|day| line(day, &format!("2026-03-0{day}T00:00:00Z"), None));
    let (mut files, history) = history(&[lines.to_vec()], MEMORY_BYTES);
    let arrivals = survey(&history).expect("readable");
    writeln!(files[0], "{}", line(3, "2026-02-28T00:00:00Z", None)).expect("written");
    let last = arrivals.read().expect("readable").last().expect("records");
    let error = last.expect_err("it arrived before").to_string();
    assert!(error.starts_with(&format!("{}:3: ", files[0].path().display())), "{error}");
}

#[test]
fn a_survey_that_is_cancelled_looks_no_further() {
    let lines = vec![line(1, "2026-03-01T00:00:00Z", None), line(2, "2026-03-02T00:00:00Z", None)];
    let (_files, history) = history(&[lines.clone(), lines], MEMORY_BYTES);
    let survey = |cancelled| {
        let arrivals = history.survey_unless_cancelled(&AtomicBool::new(cancelled), NonZeroUsize::MIN)?;
        Ok::<_, HistoryError>((arrivals.files[0].order, arrivals.records()))
    };
    assert_eq!(survey(false).expect("readable"), (FileOrder::Arrival, 4));
    assert_eq!(survey(true).expect("readable"), (FileOrder::Unknown, 2), "the first of each file");
}

#[test]
fn a_missing_file_is_named() {
    let (_files, mut history) = history(&[vec![]], MEMORY_BYTES);
    history.files[0].origin = Origin::Lines(vec!["no/such.jsonl".into()]);
    let error = survey(&history).expect_err("there is no such file");
    assert!(matches!(error, HistoryError::Read(ReadError::File { .. })), "{error}");
    assert!(error.to_string().contains("no/such.jsonl"), "{error}");
}
