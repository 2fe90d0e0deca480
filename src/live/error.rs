//! What ends the engine's run, or one session of it.

use yujing_base::error::{Classified, Detail, ErrorDomain, Retry};
use yujing_core::feature::FeatureError;
use yujing_core::ruleset::RulesetRefusal;
use yujing_kafka::{Gap, KafkaError};

/// Why a session failed, or did not start. After any of these a new one restores from the log and loses nothing.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Kafka fails, or is not as the engine needs it.
    #[error(transparent)]
    Kafka(#[from] KafkaError),
    /// Events that should be in memory are no longer in the log.
    #[error(
        "events may be missing:\n{}\nstart with --accept-gap to go on without them; scores are then marked degraded",
        .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    )]
    Gap(Vec<Gap>),
    /// The `rulesets` topic lacks what is in force.
    #[error("{place}: {reason}; start with --take-folder to put the rules folder in force instead")]
    Ruleset { place: String, reason: String },
    /// The ruleset in force does not build with this version of the program.
    #[error(
        "the ruleset in force ({hash}) does not build with this version of the program; start with --take-folder to put \
         the rules folder in force instead"
    )]
    Outdated { hash: String, refusal: RulesetRefusal },
    /// No ruleset was published yet, and that of the folder is refused.
    #[error("no ruleset was published yet, and the rules folder does not load")]
    Rules(RulesetRefusal),
    /// No feature could be computed.
    #[error(transparent)]
    Feature(#[from] FeatureError),
}

impl Classified for RunError {
    fn domain(&self) -> ErrorDomain {
        match self {
            Self::Kafka(error) => error.domain(),
            Self::Rules(_) | Self::Outdated { .. } => ErrorDomain::Configuration,
            Self::Gap(_) | Self::Ruleset { .. } => ErrorDomain::Data,
            Self::Feature(error) => error.domain(),
        }
    }

    /// Whether a new session of this process may go well.
    fn retry(&self) -> Retry {
        match self {
            Self::Kafka(error) => error.retry(),
            Self::Rules(_) | Self::Outdated { .. } | Self::Gap(_) | Self::Ruleset { .. } | Self::Feature(_) => {
                Retry::Never
            }
        }
    }

    fn detail(&self) -> Option<Detail> {
        match self {
            Self::Kafka(error) => error.detail(),
            Self::Rules(refusal) | Self::Outdated { refusal, .. } => Some(Detail::Text(refusal.text())),
            Self::Gap(_) | Self::Ruleset { .. } | Self::Feature(_) => None,
        }
    }
}

/// Why a session does not go on.
#[derive(Debug)]
pub(super) enum Stop {
    Ended(StopReason),
    Failed(RunError),
}

/// Why a session ended without an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StopReason {
    /// The process is asked to stop.
    Requested,
    /// The group changed its assignment.
    Reassigned,
}

impl From<RunError> for Stop {
    fn from(error: RunError) -> Self {
        Self::Failed(error)
    }
}

impl From<KafkaError> for Stop {
    fn from(error: KafkaError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<FeatureError> for Stop {
    fn from(error: FeatureError) -> Self {
        Self::Failed(error.into())
    }
}
