//! The HTTP endpoints: `/metrics`, `/healthz`, `/readyz`, `/api/v1`. Questions about operators go to the engine's
//! thread through a bounded queue and are answered between two batches, so no client can stop or exhaust the engine
//! (I6).
//!
//! - `api`, `events`, `report`, `ruleset`, `shadow`, `probe`: the handlers
//! - [`problem`]: errors as JSON (RFC 9457)
//! - [`host`]: under which names the endpoints answer
//! - [`token`]: who may ask
//! - [`tls`]: certificate and key, taken anew when they were renewed
//! - [`connection`]: bounds on clients that connect and then do nothing
//! - `unread`: the rest of a request that is answered before it was read
//! - [`router`](mod@router): all endpoints under their routes
//! - [`listener`]: their life, from listening to the last answer

mod api;
pub mod connection;
mod events;
pub mod host;
pub mod listener;
mod probe;
pub mod problem;
mod report;
pub mod router;
mod ruleset;
mod shadow;
pub mod tls;
pub mod token;
mod unread;

pub use connection::{Limits, Uploads};
pub use host::Hosts;
pub use listener::{ClientAddress, serve, serve_routes};
pub use router::{Shared, guarded, router};
pub use tls::{Tls, TlsFiles};
pub use token::Tokens;
