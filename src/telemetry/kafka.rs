//! What happens between the engine and Kafka.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tracing::{debug, info, warn};

use super::throttle::Throttle;
use super::{InternalEvent, Metrics};

static CLIENT_LINES: Throttle = Throttle::every_ten_seconds();
static CLIENT_TROUBLES: Throttle = Throttle::every_ten_seconds();
static HELD_BACK: Throttle = Throttle::every_minute();
static MISROUTED: Throttle = Throttle::every_minute();
static CUT: Throttle = Throttle::every_minute();
static AHEAD: Throttle = Throttle::every_minute();
static PUBLISHER_TIME: Throttle = Throttle::every_minute();
static UNREACHABLE: Throttle = Throttle::every_ten_seconds();

/// A client of Kafka, by its job: the label of its errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KafkaClient {
    Consumer,
    Producer,
    Reader,
}

impl KafkaClient {
    pub const ALL: [Self; 3] = [Self::Consumer, Self::Producer, Self::Reader];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Consumer => "consumer",
            Self::Producer => "producer",
            Self::Reader => "reader",
        }
    }
}

/// The Kafka client wrote a line of its own.
#[derive(Debug, Clone, Copy)]
pub struct ClientLine<'a> {
    pub client: KafkaClient,
    pub severe: bool,
    pub facility: &'a str,
    pub message: &'a str,
}

impl InternalEvent for ClientLine<'_> {
    fn emit(self, metrics: &Metrics) {
        let Self { client, facility, message, .. } = self;
        let client = client.as_str();
        if !self.severe {
            debug!(code = "kafka_client", client, facility, "{message}");
            return;
        }
        let Some(suppressed) = CLIENT_LINES.admit("kafka_client", metrics) else { return };
        warn!(code = "kafka_client", suppressed, client, facility, "{message}");
    }
}

/// The Kafka client met an error; it tries again by itself.
#[derive(Debug, Clone, Copy)]
pub struct ClientTrouble<'a> {
    pub client: KafkaClient,
    pub error: &'a str,
    pub reason: &'a str,
}

impl InternalEvent for ClientTrouble<'_> {
    fn emit(self, metrics: &Metrics) {
        let Self { client, error, reason } = self;
        let client = client.as_str();
        metrics.kafka_errors.with_label_values(&[client]).inc();
        let Some(suppressed) = CLIENT_TROUBLES.admit("kafka_error", metrics) else { return };
        warn!(code = "kafka_error", suppressed, client, "{error}: {reason}");
    }
}

/// Kafka did not answer; nothing is lost, it is tried again.
#[derive(Debug, Clone, Copy)]
pub struct Unreachable<'a> {
    pub servers: &'a str,
    pub reason: &'a str,
    pub again_in: Duration,
}

impl InternalEvent for Unreachable<'_> {
    fn emit(self, metrics: &Metrics) {
        let Self { servers, reason, again_in } = self;
        metrics.kafka_reachable.set(0);
        let Some(suppressed) = UNREACHABLE.admit("kafka_unreachable", metrics) else { return };
        warn!(
            code = "kafka_unreachable",
            suppressed, servers, "Kafka at {servers} does not answer ({reason}); trying again in {again_in:.1?}"
        );
    }
}

/// Kafka answers.
#[derive(Debug, Clone, Copy)]
pub struct Reachable<'a> {
    pub servers: &'a str,
    /// How long it did not, if it did not before.
    pub away: Option<Duration>,
}

impl InternalEvent for Reachable<'_> {
    fn emit(self, metrics: &Metrics) {
        metrics.kafka_reachable.set(1);
        let (servers, Some(away)) = (self.servers, self.away) else { return };
        info!(code = "kafka_reachable", servers, "Kafka at {servers} answers again after {away:.1?}");
    }
}

/// A session ended by something passing: memory is dropped, and restored by the next one.
#[derive(Debug, Clone, Copy)]
pub struct SessionLost<'a> {
    pub reason: &'a str,
    pub again_in: Duration,
}

impl InternalEvent for SessionLost<'_> {
    fn emit(self, metrics: &Metrics) {
        metrics.restores.with_label_values(&["lost"]).inc();
        let Self { reason, again_in } = self;
        warn!(
            code = "session_lost",
            "{reason}: memory is dropped and restored from what is committed, beginning in {again_in:.1?}"
        );
    }
}

/// The group gave this process only some of the partitions.
#[derive(Debug, Clone, Copy)]
pub struct PartitionsShared<'a> {
    pub reason: &'a str,
}

impl InternalEvent for PartitionsShared<'_> {
    fn emit(self, _metrics: &Metrics) {
        warn!(code = "partitions_shared", "{}", self.reason);
    }
}

/// A topic is not as planned, though the engine can run with it.
#[derive(Debug, Clone, Copy)]
pub struct TopicDiffers<'a> {
    pub difference: &'a str,
}

impl InternalEvent for TopicDiffers<'_> {
    fn emit(self, _metrics: &Metrics) {
        warn!(code = "topic_differs", "{}", self.difference);
    }
}

/// An input topic was found, with its partitions.
#[derive(Debug, Clone, Copy)]
pub struct InputFound<'a> {
    pub topic: &'a str,
    pub partitions: i32,
}

impl InternalEvent for InputFound<'_> {
    fn emit(self, metrics: &Metrics) {
        let Self { topic, partitions } = self;
        let gauge = metrics.input_partitions.with_label_values(&[topic]);
        let before = gauge.get();
        gauge.set(i64::from(partitions));
        if before > 0 && before != i64::from(partitions) {
            warn!(
                code = "partitions_changed",
                topic,
                partitions,
                before,
                "{topic} has {partitions} partitions now, {before} before: all of them are read"
            );
        }
    }
}

/// The group gave this process its partitions.
#[derive(Debug, Clone, Copy)]
pub struct Assigned {
    pub partitions: usize,
}

impl InternalEvent for Assigned {
    fn emit(self, _metrics: &Metrics) {
        info!(code = "assigned", partitions = self.partitions, "joined the consumer group");
    }
}

/// The group changed under the engine: its memory is dropped and restored.
#[derive(Debug, Clone, Copy)]
pub struct Reassigned;

impl InternalEvent for Reassigned {
    fn emit(self, metrics: &Metrics) {
        metrics.restores.with_label_values(&["reassigned"]).inc();
        warn!(code = "reassigned", "the group's assignment changed: memory is dropped and restored from the log");
    }
}

/// The start goes on without events that may be missing.
#[derive(Debug, Clone, Copy)]
pub struct GapAccepted<'a> {
    pub gap: &'a str,
}

impl InternalEvent for GapAccepted<'_> {
    fn emit(self, _metrics: &Metrics) {
        warn!(code = "gap_accepted", "events may be missing, scores are marked degraded: {}", self.gap);
    }
}

/// Memory is as it was when the engine stopped.
#[derive(Debug, Clone, Copy)]
pub struct Restored {
    pub records: u64,
    pub standings: usize,
    pub took: Duration,
}

impl InternalEvent for Restored {
    fn emit(self, _metrics: &Metrics) {
        let Self { records, standings, took } = self;
        info!(code = "restored", records, standings, "restored from the log in {took:.1?}");
    }
}

/// One of the engine's own topics was read to its end: how many records no engine wrote there, and the first of them
/// described.
#[derive(Debug, Clone, Copy)]
pub struct StraysFound<'a> {
    pub topic: &'a str,
    pub count: usize,
    pub described: &'a [String],
}

impl InternalEvent for StraysFound<'_> {
    fn emit(self, metrics: &Metrics) {
        let Self { topic, count, described } = self;
        metrics.stray_records.with_label_values(&[topic]).set(i64::try_from(count).unwrap_or(i64::MAX));
        for stray in described {
            warn!(code = "stray_record", topic, "{stray}");
        }
        let others = count.saturating_sub(described.len());
        if others > 0 {
            warn!(code = "stray_record", topic, others, "and {others} others like it on {topic}");
        }
    }
}

/// The ruleset's files stand on the `rulesets` topic now.
#[derive(Debug, Clone, Copy)]
pub struct RulesetPublished<'a> {
    pub hash: &'a str,
}

impl InternalEvent for RulesetPublished<'_> {
    fn emit(self, _metrics: &Metrics) {
        info!(code = "ruleset_published", hash = self.hash, "a new ruleset was published");
    }
}

/// Records lay in another partition than their key belongs to.
#[derive(Debug, Clone, Copy)]
pub struct Misrouted<'a> {
    pub source: &'a str,
    pub records: u64,
}

impl InternalEvent for Misrouted<'_> {
    fn emit(self, metrics: &Metrics) {
        let Self { source, records } = self;
        metrics.misrouted_records.with_label_values(&[source]).inc_by(records);
        let Some(suppressed) = MISROUTED.admit("misrouted", metrics) else { return };
        warn!(
            code = "misrouted",
            suppressed,
            source,
            records,
            "records lie in another partition than their operator's; the publisher does not partition by murmur2"
        );
    }
}

/// A score or a warning was too large for one Kafka message, and left cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordCut {
    pub topic: String,
    pub operator: String,
    /// The size that it had before, in decimal digits.
    pub bytes: String,
}

impl InternalEvent for RecordCut {
    fn emit(self, metrics: &Metrics) {
        let Self { topic, operator, bytes } = self;
        metrics.records_cut.with_label_values(&[&topic]).inc();
        let Some(suppressed) = CUT.admit("record_cut", metrics) else { return };
        warn!(
            code = "record_cut",
            suppressed,
            topic,
            operator,
            bytes,
            "a record was too large for one Kafka message: it left cut, and marked degraded"
        );
    }
}

/// Records bear the timestamps of their publishers, or timestamps that lie ahead of this machine's clock.
#[derive(Debug, Clone, Copy)]
pub struct RecordsStamped<'a> {
    pub source: &'a str,
    /// Records that the publisher stamped, not the broker.
    pub by_publisher: u64,
    /// Records stamped further ahead of this machine's clock than clocks differ.
    pub ahead: u64,
    /// How far the furthest of them lay ahead.
    pub furthest: SignedDuration,
    /// Whether the configuration accepts that publishers stamp the source's records.
    pub accepted: bool,
}

impl InternalEvent for RecordsStamped<'_> {
    fn emit(self, metrics: &Metrics) {
        let Self { source, by_publisher, ahead, furthest, accepted } = self;
        metrics.publisher_time_records.with_label_values(&[source]).inc_by(by_publisher);
        metrics.records_ahead.with_label_values(&[source]).inc_by(ahead);
        if by_publisher > 0
            && !accepted
            && let Some(suppressed) = PUBLISHER_TIME.admit("publisher_time", metrics)
        {
            warn!(
                code = "publisher_time",
                suppressed,
                source,
                records = by_publisher,
                "records bear the publisher's time, not Kafka's: set message.timestamp.type=LogAppendTime on the topic, \
                 or name the source in topics.accept_create_time"
            );
        }
        if ahead > 0
            && let Some(suppressed) = AHEAD.admit("records_ahead", metrics)
        {
            let whose = if by_publisher > 0 { "the publisher's" } else { "the broker's" };
            warn!(
                code = "records_ahead",
                suppressed,
                source,
                records = ahead,
                "records bear timestamps up to {furthest:#} ahead of this machine's clock: {whose} clock or this \
                 machine's is wrong; they are judged as of their arrival"
            );
        }
    }
}

/// Scores on the `scores` topic were made as of instants still to come: an earlier version, or this machine's clock
/// then, let one record move the time of all. They are taken as made now.
#[derive(Debug, Clone, Copy)]
pub struct FutureScoresFound {
    pub operators: u64,
    /// How far the furthest of them lay ahead of this machine's clock.
    pub furthest: SignedDuration,
}

impl InternalEvent for FutureScoresFound {
    fn emit(self, _metrics: &Metrics) {
        let Self { operators, furthest } = self;
        warn!(
            code = "standings_ahead",
            operators,
            "scores were made as of up to {furthest:#} ahead of this machine's clock; they count as made now"
        );
    }
}

/// A transaction is committed.
#[derive(Debug, Clone, Copy)]
pub struct TransactionCommitted {
    pub took: Duration,
}

impl InternalEvent for TransactionCommitted {
    fn emit(self, metrics: &Metrics) {
        metrics.transactions.with_label_values(&["committed"]).inc();
        metrics.transaction_duration.observe(self.took.as_secs_f64());
    }
}

/// A transaction was aborted: nothing of it is visible, and the same records come again.
#[derive(Debug, Clone, Copy)]
pub struct TransactionAborted<'a> {
    pub reason: &'a str,
    pub again_in: Duration,
}

impl InternalEvent for TransactionAborted<'_> {
    fn emit(self, metrics: &Metrics) {
        metrics.transactions.with_label_values(&["aborted"]).inc();
        let Self { reason, again_in } = self;
        warn!(code = "transaction_aborted", "a transaction was aborted ({reason}); trying again in {again_in:.1?}");
    }
}

/// A batch could not be decided; the same records come again.
#[derive(Debug, Clone, Copy)]
pub struct BatchFailed<'a> {
    pub reason: &'a str,
    pub again_in: Duration,
}

impl InternalEvent for BatchFailed<'_> {
    fn emit(self, _metrics: &Metrics) {
        let Self { reason, again_in } = self;
        warn!(code = "batch_failed", "no feature could be computed ({reason}); trying again in {again_in:.1?}");
    }
}

/// How far behind the engine is in one partition.
#[derive(Debug, Clone, Copy)]
pub struct LagMeasured<'a> {
    pub topic: &'a str,
    pub partition: i32,
    pub records: i64,
    pub seconds: f64,
    /// For how long an open transaction of a publisher has kept the engine from reading on, if one does.
    pub held_back: Option<SignedDuration>,
}

impl InternalEvent for LagMeasured<'_> {
    fn emit(self, metrics: &Metrics) {
        let Self { topic, partition, records, seconds, held_back } = self;
        let labels = [topic, &partition.to_string()];
        metrics.consumer_lag_records.with_label_values(&labels).set(records);
        metrics.consumer_lag_seconds.with_label_values(&labels).set(seconds);
        let held_back = held_back.map_or(0.0, |time| time.as_secs_f64());
        metrics.inputs.note_lag(topic, partition, records, seconds);
        metrics.consumer_held_back_seconds.with_label_values(&labels).set(held_back);
    }
}

/// A partition in which a publisher's open transaction keeps the engine from reading on.
#[derive(Debug, Clone, Copy)]
pub struct HeldPartition<'a> {
    pub topic: &'a str,
    pub partition: i32,
    /// Since when the engine has seen it.
    pub since: Timestamp,
    /// Records written that cannot be read yet.
    pub records: i64,
}

/// Open transactions of publishers hold inputs back for longer than usual.
#[derive(Debug, Clone, Copy)]
pub struct InputsHeldBack<'a> {
    pub inputs: &'a [HeldPartition<'a>],
}

impl InternalEvent for InputsHeldBack<'_> {
    fn emit(self, metrics: &Metrics) {
        let Some(suppressed) = HELD_BACK.admit("input_held_back", metrics) else { return };
        for HeldPartition { topic, partition, since, records } in self.inputs {
            warn!(
                code = "input_held_back",
                suppressed,
                topic,
                partition,
                records,
                %since,
                "a publisher's open transaction holds back {topic} partition {partition} since {since}: what was written \
                 behind it cannot be read yet"
            );
        }
    }
}
