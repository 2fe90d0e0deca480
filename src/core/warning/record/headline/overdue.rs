//! A clock that has passed, in the words of a headline.

use super::times::{due_en, due_zh};
use crate::warning::handling::{Clock, Handling, Overdue};
use crate::warning::record::WarningEvent;

pub(super) fn zh(event: &WarningEvent) -> String {
    let Some(Passed { handling, overdue, goes_up }) = Passed::of(event) else { return "已超期".to_owned() };
    let since = due_zh(overdue.since, &event.zone, event.due_provisional.is_some() && overdue.clock == Clock::Act);
    let assignee = &handling.assignee.title.zh;
    let what = match overdue.clock {
        Clock::Acknowledge => "签收",
        Clock::Act => "反馈",
    };
    let up = if goes_up { format!("已上报{assignee}") } else { format!("{assignee}为最高一级责任岗位") };
    format!("至{since}仍未{what}，{up}，请立即{what}")
}

pub(super) fn en(event: &WarningEvent) -> String {
    let Some(Passed { handling, overdue, goes_up }) = Passed::of(event) else { return "time has passed".to_owned() };
    let since = due_en(overdue.since, &event.zone, event.due_provisional.is_some() && overdue.clock == Clock::Act);
    let assignee = &handling.assignee.title.en;
    let (what, to_do) = match overdue.clock {
        Clock::Acknowledge => ("acknowledged", "acknowledge"),
        Clock::Act => ("answered", "answer"),
    };
    let up = if goes_up { format!("it goes up to {assignee}") } else { format!("{assignee} is the highest post") };
    format!("not {what} by {since}; {up}, which is to {to_do} at once")
}

/// What an event of a clock tells.
struct Passed<'a> {
    handling: &'a Handling,
    overdue: Overdue,
    /// Whether another post has it now.
    goes_up: bool,
}

impl<'a> Passed<'a> {
    fn of(event: &'a WarningEvent) -> Option<Self> {
        let handling = event.handling.as_deref()?;
        let before = event.previous.warning.as_ref().and_then(|warning| warning.handling.as_ref());
        let goes_up = before.is_some_and(|before| before.assignee.id != handling.assignee.id);
        Some(Self { handling, overdue: handling.overdue?, goes_up })
    }
}
