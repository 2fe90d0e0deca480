//! What can go wrong with Kafka, and whether another try of the same process may go better.

use std::path::Path;
use std::time::Duration;

use rdkafka::error::KafkaError as ClientError;
use rdkafka::types::RDKafkaErrorCode as Code;
use yujing_base::diagnostic::Diagnostic;
use yujing_base::error::{Classified, Detail, ErrorDomain, Retry};

use super::TransactionError;

/// Why something with Kafka failed.
#[derive(Debug, thiserror::Error)]
pub enum KafkaError {
    /// A client property is wrong or its secret cannot be read.
    #[error("{0}; see `kafka.properties` in yujing.toml")]
    Configuration(String),
    /// A request to Kafka failed for good.
    #[error("{doing} failed: {}", shown(source))]
    Client { doing: String, source: ClientError },
    /// Topics are missing or unfit.
    #[error("topics are not as the engine needs them:\n{}\n`yujing topics --create` creates what is missing", .0.join("\n"))]
    Topics(Vec<String>),
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

impl Classified for KafkaError {
    fn domain(&self) -> ErrorDomain {
        match self {
            Self::Configuration(_) => ErrorDomain::Configuration,
            Self::Offsets { .. } => ErrorDomain::Data,
            Self::Client { .. }
            | Self::Topics(_)
            | Self::Replaced(_)
            | Self::Refused(_)
            | Self::Lost(_)
            | Self::Left(_)
            | Self::HeldBack(_)
            | Self::Stuck(_) => ErrorDomain::External,
            Self::Gone => ErrorDomain::Internal,
        }
    }

    /// Kafka was away, or a new producer of the same id settles what became of a transaction: a new session of this
    /// process may go well. After anything else somebody has to do something first.
    fn retry(&self) -> Retry {
        let is_transient = match self {
            Self::Lost(_) | Self::Left(_) | Self::Stuck(_) | Self::HeldBack(_) => true,
            Self::Client { source, .. } => match source {
                ClientError::AdminOp(code) => is_transient(*code),
                // The client gives no code for these; they fail when it has no answer in time or has lost the
                // partitions.
                ClientError::Seek(_) | ClientError::PauseResume(_) => true,
                other => other.rdkafka_error_code().is_some_and(is_transient),
            },
            _ => false,
        };
        if is_transient { Retry::WithBackoff } else { Retry::Never }
    }

    fn detail(&self) -> Option<Detail> {
        let Self::Configuration(message) = self else { return None };
        let problem = Diagnostic::file("config/property", Path::new("kafka.properties"), message.clone());
        Some(Detail::Findings(problem.into()))
    }
}

impl KafkaError {
    /// For `map_err`: says what was being done.
    pub fn client(doing: impl Into<String>) -> impl FnOnce(ClientError) -> Self {
        move |source| Self::Client { doing: doing.into(), source }
    }
}

/// Passes over what a reading client gets over by itself: it reconnects, but does not bring deleted records back.
pub(super) fn fail_if_fatal(error: ClientError) -> Result<(), KafkaError> {
    let doing = |source| KafkaError::Client { doing: "reading the input topics".to_owned(), source };
    match error.rdkafka_error_code() {
        Some(
            Code::Fatal
            | Code::AutoOffsetReset
            | Code::OffsetOutOfRange
            | Code::TopicAuthorizationFailed
            | Code::GroupAuthorizationFailed
            | Code::UnknownTopic
            | Code::UnknownPartition
            | Code::UnknownTopicOrPartition,
        ) => Err(doing(error)),
        // Everything else came by the error callback already, and the client tries again.
        _ => Ok(()),
    }
}

/// What the client says, but for values of properties: any of these may be a secret.
fn shown(error: &ClientError) -> String {
    match error {
        ClientError::ClientConfig(_, _, name, _) => format!("the Kafka client does not take the property `{name}`"),
        other => other.to_string(),
    }
}

/// Whether an error of the client means that brokers are away, or something that the next start looks at anew, such as
/// offsets that are gone.
fn is_transient(code: Code) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(source: ClientError) -> KafkaError {
        KafkaError::client("asking")(source)
    }

    #[test]
    fn a_value_of_a_property_is_never_shown() {
        let mut config = rdkafka::config::ClientConfig::new();
        config.set("sasl.pasword", "hunter2");
        let error = config.create_native_config().err().expect("there is no such property");
        let text = failed(error).to_string();
        assert!(text.contains("sasl.pasword") && !text.contains("hunter2"), "{text}");
    }

    #[test]
    fn no_answer_is_tried_again_whichever_way_the_client_reports_it() {
        let timed_out = Code::OperationTimedOut;
        for source in [
            ClientError::MetadataFetch(timed_out),
            ClientError::AdminOp(timed_out),
            ClientError::Seek("Local: Timed out".to_owned()),
            ClientError::PauseResume("Local: Timed out".to_owned()),
        ] {
            assert_eq!(failed(source).retry(), Retry::WithBackoff);
        }
    }

    #[test]
    fn a_refusal_is_not_tried_again() {
        let refused = Code::TopicAuthorizationFailed;
        for error in [
            failed(ClientError::MetadataFetch(refused)),
            failed(ClientError::AdminOp(refused)),
            KafkaError::Topics(vec!["scores is missing".to_owned()]),
        ] {
            assert_eq!(error.retry(), Retry::Never);
        }
    }
}
