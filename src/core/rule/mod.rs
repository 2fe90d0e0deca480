//! Rules (规则): an analyst's Rhai files. Load and check them, evaluate them within limits, say in words why they fired.
//!
//! A rule answers four questions: `when(op)` does it fire, `points(op)` how many whole points, `level(op)` optionally the
//! lowest level while it fires (直接定级), `because(op)` the words. Its metadata is TOML in the `//!` block on top.
//!
//! Each of these uses only those before it:
//!
//! - [`level`], [`percent`], [`deadline`], [`family`]: none to red, a share, how long somebody has to act, which rules are
//!   about one kind of risk
//! - [`metadata`]: the `//!` block
//! - [`law`]: the laws that rules cite and since when each applies, from `rules/laws.toml`
//! - `definition`, `outcome`: a loaded rule, and what it says of an operator
//! - `rounding`, `engine`: numbers in texts; the Rhai engine and its limits
//! - `code`, `syntax`, `syntax_tree`: from a text to Rhai's tree, what is said of a text that is not Rhai, the
//!   functions
//! - `check`: what the syntax tree shows before a rule ever runs: unknown features, unknown values, wrong results
//! - `compiled`: functions as typed trees
//! - `script`: files to checked rules
//! - [`cost`], `evaluation`: one operator's answers, and what they cost
//! - `trace`: what decided an answer, and the values at which a rule may turn
//! - `rules`: all rules of a ruleset
//! - [`contribution`], [`modifier`]: what a fired rule counts with, by `rules/modifiers.toml`
//! - [`days_ahead`]: what they will say while nothing happens but that days pass
//! - [`falls_ahead`]: how far counts may fall until they say something else

mod check;
mod code;
mod compiled;
pub mod contribution;
pub mod cost;
pub mod days_ahead;
pub mod deadline;
mod definition;
mod engine;
mod evaluation;
pub mod falls_ahead;
pub mod family;
pub mod law;
pub mod level;
pub mod metadata;
pub mod modifier;
mod outcome;
pub mod percent;
mod rounding;
mod rules;
mod script;
mod syntax;
mod syntax_tree;
#[cfg(test)]
mod tests;
mod trace;

pub use self::contribution::Contribution;
pub use self::cost::{Cost, Costs};
pub use self::days_ahead::DaysAhead;
pub use self::deadline::Deadline;
pub use self::definition::Rule;
pub use self::falls_ahead::FallsAhead;
pub use self::family::Family;
pub use self::law::Laws;
pub use self::level::Level;
pub use self::metadata::{Basis, Metadata, Status};
pub use self::modifier::{Effect, Modifier, ModifierKind, ModifierScope, Modifiers};
pub use self::outcome::{Evaluation, FAILURE_KINDS, Fired, RuleFailure, RuleOutcome};
pub use self::percent::Percent;
pub use self::rules::Rules;
pub use self::script::CheckedRules;
pub use self::trace::Comparison;
pub use yujing_base::language::Bilingual;
