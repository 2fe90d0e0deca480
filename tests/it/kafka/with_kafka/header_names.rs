//! Header names that are not UTF-8: Kafka takes them from any publisher, and the client library panics over them.

use std::ffi::OsStr;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::process::{Command, Stdio};

use jiff::Timestamp;
use yujing_config::Clock;
use yujing_kafka::headers::UNREADABLE;
use yujing_kafka::history::{History, Part, Span};

use crate::support::adapter::clients;
use crate::support::engine::{EngineFixture, complaint};
use crate::support::kafka::{bootstrap, read_committed};

const OPERATOR: &str = "XC-0001";

/// Sends lines as records with a name of a single byte among their headers.
fn publish(topic: &str, lines: &[&str]) {
    let mut child = Command::new("kcat")
        .args(["-q", "-P", "-b", bootstrap(), "-t", topic, "-p", "0", "-k", OPERATOR, "-H", "trace=kept", "-H"])
        .arg(OsStr::from_bytes(b"\xff=lost"))
        .stdin(Stdio::piped())
        .spawn()
        .expect("kcat is needed: `make setup` says how to get it");
    child.stdin.take().expect("piped").write_all(lines.join("\n").as_bytes()).expect("it listens");
    assert!(child.wait().expect("it ends").success());
}

#[test]
fn a_header_name_that_is_not_utf8_ends_neither_an_engine_nor_a_replay() {
    let fixture = EngineFixture::new(Clock::Wall);
    let input = fixture.topic("complaints");
    let good = complaint(OPERATOR, "c-1", Timestamp::now().as_second() - 3_600).to_string();
    publish(&input, &[&good, "not json"]);
    // When they come, and when they are restored.
    for _ in 0..2 {
        let running = fixture.start();
        running.await_ready();
        fixture.await_consumed_by(&running);
        running.stop().expect("it stops");
    }
    assert!(fixture.scores().contains_key(OPERATOR), "the good one counts");
    let dead = read_committed(&format!("{input}{}", fixture.config.topics.dead_letter_suffix));
    let [letter] = &dead[..] else { panic!("{dead:?}") };
    assert_eq!(letter.header("yujing.error.code"), "not_json");
    assert_eq!((letter.key.as_deref(), letter.value.as_deref()), (Some(OPERATOR.as_bytes()), Some(&b"not json"[..])));
    assert_eq!((letter.header("trace"), letter.header(UNREADABLE)), ("kept".to_owned(), String::new()));
    assert!(letter.headers.contains_key(UNREADABLE), "{letter:?}");

    let (source, _) = fixture.sources.by_name("complaints").expect("a source");
    let parts = [Part { topic: input.as_str().into(), source, offsets: None }];
    let history = History::find(clients(&fixture.config), &parts, Span::default()).expect("it is there");
    let records: Vec<_> = history.read(None).expect("readable").map(|record| record.expect("a record")).collect();
    assert_eq!(records.len(), 2);
}
