//! The headline of a lifecycle event: who, what level, why and until when, as an official would write it.
//!
//! - here: steps of the level
//! - [`handled`], [`overdue`]: steps of handling
//! - [`times`]: how times are written

mod handled;
mod overdue;
mod times;

use yujing_base::language::Bilingual;

use self::times::{due_en, due_zh};
use super::warning_event::WarningEvent;
use crate::rule::Level;
use crate::warning::finding::Finding;
use crate::warning::modified::ModifierCard;
use crate::warning::standing::{Cause, Step};

/// How many findings a headline names; the rest are counted.
const NAMED: usize = 2;

/// The headline of a lifecycle event, in Chinese as in an official notice and in English. It names the operator and the
/// weightiest findings and holds no personal data.
pub fn headline(event: &WarningEvent) -> Bilingual {
    let who = Who::of(event);
    Bilingual { zh: zh(event, &who), en: en(event, &who) }
}

/// What the headline says of the operator, as far as it is known.
struct Who {
    name: Option<String>,
    sub_district: Option<String>,
}

impl Who {
    fn of(event: &WarningEvent) -> Self {
        let attributes = event.operator.attributes();
        let text = |name: &str| Some(attributes.get(name)?.as_str()?.to_owned()).filter(|text| !text.is_empty());
        Self { name: text("name"), sub_district: text("sub_district") }
    }
}

fn zh(event: &WarningEvent, who: &Who) -> String {
    let step = event.step.zh();
    let (from, to, shown) = (event.from.zh(), event.level.zh(), shown_level(event).zh());
    let reasons = reasons_zh(event) + modifiers_zh(event).as_str();
    let due = event.due_at.map(|due| due_zh(due, &event.zone, event.due_provisional.is_some()));
    let act = || act_zh(due.as_deref(), event);
    let ruled = if event.cause == Cause::Ruleset { "（按调整后的规则重新评定）" } else { "" };
    let body = match event.step {
        Step::Opened => format!("{reasons}{ruled}{}", act()),
        Step::Escalated => format!("{reasons}，由{from}预警升级为{to}预警{ruled}{}", act()),
        Step::Added => format!("预警期间另发现{reasons}{ruled}{}", act()),
        Step::Amended => match &due {
            Some(due) => format!("工作日历已更新，处置时限更正为{due}"),
            None => "工作日历已更新".to_owned(),
        },
        Step::Eased => {
            let why = match event.cause {
                Cause::Retraction => "原定级所依据的记录已撤回或更正",
                Cause::Ruleset => "预警规则已调整，按现行规则不再达到原等级",
                Cause::Verdict => "原定级所依据的情形经核查不属实，核查结论已审核",
                _ => "风险水平回落并持续达到规定时长",
            };
            let term = due.as_ref().map_or_else(String::new, |due| format!("；原处置时限（{due}）不变"));
            format!("{why}，由{from}预警降为{to}预警；目前仍存在：{reasons}{term}")
        }
        Step::Resolved => format!("风险水平回落并持续达到规定时长（现风险分{}分），现予解除", event.score),
        Step::Withdrawn if event.cause == Cause::Ruleset => {
            "预警规则已调整，按现行规则不再构成预警，现予撤销".to_owned()
        }
        Step::Withdrawn if event.cause == Cause::Verdict => {
            "据以发布预警的情形经核查不属实，核查结论已审核，现予撤销".to_owned()
        }
        Step::Handled => handled::zh(event, &act()),
        Step::Overdue => overdue::zh(event),
        Step::Withdrawn => "据以发布预警的记录已撤回或更正，现予撤销".to_owned(),
    };
    let caution = if event.degraded.is_empty() { "" } else { "部分评分依据缺失，风险分可能偏低。" };
    format!("【{shown}预警·{step}】{}：{body}。{caution}", operator_zh(event, who))
}

fn en(event: &WarningEvent, who: &Who) -> String {
    let step = if event.step == Step::Added { "added to" } else { event.step.as_str() };
    let (from, to, shown) = (event.from, event.level, capitalised(shown_level(event)));
    let reasons = reasons_en(event) + modifiers_en(event).as_str();
    let due = event.due_at.map(|due| due_en(due, &event.zone, event.due_provisional.is_some()));
    let act = || act_en(due.as_deref(), event);
    let ruled = if event.cause == Cause::Ruleset { " (judged again by changed rules)" } else { "" };
    let body = match event.step {
        Step::Opened => format!("{reasons}{ruled}{}", act()),
        Step::Escalated => format!("{reasons}; raised from {from} to {to}{ruled}{}", act()),
        Step::Added => format!("found besides: {reasons}{ruled}{}", act()),
        Step::Amended => match &due {
            Some(due) => format!("the calendar was brought up to date; the deadline is now {due}"),
            None => "the calendar was brought up to date".to_owned(),
        },
        Step::Eased => {
            let why = match event.cause {
                Cause::Retraction => "records that the level rested on were retracted or corrected",
                Cause::Ruleset => "the rules were changed, and those in force no longer give the level",
                Cause::Verdict => "what the level rested on was found to be unfounded, and the verdict was reviewed",
                _ => "the risk fell and stayed low for the set time",
            };
            let term = due.as_ref().map_or_else(String::new, |due| format!("; the deadline stands ({due})"));
            format!("{why}; lowered from {from} to {to}; still present: {reasons}{term}")
        }
        Step::Resolved => format!("the risk fell and stayed low for the set time (score now {})", event.score),
        Step::Withdrawn if event.cause == Cause::Ruleset => {
            "the rules were changed, and those in force no longer give a warning".to_owned()
        }
        Step::Withdrawn if event.cause == Cause::Verdict => {
            "what the warning rested on was found to be unfounded, and the verdict was reviewed".to_owned()
        }
        Step::Handled => handled::en(event, &act()),
        Step::Overdue => overdue::en(event),
        Step::Withdrawn => "the records that the warning rested on were retracted or corrected".to_owned(),
    };
    let caution =
        if event.degraded.is_empty() { "" } else { " Part of the evidence is missing: the score may be too low." };
    format!("[{shown} warning {step}] {}: {body}.{caution}", operator_en(event, who))
}

/// A closed warning is spoken of by the level that it had.
fn shown_level(event: &WarningEvent) -> Level {
    if event.level == Level::None { event.from } else { event.level }
}

fn capitalised(level: Level) -> &'static str {
    match level {
        Level::None => "No",
        Level::Blue => "Blue",
        Level::Yellow => "Yellow",
        Level::Orange => "Orange",
        Level::Red => "Red",
    }
}

/// The findings that weigh most: those that set a level first, then those with the most points. Where something was
/// added they are the new ones. Those that lower the risk are none.
fn weightiest(event: &WarningEvent) -> Vec<&Finding> {
    let mut findings: Vec<_> = match event.step {
        Step::Added => event.new_findings().collect(),
        _ => event.findings.iter().collect(),
    };
    findings.retain(|finding| finding.is_ground());
    findings.sort_by_key(|finding| std::cmp::Reverse((finding.floor, finding.counted)));
    findings
}

fn reasons_zh(event: &WarningEvent) -> String {
    let findings = weightiest(event);
    let named: Vec<_> = findings.iter().take(NAMED).map(|finding| finding.rule.title.zh.as_str()).collect();
    match findings.len() {
        0 => format!("基础风险分{}分", event.base),
        all if all > NAMED => format!("{}等{all}项情形", named.join("、")),
        _ => named.join("、"),
    }
}

fn reasons_en(event: &WarningEvent) -> String {
    let findings = weightiest(event);
    let named: Vec<_> = findings.iter().take(NAMED).map(|finding| finding.rule.title.en.as_str()).collect();
    match findings.len() {
        0 => format!("base score {}", event.base),
        all if all > NAMED => format!("{} and {} more", named.join(", "), all - NAMED),
        _ => named.join(", "),
    }
}

/// Why the findings that are spoken of weigh more, each modifier once.
fn modifiers(event: &WarningEvent) -> Vec<Bilingual> {
    let mut cards: Vec<&ModifierCard> = Vec::new();
    for card in weightiest(event).iter().filter_map(|finding| finding.modified.as_ref()).flat_map(|it| &it.modifiers) {
        if !cards.iter().any(|named| named.id == card.id) {
            cards.push(card);
        }
    }
    cards.into_iter().map(ModifierCard::words).collect()
}

fn modifiers_zh(event: &WarningEvent) -> String {
    let words: Vec<_> = modifiers(event).into_iter().map(|words| words.zh).collect();
    if words.is_empty() { String::new() } else { format!("（{}）", words.join("；")) }
}

fn modifiers_en(event: &WarningEvent) -> String {
    let words: Vec<_> = modifiers(event).into_iter().map(|words| words.en).collect();
    if words.is_empty() { String::new() } else { format!(" ({})", words.join("; ")) }
}

/// What is asked of whom: to act, and who has to.
fn act_zh(due: Option<&str>, event: &WarningEvent) -> String {
    let who = event.handling.as_ref().map(|handling| {
        let caution = if handling.unrouted { "（未包保，由默认岗位承接）" } else { "" };
        format!("{}{caution}", handling.assignee.title.zh)
    });
    match (due, who) {
        (Some(due), Some(who)) => format!("；请{who}于{due}前处置"),
        (Some(due), None) => format!("；请于{due}前处置"),
        (None, Some(who)) => format!("；请{who}处置"),
        (None, None) => String::new(),
    }
}

fn act_en(due: Option<&str>, event: &WarningEvent) -> String {
    let who = event.handling.as_ref().map(|handling| {
        let caution = if handling.unrouted { " (no post is responsible, so the default has it)" } else { "" };
        format!("{}{caution}", handling.assignee.title.en)
    });
    match (due, who) {
        (Some(due), Some(who)) => format!("; {who} is to act by {due}"),
        (Some(due), None) => format!("; act by {due}"),
        (None, Some(who)) => format!("; {who} is to act"),
        (None, None) => String::new(),
    }
}

fn operator_zh(event: &WarningEvent, who: &Who) -> String {
    let id = &event.operator_id;
    match (&who.sub_district, &who.name) {
        (Some(place), Some(name)) => format!("{place} {name}（{id}）"),
        (None, Some(name)) => format!("{name}（{id}）"),
        (_, None) if event.operator.is_registered() => format!("监管对象（{id}）"),
        (_, None) => format!("未登记的监管对象（{id}）"),
    }
}

fn operator_en(event: &WarningEvent, who: &Who) -> String {
    let id = &event.operator_id;
    match (&who.sub_district, &who.name) {
        (Some(place), Some(name)) => format!("{name}, {place} ({id})"),
        (None, Some(name)) => format!("{name} ({id})"),
        (_, None) if event.operator.is_registered() => format!("operator {id}"),
        (_, None) => format!("unregistered operator {id}"),
    }
}
