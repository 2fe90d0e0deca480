//! From points to a warning (预警): score → level → lifecycle → the records that leave.
//!
//! Each of these uses only those before it:
//!
//! - [`policy`]: `rules/ruleset.toml`: base points, families and caps, thresholds, dwell
//! - [`visit_target`]: `rules/visits.toml`: how often operators are to be visited
//! - [`calendar`]: `rules/calendar.toml`: working days, and deadlines counted in them
//! - [`json`], [`content_hash`]: how a record is written, and compared with the one before it
//! - [`modified`], [`finding`]: what modifiers made of a finding; a rule that fired, as records show it
//! - [`score`]: base plus family-capped points, 0-100, and floors
//! - [`refused_dispositions`]: dispositions that were not permitted, over a restart
//! - [`routing`]: who is to act on a warning, who is above, who gets a copy
//! - [`handling`]: what is done about it
//! - [`standing`], [`past_warning`]: how an operator stands, and its warnings that are over
//! - [`due_time`]: when the action is due: never put off, provisional where the calendar ends
//! - [`lifecycle`]: up at once, down after a dwell, withdrawn with its evidence
//! - [`progress`]: how handling moves on: by answers, by evidence, by instants
//! - [`area`]: district, sub-districts, communities and grid cells
//! - [`record`]: what leaves on the `scores` and `warnings` topics
//! - [`rollup`]: what adds up over areas, and leaves on the `areas` topic
//! - [`quality`]: what each rule is worth, by past warnings

pub mod area;
pub mod calendar;
pub mod content_hash;
pub mod due_time;
pub mod finding;
pub mod handling;
pub mod json;
pub mod lifecycle;
pub mod modified;
pub mod past_warning;
pub mod policy;
pub mod progress;
pub mod quality;
pub mod record;
pub mod refused_dispositions;
pub mod rollup;
pub mod routing;
pub mod score;
pub mod standing;
pub mod visit_target;

pub use area::{Area, AreaKind};
pub use calendar::Calendar;
pub use finding::{Finding, RuleCard, RuleText};
pub use handling::{Handling, HandlingPolicy, HandlingState};
pub use json::WriteJson;
pub use lifecycle::{Direction, LifecycleInput, Transition};
pub use modified::{Given, Modified, ModifierCard};
pub use past_warning::PastWarning;
pub use policy::{Base, Policy, Threshold};
pub use record::{Coverage, FeatureValues, Freshness, OperatorCard, RestoredScore, ScoreRecord, WarningEvent};
pub use refused_dispositions::{DispositionRecord, RefusedDispositions};
pub use rollup::{AreaRollup, ChangedArea};
pub use routing::Routing;
pub use score::{Floor, Score};
pub use standing::{Cause, OpenWarning, ProvisionalDue, Standing, Step};
pub use visit_target::VisitTarget;

pub use crate::rule::Level;
