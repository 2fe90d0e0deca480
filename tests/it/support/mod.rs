//! What several subjects need.

pub mod kafka;
pub mod ruleset;
