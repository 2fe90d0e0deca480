//! From nothing to a member of the group: reach Kafka, end what an earlier process left, take every partition.

use std::time::Duration;

use yujing_config::{Clock, Config};
use yujing_core::source::Sources;
use yujing_kafka::batch_consumer::{BatchConsumer, Order};
use yujing_kafka::client::message_max_bytes;
use yujing_kafka::drop_with_timeout::DropWithTimeout;
use yujing_kafka::input_topic::InputTopic;
use yujing_kafka::topics::{self, TopicCheck};
use yujing_kafka::transaction::{KafkaTransactions, TransactionError};
use yujing_kafka::{Clients, KafkaError, Reader, names};
use yujing_telemetry::kafka::{InputFound, TopicDiffers};
use yujing_telemetry::{InternalEvent as _, Metrics};

use super::assignment;
use crate::control::Control;
use crate::error::Stop;
use crate::restore::{Bounds, await_stable};

/// How long Kafka may take to answer before it is reported, and tried again.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// A member of the group that has all partitions, and whose transactions are the only ones under its id.
pub(super) struct Connection {
    pub(super) inputs: Vec<InputTopic>,
    pub(super) order: Order,
    pub(super) consumer: DropWithTimeout<BatchConsumer>,
    pub(super) transactions: KafkaTransactions,
    pub(super) reader: Reader,
    /// Where reading stood, once nothing of an earlier process is open any more.
    pub(super) bounds: Bounds,
    /// The most bytes that one message may have.
    pub(super) message_max_bytes: usize,
}

impl Connection {
    pub(super) fn open(
        control: &Control,
        config: &Config,
        sources: &Sources,
        clients: &Clients,
        check_topics: bool,
    ) -> Result<Self, Stop> {
        let metrics = &control.metrics;
        let reader = Reader::new(clients, metrics, control.stop.clone())?;
        control.reach(|| Ok(reader.ping(ANSWER_TIMEOUT).map_err(|error| error.to_string())))?;
        let checked =
            if check_topics { checked_topics(config, sources, clients, metrics)? } else { TopicCheck::default() };
        let clients = &clients.clone().within(checked.most_bytes);
        let inputs = input_topics(config, sources, &reader)?;
        for InputTopic { name, partitions, .. } in &inputs {
            InputFound { topic: name, partitions: *partitions }.emit(metrics);
        }

        let timeout = config.engine.transaction_timeout.unsigned_abs();
        let transactions = KafkaTransactions::new(clients, timeout, metrics)?;
        fence(control, &transactions)?;
        let order = match config.engine.clock {
            Clock::Wall => Order::Arrival,
            Clock::Log => Order::Timestamp,
        };
        let consumer = DropWithTimeout::new(BatchConsumer::join(clients, &inputs, order, metrics)?);
        assignment::wait(control, clients.group_id(), &reader, &consumer)?;
        let mut bounds = settled_bounds(control, config, clients, &reader, &inputs)?;
        bounds.gaps.extend(checked.gaps);

        let own = message_max_bytes(&clients.transactional(0));
        let message_max_bytes = checked.most_bytes.map_or(own, |most| most.min(own));
        Ok(Self { inputs, order, consumer, transactions, reader, bounds, message_max_bytes })
    }
}

/// The topics compared with their plan.
fn checked_topics(
    config: &Config,
    sources: &Sources,
    clients: &Clients,
    metrics: &Metrics,
) -> Result<TopicCheck, KafkaError> {
    let reports = topics::inspect(clients, topics::plan(config, sources))?;
    let check = topics::check(&reports)?;
    for difference in &check.remarks {
        TopicDiffers { difference }.emit(metrics);
    }
    Ok(check)
}

fn input_topics(config: &Config, sources: &Sources, reader: &Reader) -> Result<Vec<InputTopic>, KafkaError> {
    sources
        .iter()
        .map(|(id, source)| {
            let name = names::input(&config.topics, source);
            let partitions = reader.partitions(name)?;
            Ok(InputTopic { name: name.into(), source: id, partitions, key_form: source.operator_form() })
        })
        .collect()
}

/// Ends whatever an earlier process left open.
fn fence(control: &Control, transactions: &KafkaTransactions) -> Result<(), Stop> {
    control.reach(|| match transactions.fence(ANSWER_TIMEOUT) {
        Ok(()) => Ok(Ok(())),
        Err(TransactionError::Aborted(reason)) => Ok(Err(reason)),
        Err(error) => Err(KafkaError::from(error).into()),
    })
}

/// Where reading stood, once nothing of an earlier process is open any more.
fn settled_bounds(
    control: &Control,
    config: &Config,
    clients: &Clients,
    reader: &Reader,
    inputs: &[InputTopic],
) -> Result<Bounds, Stop> {
    let unstable = Reader::unstable(clients, &control.metrics, control.stop.clone())?;
    let bounds = Bounds::ask(reader, &unstable, inputs)?;
    for topic in [&config.topics.scores, &config.topics.rulesets] {
        await_stable(control, reader, &unstable, topic)?;
    }
    Ok(bounds)
}
