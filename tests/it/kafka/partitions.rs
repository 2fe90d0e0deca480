//! Input topics that get more partitions.

use jiff::Timestamp;
use yujing::config::Clock;
use yujing::kafka::topics;

use super::fixture::clients;
use super::world::{Running, World, complaint};
use crate::support::kafka::{TestRecord, eventually};

/// Publishes a complaint to a partition.
fn complain(world: &World, partition: i32) {
    let now = Timestamp::now();
    let (operator, event) = (format!("XC-{partition:04}"), format!("c-{partition}"));
    let record = TestRecord::new(&operator, complaint(&operator, &event, now.as_second() - 60).to_string());
    world.kafka().produce(&world.topic("complaints"), &[record.at(partition, now.as_millisecond())]);
}

fn partitions(running: &Running, topic: &str) -> i64 {
    running.metrics.input_partitions.with_label_values(&[topic]).get()
}

#[test]
fn partitions_that_are_added_are_read_at_once_whether_the_engine_runs_or_has_just_stopped() {
    let world = World::new(Clock::Wall);
    let topic = world.topic("complaints");
    let running = world.start();
    running.await_ready();
    complain(&world, 0);
    world.await_consumed_by(&running);
    assert_eq!(partitions(&running, &topic), 2);

    world.kafka().add_partitions(&topic, 4);
    complain(&world, 2);
    complain(&world, 3);
    world.await_consumed_by(&running);
    running.await_ready();
    assert!(partitions(&running, &topic) == 4 && running.restores("reassigned") > 0);
    running.stop().expect("it stops");

    // The group still has the stopped member, and what it gave it.
    world.kafka().add_partitions(&topic, 6);
    complain(&world, 5);
    let running = world.start();
    running.await_ready();
    world.await_consumed_by(&running);
    assert_eq!(partitions(&running, &topic), 6);
    running.stop().expect("it stops");
    eventually("a score each", || (world.scores().len() == 4).then_some(()));

    let reports = topics::inspect(&clients(&world.config), topics::plan(&world.config, &world.sources));
    let reports = reports.expect("inspected");
    let report = reports.iter().find(|report| report.plan.name == topic).expect("planned");
    assert_eq!(report.partitions, 6);
    assert!(report.differences.iter().any(|difference| difference.setting == "partitions"), "{report:?}");
}
