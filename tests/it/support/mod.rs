//! What several subjects need.

pub mod folder;
pub mod guide;
pub mod kafka;
pub mod murmur2;
pub mod office;
pub mod ruleset;
pub mod tool;
