//! `yujing rules stats` and the metrics of rules: exact figures from known warnings and answers, by the whole program
//! on a real Kafka.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::support::guide::commands;
use crate::support::kafka::{eventually, read_committed, unique};
use crate::support::program::Program;
use crate::support::ruleset::small_ruleset;

/// A rule about complaints with this condition, giving these points.
fn rule(id: &str, when: &str, points: u32) -> String {
    format!(
        r#"//! id       = "{id}"
//! title    = {{ zh = "规则{id}", en = "Rule {id}" }}
//! family   = "complaints"
//! status   = "active"
//! owner    = "投诉科"
//! effective_from = 2020-01-01
//! basis    = [{{ law = "食品安全法", article = "第一百一十五条", confirmed = false }}]
//! action   = {{ zh = "电话了解情况", en = "Call" }}
//! deadline = "3wd"

fn when(op)    {{ {when} }}
fn points(op)  {{ {points} }}
fn because(op) {{ #{{ zh: `${{op.complaints_30d}}件。`, en: `${{op.complaints_30d}}.` }} }}
"#
    )
}

/// Steps and ids of warnings so far, by operator.
fn warned(program: &Program) -> BTreeMap<String, (Vec<String>, String)> {
    let mut warned: BTreeMap<String, (Vec<String>, String)> = BTreeMap::new();
    for record in read_committed(program.value("TOPICS__WARNINGS")) {
        let event: Value = serde_json::from_slice(&record.value.expect("a value")).expect("JSON");
        let text = |name: &str| event[name].as_str().expect("a text").to_owned();
        let entry = warned.entry(text("operator_id")).or_default();
        entry.0.push(text("step"));
        entry.1 = text("warning_id");
    }
    warned
}

fn answer(program: &Program, operator: &str, warning: &str, action: &str) -> Value {
    let event = json!({
        "event_id": format!("{operator}-{action}"), "occurred_at": Timestamp::now().to_string(), "operator_id": operator,
        "publisher": "grid-app", "warning_id": warning, "action": action,
    });
    program.publish("dispositions", &event);
    event
}

fn stats(program: &Program, arguments: &[&str]) -> (Value, String) {
    let arguments: Vec<&str> = ["rules", "stats", "--json"].iter().chain(arguments).copied().collect();
    let (code, out, err) = program.run(&arguments);
    assert_eq!(code, Some(0), "{out}{err}");
    (serde_json::from_str(&out).expect("JSON"), err)
}

fn figures<'a>(stats: &'a Value, rule: &str) -> &'a Value {
    let rules = stats["rules"].as_array().expect("rules");
    rules.iter().find(|figures| figures["rule"] == rule).unwrap_or_else(|| panic!("no {rule} in {stats:#}"))
}

fn metric(program: &Program, series: &str) -> f64 {
    let text = program.text("/metrics").expect("metrics");
    let value = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    value.unwrap_or_else(|| panic!("no {series}")).parse().expect("a number")
}

/// The row of a rule in a table: the line with its title, with single spaces.
fn row(table: &str, title: &str) -> String {
    let line = table.lines().find(|line| line.contains(title)).unwrap_or_else(|| panic!("no {title} in\n{table}"));
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn figures_of_rules_come_from_warnings_answers_scores_and_the_engine() {
    let rules = small_ruleset(&[
        ("complaints/any_complaint.rhai", &rule("any_complaint", "op.complaints_30d >= 1", 5)),
        ("complaints/ten_complaints.rhai", &rule("ten_complaints", "op.complaints_30d >= 10", 50)),
        (
            "complaints/fails_at_five.rhai",
            &rule("fails_at_five", r#"if op.complaints_30d == 5 { throw "five" } op.complaints_30d >= 20"#, 5),
        ),
    ]);
    // What a candidate makes of the same events is no matter of these figures.
    let candidate = small_ruleset(&[
        ("complaints/any_complaint.rhai", &rule("any_complaint", "op.complaints_30d >= 1", 90)),
        ("complaints/only_tried.rhai", &rule("only_tried", "op.complaints_30d >= 1", 5)),
    ]);
    let mut program = Program::new();
    let path = |folder: &tempfile::TempDir| folder.path().to_str().expect("UTF-8").to_owned();
    for (name, value) in [
        ("PATHS__RULES", path(&rules)),
        ("ENGINE__SHADOW__STRICTER", path(&candidate)),
        ("TOPICS__SHADOW_WARNINGS", unique("shadow")),
    ] {
        program.environment.push((format!("YUJING__{name}"), value));
    }
    program.create_topics();
    // Before anything was published the folder says which rules there are.
    let (before, err) = stats(&program, &[]);
    assert!(err.contains("does not answer"), "{err}");
    assert_eq!(before["rules"].as_array().map(Vec::len), Some(4));
    assert!(before["rules"].as_array().expect("rules").iter().all(|rule| rule["never_fired"] == true), "{before:#}");

    let engine = program.start();
    program.wait_until_ready();
    eventually("a seat", || {
        let (_, shadows) = program.get("/api/v1/shadows")?;
        (shadows["candidates"]["stricter"]["condition"] == "seated").then_some(())
    });
    let steps = |operator: &str| warned(&program).remove(operator).map(|(steps, _)| steps).unwrap_or_default();
    for (operator, count) in [("XC-A", 3), ("XC-B", 3), ("XC-C", 1), ("XC-D", 5)] {
        program.complain(operator, 0, count);
    }
    eventually("warnings", || ["XC-A", "XC-B", "XC-D"].iter().all(|each| steps(each) == ["opened"]).then_some(()));
    program.complain("XC-A", 3, 3);
    eventually("a higher one", || (steps("XC-A") == ["opened", "escalated"]).then_some(()));
    eventually("a score of an operator without a warning", || {
        let scores = read_committed(program.value("TOPICS__SCORES"));
        scores.iter().any(|score| score.key.as_deref() == Some(b"XC-C")).then_some(())
    });
    let failed = r#"yujing_rule_errors_total{kind="thrown",rule="fails_at_five"}"#;
    eventually("a failure", || (metric(&program, failed) >= 1.0).then_some(()));
    let warned = warned(&program);
    let (a, b) = (&warned["XC-A"].1, &warned["XC-B"].1);
    answer(&program, "XC-A", a, "acknowledged");
    answer(&program, "XC-A", a, "rectified");
    // In the words of version 2, which has verdicts.
    program.publish(
        "dispositions",
        &json!({
            "schema_version": "2", "event_id": "XC-B-answered", "occurred_at": Timestamp::now().to_string(),
            "operator_id": "XC-B", "publisher": "grid-app", "warning_id": b, "action": "answered", "role": "officer",
            "post": "district", "verdict": "unfounded",
        }),
    );
    let mut mistaken = answer(&program, "XC-A", a, "false_alarm");
    mistaken["revision"] = json!(2);
    mistaken["op"] = json!("retract");
    program.publish("dispositions", &mistaken);
    let disposed = r#"yujing_events_total{outcome="retracting",source="dispositions"}"#;
    eventually("the dispositions", || (metric(&program, disposed) >= 1.0).then_some(()));

    let (reported, err) = stats(&program, &[]);
    assert_eq!((err.as_str(), &reported["engine_answered"]), ("", &json!(true)));
    let order: Vec<_> = reported["rules"].as_array().expect("rules").iter().map(|figures| &figures["rule"]).collect();
    assert_eq!(order, ["any_complaint", "many_complaints", "fails_at_five", "ten_complaints"]);
    let counts = |rule: &str| {
        let figures = figures(&reported, rule);
        ["opened", "escalated", "answered", "verdicts", "answers", "false_alarm_share", "never_fired", "firing_now"]
            .map(|name| figures[name].clone())
    };
    let raised = |warnings: u64, unique: u64| json!({ "warnings": warnings, "unique": unique });
    let answers = json!({ "acknowledged": 1, "rectified": 1, "answered": 1, "unfounded": 1 });
    let expected = |opened: Value, escalated: Value, firing: u64| {
        [
            opened,
            escalated,
            json!(2),
            json!({ "confirmed": 1, "unfounded": 1 }),
            answers.clone(),
            json!(0.5),
            json!(false),
            json!(firing),
        ]
    };
    assert_eq!(counts("many_complaints"), expected(raised(3, 3), raised(1, 1), 3));
    assert_eq!(counts("any_complaint"), expected(raised(3, 0), raised(1, 0), 4));
    let nothing = [raised(0, 0), raised(0, 0), json!(0), json!({}), json!({}), json!(null), json!(true), json!(0)];
    assert_eq!((counts("ten_complaints"), counts("fails_at_five")), (nothing.clone(), nothing));

    // The engine's side is what its metrics say.
    for rule in ["many_complaints", "any_complaint", "ten_complaints", "fails_at_five"] {
        let of_engine = &figures(&reported, rule)["engine"];
        let series = |name: &str| metric(&program, &format!("yujing_rule_{name}{{rule=\"{rule}\"}}"));
        for (name, metric) in [
            ("evaluations", "evaluations_total"),
            ("fires", "fires_total"),
            ("seconds", "evaluation_duration_seconds_total"),
        ] {
            assert_eq!(of_engine[name].as_f64(), Some(series(metric)), "{rule} {name}");
        }
        // Their time is estimated from a sample, of which so few evaluations may have none.
        assert!(series("evaluations_total") >= 4.0, "{rule}");
        let never = figures(&reported, rule)["never_fired"] == true;
        assert_eq!(series("last_fired_timestamp_seconds") > 0.0, !never, "{rule}");
        for (step, name) in [("opened", "warnings_total"), ("escalated", "warnings_total")] {
            let of = |prefix: &str| {
                metric(&program, &format!("yujing_rule_{prefix}{name}{{rule=\"{rule}\",step=\"{step}\"}}"))
            };
            let raised = &figures(&reported, rule)[step];
            assert_eq!((raised["warnings"].as_f64(), raised["unique"].as_f64()), (Some(of("")), Some(of("unique_"))));
        }
    }
    assert!(figures(&reported, "fails_at_five")["engine"]["errors"].as_f64() >= Some(1.0), "{reported:#}");
    // Answers as they arrive; one that was taken back has arrived, too.
    let arrived = |rule: &str, action: &str| {
        metric(&program, &format!("yujing_rule_answers_total{{action=\"{action}\",rule=\"{rule}\"}}"))
    };
    for rule in ["many_complaints", "any_complaint"] {
        for action in ["acknowledged", "answered_unfounded", "false_alarm"] {
            assert_eq!(Some(arrived(rule, action)), Some(1.0), "{rule}: {action}");
        }
    }
    assert!(arrived("ten_complaints", "false_alarm") < 0.5);
    let metrics = program.text("/metrics").expect("metrics");
    assert!(!metrics.contains("only_tried"), "a candidate's rule has no series of its own");

    let of = |lang: &str| program.run(&["rules", "stats", "--lang", lang]).1;
    let (zh, en) = (of("zh"), of("en"));
    assert!(row(&zh, "投诉举报集中").starts_with("投诉举报集中 3（3） 1（1） 1/2 50%"), "{zh}");
    assert!(row(&en, "Many complaints").starts_with("Many complaints 3 (3) 1 (1) 1/2 50%"), "{en}");
    assert!(zh.contains("从未触发: fails_at_five, ten_complaints") && zh.contains("独有"), "{zh}");
    assert!(en.contains("never fired: fails_at_five, ten_complaints") && en.contains("unique"), "{en}");

    for command in commands("rules/service.md", "live: tells of rules") {
        let (code, out, err) = program.run_shown(&command);
        assert!(code == Some(0) && out.contains("many_complaints") && err.is_empty(), "{out}{err}");
    }

    // A rule that was taken out is reported of as long as it raised warnings.
    std::fs::remove_file(rules.path().join("complaints/any_complaint.rhai")).expect("removed");
    let (code, out, err) = program.run(&["rules", "reload"]);
    assert_eq!(code, Some(0), "{out}{err}");
    let (without, _) = stats(&program, &[]);
    let removed = figures(&without, "any_complaint");
    assert_eq!((&removed["status"], &removed["opened"]), (&json!("removed"), &raised(3, 0)), "{removed:#}");
    assert_eq!(removed["title"]["zh"], "规则any_complaint");
    assert!(program.run(&["rules", "stats"]).1.contains("（已删除）"));

    // Without the engine the topics tell the same; nothing was raised within the last instant.
    drop(engine);
    let (later, err) = stats(&program, &["--last", "1ms"]);
    assert!(err.contains("does not answer"), "{err}");
    let many = figures(&later, "many_complaints");
    assert_eq!((&many["opened"], &many["engine"], &many["never_fired"]), (&raised(0, 0), &json!(null), &json!(false)));
}
