//! Refused records on the console: seen with personal data masked, and sent again.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};
use yujing_kafka::partitioner;

use super::{OFFICER, engine};
use crate::support::console::Console;
use crate::support::kafka::{Kafka, TestRecord, eventually};
use crate::support::program::{PARTITIONS, Program, SCHOOL, pest_complaint};

#[test]
fn refused_records_are_sent_again_once_each_whoever_clicks_and_whenever_the_console_is_killed() {
    const REFUSED: usize = 40;
    let program = Program::new();
    let _engine = engine(&program);
    let topic = program.value("TOPICS__INPUTS__COMPLAINTS");
    let kafka = Kafka(program.value("KAFKA__BOOTSTRAP_SERVERS"));
    let before = kafka.read_committed(topic).len();
    let bad = |number: usize| {
        let mut event = pest_complaint();
        (event["event_id"], event["category"]) = (json!(format!("bad-{number}")), json!(["王某"]));
        let partition = partitioner::partition(SCHOOL.as_bytes(), PARTITIONS);
        TestRecord::new(SCHOOL, event.to_string()).at(partition, Timestamp::now().as_millisecond())
    };
    let refused: Vec<_> = (0..REFUSED).map(bad).collect();
    kafka.produce(topic, &refused);
    let console = Console::beside(&program);
    let process = console.start();
    let analyst = console.account("li", &["--role", "analyst"]);
    let list = |code: &str| analyst.get(&format!("/data/dead-letters/list?topic={topic}&code={code}&limit=500"));
    eventually("the refused records", || (list("wrong_type")["total"] == REFUSED).then_some(()));
    let letter = list("wrong_type")["dead_letters"][0].clone();
    let place = format!("/data/dead-letters/{topic}/{}/{}", letter["partition"], letter["offset"]);
    let record = analyst.get(&place);
    assert!(record["document"].as_str().is_some_and(|text| text.contains(SCHOOL) && !text.contains('王')), "{record}");
    let officer = console.account("zhang", &OFFICER);
    assert_eq!(officer.ask("GET", &place, None).0, 403);

    // Of the publisher, beside what was accepted; that opens its list.
    let traffic = eventually("what came", || {
        let traffic = analyst.get("/data/sources");
        let complaints = traffic["sources"].as_array()?.iter().find(|source| source["source"] == "complaints")?.clone();
        let is_all = complaints["accepted"]["last_day"] == 1 && complaints["refused"] == REFUSED;
        // The engine says every few seconds how far behind it is.
        (is_all && complaints["waiting_records"] == 0).then_some((traffic, complaints))
    });
    let (traffic, complaints) = traffic;
    assert_eq!(complaints["state"], "fresh", "{traffic}");
    let publisher = &complaints["publishers"][0];
    assert_eq!((&publisher["publisher"], &publisher["refused"]), (&json!("hotline-12345"), &json!(REFUSED)));
    assert_eq!(publisher["accepted"]["last_hour"], 1);
    let since = traffic["since"].as_str().expect("an instant");
    let behind = format!("/data/dead-letters/list?topic={topic}&publisher=hotline-12345&since={since}");
    assert_eq!(analyst.get(&behind)["total"], REFUSED);
    let nothing = format!("/data/dead-letters/list?topic={topic}&since=2100-01-01T00:00:00Z");
    assert_eq!(analyst.get(&nothing)["total"], 0);
    let counts = analyst.get("/data/dead-letters");
    assert_eq!((&counts["listed"], counts["oldest_at"].is_string()), (&json!(REFUSED), true));

    // Twice, and while they leave the console is killed. The second time they are named: some may be refused again by then.
    let letters = list("wrong_type")["dead_letters"].as_array().cloned().expect("a list");
    let place = |letter: &Value| json!({ "partition": letter["partition"], "offset": letter["offset"] });
    let named = json!({ "topic": topic, "places": letters.iter().map(place).collect::<Vec<_>>() });
    let (status, asked) = analyst.post("/data/retries", &json!({ "topic": topic, "code": "wrong_type" }));
    assert_eq!((status, &asked["asked"], &asked["left"]), (202, &json!(REFUSED), &json!(0)), "{asked}");
    let never = json!({ "topic": topic, "code": "not_permitted" });
    assert_eq!(analyst.post("/data/retries", &never).0, 422, "an answer that was not permitted stays so");
    assert_eq!(analyst.post("/data/retries", &named).1["asked"], 0);
    let sent = || {
        let records = kafka.read_committed(topic).into_iter().skip(before + REFUSED);
        records.filter(|record| !record.header("yujing.retry.of").is_empty()).collect::<Vec<_>>()
    };
    eventually("the first", || (!sent().is_empty()).then_some(()));
    process.signal("KILL");
    process.ended();
    let _again = console.start();
    let states = || {
        let letters = list("wrong_type")["dead_letters"].as_array().cloned().unwrap_or_default();
        letters.iter().filter(|letter| letter["retry"]["state"] == "sent").count()
    };
    eventually("all of them", || (states() == REFUSED).then_some(()));
    // What was refused again is listed anew.
    eventually("their refusals", || (list("wrong_type")["total"] == 2 * REFUSED).then_some(()));
    let sent = sent();
    let marks: BTreeSet<_> = sent.iter().map(|record| record.header("yujing.retry.of")).collect();
    assert_eq!((sent.len(), marks.len()), (REFUSED, REFUSED), "each once");
    let values: BTreeSet<_> = sent.iter().map(|record| record.value.clone()).collect();
    let original: BTreeSet<_> = refused.iter().map(|record| record.value.clone()).collect();
    assert!(values == original, "byte for byte");
}
