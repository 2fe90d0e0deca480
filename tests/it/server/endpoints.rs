//! The endpoints, on a port, with a stand-in for the engine's thread behind the queue.

use std::net::TcpStream;
use std::path::Path;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::{Value, json};
use yujing_base::OperatorId;
use yujing_core::engine::{Newest, PublisherTally, Tally};
use yujing_core::source::RefusalCode;
use yujing_live::query::MAX_WAITING;
use yujing_live::reload::ReloadCoordinator;
use yujing_live::status::HeldInput;
use yujing_live::{Query, State};
use yujing_telemetry::InternalEvent as _;
use yujing_telemetry::engine::BatchDecided;
use yujing_telemetry::kafka::LagMeasured;
use yujing_workbench::schemas_folder;

use super::running::{KNOWN, RULESET, Running};

#[test]
fn readiness_follows_the_engine_and_says_what_it_does() {
    let (running, _receiver) = Running::start();
    let restoring = State::Restoring { what: "scores".to_owned(), done: 3, total: 9 };
    let cases = [
        (State::Starting, 503, 200, json!({ "state": "starting" })),
        (restoring, 503, 200, json!({ "state": "restoring", "what": "scores", "done": 3, "total": 9 })),
        (State::Waiting { reason: "no".to_owned() }, 503, 200, json!({ "state": "waiting", "reason": "no" })),
        (State::Ready, 200, 200, json!({ "state": "ready" })),
        (State::Stopping, 503, 200, json!({ "state": "stopping" })),
        (State::Failed { reason: "no".to_owned() }, 503, 503, json!({ "state": "failed", "reason": "no" })),
    ];
    for (state, ready, healthy, body) in cases {
        running.status.enter(state, &running.metrics);
        let readiness = running.get("/readyz");
        assert_eq!((readiness.status, readiness.json()), (ready, body));
        assert_eq!(readiness.content_type, "application/json");
        assert_eq!(running.get("/healthz").status, healthy);
        let metrics = running.get("/metrics").body;
        let expected = format!("yujing_ready {}", i32::from(ready == 200));
        assert!(metrics.lines().any(|line| line == expected), "no line {expected}");
    }
}

#[test]
fn readiness_names_the_inputs_that_are_held_back() {
    let (running, _receiver) = Running::start();
    running.status.enter(State::Ready, &running.metrics);
    let held = HeldInput { topic: "complaints".to_owned(), partition: 1, since: Timestamp::UNIX_EPOCH, records: 12 };
    running.status.hold_back(vec![held]);
    let readiness = running.get("/readyz");
    let named = json!([{ "topic": "complaints", "partition": 1, "since": "1970-01-01T00:00:00Z", "records": 12 }]);
    assert_eq!((readiness.status, readiness.json()), (200, json!({ "state": "ready", "held_back": named })));
    running.status.hold_back(Vec::new());
    assert_eq!(running.get("/readyz").json(), json!({ "state": "ready" }));
}

#[test]
fn scores_and_explanations_are_answered_by_the_engine() {
    let running = Running::ready();
    let score = running.get(&format!("/api/v1/operators/{KNOWN}"));
    assert_eq!((score.status, &*score.content_type), (200, "application/json"));
    assert_eq!(score.json()["score"], 35);
    let explanation = running.get(&format!("/api/v1/operators/{KNOWN}/explain")).json();
    assert_eq!((&explanation["score"], &explanation["rules"][0]["outcome"]), (&json!(35), &json!("fired")));
}

#[test]
fn events_of_an_operator_are_asked_for_in_parts() {
    let running = Running::ready();
    let at = "2026-03-01T08:00:00Z";
    let events = running.get(&format!("/api/v1/operators/{KNOWN}/events?until={at}&limit=1&source=complaints")).json();
    assert_eq!((&events["events"][0]["occurred_at"], &events["events"][0]["event_id"]), (&json!(at), &json!("c1")));
    assert_eq!(running.get("/api/v1/operators/nobody/events").json(), json!({ "events": [] }));
}

#[test]
fn warnings_are_filtered_and_cut_and_the_total_is_reported() {
    let running = Running::ready();
    let cases = [("", 3, 3), ("?level=orange", 2, 2), ("?level=orange&limit=1", 2, 1), ("?level=blue", 0, 0)];
    for (selection, total, listed) in cases {
        let answer = running.get(&format!("/api/v1/warnings{selection}")).json();
        let warnings = answer["warnings"].as_array().expect("a list");
        assert_eq!((answer["total"].as_u64(), warnings.len()), (Some(total), listed), "{selection}");
    }
    let first = &running.get("/api/v1/warnings").json()["warnings"][0];
    assert_eq!((&first["level"], &first["name"]), (&json!("red"), &json!("某某小学食堂")));
}

#[test]
fn areas_are_listed_by_kind_and_by_what_is_around_them() {
    let running = Running::ready();
    let cases = [
        ("", 7),
        ("?kind=sub_district", 2),
        ("?sub_district=%E7%94%B2", 3),
        ("?sub_district=%E7%94%B2&kind=grid", 1),
        ("?community=%E4%B8%80", 2),
        ("?sub_district=%E4%B8%99", 0),
    ];
    for (selection, listed) in cases {
        let answer = running.get(&format!("/api/v1/areas{selection}")).json();
        assert_eq!(answer["areas"].as_array().map(Vec::len), Some(listed), "{selection}");
    }
    let district = &running.get("/api/v1/areas?kind=district").json()["areas"][0];
    assert_eq!((&district["operators"], &district["warnings"]["red"]["open"]), (&json!(3), &json!(1)));
}

#[test]
fn the_status_says_of_each_source_and_publisher_what_came_and_follows_its_schema_in_every_state() {
    let (running, _receiver) = Running::start();
    let schema = std::fs::read_to_string("deploy/status.schema.json").expect("a schema");
    let schema: Value = serde_json::from_str(&schema).expect("JSON");
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).expect("a schema");
    let status = |running: &Running| {
        let answer = running.get("/api/v1/status");
        assert_eq!(answer.status, 200, "whatever the engine does: {}", answer.body);
        let found: Vec<String> = validator.iter_errors(&answer.json()).map(|error| error.to_string()).collect();
        assert_eq!(found, [""; 0], "{}", answer.body);
        answer.json()
    };
    let states = [
        State::Restoring { what: "scores".to_owned(), done: 3, total: 9 },
        State::Waiting { reason: "no broker".to_owned() },
        State::Failed { reason: "no".to_owned() },
    ];
    for state in states {
        running.status.enter(state.clone(), &running.metrics);
        let answer = status(&running);
        assert_eq!((&answer["state"], &answer["counted_since"]), (&json!(state)["state"], &Value::Null));
    }
    running.status.enter(State::Ready, &running.metrics);

    let sources = schemas_folder::load(Path::new("schemas")).expect("the schemas are in order");
    let (id, source) = sources.by_name("complaints").expect("a source");
    let now = Timestamp::now();
    let newest = |minutes: i64| {
        let at = now - jiff::SignedDuration::from_mins(minutes);
        Newest { occurred_at: at, received_at: at }
    };
    let publishers = [
        ((id, "hotline".into()), PublisherTally { newest: newest(2), records: 7 }),
        ((id, "portal".into()), PublisherTally { newest: newest(1), records: 3 }),
    ];
    let refused = [((id, RefusalCode::WrongType), 4), ((id, RefusalCode::NotJson), 1)].into();
    let tally = Tally { publishers: publishers.into(), refused, ..Tally::default() };
    BatchDecided { tally: &tally, sources: &sources, at: now }.emit(&running.metrics);
    for partition in 0..2 {
        let lag = LagMeasured { topic: &source.topic, partition, records: 5, seconds: 1.5, held_back: None };
        lag.emit(&running.metrics);
    }
    let answer = status(&running);
    assert_eq!(
        (&answer["state"], &answer["waiting_records"], &answer["behind_seconds"]),
        (&json!("ready"), &json!(10), &json!(1.5))
    );
    assert!(answer["counted_since"].is_string(), "{answer}");
    let of = |name: &str| {
        let sources = answer["sources"].as_array().expect("sources");
        sources.iter().find(|source| source["source"] == name).cloned().expect("every source is listed")
    };
    let complaints = of("complaints");
    assert_eq!((&complaints["state"], &complaints["waiting_records"]), (&json!("fresh"), &json!(10)));
    assert_eq!(complaints["accepted"], json!({ "last_hour": 10, "last_day": 10 }));
    assert_eq!(complaints["refused"], json!({ "last_hour": 5, "last_day": 5 }));
    let names: Vec<&Value> =
        complaints["publishers"].as_array().expect("publishers").iter().map(|it| &it["publisher"]).collect();
    assert_eq!(names, ["portal", "hotline"], "the most recent first");
    assert_eq!((&of("inspections")["state"], &of("inspections")["newest_at"]), (&json!("never"), &Value::Null));
}

#[test]
fn what_is_fixed_while_a_ruleset_stands_needs_no_engine() {
    let (running, _receiver) = Running::start();
    let ruleset = running.get("/api/v1/ruleset").json();
    assert_eq!((&ruleset["hash"], &ruleset["publication"]["sequence"]), (&json!(RULESET.hash), &json!(1)));
    assert_eq!(ruleset["rules"][0]["metadata"]["id"], json!(RULESET.rules.list()[0].metadata.id));
    let features = running.get("/api/v1/features").json();
    assert_eq!(features["ruleset"], json!(RULESET.hash));
    assert_eq!(features["features"], json!(RULESET.features.catalogue()));
    assert_eq!(running.get("/api/v1/version").json()["version"], env!("CARGO_PKG_VERSION"));
}

#[test]
fn every_error_is_a_problem_that_says_what_to_do() {
    let running = Running::ready();
    let long = "x".repeat(300);
    let cases = [
        ("GET", "/nowhere".to_owned(), 404, "/api/v1/warnings"),
        ("GET", "/api/v1/operators/".to_owned(), 404, "/api/v1/operators/{id}"),
        ("GET", "/api/v1/operators/nobody".to_owned(), 404, "nothing is known of the operator `nobody`"),
        ("GET", "/api/v1/operators/nobody/explain".to_owned(), 404, "nothing is known"),
        ("GET", "/api/v1/operators/broken".to_owned(), 500, "out of memory"),
        ("GET", "/api/v1/operators/%FF".to_owned(), 400, "UTF-8"),
        ("GET", format!("/api/v1/operators/{long}"), 400, "at most 256 bytes"),
        ("GET", "/api/v1/warnings?level=purple".to_owned(), 400, "blue, yellow, orange or red"),
        ("GET", "/api/v1/warnings?level=none".to_owned(), 400, "blue, yellow, orange or red"),
        ("GET", "/api/v1/areas?kind=street".to_owned(), 400, "sub_district, community or grid"),
        ("GET", "/api/v1/areas?name=x".to_owned(), 400, "name"),
        ("GET", "/api/v1/warnings?limit=all".to_owned(), 400, "limit"),
        ("GET", "/api/v1/warnings?colour=red".to_owned(), 400, "colour"),
        ("GET", format!("/api/v1/operators/{KNOWN}/events?limit=0"), 400, "from 1 to 1000"),
        ("GET", format!("/api/v1/operators/{KNOWN}/events?limit=1001"), 400, "from 1 to 1000"),
        ("GET", format!("/api/v1/operators/{KNOWN}/events?until=yesterday"), 400, "until"),
        ("GET", format!("/api/v1/operators/{KNOWN}/events?since=x"), 400, "since"),
        ("POST", format!("/api/v1/operators/{KNOWN}/events"), 405, "use GET"),
        ("POST", "/api/v1/warnings".to_owned(), 405, "use GET"),
        ("DELETE", format!("/api/v1/operators/{KNOWN}"), 405, "use GET"),
    ];
    for (method, path, status, says) in cases {
        let detail = running.request(method, &path).problem(status);
        assert!(detail.contains(says), "{method} {path}: {detail}");
    }
}

type Headers = &'static [(&'static str, &'static str)];

const JSON: (&str, &str) = ("content-type", "application/json");

#[test]
fn only_programs_that_send_json_may_ask_for_another_ruleset() {
    let (running, _receiver) = Running::start();
    let cases: [(&str, &str, Headers, &str, u16, &str); 14] = [
        ("POST", "reload", &[JSON, ("origin", "http://evil.example")], "{}", 403, "browsers"),
        ("POST", "reload", &[JSON, ("origin", "http://127.0.0.1:9464")], "{}", 403, "browsers"),
        ("POST", "rollback", &[JSON, ("sec-fetch-site", "same-origin")], r#"{"hash":"abcd"}"#, 403, "browsers"),
        ("POST", "reload", &[], "", 415, "application/json"),
        ("POST", "reload", &[("content-type", "text/plain")], "{}", 415, "application/json"),
        ("POST", "reload", &[JSON], r#"{"dryrun":true}"#, 400, "dryrun"),
        ("POST", "rollback", &[JSON], "{}", 400, "hash"),
        ("POST", "rollback", &[JSON], r#"{"hash":"abc"}"#, 400, "at least its first 4 digits"),
        ("POST", "rollback", &[JSON], r#"{"hash":"no hash"}"#, 400, "in hex"),
        ("POST", "project", &[JSON, ("origin", "http://evil.example")], r#"{"files":{}}"#, 403, "browsers"),
        ("POST", "project", &[JSON], "{}", 400, "files"),
        ("POST", "project", &[JSON], r#"{"files":{"cases/a.toml":""}}"#, 400, "cases/a.toml"),
        ("POST", "project", &[JSON], r#"{"files":{"../a.txt":""}}"#, 400, "no file of a ruleset"),
        ("GET", "reload", &[], "", 405, "use POST"),
    ];
    for (method, path, headers, body, status, says) in cases {
        let detail = running.send(method, &format!("/api/v1/ruleset/{path}"), headers, body).problem(status);
        assert!(detail.contains(says), "{method} {path} {body}: {detail}");
    }
    assert!(running.get("/api/v1/ruleset").json()["last_attempt"].is_null(), "nothing was asked for");
}

#[test]
fn a_request_for_another_ruleset_is_taken_at_once_and_followed_and_too_many_are_refused() {
    let (running, _receiver) = Running::start();
    let asked = running.send("POST", "/api/v1/ruleset/reload", &[JSON], r#"{"dry_run":true}"#);
    assert_eq!((asked.status, asked.json()["number"].as_u64()), (202, Some(1)), "{asked:?}");
    let attempt = running.get("/api/v1/ruleset/attempts/1").json();
    let expected = (&json!("waiting"), &json!(true), &json!("api"), &Value::Null);
    assert_eq!((&attempt["stage"], &attempt["dry_run"], &attempt["trigger"], &attempt["outcome"]), expected);
    assert_eq!(running.get("/api/v1/ruleset").json()["last_attempt"], attempt);
    assert!(running.get("/api/v1/ruleset/attempts/9").problem(404).contains('9'));
    assert!(running.get("/api/v1/ruleset/attempts/x").problem(400).contains('x'));
    let rollback =
        |hash: &str| running.send("POST", "/api/v1/ruleset/rollback", &[JSON], &json!({ "hash": hash }).to_string());
    let text = "// x\n".repeat(100_000);
    let given = json!({ "files": { "a.rhai": text } }).to_string();
    assert_eq!(running.send("POST", "/api/v1/ruleset/project", &[JSON], &given).json()["dry_run"], json!(true));
    assert!(rollback(&"a".repeat(2_000)).problem(413).contains("longer"), "only texts may be long");
    for _ in 0..6 {
        assert_eq!(rollback("ABCD").status, 202);
    }
    assert!(rollback("abcd").problem(503).contains("too many"));
}

#[test]
fn before_the_engine_knows_what_is_in_force_nothing_is_answered() {
    let (running, _receiver) = Running::start_with(ReloadCoordinator::default());
    for path in ["/api/v1/ruleset", "/api/v1/features"] {
        assert!(running.get(path).problem(503).contains("not known yet"), "{path}");
    }
}

#[test]
fn nobody_is_asked_before_scores_are_live() {
    let (running, mut receiver) = Running::start();
    running.status.enter(State::Restoring { what: "inputs".to_owned(), done: 1, total: 2 }, &running.metrics);
    let answer = running.get(&format!("/api/v1/operators/{KNOWN}"));
    assert!(answer.problem(503).contains("restoring"));
    assert!(receiver.0.try_recv().is_err(), "the engine got a question");
}

#[test]
fn a_full_queue_is_answered_at_once_with_try_again() {
    let (running, _receiver) = Running::start();
    running.status.enter(State::Ready, &running.metrics);
    let mut waiting = Vec::new();
    for _ in 0..MAX_WAITING {
        let (reply, answer) = tokio::sync::oneshot::channel();
        running.queries.ask(Query::Score(OperatorId::from("x"), reply)).expect("there is room");
        waiting.push(answer);
    }
    let began = Instant::now();
    let answer = running.get("/api/v1/warnings");
    assert!(answer.problem(503).contains("too many questions"));
    assert_eq!(answer.retry_after, "1");
    assert!(began.elapsed() < Duration::from_secs(4), "it waited for the engine");
}

#[test]
fn a_busy_engine_is_not_waited_for_for_ever_and_abandoned_questions_are_known() {
    let (running, mut receiver) = Running::start();
    running.status.enter(State::Ready, &running.metrics);
    assert!(running.get(&format!("/api/v1/operators/{KNOWN}")).problem(504).contains("busy"));
    let Ok(Query::Score(_, reply)) = receiver.0.try_recv() else { panic!("the question is in the queue") };
    assert!(reply.is_closed(), "the engine would pay for an answer that nobody wants");
}

#[test]
fn an_engine_that_stops_leaves_no_client_waiting() {
    let (running, receiver) = Running::start();
    running.status.enter(State::Ready, &running.metrics);
    drop(receiver);
    assert!(running.get("/api/v1/warnings").problem(503).contains("stopping"));
}

#[test]
fn requests_are_counted_by_route_and_never_by_operator() {
    let running = Running::ready();
    for path in [format!("/api/v1/operators/{KNOWN}"), "/api/v1/operators/nobody".to_owned(), "/nowhere".to_owned()] {
        running.get(&path);
    }
    running.request("POST", "/readyz");
    let metrics = running.get("/metrics");
    assert_eq!(metrics.content_type, "text/plain; version=0.0.4; charset=utf-8");
    for line in [
        r#"yujing_http_requests_total{route="/api/v1/operators/{id}",status="200"} 1"#,
        r#"yujing_http_requests_total{route="/api/v1/operators/{id}",status="404"} 1"#,
        r#"yujing_http_requests_total{route="other",status="404"} 1"#,
        r#"yujing_http_requests_total{route="/readyz",status="405"} 1"#,
    ] {
        assert!(metrics.body.lines().any(|found| found == line), "no line {line}");
    }
    assert!(!metrics.body.contains(KNOWN));
}

#[test]
fn the_stop_ends_the_server_and_frees_the_port() {
    let running = Running::ready();
    assert_eq!(running.get("/healthz").status, 200);
    running.stop.cancel();
    let began = Instant::now();
    while TcpStream::connect(running.address).is_ok() {
        assert!(began.elapsed() < Duration::from_secs(10), "the port is still open");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The words of `yujing explain` with these arguments.
fn explained(running: &Running, more: &[&str]) -> String {
    let server = format!("http://{}/", running.address);
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_yujing"));
    let output =
        command.env_clear().args(["explain", KNOWN, "--server", &server]).args(more).output().expect("it runs");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn explain_shows_every_rule_with_the_values_it_read_in_both_languages() {
    let running = Running::ready();
    let cases: [(&[&str], &[&str]); 2] = [
        (
            &[],
            &[
                "风险分 35，等级 黄色",
                "疑似鼠类活动且有虫鼠投诉举报",
                "触发",
                "25/40",
                "rodent_episodes_7d = 3",
                "未触发",
                "warmest_c = 未知",
            ],
        ),
        (&["--lang", "en"], &["score 35, level yellow", "Suspected rodents", "fired", "warmest_c = unknown", "quiet"]),
    ];
    for (arguments, expected) in cases {
        let text = explained(&running, arguments);
        for words in expected {
            assert!(text.contains(words), "no `{words}` in\n{text}");
        }
    }
    let document: Value = serde_json::from_str(&explained(&running, &["--json"])).expect("JSON");
    assert_eq!(document["rules"][1]["reads"]["warmest_c"], Value::Null);
}

#[test]
fn explain_of_an_unknown_operator_fails_with_the_reason() {
    let running = Running::ready();
    let server = format!("http://{}", running.address);
    assert_cmd::Command::new(env!("CARGO_BIN_EXE_yujing"))
        .env_clear()
        .args(["explain", "no/body 1", "--server", &server])
        .assert()
        .code(1)
        .stderr(predicates::str::contains("404 Not Found: nothing is known of the operator `no/body 1`"));
}
