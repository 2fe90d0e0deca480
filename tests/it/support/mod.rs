//! What several subjects need.

pub mod kafka;
pub mod office;
pub mod ruleset;
pub mod tool;
