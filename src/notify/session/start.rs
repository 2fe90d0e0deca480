//! From reaching Kafka to the first event.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use yujing_config::{Config, Kafka};
use yujing_kafka::client::message_max_bytes;
use yujing_kafka::transaction::{KafkaTransactions, TransactionError};
use yujing_kafka::transaction_worker::TransactionWorker;
use yujing_kafka::{Clients, KafkaError, OffsetRange, Reader, names};
use yujing_telemetry::InternalEvent as _;
use yujing_telemetry::kafka::{Reachable, Unreachable};
use yujing_telemetry::notify::EventsMissed;

use super::inbox::Inbox;
use super::known::Archive;
use super::tries::Tries;
use super::{Outbox, Session};
use crate::dead_letter::DeadLetters;
use crate::error::NotifyError;
use crate::queue::Queue;
use crate::run::Runner;

/// How long Kafka may take to answer before it counts as away.
const PATIENCE: Duration = Duration::from_secs(10);
/// The source to which receipts go.
const DISPOSITIONS: &str = "dispositions";

impl<'a> Session<'a> {
    /// Reaches Kafka, fences an earlier process, and finds out what is delivered already.
    ///
    /// # Errors
    /// If Kafka does not answer, or topics are missing.
    pub fn start(runner: &'a Runner, outbox: &'a mut Outbox) -> Result<Self, NotifyError> {
        let Runner { config, metrics, stop, .. } = runner;
        let topics = Topics::of(runner)?;
        let clients = Clients::new(&as_notify(config))?;
        let reader = Reader::new(&clients, metrics, stop.clone())?;
        if let Err(error) = reader.ping(PATIENCE) {
            let reason = error.to_string();
            Unreachable { servers: clients.servers(), reason: &reason, again_in: PATIENCE }.emit(metrics);
            return Err(KafkaError::client("reaching Kafka")(error).into());
        }
        Reachable { servers: clients.servers(), away: None }.emit(metrics);
        for topic in [&topics.receipts, &topics.dead_letters] {
            reader.partitions(topic)?;
        }
        let timeout = config.engine.transaction_timeout.unsigned_abs();
        let transactions = KafkaTransactions::new(&clients, timeout, metrics)?;
        transactions.fence(PATIENCE * 3).map_err(|error| match error {
            TransactionError::Aborted(reason) => KafkaError::Lost(reason),
            other => KafkaError::from(other),
        })?;
        let from = begin(runner, &reader, &clients, &topics.warnings)?;
        let archive = Archive {
            reader: &reader,
            stop,
            warnings: &topics.warnings,
            topics: [&topics.receipts, &topics.dead_letters],
        };
        let mut known = archive.deliveries(&pending(&reader, &topics.warnings, &from)?)?;
        outbox.forget(|delivery| known.contains(&delivery));
        // Their receipts leave with this session's first transaction, perhaps before their events are read again.
        known.extend(outbox.deliveries());
        let dead_letters = DeadLetters {
            topic: Arc::clone(&topics.dead_letters),
            warnings: Arc::clone(&topics.warnings),
            message_max_bytes: message_max_bytes(&clients.transactional(0)),
        };
        Ok(Self {
            inbox: Inbox::follow(reader, &topics.warnings, &from)?,
            queue: Queue::new(&runner.notify),
            tries: Tries::new(&runner.notify)?,
            // The call's own timeout, that of an abort after it, and a little for the answer to come back.
            transactions: TransactionWorker::new(transactions, timeout * 2 + Duration::from_secs(5)),
            receipts: topics.receipts,
            dead_letters,
            known,
            // What a first start passes over is committed with the first transaction.
            committed: BTreeMap::new(),
            start: from,
            housekept: Instant::now(),
            runner,
            outbox,
        })
    }
}

/// The topics that are read and written.
struct Topics {
    warnings: Arc<str>,
    receipts: Arc<str>,
    dead_letters: Arc<str>,
}

impl Topics {
    fn of(runner: &Runner) -> Result<Self, NotifyError> {
        let topics = &runner.config.topics;
        let (_, dispositions) = runner.sources.by_name(DISPOSITIONS).ok_or(NotifyError::NoDispositions)?;
        Ok(Self {
            warnings: topics.warnings.as_str().into(),
            receipts: names::input(topics, dispositions).into(),
            dead_letters: names::dead_letters(topics, &topics.warnings).into(),
        })
    }
}

/// Kafka as this process uses it: under a group of its own.
fn as_notify(config: &Config) -> Kafka {
    Kafka { group_id: names::notify_group(&config.kafka.group_id), ..config.kafka.clone() }
}

/// Where each partition is to be read from: where it was left; at a first start its end, because nobody is to be told of
/// what is long past.
fn begin(
    runner: &Runner,
    reader: &Reader,
    clients: &Clients,
    topic: &Arc<str>,
) -> Result<BTreeMap<i32, i64>, NotifyError> {
    let bounds = reader.whole(topic)?;
    let partitions: Vec<_> = bounds.iter().map(|range| (Arc::clone(topic), range.partition)).collect();
    let unstable = Reader::unstable(clients, &runner.metrics, runner.stop.clone())?;
    let committed = reader.committed(&partitions, &unstable)?;
    let mut from = BTreeMap::new();
    for OffsetRange { partition, from: first, to } in bounds {
        let left = committed.get(&(Arc::clone(topic), partition)).copied();
        // A partition that was added since has nothing but what nobody was told of.
        let usual = if committed.is_empty() { to } else { first };
        let begin = left.unwrap_or(usual);
        if begin < first || begin > to {
            EventsMissed { topic, partition, from: begin, to: first }.emit(&runner.metrics);
        }
        from.insert(partition, if begin > to { first } else { begin.max(first) });
    }
    Ok(from)
}

/// What is to be read at once.
fn pending(reader: &Reader, topic: &str, from: &BTreeMap<i32, i64>) -> Result<Vec<OffsetRange>, NotifyError> {
    let bounds = reader.whole(topic)?;
    let left =
        |range: OffsetRange| OffsetRange { from: from.get(&range.partition).copied().unwrap_or(range.to), ..range };
    Ok(bounds.into_iter().map(left).filter(|range| !range.is_empty()).collect())
}
