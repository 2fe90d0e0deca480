//! One lifecycle event of a warning in full, as a page for people: what is to be done until when, and all that proves
//! it.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};
use uuid::Uuid;
use yujing_base::zone::Zone;
use yujing_core::feature::{Evidence, EvidenceEvent};
use yujing_core::rule::{Basis, Bilingual, Deadline};
use yujing_core::warning::{
    Coverage, Finding, Floor, Freshness, Given, Handling, Level, Modified, ModifierCard, ProvisionalDue, Step,
};
use yujing_workbench::catalogue::deadline_words;

use super::handling_view::{HandlingView, Labelled};
use super::{Language, output, record};

/// How many events a page names behind one feature; the others are in the record.
const MAX_EVENTS_NAMED: usize = 3;
/// The width of the column of labels, on a terminal where a Chinese character takes two places.
const LABEL_WIDTH: usize = 14;

/// What a page shows of a warning's event.
#[derive(Debug, Deserialize)]
pub struct WarningPage {
    warning_id: Uuid,
    sequence: u64,
    operator_id: String,
    step: Step,
    from: Level,
    level: Level,
    as_of: Timestamp,
    opened_at: Timestamp,
    due_at: Option<Timestamp>,
    due_provisional: Option<ProvisionalDue>,
    /// None where the ruleset says nothing of handling.
    handling: Option<Handling>,
    #[serde(default)]
    zone: Zone,
    text: Bilingual,
    score: i64,
    base: i64,
    to_next: Option<i64>,
    findings: Vec<Finding>,
    floors: Vec<Floor>,
    features: Map<String, Value>,
    coverage: Coverage,
    degraded: Vec<String>,
    operator: Map<String, Value>,
    ruleset: String,
}

impl WarningPage {
    /// Reads the value of a record on the warnings topic; hidden characters are escaped.
    ///
    /// # Errors
    /// What is not as expected.
    pub fn parse(payload: &[u8]) -> Result<Self, String> {
        record::parse(payload)
    }

    /// The page, without a newline at its end.
    pub fn text(&self, lang: Language) -> String {
        let mut lines = vec![lang.of(&self.text).to_owned(), String::new()];
        let mut say = |zh, en, value: String| lines.push(line(0, lang.pick(zh, en), &value));
        say("预警编号", "warning", self.identity(lang));
        say("监管对象", "operator", self.operator(lang));
        say("风险等级", "level", self.level(lang));
        say("风险分", "score", self.score(lang));
        say("发布时间", "opened at", output::time_in(self.opened_at, &self.zone, lang));
        if let Some(due) = self.due_at {
            let caution = match self.due_provisional {
                Some(_) => {
                    lang.pick("（暂定，放假安排尚未列入工作日历）", " (provisional: the calendar lacks these days)")
                }
                None => "",
            };
            say("处置时限", "due at", output::time_in(due, &self.zone, lang) + caution);
        }
        if let Some(handling) = &self.handling {
            let view = HandlingView { handling, zone: &self.zone, lang };
            lines.extend(view.lines().into_iter().map(|Labelled { label, value }| line(0, label, &value)));
        }
        for finding in &self.findings {
            lines.extend(self.finding(finding, lang));
        }
        let mut say = |zh, en, value: String| lines.push(line(0, lang.pick(zh, en), &value));
        say("数据齐备度", "coverage", self.coverage(lang));
        if !self.degraded.is_empty() {
            say("分值可能偏低", "may be too low", self.degraded.join(lang.pick("；", "; ")));
        }
        say("规则集", "ruleset", self.ruleset.clone());
        say("截至时刻", "as of", output::time_in(self.as_of, &self.zone, lang));
        lines.join("\n")
    }

    fn identity(&self, lang: Language) -> String {
        let (id, sequence, step) = (self.warning_id, self.sequence, lang.pick(self.step.zh(), self.step.as_str()));
        match lang {
            Language::Zh => format!("{id}，第{sequence}条：{step}"),
            Language::En => format!("{id}, event {sequence}: {step}"),
        }
    }

    fn operator(&self, lang: Language) -> String {
        let attribute = |name: &str| self.operator.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let name = attribute("name").unwrap_or(lang.pick("（未登记）", "(not registered)"));
        let mut parts = vec![match lang {
            Language::Zh => format!("{name}（{}）", self.operator_id),
            Language::En => format!("{name} ({})", self.operator_id),
        }];
        let labelled = [
            ("sub_district", "街道", "sub-district"),
            ("community", "社区", "community"),
            ("grid", "网格", "grid"),
            ("steward_tier", "包保层级", "steward tier"),
        ];
        let known = |(field, zh, en): (&str, &'static str, &'static str)| {
            Some(format!("{} {}", lang.pick(zh, en), attribute(field)?))
        };
        parts.extend(labelled.into_iter().filter_map(known));
        parts.join(lang.pick("，", ", "))
    }

    fn level(&self, lang: Language) -> String {
        let word = |level: Level| lang.pick(level.zh(), level.as_str());
        let floor = |floor: &Floor| {
            let title = self.findings.iter().find(|finding| finding.rule.id == floor.rule);
            let title = title.map_or(floor.rule.as_str(), |finding| lang.of(&finding.rule.title));
            match lang {
                Language::Zh => format!("直接定级：{}（{title}）", word(floor.level)),
                Language::En => format!("floor {} ({title})", word(floor.level)),
            }
        };
        let change = format!("{} → {}", word(self.from), word(self.level));
        let parts: Vec<_> = std::iter::once(change).chain(self.floors.iter().map(floor)).collect();
        parts.join(lang.pick("；", "; "))
    }

    fn score(&self, lang: Language) -> String {
        let (score, base) = (self.score, self.base);
        let counted: i64 = self.findings.iter().map(|finding| finding.counted).sum();
        let next = self.to_next.map(|points| match lang {
            Language::Zh => format!("；距上一等级{points}分"),
            Language::En => format!("; {points} points to the next level"),
        });
        let sum = match lang {
            Language::Zh => format!("{score} = 静态基础分{base} + 触发情形{counted}"),
            Language::En => format!("{score} = base {base} + findings {counted}"),
        };
        sum + next.as_deref().unwrap_or_default()
    }

    fn finding(&self, finding: &Finding, lang: Language) -> Vec<String> {
        let Finding { points, counted, disputed, .. } = finding;
        let title = lang.of(&finding.rule.title);
        let weight = match lang {
            Language::Zh if *disputed => format!("{title}，{points}分，{}", output::disputed(lang)),
            Language::En if *disputed => format!("{title}: {points} points; {}", output::disputed(lang)),
            Language::Zh if points == counted => format!("{title}，{points}分"),
            Language::Zh => format!("{title}，{points}分，按类别封顶计{counted}分"),
            Language::En if points == counted => format!("{title}: {points} points"),
            Language::En => format!("{title}: {points} points, {counted} counted under the family's cap"),
        };
        let deadline = deadline_text(finding.deadline(), lang);
        let action = match lang {
            Language::Zh => format!("{}（时限：{deadline}）", finding.rule.action.zh),
            Language::En => format!("{} (within {deadline})", finding.rule.action.en),
        };
        let basis: Vec<_> = finding.rule.basis.iter().map(|basis| law(basis, lang)).collect();
        let mut lines = vec![
            line(0, lang.pick("触发情形", "finding"), &weight),
            line(1, lang.pick("说明", "because"), lang.of(&finding.because)),
            line(1, lang.pick("处置措施", "action"), &action),
            line(1, lang.pick("依据", "basis"), &basis.join(lang.pick("；", "; "))),
        ];
        if let Some(modified) = &finding.modified {
            lines.extend(modifier_lines(modified, lang));
        }
        for (feature, evidence) in finding.evidence.iter().flatten() {
            lines.push(line(1, lang.pick("依据记录", "evidence"), &self.evidence(feature, evidence, lang)));
        }
        lines
    }

    fn evidence(&self, feature: &str, evidence: &Evidence, lang: Language) -> String {
        let value = match self.features.get(feature) {
            None | Some(Value::Null) => lang.pick("未知", "unknown").to_owned(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        };
        let one = |event: &EvidenceEvent| {
            let (source, id, at) =
                (&event.source, &event.event_id, output::time_in(event.occurred_at, &self.zone, lang));
            match lang {
                Language::Zh => format!("{source} {id}（{at}）"),
                Language::En => format!("{source} {id} ({at})"),
            }
        };
        let mut events: Vec<_> = evidence.newest.iter().take(MAX_EVENTS_NAMED).map(one).collect();
        let others = evidence.total - (events.len() as u64).min(evidence.total);
        if others > 0 {
            events.push(match lang {
                Language::Zh => format!("另有{others}条"),
                Language::En => format!("{others} more"),
            });
        }
        let events = events.join(lang.pick("、", ", "));
        format!("{feature} = {value}{}{events}", lang.pick("：", ": "))
    }

    fn coverage(&self, lang: Language) -> String {
        let one = |(source, freshness): (&String, &Freshness)| format!("{source} {}", lang.of(&freshness.words()));
        self.coverage.iter().map(one).collect::<Vec<_>>().join(lang.pick("，", ", "))
    }
}

fn law(basis: &Basis, lang: Language) -> String {
    let unconfirmed = if basis.confirmed { "" } else { lang.pick("（未核实）", " (not checked)") };
    format!("{} {}{unconfirmed}", basis.law, basis.article)
}

/// A label and its value, the values of all lines one below the other.
fn line(indent: usize, label: &str, value: &str) -> String {
    let indent = 2 * (indent + 1);
    let places: usize = label.chars().map(|letter| if letter.is_ascii() { 1 } else { 2 }).sum();
    let gap = (LABEL_WIDTH + 2).saturating_sub(indent + places).max(1);
    format!("{:indent$}{label}{:gap$}{value}", "", "")
}

/// The modifiers of a finding with what they rest on, and what the rule gave without them.
fn modifier_lines(modified: &Modified, lang: Language) -> Vec<String> {
    let one = |card: &Arc<ModifierCard>| {
        let basis: Vec<_> = card.basis.iter().map(|basis| law(basis, lang)).collect();
        let (words, basis) = (card.words(), basis.join(lang.pick("；", "; ")));
        let words = match lang {
            Language::Zh => format!("{}（{}：{basis}）", words.zh, lang.of(&card.kind.words())),
            Language::En => format!("{} ({}: {basis})", words.en, lang.of(&card.kind.words())),
        };
        line(1, lang.pick("调整", "modifier"), &words)
    };
    let Given { points, floor, deadline } = &modified.given;
    let deadline = deadline_text(deadline, lang);
    let given = match (lang, floor) {
        (Language::Zh, Some(floor)) => format!("{points}分，直接定级{}，时限{deadline}", floor.zh()),
        (Language::Zh, None) => format!("{points}分，时限{deadline}"),
        (Language::En, Some(floor)) => format!("{points} points, floor {floor}, within {deadline}"),
        (Language::En, None) => format!("{points} points, within {deadline}"),
    };
    let given = line(1, lang.pick("调整前", "before"), &given);
    modified.modifiers.iter().map(one).chain(std::iter::once(given)).collect()
}

/// A deadline in words; as it is written if this program does not know the form.
fn deadline_text(deadline: &str, lang: Language) -> String {
    Deadline::parse(deadline).map_or_else(|_| deadline.to_owned(), |known| lang.of(&deadline_words(known)).to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The golden event of the records' tests, changed.
    fn page(change: impl FnOnce(&mut Value)) -> WarningPage {
        let golden = include_str!("../core/warning/record/snapshots/yujing_core__warning__record__tests__opened.snap");
        let mut event = serde_json::from_str(golden.splitn(3, "---\n").nth(2).expect("a golden file")).expect("JSON");
        change(&mut event);
        WarningPage::parse(event.to_string().as_bytes()).expect("a warning")
    }

    #[test]
    fn what_is_capped_unknown_left_out_or_too_low_is_said_in_both_languages() {
        let page = page(|event| {
            event["findings"][0]["counted"] = json!(30);
            event["findings"][0]["evidence"]["pest_complaints_7d"]["total"] = json!(9);
            event["features"]["pest_complaints_7d"] = Value::Null;
            event["operator"] = json!({ "registered": false });
            event["degraded"] = json!(["rule x failed"]);
        });
        let (zh, en) = (page.text(Language::Zh), page.text(Language::En));
        for words in [
            "（未登记）（JY21201030043213）",
            "40分，按类别封顶计30分",
            "；距上一等级28分",
            "pest_complaints_7d = 未知：complaints c1（2026-03-03 09:00:00）、另有8条",
            "分值可能偏低  rule x failed",
            "lab-samples 从未接入",
        ] {
            assert!(zh.contains(words), "no `{words}` in\n{zh}");
        }
        for words in [
            "(not registered) (JY21201030043213)",
            "40 points, 30 counted under the family's cap",
            "; 28 points to the next level",
            "pest_complaints_7d = unknown: complaints c1 (2026-03-03 09:00:00 Beijing time), 8 more",
            "may be too low",
            "lab-samples never heard",
        ] {
            assert!(en.contains(words), "no `{words}` in\n{en}");
        }
    }

    #[test]
    fn what_a_verdict_called_unfounded_is_said_to_count_for_nothing() {
        let page = page(|event| {
            event["findings"][0]["counted"] = json!(0);
            event["findings"][0]["disputed"] = json!(true);
        });
        let (zh, en) = (page.text(Language::Zh), page.text(Language::En));
        assert!(zh.contains("40分，经核查不属实（已审核），不计分"), "{zh}");
        assert!(en.contains("40 points; found unfounded and reviewed, so it does not count"), "{en}");
    }

    #[test]
    fn the_page_tells_times_where_the_record_says_that_the_office_is() {
        let page = page(|event| event["zone"] = json!("America/Chicago"));
        let (zh, en) = (page.text(Language::Zh), page.text(Language::En));
        for at in ["2026-03-02 19:00:00", "2026-03-03 19:00:00"] {
            assert!(zh.contains(&format!("{at} America/Chicago 时间")), "{zh}");
            assert!(en.contains(&format!("{at} America/Chicago time")), "{en}");
        }
    }

    #[test]
    fn text_of_others_adds_no_line_to_the_page_and_does_not_reach_the_terminal() {
        let hostile = "x\u{1b}]0;t\u{7}\n  risk level     none → none\u{202e}";
        let plain = page(|event| event["operator"]["name"] = json!("x")).text(Language::En);
        let shown = page(|event| {
            event["operator"]["name"] = json!(hostile);
            event["text"]["en"] = json!(hostile);
            event["findings"][0]["because"]["en"] = json!(hostile);
        })
        .text(Language::En);
        assert_eq!(shown.lines().count(), plain.lines().count(), "{shown}");
        assert!(!shown.contains(|it: char| it != '\n' && it.is_control() || it == '\u{202e}'), "{shown:?}");
    }

    #[test]
    fn a_record_of_another_kind_says_what_is_missing() {
        let reason = WarningPage::parse(br#"{"operator_id":"x"}"#).expect_err("it is no warning");
        assert!(reason.contains("missing field"), "{reason}");
    }
}
