//! What is too large for one message of Kafka's.

use futures::executor::block_on;
use jiff::Timestamp;
use rdkafka::admin::{AdminClient, AdminOptions, AlterConfig, ResourceSpecifier};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use serde_json::{Value, json};
use yujing_config::Clock;
use yujing_kafka::partitioner;

use crate::support::engine::{EngineFixture, complaint};
use crate::support::kafka::{TestRecord, bootstrap};
use crate::support::ruleset::small_ruleset;

const CHATTY: &str = "XC-0001";
const QUIET: &str = "XC-0002";

/// Features, each a share of all the food that was complained of.
const FEATURES: usize = 12;

fn features() -> String {
    let column = |number| {
        format!(
            "  -- @zh 被投诉的食品{number}\n  -- @en Foods complained of, {number}\n  -- @missing unknown\n  \
             string_agg(DISTINCT food, '、' ORDER BY food) FILTER (WHERE substr(food, 1, 2) = '{number:02}') AS foods_{number}"
        )
    };
    let columns: Vec<String> = (0..FEATURES).map(column).collect();
    format!("SELECT operator_id,\n{}\nFROM complaints GROUP BY operator_id\n", columns.join(",\n"))
}

/// Makes a topic take no more than 64 KiB at once.
fn narrow(fixture: &EngineFixture, topic: &str, cleanup: &str) {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", &fixture.config.kafka.bootstrap_servers);
    let admin: AdminClient<DefaultClientContext> = config.create().expect("an admin client");
    let change = AlterConfig::new(ResourceSpecifier::Topic(topic))
        .set("max.message.bytes", "65536")
        .set("cleanup.policy", cleanup)
        .set("retention.ms", "-1");
    for outcome in block_on(admin.alter_configs(&[change], &AdminOptions::new())).expect("asked") {
        outcome.expect("changed");
    }
}

fn complain(fixture: &EngineFixture, operator: &str, foods: impl IntoIterator<Item = String>) {
    let second = Timestamp::now().as_second() - 60;
    let partition = partitioner::partition(operator.as_bytes(), fixture.config.topics.partitions);
    let record = |(number, food): (usize, String)| {
        let mut event = complaint(operator, &format!("{operator}-{number}"), second);
        event["food"] = json!(food);
        TestRecord::new(operator, event.to_string()).at(partition, second * 1_000)
    };
    let records: Vec<TestRecord> = foods.into_iter().enumerate().map(record).collect();
    fixture.kafka().produce(&fixture.topic("complaints"), &records);
}

/// Two digits that say of which feature it is, then text that does not compress: topics are asked for compressed sizes.
fn food(number: usize) -> String {
    let mut state = u32::try_from(number).expect("few") + 1;
    let noise = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from_u32(0x4e00 + (state >> 8) % 0x5000).expect("a Chinese character")
    });
    format!("{:02}{}", number % FEATURES, noise.take(188).collect::<String>())
}

/// The last score of an operator as it is.
fn score(fixture: &EngineFixture, operator: &str) -> Value {
    let records = fixture.kafka().read_committed(&fixture.config.topics.scores);
    let values = records.iter().rev().filter_map(|record| serde_json::from_slice(record.value.as_deref()?).ok());
    let mut of_operator = values.filter(|score: &Value| score["operator_id"] == operator);
    of_operator.next().expect("it has a score")
}

#[test]
fn an_operator_whose_records_no_topic_takes_is_cut_and_degraded_and_the_others_are_scored_as_ever() {
    let rules = small_ruleset(&[("features/foods.sql", &features())]);
    let policy = rules.path().join("ruleset.toml");
    let text = std::fs::read_to_string(&policy).expect("readable");
    std::fs::write(&policy, format!("longest_text = 10000\n{text}")).expect("written");
    let fixture = EngineFixture::with_rules(bootstrap(), Clock::Wall, rules.path());
    let running = fixture.start();
    running.await_ready();
    // While it runs: it finds out by being refused.
    narrow(&fixture, &fixture.config.topics.scores, "compact");
    narrow(&fixture, &fixture.config.topics.warnings, "delete");
    complain(&fixture, CHATTY, (0..40 * FEATURES).map(food));
    complain(&fixture, QUIET, (0..3).map(|number| number.to_string()));
    fixture.await_consumed_by(&running);
    running.stop().expect("it stops");

    let is_cut = |score: &Value| score["degraded"].to_string().contains("too many for one Kafka message: it was cut");
    let (chatty, quiet) = (score(&fixture, CHATTY), score(&fixture, QUIET));
    assert!(is_cut(&chatty), "{}", chatty["degraded"]);
    assert_eq!((&quiet["score"], &quiet["degraded"]), (&json!(25), &json!([])));
    assert_eq!(fixture.steps().len(), 2, "both are warned of");

    assert!(chatty["features"]["foods_3"].as_str().is_some_and(|text| text.ends_with('…')), "{}", chatty["features"]);

    // What was cut can be restored, and the next start asks how much fits.
    let running = fixture.start();
    running.await_ready();
    complain(&fixture, QUIET, (0..7).map(|number| number.to_string()));
    fixture.await_consumed_by(&running);
    assert_eq!(running.restores("lost"), 0);
    assert!(running.metrics.records_cut.with_label_values(&[&fixture.config.topics.scores]).get() > 0);
    running.stop().expect("it stops");
    assert_eq!(score(&fixture, QUIET)["score"], json!(65));
    assert!(is_cut(&score(&fixture, CHATTY)));
}
