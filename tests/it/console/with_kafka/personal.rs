//! A name and a telephone number in what somebody reports to have done: flagged, and shown nowhere.

use std::path::Path;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use yujing_base::zone::Zone;
use yujing_kafka::partitioner;

use super::{OFFICER, STATION, engine, warning};
use crate::support::console::Console;
use crate::support::kafka::{Kafka, TestRecord, eventually};
use crate::support::program::{PARTITIONS, Program, SCHOOL};

const SECRETS: [&str; 2] = ["王小明", "13800138000"];
const TEXT: &str = "联系人：王小明，电话13800138000";

/// Dispositions with the text wherever one fits, and the code by which those are refused that are.
fn dispositions(warning_id: &str) -> Vec<(Option<&'static str>, Value)> {
    let disposition = |number: usize, code: Option<&'static str>, fields: Value| {
        let mut event = json!({
            "event_id": format!("d{number}"), "publisher": "officer-app", "operator_id": SCHOOL, "schema_version": "2",
            "occurred_at": Timestamp::now().to_string(), "warning_id": warning_id, "action": "acknowledged",
            "role": "officer", "post": STATION,
        });
        let fields: &Map<String, Value> = fields.as_object().expect("an object");
        event.as_object_mut().expect("an object").extend(fields.clone());
        (code, event)
    };
    let anywhere = json!({ "result": TEXT, "note": TEXT, "officer_role": TEXT, "remark": TEXT, TEXT: [TEXT] });
    let receipt = json!({ "action": "delivered", "channel": TEXT, "sequence": 1 });
    let receipt_of_nobody = json!({ "action": "delivered", "post": format!("grid/{TEXT}") });
    let transfer = json!({ "action": "transferred", "transfer_to": format!("grid/{TEXT}") });
    vec![
        disposition(1, None, anywhere),
        disposition(2, None, receipt),
        disposition(3, Some("not_permitted"), receipt_of_nobody),
        disposition(4, Some("not_permitted"), transfer),
        disposition(5, Some("not_permitted"), json!({ "action": "in_progress", "post": TEXT })),
        disposition(6, Some("unknown_value"), json!({ "action": TEXT })),
        disposition(7, Some("wrong_type"), json!({ "post": 13_800_138_000_u64 })),
        disposition(8, Some("wrong_format"), json!({ "findings": [TEXT] })),
        disposition(9, Some("wrong_format"), json!({ "attachments": [{ "uri": TEXT, "sha256": TEXT }] })),
        disposition(10, Some("unknown_schema_version"), json!({ "schema_version": TEXT })),
        disposition(11, Some("wrong_time"), json!({ "extend_to": TEXT })),
    ]
}

/// All text in the files of a folder.
fn files(folder: &Path) -> String {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let files = entries.filter(|path| path.is_file());
    files.map(|file| String::from_utf8_lossy(&std::fs::read(file).expect("read")).into_owned()).collect()
}

#[test]
fn a_name_and_a_telephone_number_in_an_answer_are_flagged_and_shown_nowhere() {
    let program = Program::new();
    let engine = engine(&program);
    let console = Console::beside(&program);
    let process = console.start();
    let officer = console.account("zhang", &OFFICER);
    let analyst = console.account("li", &["--role", "analyst", "--area", "/"]);
    let warning_id = warning(&officer)["warning_id"].as_str().expect("an id").to_owned();

    // The console tells who writes it.
    let typed = json!({
        "id": uuid::Uuid::from_u128(1), "post": STATION, "role": "officer", "action": "acknowledged", "result": TEXT,
    });
    let (status, problem) = officer.post(&format!("/warnings/{warning_id}/answers"), &typed);
    assert_eq!((status, &problem["code"]), (422, &json!("personal")), "{problem}");

    let kafka = Kafka(program.value("KAFKA__BOOTSTRAP_SERVERS"));
    let topic = program.value("TOPICS__INPUTS__DISPOSITIONS");
    let given = dispositions(&warning_id);
    for (_, event) in &given {
        let partition = partitioner::partition(SCHOOL.as_bytes(), PARTITIONS);
        let now = Timestamp::now().as_millisecond();
        kafka.produce(topic, &[TestRecord::new(SCHOOL, event.to_string()).at(partition, now)]);
    }
    let refused = given.iter().filter(|(code, _)| code.is_some()).count();
    let listed = || analyst.get(&format!("/data/dead-letters/list?topic={topic}&limit=500"));
    eventually("all that is refused", || (listed()["total"] == refused).then_some(()));
    eventually("what is not", || {
        let states = officer.get(&format!("/warnings/{warning_id}"));
        (states["handling"]["state"] == "acknowledged").then_some(())
    });

    // Why each was refused; where in the letter's headers it is quoted.
    let letters = kafka.read_committed(&format!("{topic}.dlq"));
    let mut codes: Vec<String> = letters.iter().map(|letter| letter.header("yujing.error.code")).collect();
    let mut expected: Vec<String> = given.iter().filter_map(|(code, _)| code.map(str::to_owned)).collect();
    codes.sort_unstable();
    expected.sort_unstable();
    assert_eq!(codes, expected);
    let mut shown: Vec<(String, String)> = Vec::new();
    for letter in &letters {
        for name in ["__connect.errors.exception.message", "yujing.error.pointer", "yujing.error.got"] {
            shown.push((format!("a letter's {name}"), letter.header(name)));
        }
    }
    for name in ["TOPICS__WARNINGS", "TOPICS__SCORES", "TOPICS__AREAS"] {
        let records = kafka.read_committed(program.value(name));
        let values = records.iter().filter_map(|record| record.value.as_deref()).map(String::from_utf8_lossy);
        shown.push((name.to_owned(), values.collect()));
    }
    let operator = format!("/api/v1/operators/{SCHOOL}");
    let paths = ["", "/events", "/explain"].map(|part| format!("{operator}{part}"));
    for path in paths.into_iter().chain(["/api/v1/warnings", "/metrics"].map(str::to_owned)) {
        let answer = program.text(&path).expect("it answers");
        shown.push((path, answer));
    }
    let metrics = program.text("/metrics").expect("it answers");
    assert!(metrics.contains("yujing_withheld_texts_total{source=\"dispositions\"} 3"), "it is counted");
    let events = program.text(&format!("{operator}/events")).expect("it answers");
    assert!(events.contains("result:telephone") && events.contains("channel:name"), "it is flagged: {events}");
    let pages = [
        format!("/warnings/{warning_id}"),
        format!("/operators/{SCHOOL}"),
        format!("/operators/{SCHOOL}/timeline"),
        format!("/data/dead-letters/list?topic={topic}&limit=500"),
    ];
    for page in pages {
        shown.push((page.clone(), analyst.get(&page).to_string()));
    }
    for letter in listed()["dead_letters"].as_array().expect("letters") {
        let page = format!("/data/dead-letters/{topic}/{}/{}", letter["partition"], letter["offset"]);
        shown.push((page.clone(), analyst.get(&page).to_string()));
    }

    for (arguments, what) in [
        (vec!["warnings", "--full", "--from-beginning", "--no-follow"], "yujing warnings"),
        (vec!["explain", "--warning", &warning_id], "yujing explain"),
    ] {
        let (_, out, err) = program.run(&arguments);
        shown.push((what.to_owned(), out + err.as_str()));
    }
    let folder = tempfile::tempdir().expect("a folder");
    let month = Zone::default().date(Timestamp::now()).strftime("%Y-%m").to_string();
    let (code, _, err) = program.run(&["report", "--month", &month, "--out", folder.path().to_str().expect("UTF-8")]);
    assert_eq!(code, Some(0), "{err}");
    shown.push(("the monthly report".to_owned(), files(folder.path())));

    for (process, what) in [(process, "the console's log"), (engine, "the engine's log")] {
        process.signal("TERM");
        shown.push((what.to_owned(), process.ended().1));
    }
    shown.push(("the console's files".to_owned(), files(console.folder.path())));
    for (place, text) in shown {
        assert!(!text.is_empty(), "{place} has something to show");
        for secret in SECRETS {
            let before = text
                .split_once(secret)
                .map(|(before, _)| before.chars().skip(before.chars().count().saturating_sub(99)));
            assert_eq!(before.map(Iterator::collect::<String>), None, "{place} shows {secret} behind this");
        }
    }
}
