//! An explanation as text for a person.

use std::collections::BTreeMap;

use comfy_table::Cell;
use serde::Deserialize;
use serde_json::{Map, Value};
use yujing_base::zone::Zone;
use yujing_core::rule::Bilingual;
use yujing_core::warning::handling::Dispute;
use yujing_core::warning::{Coverage, Floor, Freshness, Given, Level, ModifierCard, Standing};

use crate::handling_view::{HandlingView, Labelled};
use crate::{Language, output};

/// The parts of an explanation that the text shows.
#[derive(Debug, Deserialize)]
pub(super) struct ExplanationView {
    operator_id: String,
    as_of: jiff::Timestamp,
    #[serde(default)]
    zone: Zone,
    score: i64,
    level: Level,
    level_by_score: Level,
    to_next: Option<i64>,
    base: i64,
    floors: Vec<Floor>,
    coverage: Coverage,
    degraded: Vec<String>,
    operator: Map<String, Value>,
    ruleset: String,
    standing: Standing,
    rules: Vec<RuleView>,
    smallest_changes: ChangesView,
}

#[derive(Debug, Deserialize)]
struct RuleView {
    #[serde(rename = "rule")]
    id: String,
    title: Bilingual,
    outcome: String,
    points: i64,
    counted: i64,
    #[serde(default)]
    disputed: bool,
    #[serde(default)]
    given: Option<Given>,
    #[serde(default)]
    modifiers: Vec<ModifierCard>,
    reads: BTreeMap<String, Value>,
    decided_by: Vec<ConditionView>,
    because: Option<Bilingual>,
    failure: Option<String>,
}

/// A part of a rule's condition that decided it.
#[derive(Debug, Deserialize)]
struct ConditionView {
    text: String,
    holds: bool,
    left: Value,
    right: Option<Value>,
    distance: Option<f64>,
}

#[derive(Debug, Deserialize)]
struct ChangesView {
    raise: Option<ChangeView>,
    lower: Option<ChangeView>,
}

#[derive(Debug, Deserialize)]
struct ChangeView {
    title: Bilingual,
    from: Value,
    to: Value,
    score: i64,
    level: Level,
}

impl ExplanationView {
    pub(super) fn text(&self, lang: Language) -> String {
        let mut lines = vec![
            self.headline(lang),
            lang.labelled("截至时刻", "as of", output::time_in(self.as_of, &self.zone, lang)),
            lang.labelled("静态基础分", "base points", self.base),
        ];
        if !self.floors.is_empty() {
            let floor = |floor: &Floor| match lang {
                Language::Zh => format!("{}（{}）", floor.level.zh(), floor.rule),
                Language::En => format!("{} ({})", floor.level.as_str(), floor.rule),
            };
            let floors: Vec<_> = self.floors.iter().map(floor).collect();
            lines.push(lang.labelled("直接定级", "floors", lang.joined(&floors)));
        }
        if self.level != self.level_by_score {
            let alone = level(self.level_by_score, lang);
            lines.push(lang.labelled("仅按当前分值和直接定级应为", "by score and floors alone it would be", alone));
        }
        if let Some(points) = self.to_next {
            lines.push(lang.labelled("距上一等级尚差分值", "points to the next level", points));
        }
        lines.extend(self.changes(lang));
        lines.push(lang.labelled("数据齐备度", "coverage", self.coverage_text(lang)));
        if !self.degraded.is_empty() {
            let why = self.degraded.join(lang.pick("；", "; "));
            lines.push(lang.labelled("评分可能偏低", "the score may be too low", why));
        }
        lines.extend(self.handling(lang));
        lines.push(lang.labelled("规则集", "ruleset", &self.ruleset));
        lines.push(self.table(lang));
        lines.join("\n")
    }

    /// What is done about the open warning.
    fn handling(&self, lang: Language) -> Vec<String> {
        let open = self.standing.warning.as_ref();
        let Some(handling) = open.and_then(|warning| warning.handling.as_deref()) else { return Vec::new() };
        let view = HandlingView { handling, zone: &self.zone, lang };
        view.lines().into_iter().map(|Labelled { label, value }| lang.labelled(label, label, value)).collect()
    }

    fn headline(&self, lang: Language) -> String {
        let name = self.operator.get("name").and_then(Value::as_str);
        let name = name.unwrap_or(lang.pick("（未登记）", "(not registered)"));
        let (id, score, level) = (&self.operator_id, self.score, level(self.level, lang));
        match lang {
            Language::Zh => format!("{id} {name}：风险分 {score}，等级 {level}"),
            Language::En => format!("{id} {name}: score {score}, level {level}"),
        }
    }

    /// The smallest single change that would move the level, to either side.
    fn changes(&self, lang: Language) -> Vec<String> {
        let sides = [
            (&self.smallest_changes.raise, "等级上升的最小变化", "smallest change that would raise the level"),
            (&self.smallest_changes.lower, "等级下降的最小变化", "smallest change that would lower the level"),
        ];
        let line = |(change, zh, en): (&Option<ChangeView>, &str, &str)| {
            let ChangeView { title, from, to, score, level: reached } = change.as_ref()?;
            let (title, from, to, reached) =
                (lang.of(title), shown(from, lang), shown(to, lang), level(*reached, lang));
            let reached = match lang {
                Language::Zh => format!("{title} {from} → {to}，{reached}（{score}分）"),
                Language::En => format!("{title} {from} → {to}, {reached} ({score} points)"),
            };
            Some(lang.labelled(zh, en, reached))
        };
        sides.into_iter().filter_map(line).collect()
    }

    fn coverage_text(&self, lang: Language) -> String {
        let one = |(source, freshness): (&String, &Freshness)| format!("{source} {}", lang.of(&freshness.words()));
        lang.joined(&self.coverage.iter().map(one).collect::<Vec<_>>())
    }

    /// Why a finding counts for nothing, and when it counts again at the latest.
    fn dispute_of(&self, rule: &RuleView, lang: Language) -> Option<String> {
        let words = rule.disputed.then(|| output::disputed(lang))?;
        let dispute = self.standing.disputes.iter().find(|dispute| dispute.ground.rule == rule.id);
        Some(dispute.map_or_else(
            || words.to_owned(),
            |Dispute { until, .. }| {
                let until = output::time_in(*until, &self.zone, lang);
                match lang {
                    Language::Zh => format!("{words}；有新的依据即重新计分，最迟至{until}"),
                    Language::En => format!("{words}; it counts again on new evidence, or at {until}"),
                }
            },
        ))
    }

    fn table(&self, lang: Language) -> String {
        let mut table = output::table([
            lang.pick("规则", "rule"),
            lang.pick("结果", "outcome"),
            lang.pick("计分/得分", "counted/given"),
            lang.pick("读取的指标值与判定依据", "values read, and what decided"),
            lang.pick("说明", "because"),
        ]);
        for rule in &self.rules {
            let points =
                if rule.outcome == "fired" { format!("{}/{}", rule.counted, rule.points) } else { String::new() };
            table.add_row([
                Cell::new(format!("{}\n{}", lang.of(&rule.title), rule.id)),
                Cell::new(outcome(&rule.outcome, lang)),
                Cell::new(points),
                Cell::new(rule.values(lang)),
                Cell::new(rule.words(self.dispute_of(rule, lang), lang)),
            ]);
        }
        table.to_string()
    }
}

impl RuleView {
    /// Why it fired or failed, and counts for nothing; then the modifiers that apply, and what the rule gave without them.
    fn words(&self, disputed: Option<String>, lang: Language) -> String {
        let because = self.because.as_ref().map(|because| lang.of(because).to_owned());
        let modifiers = self.modifiers.iter().map(|card| lang.of(&card.words()).to_owned());
        let given = self.given.as_ref().map(|Given { points, floor, deadline }| {
            let floor = floor.map_or(lang.pick("无", "none"), |floor| level(floor, lang));
            match lang {
                Language::Zh => format!("调整前：{points}分，直接定级{floor}，时限{deadline}"),
                Language::En => format!("before: {points} points, floor {floor}, within {deadline}"),
            }
        });
        let because = because.or_else(|| self.failure.clone());
        because.into_iter().chain(disputed).chain(modifiers).chain(given).collect::<Vec<_>>().join("\n")
    }

    fn values(&self, lang: Language) -> String {
        let one = |(name, value): (&String, &Value)| format!("{name} = {}", shown(value, lang));
        let decided = self.decided_by.iter().map(|part| part.line(lang));
        self.reads.iter().map(one).chain(decided).collect::<Vec<_>>().join("\n")
    }
}

impl ConditionView {
    /// Whether it holds, what it compares, and how far it is from turning.
    fn line(&self, lang: Language) -> String {
        let sign = if self.holds { "✓" } else { "✗" };
        let values = match &self.right {
            Some(right) => format!("{} | {}", shown(&self.left, lang), shown(right, lang)),
            None => shown(&self.left, lang),
        };
        let distance = self.distance.map(|distance| match lang {
            Language::Zh => format!("，差{distance}即反转"),
            Language::En => format!(", turns at {distance} more or less"),
        });
        format!("{sign} {} [{values}{}]", self.text, distance.unwrap_or_default())
    }
}

fn shown(value: &Value, lang: Language) -> String {
    match value {
        Value::Null => lang.pick("未知", "unknown").to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn level(level: Level, lang: Language) -> &'static str {
    lang.pick(level.zh(), level.as_str())
}

fn outcome(outcome: &str, lang: Language) -> &str {
    let zh = match outcome {
        "fired" => "触发",
        "quiet" => "未触发",
        "failed" => "执行失败",
        "not in force" => "未启用",
        other => other,
    };
    lang.pick(zh, outcome)
}
