//! What every step of the engine's thread needs: where it stands, for everyone to see, and whether it is asked to stop.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use yujing_kafka::backoff::{self, Backoff};
use yujing_kafka::batch_consumer::BatchConsumer;
use yujing_kafka::client::RECONNECT;
use yujing_telemetry::kafka::{Reachable, Unreachable};
use yujing_telemetry::{InternalEvent as _, Metrics};

use super::error::{Stop, StopReason};
use super::status::{State, Status};

/// What is said when all connections are gone.
const NO_BROKER: &str = "no broker is connected";

/// The state that is published, and the request to stop.
#[derive(Debug)]
pub(super) struct Control {
    pub(super) metrics: Arc<Metrics>,
    pub(super) status: Arc<Status>,
    pub(super) stop: CancellationToken,
    /// Where Kafka is, for messages.
    servers: String,
}

impl Control {
    pub(super) fn new(metrics: Arc<Metrics>, status: Arc<Status>, stop: CancellationToken, servers: &str) -> Self {
        Self { metrics, status, stop, servers: servers.to_owned() }
    }

    pub(super) fn enter(&self, state: State) {
        self.status.enter(state, &self.metrics);
    }

    /// Asks until Kafka answers; the inner error is worth another try.
    pub(super) fn reach(&self, mut ask: impl FnMut() -> Result<Result<(), String>, Stop>) -> Result<(), Stop> {
        let mut backoff = Backoff::default();
        loop {
            self.check_stop()?;
            let Err(reason) = ask()? else {
                self.reached();
                return Ok(());
            };
            let again_in = backoff.next_pause();
            self.unreached(&reason, again_in);
            self.pause(again_in)?;
        }
    }

    /// Waits until the client of `consumer` is connected again, which it does by itself. `meanwhile` is called after
    /// each pause.
    pub(super) fn await_broker(
        &self,
        consumer: &BatchConsumer,
        mut meanwhile: impl FnMut() -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        let mut backoff = Backoff::default();
        while consumer.unreachable() {
            let again_in = backoff.next_pause().min(RECONNECT);
            self.unreached(NO_BROKER, again_in);
            self.pause(again_in)?;
            meanwhile()?;
        }
        Ok(())
    }

    /// Publishes whether a broker is connected, as far as that is news.
    pub(super) fn note_broker(&self, consumer: &BatchConsumer) {
        match (consumer.unreachable(), self.status.is_cut_off()) {
            (true, false) => self.unreached(NO_BROKER, RECONNECT),
            (false, true) => self.reached(),
            _ => {}
        }
    }

    /// Kafka does not answer: scores are not shown as live until it does.
    fn unreached(&self, reason: &str, again_in: Duration) {
        let servers = &self.servers;
        Unreachable { servers, reason, again_in }.emit(&self.metrics);
        self.status.lose(&format!("Kafka at {servers} does not answer ({reason})"), &self.metrics);
    }

    /// Kafka answers.
    fn reached(&self) {
        let away = self.status.regain(&self.metrics);
        Reachable { servers: &self.servers, away }.emit(&self.metrics);
    }

    /// Sleeps, but not past a request to stop.
    pub(super) fn pause(&self, longest: Duration) -> Result<(), Stop> {
        backoff::pause(longest, &self.stop);
        self.check_stop()
    }

    pub(super) fn check_stop(&self) -> Result<(), Stop> {
        if self.stop.is_cancelled() { Err(Stop::Ended(StopReason::Requested)) } else { Ok(()) }
    }
}
