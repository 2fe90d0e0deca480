//! Words of the report in both languages.

use yujing_base::language::{Bilingual, say};
use yujing_core::feature;

use super::quality::{OutcomeReport, Ranker};
use super::{Cost, SourceRow};
use crate::phase::Phase;

/// A text with at most so many characters in each language, for a place that has room for no more.
pub fn shortened(text: &Bilingual, zh: usize, en: usize) -> Bilingual {
    Bilingual::new(cut(&text.zh, zh), cut(&text.en, en))
}

fn cut(text: &str, most: usize) -> String {
    feature::shortened(text, most).unwrap_or_else(|| text.to_owned())
}

/// What an order is called; `names` are the rulesets'.
pub fn of_ranker(ranker: &Ranker, names: &[String]) -> Bilingual {
    match ranker {
        Ranker::Ruleset(place) => {
            let name = names.get(*place).map_or("", String::as_str);
            Bilingual::new(format!("规则集 {name}"), format!("ruleset {name}"))
        }
        Ranker::SmoothedHistory => Bilingual::new("历史平滑率", "smoothed history"),
        Ranker::LastResult => Bilingual::new("上次结果", "last result"),
        Ranker::Random => Bilingual::new("随机顺序", "random order"),
        Ranker::AsItWas => Bilingual::new("实际顺序", "order really used"),
    }
}

/// How much of the past the baselines know when the first day is judged.
pub fn of_past(outcome: &OutcomeReport) -> Bilingual {
    let rows = outcome.past_rows;
    match outcome.past_from {
        Some(from) => say!(
            "历史平滑率、上次结果所依据的核查结果始于 {from}，首个判定日之前共 {rows} 条",
            "results from before the first judged day that smoothed history and last result know: {rows}, since {from}"
        ),
        None => Bilingual::new(
            "首个判定日之前没有核查结果：历史平滑率、上次结果起初没有依据",
            "there are no results from before the first judged day: smoothed history and last result know nothing at first",
        ),
    }
}

/// Which sources have lost the past that their windows, and baselines made of them, would need.
pub fn of_lost_past(sources: &[SourceRow]) -> Vec<Bilingual> {
    let lost = sources.iter().filter_map(|row| Some((&row.source, row.lost_before.as_ref()?)));
    let texts = lost.map(|(source, from)| {
        say!(
            "{source} 的日志中 {from} 以前的记录已被删除：回溯更早的指标和历史基准偏低",
            "the log of {source} lost what came before {from}: features and baselines that reach back further are too low"
        )
    });
    texts.collect()
}

/// How long the replay took, and its parts.
pub fn of_cost(cost: &Cost) -> Bilingual {
    let parts = Phase::ALL.into_iter().filter_map(|phase| Some((phase, cost.phases.get(phase.as_str())?)));
    let parts: Vec<Bilingual> = parts
        .map(|(phase, seconds)| {
            let Bilingual { zh, en } = of_phase(phase);
            say!("{zh}{seconds:.1}秒", "{en} {seconds:.1} s")
        })
        .collect();
    let listed = |part: fn(&Bilingual) -> &str, comma: &str| parts.iter().map(part).collect::<Vec<_>>().join(comma);
    let seconds = cost.seconds;
    Bilingual::new(
        format!("历时{seconds:.1}秒：{}", listed(|part| &part.zh, "，")),
        format!("took {seconds:.1} s: {}", listed(|part| &part.en, ", ")),
    )
}

fn of_phase(phase: Phase) -> Bilingual {
    match phase {
        Phase::Outcome => Bilingual::new("查询核查结果", "the outcome's query"),
        Phase::Reading => Bilingual::new("读取记录", "reading"),
        Phase::Deciding => Bilingual::new("评分和判定", "deciding"),
        Phase::Scoring => Bilingual::new("核查前评分", "scores for outcomes"),
        Phase::Statistics => Bilingual::new("统计和置信区间", "statistics"),
    }
}

/// What a column of the register is called, by which places are distinguished.
pub fn of_column(column: &str) -> Bilingual {
    match column {
        "sub_district" => Bilingual::new("街道", "sub-district"),
        "community" => Bilingual::new("社区", "community"),
        "grid" => Bilingual::new("网格", "grid"),
        "steward_tier" => Bilingual::new("包保层级", "steward tier"),
        other => other.into(),
    }
}
