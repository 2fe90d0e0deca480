//! What was found and done.

use serde::Serialize;
use yujing_base::language::Bilingual;
use yujing_core::warning::handling::{Measure, Verdict};

use super::count::count;
use crate::life::{LifeAnswer, WarningLife};
use crate::month::Month;

/// The newest answers that came in the month and stand at the end of it, one a warning, whenever that was opened.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct VerdictFigures {
    pub answered: u64,
    /// Those of them that were accepted.
    pub reviewed: u64,
    /// The sum is all that were answered.
    pub verdicts: Vec<NamedCount>,
    /// One answer may name several.
    pub measures: Vec<NamedCount>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NamedCount {
    pub words: Bilingual,
    pub count: u64,
}

impl VerdictFigures {
    pub fn of(lives: &[WarningLife], month: &Month) -> Self {
        let answers: Vec<&LifeAnswer> =
            lives.iter().filter_map(|life| life.answer.as_ref()).filter(|answer| month.contains(answer.at)).collect();
        let verdict = |verdict: Option<Verdict>| NamedCount {
            words: verdict.map_or_else(|| Bilingual::new("未填结论", "none named"), Verdict::words),
            count: count(answers.iter().filter(|answer| answer.verdict == verdict)),
        };
        let measure = |measure: Measure| NamedCount {
            words: measure.words(),
            count: count(answers.iter().filter(|answer| answer.measures.contains(&measure))),
        };
        Self {
            answered: count(&answers),
            reviewed: count(answers.iter().filter(|answer| answer.reviewed)),
            verdicts: Verdict::ALL.into_iter().map(Some).chain([None]).map(verdict).collect(),
            measures: Measure::ALL.map(measure).into(),
        }
    }
}
