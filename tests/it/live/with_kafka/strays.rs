//! Records on the engine's own topics that no engine wrote.

use jiff::Timestamp;
use yujing_kafka::partitioner;

use crate::support::kafka::{TestRecord, eventually, produce, read_committed};
use crate::support::program::{PARTITIONS, Program};

const OPERATOR: &str = "JY21201030043213";

/// Starts it, waits until scores are live, and gives its metrics.
fn metrics_of_a_start(program: &Program) -> String {
    let engine = program.start();
    program.wait_until_ready();
    let metrics = program.text("/metrics").expect("metrics");
    engine.signal("TERM");
    let (code, log) = engine.ended();
    assert_eq!(code, Some(0), "{log}");
    metrics
}

fn strays(metrics: &str, topic: &str) -> i64 {
    let series = format!("yujing_stray_records{{topic=\"{topic}\"}} ");
    let count = metrics.lines().find_map(|line| line.strip_prefix(&series));
    count.unwrap_or_else(|| panic!("no {series}")).parse().expect("a number")
}

#[test]
fn strays_stop_neither_a_start_nor_a_command_and_a_record_without_a_value_mends_them() {
    let program = Program::new();
    program.create_topics();
    let (scores, rulesets) = (program.value("TOPICS__SCORES"), program.value("TOPICS__RULESETS"));
    let warnings = program.value("TOPICS__WARNINGS");
    let engine = program.start();
    program.wait_until_ready();
    program.complain(OPERATOR, 0, 3);
    let score = eventually("a score", || read_committed(scores).pop().and_then(|record| record.value));
    let body = read_committed(rulesets).remove(0).value.expect("a body");
    engine.signal("TERM");
    assert_eq!(engine.ended().0, Some(0));

    let not_json = b"not json".to_vec();
    let given = [
        (scores, "stray", not_json.clone()),
        // Somebody else's, under a key that is not its own.
        (scores, "stray-2", score.clone()),
        (scores, "stray-3", vec![b'x'; 900_000]),
        // Over one of the engine's own: what the engine wrote stays.
        (scores, OPERATOR, b"{}".to_vec()),
        (rulesets, "stray", not_json.clone()),
        (rulesets, "stray-2", body),
        (rulesets, "publication/000000000009", not_json.clone()),
        (warnings, "stray", not_json),
    ];
    let send = |topic: &str, key: &str, value: Option<Vec<u8>>| {
        let partition = if topic == rulesets { 0 } else { partitioner::partition(key.as_bytes(), PARTITIONS) };
        let mut record =
            TestRecord { value, ..TestRecord::new(key, "") }.at(partition, Timestamp::now().as_millisecond());
        record.headers.insert("odd".to_owned(), vec![0xff]);
        produce(topic, &[record]);
    };
    for (topic, key, value) in &given {
        send(topic, key, Some(value.clone()));
    }

    let metrics = metrics_of_a_start(&program);
    assert_eq!((strays(&metrics, scores), strays(&metrics, rulesets)), (4, 3));
    for arguments in [
        &["scores", "--json"][..],
        &["rules", "history"],
        &["rules", "stats"],
        &["warnings", "--no-follow", "--from-beginning"],
        &["explain", OPERATOR, "--as-of", &Timestamp::now().to_string()],
    ] {
        let (code, out, err) = program.run(arguments);
        assert_eq!(code, Some(0), "{arguments:?}: {out}{err}");
        let is_told = err.contains(" offset ");
        assert!(is_told || arguments[0] == "explain", "{arguments:?}: {err}");
    }
    let (_, out, err) = program.run(&["scores", "--json"]);
    assert!(out.contains(OPERATOR) && out.lines().count() == 1, "{out}");
    assert!(err.contains(r#"(key "stray-2")"#) && !err.contains(&format!("key \"{OPERATOR}\"")), "{err}");

    for (topic, key, _) in given.iter().filter(|(_, key, _)| *key != OPERATOR) {
        send(topic, key, None);
    }
    let metrics = metrics_of_a_start(&program);
    assert_eq!((strays(&metrics, scores), strays(&metrics, rulesets)), (0, 0));
    let (code, out, err) = program.run(&["rules", "history"]);
    assert_eq!((code, err.as_str()), (Some(0), ""), "{out}");
}
