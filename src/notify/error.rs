//! What ends `yujing notify`, or one session of it.

use yujing_base::error::{Classified, Detail, ErrorDomain, Retry};
use yujing_kafka::KafkaError;

/// Why a session failed, or did not start.
#[derive(Debug, thiserror::Error)]
pub enum NotifyError {
    /// Kafka fails, or is not as it is needed.
    #[error(transparent)]
    Kafka(#[from] KafkaError),
    /// The schemas have no source to which receipts could go.
    #[error("the schemas have no source `dispositions`, to which receipts go")]
    NoDispositions,
    /// The proxy's address cannot be used.
    #[error("{0} cannot be used as a proxy: `proxy` in the file of notifications takes http:// addresses")]
    Proxy(String),
    /// Asked to stop.
    #[error("asked to stop")]
    Stopped,
}

impl Classified for NotifyError {
    fn domain(&self) -> ErrorDomain {
        match self {
            Self::Kafka(error) => error.domain(),
            Self::NoDispositions | Self::Proxy(_) => ErrorDomain::Configuration,
            Self::Stopped => ErrorDomain::External,
        }
    }

    fn retry(&self) -> Retry {
        match self {
            Self::Kafka(error) => error.retry(),
            Self::NoDispositions | Self::Proxy(_) | Self::Stopped => Retry::Never,
        }
    }

    fn detail(&self) -> Option<Detail> {
        match self {
            Self::Kafka(error) => error.detail(),
            Self::NoDispositions | Self::Proxy(_) | Self::Stopped => None,
        }
    }
}
