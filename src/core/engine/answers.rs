//! Answers to warnings (处置反馈), laid to the rules that raised them: how often a rule's warnings were none.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::{Engine, Tally};
use crate::source::{Cell, Event, Op, SourceId, Sources};
use crate::warning::record::RestoredScore;
use crate::warning::{Step, WarningEvent};
use yujing_base::OperatorId;

/// The source that tells of answers.
const SOURCE: &str = "dispositions";

/// Where an event of the source says which warning is answered, and how.
#[derive(Debug)]
pub(super) struct Answering {
    source: SourceId,
    warning: usize,
    action: usize,
}

/// One answer.
#[derive(Debug)]
pub(super) struct Answer {
    operator: OperatorId,
    warning: Uuid,
    action: Box<str>,
}

impl Answering {
    /// `None` where the schemas have no such source.
    pub(super) fn find(sources: &Sources) -> Option<Self> {
        let (id, source) = sources.by_name(SOURCE)?;
        let column = |name: &str| source.columns.iter().position(|column| &*column.name == name);
        Some(Self { source: id, warning: column("warning_id")?, action: column("action")? })
    }

    pub(super) fn read(&self, event: &Event) -> Option<Answer> {
        if event.source != self.source || event.op != Op::Upsert {
            return None;
        }
        let text = |column: usize| match event.cells.get(column) {
            Some(Cell::Text(text)) => Some(text),
            _ => None,
        };
        let (warning, action) = (text(self.warning)?, text(self.action)?);
        Some(Answer { operator: event.operator_id.clone(), warning: warning.parse().ok()?, action: action.clone() })
    }
}

/// The rules behind the newest warning of an operator.
#[derive(Debug, Clone)]
pub(super) struct Raisers {
    warning: Uuid,
    rules: BTreeSet<String>,
}

impl Raisers {
    /// Those of the warning that a score record tells of: the rules that held it then.
    pub(super) fn restored(score: &RestoredScore) -> Option<Self> {
        let warning = score.standing.warning.as_ref()?.id;
        let grounds = score.findings.iter().filter(|finding| !finding.lowers());
        Some(Self { warning, rules: grounds.map(|finding| finding.rule.clone()).collect() })
    }

    /// A step upwards, or one that adds to the warning, adds its rules; a new warning begins anew.
    pub(super) fn after(before: Option<&Self>, event: &WarningEvent) -> Option<Self> {
        let before = before.filter(|before| before.warning == event.warning_id);
        if !matches!(event.step, Step::Opened | Step::Escalated | Step::Added) {
            return before.cloned();
        }
        let mut rules = before.map(|before| before.rules.clone()).unwrap_or_default();
        let grounds = event.findings.iter().filter(|finding| !finding.lowers());
        rules.extend(grounds.map(|finding| finding.rule.clone()));
        Some(Self { warning: event.warning_id, rules })
    }
}

impl Engine {
    /// Counts answers for each rule that raised the warning, as far as that is known.
    pub(super) fn count_answers(&self, answers: &[Answer], tally: &mut Tally) {
        for Answer { operator, warning, action } in answers {
            let state = self.champion.operators.get(operator);
            let raisers = state.and_then(|state| state.raisers.as_ref()).filter(|raisers| raisers.warning == *warning);
            for rule in raisers.into_iter().flat_map(|raisers| &raisers.rules) {
                let answers = &mut tally.rules.entry(rule.clone()).or_default().answers;
                *answers.entry(action.clone()).or_default() += 1;
            }
        }
    }
}
