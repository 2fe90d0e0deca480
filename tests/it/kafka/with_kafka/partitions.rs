//! Input topics that get more partitions.

use jiff::Timestamp;
use yujing_config::Clock;
use yujing_kafka::topics;

use crate::support::adapter::clients;
use crate::support::engine::{EngineFixture, RunningEngine, complaint};
use crate::support::kafka::{TestRecord, eventually};

/// Publishes a complaint to a partition.
fn complain(fixture: &EngineFixture, partition: i32) {
    let now = Timestamp::now();
    let (operator, event) = (format!("XC-{partition:04}"), format!("c-{partition}"));
    let record = TestRecord::new(&operator, complaint(&operator, &event, now.as_second() - 60).to_string());
    fixture.kafka().produce(&fixture.topic("complaints"), &[record.at(partition, now.as_millisecond())]);
}

fn partitions(running: &RunningEngine, topic: &str) -> i64 {
    running.metrics.input_partitions.with_label_values(&[topic]).get()
}

#[test]
fn partitions_that_are_added_are_read_at_once_whether_the_engine_runs_or_has_just_stopped() {
    let fixture = EngineFixture::new(Clock::Wall);
    let topic = fixture.topic("complaints");
    let running = fixture.start();
    running.await_ready();
    complain(&fixture, 0);
    fixture.await_consumed_by(&running);
    assert_eq!(partitions(&running, &topic), 2);

    fixture.kafka().add_partitions(&topic, 4);
    complain(&fixture, 2);
    complain(&fixture, 3);
    fixture.await_consumed_by(&running);
    running.await_ready();
    assert!(partitions(&running, &topic) == 4 && running.restores("reassigned") > 0);
    running.stop().expect("it stops");

    // The group still has the stopped member, and what it gave it.
    fixture.kafka().add_partitions(&topic, 6);
    complain(&fixture, 5);
    let running = fixture.start();
    running.await_ready();
    fixture.await_consumed_by(&running);
    assert_eq!(partitions(&running, &topic), 6);
    running.stop().expect("it stops");
    eventually("a score each", || (fixture.scores().len() == 4).then_some(()));

    let reports = topics::inspect(&clients(&fixture.config), topics::plan(&fixture.config, &fixture.sources));
    let reports = reports.expect("inspected");
    let report = reports.iter().find(|report| report.plan.name == topic).expect("planned");
    assert_eq!(report.partitions, 6);
    assert!(report.differences.iter().any(|difference| difference.setting == "partitions"), "{report:?}");
}
