//! Shadow rulesets (影子规则集): candidates that are attached to the engine and judge the same events as the ruleset in
//! force. Their warnings go to a topic of their own and to metrics, never to anybody who must answer.
//!
//! - [`candidates`]: which there are, and how they do: shared by the endpoints, the thread that builds, and the
//!   engine's
//! - [`event`]: a lifecycle event as a comparison needs it
//! - [`comparison`]: what each candidate did otherwise than the ruleset in force

pub mod candidates;
pub mod comparison;
pub mod event;

pub use candidates::{Candidate, Candidates, Condition};
pub use comparison::Comparison;
pub use event::ComparedEvent;
