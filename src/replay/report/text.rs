//! The report in a terminal: what a person wants to know first, in tables.

use std::fmt::Write as _;

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use yujing_base::language::Language;
use yujing_core::rule::Status;

use super::Report;
use super::answers::{AnswersReport, VERDICTS};
use super::budget::BudgetReport;
use super::difference::RulesetDifference;
use super::precision::FollowUp;
use super::quality::{OutcomeReport, PartReport};
use super::warnings::RulesetReport;
use super::words::{of_cost, of_lost_past, of_past, of_ranker};
use crate::ranking::Estimate;

/// Rules, places and parts named; the page has all of them.
const MAX_ROWS_SHOWN: usize = 10;

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

fn table<const N: usize>(header: [&str; N]) -> Table {
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

fn outcome_text(outcome: &OutcomeReport, report: &Report, language: Language) -> String {
    let names: Vec<String> = report.rulesets.iter().map(|ruleset| ruleset.name.clone()).collect();
    let title = outcome.title.as_ref().map_or_else(|| language.pick("结果核对", "outcome"), |title| language.of(title));
    let zh = format!(
        "{title}：{} 至 {} 共 {} 条，其中 {} 条发现问题；按前一日日终的风险分排序",
        outcome.judge_from, outcome.judge_to, outcome.judged, outcome.positives
    );
    let en = format!(
        "{title}: {} judged rows from {} to {}, {} of them positive; ordered by the score of the evening before",
        outcome.judged, outcome.judge_from, outcome.judge_to, outcome.positives
    );
    let mut table = table(language.pick_all(
        [
            "排序依据",
            "ROC 曲线下面积",
            "前半期检出",
            "平均提前（天）",
            "较历史平滑率（面积）",
            "前半期检出（期初定序）",
        ],
        ["order", "ROC area", "first half", "days earlier", "ROC beyond history", "first half, planned"],
    ));
    for ranker in &outcome.rankers {
        table.add_row([
            language.of(&of_ranker(&ranker.ranker, &names)).to_owned(),
            figure(ranker.quality.roc_area, 3),
            percent(ranker.quality.first_half),
            figure(ranker.quality.days_earlier, 1),
            signed(ranker.beyond_history),
            percent(ranker.planned.first_half),
        ]);
    }
    let mut text = format!("{}\n{table}\n{}", language.pick(&zh, &en), language.of(&of_past(outcome)));
    for ruleset in &outcome.rulesets {
        let _ = write!(text, "\n\n{}", precision(ruleset, outcome, language));
        if !ruleset.parts.is_empty() {
            let _ = write!(text, "\n\n{}", parts(&ruleset.ruleset, &ruleset.parts, language));
        }
    }
    text
}

fn precision(ruleset: &super::quality::OutcomeOfRuleset, outcome: &OutcomeReport, language: Language) -> String {
    let mut table = table(language.pick_all(
        [
            "预警等级及以上",
            "预警",
            "证实",
            "未证实",
            "未核查",
            "未到期",
            "命中率",
            "事前已预警",
            "覆盖率",
            "提前天数（中位）",
        ],
        [
            "level and above",
            "warnings",
            "confirmed",
            "refuted",
            "unchecked",
            "too early",
            "precision",
            "warned before",
            "recall",
            "lead days (median)",
        ],
    ));
    let share = |share: Option<f64>| share.map_or_else(|| "–".to_owned(), |share| format!("{:.1}%", share * 100.0));
    for row in &ruleset.precision {
        let level = language.pick(row.level.zh(), row.level.as_str());
        let lead = row.lead_days.map_or_else(|| "–".to_owned(), |[_, half, _]| format!("{half:.1}"));
        let mut add = |title: String, follow_up: &FollowUp, lead_days: String| {
            table.add_row([
                title,
                follow_up.warnings.to_string(),
                follow_up.confirmed.to_string(),
                follow_up.refuted.to_string(),
                follow_up.unchecked.to_string(),
                follow_up.too_early.to_string(),
                share(follow_up.precision),
                format!("{}/{}", follow_up.warned_before, row.positives),
                share(follow_up.recall),
                lead_days,
            ]);
        };
        add(level.to_owned(), &row.within, lead);
        if row.standing_at_the_start.warnings > 0 {
            let title = language.pick("，期初已有", ", standing at the start");
            add(format!("{level}{title}"), &row.standing_at_the_start, "–".to_owned());
        }
    }
    let zh = format!("规则集 {}：预警后 {:.0} 天内是否发现问题", ruleset.ruleset, outcome.within_days);
    let en = format!("ruleset {}: what followed its warnings within {:.0} days", ruleset.ruleset, outcome.within_days);
    format!("{}\n{table}", language.pick(&zh, &en))
}

fn parts(ruleset: &str, parts: &[PartReport], language: Language) -> String {
    let mut table = table(language.pick_all(
        ["去掉后损失", "类型", "ROC 曲线下面积", "前半期检出"],
        ["lost when left out", "kind", "ROC area", "first half"],
    ));
    for kind in ["rule", "feature"] {
        for part in parts.iter().filter(|part| part.kind == kind && part.adds_anything()).take(MAX_ROWS_SHOWN) {
            table.add_row([
                language.of(&part.title).to_owned(),
                language.pick(if kind == "rule" { "规则" } else { "指标" }, kind).to_owned(),
                signed(part.roc_area),
                signed(part.first_half),
            ]);
        }
    }
    let zh = format!("规则集 {ruleset}：各规则、指标的贡献");
    let en = format!("ruleset {ruleset}: what each rule and feature adds");
    let mut text = format!("{}\n{table}", language.pick(&zh, &en));
    let divisors: Vec<&str> = parts.iter().filter(|part| part.divides).map(|part| part.name.as_str()).collect();
    if !divisors.is_empty() {
        let words = language.pick("有规则以其作除数，无法比较", "not comparable, because a rule divides by it");
        let _ = write!(text, "\n{words}: {}", divisors.join(", "));
    }
    text
}

fn budget_text(report: &BudgetReport, language: Language) -> String {
    let budget = &report.budget;
    let level = language.pick(budget.level.zh(), budget.level.as_str());
    let every = match budget.every {
        super::super::plan::Period::Day => language.pick("每日", "a day"),
        super::super::plan::Period::Week => language.pick("每周", "a week"),
        super::super::plan::Period::Month => language.pick("每月", "a month"),
    };
    let place = report.place.as_ref().map_or("", |place| language.of(place));
    let (zh_place, en_place) = if place.is_empty() {
        (String::new(), String::new())
    } else {
        (format!("每个{place}"), format!(" for each {place}"))
    };
    let zh = format!("工作量上限：{level}及以上预警{zh_place}{every}至多 {} 条", budget.most);
    let en = format!("budget: at most {} of {level} or above {every}{en_place}", budget.most);
    let mut text = language.pick(&zh, &en).to_owned();
    for ruleset in &report.rulesets {
        let worst = ruleset.cells.first().map_or_else(String::new, |cell| {
            let place = if cell.place.is_empty() { "-" } else { &cell.place };
            let zh = format!("，最多为 {place}（{} 起）{} 条", cell.from, cell.warnings);
            language.pick(&zh, &format!("; the most is {} in {place} from {}", cell.warnings, cell.from)).to_owned()
        });
        let (name, over) = (&ruleset.ruleset, ruleset.over);
        let zh = if over == 0 {
            format!("规则集 {name}：未超")
        } else {
            format!("规则集 {name}：{over} 处超出")
        };
        let en = match over {
            0 => format!("ruleset {name}: kept"),
            1 => format!("ruleset {name}: broken once"),
            over => format!("ruleset {name}: broken {over} times"),
        };
        let _ = write!(text, "\n{}{worst}", language.pick(&zh, &en));
    }
    text
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
