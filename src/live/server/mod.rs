//! The HTTP endpoints: `/metrics`, `/healthz`, `/readyz`, `/api/v1`. Questions about operators go to the engine's thread
//! through a bounded queue and are answered between two batches, so no client can stop or exhaust the engine (I6).
//!
//! - `api`, `ruleset`, `shadow`, `probe`: the handlers
//! - [`problem`]: errors as JSON (RFC 9457)
//! - [`host`]: under which names the endpoints answer
//! - [`connection`]: bounds on clients that connect and then do nothing
//! - [`serve`]: the router, and its life from listening to the last answer

mod api;
pub mod connection;
pub mod host;
mod probe;
pub mod problem;
mod ruleset;
pub mod serve;
mod shadow;

pub use connection::Limits;
pub use host::Hosts;
pub use serve::{Shared, router, serve};
