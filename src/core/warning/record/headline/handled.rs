//! What somebody did about a warning, in the words of a headline. Posts, never names.

use jiff::Timestamp;
use yujing_base::language::Bilingual;

use super::times::{due_en, due_zh};
use crate::warning::handling::{Answer, Handling, HandlingAction, Measure};
use crate::warning::record::WarningEvent;

/// `act` says what is still asked of whom.
pub(super) fn zh(event: &WarningEvent, act: &str) -> String {
    let Some(Step { handling, answer, is_correction }) = Step::of(event) else {
        return "处置情况已更新".to_owned();
    };
    let Some(answer) = answer else {
        return format!("撤回此前的处置，现为{}{act}", handling.state.words().zh);
    };
    let until = |at: Option<Timestamp>| at.map_or_else(String::new, |at| due_zh(at, &event.zone, false));
    let (who, what) = (title(handling, answer).zh, answer.action.words().zh);
    let done = match answer.action {
        HandlingAction::Answered => format!("{who}{what}{}，待审核", outcome_zh(answer)),
        HandlingAction::Reviewed | HandlingAction::Closed => format!("{who}{what}"),
        HandlingAction::ExtensionAsked => format!("{who}{what}至{}{act}", until(answer.extend_to)),
        HandlingAction::Transferred => format!("{who}{what}至{}{act}", handling.assignee.title.zh),
        HandlingAction::Returned => format!("{who}{what}反馈，须继续处置{act}"),
        _ => format!("{who}{what}{act}"),
    };
    format!("{}{done}", if is_correction { "更正处置反馈，" } else { "" })
}

pub(super) fn en(event: &WarningEvent, act: &str) -> String {
    let Some(Step { handling, answer, is_correction }) = Step::of(event) else {
        return "handling has moved".to_owned();
    };
    let Some(answer) = answer else {
        return format!("what was done last is taken back; now {}{act}", handling.state.words().en);
    };
    let until = |at: Option<Timestamp>| at.map_or_else(String::new, |at| due_en(at, &event.zone, false));
    let who = title(handling, answer).en;
    let done = match answer.action {
        HandlingAction::Delivered => format!("delivered to {who}{act}"),
        HandlingAction::Acknowledged => format!("acknowledged by {who}{act}"),
        HandlingAction::InProgress => format!("{who} is at work on it{act}"),
        HandlingAction::Answered => format!("answered by {who}{}; to be reviewed", outcome_en(answer)),
        HandlingAction::Reviewed => format!("reviewed by {who}"),
        HandlingAction::Closed => format!("closed by {who}"),
        HandlingAction::ExtensionAsked => format!("{who} asks for time until {}{act}", until(answer.extend_to)),
        HandlingAction::ExtensionGranted => format!("{who} grants an extension{act}"),
        HandlingAction::ExtensionRefused => format!("{who} refuses an extension{act}"),
        HandlingAction::Transferred => format!("transferred by {who} to {}{act}", handling.assignee.title.en),
        HandlingAction::Returned => format!("{who} returns the answer: more is to be done{act}"),
        HandlingAction::Reopened => format!("reopened by {who}{act}"),
    };
    format!("{}{done}", if is_correction { "corrected: " } else { "" })
}

/// What an event of handling tells.
struct Step<'a> {
    handling: &'a Handling,
    /// None: a step was taken back.
    answer: Option<&'a Answer>,
    is_correction: bool,
}

impl<'a> Step<'a> {
    fn of(event: &'a WarningEvent) -> Option<Self> {
        let (handling, disposition) = (event.handling.as_deref()?, event.disposition.as_deref()?);
        let answer = disposition.answer.as_ref().filter(|answer| answer.warning_id == event.warning_id);
        let before = event.previous.warning.as_ref().and_then(|warning| warning.handling.as_ref());
        let is_correction = before.is_some_and(|before| before.step_of(&disposition.event).is_some());
        Some(Self { handling, answer, is_correction })
    }
}

/// What the post that answered is called.
fn title(handling: &Handling, answer: &Answer) -> Bilingual {
    let Some(id) = &answer.post else { return Bilingual::new("处置人员", "an officer") };
    let known = handling.ladder.iter().chain(&handling.passed).chain([&handling.assignee]);
    let found = known.into_iter().find(|post| post.id == *id);
    found.map_or_else(|| Bilingual::new(id.clone(), id.clone()), |post| post.title.clone())
}

fn outcome_zh(answer: &Answer) -> String {
    let verdict = answer.verdict.map(|verdict| format!("核查结论：{}", verdict.words().zh));
    let words: Vec<_> = answer.measures.iter().map(|measure: &Measure| measure.words().zh).collect();
    let measures = (!words.is_empty()).then(|| format!("处置措施：{}", words.join("、")));
    [verdict, measures].into_iter().flatten().flat_map(|part| ["，".to_owned(), part]).collect()
}

fn outcome_en(answer: &Answer) -> String {
    let verdict = answer.verdict.map(|verdict| verdict.words().en);
    let measures = answer.measures.iter().map(|measure| measure.words().en);
    let parts: Vec<_> = verdict.into_iter().chain(measures).collect();
    if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) }
}
