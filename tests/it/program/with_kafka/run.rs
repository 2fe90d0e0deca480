//! The whole program on a real Kafka, by its commands alone: topics, run, publish, explain, warnings, and a stop.

use std::net::TcpListener;

use serde_json::{Value, json};

use crate::support::kafka::{PrivateBroker, TestRecord, eventually, produce};
use crate::support::program::{Program, SCHOOL, nowhere, pest_complaint, rodent, school};

#[test]
fn from_an_empty_kafka_to_a_warning_that_explains_itself_and_a_clean_stop() {
    let program = Program::new();

    for (lang, word) in [("en", "missing"), ("zh", "缺少")] {
        let (code, out, err) = program.run(&["topics", "--lang", lang]);
        assert_eq!(code, Some(1), "{out}{err}");
        assert!(out.contains(word) && err.contains("--create"), "{out}{err}");
    }
    let (code, out, err) = program.run(&["topics", "--create", "--lang", "en"]);
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(out.contains("created 19") && out.contains("the engine can run with these topics"), "{out}");
    let (code, out, _) = program.run(&["topics"]);
    assert_eq!((code, out.contains("已创建")), (Some(0), false), "a second time there is nothing to create: {out}");
    assert!(out.contains("引擎可以使用这些主题运行"), "{out}");

    program.publish("operators", &school());
    let engine = program.start();
    program.wait_until_ready();
    assert_eq!(program.get(&format!("/api/v1/operators/{SCHOOL}")).expect("answers").1["level"], "none");
    program.publish("camera-alerts", &rodent());
    program.publish("complaints", &pest_complaint());
    let warning = eventually("an open warning", || {
        let (_, answer) = program.get("/api/v1/warnings?level=red")?;
        answer["warnings"].get(0).cloned()
    });
    assert_eq!((&warning["operator_id"], &warning["name"]), (&json!(SCHOOL), &json!("示例小学食堂")));

    let (code, text, err) = program.run(&["explain", SCHOOL]);
    assert_eq!(code, Some(0), "{err}");
    for words in ["示例小学食堂", "等级 红色", "疑似鼠类活动且有虫鼠投诉举报", "pest_complaints_7d = 1"]
    {
        assert!(text.contains(words), "no `{words}` in\n{text}");
    }
    let (code, text, err) = program.run(&["warnings", "--from-beginning", "--no-follow"]);
    assert_eq!(code, Some(0), "{err}");
    for words in ["发布", "红色", SCHOOL, "示例小学食堂"] {
        assert!(text.contains(words), "no `{words}` in\n{text}");
    }
    let (code, page, err) = program.run(&["warnings", "--from-beginning", "--no-follow", "--full"]);
    assert_eq!(code, Some(0), "{err}");
    for words in ["现场核查并督促落实防鼠措施（时限：24小时）", "pest_complaints_7d = 1：complaints 12345-1"]
    {
        assert!(page.contains(words), "no `{words}` in\n{page}");
    }
    let (_, lines, _) = program.run(&["warnings", "--from-beginning", "--no-follow", "--json"]);
    let last: Value = serde_json::from_str(lines.lines().last().expect("a warning")).expect("JSON");
    assert_eq!((&last["operator_id"], &last["level"]), (&json!(SCHOOL), &json!("red")));

    let (code, text, err) = program.run(&["scores", "--lang", "en"]);
    assert_eq!(code, Some(0), "{err}");
    for words in ["red", SCHOOL, "示例小学食堂", "Suspected rodents and a pest complaint", "1 of 1 operators"] {
        assert!(text.contains(words), "no `{words}` in\n{text}");
    }
    let (_, lines, _) = program.run(&["scores", "--json"]);
    let first: Value = serde_json::from_str(lines.lines().next().expect("a score")).expect("JSON");
    assert_eq!((&first["operator_id"], &first["level"]), (&json!(SCHOOL), &json!("red")));

    engine.signal("TERM");
    let (code, log) = engine.ended();
    assert_eq!(code, Some(0), "{log}");
    let codes: Vec<String> = log
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .filter_map(|line| line["code"].as_str().map(str::to_owned))
        .collect();
    for code in ["started", "listening", "state", "warning_moved", "stop_requested"] {
        assert!(codes.iter().any(|found| found == code), "no line with code {code} in\n{log}");
    }
}

#[test]
fn an_operator_that_the_register_does_not_know_is_scored_and_flagged_and_a_null_value_takes_one_out() {
    let program = Program::new();
    program.create_topics();
    let engine = program.start();
    program.wait_until_ready();
    program.publish("complaints", &pest_complaint());
    let path = format!("/api/v1/operators/{SCHOOL}");
    let shown = |registered: bool| {
        eventually("the register's word", || {
            let (status, score) = program.get(&path)?;
            (status == 200 && score["operator"]["registered"] == registered).then_some(score)
        })
    };
    let unknown = shown(false);
    assert_eq!(unknown["features"]["pest_complaints_7d"], 1, "{unknown}");
    let (_, text, _) = program.run(&["explain", SCHOOL]);
    assert!(text.contains("（未登记）"), "{text}");

    program.publish("operators", &school());
    assert_eq!(shown(true)["operator"]["name"], "示例小学食堂");
    let delete = TestRecord { key: Some(SCHOOL.into()), value: None, ..TestRecord::default() };
    let partition = yujing_kafka::partitioner::partition(SCHOOL.as_bytes(), 2);
    produce(program.value("TOPICS__INPUTS__OPERATORS"), &[TestRecord { partition, ..delete }]);
    assert_eq!(shown(false)["features"]["pest_complaints_7d"], 1, "its events stay");
    drop(engine);
}

#[test]
fn without_topics_the_engine_says_which_are_missing_and_exits_1() {
    let program = Program::new();
    let (code, log) = program.start().ended();
    assert_eq!(code, Some(1), "{log}");
    assert!(log.contains("is missing") && log.contains("yujing topics --create"), "{log}");
}

#[test]
fn an_address_that_is_taken_is_reported_and_exits_1() {
    let program = Program::new();
    let _taken = TcpListener::bind(program.server.trim_start_matches("http://")).expect("the port is free");
    let (code, log) = program.start().ended();
    assert_eq!(code, Some(1), "{log}");
    assert!(log.contains("server.listen"), "{log}");
}

#[test]
fn without_kafka_the_engine_waits_and_a_signal_still_stops_it() {
    let nowhere = nowhere();
    let program = Program::on(&nowhere);
    let engine = program.start();
    let reason = program.wait_until_waiting();
    assert!(reason.contains(&nowhere), "{reason}");
    assert_eq!(program.get("/healthz").map(|(status, _)| status), Some(200), "it gave up");
    engine.signal("INT");
    let (code, log) = engine.ended();
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("kafka_unreachable") && log.contains(&nowhere), "{log}");
}

#[test]
fn one_process_outlives_a_kafka_that_is_late_and_goes_away_and_says_so() {
    let Some(mut broker) = PrivateBroker::start() else { return };
    let program = Program::on(&broker.address());
    let (code, out, err) = program.run(&["topics", "--create"]);
    assert_eq!(code, Some(0), "{out}{err}");
    program.publish("operators", &school());
    broker.kill();

    let engine = program.start();
    program.wait_until_waiting();
    broker.start_again();
    program.wait_until_ready();
    assert_eq!(program.get(&format!("/api/v1/operators/{SCHOOL}")).expect("answers").0, 200);
    broker.kill();
    let reason = program.wait_until_waiting();
    assert!(reason.contains(&broker.address()), "{reason}");
    assert_eq!(program.get("/healthz").map(|(status, _)| status), Some(200), "a restart would not help");
    assert_eq!(program.get("/api/v1/warnings").map(|(status, _)| status), Some(503));
    broker.start_again();
    program.wait_until_ready();
    program.publish("camera-alerts", &rodent());
    program.publish("complaints", &pest_complaint());
    eventually("a warning", || {
        let (_, answer) = program.get("/api/v1/warnings?level=red")?;
        answer["warnings"].get(0).cloned()
    });
    engine.signal("TERM");
    let (code, log) = engine.ended();
    assert_eq!(code, Some(0), "{log}");
    for code in ["kafka_unreachable", "kafka_reachable"] {
        assert!(log.contains(code), "no line with code {code} in\n{log}");
    }
}
