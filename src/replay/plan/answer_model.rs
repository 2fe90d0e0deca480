//! How fast people answer warnings, as a plan supposes it (`[answers]` in `replay.toml`).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use yujing_base::language::{Bilingual, say};
use yujing_core::rule::Deadline;
use yujing_core::warning::Level;
use yujing_core::warning::handling::Verdict;

/// How far shares may be from one in all.
const ROUNDING: f64 = 1e-6;

/// What people do about warnings. Who answers what, and when, is drawn for each warning by its id and the seed, so the same
/// history is answered the same way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerModel {
    #[serde(default = "usual_seed")]
    pub seed: u64,
    /// By the level at which a warning begins to wait; nobody answers the others.
    pub red: Option<LevelAnswers>,
    pub orange: Option<LevelAnswers>,
    pub yellow: Option<LevelAnswers>,
    pub blue: Option<LevelAnswers>,
}

/// What becomes of warnings of one level.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LevelAnswers {
    /// Of all warnings, from when they begin to wait.
    pub acknowledged: Option<AnswerShare>,
    /// Of all warnings, from when they are acknowledged, or else begin to wait.
    pub answered: Option<AnswerShare>,
    /// Of those that are answered, from then.
    pub reviewed: Option<AnswerShare>,
    /// The shares of the verdicts among the answers: one in all.
    #[serde(default)]
    pub verdicts: BTreeMap<Verdict, f64>,
}

/// How many take a step, and within which time they do.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerShare {
    /// From 0 to 1.
    pub share: f64,
    /// Minutes and hours: evenly within them. Working days: on one of them, evenly within office hours.
    pub within: Deadline,
}

fn usual_seed() -> u64 {
    1
}

impl AnswerModel {
    /// What becomes of warnings of a level.
    pub fn of(&self, level: Level) -> Option<&LevelAnswers> {
        match level {
            Level::None => None,
            Level::Blue => self.blue.as_ref(),
            Level::Yellow => self.yellow.as_ref(),
            Level::Orange => self.orange.as_ref(),
            Level::Red => self.red.as_ref(),
        }
    }

    /// The levels that somebody answers, the gravest first.
    pub fn levels(&self) -> impl Iterator<Item = (Level, &LevelAnswers)> {
        Level::ALL.into_iter().rev().filter_map(|level| Some((level, self.of(level)?)))
    }

    /// What is wrong with it; none if it can be used.
    pub fn problem(&self) -> Option<Bilingual> {
        if self.levels().next().is_none() {
            return Some(Bilingual::new("没有写明任何等级的反馈情况", "no level is answered"));
        }
        self.levels().find_map(|(level, answers)| {
            let (name, Bilingual { zh, en }) = (level.as_str(), answers.problem()?);
            Some(say!("`{name}`：{zh}", "`{name}`: {en}"))
        })
    }
}

impl LevelAnswers {
    fn problem(&self) -> Option<Bilingual> {
        let is_share = |share: f64| (0.0..=1.0).contains(&share);
        let mut steps = [self.acknowledged, self.answered, self.reviewed].into_iter().flatten();
        if !steps.all(|step| is_share(step.share)) || !self.verdicts.values().all(|share| is_share(*share)) {
            return Some(Bilingual::new("比例应为0至1之间的数", "a share is a number from 0 to 1"));
        }
        let all: f64 = self.verdicts.values().sum();
        let (zh, en) = match (self.answered, self.reviewed) {
            (None, Some(_)) => (
                "缺少 `answered`：没有反馈，无从审核",
                "`answered` is missing: nothing is reviewed that nobody answered",
            ),
            (Some(_), _) if (all - 1.0).abs() > ROUNDING => {
                ("`verdicts` 各项之和应为1", "the shares of `verdicts` are 1 in all")
            }
            _ => return None,
        };
        Some(Bilingual::new(zh, en))
    }
}
