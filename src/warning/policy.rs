//! How points become levels: `rules/ruleset.toml`. Every number in it is the office's choice, none is law.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::SignedDuration;

use super::Level;
use crate::diagnostic::Diagnostics;
use crate::rule::Bilingual;

/// A group of rules about one kind of risk, with the most points that it can give: one chatty source cannot reach red.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Family {
    pub title: Bilingual,
    pub cap: i64,
}

/// The scores at which a level is entered and below which it is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Threshold {
    pub level: Level,
    pub enter: i64,
    pub leave: i64,
}

/// Points that an operator has before anything happens (静态风险), by the value of a feature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    /// The name of the feature, usually a column of the reference source.
    pub feature: String,
    pub points: BTreeMap<String, i64>,
    /// Points when the feature is unknown or has another value.
    pub otherwise: i64,
}

/// The policy of a ruleset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The lowest level that is a warning.
    pub open_at: Level,
    /// From blue to red, `enter` strictly rising, `leave <= enter`.
    pub thresholds: [Threshold; 4],
    /// How long a score must stay below `leave` before the level falls.
    pub dwell: SignedDuration,
    pub base: Base,
    pub families: BTreeMap<String, Family>,
}

impl Policy {
    /// Reads and checks `ruleset.toml`.
    ///
    /// # Errors
    /// Every problem, with line and column.
    pub fn load(_file: &Path) -> Result<Self, Diagnostics> {
        todo!()
    }
}
