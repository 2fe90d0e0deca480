//! What the check of a ruleset found and does not refuse.

use std::collections::BTreeMap;

use jiff::civil::Date;
use yujing_base::OperatorId;
use yujing_base::diagnostic::suggest::listed;
use yujing_base::diagnostic::{Diagnostic, Diagnostics, allow};
use yujing_base::language::{Bilingual, say};

use super::Ruleset;
use super::build::quoted;
use super::files::{CALENDAR, HANDLING, ROUTING};
use crate::rule::Deadline;
use crate::warning::HandlingPolicy;
use crate::warning::routing::OperatorFacts;

/// The warning about cases, which are no part of a ruleset.
const OF_CASES: &str = "rule/no-case";
/// The warning that comes and goes with the days, so that a comment which allows it is never out of place.
const OF_TODAY: &str = "calendar/ends";
/// The warning about a register that was named, which is no part of a ruleset.
const OF_A_REGISTER: &str = "routing/unrouted";

impl Ruleset {
    /// What the check found that no comment allows, on a day of the office. Whether rules have cases is not asked here.
    pub fn warnings(&self, today: Date) -> Diagnostics {
        self.allowed(Diagnostics::default(), today, &[OF_CASES, OF_TODAY, OF_A_REGISTER])
    }

    /// The same together with what was found in the rules' cases, and by a register if one was asked.
    pub fn warnings_with(&self, more: Diagnostics, today: Date) -> Diagnostics {
        self.allowed(more, today, &[OF_TODAY, OF_A_REGISTER])
    }

    /// Which operators of a register belong to nobody (未包保): no area of theirs has a post. Nobody, where nothing is
    /// routed.
    pub fn unrouted<'r>(&self, register: &'r BTreeMap<OperatorId, OperatorFacts>) -> Vec<&'r OperatorId> {
        let Some(routing) = &self.routing else { return Vec::new() };
        register.iter().filter(|(_, facts)| routing.is_unrouted(facts)).map(|(operator, _)| operator).collect()
    }

    /// What is said of them.
    pub fn check_register(&self, register: &BTreeMap<OperatorId, OperatorFacts>) -> Option<Diagnostic> {
        let unrouted = self.unrouted(register);
        let routing = self.routing.as_ref().filter(|_| !unrouted.is_empty())?;
        let (count, all, default) = (unrouted.len(), register.len(), &routing.default);
        let message = say!(
            "未包保：{all} 户中有 {count} 户，所在辖区均未设岗位，归 `{default}`",
            "{count} of {all} operators belong to nobody: no area of theirs has a post, `{default}` gets their warnings"
        );
        let names = listed(unrouted.into_iter().map(|operator| &**operator));
        let help = Bilingual {
            zh: format!("请补齐登记信息中的辖区，或者在 routing.toml 设岗：{}", names.zh),
            en: format!("complete their areas in the register, or give these a post in routing.toml: {}", names.en),
        };
        let text = self.files.get(ROUTING).map(String::as_str).unwrap_or_default();
        let span = quoted(text, &routing.default, 0);
        Some(Diagnostic::at(OF_A_REGISTER, &self.folder.join(ROUTING), text, span, message).with_help(help))
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

    /// Whether the longest deadline of a rule in force, or of the clocks of handling, counts over days that the calendar
    /// does not know, if it starts today.
    fn calendar_ends(&self, today: Date) -> Option<Diagnostic> {
        let rules = self.rules.list().iter().map(|rule| &rule.metadata);
        let rules = rules.filter(|metadata| self.rules.in_force(metadata, today));
        let rules = rules.map(|metadata| (metadata.id.as_str(), metadata.deadline));
        let clocks = self.handling.iter().flat_map(HandlingPolicy::deadlines).map(|deadline| (HANDLING, deadline));
        // Of equally long ones a rule's is named.
        let (owner, deadline) = clocks.chain(rules).max_by_key(|(_, deadline)| match deadline {
            Deadline::WorkingDays(days) => *days,
            Deadline::Minutes(_) => 0,
        })?;
        let year = self.calendar.first_unknown_year(self.policy.zone.start_of_day(today), deadline)?;
        let kind = if owner == HANDLING { "" } else { "规则 " };
        let message = say!(
            "没有{year}年的安排，而{kind}`{owner}` 的时限（{deadline}）自今日起算将跨入该年",
            "{year} is not there, and the deadline of `{owner}` ({deadline}) that starts today counts over it"
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
