//! `yujing console` beside an engine on a real Kafka: from a warning to the engine's decision about an answer, who may what,
//! and bad days.
//!
//! - here: answers
//! - `attachments`: photographs that go with them
//! - `data`: refused records
//! - `engine_token`: an engine that asks for a token
//! - `fuzz`: requests that nobody thought of
//! - `personal`: personal data in what is answered
//! - `studio`: rules that analysts change

mod attachments;
mod data;
mod engine_token;
mod fuzz;
mod personal;
mod studio;

use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::console::{Console, PREFIX, Page};
use crate::support::kafka::{Kafka, PrivateBroker, eventually};
use crate::support::program::{EngineProcess, Program, SCHOOL, pest_complaint, rodent, school};

const STATION: &str = "station/示例街道";
const OFFICER: [&str; 6] = ["--role", "officer", "--duty", "station/示例街道=officer", "--area", "示例街道"];

/// An engine that warns of a school.
fn engine(program: &Program) -> EngineProcess {
    program.create_topics();
    let engine = program.start();
    program.wait_until_ready();
    program.publish("operators", &school());
    program.publish("camera-alerts", &rodent());
    program.publish("complaints", &pest_complaint());
    engine
}

/// The warning in the inbox of a page.
fn warning(page: &Page) -> Value {
    eventually("a warning", || page.get("/inbox")["items"].as_array()?.first().cloned())["warning"].clone()
}

fn answer(id: u128, action: &str) -> Value {
    json!({ "id": Uuid::from_u128(id), "post": STATION, "role": "officer", "action": action })
}

/// How an answer ended.
fn ended(page: &Page, id: u128) -> Value {
    eventually("a decision", || {
        let answer = page.get(&format!("/answers/{}", Uuid::from_u128(id)));
        (answer["state"] != "kept" && answer["state"] != "sent").then_some(answer)
    })
}

#[test]
fn an_official_answers_a_warning_and_sees_what_the_engine_made_of_it() {
    let program = Program::new();
    let _engine = engine(&program);
    let console = Console::beside(&program);
    let process = console.start();
    let officer = console.account("zhang", &OFFICER);
    let summary = warning(&officer);
    assert_eq!((&summary["operator"]["operator_id"], &summary["state"]), (&json!(SCHOOL), &json!("new")));
    let path = format!("/warnings/{}", summary["warning_id"].as_str().expect("an id"));

    let (status, kept) = officer.post(&format!("{path}/answers"), &answer(1, "acknowledged"));
    assert_eq!(status, 202, "{kept}");
    assert_eq!(ended(&officer, 1)["state"], "applied");
    let (status, again) = officer.post(&format!("{path}/answers"), &answer(1, "acknowledged"));
    assert_eq!((status, &again["state"]), (202, &json!("applied")), "the same again");
    let whole = eventually("the answer", || {
        let whole = officer.get(&path);
        (whole["dispositions"].as_array().map(Vec::len) == Some(1)).then_some(whole)
    });
    assert_eq!((&whole["handling"]["state"], &whole["draft"]), (&json!("acknowledged"), &Value::Null));
    assert_eq!(officer.get("/inbox")["items"][0]["next"], "act");

    // Somebody who looks at the warning as it was before hears of it; who does not say what was seen is refused by the engine.
    let mut late = answer(2, "acknowledged");
    late["seen_sequence"] = summary["sequence"].clone();
    let (status, problem) = officer.post(&format!("{path}/answers"), &late);
    assert_eq!((status, &problem["code"]), (409, &json!("moved")), "{problem}");
    officer.post(&format!("{path}/answers"), &answer(3, "acknowledged"));
    let refused = ended(&officer, 3);
    assert_eq!((&refused["state"], &refused["refusal"]["code"]), (&json!("refused"), &json!("wrong_state")));
    assert_eq!(officer.get("/warnings?open=true&state=acknowledged")["total"], 1);
    assert_eq!(officer.get(&format!("{path}/proof"))["outcome"], "agrees");

    // Officials of elsewhere see neither the warning nor the operator, whatever number they ask for.
    let stranger =
        console.account("li", &["--role", "officer", "--duty", "station/友谊路街道=officer", "--area", "友谊路街道"]);
    for hidden in [path.clone(), format!("/operators/{SCHOOL}"), format!("/operators/{SCHOOL}/timeline")] {
        assert_eq!(officer.ask("GET", &hidden, None).0, 200, "{hidden}");
        assert_eq!(stranger.ask("GET", &hidden, None).0, 404, "{hidden}");
    }
    assert_eq!(stranger.get("/operators")["total"], 0);
    assert_eq!(stranger.post(&format!("{path}/answers"), &answer(4, "in_progress")).0, 404);
    let audit = console.account("root", &["--role", "administrator"]).get("/audit?account=zhang&action=answer");
    assert_eq!(audit["total"], 2, "{audit}");

    // What the topics say is read anew when its file is gone; accounts and answers stay.
    process.signal("TERM");
    let (code, log) = process.ended();
    assert_eq!(code, Some(0), "{log}");
    for name in ["read-model.db", "read-model.db-wal", "read-model.db-shm"] {
        let _ = std::fs::remove_file(console.folder.path().join(name));
    }
    let _again = console.start();
    console.wait_until_ready();
    assert_eq!(officer.get(&path)["handling"]["state"], "acknowledged");
    assert_eq!(officer.get(&format!("/answers/{}", Uuid::from_u128(3)))["refusal"]["code"], "wrong_state");
}

#[test]
fn the_file_of_an_operator_has_its_records_of_all_sources_and_stays_readable_without_the_engine() {
    let program = Program::new();
    let engine = engine(&program);
    let console = Console::beside(&program);
    let _process = console.start();
    let officer = console.account("zhang", &OFFICER);
    warning(&officer);
    let operator = format!("/operators/{SCHOOL}");
    let sources = |page: &Value| {
        let items = page["items"].as_array().expect("items").iter();
        items
            .map(|item| item["source"].as_str().expect("a source").to_owned())
            .collect::<std::collections::BTreeSet<_>>()
    };
    let whole = officer.get(&format!("{operator}/timeline"));
    assert_eq!(whole["with_events"], true);
    assert_eq!(sources(&whole).into_iter().collect::<Vec<_>>(), ["camera-alerts", "complaints", "warnings"]);
    let complaints = officer.get(&format!("{operator}/timeline?source=complaints"));
    assert_eq!(complaints["items"].as_array().map(Vec::len), Some(1));
    assert!(complaints["items"][0]["content"]["category"].is_string(), "{complaints}");
    // One at a time they are the same.
    let (mut walked, mut path) = (Vec::new(), format!("{operator}/timeline?limit=1"));
    loop {
        let part = officer.get(&path);
        walked.extend(part["items"].as_array().expect("items").clone());
        let Some(next) = part["next"].as_str() else { break };
        path = format!("{operator}/timeline?limit=1&cursor={next}");
    }
    assert_eq!(json!(walked), whole["items"]);
    assert_eq!(officer.ask("GET", &format!("{operator}/timeline?cursor=x"), None).0, 400);
    // From an event on, as the evidence of a warning leads there.
    let id = warning(&officer)["warning_id"].as_str().expect("an id").to_owned();
    let findings = officer.get(&format!("/warnings/{id}"))["events"][0]["findings"].clone();
    let evidence = findings[0]["evidence"]
        .as_object()
        .expect("evidence")
        .values()
        .flat_map(|of| of["newest"].as_array().expect("events").clone());
    for event in evidence {
        let until = event["occurred_at"].as_str().expect("an instant");
        let page = officer.get(&format!("{operator}/timeline?until={until}"));
        let first = &page["items"][0];
        let named =
            format!("{}:{}", event["publisher"].as_str().expect("a name"), event["event_id"].as_str().expect("an id"));
        assert_eq!((&first["source"], &first["id"]), (&event["source"], &json!(named)), "{page}");
    }
    let explanation = officer.get(&format!("{operator}/explanation"));
    assert!(explanation["rules"].as_array().is_some_and(|rules| rules.iter().any(|rule| rule["outcome"] == "quiet")));
    assert!(
        explanation["titles"].as_object().is_some_and(|titles| titles.values().all(|title| title["zh"].is_string()))
    );
    let health = eventually("a healthy engine", || {
        let health = officer.get("/engine");
        (health["state"] == "ready" && !health["report"].is_null()).then_some(health)
    });
    let state = |health: &Value, source: &str| {
        let sources = health["report"]["sources"].as_array().expect("sources");
        sources.iter().find(|listed| listed["source"] == source).map(|listed| listed["state"].clone())
    };
    assert_eq!(state(&health, "complaints"), Some(json!("fresh")));
    assert_eq!(state(&health, "lab-samples"), Some(json!("never")));
    let levels = &officer.get("/situation")["by_level"];
    assert_eq!(levels.as_array().map(Vec::len), Some(4), "{levels}");

    // Without the engine there is what the topics say, and it is said that the rest is missing.
    engine.signal("TERM");
    engine.ended();
    let without = officer.get(&format!("{operator}/timeline"));
    assert_eq!((&without["with_events"], sources(&without).len()), (&json!(false), 1), "{without}");
    assert_eq!(officer.ask("GET", &format!("{operator}/explanation"), None).0, 503);
    let away = eventually("it is noticed", || Some(officer.get("/engine")).filter(|health| health["state"] == "away"));
    assert_eq!(state(&away, "complaints"), Some(json!("fresh")), "as it last said");
    assert_eq!(officer.get(&operator)["summary"]["operator_id"], SCHOOL);
}

#[test]
fn answers_given_while_kafka_is_away_leave_once_when_it_is_back() {
    // A broker that was held for longer than its own session would lead no partition for a moment, which is another story.
    let session = "broker.session.timeout.ms=600000";
    let Some(broker) = PrivateBroker::with_more_settings(session) else { return };
    let program = Program::on(&broker.address());
    let _engine = engine(&program);
    let console = Console::beside(&program);
    let _process = console.start();
    let officer = console.account("zhang", &OFFICER);
    let path = format!("/warnings/{}", warning(&officer)["warning_id"].as_str().expect("an id"));
    broker.hold();
    let (status, kept) = officer.post(&format!("{path}/answers"), &answer(1, "acknowledged"));
    assert_eq!((status, &kept["state"]), (202, &json!("kept")), "{kept}");
    std::thread::sleep(Duration::from_secs(7));
    assert_eq!(officer.get(&format!("/answers/{}", Uuid::from_u128(1)))["state"], "kept");
    assert_eq!(officer.get(&path)["handling"]["state"], "new", "pages stay readable");
    broker.release();
    assert_eq!(ended(&officer, 1)["state"], "applied");
    let topic = program.value("TOPICS__INPUTS__DISPOSITIONS");
    let records = Kafka(program.value("KAFKA__BOOTSTRAP_SERVERS")).read_committed(topic);
    let ids: std::collections::BTreeSet<_> = records.iter().map(|record| record.value.clone()).collect();
    assert_eq!(ids.len(), 1, "sent again at most as the same event");
}

/// The contract.
fn contract() -> Value {
    serde_json::from_str(&std::fs::read_to_string("console/openapi.json").expect("the contract")).expect("JSON")
}

#[test]
fn every_path_is_for_the_roles_that_the_contract_names_and_for_nobody_else() {
    let program = Program::new();
    program.create_topics();
    let console = Console::beside(&program);
    let _process = console.start();
    let contract = contract();
    let roles = ["viewer", "officer", "reviewer", "analyst", "approver", "administrator"];
    let pages = roles.map(|role| (role, console.account(role, &["--role", role, "--area", "/"])));
    let some_id = Uuid::from_u128(7).to_string();
    for (path, methods) in contract["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            let is_public = operation["security"].as_array().is_some_and(Vec::is_empty);
            let ends_session = path == "/session" && method == "delete";
            if is_public || ends_session {
                continue;
            }
            let asked = path
                .replace("{warning_id}", &some_id)
                .replace("{operator_id}", "JY1")
                .replace("{ruleset}", "0")
                .replace("{topic}", "complaints")
                .replace("{partition}/{offset}", "0/0")
                .replace("{sha256}", &"0".repeat(64))
                .replace("{id}", &some_id);
            let (method, body) = (method.to_uppercase(), json!({}));
            let body = matches!(method.as_str(), "POST" | "PUT" | "PATCH").then_some(&body);
            assert_eq!(console.stranger().ask(&method, &asked, body).0, 401, "{method} {path}");
            for (role, page) in &pages {
                let may = operation["x-roles"].as_array().expect("roles").contains(&json!(role));
                let (status, answer) = page.ask(&method, &asked, body);
                assert_eq!(status == 403, !may, "{role} {method} {path}: {status} {answer}");
                assert!(status < 500, "{role} {method} {path}: {status} {answer}");
                if method != "GET" {
                    let (status, answer) = page.without_csrf().ask(&method, &asked, body);
                    assert_eq!((status, &answer["code"]), (403, &json!("csrf")), "{role} {method} {path}");
                }
            }
        }
    }
}

#[test]
fn a_session_that_ended_leaves_the_draft_and_a_locked_account_stays_out() {
    let program = Program::new();
    let _engine = engine(&program);
    let console = Console::beside(&program);
    let _process = console.start();
    let officer = console.account("zhang", &OFFICER);
    let path = format!("/drafts/{}", warning(&officer)["warning_id"].as_str().expect("an id"));
    let text = format!("<script>alert(1)</script>\u{202e}{}", "长".repeat(3_000));
    assert_eq!(officer.ask("PUT", &path, Some(&json!({ "result": text }))).0, 204);
    let longer = json!({ "result": "长".repeat(10_000) });
    assert_eq!(officer.ask("PUT", &path, Some(&longer)).0, 413);
    assert_eq!(officer.ask("DELETE", "/session", None).0, 200);
    assert_eq!(officer.ask("GET", "/drafts", None).0, 401);
    let login =
        |password: &str| console.stranger().logged_in("/session", &json!({ "name": "zhang", "password": password }));
    let (status, _, page) = login("correct horse battery");
    assert_eq!((status, &page.get("/drafts")["drafts"][0]["content"]["result"]), (200, &json!(text)));
    for _ in 0..5 {
        assert_eq!(login("wrong").0, 401);
    }
    let (status, problem, _) = login("correct horse battery");
    assert_eq!((status, &problem["code"]), (429, &json!("locked")));

    // Pages come with what keeps them from loading or saying anything elsewhere.
    let (headers, page) = console.stranger().file("/");
    assert!(page.contains("<html") && !page.contains("__CSP_NONCE__"), "{page}");
    let policy = headers["content-security-policy"].to_str().expect("a text");
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(console.stranger().probe(&format!("{PREFIX}/nowhere")), Some(404));
}
