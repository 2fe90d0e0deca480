//! Whether a warning and what was recomputed agree, as JSON and as text for a person.

use jiff::Timestamp;
use serde::{Serialize, Serializer};
use serde_json::Value;
use uuid::Uuid;

use crate::cli::{Language, output};
use crate::escape;
use crate::rule::Bilingual;
use crate::warning::{Level, Step, WarningEvent};
use crate::zone::Zone;

/// What a recomputation came to.
#[derive(Debug, Serialize)]
pub(super) struct Proof {
    warning_id: Uuid,
    sequence: u64,
    operator_id: String,
    step: Step,
    level: Level,
    as_of: Timestamp,
    #[serde(skip_serializing_if = "Zone::is_beijing")]
    zone: Zone,
    ruleset: String,
    text: Bilingual,
    /// Whether both parts agree.
    pub(super) agrees: bool,
    /// Everything that follows from the warning's own features.
    content: Verdict,
    /// Features, evidence and the operator's reference row, from the log.
    log: Verdict,
}

/// How two computations stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    Agree,
    Differ,
    /// They differ, but not everything that counted can be read any more.
    OutOfReach,
}

/// One comparison, part by part.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    /// What differs.
    differences: Vec<Difference>,
    /// What is to be known about the comparison.
    pub(super) remarks: Vec<Bilingual>,
    /// Whether differences say nothing, because the log is not whole any more.
    pub(super) is_out_of_reach: bool,
}

/// A part of the warning that came out otherwise.
#[derive(Debug, Serialize)]
struct Difference {
    /// Where it stands in the warning.
    part: String,
    told: Value,
    recomputed: Value,
}

impl Verdict {
    pub(super) fn compare(&mut self, part: &str, told: Value, recomputed: Value) {
        if told != recomputed {
            self.differences.push(Difference { part: part.to_owned(), told, recomputed });
        }
    }

    pub(super) fn outcome(&self) -> Outcome {
        match (self.differences.is_empty(), self.is_out_of_reach) {
            (true, _) => Outcome::Agree,
            (false, true) => Outcome::OutOfReach,
            (false, false) => Outcome::Differ,
        }
    }

    fn lines(&self, what: &str, lang: Language) -> Vec<String> {
        let outcome = match self.outcome() {
            Outcome::Agree => lang.pick("一致", "agree"),
            Outcome::Differ => lang.pick("不一致", "differ"),
            Outcome::OutOfReach => lang.pick("无法核对", "cannot be told any more"),
        };
        let mut lines = vec![lang.labelled(what, what, outcome)];
        lines.extend(self.remarks.iter().map(|remark| format!("  {}", escape::line(lang.of(remark)))));
        for difference in &self.differences {
            lines.push(format!("  {}", difference.part));
            lines.push(format!("    {}", lang.labelled("预警所载", "told", &difference.told)));
            lines.push(format!("    {}", lang.labelled("重算结果", "recomputed", &difference.recomputed)));
        }
        lines
    }
}

impl Serialize for Verdict {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Whole<'a> {
            outcome: Outcome,
            differences: &'a [Difference],
            remarks: &'a [Bilingual],
        }
        Whole { outcome: self.outcome(), differences: &self.differences, remarks: &self.remarks }.serialize(serializer)
    }
}

impl Proof {
    pub(super) fn new(told: &WarningEvent, content: Verdict, log: Verdict) -> Self {
        Self {
            warning_id: told.warning_id,
            sequence: told.sequence,
            operator_id: told.operator_id.clone(),
            step: told.step,
            level: told.level,
            as_of: told.as_of,
            zone: told.zone.clone(),
            ruleset: told.ruleset.clone(),
            text: told.text.clone(),
            agrees: content.outcome() == Outcome::Agree && log.outcome() == Outcome::Agree,
            content,
            log,
        }
    }

    pub(super) fn text(&self, lang: Language) -> String {
        let mut lines = vec![
            format!("{} {} #{}", lang.pick("预警", "warning"), self.warning_id, self.sequence),
            format!("  {}", escape::line(lang.of(&self.text))),
            lang.labelled("截至时刻", "as of", output::time_in(self.as_of, &self.zone, lang)),
            lang.labelled("规则集", "ruleset", escape::line(&self.ruleset)),
        ];
        let of_content = lang.pick(
            "按预警所载指标及其规则集重算（触发情形、分值、等级、时限、文字）",
            "from its own features and its ruleset (findings, score, level, deadline, text)",
        );
        lines.extend(self.content.lines(of_content, lang));
        let of_log =
            lang.pick("按日志重算（指标、依据记录、登记信息）", "from the log (features, evidence, reference row)");
        lines.extend(self.log.lines(of_log, lang));
        let (content, log) = (self.content.outcome(), self.log.outcome());
        lines.push(
            match (content, log) {
                (Outcome::Agree, Outcome::Agree) if self.log.remarks.is_empty() => {
                    lang.pick("结论：该预警可以完整重算", "all of it agrees")
                }
                (Outcome::Agree, Outcome::Agree) => {
                    lang.pick("结论：尚可核对的部分均一致", "all that can still be compared agrees")
                }
                (Outcome::Agree, Outcome::OutOfReach) => lang.pick(
                    "结论：按其自身内容可以重算；日志已不完整，指标无从核对",
                    "it follows from its own content; whether its features were right the log can no longer tell",
                ),
                _ => lang.pick("结论：该预警与重算结果不一致", "the warning and what was recomputed differ"),
            }
            .to_owned(),
        );
        lines.join("\n")
    }
}
