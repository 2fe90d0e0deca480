//! The HTTP endpoints and the metrics.

mod connections;
mod endpoints;
mod metrics;
mod running;
