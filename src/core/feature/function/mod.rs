//! The SQL functions that are ours.
//!
//! - [`as_of`]: the instant that a plan is asked about
//! - [`scalar`]: `as_of()`, `within(time, interval)`, `days_since(time)`, `beijing_date(time)`
//! - [`episodes`]: `episodes(time, gap)`
//! - [`sum`]: `sum` that fails beyond 64 bits

pub mod as_of;
pub mod episodes;
pub mod scalar;
pub mod sum;
