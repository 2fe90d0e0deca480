//! Questions to the engine from other threads.

use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot};

use crate::OperatorId;
use crate::engine::{Engine, Explanation, OpenWarningSummary};
use crate::warning::ScoreRecord;

/// Most questions that wait; a further one is answered `503`.
pub const WAITING: usize = 64;

/// A question with the way back for its answer.
#[derive(Debug)]
pub enum Query {
    Score(OperatorId, oneshot::Sender<Result<Option<ScoreRecord>, String>>),
    Explain(OperatorId, oneshot::Sender<Result<Option<Explanation>, String>>),
    OpenWarnings(oneshot::Sender<Vec<OpenWarningSummary>>),
}

/// The asking end, one clone a request.
#[derive(Debug, Clone)]
pub struct QuerySender(pub mpsc::Sender<Query>);

/// The engine's end.
#[derive(Debug)]
pub struct QueryReceiver(pub mpsc::Receiver<Query>);

/// Both ends of a queue.
pub fn queue() -> (QuerySender, QueryReceiver) {
    let (sender, receiver) = mpsc::channel(WAITING);
    (QuerySender(sender), QueryReceiver(receiver))
}

impl QueryReceiver {
    /// Answers what waits, at most `most` questions, as of `now`. The engine's thread calls it between two batches.
    pub fn answer(&mut self, engine: &Engine, now: Timestamp, most: usize) {
        for _ in 0..most {
            let Ok(query) = self.0.try_recv() else { return };
            // A client that went away no longer wants its answer: a failed send is no error.
            match query {
                Query::Score(operator, reply) => {
                    let _ = reply.send(engine.score_of(&operator, now).map_err(|error| error.to_string()));
                }
                Query::Explain(operator, reply) => {
                    let _ = reply.send(engine.explain(&operator, now).map_err(|error| error.to_string()));
                }
                Query::OpenWarnings(reply) => {
                    let _ = reply.send(engine.open_warnings());
                }
            }
        }
    }
}
