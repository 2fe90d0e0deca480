//! What the check of a ruleset found and does not refuse.

use jiff::civil::Date;
use yujing_base::diagnostic::{Diagnostic, Diagnostics, allow};
use yujing_base::language::say;

use super::Ruleset;
use super::files::CALENDAR;
use crate::rule::Deadline;

/// The warning about cases, which are no part of a ruleset.
const OF_CASES: &str = "rule/no-case";
/// The warning that comes and goes with the days, so that a comment which allows it is never out of place.
const OF_TODAY: &str = "calendar/ends";

impl Ruleset {
    /// What the check found that no comment allows, on a day of the office. Whether rules have cases is not asked here.
    pub fn warnings(&self, today: Date) -> Diagnostics {
        self.allowed(Diagnostics::default(), today, &[OF_CASES, OF_TODAY])
    }

    /// The same together with what was found in the rules' cases.
    pub fn warnings_with(&self, of_cases: Diagnostics, today: Date) -> Diagnostics {
        self.allowed(of_cases, today, &[OF_TODAY])
    }

    fn allowed(&self, more: Diagnostics, today: Date, not_asked: &[&str]) -> Diagnostics {
        let mut found = self.found.clone();
        found.extend(more);
        self.calendar_ends(today).into_iter().for_each(|ends| found.push(ends));
        let named = self.files.iter().map(|(name, text)| (self.folder.join(name), text.as_str())).collect();
        let mut found = allow::apply(found, &named, not_asked);
        found.sort();
        found
    }

    /// Whether the longest deadline of a rule in force counts over days that the calendar does not know, if it starts
    /// today.
    fn calendar_ends(&self, today: Date) -> Option<Diagnostic> {
        let metadata = self.rules.list().iter().map(|rule| &rule.metadata);
        let in_force = metadata.filter(|metadata| self.rules.in_force(metadata, today));
        let working_days = in_force.filter_map(|metadata| match metadata.deadline {
            Deadline::WorkingDays(days) => Some((days, metadata)),
            Deadline::Minutes(_) => None,
        });
        let (_, metadata) = working_days.max_by_key(|(days, _)| *days)?;
        let (id, deadline) = (&metadata.id, metadata.deadline);
        let year = self.calendar.first_unknown_year(self.policy.zone.start_of_day(today), deadline)?;
        let message = say!(
            "没有{year}年的安排，而规则 `{id}` 的时限（{deadline}）自今日起算将跨入该年",
            "{year} is not there, and the deadline of `{id}` ({deadline}) that starts today counts over it"
        );
        let help = say!(
            "待{year}年放假安排公布后，增加一节 `[[year]]`；在此之前，暂按周一至周五为工作日推算，预警注明期限暂定",
            "add a `[[year]]` when the notice for {year} is out; until then Monday to Friday are counted and warnings say \
             that their due time is provisional"
        );
        let text = self.files.get(CALENDAR).map(String::as_str).unwrap_or_default();
        let last = text.rfind("\n[[year]]").map_or(0, |at| at + 1);
        let span = last..last + "[[year]]".len();
        Some(Diagnostic::at("calendar/ends", &self.folder.join(CALENDAR), text, span, message).with_help(help))
    }
}
