//! The queue of requests to the engine from other threads.

use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot};
use yujing_base::OperatorId;
use yujing_core::engine::{Engine, EventSelection, Explanation, OpenWarningSummary, RetainedEvent};
use yujing_core::warning::{AreaRollup, ScoreRecord};

/// Most requests that wait; a further one is answered `503`.
pub const MAX_WAITING: usize = 64;

/// A request, with the way back for its answer.
#[derive(Debug)]
pub enum Query {
    Score(OperatorId, oneshot::Sender<Result<Option<ScoreRecord>, String>>),
    Explain(OperatorId, oneshot::Sender<Result<Option<Explanation>, String>>),
    /// The events of an operator that are in memory.
    Events(OperatorId, EventSelection, oneshot::Sender<Vec<RetainedEvent>>),
    OpenWarnings(oneshot::Sender<Vec<OpenWarningSummary>>),
    /// Everything that adds up over areas, the widest first.
    Areas(oneshot::Sender<Vec<AreaRollup>>),
}

impl Query {
    /// Whether the client went away or gave up waiting, so that nobody pays for the answer.
    fn is_abandoned(&self) -> bool {
        match self {
            Self::Score(_, reply) => reply.is_closed(),
            Self::Explain(_, reply) => reply.is_closed(),
            Self::Events(_, _, reply) => reply.is_closed(),
            Self::OpenWarnings(reply) => reply.is_closed(),
            Self::Areas(reply) => reply.is_closed(),
        }
    }
}

/// Why a request was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// [`MAX_WAITING`] requests wait already.
    Full,
    /// The engine's end is gone.
    Closed,
}

/// The asking end, one clone a request.
#[derive(Debug, Clone)]
pub struct QuerySender(pub mpsc::Sender<Query>);

impl QuerySender {
    /// Puts a request into the queue, without waiting for room.
    ///
    /// # Errors
    /// If there is no room, or nobody to answer.
    pub fn ask(&self, query: Query) -> Result<(), Refused> {
        self.0.try_send(query).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => Refused::Full,
            mpsc::error::TrySendError::Closed(_) => Refused::Closed,
        })
    }
}

/// The engine's end.
#[derive(Debug)]
pub struct QueryReceiver(pub mpsc::Receiver<Query>);

/// Both ends of a queue.
pub fn queue() -> (QuerySender, QueryReceiver) {
    let (sender, receiver) = mpsc::channel(MAX_WAITING);
    (QuerySender(sender), QueryReceiver(receiver))
}

impl QueryReceiver {
    /// Whether no request waits.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Answers what waits, at most `most` requests, as of `now`. The engine's thread calls it between two batches.
    pub fn answer(&mut self, engine: &Engine, now: Timestamp, most: usize) {
        for _ in 0..most {
            let Ok(query) = self.0.try_recv() else { return };
            if query.is_abandoned() {
                continue;
            }
            // A client that went away just now no longer wants its answer: a failed send is no error.
            match query {
                Query::Score(operator, reply) => {
                    let _ = reply.send(engine.score_of(&operator, now).map_err(|error| error.to_string()));
                }
                Query::Explain(operator, reply) => {
                    let _ = reply.send(engine.explain(&operator, now).map_err(|error| error.to_string()));
                }
                Query::Events(operator, selection, reply) => {
                    let _ = reply.send(engine.events_of(&operator, &selection, now));
                }
                Query::OpenWarnings(reply) => {
                    let _ = reply.send(engine.open_warnings());
                }
                Query::Areas(reply) => {
                    let _ = reply.send(engine.areas().into_iter().map(|(_, rollup)| rollup).collect());
                }
            }
        }
    }
}
