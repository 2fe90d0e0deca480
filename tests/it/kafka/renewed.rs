//! An input topic that is deleted and made anew: what was read of it is no longer there, and no start passes over that.

use jiff::Timestamp;
use serde_json::Value;
use yujing::config::Clock;
use yujing::kafka::consume::Order;
use yujing::kafka::topics::{self, Purpose};
use yujing::kafka::{Gap, KafkaError, Transaction, Transactions as _};
use yujing::live::RunError;

use super::fixture::{clients, input, intake, transactions};
use super::world::{World, load};
use crate::support::kafka::{eventually, read_committed};

/// Deletes the topic of complaints and creates it as planned.
fn renew(world: &World) {
    world.kafka().delete_topic(&world.topic("complaints"));
    let plans = topics::plan(&world.config, &world.sources);
    let purpose = Purpose::Input { source: "complaints".to_owned() };
    let plan = plans.iter().find(|plan| plan.purpose == purpose).expect("an input");
    eventually("the topic anew", || topics::create(&clients(&world.config), [plan]).ok());
}

/// The gaps for which a start ends.
fn gaps(world: &World) -> Vec<Gap> {
    match world.start().end() {
        Err(RunError::Gap(gaps)) => gaps,
        other => panic!("{other:?}"),
    }
}

#[test]
fn i5_an_input_made_anew_stops_the_engine_until_the_gap_is_accepted_and_then_scores_say_so() {
    let world = World::new(Clock::Wall);
    let topic = world.topic("complaints");
    let second = Timestamp::now().as_second() - 3_600;
    let complaints = load(2, |_| 4, second, 1);
    let running = world.start();
    running.await_ready();
    world.complain(&complaints);
    world.await_consumed_by(&running);
    renew(&world);
    world.complain(&complaints[..3]);
    // Meanwhile it may have found the topic missing.
    let ended = running.end();
    assert!(matches!(ended, Err(RunError::Kafka(KafkaError::Topics(_)) | RunError::Gap(_))), "{ended:?}");
    assert_eq!(gaps(&world), [Gap::Renewed { topic: topic.clone() }]);

    // As it is if the engine commits another batch before it notices.
    let member = intake(&world.config, &[input(&topic, 0, 2)], Order::Arrival);
    let positions = [((topic.as_str().into(), 0), 1_000)].into();
    let offsets = Transaction { records: Vec::new(), positions, group: member.group() };
    transactions(&world.config).commit(offsets).expect("committed");
    drop(member);
    let found = gaps(&world);
    let [Gap::Vanished { committed: 1_000, partition: 0, .. }] = found[..] else { panic!("{found:?}") };

    let running = world.start_with(true, |transactions| transactions);
    running.await_ready();
    world.await_consumed_by(&running);
    running.stop().expect("it stops");
    let scores = read_committed(&world.config.topics.scores);
    let last: Value =
        serde_json::from_slice(scores.last().and_then(|record| record.value.as_deref()).expect("a score"))
            .expect("JSON");
    assert!(last["degraded"].to_string().contains(&topic), "{last:#}");

    let running = world.start();
    running.await_ready();
    running.stop().expect("what was read since is known again");
}
