//! One stay on Kafka: events are read, tried, and settled in transactions, until something ends it.
//!
//! - here: the loop
//! - `start`: from reaching Kafka to the first event; `known`: what is delivered already
//! - `inbox`: the warnings topic, from where it was left; `outbox`: what is to be committed
//! - `tries`: deliveries under way, each on a thread of its own

mod inbox;
mod known;
mod outbox;
mod start;
mod tries;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use uuid::Uuid;
use yujing_kafka::KafkaError;
use yujing_kafka::transaction::{Transaction, TransactionError};
use yujing_kafka::transaction_worker::TransactionWorker;
use yujing_telemetry::InternalEvent as _;
use yujing_telemetry::kafka::{TransactionAborted, TransactionCommitted};
use yujing_telemetry::notify::{
    BacklogMeasured, DeliveryFailed, DeliveryMade, DeliveryOver, EventTaken, EventUnreadable,
};

use self::inbox::{Inbox, Received};
pub use self::outbox::Outbox;
use self::tries::{Ended, Tries};
use crate::dead_letter::DeadLetters;
use crate::delivery::deliveries;
use crate::error::NotifyError;
use crate::queue::{Outcome, Queue, Settled};
use crate::receipt::receipts;
use crate::run::Runner;

/// Records read in a row before something else has its turn.
const MOST_RECORDS: usize = 500;
/// How long to wait for a record, an outcome or an instant before looking again.
const TICK: Duration = Duration::from_millis(20);
/// How often offsets are committed of which no receipt leaves, and backlogs are measured.
const COMMIT_INTERVAL: Duration = Duration::from_secs(1);
/// The pause after a transaction that was aborted.
const AFTER_ABORT: Duration = Duration::from_millis(500);
/// How long tries under way may take after a request to stop. Those that take longer are made again by the next process.
const LAST_TRIES: Duration = Duration::from_secs(20);

/// One stay.
pub struct Session<'a> {
    runner: &'a Runner,
    outbox: &'a mut Outbox,
    inbox: Inbox,
    /// Deliveries that earlier processes and sessions ended.
    known: HashSet<Uuid>,
    queue: Queue,
    tries: Tries,
    transactions: TransactionWorker,
    receipts: Arc<str>,
    dead_letters: DeadLetters,
    /// Where each partition began.
    start: BTreeMap<i32, i64>,
    /// What this session committed; nothing yet at its start.
    committed: BTreeMap<i32, i64>,
    housekept: Instant,
}

impl std::fmt::Debug for Session<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("committed", &self.committed).finish_non_exhaustive()
    }
}

impl Session<'_> {
    /// Delivers until asked to stop.
    ///
    /// # Errors
    /// If Kafka does not go on.
    pub fn run(&mut self) -> Result<(), NotifyError> {
        while !self.runner.stop.is_cancelled() {
            self.read()?;
            self.take_ended(TICK.min(self.idle_time()));
            self.start_tries();
            self.commit_if_due()?;
        }
        self.runner.status.enter(crate::status::State::Stopping, &self.runner.metrics);
        self.end_tries();
        self.commit()
    }

    /// Takes how each try under way ends: what left must not leave again because this session is over. Each ends within
    /// its channel's timeout, and a process that is asked to stop waits for [`LAST_TRIES`].
    pub fn end_tries(&mut self) {
        let mut deadline = None;
        while self.queue.under_way() > 0 {
            let is_over = |deadline: &mut Instant| *deadline <= Instant::now();
            if self.runner.stop.is_cancelled() && is_over(deadline.get_or_insert_with(|| Instant::now() + LAST_TRIES)) {
                return;
            }
            self.take_ended(TICK);
        }
    }

    /// Takes what has come, as far as there is room.
    fn read(&mut self) -> Result<(), NotifyError> {
        for _ in 0..MOST_RECORDS {
            if !self.queue.has_room() {
                return Ok(());
            }
            let Some(received) = self.inbox.next()? else { return Ok(()) };
            self.take(received);
        }
        Ok(())
    }

    fn take(&mut self, received: Received) {
        let (metrics, now) = (&self.runner.metrics, Timestamp::now());
        let letter = match received {
            Received::Letter(letter) => letter,
            Received::Unreadable { place, reason } => {
                EventUnreadable { partition: place.partition, offset: place.offset, reason: &reason }.emit(metrics);
                return self.queue.pass(place);
            }
        };
        let mut due = deliveries(&letter.notice, &self.runner.notify);
        EventTaken { is_for_somebody: !due.is_empty() }.emit(metrics);
        due.retain(|delivery| !self.known.contains(&delivery.id));
        self.queue.admit(&letter, due, now);
    }

    /// Takes how tries ended; waits a little for the first.
    fn take_ended(&mut self, patience: Duration) {
        let mut wait = patience;
        while let Some(ended) = self.tries.ended(wait) {
            wait = Duration::ZERO;
            self.note(&ended);
            let now = Timestamp::now();
            if let Some(settled) = self.queue.finish(ended.delivery, ended.outcome, now) {
                self.settle(&settled, now);
            }
        }
    }

    fn note(&self, ended: &Ended) {
        let (channel, metrics) = (&*ended.channel, &self.runner.metrics);
        match &ended.outcome {
            Outcome::Delivered => DeliveryMade { channel, took: ended.took }.emit(metrics),
            Outcome::Failed { reason, .. } | Outcome::Refused { reason } => {
                DeliveryFailed { channel, event: &ended.event, number: ended.number, reason }.emit(metrics);
            }
        }
    }

    /// Puts the receipts of a delivery into the outbox, or its dead letter.
    fn settle(&mut self, settled: &Settled, now: Timestamp) {
        let Settled { letter, delivery, tries, given_up } = settled;
        let records = match given_up {
            Some(given_up) => {
                let event = letter.notice.event_id();
                let (channel, refused, reason) = (&*delivery.channel, given_up.refused, given_up.reason.as_str());
                DeliveryOver { channel, event: &event, refused, reason }.emit(&self.runner.metrics);
                vec![self.dead_letters.encode(letter, delivery, *tries, given_up)]
            }
            // Nobody is concerned by a warning without handling, and its record takes no receipt.
            None if letter.notice.handling.is_none() => Vec::new(),
            None => receipts(&self.receipts, letter, delivery, now),
        };
        self.outbox.put(delivery.id, records);
    }

    fn start_tries(&mut self) {
        while let Some(attempt) = self.queue.next(Timestamp::now()) {
            self.tries.start(attempt);
        }
    }

    /// How long nothing will be ready.
    fn idle_time(&self) -> Duration {
        let until = self.queue.next_instant().map(|at| at.duration_since(Timestamp::now()));
        until.map_or(TICK, |until| until.max(jiff::SignedDuration::ZERO).unsigned_abs())
    }

    fn commit_if_due(&mut self) -> Result<(), NotifyError> {
        let is_time = self.housekept.elapsed() >= COMMIT_INTERVAL;
        if is_time {
            self.housekept = Instant::now();
            self.measure();
        }
        if is_time || !self.outbox.is_empty() { self.commit() } else { Ok(()) }
    }

    /// Commits receipts, dead letters and how far everything is settled, together.
    fn commit(&mut self) -> Result<(), NotifyError> {
        let mut positions = self.start.clone();
        positions.extend(self.queue.positions());
        if self.outbox.is_empty() && positions == self.committed {
            return Ok(());
        }
        let transaction = Transaction {
            records: self.outbox.records(),
            positions: self.inbox.named(&positions),
            group: self.inbox.group(),
        };
        let began = Instant::now();
        let metrics = &self.runner.metrics;
        match self.transactions.commit::<KafkaError>(transaction, || Ok(()))? {
            Ok(()) => {
                TransactionCommitted { took: began.elapsed() }.emit(metrics);
                self.outbox.clear();
                self.committed = positions;
                Ok(())
            }
            Err(TransactionError::Aborted(reason)) => {
                TransactionAborted { reason: &reason, again_in: AFTER_ABORT }.emit(metrics);
                std::thread::sleep(AFTER_ABORT);
                Ok(())
            }
            Err(error) => Err(KafkaError::from(error).into()),
        }
    }

    /// What waits, by channel.
    fn measure(&self) {
        let (backlogs, now) = (self.queue.backlogs(), Timestamp::now());
        for channel in self.runner.notify.channels.keys() {
            let backlog = backlogs.get(channel);
            let oldest = backlog.map_or(0.0, |backlog| now.duration_since(backlog.oldest).as_secs_f64().max(0.0));
            let deliveries = backlog.map_or(0, |backlog| backlog.deliveries);
            BacklogMeasured { channel, deliveries, oldest }.emit(&self.runner.metrics);
        }
    }
}
