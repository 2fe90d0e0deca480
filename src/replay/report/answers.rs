//! What was supposed of who answers warnings, and what came of it.

use serde::Serialize;
use yujing_base::language::{Bilingual, say};
use yujing_core::warning::Level;
use yujing_core::warning::handling::Verdict;
use yujing_workbench::catalogue::deadline_words;

use super::RulesetSide;
use crate::answers::AnswerCounts;
use crate::plan::{AnswerModel, AnswerShare, LevelAnswers};

/// The model, and what people did by it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AnswersReport {
    pub model: AnswerModel,
    /// The model in words.
    pub stated: Vec<Bilingual>,
    /// Answers of history that the model stood in for.
    pub replaced: u64,
    /// By ruleset.
    pub rulesets: Vec<AnswersOfRuleset>,
}

/// What people did about the warnings of one ruleset.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AnswersOfRuleset {
    pub name: String,
    #[serde(flatten)]
    pub counts: AnswerCounts,
}

impl AnswersReport {
    pub(super) fn of(model: &AnswerModel, replaced: u64, sides: &[RulesetSide<'_>]) -> Self {
        let of_side = |side: &RulesetSide<'_>| {
            let counts = side.results.answers.clone()?;
            Some(AnswersOfRuleset { name: side.name.to_owned(), counts })
        };
        let stated = std::iter::once(heading(model.seed, replaced))
            .chain(model.levels().map(|(level, answers)| of_level(level, answers)));
        Self {
            model: model.clone(),
            stated: stated.collect(),
            replaced,
            rulesets: sides.iter().filter_map(of_side).collect(),
        }
    }
}

fn heading(seed: u64, replaced: u64) -> Bilingual {
    say!(
        "处置反馈为假设，不是历史：按以下比例和时间逐件抽取（随机种子{seed}）；历史中的处置反馈{replaced}条未采用。",
        "Answers are supposed and not of history: drawn for each warning by these shares and times (seed {seed}); answers of \
         history left out: {replaced}."
    )
}

fn of_level(level: Level, answers: &LevelAnswers) -> Bilingual {
    let LevelAnswers { acknowledged, answered, reviewed, verdicts } = answers;
    let steps = [
        acknowledged.map(|step| of_step("签收", "acknowledged", step)),
        answered.map(|step| of_step("反馈", "answered", step)),
        reviewed.map(|step| of_step("审核", "reviewed", step)),
    ];
    let verdicts = verdicts.iter().map(|(verdict, share)| {
        let (Bilingual { zh, en }, share) = (verdict.words(), percent(*share));
        say!("{zh}{share}", "{en} {share}")
    });
    let parts: Vec<Bilingual> = steps.into_iter().flatten().chain(verdicts).collect();
    let zh: Vec<&str> = parts.iter().map(|part| part.zh.as_str()).collect();
    let en: Vec<&str> = parts.iter().map(|part| part.en.as_str()).collect();
    let (zh, en) = (zh.join("，"), en.join(", "));
    Bilingual { zh: format!("{}：{zh}", level.zh()), en: format!("{}: {en}", level.as_str()) }
}

fn of_step(zh: &str, en: &str, step: AnswerShare) -> Bilingual {
    let (share, within) = (percent(step.share), deadline_words(step.within));
    let Bilingual { zh: time, en: time_en } = within;
    say!("{zh}{share}（{time}内）", "{en} {share} within {time_en}")
}

fn percent(share: f64) -> String {
    format!("{:.0}%", share * 100.0)
}

/// The verdicts, in the order of columns.
pub(super) const VERDICTS: [Verdict; 3] = Verdict::ALL;
