//! What can end a session, and whether the next one of the same process may go better.

use std::fmt;
use std::time::Duration;

use rdkafka::error::KafkaError as ClientError;
use rdkafka::types::RDKafkaErrorCode as Code;

use super::TransactionError;
use crate::feature::FeatureError;
use crate::reload::Refusal;

/// Why a session ended, or did not start. After any of these a new one restores from the log and loses nothing.
#[derive(Debug, thiserror::Error)]
pub enum KafkaError {
    /// A client property is wrong or its secret cannot be read.
    #[error("{0}; see `kafka.properties` in yujing.toml")]
    Configuration(String),
    /// A request to Kafka failed for good.
    #[error("{doing} failed: {}", told(source))]
    Client { doing: String, source: ClientError },
    /// Topics are missing or unfit.
    #[error("topics are not as the engine needs them:\n{}\n`yujing topics --create` creates what is missing", .0.join("\n"))]
    Topics(Vec<String>),
    /// Events that should be in memory are no longer in the log.
    #[error(
        "events may be missing:\n{}\nstart with --accept-gap to go on without them; scores are then marked degraded",
        .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    )]
    Gap(Vec<Gap>),
    /// Another process has this one's place. Taking it back would make them fence each other for ever.
    #[error("another process took over ({0}); one process a group for now")]
    Replaced(String),
    /// A transaction would be refused however often it is tried.
    #[error("the transaction is refused: {0}")]
    Refused(String),
    /// The outcome of a transaction is not known.
    #[error("nobody can say what became of a transaction: {0}")]
    Lost(String),
    /// The group goes on without this member, which was away for too long.
    #[error("the consumer group goes on without this member: {0}")]
    Left(String),
    /// The `rulesets` topic lacks what is in force.
    #[error("{place}: {reason}; start with --take-folder to put the rules folder in force instead")]
    Ruleset { place: String, reason: String },
    /// The ruleset in force does not build with this version of the program.
    #[error(
        "the ruleset in force ({hash}) does not build with this version of the program; start with --take-folder to put \
         the rules folder in force instead"
    )]
    Outdated { hash: String, refusal: Refusal },
    /// No ruleset was published yet, and that of the folder is refused.
    #[error("no ruleset was published yet, and the rules folder does not load")]
    Rules(Refusal),
    /// The open transaction of another client, or one that Kafka failed to end, holds back what a start must know.
    #[error(
        "a transaction that is not this engine's holds back {0}; if it stays so, \"A transaction that Kafka does not end\" in \
         deploy/README.md says what to do"
    )]
    HeldBack(String),
    /// A call into the Kafka client does not come back.
    #[error("a transaction did not end within {0:?}")]
    Stuck(Duration),
    /// Offsets were asked for that the log does not have.
    #[error("{topic} partition {partition} has the offsets {beginning} to {end}, not {from} to {to}")]
    Offsets { topic: String, partition: i32, beginning: i64, end: i64, from: i64, to: i64 },
    /// No feature could be computed.
    #[error(transparent)]
    Feature(#[from] FeatureError),
    /// The thread that holds the producer is gone.
    #[error("the transaction thread ended unexpectedly")]
    Gone,
}

impl From<TransactionError> for KafkaError {
    /// For one that is not tried again.
    fn from(error: TransactionError) -> Self {
        match error {
            TransactionError::Aborted(reason) | TransactionError::Lost(reason) => Self::Lost(reason),
            TransactionError::Fenced(reason) => Self::Replaced(reason),
            TransactionError::Refused(reason) => Self::Refused(reason),
        }
    }
}

impl KafkaError {
    /// For `map_err`: says what was being done.
    pub fn client(doing: impl Into<String>) -> impl FnOnce(ClientError) -> Self {
        move |source| Self::Client { doing: doing.into(), source }
    }

    /// Whether a new session of this process may go well, because Kafka was away, or because a new producer of the same
    /// id settles what became of a transaction. After anything else somebody has to do something first.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Lost(_) | Self::Left(_) | Self::Stuck(_) | Self::HeldBack(_) => true,
            Self::Client { source, .. } => match source {
                ClientError::AdminOp(code) => is_passing(*code),
                // The client gives no code for these; they fail when it has no answer in time or has lost the partitions.
                ClientError::Seek(_) | ClientError::PauseResume(_) => true,
                other => other.rdkafka_error_code().is_some_and(is_passing),
            },
            _ => false,
        }
    }
}

/// What the client says, but for values of properties: any of these may be a secret.
fn told(error: &ClientError) -> String {
    match error {
        ClientError::ClientConfig(_, _, name, _) => format!("the Kafka client does not take the property `{name}`"),
        other => other.to_string(),
    }
}

/// Whether an error of the client tells of brokers that are away, or of something that the next start looks at anew, such
/// as offsets that are gone.
fn is_passing(code: Code) -> bool {
    matches!(
        code,
        // From the client itself.
        Code::BrokerTransportFailure
            | Code::AllBrokersDown
            | Code::Resolve
            | Code::OperationTimedOut
            | Code::TimedOutQueue
            | Code::MessageTimedOut
            | Code::WaitingForCoordinator
            | Code::InProgress
            | Code::PreviousInProgress
            | Code::State
            | Code::AssignmentLost
            | Code::Retry
            | Code::UnknownTopic
            | Code::UnknownPartition
            | Code::AutoOffsetReset
            // From brokers.
            | Code::RequestTimedOut
            | Code::NetworkException
            | Code::BrokerNotAvailable
            | Code::ReplicaNotAvailable
            | Code::LeaderNotAvailable
            | Code::NotLeaderForPartition
            | Code::NotController
            | Code::FencedLeaderEpoch
            | Code::UnknownLeaderEpoch
            | Code::KafkaStorageError
            | Code::CoordinatorLoadInProgress
            | Code::CoordinatorNotAvailable
            | Code::NotCoordinator
            | Code::RebalanceInProgress
            | Code::IllegalGeneration
            | Code::UnknownMemberId
            | Code::UnstableOffsetCommit
            | Code::ConcurrentTransactions
            | Code::UnknownTopicOrPartition
            | Code::OffsetOutOfRange
    )
}

/// Where events are missing, or may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gap {
    /// Committed offsets lie before the log's beginning: what stands between was deleted unread.
    Deleted { topic: String, partition: i32, committed: i64, beginning: i64 },
    /// Committed offsets lie behind the log's end: what was read is no longer there, and what is there was not read.
    Vanished { topic: String, partition: i32, committed: i64, end: i64 },
    /// Scores rest on events of a topic of which the group knows no offset any more, though it knows those of others.
    Renewed { topic: String },
    /// The topic keeps records for less time than the source's events count.
    Retention { topic: String, keeps: String, needs: String },
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Deleted { topic, partition, committed, beginning } => write!(
                f,
                "{topic} partition {partition}: read up to offset {committed}, but the log now begins at {beginning}"
            ),
            Self::Vanished { topic, partition, committed, end } => write!(
                f,
                "{topic} partition {partition}: read up to offset {committed}, but the log now ends at {end}: the topic was \
                 deleted and made anew, or has lost its end"
            ),
            Self::Renewed { topic } => write!(
                f,
                "{topic}: scores rest on events of its source, but nothing is known of how far it was read: it was deleted \
                 and made anew, is another topic than before, or somebody deleted the group's offsets"
            ),
            Self::Retention { topic, keeps, needs } => {
                write!(f, "{topic} keeps records for {keeps}, but its source's events count for {needs}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(source: ClientError) -> KafkaError {
        KafkaError::client("asking")(source)
    }

    #[test]
    fn a_value_of_a_property_is_never_told() {
        let mut config = rdkafka::config::ClientConfig::new();
        config.set("sasl.pasword", "hunter2");
        let error = config.create_native_config().err().expect("there is no such property");
        let told = failed(error).to_string();
        assert!(told.contains("sasl.pasword") && !told.contains("hunter2"), "{told}");
    }

    #[test]
    fn no_answer_is_passing_whichever_way_the_client_tells_it() {
        let timed_out = Code::OperationTimedOut;
        assert!(failed(ClientError::MetadataFetch(timed_out)).is_passing());
        assert!(failed(ClientError::AdminOp(timed_out)).is_passing());
        assert!(failed(ClientError::Seek("Local: Timed out".to_owned())).is_passing());
        assert!(failed(ClientError::PauseResume("Local: Timed out".to_owned())).is_passing());
    }

    #[test]
    fn a_refusal_is_not_passing() {
        let refused = Code::TopicAuthorizationFailed;
        assert!(!failed(ClientError::MetadataFetch(refused)).is_passing());
        assert!(!failed(ClientError::AdminOp(refused)).is_passing());
        assert!(!KafkaError::Topics(vec!["scores is missing".to_owned()]).is_passing());
    }
}
