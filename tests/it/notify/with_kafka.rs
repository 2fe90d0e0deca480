//! `yujing notify` on a real Kafka: who is told, in what order, and what comes back, whatever is killed when.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Lines};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use serde_json::Value;
use uuid::Uuid;
use yujing_core::source::{Decoder, Op, Record};
use yujing_workbench::schemas_folder;

use super::{OPERATOR, event, warn};
use crate::support::kafka::{PrivateBroker, TestRecord, eventually};
use crate::support::notify::Notify;
use crate::support::program::{Program, nowhere};
use crate::support::receiver::{Receiver, Reply, Request};

fn file(url: &str) -> String {
    format!(
        "default = [\"duty\"]\n[retry]\nfirst = \"100ms\"\nlongest = \"300ms\"\ngive_up_after = \"1h\"\n\
         [channels.duty]\nkind = \"cloudevents\"\nurl = \"{url}\"\ntimeout = \"60s\"\n"
    )
}

/// Which warning's which event a request is.
fn told(request: &Request) -> (u128, u64) {
    let id = &request.headers["ce-id"];
    let (warning, sequence) = id.split_once(':').expect("warning and number");
    (warning.parse::<Uuid>().expect("an id").as_u128(), sequence.parse().expect("a number"))
}

fn json(record: &TestRecord) -> Value {
    serde_json::from_slice(record.value.as_deref().expect("a value")).expect("JSON")
}

#[test]
fn posts_are_told_once_and_each_receipt_is_a_disposition() {
    let receiver = Receiver::start(|_| Reply::status(200));
    let notify = Notify::new(&file(&receiver.url("/")));
    warn(&notify, &[(1, 1), (2, 1), (1, 2)], &["grid/东一", "health"]);
    let process = notify.start();
    let receipts = eventually("six receipts", || Some(notify.receipts()).filter(|all| all.len() == 6));
    let mut all: Vec<(u128, u64)> = receiver.got().iter().map(told).collect();
    all.sort_unstable();
    assert_eq!(all, [(1, 1), (1, 2), (2, 1)]);

    let sources = Arc::new(schemas_folder::load(Path::new("schemas")).expect("schemas"));
    let (id, source) = sources.by_name("dispositions").expect("a source");
    let decoder = Decoder::new(id, Arc::clone(source));
    for receipt in &receipts {
        let record = Record {
            source: id,
            topic: "dispositions".into(),
            partition: receipt.partition,
            offset: receipt.offset,
            timestamp: jiff::Timestamp::now(),
            key: receipt.key.clone(),
            value: receipt.value.clone(),
            headers: Vec::new(),
        };
        let event = decoder.decode(&record).unwrap_or_else(|refusal| panic!("{refusal}"));
        assert_eq!(event.op, Op::Upsert);
        let value = json(receipt);
        assert_eq!((&value["action"], &value["schema_version"]), (&"delivered".into(), &"2".into()));
    }
    let mut posts: BTreeMap<String, usize> = BTreeMap::new();
    for receipt in &receipts {
        *posts.entry(json(receipt)["post"].as_str().expect("a post").to_owned()).or_default() += 1;
    }
    assert_eq!(posts, [("grid/东一".to_owned(), 3), ("health".to_owned(), 3)].into());
    process.signal("TERM");
    let (code, log) = process.ended();
    assert_eq!(code, Some(0), "{log}");
    let _again = notify.start();
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!((receiver.got().len(), notify.receipts().len()), (3, 6), "nothing is told twice");
}

#[test]
fn a_kill_amid_deliveries_tells_nobody_twice_and_keeps_each_warnings_order() {
    let is_well = Arc::new(AtomicBool::new(false));
    let well = Arc::clone(&is_well);
    // Warning 1 cannot be delivered at first; others can.
    let receiver = Receiver::start(move |request| {
        let is_stuck = told(request).0 == 1 && !well.load(Ordering::Relaxed);
        Reply::status(if is_stuck { 503 } else { 200 })
    });
    let notify = Notify::new(&file(&receiver.url("/")));
    warn(&notify, &[(1, 1), (2, 1), (1, 2), (3, 1), (2, 2)], &["grid/东一"]);
    let process = notify.start();
    eventually("the receipts of all others", || Some(notify.receipts()).filter(|all| all.len() == 3));
    process.signal("KILL");
    process.ended();
    let process = notify.start();
    warn(&notify, &[(3, 2)], &["grid/东一"]);
    eventually("a further receipt", || Some(notify.receipts()).filter(|all| all.len() == 4));
    is_well.store(true, Ordering::Relaxed);
    eventually("all receipts", || Some(notify.receipts()).filter(|all| all.len() == 6));
    process.signal("KILL");
    process.ended();
    let _last = notify.start();
    std::thread::sleep(Duration::from_secs(2));

    let mut of: BTreeMap<u128, Vec<u64>> = BTreeMap::new();
    for (warning, sequence) in receiver.got().iter().map(told) {
        of.entry(warning).or_default().push(sequence);
    }
    assert_eq!((&of[&2], &of[&3]), (&vec![1, 2], &vec![1, 2]), "once, in order");
    assert!(of[&1].len() > 2 && of[&1].is_sorted() && of[&1].ends_with(&[1, 2]), "{of:?}");
    let mut ids: Vec<String> = notify.receipts().iter().map(|one| json(one)["event_id"].to_string()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 6);
}

#[test]
fn what_is_refused_goes_to_the_dead_letters_with_the_reason_and_is_not_tried_again() {
    let receiver = Receiver::start(|request| Reply::status(if told(request).1 == 1 { 422 } else { 200 }));
    let notify = Notify::new(&file(&receiver.url("/hook?key=hunter2")));
    warn(&notify, &[(1, 1), (1, 2)], &["grid/东一", "health"]);
    let process = notify.start();
    eventually("the receipts of the second", || Some(notify.receipts()).filter(|all| all.len() == 2));
    let dead = notify.dead_letters();
    let [letter] = dead.as_slice() else { panic!("{dead:?}") };
    assert_eq!(json(letter), event(1, 1, &["grid/东一", "health"]), "as it was on the topic");
    for (name, value) in [
        ("yujing.error.code", "refused"),
        ("yujing.notify.channel", "duty"),
        ("yujing.notify.posts", "grid/东一,health"),
        ("yujing.notify.tries", "1"),
        ("__connect.errors.topic", notify.program.value("TOPICS__WARNINGS")),
        ("__connect.errors.stage", "TASK_PUT"),
    ] {
        assert_eq!(letter.header(name), value, "{name}");
    }
    let reason = letter.header("__connect.errors.exception.message");
    assert!(reason.contains("answers 422") && !reason.contains("hunter2"), "{reason}");
    let refused = "yujing_notify_dead_letters_total{channel=\"duty\",code=\"refused\"}";
    assert_eq!(notify.count(refused), Some(1));
    process.signal("KILL");
    process.ended();
    let _again = notify.start();
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!((receiver.got().len(), notify.dead_letters().len()), (2, 1));
}

#[test]
fn a_record_that_is_no_warnings_event_is_passed_over() {
    let receiver = Receiver::start(|_| Reply::status(200));
    let notify = Notify::new(&file(&receiver.url("/")));
    let process = notify.start();
    let junk = ["", "{}", "[1]", "\u{0}"].map(|value| TestRecord::new(OPERATOR, value));
    notify.produce(&junk);
    warn(&notify, &[(1, 1)], &["grid/东一"]);
    eventually("the receipt", || Some(notify.receipts()).filter(|all| all.len() == 1));
    let unreadable = "yujing_notify_events_total{outcome=\"unreadable\"}";
    eventually("the metric", || notify.count(unreadable).filter(|&count| count == 4));
    process.signal("TERM");
    assert_eq!(process.ended().0, Some(0));
}

/// An HTTPS server of its own certificate; killed if the test ends before it.
struct TlsReceiver {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
    port: u16,
}

impl TlsReceiver {
    fn start() -> Self {
        let script = tls_file("server.py");
        let mut process = Command::new("python3").arg(script).stdout(Stdio::piped()).spawn().expect("python3 runs");
        let mut lines = BufReader::new(process.stdout.take().expect("piped")).lines();
        let port = lines.next().expect("a line").expect("UTF-8").parse().expect("a port");
        Self { process, lines, port }
    }
}

impl Drop for TlsReceiver {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn tls_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/notify/tls").join(name)
}

#[test]
fn a_server_is_trusted_by_its_certificate_alone() {
    let mut receiver = TlsReceiver::start();
    let mut notify = Notify::new(&file(&format!("https://127.0.0.1:{}/", receiver.port)));
    warn(&notify, &[(1, 1)], &["grid/东一"]);
    let process = notify.start();
    let failed = "yujing_notify_tries_total{channel=\"duty\",outcome=\"failed\"}";
    eventually("a refusal", || notify.count(failed).filter(|&count| count > 0));
    process.signal("TERM");
    let (code, log) = process.ended();
    assert!(code == Some(0) && log.contains("UnknownIssuer"), "{log}");
    let trusted = tls_file("certificate.pem").display().to_string();
    notify.program.environment.push(("SSL_CERT_FILE".to_owned(), trusted));
    let _process = notify.start();
    let told = receiver.lines.next().expect("a line").expect("UTF-8");
    assert_eq!(told, "00000000-0000-0000-0000-000000000001:1");
    eventually("the receipt", || Some(notify.receipts()).filter(|all| all.len() == 1));
}

#[test]
fn messages_that_left_while_kafka_was_away_are_not_sent_again_and_their_receipts_come_later() {
    let Some(mut broker) = PrivateBroker::start() else { return };
    // The receiver holds each message until its warning's turn: of the first to end a receipt is to be written, which
    // fails, and the other ends only after that.
    let turn = Arc::new(AtomicU64::new(0));
    let held = Arc::clone(&turn);
    let receiver = Receiver::start(move |request| {
        while u128::from(held.load(Ordering::Relaxed)) < told(request).0 {
            std::thread::sleep(Duration::from_millis(20));
        }
        Reply::status(200)
    });
    let mut program = Program::on(&broker.address());
    program.environment.push(("YUJING__ENGINE__TRANSACTION_TIMEOUT".to_owned(), "5s".to_owned()));
    let notify = Notify::on(program, &file(&receiver.url("/")));
    let process = notify.start();
    // It says once by the clock where it begins, and nothing more before a message is settled: no transaction is under way
    // when the broker goes.
    let committed = "yujing_transactions_total{outcome=\"committed\"}";
    eventually("its beginning", || notify.count(committed).filter(|&count| count > 0));
    warn(&notify, &[(1, 1), (2, 1)], &["grid/东一"]);
    eventually("the messages", || (receiver.got().len() == 2).then_some(()));
    broker.kill();
    turn.store(1, Ordering::Relaxed);
    eventually("word that Kafka is away", || notify.status().filter(|status| *status == 503));
    turn.store(2, Ordering::Relaxed);
    broker.start_again();
    eventually("the receipts", || Some(notify.receipts()).filter(|all| all.len() == 2));
    warn(&notify, &[(1, 2)], &["grid/东一"]);
    eventually("the next receipt", || Some(notify.receipts()).filter(|all| all.len() == 3));
    let mut got: Vec<_> = receiver.got().iter().map(told).collect();
    got.sort_unstable();
    assert_eq!(got, [(1, 1), (1, 2), (2, 1)]);
    process.signal("TERM");
    assert_eq!(process.ended().0, Some(0));
}

#[test]
fn missing_topics_and_a_second_process_are_told() {
    let receiver = Receiver::start(|_| Reply::status(200));
    let notify = Notify::new(&file(&receiver.url("/")));
    let first = notify.start();
    // The second has the first one's place, though not its address.
    let program = Program { environment: notify.program.environment.clone(), server: String::new() };
    let other = Notify::beside(program, &file(&receiver.url("/")));
    let _second = other.start();
    warn(&notify, &[(1, 1)], &["grid/东一"]);
    let (code, log) = first.ended();
    assert_eq!(code, Some(1), "{log}");
    assert!(log.contains("another process took over"), "{log}");

    let without_topics = Program::new();
    let mut command = without_topics.command(&["notify"]);
    command.env("YUJING__NOTIFY__FILE", other.folder.path().join("notify.toml"));
    command.env("YUJING__NOTIFY__LISTEN", nowhere());
    let output = command.output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(1) && said.contains("yujing topics --create"), "{said}");
}
