//! The rules behind an operator's newest warning.

use std::collections::BTreeSet;
use std::sync::Arc;

use uuid::Uuid;

use crate::warning::record::RestoredScore;
use crate::warning::{Step, WarningEvent};

/// Which rules raised a warning.
#[derive(Debug, Clone)]
pub(super) struct ContributingRules {
    pub(super) warning: Uuid,
    pub(super) rules: Arc<BTreeSet<String>>,
}

impl ContributingRules {
    /// Those of the open warning in a score record: the rules that held it then.
    pub(super) fn restored(score: &RestoredScore) -> Option<Self> {
        let warning = score.standing.warning.as_ref()?.id;
        let grounds = score.findings.iter().filter(|finding| finding.is_ground());
        let rules: BTreeSet<String> = grounds.map(|finding| finding.rule.clone()).collect();
        Some(Self { warning, rules: Arc::new(rules) })
    }

    /// A step upwards, or one that adds to the warning, adds its rules; a new warning begins anew.
    pub(super) fn after(before: Option<&Self>, event: &WarningEvent) -> Option<Self> {
        let same_warning = before.filter(|before| before.warning == event.warning_id);
        if !matches!(event.step, Step::Opened | Step::Escalated | Step::Added) {
            return same_warning.cloned();
        }
        let mut rules = same_warning.map(|before| before.rules.clone()).unwrap_or_default();
        let grounds = event.findings.iter().filter(|finding| finding.is_ground());
        Arc::make_mut(&mut rules).extend(grounds.map(|finding| finding.rule.id.clone()));
        Some(Self { warning: event.warning_id, rules })
    }
}
