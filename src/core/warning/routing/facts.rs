//! What is known of a warning and its operator when somebody must be found for it.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::warning::Level;
use crate::warning::finding::Finding;
use crate::warning::record::{FeatureValues, OperatorCard};

/// What routing knows of an operator: its row in the register, by column; empty for one that is not registered.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OperatorFacts {
    pub attributes: Map<String, Value>,
}

/// What a warning is routed by.
#[derive(Debug, Clone, Copy)]
pub struct RoutingInput<'a> {
    pub facts: &'a OperatorFacts,
    pub level: Level,
    /// What stands behind the level.
    pub findings: &'a [Finding],
    pub features: &'a FeatureValues,
}

impl OperatorFacts {
    /// Of the register's row.
    pub fn of(card: &OperatorCard) -> Self {
        Self { attributes: card.attributes() }
    }

    /// The value of a column of texts or numbers; `None` if it is unknown or empty.
    pub fn value(&self, column: &str) -> Option<Cow<'_, str>> {
        match self.attributes.get(column)? {
            Value::String(text) => Some(text.trim()).filter(|text| !text.is_empty()).map(Cow::Borrowed),
            Value::Number(number) => Some(Cow::Owned(number.to_string())),
            _ => None,
        }
    }
}
