//! `yujing explain --warning`: a warning proved from its own content and from the log, by the whole program on a real
//! Kafka.

use std::fs;

use futures::executor::block_on;
use jiff::Timestamp;
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::{Offset, TopicPartitionList};
use serde_json::{Value, json};
use tempfile::TempDir;
use yujing_kafka::partitioner;

use crate::support::guide::commands;
use crate::support::kafka::{TestRecord, eventually, produce, read_committed};
use crate::support::program::{EngineProcess, Program, SCHOOL, pest_complaint, rodent, school};
use crate::support::ruleset::small_ruleset;

/// What is on the warnings topic, in the order of one operator's steps.
fn warning_events(program: &Program) -> Vec<Value> {
    let records = read_committed(program.value("TOPICS__WARNINGS")).into_iter();
    records.map(|record| serde_json::from_slice(&record.value.expect("a value")).expect("JSON")).collect()
}

fn await_events(program: &Program, count: usize) -> Vec<Value> {
    eventually("a warning's step", || Some(warning_events(program)).filter(|events| events.len() >= count))
}

/// Puts an event on the warnings topic, as nobody should.
fn forge(program: &Program, event: &Value) {
    let operator = event["operator_id"].as_str().expect("an operator");
    let partition = partitioner::partition(operator.as_bytes(), 2);
    let record = TestRecord::new(operator, event.to_string()).at(partition, Timestamp::now().as_millisecond());
    produce(program.value("TOPICS__WARNINGS"), &[record]);
}

fn id(event: &Value) -> &str {
    event["warning_id"].as_str().expect("an id")
}

/// Exit code and JSON of a proof.
fn proof(program: &Program, event: &Value) -> (Option<i32>, Value) {
    let sequence = event["sequence"].to_string();
    let (code, out, err) = program.run(&["explain", "--warning", id(event), "--sequence", &sequence, "--json"]);
    assert_eq!(err, "");
    (code, serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}")))
}

/// The parts that differ: of its own content, and of the log.
fn differing(proof: &Value) -> [Vec<&str>; 2] {
    ["content", "log"].map(|side| {
        let differences = proof[side]["differences"].as_array().expect("differences");
        differences.iter().map(|difference| difference["part"].as_str().expect("a part")).collect()
    })
}

#[test]
fn i4_each_step_of_a_warning_is_proved_and_what_was_tampered_with_is_reported() {
    let program = Program::new();
    program.create_topics();
    program.publish("operators", &school());
    let _engine = program.start();
    program.wait_until_ready();
    let mut rodent = rodent();
    rodent["review"] = json!("confirmed");
    program.publish("camera-alerts", &rodent);
    await_events(&program, 1);
    program.publish("complaints", &pest_complaint());
    await_events(&program, 2);
    rodent["revision"] = json!(2);
    rodent["op"] = json!("retract");
    program.publish("camera-alerts", &rodent);
    let events = await_events(&program, 3);
    let steps: Vec<&str> = events.iter().map(|event| event["step"].as_str().expect("a step")).collect();
    assert_eq!(steps, ["opened", "escalated", "withdrawn"]);
    for event in &events {
        let (code, proof) = proof(&program, event);
        assert_eq!((code, &proof["agrees"]), (Some(0), &json!(true)), "{proof:#}");
        let facts = ["step", "level", "sequence", "ruleset"];
        assert!(facts.iter().all(|fact| proof[fact] == event[fact]), "{proof:#}");
        assert_eq!((&proof["content"]["remarks"], &proof["log"]["remarks"]), (&json!([]), &json!([])), "{proof:#}");
    }
    // Without a number it is the last.
    let (code, out, err) = program.run(&["explain", "--warning", id(&events[0]), "--lang", "en"]);
    assert_eq!((code, err.as_str()), (Some(0), ""), "{out}");
    let last = format!("#{}", events.len());
    assert!(out.contains(&last) && out.contains("withdrawn") && out.contains("all of it agrees"), "{out}");
    let (code, out, _) = program.run(&["explain", "--warning", id(&events[0]), "--lang", "zh"]);
    assert!(code == Some(0) && out.contains("撤销") && out.contains("结论：该预警可以完整重算"), "{out}");

    for command in commands("rules/service.md", "live: proves a warning") {
        let (shown, wanted) = (command.rsplit(' ').next().expect("an id"), id(&events[0]));
        let (code, out, err) = program.run_shown(&command.replace(shown, wanted));
        assert!(code == Some(0) && out.contains(wanted), "{out}{err}");
    }

    // Points that do not follow from the features.
    let escalated = events.iter().find(|event| event["step"] == "escalated").expect("escalated");
    let mut forged = escalated.clone();
    forged["score"] = json!(7);
    forged["findings"][0]["points"] = json!(1);
    forge(&program, &forged);
    let (code, proof_of_points) = proof(&program, escalated);
    assert_eq!(code, Some(1));
    assert_eq!(differing(&proof_of_points), [vec!["score", "findings"], vec![]], "{proof_of_points:#}");
    let score = &proof_of_points["content"]["differences"][0];
    assert_eq!((&score["told"], &score["recomputed"]), (&json!(7), &escalated["score"]));
    let (code, out, _) =
        program.run(&["explain", "--warning", id(escalated), "--sequence", &escalated["sequence"].to_string()]);
    assert_eq!(code, Some(1));
    for words in ["不一致", "预警所载：7", &format!("重算结果：{}", escalated["score"]), "结论：该预警与重算结果不一致"]
    {
        assert!(out.contains(words), "no `{words}` in\n{out}");
    }

    // A feature that the log does not give, and evidence of events that never were.
    let mut forged = escalated.clone();
    forged["features"]["rodent_episodes_7d"] = json!(9);
    let finding = forged["findings"].as_array_mut().expect("findings").iter_mut();
    let compound =
        finding.into_iter().find(|finding| finding["rule"] == "rodent_with_complaint").expect("the compound rule");
    compound["evidence"]["rodent_episodes_7d"]["newest"][0]["event_id"] = json!("cam-never");
    forge(&program, &forged);
    let (code, proof_of_facts) = proof(&program, escalated);
    assert_eq!(code, Some(1));
    let [content, log] = differing(&proof_of_facts);
    assert!(content.contains(&"findings"), "{content:?}");
    assert_eq!(log, ["features/rodent_episodes_7d", "evidence/rodent_with_complaint"]);

    // A row of the register that was replaced and compacted away is as one that the offsets do not reach: it is said,
    // and nothing is held against the warning.
    let mut forged = escalated.clone();
    let register = program.value("TOPICS__INPUTS__OPERATORS");
    let offsets = forged["offsets"].as_object_mut().expect("offsets").iter_mut();
    offsets.filter(|(place, _)| place.starts_with(register)).for_each(|(_, offset)| *offset = json!(0));
    forge(&program, &forged);
    let (code, proof_without_row) = proof(&program, escalated);
    assert_eq!((code, differing(&proof_without_row)), (Some(0), [vec![], vec![]]), "{proof_without_row:#}");
    assert_eq!(proof_without_row["log"]["remarks"].as_array().map(Vec::len), Some(1));
    let sequence = escalated["sequence"].to_string();
    for (lang, words) in [
        ("zh", ["取自登记信息的指标未作核对", "结论：尚可核对的部分均一致"]),
        ("en", ["are not compared", "all that can still be compared agrees"]),
    ] {
        let (_, out, _) =
            program.run(&["explain", "--warning", id(escalated), "--sequence", &sequence, "--lang", lang]);
        assert!(words.iter().all(|words| out.contains(words)), "{out}");
    }

    // A step that the lifecycle would not have taken.
    let mut forged = escalated.clone();
    forged["previous"]["warning"]["level"] = json!("red");
    forged["previous"]["warning"]["sequence"] = json!(1);
    forge(&program, &forged);
    let (code, proof_of_step) = proof(&program, escalated);
    assert_eq!(code, Some(1));
    assert!(differing(&proof_of_step)[0].contains(&"step"), "{proof_of_step:#}");

    let nobody = "00000000-0000-5000-8000-000000000000";
    let (code, out, err) = program.run(&["explain", "--warning", nobody, "--lang", "en"]);
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(err.contains(nobody) && err.contains("has no warning"), "{err}");
    let (_, _, err) = program.run(&["explain", "--warning", nobody]);
    assert!(err.contains(nobody) && err.contains("没有预警"), "{err}");
    let (code, _, err) = program.run(&["explain", "--warning", id(escalated), "--sequence", "77", "--lang", "en"]);
    assert_eq!(code, Some(1));
    assert!(err.contains("has no event 77") && err.contains("1, 2, 3"), "{err}");
    let (code, _, err) = program.run(&["explain", SCHOOL, "--warning", nobody]);
    assert_eq!(code, Some(2), "{err}");
}

/// A program with the small ruleset.
fn small_program() -> (Program, TempDir, EngineProcess) {
    let (mut program, rules) = (Program::new(), small_ruleset(&[]));
    let path = rules.path().to_str().expect("UTF-8").to_owned();
    program.environment.push(("YUJING__PATHS__RULES".to_owned(), path));
    program.environment.push(("YUJING__ENGINE__WATCH_RULES".to_owned(), "false".to_owned()));
    program.create_topics();
    let engine = program.start();
    program.wait_until_ready();
    (program, rules, engine)
}

#[test]
fn i4_a_warning_of_a_former_ruleset_is_recomputed_by_that_one() {
    let (program, rules, _engine) = small_program();
    program.complain("XC-A", 0, 3);
    await_events(&program, 1);
    let file = rules.path().join("complaints/many_complaints.rhai");
    let rule = fs::read_to_string(&file).expect("the rule");
    fs::write(&file, rule.replace("{ 25 }", "{ 45 }")).expect("written");
    let (code, out, err) = program.run(&["rules", "reload"]);
    assert_eq!(code, Some(0), "{out}{err}");
    let events = await_events(&program, 2);
    let facts: Vec<_> = events.iter().map(|event| (&event["step"], &event["level"], &event["cause"])).collect();
    assert_eq!(
        facts,
        [
            (&json!("opened"), &json!("blue"), &json!("events")),
            (&json!("escalated"), &json!("yellow"), &json!("ruleset"))
        ]
    );
    assert_ne!(events[0]["ruleset"], events[1]["ruleset"]);
    for event in &events {
        let (code, proof) = proof(&program, event);
        assert_eq!(
            (code, &proof["agrees"], &proof["ruleset"]),
            (Some(0), &json!(true), &event["ruleset"]),
            "{proof:#}"
        );
    }

    // By the other ruleset it would have come out otherwise: the proof does not ask what is in force.
    let mut forged = events[0].clone();
    forged["ruleset"] = events[1]["ruleset"].clone();
    forge(&program, &forged);
    let (code, proof_by_other) = proof(&program, &forged);
    assert_eq!(code, Some(1));
    assert!(differing(&proof_by_other)[0].contains(&"score"), "{proof_by_other:#}");

    forged["ruleset"] = json!("0000");
    forge(&program, &forged);
    let (code, _, err) = program.run(&["explain", "--warning", id(&forged), "--sequence", "1", "--lang", "en"]);
    assert_eq!(code, Some(1));
    assert!(err.contains("does not hold 0000"), "{err}");
}

/// Deletes what a partition holds, as the retention of a topic does.
fn delete_all(topic: &str, partition: i32, servers: &str) {
    let admin: AdminClient<DefaultClientContext> =
        ClientConfig::new().set("bootstrap.servers", servers).create().expect("an admin client");
    let mut up_to = TopicPartitionList::new();
    up_to.add_partition_offset(topic, partition, Offset::End).expect("an offset");
    let deleted = block_on(admin.delete_records(&up_to, &AdminOptions::new())).expect("the broker answers");
    assert!(deleted.elements().iter().all(|element| element.error().is_ok()), "{deleted:?}");
}

#[test]
fn a_log_that_no_longer_reaches_back_far_enough_is_reported() {
    let (program, _rules, _engine) = small_program();
    program.complain("XC-A", 0, 3);
    let opened = await_events(&program, 1).remove(0);
    assert_eq!(proof(&program, &opened).0, Some(0));
    let topic = program.value("TOPICS__INPUTS__COMPLAINTS").to_owned();
    delete_all(&topic, partitioner::partition(b"XC-A", 2), program.value("KAFKA__BOOTSTRAP_SERVERS"));
    // What came later says nothing of the warning.
    program.complain("XC-A", 0, 4);

    let (code, proof) = proof(&program, &opened);
    assert_eq!((code, &proof["agrees"]), (Some(1), &json!(false)), "{proof:#}");
    assert_eq!((&proof["content"]["outcome"], &proof["log"]["outcome"]), (&json!("agree"), &json!("out_of_reach")));
    assert!(proof["log"]["remarks"][0]["en"].as_str().is_some_and(|remark| remark.contains(&topic)), "{proof:#}");
    let of = |lang: &str| program.run(&["explain", "--warning", id(&opened), "--lang", lang]).1;
    let (zh, en) = (of("zh"), of("en"));
    assert!(zh.contains("日志已不完整") && zh.contains("无法核对") && zh.contains("指标无从核对"), "{zh}");
    assert!(en.contains("no longer reaches back far enough") && en.contains("cannot be told any more"), "{en}");
}
