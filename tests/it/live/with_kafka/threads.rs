//! On how many threads the engine decides makes no difference to what it writes.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;
use yujing_config::Clock;

use crate::support::engine::EngineFixture;

/// Enough for five threads to share out.
const OPERATORS: usize = 200;
const HOURS: i64 = 7;

/// What an engine on some threads wrote of each operator, in its order.
fn written(threads: usize, start: i64) -> BTreeMap<String, Vec<Value>> {
    let mut fixture = EngineFixture::new(Clock::Log);
    fixture.config.engine.threads = threads;
    fixture.config.engine.max_batch_records = 2_000;
    // One complaint an hour about each, all at the same instant: wherever a batch ends, an operator is evaluated once.
    let of_hour = |hour: i64| {
        (0..OPERATORS).map(move |operator| (format!("op-{operator:03}"), format!("c-{hour}"), start + hour * 3_600))
    };
    fixture.complain(&(0..HOURS).flat_map(of_hour).collect::<Vec<_>>());
    let running = fixture.start();
    fixture.await_consumed_by(&running);
    running.stop().expect("it stops");
    let mut written: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for topic in [&fixture.config.topics.scores, &fixture.config.topics.warnings] {
        for record in fixture.kafka().read_committed(topic) {
            let mut record: Value = serde_json::from_slice(record.value.as_deref().expect("a value")).expect("JSON");
            // Where a batch ended.
            record.as_object_mut().expect("an object").remove("offsets");
            let operator = record["operator_id"].as_str().expect("an operator").to_owned();
            written.entry(operator).or_default().push(record);
        }
    }
    written
}

#[test]
fn i2_engines_on_one_two_and_five_threads_write_the_same() {
    let start = Timestamp::now().as_second() - 86_400;
    let alone = written(1, start);
    assert_eq!(alone.len(), OPERATORS);
    let opens = |written: &Vec<Value>| written.iter().any(|record| record["step"] == "opened");
    assert!(alone.values().all(opens), "everybody is warned of");
    for threads in [2, 5] {
        assert_eq!(written(threads, start), alone, "{threads} threads");
    }
}
