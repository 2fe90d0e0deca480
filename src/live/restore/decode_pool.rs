//! Records decoded on threads of their own while others are fetched and admitted, given back in their order.

use std::num::NonZero;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::Scope;

use yujing_core::source::{DecodedRecord, Decoders, Record};

/// So many batches of each worker are under way at most.
const UNDER_WAY: usize = 2;
/// More workers than this would wait for the one that admits.
const MOST_WORKERS: usize = 4;

/// Workers that take batches in turn.
pub(super) struct DecodePool {
    workers: Vec<Worker>,
    submitted: usize,
    taken: usize,
}

struct Worker {
    batches: SyncSender<Vec<Record>>,
    decoded: Receiver<Vec<DecodedRecord>>,
}

impl DecodePool {
    /// One worker for each core but the one that admits, at least one. They end when the pool is dropped.
    pub(super) fn start<'scope>(scope: &'scope Scope<'scope, '_>, decoders: &'scope Decoders) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        let workers = (0..cores.saturating_sub(1).clamp(1, MOST_WORKERS)).map(|_| Worker::start(scope, decoders));
        Self { workers: workers.collect(), submitted: 0, taken: 0 }
    }

    /// Takes a batch, and gives the oldest one back that is decoded once as many are under way as there may be.
    pub(super) fn exchange(&mut self, batch: Vec<Record>) -> Option<Vec<DecodedRecord>> {
        let is_full = self.submitted - self.taken == self.workers.len() * UNDER_WAY;
        let oldest = if is_full { self.next() } else { None };
        let worker = &self.workers[self.submitted % self.workers.len()];
        worker.batches.send(batch).expect("invariant: a worker takes batches until the pool is dropped");
        self.submitted += 1;
        oldest
    }
}

/// What is still under way, oldest first.
impl Iterator for DecodePool {
    type Item = Vec<DecodedRecord>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.taken == self.submitted {
            return None;
        }
        let worker = &self.workers[self.taken % self.workers.len()];
        self.taken += 1;
        Some(worker.decoded.recv().expect("invariant: a worker answers each batch, decoding does not panic"))
    }
}

impl Worker {
    fn start<'scope>(scope: &'scope Scope<'scope, '_>, decoders: &'scope Decoders) -> Self {
        let (batches, inbox) = sync_channel::<Vec<Record>>(UNDER_WAY);
        let (outbox, decoded) = sync_channel(UNDER_WAY);
        let work = move || {
            for batch in inbox {
                // Nobody may be waiting any more.
                if outbox.send(decoders.decode_all(&batch)).is_err() {
                    return;
                }
            }
        };
        let named = std::thread::Builder::new().name("decoder".to_owned());
        named.spawn_scoped(scope, work).expect("invariant: the system has room for a few threads at start");
        Self { batches, decoded }
    }
}
