//! Scores that are asked for as of instants of a replay.

use std::collections::BTreeMap;

use jiff::Timestamp;
use yujing_base::OperatorId;
use yujing_core::engine::Ablation;

/// The scores of some operators are asked for, as of an instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScoreQuery {
    pub at: Timestamp,
    /// Sorted, each once.
    pub operators: Vec<OperatorId>,
}

/// The scores by ruleset, then in the order of the operators.
pub type QueryAnswer = Vec<Vec<Ablation>>;

/// One query an instant for operators that are asked for as of some instants.
pub fn group_queries(wanted: impl IntoIterator<Item = (Timestamp, OperatorId)>) -> Vec<ScoreQuery> {
    let mut by_instant: BTreeMap<Timestamp, Vec<OperatorId>> = BTreeMap::new();
    for (at, operator) in wanted {
        by_instant.entry(at).or_default().push(operator);
    }
    by_instant
        .into_iter()
        .map(|(at, mut operators)| {
            operators.sort_unstable();
            operators.dedup();
            ScoreQuery { at, operators }
        })
        .collect()
}
