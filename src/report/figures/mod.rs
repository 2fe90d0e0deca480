//! What the report says.
//!
//! - here: the whole of it, and of which months there is none
//! - [`count`]: counts by level
//! - [`warnings`]: what opened, went on and ended
//! - [`timeliness`]: what was done in time
//! - [`posts`]: who was overdue
//! - [`verdicts`]: what was found and done
//! - [`rules`]: what rules are worth
//! - [`areas`]: how sub-districts stand
//! - [`visits`]: whom inspections and sponsors reached

pub mod areas;
pub mod count;
pub mod posts;
pub mod rules;
pub mod timeliness;
pub mod verdicts;
pub mod visits;
pub mod warnings;

use jiff::Timestamp;
use serde::Serialize;
use yujing_base::language::{Bilingual, say};
use yujing_core::warning::handling::Clock;
use yujing_workbench::synthetic::NAME_MARK;

use self::areas::AreaFigures;
use self::posts::PostFigures;
use self::rules::RuleQualities;
use self::timeliness::ClockFigures;
use self::verdicts::VerdictFigures;
use self::visits::VisitFigures;
use self::warnings::{DayFigures, StepFigures, WarningFigures};
use super::life::WarningLife;
use super::month::Month;
use super::past::{Past, PastStep};

/// The whole report.
#[derive(Debug, Clone, Serialize)]
pub struct MonthlyReport {
    pub month: Month,
    pub words: Bilingual,
    /// The version of the program that made it.
    pub program: &'static str,
    /// Until when it knows what happened: the end of the month, or before.
    pub until: String,
    /// Whether the month was not over by then.
    pub is_partial: bool,
    /// Since when the warnings topic has everything, if that is not the whole month.
    pub complete_since: Option<String>,
    /// Whether warnings of a synthetic district are in it.
    pub is_synthetic: bool,
    pub warnings: WarningFigures,
    pub steps: Vec<StepFigures>,
    pub days: Vec<DayFigures>,
    /// To acknowledge, to act.
    pub in_time: [ClockFigures; 2],
    pub posts: Vec<PostFigures>,
    pub verdicts: VerdictFigures,
    pub rules: RuleQualities,
    pub areas: Vec<AreaFigures>,
    pub visits: Vec<VisitFigures>,
    /// The warnings that were opened in the month, or open in it.
    #[serde(skip)]
    pub lives: Vec<WarningLife>,
}

/// Why there is no report of a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreportable {
    /// It has not begun.
    NotBegun,
    /// The warnings topic has nothing of it or of the time before, so that nobody knows whether nothing happened: it
    /// is empty, or has everything only since an instant.
    NothingKnown { since: Option<Timestamp> },
}

impl MonthlyReport {
    /// The report of a month as it is known at an instant.
    ///
    /// # Errors
    /// If there is none.
    pub fn new(past: &Past, month: Month, now: Timestamp) -> Result<Self, Unreportable> {
        if now < month.from() {
            return Err(Unreportable::NotBegun);
        }
        let (is_partial, until) = (now < month.to(), now.min(month.to()));
        let known = |step: &&PastStep| step.as_of < until;
        if !past.steps.iter().any(|step| known(&step)) || past.complete_since.is_some_and(|since| since >= until) {
            let first = past.steps.iter().map(|step| step.as_of).min();
            return Err(Unreportable::NothingKnown { since: past.complete_since.or(first) });
        }
        let all = WarningLife::of(&past.steps, until);
        let is_meant = |life: &WarningLife| month.contains(life.opened_at) || life.is_open_at(month.from());
        let lives: Vec<WarningLife> = all.into_iter().filter(is_meant).collect();
        let opened: Vec<&WarningLife> = lives.iter().filter(|life| month.contains(life.opened_at)).collect();
        let steps: Vec<&PastStep> = past.steps.iter().filter(known).filter(|step| month.contains(step.as_of)).collect();
        let is_synthetic = |life: &WarningLife| life.operator.name.as_ref().is_some_and(|it| it.starts_with(NAME_MARK));
        Ok(Self {
            words: month.words(),
            program: env!("CARGO_PKG_VERSION"),
            until: month.clock(until),
            is_partial,
            complete_since: past.complete_since.filter(|since| *since > month.from()).map(|since| month.clock(since)),
            is_synthetic: lives.iter().any(is_synthetic),
            warnings: WarningFigures::of(&lives, &month, until),
            steps: warnings::by_step(&steps),
            days: warnings::by_day(&opened, &month),
            in_time: Clock::ALL.map(|clock| ClockFigures::of(clock, &opened)),
            posts: posts::by_post(&lives, &month),
            verdicts: VerdictFigures::of(&lives, &month),
            rules: RuleQualities::of(&steps, &lives, &past.policies),
            areas: areas::by_sub_district(&lives, &month, until),
            visits: visits::by_target(&past.areas, &month),
            lives,
            month,
        })
    }
}

impl Unreportable {
    /// As a person reads it.
    pub fn words(self, month: &Month) -> Bilingual {
        match self {
            Self::NotBegun => say!("{month} 尚未开始", "{month} has not begun"),
            Self::NothingKnown { since: None } => {
                say!("预警主题中没有记录，无从统计 {month}", "the warnings topic is empty: nothing is known of {month}")
            }
            Self::NothingKnown { since: Some(since) } => {
                let since = month.clock(since);
                say!(
                    "预警主题自 {since} 起才有完整记录，无从统计 {month}",
                    "the warnings topic has everything only since {since}: nothing is known of {month}"
                )
            }
        }
    }
}
