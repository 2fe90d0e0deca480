//! Shadow rulesets (影子规则集): candidates that judge live beside the ruleset in force, over the same events. Their
//! warnings go to a topic of their own and to metrics, never to anybody who must answer.
//!
//! - [`candidates`]: who is tried, and how it goes: shared by the endpoints, the thread that builds, and the engine's
//! - [`told`]: a lifecycle event as a comparison needs it
//! - [`comparison`]: what each candidate did otherwise than the ruleset in force

pub mod candidates;
pub mod comparison;
pub mod told;

pub use candidates::{Candidate, Candidates, Condition};
pub use comparison::Comparison;
pub use told::Told;
