//! From points to a warning (预警): score → level → lifecycle → the records that leave.
//!
//! - [`policy`]: `rules/ruleset.toml`: base points, families and caps, thresholds, dwell
//! - [`calendar`]: `rules/calendar.toml`: working days, and deadlines counted in them
//! - [`score`]: base plus family-capped points, 0-100, and floors
//! - [`due`]: when the action is due: never put off, provisional where the calendar ends
//! - [`lifecycle`]: up at once, down after a dwell, withdrawn with its evidence
//! - [`record`]: what leaves on the `scores` and `warnings` topics
//! - [`quality`]: what each rule is worth, by past warnings

pub mod calendar;
pub mod due;
mod headline;
pub mod lifecycle;
pub mod policy;
pub mod quality;
pub mod record;
pub mod score;

pub use calendar::Calendar;
pub use due::ProvisionalDue;
pub use lifecycle::{Cause, Direction, LifecycleInput, OpenWarning, Standing, Step, Transition};
pub use policy::{Base, Policy, Threshold};
pub use record::{Coverage, Finding, Freshness, OperatorCard, RestoredScore, ScoreRecord, WarningEvent};
pub use score::{Floor, Score};

pub use crate::rule::Level;
