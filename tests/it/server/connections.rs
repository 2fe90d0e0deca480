//! What clients do to connections: hold them, trickle, take nothing, send more than is read, ask for other names.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use rstest::rstest;
use tokio_util::sync::CancellationToken;
use yujing_live::reload::ReloadCoordinator;
use yujing_live::server::Limits;

use super::running::Running;

/// Answers `path` as a probe asks, with the time that it took.
fn probe(address: SocketAddr, path: &str) -> (String, Duration) {
    let began = Instant::now();
    let mut probe = TcpStream::connect(address).expect("connects");
    probe.set_read_timeout(Some(Duration::from_secs(10))).expect("set");
    let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    probe.write_all(request.as_bytes()).expect("it is sent");
    let mut answer = String::new();
    // A connection that is closed unread is an answer too.
    probe.read_to_string(&mut answer).ok();
    (answer, began.elapsed())
}

#[test]
fn probes_are_answered_while_slow_clients_hold_every_connection_and_these_are_closed_in_time() {
    let limits = Limits { connections: 20, reserve: 4, head: Duration::from_secs(10), ..Limits::default() };
    let (running, _receiver) = Running::start_within(ReloadCoordinator::default(), limits);
    let mut slow: Vec<TcpStream> =
        (0..23).map(|_| TcpStream::connect(running.address).expect("connects: the system queues it")).collect();
    let stop = CancellationToken::new();
    let began = Instant::now();
    let trickle = {
        let stop = stop.clone();
        std::thread::spawn(move || {
            let mut head = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nx-slow: ".iter();
            while !stop.is_cancelled() {
                let byte = *head.next().unwrap_or(&b'a');
                for one in &mut slow {
                    drop(one.write(&[byte]));
                }
                std::thread::sleep(Duration::from_millis(100));
            }
            slow
        })
    };
    std::thread::sleep(Duration::from_millis(200));
    for path in ["/healthz", "/metrics", "/readyz"] {
        let (answer, took) = probe(running.address, path);
        assert!(answer.starts_with("HTTP/1.1 200") || answer.starts_with("HTTP/1.1 503"), "{path}: {answer}");
        assert!(took < Duration::from_secs(8), "{path} took {took:?}");
    }
    let (answer, _) = probe(running.address, "/api/v1/version");
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("only"), "the reserve is for probes: {answer}");
    let (metrics, _) = probe(running.address, "/metrics");
    assert!(metrics.contains("yujing_http_connections{places=\"usual\"} 20"), "{metrics}");
    // A byte now and then does not move the deadline on.
    while !probe(running.address, "/api/v1/version").0.starts_with("HTTP/1.1 200") {
        assert!(began.elapsed() < Duration::from_mins(1), "the slow clients are still served");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(running.metrics.http_slow_connections.get() >= 20);
    stop.cancel();
    trickle.join().expect("it wrote");
}

#[test]
fn a_body_that_trickles_and_an_answer_that_is_not_taken_end_in_time() {
    let limits = Limits { answer: Duration::from_millis(300), taking: Duration::from_millis(300), ..Limits::default() };
    let (running, _receiver) = Running::start_within(ReloadCoordinator::default(), limits);
    let mut slow = TcpStream::connect(running.address).expect("connects");
    slow.set_read_timeout(Some(Duration::from_secs(10))).expect("set");
    let head = "POST /api/v1/ruleset/reload HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
                content-length: 20\r\nconnection: close\r\n\r\n{";
    slow.write_all(head.as_bytes()).expect("it is sent");
    let mut answer = String::new();
    slow.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 504"), "{answer}");

    // Many requests at once whose answers nobody reads fill the buffers of both sides.
    let mut deaf = TcpStream::connect(running.address).expect("connects");
    deaf.set_write_timeout(Some(Duration::from_millis(200))).expect("set");
    let began = Instant::now();
    while deaf.write_all(b"GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n").is_ok() {
        assert!(began.elapsed() < Duration::from_secs(10), "requests are read although nobody takes the answers");
    }
    let open = || running.metrics.http_connections.with_label_values(&["usual"]).get();
    while open() > 0 {
        assert!(began.elapsed() < Duration::from_secs(20), "a client that takes nothing keeps its place");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn only_addresses_local_names_and_configured_ones_are_answered() {
    let running = Running::ready();
    let ask = |host: &str| running.send("GET", "/api/v1/warnings", &[("host", host)], "");
    for host in ["127.0.0.1:9464", "10.1.2.3:9464", "[::1]", "localhost", "yujing:9464"] {
        assert_eq!(ask(host).status, 200, "{host}");
    }
    let refused = ask("attacker.example:9464").problem(421);
    assert!(refused.contains("attacker.example") && refused.contains("YUJING__SERVER__HOSTS"), "{refused}");
    for path in ["/metrics", "/readyz", "/api/v1/operators/x", "/nowhere"] {
        assert_eq!(running.send("GET", path, &[("host", "attacker.example")], "").status, 421, "{path}");
    }
    let two =
        b"GET /api/v1/warnings HTTP/1.1\r\nhost: localhost\r\nhost: attacker.example\r\nconnection: close\r\n\r\n";
    let mut client = TcpStream::connect(running.address).expect("connects");
    client.write_all(two).expect("sent");
    let mut answer = String::new();
    client.read_to_string(&mut answer).expect("answered");
    assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
}

/// What a client hears that sends all of a request before it takes anything.
fn sent_as_a_whole(address: SocketAddr, head: &str, bytes: usize) -> String {
    let mut client = TcpStream::connect(address).expect("connects");
    client.set_read_timeout(Some(Duration::from_secs(30))).expect("set");
    let head = format!("{head}\r\ncontent-length: {bytes}\r\nconnection: close\r\n\r\n");
    let body = vec![b'x'; bytes];
    client.write_all(head.as_bytes()).expect("the head is taken");
    client.write_all(&body).expect("the body is taken");
    let mut answer = String::new();
    client.read_to_string(&mut answer).expect("an answer");
    answer
}

/// More than the buffers of both sides hold.
const LONG: usize = 32 * 1024 * 1024;

#[rstest]
#[case::too_long("POST /api/v1/ruleset/reload HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json", 413)]
#[case::by_another_method("PUT /api/v1/warnings HTTP/1.1\r\nhost: localhost", 405)]
#[case::for_another_name("POST /api/v1/ruleset/reload HTTP/1.1\r\nhost: attacker.example", 421)]
#[case::to_nowhere("POST /nowhere HTTP/1.1\r\nhost: localhost", 404)]
#[case::where_nobody_reads("GET /api/v1/version HTTP/1.1\r\nhost: localhost", 200)]
fn a_long_request_hears_its_answer_though_nobody_reads_it(#[case] head: &str, #[case] status: u16) {
    let running = Running::ready();
    let answer = sent_as_a_whole(running.address, head, LONG);
    assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
}

#[test]
fn who_waits_for_the_answer_before_sending_gets_it_without_sending() {
    let running = Running::ready();
    for expects in ["", "expect: 100-continue\r\n"] {
        let mut client = TcpStream::connect(running.address).expect("connects");
        client.set_read_timeout(Some(Duration::from_secs(30))).expect("set");
        let head =
            format!("PUT /api/v1/warnings HTTP/1.1\r\nhost: localhost\r\n{expects}content-length: {LONG}\r\n\r\n");
        client.write_all(head.as_bytes()).expect("sent");
        let mut answer = String::new();
        client.read_to_string(&mut answer).expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 405 "), "{answer}");
    }
}

#[test]
fn who_sends_without_end_is_answered_and_cut_off() {
    let limits = Limits { answer: Duration::from_millis(500), ..Limits::default() };
    let (running, _receiver) = Running::start_within(ReloadCoordinator::default(), limits);
    let mut client = TcpStream::connect(running.address).expect("connects");
    let head = "PUT /api/v1/warnings HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n";
    let began = Instant::now();
    client.write_all(head.as_bytes()).expect("sent");
    while client.write_all(b"1\r\nx\r\n").is_ok() {
        assert!(began.elapsed() < Duration::from_secs(30), "it is read for ever");
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(began.elapsed() >= limits.answer, "it was not read");
}
