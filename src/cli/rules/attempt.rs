//! An attempt at another ruleset, followed to its end, and what it comes to in words.

use std::time::Duration;

use serde_json::Value;
use yujing_base::escape;
use yujing_core::ruleset::RulesetChange;
use yujing_core::ruleset::change::NameChanges;
use yujing_core::warning::Level;
use yujing_live::reload::difference::MovedOperator;
use yujing_live::reload::{ReloadAttempt, ReloadOutcome, ReloadStage, RulesetDifference};

use crate::client::RequestOptions;
use crate::{Context, Failure, Language, output};

/// Between two looks at an attempt.
const POLL_INTERVAL: Duration = Duration::from_millis(100);
/// What is shown of a hash.
const SHORT_HASH_CHARS: usize = 12;

impl RequestOptions {
    /// Begins an attempt, follows it, and prints its end.
    ///
    /// # Errors
    /// If the engine does not answer, or the attempt ends with a refusal.
    pub(super) fn attempt(&self, context: &Context, path: &str, body: &Value) -> Result<(), Failure> {
        let client = self.server.client(&context.config()?)?;
        let mut attempt: ReloadAttempt = client.post(path, body)?;
        let place = format!("/api/v1/ruleset/attempts/{}", attempt.number);
        let mut last_shown = None;
        while attempt.outcome.is_none() {
            let doing = doing(attempt.stage, self.lang);
            if last_shown.as_ref() != Some(&doing) && !self.json {
                output::problem(&doing);
                last_shown = Some(doing);
            }
            std::thread::sleep(POLL_INTERVAL);
            attempt = client.get(&place)?;
        }
        if self.json {
            output::json(&attempt)?;
        } else {
            output::line(&text(&attempt, self.lang))?;
        }
        if attempt.outcome != Some(ReloadOutcome::Refused) {
            return Ok(());
        }
        let reason = attempt.refusal.map_or_else(String::new, |refusal| self.lang.of(&refusal.reason).to_owned());
        Err(Failure::user(match self.lang {
            Language::Zh => format!("规则集未更换：{reason}"),
            Language::En => format!("the ruleset stays as it is: {reason}"),
        }))
    }
}

fn doing(stage: ReloadStage, lang: Language) -> String {
    match stage {
        ReloadStage::Waiting => lang.pick("等待引擎……", "waiting for the engine ..."),
        ReloadStage::Building => lang.pick("检查规则文件……", "checking the files ..."),
        ReloadStage::Testing => lang.pick("运行用例……", "running the cases ..."),
        ReloadStage::Projecting { .. } => lang.pick("试算对现有监管对象的影响……", "looking at what would change ..."),
        ReloadStage::Publishing => lang.pick("发布……", "publishing ..."),
        ReloadStage::Ended => "",
    }
    .to_owned()
}

/// What an attempt came to.
fn text(attempt: &ReloadAttempt, lang: Language) -> String {
    let hash = short(attempt.ruleset.as_deref().unwrap_or("?"));
    let headline = match attempt.outcome {
        Some(ReloadOutcome::Applied) => lang.pick("已更换规则集：", "in force now: "),
        Some(ReloadOutcome::Unchanged) => lang.pick("规则集未变，仍为：", "in force already: "),
        Some(ReloadOutcome::Projected) => lang.pick("试算（未更换）：", "only asked, nothing changed: "),
        Some(ReloadOutcome::Refused) | None => {
            let report = attempt.refusal.as_ref().map(|refusal| lang.of(&refusal.report).to_owned());
            return report.unwrap_or_default().trim_end().to_owned();
        }
    };
    let mut lines = vec![format!("{headline}{hash}")];
    lines.extend(attempt.difference.iter().flat_map(|difference| described(difference, lang)));
    lines.join("\n")
}

fn described(difference: &RulesetDifference, lang: Language) -> Vec<String> {
    let RulesetDifference { change, examples, .. } = difference;
    let mut lines = Vec::new();
    lines.extend(names(lang.pick("规则", "rules"), &change.rules, lang));
    lines.extend(names(lang.pick("指标", "features"), &change.features, lang));
    if !change.settings.is_empty() {
        lines.push(format!("{}  {}", lang.pick("设置", "settings"), change.settings.join(", ")));
    }
    lines.push(levels(change, lang));
    lines.extend(change.failures.iter().map(|(what, count)| match lang {
        Language::Zh => format!("  求值失败：{what}，{count}次"),
        Language::En => format!("  failed: {what}, {count} times"),
    }));
    lines.extend(examples.iter().map(|example| example_line(example, lang)));
    lines
}

fn names(what: &str, changes: &NameChanges, lang: Language) -> Vec<String> {
    let kinds = [
        ('+', lang.pick("新增", "added"), &changes.added),
        ('~', lang.pick("修改", "changed"), &changes.changed),
        ('-', lang.pick("删除", "removed"), &changes.removed),
    ];
    let some = kinds.into_iter().filter(|(_, _, names)| !names.is_empty());
    some.map(|(sign, kind, names)| format!("{sign} {what} {kind}: {}", names.join(", "))).collect()
}

fn levels(change: &RulesetChange, lang: Language) -> String {
    let moves: Vec<String> = change
        .levels
        .iter()
        .map(|each| format!("{} → {}: {}", level(each.from, lang), level(each.to, lang), each.operators))
        .collect();
    let (all, changed, moves) = (change.operators, change.moved(), moves.join(", "));
    match (lang, changed) {
        (Language::Zh, 0) => format!("现有监管对象{all}个，等级均不变"),
        (Language::Zh, _) => format!("现有监管对象{all}个，等级即时变动{changed}个（{moves}）"),
        (Language::En, 0) => format!("{all} operators, no level changes at once"),
        (Language::En, _) => format!("{all} operators, {changed} change their level at once ({moves})"),
    }
}

fn example_line(example: &MovedOperator, lang: Language) -> String {
    let MovedOperator { operator_id, name, sub_district, from, to, score, rules } = example;
    let place = sub_district.as_deref().unwrap_or_default();
    let name = name.as_deref().unwrap_or(lang.pick("（未登记）", "(not registered)"));
    let (from, to, rules) = (level(*from, lang), level(*to, lang), rules.join(", "));
    escape::line(&format!("  {from} → {to}  {operator_id} {place} {name}  {score}  {rules}")).into_owned()
}

fn level(level: Level, lang: Language) -> &'static str {
    lang.pick(level.zh(), level.as_str())
}

/// The beginning of a hash: enough for people.
pub(crate) fn short(hash: &str) -> &str {
    hash.get(..SHORT_HASH_CHARS).unwrap_or(hash)
}
