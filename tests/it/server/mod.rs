//! The HTTP endpoints and the metrics.

mod endpoints;
mod metrics;
