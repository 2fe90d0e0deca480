//! In a terminal: how the rulesets did against what was found later, and against the budget of work.

use std::fmt::Write as _;

use yujing_base::language::Language;

use super::Report;
use super::budget::BudgetReport;
use super::precision::FollowUp;
use super::quality::{OutcomeOfRuleset, OutcomeReport, PartReport};
use super::text::{MAX_ROWS_SHOWN, figure, percent, signed, table};
use super::words::{of_past, of_ranker};
use crate::plan::Period;

/// The rulesets against what was found later.
pub(super) fn outcome_text(outcome: &OutcomeReport, report: &Report, language: Language) -> String {
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

fn precision(ruleset: &OutcomeOfRuleset, outcome: &OutcomeReport, language: Language) -> String {
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

/// The work that warnings make.
pub(super) fn budget_text(report: &BudgetReport, language: Language) -> String {
    let budget = &report.budget;
    let level = language.pick(budget.level.zh(), budget.level.as_str());
    let every = match budget.every {
        Period::Day => language.pick("每日", "a day"),
        Period::Week => language.pick("每周", "a week"),
        Period::Month => language.pick("每月", "a month"),
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
