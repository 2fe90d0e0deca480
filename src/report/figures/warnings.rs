//! What opened, went on and ended in the month.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Serialize;
use yujing_base::language::Bilingual;
use yujing_core::warning::{Cause, Step};

use super::count::{LevelCounts, count};
use crate::life::{End, WarningLife};
use crate::month::Month;
use crate::past::PastStep;

/// Warnings of the month. What was carried in and what opened is what ended and what is open at the end.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct WarningFigures {
    /// 上月结转: opened in an earlier month and open when the month began; by the highest level that they reached.
    pub carried: LevelCounts,
    /// 本月发布: by the highest level that they reached.
    pub opened: LevelCounts,
    /// How many operators these are about.
    pub operators: u64,
    /// 解除: the risk passed.
    pub resolved: u64,
    /// 撤销, because evidence was retracted or corrected, or rules changed.
    pub withdrawn: u64,
    /// 经核查撤销: withdrawn by a reviewed verdict.
    pub withdrawn_by_verdict: u64,
    /// Open at the end, by their level then: of those opened in the month, and of those carried in.
    pub open_of_month: LevelCounts,
    pub open_of_before: LevelCounts,
    pub open: LevelCounts,
}

/// How often a kind of step was taken in the month, by the higher of the levels before and after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StepFigures {
    pub step: Step,
    pub words: Bilingual,
    pub levels: LevelCounts,
}

/// Warnings opened on one day, by the highest level that they reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DayFigures {
    pub day: String,
    pub levels: LevelCounts,
}

impl WarningFigures {
    pub fn of(lives: &[WarningLife], month: &Month, until: Timestamp) -> Self {
        let (opened, carried): (Vec<&WarningLife>, Vec<&WarningLife>) =
            lives.iter().partition(|life| month.contains(life.opened_at));
        let highest = |lives: &[&WarningLife]| LevelCounts::of(lives.iter().map(|life| life.highest));
        let open = |lives: &[&WarningLife]| {
            LevelCounts::of(lives.iter().filter(|life| life.is_open_at(until)).map(|life| life.level))
        };
        let ended =
            |is_meant: fn(End) -> bool| count(lives.iter().filter_map(|life| life.end).filter(|end| is_meant(*end)));
        let all: Vec<&WarningLife> = lives.iter().collect();
        Self {
            carried: highest(&carried),
            opened: highest(&opened),
            operators: count(opened.iter().map(|life| &life.operator_id).collect::<BTreeSet<_>>()),
            resolved: ended(|end| end.step != Step::Withdrawn),
            withdrawn: ended(|end| end.step == Step::Withdrawn && end.cause != Cause::Verdict),
            withdrawn_by_verdict: ended(|end| end.step == Step::Withdrawn && end.cause == Cause::Verdict),
            open_of_month: open(&opened),
            open_of_before: open(&carried),
            open: open(&all),
        }
    }
}

/// Every kind of step.
pub fn by_step(steps: &[&PastStep]) -> Vec<StepFigures> {
    let of_kind = |kind: Step| {
        let levels = steps.iter().filter(|step| step.step == kind).map(|step| step.from.max(step.level));
        StepFigures { step: kind, words: Bilingual::new(kind.zh(), kind.as_str()), levels: LevelCounts::of(levels) }
    };
    Step::ALL.map(of_kind).into()
}

/// Every day of the month.
pub fn by_day(opened: &[&WarningLife], month: &Month) -> Vec<DayFigures> {
    let of_day = |day| {
        let levels = opened.iter().filter(|life| month.day_of(life.opened_at) == day).map(|life| life.highest);
        DayFigures { day: day.to_string(), levels: LevelCounts::of(levels) }
    };
    month.days().map(of_day).collect()
}
