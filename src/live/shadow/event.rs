//! A lifecycle event of a warning as a comparison needs it, from either topic.

use jiff::Timestamp;
use serde::Deserialize;
use yujing_core::warning::{Level, Step};

/// The parts of a warning's event that are compared.
#[derive(Debug, Clone, Deserialize)]
pub struct ComparedEvent {
    pub operator_id: String,
    pub step: Step,
    pub from: Level,
    pub level: Level,
    pub as_of: Timestamp,
    findings: Vec<Finding>,
    operator: Operator,
}

#[derive(Debug, Clone, Deserialize)]
struct Finding {
    rule: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct Operator {
    name: Option<String>,
    sub_district: Option<String>,
}

impl ComparedEvent {
    /// # Errors
    /// If it is no event of a warning.
    pub fn parse(value: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(value)
    }

    pub fn name(&self) -> Option<&str> {
        self.operator.name.as_deref()
    }

    pub fn sub_district(&self) -> Option<&str> {
        self.operator.sub_district.as_deref()
    }

    /// The rules that fire.
    pub fn rules(&self) -> impl Iterator<Item = &str> {
        self.findings.iter().map(|finding| finding.rule.as_str())
    }
}
