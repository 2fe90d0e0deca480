//! Dispositions (处置反馈): what people did about warnings, counted for the rules that raised these.

use std::sync::Arc;

use uuid::Uuid;
use yujing_base::OperatorId;

use super::{Engine, Tally};
use crate::source::{Cell, Event, Op, SourceId, Sources};

/// The source of dispositions.
const SOURCE: &str = "dispositions";

/// Where an event of the source says which warning was answered, and how.
#[derive(Debug)]
pub(super) struct DispositionSource {
    source: SourceId,
    warning_column: usize,
    action_column: usize,
}

/// What was done about one warning.
#[derive(Debug)]
pub(super) struct Disposition {
    operator: OperatorId,
    warning: Uuid,
    action: Arc<str>,
}

impl DispositionSource {
    /// `None` where the schemas have no such source.
    pub(super) fn find(sources: &Sources) -> Option<Self> {
        let (id, source) = sources.by_name(SOURCE)?;
        let column = |name: &str| source.columns.iter().position(|column| &*column.name == name);
        Some(Self { source: id, warning_column: column("warning_id")?, action_column: column("action")? })
    }

    pub(super) fn read(&self, event: &Event) -> Option<Disposition> {
        if event.source != self.source || event.op != Op::Upsert {
            return None;
        }
        let text = |column: usize| match event.cells.get(column) {
            Some(Cell::Text(text)) => Some(text),
            _ => None,
        };
        let (warning, action) = (text(self.warning_column)?, text(self.action_column)?);
        Some(Disposition {
            operator: event.operator_id.clone(),
            warning: warning.parse().ok()?,
            action: action.clone(),
        })
    }
}

impl Engine {
    /// The source of dispositions, if they are decided: whether one is permitted depends on how its warning stands, so
    /// they are not for a batch that is applied without scoring.
    pub fn decided_dispositions(&self) -> Option<SourceId> {
        None
    }

    /// Counts dispositions for each rule that raised the warning, as far as that is known.
    pub(super) fn count_dispositions(&self, dispositions: &[Disposition], tally: &mut Tally) {
        for Disposition { operator, warning, action } in dispositions {
            let state = self.champion.operators.get(operator);
            let contributing = state.and_then(|state| state.contributing.as_ref());
            let rules = contributing.filter(|contributing| contributing.warning == *warning);
            for rule in rules.into_iter().flat_map(|contributing| &*contributing.rules) {
                let answers = &mut tally.rules.entry(rule.clone()).or_default().answers;
                *answers.entry((&**action).into()).or_default() += 1;
            }
        }
    }
}
