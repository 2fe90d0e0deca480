//! What happens in `yujing console`.

use tracing::{info, warn};

use super::throttle::Throttle;
use super::{InternalEvent, Metrics};

static UNREADABLE: Throttle = Throttle::every_ten_seconds();
static INTERRUPTED: Throttle = Throttle::every_ten_seconds();
static FAILED: Throttle = Throttle::every_ten_seconds();
static PROVIDER: Throttle = Throttle::every_ten_seconds();
static WAITING: Throttle = Throttle::every_ten_seconds();

/// Records were taken into the read model.
#[derive(Debug, Clone, Copy)]
pub struct RecordsTaken {
    pub records: u64,
}

impl InternalEvent for RecordsTaken {
    fn emit(self, metrics: &Metrics) {
        metrics.console_records.with_label_values(&["taken"]).inc_by(self.records);
    }
}

/// A record is not what stands on its topic; it was passed over.
#[derive(Debug, Clone, Copy)]
pub struct RecordUnreadable<'a> {
    pub topic: &'a str,
    pub partition: i32,
    pub offset: i64,
    pub reason: &'a str,
}

impl InternalEvent for RecordUnreadable<'_> {
    fn emit(self, metrics: &Metrics) {
        metrics.console_records.with_label_values(&["unreadable"]).inc();
        let Self { topic, partition, offset, reason } = self;
        let Some(suppressed) = UNREADABLE.admit("console_record_unreadable", metrics) else { return };
        warn!(
            code = "console_record_unreadable",
            suppressed, topic, partition, offset, "a record is passed over, and pages do not show it: {reason}"
        );
    }
}

/// Records were deleted before they were read: pages do not show them.
#[derive(Debug, Clone, Copy)]
pub struct RecordsMissed<'a> {
    pub topic: &'a str,
    pub partition: i32,
    /// Where reading stood.
    pub from: i64,
    /// Where the partition begins now.
    pub to: i64,
}

impl InternalEvent for RecordsMissed<'_> {
    fn emit(self, _metrics: &Metrics) {
        let Self { topic, partition, from, to } = self;
        warn!(
            code = "console_records_missed",
            topic,
            partition,
            "{topic} partition {partition} was read up to {from} and begins at {to} now: pages do not show what lay between"
        );
    }
}

/// The topics cannot be followed for now; pages stay readable and say that they are behind.
#[derive(Debug, Clone, Copy)]
pub struct FollowingInterrupted<'a> {
    pub reason: &'a str,
}

impl InternalEvent for FollowingInterrupted<'_> {
    fn emit(self, metrics: &Metrics) {
        let Some(suppressed) = INTERRUPTED.admit("console_interrupted", metrics) else { return };
        warn!(code = "console_interrupted", suppressed, "pages are not brought up to date for now: {}", self.reason);
    }
}

/// An answer reached Kafka.
#[derive(Debug, Clone, Copy)]
pub struct AnswerSent;

impl InternalEvent for AnswerSent {
    fn emit(self, metrics: &Metrics) {
        metrics.console_answers_sent.inc();
    }
}

/// An answer is kept, because Kafka does not take it for now.
#[derive(Debug, Clone, Copy)]
pub struct AnswerWaits<'a> {
    pub reason: &'a str,
}

impl InternalEvent for AnswerWaits<'_> {
    fn emit(self, metrics: &Metrics) {
        let Some(suppressed) = WAITING.admit("console_answer_waits", metrics) else { return };
        warn!(code = "console_answer_waits", suppressed, "an answer is kept and tried again: {}", self.reason);
    }
}

/// A refused record is not sent again for now; it is tried again.
#[derive(Debug, Clone, Copy)]
pub struct RetryWaits<'a> {
    pub reason: &'a str,
}

impl InternalEvent for RetryWaits<'_> {
    fn emit(self, metrics: &Metrics) {
        let Some(suppressed) = WAITING.admit("console_retry_waits", metrics) else { return };
        warn!(
            code = "console_retry_waits",
            suppressed, "a refused record is not sent again for now, and tried later: {}", self.reason
        );
    }
}

/// A request could not be answered by a fault of the console or of its database.
#[derive(Debug, Clone, Copy)]
pub struct ConsoleFailed<'a> {
    pub reason: &'a str,
}

impl InternalEvent for ConsoleFailed<'_> {
    fn emit(self, metrics: &Metrics) {
        metrics.console_failures.inc();
        let Some(suppressed) = FAILED.admit("console_failed", metrics) else { return };
        warn!(code = "console_failed", suppressed, "a page's request failed: {}", self.reason);
    }
}

/// How far pages are behind, and answers with them, as of a scrape.
#[derive(Debug, Clone, Copy)]
pub struct ConsoleMeasured {
    /// Whether pages show all that was committed.
    pub is_ready: bool,
    pub waiting_records: u64,
    /// For how long the oldest answer waits that Kafka did not take, in seconds; 0 if none does.
    pub oldest_answer: f64,
}

impl InternalEvent for ConsoleMeasured {
    fn emit(self, metrics: &Metrics) {
        metrics.console_ready.set(i64::from(self.is_ready));
        metrics.console_waiting_records.set(i64::try_from(self.waiting_records).unwrap_or(i64::MAX));
        metrics.console_oldest_answer.set(self.oldest_answer);
    }
}

/// What came of an attempt to log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginOutcome {
    Accepted,
    Refused,
    /// The account takes no password for a while.
    Locked,
}

impl LoginOutcome {
    pub const ALL: [Self; 3] = [Self::Accepted, Self::Refused, Self::Locked];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Locked => "locked",
        }
    }
}

/// Somebody tried to log in; the audit trail says who.
#[derive(Debug, Clone, Copy)]
pub struct LoginTried {
    pub outcome: LoginOutcome,
}

impl InternalEvent for LoginTried {
    fn emit(self, metrics: &Metrics) {
        metrics.console_logins.with_label_values(&[self.outcome.as_str()]).inc();
    }
}

/// The identity provider brought nobody: it does not answer, or what it says does not verify.
#[derive(Debug, Clone, Copy)]
pub struct ProviderFailed<'a> {
    pub reason: &'a str,
}

impl InternalEvent for ProviderFailed<'_> {
    fn emit(self, metrics: &Metrics) {
        let Some(suppressed) = PROVIDER.admit("console_provider_failed", metrics) else { return };
        warn!(
            code = "console_provider_failed",
            suppressed, "somebody could not log in by the identity provider: {}", self.reason
        );
    }
}

/// The console was opened under an address.
#[derive(Debug, Clone, Copy)]
pub struct ConsoleOpened<'a> {
    pub url: &'a str,
}

impl InternalEvent for ConsoleOpened<'_> {
    fn emit(self, _metrics: &Metrics) {
        info!(code = "console_opened", "the console is at {}", self.url);
    }
}
