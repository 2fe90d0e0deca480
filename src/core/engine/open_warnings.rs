//! The open warnings, as lists show them.

use std::cmp::Reverse;
use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value};
use yujing_base::OperatorId;

use super::Engine;
use crate::warning::OpenWarning;

/// One open warning as the API and the `warnings` command list it.
#[derive(Debug, Clone, Serialize)]
pub struct OpenWarningSummary {
    pub operator_id: String,
    pub name: Option<String>,
    pub sub_district: Option<String>,
    #[serde(flatten)]
    pub warning: OpenWarning,
}

impl OpenWarningSummary {
    fn new(operator: &OperatorId, warning: &OpenWarning, row: Option<&Map<String, Value>>) -> Self {
        let text = |name: &str| row?.get(name)?.as_str().map(str::to_owned);
        Self {
            operator_id: operator.to_string(),
            name: text("name"),
            sub_district: text("sub_district"),
            warning: warning.clone(),
        }
    }
}

impl Engine {
    /// The open warnings, highest level first, then longest open.
    pub fn open_warnings(&self) -> Vec<OpenWarningSummary> {
        let states = self.champion.operators.iter();
        let warned: Vec<(&OperatorId, &OpenWarning)> =
            states.filter_map(|(operator, state)| Some((operator, state.standing.warning.as_ref()?))).collect();
        let operators: Vec<OperatorId> = warned.iter().map(|(operator, _)| Arc::clone(operator)).collect();
        let view = self.store.view();
        let rows = self.sources.operators().map(|(source, _)| view.references(source, &operators)).unwrap_or_default();
        let summary = |(operator, warning)| OpenWarningSummary::new(operator, warning, rows.get(operator));
        let mut open: Vec<OpenWarningSummary> = warned.into_iter().map(summary).collect();
        open.sort_by_cached_key(|summary| {
            (Reverse(summary.warning.level), summary.warning.opened_at, summary.operator_id.clone())
        });
        open
    }
}
