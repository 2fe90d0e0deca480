//! The HTTP endpoints: `/metrics`, `/healthz`, `/readyz`, `/api/v1`. Questions about operators go to the engine's thread
//! through a bounded queue and are answered between two batches, so no client can stop or exhaust the engine (I6).

pub mod query;
pub mod status;

pub use query::{Query, QueryReceiver, QuerySender};
pub use status::{State, Status};
