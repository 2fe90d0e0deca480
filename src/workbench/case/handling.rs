//! What a case expects of handling: how far the open warning is dealt with, by which post, what is overdue, and which
//! answers the engine refused.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};
use yujing_base::diagnostic::suggest::{did_you_mean, listed};
use yujing_base::language::{Bilingual, say};
use yujing_core::source::{Refusal, RefusalCode};
use yujing_core::warning::handling::{Clock, NotPermitted};
use yujing_core::warning::{Handling, HandlingState, ScoreRecord};

use super::difference::{CaseDifference, Subject};
use super::expect::{ExpectationError, IdList, RawExpectation, timestamp};
use super::expected_steps::{ExpectedSteps, StepKind};

/// Instead of a word: none.
const NONE: &str = "none";

/// What must hold of the open warning's handling. What is not named is not checked, but for refusals.
#[derive(Debug, Clone, Default)]
pub struct HandlingExpectation {
    /// `Some(None)`: no warning is open, or the ruleset has no handling.
    pub state: Option<Option<HandlingState>>,
    /// The post that is to act.
    pub assignee: Option<String>,
    /// The posts that get a copy.
    pub copies: Option<IdList>,
    /// The clock that has passed; `Some(None)`: neither.
    pub overdue: Option<Option<Clock>>,
    /// Until when somebody has to acknowledge.
    pub acknowledge_by: Option<Timestamp>,
    /// The steps of handling since the expectation before.
    pub steps: Option<ExpectedSteps>,
    /// Why answers since the expectation before were refused, in any order; each that is not named is a difference.
    pub refused: BTreeSet<String>,
}

impl HandlingExpectation {
    pub(super) fn read(written: &mut RawExpectation) -> Result<Self, ExpectationError> {
        let states = HandlingState::ALL.map(|state| (state.as_str(), state));
        let clocks = Clock::ALL.map(|clock| (clock.as_str(), clock));
        let by = written.acknowledge_by.take().map(|given| {
            timestamp(&given).map_err(|message| ExpectationError {
                word: "acknowledge_by".to_owned(),
                message,
                help: Bilingual::new("写法如 2026-03-02T02:10:00+08:00", "write it like 2026-03-02T02:10:00+08:00"),
            })
        });
        let refused = written.refused.take().unwrap_or_default();
        for code in &refused {
            known(code, NotPermitted::CODES.map(|code| (code, ())))?;
        }
        Ok(Self {
            state: written.handling.take().map(|word| word_or_none(&word, states)).transpose()?,
            assignee: written.assignee.take(),
            copies: written.copies.take(),
            overdue: written.overdue.take().map(|word| word_or_none(&word, clocks)).transpose()?,
            acknowledge_by: by.transpose()?,
            steps: written.handling_steps.take().map(|given| StepKind::Handling.read(given)).transpose()?,
            refused: refused.into_iter().collect(),
        })
    }

    /// Where it does not hold.
    pub(super) fn differences(&self, record: &ScoreRecord, refused: &BTreeSet<String>) -> Vec<CaseDifference> {
        let got = HandlingView::of(record);
        let mut found = Vec::new();
        let mut differ = |subject, expected: Value, got: Value| {
            if expected != got {
                found.push(CaseDifference { subject, of: None, expected, got, why: None });
            }
        };
        if let Some(state) = self.state {
            differ(Subject::Handling, or_none(state.map(HandlingState::as_str)), got.state());
        }
        if let Some(assignee) = &self.assignee {
            differ(Subject::Assignee, json!(assignee), got.assignee());
        }
        if let Some(clock) = self.overdue {
            differ(Subject::Overdue, or_none(clock.map(Clock::as_str)), got.overdue());
        }
        if let Some(by) = self.acknowledge_by {
            differ(Subject::AcknowledgeBy, json!(by), got.acknowledge_by());
        }
        differ(Subject::Refused, json!(self.refused), json!(refused));
        if let Some(copies) = self.copies.as_ref().filter(|copies| !copies.holds_for(&got.copies())) {
            differ(Subject::Copies, json!(copies.written()), json!(got.copies()));
        }
        found
    }
}

/// The same of two runs of a case, which must end alike.
pub(super) fn compare(written: &ScoreRecord, other: &ScoreRecord) -> Vec<CaseDifference> {
    let (written, other) = (HandlingView::of(written), HandlingView::of(other));
    let pairs = [
        (Subject::Handling, written.state(), other.state()),
        (Subject::Assignee, written.assignee(), other.assignee()),
        (Subject::Copies, json!(written.copies()), json!(other.copies())),
        (Subject::Overdue, written.overdue(), other.overdue()),
        (Subject::AcknowledgeBy, written.acknowledge_by(), other.acknowledge_by()),
    ];
    let differing = pairs.into_iter().filter(|(_, expected, got)| expected != got);
    let difference = |(subject, expected, got)| CaseDifference { subject, of: None, expected, got, why: None };
    differing.map(difference).collect()
}

/// Why the engine did not permit an answer, by the code in its dead letter; `None` for a refusal of another kind.
pub(super) fn code_of_refused_answer(refusal: &Refusal) -> Option<&str> {
    refusal.reason.filter(|_| refusal.code == RefusalCode::NotPermitted)
}

/// The handling of an open warning in the words of case files.
struct HandlingView<'a>(Option<&'a Handling>);

impl<'a> HandlingView<'a> {
    fn of(record: &'a ScoreRecord) -> Self {
        Self(record.standing.warning.as_ref().and_then(|warning| warning.handling.as_deref()))
    }

    fn state(&self) -> Value {
        or_none(self.0.map(|handling| handling.state.as_str()))
    }

    fn assignee(&self) -> Value {
        or_none(self.0.map(|handling| handling.assignee.id.as_str()))
    }

    fn copies(&self) -> BTreeSet<&'a str> {
        self.0.iter().flat_map(|handling| &handling.copies).map(|copy| copy.post.id.as_str()).collect()
    }

    fn overdue(&self) -> Value {
        or_none(self.0.and_then(|handling| handling.overdue.as_ref()).map(|overdue| overdue.clock.as_str()))
    }

    fn acknowledge_by(&self) -> Value {
        json!(self.0.and_then(|handling| handling.acknowledge_by))
    }
}

fn or_none(word: Option<&str>) -> Value {
    json!(word.unwrap_or(NONE))
}

fn word_or_none<T, const N: usize>(word: &str, words: [(&'static str, T); N]) -> Result<Option<T>, ExpectationError> {
    if word == NONE { Ok(None) } else { known(word, words).map(Some) }
}

fn known<T, const N: usize>(word: &str, words: [(&'static str, T); N]) -> Result<T, ExpectationError> {
    let names: Vec<&str> = words.iter().map(|(name, _)| *name).collect();
    let found = words.into_iter().find(|(name, _)| *name == word);
    found.map(|(_, value)| value).ok_or_else(|| ExpectationError {
        word: word.to_owned(),
        message: say!("此处不能写 `{word}`", "`{word}` is not possible here"),
        help: did_you_mean(word, names.iter().copied()).unwrap_or_else(|| {
            let known = listed(names.iter().copied());
            Bilingual::new(format!("此处可用：{}", known.zh), format!("known here: {}", known.en))
        }),
    })
}
