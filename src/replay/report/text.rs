//! The report in a terminal: what a person wants to know first, in tables.

use std::fmt::Write as _;

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use yujing_base::language::Language;
use yujing_core::rule::Status;

use super::Report;
use super::answers::{AnswersReport, VERDICTS};
use super::difference::RulesetDifference;
use super::outcome_text::{budget_text, outcome_text};
use super::warnings::RulesetReport;
use super::words::{of_cost, of_lost_past};
use crate::ranking::Estimate;

/// Rules, places and parts named; the page has all of them.
pub(super) const MAX_ROWS_SHOWN: usize = 10;

/// The report as text, without an end of line.
pub fn summary(report: &Report, language: Language) -> String {
    let pick = |zh: &str, en: &str| language.pick(zh, en).to_owned();
    let mut text = String::new();
    if let Some(title) = &report.title {
        let _ = writeln!(text, "{}", language.of(title));
    }
    let span = &report.span;
    let _ = writeln!(
        text,
        "{}",
        pick(
            &format!("历史回放 {} 至 {}，共读入 {} 条记录", span.from, span.to, report.events.records),
            &format!("replayed {} to {}, {} records", span.from, span.to, report.events.records),
        )
    );
    let refused: u64 = report.events.sources.iter().flat_map(|source| source.refused.values()).sum();
    if refused > 0 {
        let first =
            report.events.refused.first().map_or_else(String::new, |row| format!("{}: {}", row.place, row.message));
        let zh = format!("其中 {refused} 条被拒收，第一条：{first}");
        let _ = writeln!(text, "{}", pick(&zh, &format!("{refused} of them were refused, the first: {first}")));
    }
    for lost in of_lost_past(&report.events.sources) {
        let _ = writeln!(text, "{}", language.of(&lost));
    }
    let _ = write!(text, "\n{}", rulesets(&report.rulesets, language));
    if let Some(answers) = &report.answers {
        let _ = write!(text, "\n\n{}", answers_text(answers, language));
    }
    for ruleset in &report.rulesets {
        let _ = write!(text, "\n\n{}", rules(ruleset, report.rulesets.len() > 1, language));
    }
    for difference in &report.differences {
        let _ = write!(text, "\n\n{}", difference_table(difference, language));
    }
    if let Some(outcome) = &report.outcome {
        let _ = write!(text, "\n\n{}", outcome_text(outcome, report, language));
    }
    if let Some(budget) = &report.budget {
        let _ = write!(text, "\n\n{}", budget_text(budget, language));
    }
    let _ = write!(text, "\n\n{}", language.of(&of_cost(&report.cost)));
    text
}

pub(super) fn table<const N: usize>(header: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(header);
    for column in 1..N {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

fn rulesets(rulesets: &[RulesetReport], language: Language) -> String {
    let mut table = table(language.pick_all(
        [
            "规则集",
            "预警",
            "期初已有",
            "红色",
            "橙色",
            "黄色",
            "蓝色",
            "涉及对象",
            "升级",
            "追加",
            "降级",
            "解除",
            "撤销",
            "期末未解除",
        ],
        [
            "ruleset",
            "warnings",
            "standing at the start",
            "red",
            "orange",
            "yellow",
            "blue",
            "operators",
            "escalated",
            "added",
            "eased",
            "resolved",
            "withdrawn",
            "open at the end",
        ],
    ));
    for ruleset in rulesets {
        let (levels, steps) = (ruleset.levels, ruleset.steps);
        let numbers = [
            ruleset.warnings,
            ruleset.standing_at_the_start,
            levels.red,
            levels.orange,
            levels.yellow,
            levels.blue,
            ruleset.operators_warned,
            steps.escalated,
            steps.added,
            steps.eased,
            steps.resolved,
            steps.withdrawn,
            ruleset.open_at_the_end,
        ];
        table.add_row(std::iter::once(ruleset.name.clone()).chain(numbers.map(|number| number.to_string())));
    }
    table.to_string()
}

fn answers_text(answers: &AnswersReport, language: Language) -> String {
    let mut table = table(language.pick_all(
        ["规则集", "签收", "属实", "部分属实", "不属实", "审核", "未能办理", "超期次数"],
        ["ruleset", "acknowledged", "confirmed", "partly", "unfounded", "reviewed", "passed over", "clocks passed"],
    ));
    for ruleset in &answers.rulesets {
        let counts = &ruleset.counts;
        let [confirmed, partly, unfounded] =
            VERDICTS.map(|verdict| counts.verdicts.get(&verdict).copied().unwrap_or_default());
        let numbers =
            [counts.acknowledged, confirmed, partly, unfounded, counts.reviewed, counts.passed_over, counts.overdue];
        table.add_row(std::iter::once(ruleset.name.clone()).chain(numbers.map(|number| number.to_string())));
    }
    let stated: Vec<&str> = answers.stated.iter().map(|words| language.of(words)).collect();
    format!("{}\n{table}", stated.join("\n"))
}

fn rules(ruleset: &RulesetReport, named: bool, language: Language) -> String {
    let title = language.pick("规则", "rule");
    let title = if named { format!("{title} · {}", ruleset.name) } else { title.to_owned() };
    let mut table =
        table(language.pick_all(["", "参与预警", "起决定作用", "触发次数"], ["", "warnings", "decisive", "fires"]));
    table.set_header([
        title.as_str(),
        language.pick("参与预警", "warnings"),
        language.pick("其中起决定作用", "decisive"),
        language.pick("触发次数", "fires"),
    ]);
    for row in ruleset.rules.iter().filter(|row| row.fires > 0).take(MAX_ROWS_SHOWN) {
        table.add_row([
            language.of(&row.title).to_owned(),
            row.warnings.to_string(),
            row.decisive.to_string(),
            row.fires.to_string(),
        ]);
    }
    let silent = || ruleset.rules.iter().filter(|row| row.fires == 0 && row.status == Status::Active);
    let quiet = silent().filter(|row| row.in_force).count();
    let absent: Vec<&str> = silent().filter(|row| !row.in_force).map(|row| row.rule.as_str()).collect();
    let others = ruleset.rules.iter().filter(|row| row.fires > 0).count().saturating_sub(MAX_ROWS_SHOWN);
    let zh = format!("另有 {others} 条规则触发过，{quiet} 条从未触发");
    let en = format!("{others} more rules fired, {quiet} never did");
    let mut text = format!("{table}\n{}", language.pick(&zh, &en));
    if !absent.is_empty() {
        let words = language.pick("期间均未施行", "not in force on any day of the span");
        let _ = write!(text, "\n{words}: {}", absent.join(", "));
    }
    text
}

fn difference_table(difference: &RulesetDifference, language: Language) -> String {
    let name = &difference.candidate;
    if difference.is_empty() {
        let zh = format!("规则集 {name} 与基准的预警完全一致");
        return language.pick(&zh, &format!("ruleset {name} warns of the same as the baseline")).to_owned();
    }
    let mut table = table(language.pick_all(
        ["环节（按对象计）", "两者均有", "仅基准有", "仅候选有"],
        ["step (by operators)", "both", "baseline only", "candidate only"],
    ));
    for step in &difference.steps {
        table.add_row([
            language.pick(step.step.zh(), step.step.as_str()).to_owned(),
            step.both.to_string(),
            step.only_baseline.len().to_string(),
            step.only_candidate.len().to_string(),
        ]);
    }
    let zh = format!("候选规则集 {name} 与基准的差异");
    format!("{}\n{table}", language.pick(&zh, &format!("candidate {name} against the baseline")))
}

/// `0.612 [0.59, 0.64]`.
pub fn figure(estimate: Option<Estimate>, digits: usize) -> String {
    estimate.map_or_else(
        || "–".to_owned(),
        |Estimate { value, low, high }| format!("{value:.digits$} [{low:.digits$}, {high:.digits$}]"),
    )
}

/// `63.1% [60.2, 66.0]`.
pub fn percent(estimate: Option<Estimate>) -> String {
    estimate.map_or_else(
        || "–".to_owned(),
        |Estimate { value, low, high }| format!("{:.1}% [{:.1}, {:.1}]", value * 100.0, low * 100.0, high * 100.0),
    )
}

/// `+0.012 [-0.003, +0.027]`.
pub fn signed(estimate: Option<Estimate>) -> String {
    estimate
        .map_or_else(|| "–".to_owned(), |Estimate { value, low, high }| format!("{value:+.3} [{low:+.3}, {high:+.3}]"))
}
