//! What several subjects need.

pub mod kafka;
