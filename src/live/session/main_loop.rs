//! Live: batches as they come, and operators woken at their instants, by one of two clocks. At intervals everyone is
//! checked.

use std::convert::Infallible;
use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use yujing_config::Clock;
use yujing_core::engine::{Boundaries, Mode};
use yujing_telemetry::InternalEvent as _;
use yujing_telemetry::engine::SweepCompleted;

use super::Session;
use crate::error::{Stop, StopReason};
use crate::sweep::SweepSchedule;

/// Records wake whoever is due by then, in the transaction that they have anyway. A transaction of its own, for which they
/// would wait, is made for very many who are due, and for those who still are so long after their instant, because
/// nothing comes or records carry times of long ago.
const LATEST_WAKE: SignedDuration = SignedDuration::from_secs(1);

impl Session<'_> {
    /// Batches, wakes and checks until something ends it.
    pub(crate) fn run(&mut self) -> Result<Infallible, Stop> {
        let ended = match self.config.engine.clock {
            Clock::Wall => self.run_by_wall_clock(),
            Clock::Log => self.run_by_log_clock(),
        };
        if matches!(ended, Err(Stop::Ended(StopReason::Requested))) {
            self.settle()?;
        }
        ended
    }

    fn run_by_wall_clock(&mut self) -> Result<Infallible, Stop> {
        let interval = self.config.engine.sweep_interval.unsigned_abs();
        let mut schedule = SweepSchedule::begin(interval, self.config.engine.sweep_chunk, Instant::now());
        loop {
            self.between_batches()?;
            self.change_rules()?;
            let now = self.now();
            let is_late = self.engine.next_instant().is_some_and(|at| at <= now - LATEST_WAKE);
            if is_late || self.engine.are_more_due(self.chunk(), now) {
                self.wake_until(now)?;
            }
            let limits = self.limits(self.config.engine.max_batch_records, None);
            let next = self.collect(limits)?;
            if next.is_empty() {
                self.wake_until(self.now())?;
            } else {
                self.decide_batch(next, Mode::Live)?;
            }
            if !schedule.due(Instant::now()) {
                continue;
            }
            let operators = self.engine.operators();
            let Some(chunk) = schedule.next(&operators, Instant::now()) else { continue };
            self.check(chunk.operators, self.now())?;
            if chunk.last {
                SweepCompleted { operators: operators.len(), at: Timestamp::now() }.emit(&self.control.metrics);
            }
        }
    }

    /// Wakes whoever is due, a few operators at a time. After an abort they are still due.
    pub(super) fn wake_until(&mut self, as_of: Timestamp) -> Result<(), Stop> {
        while self.engine.next_instant().is_some_and(|at| at <= as_of) {
            if !self.wake(as_of)? {
                break;
            }
            // At midnight everyone may be due: the group and people who ask do not wait for the last one.
            self.between_batches()?;
        }
        Ok(())
    }

    fn run_by_log_clock(&mut self) -> Result<Infallible, Stop> {
        let mut boundaries = Boundaries::every(self.config.engine.sweep_interval);
        loop {
            self.between_batches()?;
            self.change_rules()?;
            let until = self.engine.as_of().map(|as_of| boundaries.next(as_of));
            // Before the first record nobody knows where the first boundary lies: it is taken alone.
            let most = if until.is_some() { self.config.engine.max_batch_records } else { 1 };
            let limits = self.limits(most, until);
            let next = self.collect(limits)?;
            let boundary = until.filter(|_| next.batch.boundary);
            if !self.decide_batch(next, Mode::Live)? {
                continue;
            }
            if let Some(at) = boundary {
                if !self.settle()? {
                    continue;
                }
                self.wake_until(at)?;
                let operators = self.check_everyone(at)?;
                boundaries.passed(at);
                self.engine.expire();
                SweepCompleted { operators, at }.emit(&self.control.metrics);
            }
        }
    }
}
