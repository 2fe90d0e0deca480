//! Whether a warning and what was recomputed agree, as JSON and as text for a person.

use jiff::Timestamp;
use serde::{Serialize, Serializer};
use serde_json::Value;
use uuid::Uuid;
use yujing_base::escape;
use yujing_base::zone::Zone;
use yujing_core::rule::Bilingual;
use yujing_core::warning::{Level, Step, WarningEvent};

use crate::{Language, output};

/// A recorded warning against what was recomputed.
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
    content: ProofPart,
    /// Features, evidence and the operator's reference row, from the log.
    log: ProofPart,
}

/// Whether what was recorded and what was recomputed agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ProofOutcome {
    Agree,
    Differ,
    /// They differ, but not everything that counted can be read any more.
    OutOfReach,
}

/// One of the two recomputations: what differs in it.
#[derive(Debug, Default)]
pub(super) struct ProofPart {
    /// What differs.
    differences: Vec<ProofDifference>,
    /// What is to be known about the comparison.
    pub(super) remarks: Vec<Bilingual>,
    /// Whether differences say nothing, because the log is not whole any more.
    pub(super) is_out_of_reach: bool,
}

/// A value of the warning that came out otherwise.
#[derive(Debug, Serialize)]
struct ProofDifference {
    /// Where it stands in the warning.
    part: String,
    #[serde(rename = "told")]
    recorded: Value,
    recomputed: Value,
}

impl ProofPart {
    pub(super) fn compare(&mut self, part: &str, recorded: Value, recomputed: Value) {
        if recorded != recomputed {
            self.differences.push(ProofDifference { part: part.to_owned(), recorded, recomputed });
        }
    }

    pub(super) fn outcome(&self) -> ProofOutcome {
        match (self.differences.is_empty(), self.is_out_of_reach) {
            (true, _) => ProofOutcome::Agree,
            (false, true) => ProofOutcome::OutOfReach,
            (false, false) => ProofOutcome::Differ,
        }
    }

    fn lines(&self, title: &str, lang: Language) -> Vec<String> {
        let outcome = match self.outcome() {
            ProofOutcome::Agree => lang.pick("一致", "agree"),
            ProofOutcome::Differ => lang.pick("不一致", "differ"),
            ProofOutcome::OutOfReach => lang.pick("无法核对", "cannot be told any more"),
        };
        let mut lines = vec![lang.labelled(title, title, outcome)];
        lines.extend(self.remarks.iter().map(|remark| format!("  {}", escape::line(lang.of(remark)))));
        for difference in &self.differences {
            lines.push(format!("  {}", difference.part));
            lines.push(format!("    {}", lang.labelled("预警所载", "told", &difference.recorded)));
            lines.push(format!("    {}", lang.labelled("重算结果", "recomputed", &difference.recomputed)));
        }
        lines
    }
}

impl Serialize for ProofPart {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Whole<'a> {
            outcome: ProofOutcome,
            differences: &'a [ProofDifference],
            remarks: &'a [Bilingual],
        }
        Whole { outcome: self.outcome(), differences: &self.differences, remarks: &self.remarks }.serialize(serializer)
    }
}

impl Proof {
    pub(super) fn new(recorded: &WarningEvent, content: ProofPart, log: ProofPart) -> Self {
        Self {
            warning_id: recorded.warning_id,
            sequence: recorded.sequence,
            operator_id: recorded.operator_id.to_string(),
            step: recorded.step,
            level: recorded.level,
            as_of: recorded.as_of,
            zone: recorded.zone.clone(),
            ruleset: recorded.ruleset.to_string(),
            text: recorded.text.clone(),
            agrees: content.outcome() == ProofOutcome::Agree && log.outcome() == ProofOutcome::Agree,
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
                (ProofOutcome::Agree, ProofOutcome::Agree) if self.log.remarks.is_empty() => {
                    lang.pick("结论：该预警可以完整重算", "all of it agrees")
                }
                (ProofOutcome::Agree, ProofOutcome::Agree) => {
                    lang.pick("结论：尚可核对的部分均一致", "all that can still be compared agrees")
                }
                (ProofOutcome::Agree, ProofOutcome::OutOfReach) => lang.pick(
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
