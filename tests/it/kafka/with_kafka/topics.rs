//! Topics are created as planned, and differences are reported.

use std::path::Path;

use yujing_config::{Clock, Config};
use yujing_core::source::Sources;
use yujing_kafka::topics::{self, Purpose, TopicPlan};
use yujing_kafka::{Gap, KafkaError};
use yujing_workbench::schemas_folder;

use crate::support::adapter::{clients, config};
use crate::support::kafka::{create_topic, unique};

fn sources() -> Sources {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
    schemas_folder::load(&folder).expect("the published schemas are valid")
}

/// A configuration whose inputs have names of their own.
fn with_own_inputs(sources: &Sources) -> Config {
    let mut config = config();
    for (_, source) in sources.iter() {
        config.topics.inputs.insert(source.name.to_string(), unique(&source.name));
    }
    config
}

fn plan_of<'a>(plans: &'a [TopicPlan], source: &str) -> &'a TopicPlan {
    let purpose = Purpose::Input { source: source.to_owned() };
    plans.iter().find(|plan| plan.purpose == purpose).expect("an input")
}

#[test]
fn every_topic_is_created_as_planned_and_then_found_so() {
    let sources = sources();
    for clock in [Clock::Wall, Clock::Log] {
        let mut config = with_own_inputs(&sources);
        config.engine.clock = clock;
        config.topics.scores = unique("scores");
        config.topics.warnings = unique("warnings");
        config.topics.areas = unique("areas");
        config.topics.rulesets = unique("rulesets");
        let clients = clients(&config);
        let plans = topics::plan(&config, &sources);
        // An input and its dead letters for each source, and five that leave.
        assert_eq!(plans.len(), 2 * sources.iter().len() + 5);
        let before = topics::inspect(&clients, plans.clone()).expect("inspected");
        assert!(before.iter().all(|report| report.missing));
        let error = topics::check(&before).expect_err("nothing is there");
        assert!(error.to_string().contains("is missing") && error.to_string().contains("yujing topics"), "{error}");

        topics::create(&clients, &plans).expect("created");
        let after = topics::inspect(&clients, plans).expect("inspected");
        for report in &after {
            assert!(report.as_planned(), "{clock:?} {report:?}");
        }
        let verdict = topics::check(&after).expect("fit");
        assert!(verdict.remarks.is_empty() && verdict.gaps.is_empty());
    }
}

#[test]
fn inputs_are_planned_by_their_kind_and_by_the_clock() {
    let sources = sources();
    let mut config = with_own_inputs(&sources);
    let setting = |config: &Config, source: &str, name: &str| {
        plan_of(&topics::plan(config, &sources), source).settings.get(name).cloned()
    };
    assert_eq!(setting(&config, "operators", "cleanup.policy").as_deref(), Some("compact"));
    assert_eq!(setting(&config, "operators", "retention.ms"), None);
    assert_eq!(setting(&config, "complaints", "cleanup.policy").as_deref(), Some("delete"));
    assert_eq!(setting(&config, "complaints", "message.timestamp.type").as_deref(), Some("LogAppendTime"));
    let (_, complaints) = sources.by_name("complaints").expect("a source");
    let keeps: i128 = setting(&config, "complaints", "retention.ms").expect("one").parse().expect("a number");
    assert!(keeps >= complaints.retention.as_millis());
    config.engine.clock = Clock::Log;
    assert_eq!(setting(&config, "complaints", "message.timestamp.type").as_deref(), Some("CreateTime"));
    assert_eq!(setting(&config, "complaints", "retention.ms").as_deref(), Some("-1"));
}

#[test]
fn a_topic_that_forgets_too_early_is_a_gap_and_one_that_loses_events_is_refused() {
    let sources = sources();
    let config = with_own_inputs(&sources);
    let clients = clients(&config);
    let plans = topics::plan(&config, &sources);
    let (forgetful, compacted) = (plan_of(&plans, "complaints").clone(), plan_of(&plans, "inspections").clone());
    create_topic(&forgetful.name, 2, &[("retention.ms", "3600000"), ("message.timestamp.type", "LogAppendTime")]);
    create_topic(&compacted.name, 5, &[("cleanup.policy", "compact"), ("message.timestamp.type", "LogAppendTime")]);

    let reports = topics::inspect(&clients, vec![forgetful.clone()]).expect("inspected");
    let verdict = topics::check(&reports).expect("it can run");
    let [Gap::Retention { topic, keeps, .. }] = &verdict.gaps[..] else { panic!("{verdict:?}") };
    assert_eq!((topic, keeps.as_str()), (&forgetful.name, "1h"));

    let reports = topics::inspect(&clients, vec![compacted.clone()]).expect("inspected");
    let Err(KafkaError::Topics(unfit)) = topics::check(&reports) else { panic!("{reports:?}") };
    assert_eq!(unfit, [format!("{}: cleanup.policy is compact, planned delete", compacted.name)]);
    let partitions = reports[0].differences.iter().find(|difference| difference.setting == "partitions");
    let partitions = partitions.expect("five are not two");
    assert_eq!((partitions.found.as_str(), partitions.planned.as_str(), partitions.is_fatal), ("5", "2", false));
}
