//! A finding as it stands in a score or a warning.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::feature::Evidence;
use crate::rule::{Basis, Bilingual, Level, Metadata};

/// A rule that fired, as it stands in a score or a warning.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    pub rule: String,
    pub family: String,
    pub title: Bilingual,
    /// What the rule gave.
    pub points: i64,
    /// What counts of it after the family's bounds and the cut to 0-100.
    pub counted: i64,
    pub floor: Option<Level>,
    pub because: Bilingual,
    pub basis: Vec<Basis>,
    pub action: Bilingual,
    pub deadline: String,
    /// Only in warnings: the events behind each feature that the rule reads, by the feature's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<BTreeMap<String, Evidence>>,
}

impl Finding {
    /// Whether it only lowers the risk: no ground of a warning.
    pub fn lowers(&self) -> bool {
        self.points < 0 && self.floor.is_none()
    }

    /// A finding without evidence, from a rule's metadata and what it said.
    pub fn new(metadata: &Metadata, points: i64, counted: i64, floor: Option<Level>, because: Bilingual) -> Self {
        Self {
            rule: metadata.id.clone(),
            family: metadata.family.clone(),
            title: metadata.title.clone(),
            points,
            counted,
            floor,
            because,
            basis: metadata.basis.clone(),
            action: metadata.action.clone(),
            deadline: metadata.deadline.to_string(),
            evidence: None,
        }
    }
}
