//! Each warning from its opening on.

use std::collections::BTreeMap;

use jiff::Timestamp;
use uuid::Uuid;
use yujing_base::language::Bilingual;
use yujing_core::rule::Level;
use yujing_core::warning::handling::{Clock, Handling, HandlingState, Measure, Verdict};
use yujing_core::warning::routing::Post;
use yujing_core::warning::{Cause, Step};

use super::past::{OperatorPlace, PastStep};

/// A warning as its events up to an instant tell of it.
#[derive(Debug, Clone)]
pub struct WarningLife {
    pub warning_id: Uuid,
    pub operator_id: String,
    /// By its newest event.
    pub operator: OperatorPlace,
    pub opened_at: Timestamp,
    /// The highest level that it reached.
    pub highest: Level,
    /// Its newest level; none once it ended.
    pub level: Level,
    pub end: Option<End>,
    /// How far it came; `None` where nothing is known of its handling.
    pub state: Option<HandlingState>,
    /// Clocks that passed, the oldest first.
    pub passed: Vec<PassedClock>,
    /// The newest answer that was not sent back.
    pub answer: Option<LifeAnswer>,
}

/// How a warning ended.
#[derive(Debug, Clone, Copy)]
pub struct End {
    pub at: Timestamp,
    pub step: Step,
    pub cause: Cause,
}

/// A clock that passed, and the post that let it pass: the one that was to act until then.
#[derive(Debug, Clone)]
pub struct PassedClock {
    pub at: Timestamp,
    pub clock: Clock,
    pub post: Post,
}

/// What somebody found and did.
#[derive(Debug, Clone)]
pub struct LifeAnswer {
    pub at: Timestamp,
    /// None where the answer names no verdict, as those of version 1 may.
    pub verdict: Option<Verdict>,
    pub measures: Vec<Measure>,
    /// Whether a role that may has accepted it.
    pub reviewed: bool,
}

/// Whether what one of a warning's clocks asks for was done in time, as the warning stands at the end of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timeliness {
    /// 按期: it is done, and the clock never passed.
    InTime,
    /// 超期完成: it is done, and the clock had passed.
    Late,
    /// 超期未完成: it is not done, and the clock has passed.
    Overdue,
    /// 未到期: it is not done, the clock runs.
    Waiting,
    /// 到期前结束: the warning ended before anybody had to.
    Ended,
    /// 无处置记录: nothing is known of its handling.
    Unknown,
}

impl WarningLife {
    /// The lives of warnings, by opening, as their events before an instant tell of them.
    pub fn of(steps: &[PastStep], until: Timestamp) -> Vec<Self> {
        let mut by_warning: BTreeMap<Uuid, Vec<&PastStep>> = BTreeMap::new();
        for step in steps.iter().filter(|step| step.as_of < until) {
            by_warning.entry(step.warning_id).or_default().push(step);
        }
        let mut lives: Vec<Self> = by_warning.into_values().filter_map(Self::fold).collect();
        lives.sort_by_key(|life| (life.opened_at, life.warning_id));
        lives
    }

    fn fold(mut steps: Vec<&PastStep>) -> Option<Self> {
        steps.sort_by_key(|step| step.sequence);
        let first = steps.first()?;
        let mut life = Self {
            warning_id: first.warning_id,
            operator_id: first.operator_id.clone(),
            operator: OperatorPlace::default(),
            opened_at: first.opened_at,
            highest: first.from,
            level: first.level,
            end: None,
            state: None,
            passed: Vec::new(),
            answer: None,
        };
        for step in steps {
            life.take(step);
        }
        Some(life)
    }

    fn take(&mut self, step: &PastStep) {
        self.operator.clone_from(&step.operator);
        self.highest = self.highest.max(step.level);
        self.level = step.level;
        let PastStep { as_of: at, step: kind, cause, .. } = *step;
        self.end = (step.level == Level::None).then_some(End { at, step: kind, cause });
        let Some(handling) = &step.handling else { return };
        self.state = Some(handling.state);
        match kind {
            Step::Overdue => self.pass(step, handling),
            Step::Handled => self.handle(step, handling),
            _ => {}
        }
    }

    fn pass(&mut self, step: &PastStep, handling: &Handling) {
        if let (Some(overdue), Some(before)) = (handling.overdue, step.handling_before()) {
            self.passed.push(PassedClock { at: step.as_of, clock: overdue.clock, post: before.assignee.clone() });
        }
    }

    /// Evidence that takes an answered warning up again leaves the answer; people who send it back do not.
    fn handle(&mut self, step: &PastStep, handling: &Handling) {
        if handling.state.is_waiting() {
            let was_answered = step.handling_before().is_some_and(|before| !before.state.is_waiting());
            self.answer = self.answer.take().filter(|_| !was_answered);
            return;
        }
        let reviewed = handling.state > HandlingState::Answered;
        let (verdict, measures) = (handling.verdict, handling.measures.clone());
        let known = self.answer.as_ref().filter(|answer| answer.verdict == verdict && answer.measures == measures);
        let was_waiting = step.handling_before().is_none_or(|before| before.state.is_waiting());
        let at = known.filter(|_| !was_waiting).map_or(step.as_of, |answer| answer.at);
        self.answer = Some(LifeAnswer { at, verdict, measures, reviewed });
    }

    /// Whether it was open at an instant.
    pub fn is_open_at(&self, at: Timestamp) -> bool {
        self.opened_at < at && self.end.is_none_or(|end| end.at >= at)
    }

    /// Whether what one of its clocks asks for was done in time.
    pub fn timeliness(&self, clock: Clock) -> Timeliness {
        let Some(state) = self.state else { return Timeliness::Unknown };
        let is_done = match clock {
            Clock::Acknowledge => state != HandlingState::New,
            Clock::Act => !state.is_waiting(),
        };
        let has_passed = self.passed.iter().any(|passed| passed.clock == clock);
        match (is_done, has_passed) {
            (true, false) => Timeliness::InTime,
            (true, true) => Timeliness::Late,
            (false, true) => Timeliness::Overdue,
            (false, false) if self.end.is_some() => Timeliness::Ended,
            (false, false) => Timeliness::Waiting,
        }
    }
}

impl Timeliness {
    /// As a table in the report shows it.
    pub fn words(self) -> Bilingual {
        let (zh, en) = match self {
            Self::InTime => ("按期", "in time"),
            Self::Late => ("超期完成", "late"),
            Self::Overdue => ("超期未完成", "overdue"),
            Self::Waiting => ("未到期", "not yet due"),
            Self::Ended => ("到期前结束", "ended before it was due"),
            Self::Unknown => ("无处置记录", "handling not known"),
        };
        Bilingual::new(zh, en)
    }
}
