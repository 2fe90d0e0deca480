//! An input topic that is deleted and made anew: what was read of it is no longer there, and no start passes over that.

use jiff::Timestamp;
use serde_json::Value;
use yujing_config::Clock;
use yujing_kafka::batch_consumer::Order;
use yujing_kafka::topics::{self, Purpose};
use yujing_kafka::{Gap, KafkaError, Transaction, Transactions as _};
use yujing_live::RunError;

use crate::support::adapter::{clients, input, intake, transactions};
use crate::support::engine::{EngineFixture, load};
use crate::support::kafka::{eventually, read_committed};

/// Deletes the topic of complaints and creates it as planned.
fn renew(fixture: &EngineFixture) {
    fixture.kafka().delete_topic(&fixture.topic("complaints"));
    let plans = topics::plan(&fixture.config, &fixture.sources);
    let purpose = Purpose::Input { source: "complaints".to_owned() };
    let plan = plans.iter().find(|plan| plan.purpose == purpose).expect("an input");
    eventually("the topic anew", || topics::create(&clients(&fixture.config), [plan]).ok());
}

/// The gaps for which a start ends.
fn gaps(fixture: &EngineFixture) -> Vec<Gap> {
    match fixture.start().end() {
        Err(RunError::Gap(gaps)) => gaps,
        other => panic!("{other:?}"),
    }
}

#[test]
fn i5_an_input_made_anew_stops_the_engine_until_the_gap_is_accepted_and_then_scores_say_so() {
    let fixture = EngineFixture::new(Clock::Wall);
    let topic = fixture.topic("complaints");
    let second = Timestamp::now().as_second() - 3_600;
    let complaints = load(2, |_| 4, second, 1);
    let running = fixture.start();
    running.await_ready();
    fixture.complain(&complaints);
    fixture.await_consumed_by(&running);
    renew(&fixture);
    fixture.complain(&complaints[..3]);
    // Meanwhile it may have found the topic missing.
    let ended = running.end();
    assert!(matches!(ended, Err(RunError::Kafka(KafkaError::Topics(_)) | RunError::Gap(_))), "{ended:?}");
    assert_eq!(gaps(&fixture), [Gap::Renewed { topic: topic.clone() }]);

    // As it is if the engine commits another batch before it notices.
    let member = intake(&fixture.config, &[input(&topic, 0, 2)], Order::Arrival);
    let positions = [((topic.as_str().into(), 0), 1_000)].into();
    let offsets = Transaction { records: Vec::new(), positions, group: member.group() };
    transactions(&fixture.config).commit(offsets).expect("committed");
    drop(member);
    let found = gaps(&fixture);
    let [Gap::Vanished { committed: 1_000, partition: 0, .. }] = found[..] else { panic!("{found:?}") };

    let running = fixture.start_with(true, |transactions| transactions);
    running.await_ready();
    fixture.await_consumed_by(&running);
    running.stop().expect("it stops");
    let scores = read_committed(&fixture.config.topics.scores);
    let last: Value =
        serde_json::from_slice(scores.last().and_then(|record| record.value.as_deref()).expect("a score"))
            .expect("JSON");
    assert!(last["degraded"].to_string().contains(&topic), "{last:#}");

    let running = fixture.start();
    running.await_ready();
    running.stop().expect("what was read since is known again");
}
