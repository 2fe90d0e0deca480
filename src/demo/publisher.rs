//! Publishes synthetic documents, never further ahead of the engine than the broker can keep.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use prometheus::core::Collector as _;
use rdkafka::config::ClientConfig;
use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;
use yujing_base::error::{Classified, ErrorDomain};
use yujing_config::Config;
use yujing_core::source::Sources;
use yujing_kafka::names;
use yujing_telemetry::Metrics;
use yujing_workbench::publish::{CheckedDocument, SendError, Sender};

/// Records sent that the engine has not decided yet, at most: about 3 MB over all partitions.
const MAX_UNDECIDED_RECORDS: u64 = 8_000;
/// How long the engine may make no progress at all.
const PROGRESS_TIMEOUT: Duration = Duration::from_mins(2);

/// Why publishing ends early.
#[derive(Debug, thiserror::Error)]
pub enum PublisherError {
    #[error(transparent)]
    Send(#[from] SendError),
    #[error("there is no source `{0}`")]
    NoSource(String),
    #[error("the engine has decided nothing for {} s; its last log lines say why", PROGRESS_TIMEOUT.as_secs())]
    Stuck,
}

impl Classified for PublisherError {
    fn domain(&self) -> ErrorDomain {
        match self {
            Self::Send(error) => error.domain(),
            Self::NoSource(_) | Self::Stuck => ErrorDomain::Internal,
        }
    }
}

/// One producer a source, and the engine's own count of what it has decided.
#[derive(Debug)]
pub struct ThrottledPublisher {
    senders: BTreeMap<String, Sender>,
    metrics: Arc<Metrics>,
    /// Cancelled when the engine is to stop: from then on nobody waits for it.
    stop: CancellationToken,
    sent: u64,
}

impl ThrottledPublisher {
    /// # Errors
    /// If a producer cannot be made.
    pub fn new(
        config: &Config,
        sources: &Sources,
        client: &ClientConfig,
        metrics: Arc<Metrics>,
        stop: CancellationToken,
    ) -> Result<Self, PublisherError> {
        let mut senders = BTreeMap::new();
        for (_, source) in sources.iter() {
            let sender = Sender::new(client, names::input(&config.topics, source), None)?;
            senders.insert(source.name.to_string(), sender);
        }
        Ok(Self { senders, metrics, stop, sent: 0 })
    }

    /// Records sent so far.
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// Records that the engine has decided so far, each once (I1).
    pub fn decided(&self) -> u64 {
        let families = self.metrics.events.collect();
        let series = families.iter().flat_map(prometheus::proto::MetricFamily::get_metric);
        let total: f64 = series.map(|series| series.get_counter().get_value()).sum();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a sum of counts")]
        let total = total as u64;
        total
    }

    /// Sends one document, waiting while the engine is far behind.
    ///
    /// # Errors
    /// If it cannot be sent, or the engine does not go on.
    pub fn send(&mut self, source: &str, operator: &str, document: &Map<String, Value>) -> Result<(), PublisherError> {
        if self.sent.is_multiple_of(500) {
            self.wait_until_behind_by(MAX_UNDECIDED_RECORDS)?;
        }
        let sender = self.senders.get_mut(source).ok_or_else(|| PublisherError::NoSource(source.to_owned()))?;
        sender.send(&CheckedDocument {
            operator_id: operator.into(),
            timestamp: Timestamp::now(),
            json: Value::Object(document.clone()).to_string().into_bytes(),
            unknown_fields: 0,
        })?;
        self.sent += 1;
        Ok(())
    }

    /// Waits until the engine has decided everything sent, or is to stop.
    ///
    /// # Errors
    /// If the engine does not go on.
    pub fn drain(&self) -> Result<(), PublisherError> {
        self.wait_until_behind_by(0)
    }

    fn wait_until_behind_by(&self, most: u64) -> Result<(), PublisherError> {
        let (mut decided, mut moved) = (self.decided(), Instant::now());
        while self.sent.saturating_sub(decided) > most && !self.stop.is_cancelled() {
            if moved.elapsed() > PROGRESS_TIMEOUT {
                return Err(PublisherError::Stuck);
            }
            std::thread::sleep(Duration::from_millis(10));
            let now = self.decided();
            if now > decided {
                (decided, moved) = (now, Instant::now());
            }
        }
        Ok(())
    }
}
