//! A ruleset as it is kept and published.
//!
//! - [`change`]: what one ruleset changes of another
//! - [`refusal`]: why one does not come into force

pub mod change;
pub mod refusal;

pub use change::RulesetChange;
pub use refusal::RulesetRefusal;
