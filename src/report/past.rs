//! What is read of the topics.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;
use yujing_core::rule::Level;
use yujing_core::warning::handling::{Handling, KeptHandling};
use yujing_core::warning::{AreaRollup, Cause, Finding, Policy, Standing, Step};

/// Everything that a report is made of.
#[derive(Debug, Clone, Default)]
pub struct Past {
    /// Every event that the warnings topic has, in any order.
    pub steps: Vec<PastStep>,
    /// Since when it has all of them; `None`: none was ever deleted.
    pub complete_since: Option<Timestamp>,
    /// The newest record of each area.
    pub areas: Vec<AreaRollup>,
    /// The policies of rulesets by their hash, as far as they can be had.
    pub policies: BTreeMap<String, Policy>,
}

/// The part of a warning's event that a report reads. What people wrote is not in it.
#[derive(Debug, Clone, Deserialize)]
pub struct PastStep {
    pub warning_id: Uuid,
    pub sequence: u64,
    pub operator_id: String,
    pub step: Step,
    pub cause: Cause,
    pub from: Level,
    pub level: Level,
    pub as_of: Timestamp,
    pub opened_at: Timestamp,
    pub base: i64,
    pub findings: Vec<Finding>,
    pub operator: OperatorPlace,
    pub ruleset: String,
    pub previous: Standing,
    /// What was done about it, after the event; absent where the ruleset says nothing of handling.
    #[serde(default)]
    pub handling: Option<KeptHandling>,
}

/// The part of the register's row that a report reads.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct OperatorPlace {
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub sub_district: Option<String>,
    #[serde(default)]
    pub community: Option<String>,
}

impl PastStep {
    /// How handling stood before.
    pub fn handling_before(&self) -> Option<&Handling> {
        self.previous.warning.as_ref()?.handling.as_deref()
    }
}
