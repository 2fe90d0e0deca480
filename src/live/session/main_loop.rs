//! Live: batches as they come, and sweeps between them by one of two clocks.

use std::convert::Infallible;
use std::time::Instant;

use jiff::Timestamp;
use yujing_config::Clock;
use yujing_core::engine::{Boundaries, Mode};
use yujing_core::warning::Cause;
use yujing_telemetry::InternalEvent as _;
use yujing_telemetry::engine::SweepCompleted;

use super::Session;
use crate::error::Stop;
use crate::sweep::SweepSchedule;

impl Session<'_> {
    /// Batches and sweeps until something ends it.
    pub(crate) fn run(&mut self) -> Result<Infallible, Stop> {
        match self.config.engine.clock {
            Clock::Wall => self.run_by_wall_clock(),
            Clock::Log => self.run_by_log_clock(),
        }
    }

    fn run_by_wall_clock(&mut self) -> Result<Infallible, Stop> {
        let interval = self.config.engine.sweep_interval.unsigned_abs();
        let mut schedule = SweepSchedule::begin(interval, self.config.engine.sweep_chunk, Instant::now());
        loop {
            self.between_batches()?;
            self.change_rules()?;
            let limits = self.limits(self.config.engine.max_batch_records, None);
            let batch = self.collect(limits)?;
            self.decide_batch(batch, Mode::Live)?;
            self.score_due()?;
            if !schedule.due(Instant::now()) {
                continue;
            }
            let operators = self.engine.operators();
            let Some(chunk) = schedule.next(&operators, Instant::now()) else { continue };
            self.sweep(chunk.operators, self.now(), Cause::Time)?;
            if chunk.last {
                SweepCompleted { operators: operators.len(), at: Timestamp::now() }.emit(&self.control.metrics);
            }
        }
    }

    /// Scores operators of whom an event that was pending has become visible. After an abort they are still due.
    fn score_due(&mut self) -> Result<(), Stop> {
        let now = self.now();
        for chunk in self.engine.due(now).chunks(self.chunk()) {
            self.sweep(chunk, now, Cause::Events)?;
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
                let operators = self.score_everyone(Cause::Time, Some(at))?;
                boundaries.passed(at);
                self.engine.expire();
                SweepCompleted { operators, at }.emit(&self.control.metrics);
            }
        }
    }
}
