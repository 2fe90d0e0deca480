//! What a report says, in both languages. Values stay as they are written in case files, so that they can be found
//! there.

use serde_json::Value;
use yujing_core::rule::Status;
use yujing_workbench::case::{CaseDifference, CaseKind, ExecutionMode, Reason, Subject};

use super::failure;
use crate::{Language, output};

/// What differs: the key of case files, and what it is called.
pub(super) fn subject(difference: &CaseDifference, rule: &str, lang: Language) -> String {
    let zh = match difference.subject {
        Subject::Fired => "触发",
        Subject::Points => "分值",
        Subject::Floor => "直接定级",
        Subject::Because => "理由",
        Subject::Evidence => "依据记录",
        Subject::Findings => "触发情形",
        Subject::Base => "基础分",
        Subject::Score => "风险分",
        Subject::Level => "等级",
        Subject::Lifecycle => "预警环节",
        Subject::DueAt => "处置时限",
        Subject::DueProvisional => "处置时限是否暂定",
        Subject::Handling => "处置状态",
        Subject::Assignee => "承办岗位",
        Subject::Copies => "抄送岗位",
        Subject::Overdue => "超期时限",
        Subject::AcknowledgeBy => "签收时限",
        Subject::HandlingSteps => "处置环节",
        Subject::Refused => "不予采纳的反馈",
        Subject::Features => "指标",
        Subject::Degraded => "评分不完整",
    };
    let key = match (&difference.of, difference.subject) {
        (Some(feature), Subject::Features) => feature.clone(),
        (Some(other), subject) if other != rule => format!("rules.{other}.{}", subject.as_str()),
        (_, subject) => subject.as_str().to_owned(),
    };
    match lang {
        Language::Zh => format!("{zh} {key}"),
        Language::En => key,
    }
}

/// A value as a case file has it.
pub(super) fn value(value: &Value, lang: Language) -> String {
    match value {
        Value::Null => lang.pick("没有", "nothing").to_owned(),
        Value::String(text) => match text.parse::<jiff::Timestamp>() {
            Ok(time) => output::time(time),
            Err(_) => text.clone(),
        },
        Value::Array(items) if items.is_empty() => lang.pick("没有", "none").to_owned(),
        Value::Array(items) => {
            items.iter().map(|item| self::value(item, lang)).collect::<Vec<_>>().join(lang.pick("、", ", "))
        }
        Value::Object(texts) => {
            let text = texts.get(lang.pick("zh", "en")).and_then(Value::as_str);
            text.map_or_else(|| value.to_string(), str::to_owned)
        }
        other => other.to_string(),
    }
}

/// How a case was run, as the middle of a sentence.
pub(super) fn mode(mode: ExecutionMode, lang: Language) -> &'static str {
    match mode {
        ExecutionMode::AsWritten => lang.pick("按所写顺序", "as written"),
        ExecutionMode::Duplicated => lang.pick("每条记录重复送达", "with every record delivered twice"),
        ExecutionMode::OneBatch => lang.pick("同一时刻的记录合为一批", "with the records of one instant in one batch"),
        ExecutionMode::Shuffled => {
            lang.pick("打乱同一时刻记录的先后", "with the records of one instant in another order")
        }
        ExecutionMode::Restarted => lang.pick("每一步之前重启引擎", "with the engine restarted before every entry"),
    }
}

/// The same in a list.
pub(super) fn mode_name(mode: ExecutionMode, lang: Language) -> &'static str {
    match mode {
        ExecutionMode::AsWritten => lang.pick("按所写", "as written"),
        ExecutionMode::Duplicated => lang.pick("重复送达", "duplicated"),
        ExecutionMode::OneBatch => lang.pick("同刻合批", "in one batch"),
        ExecutionMode::Shuffled => lang.pick("同刻乱序", "shuffled"),
        ExecutionMode::Restarted => lang.pick("逐步重启", "restarted"),
    }
}

/// Why a rule was not asked.
pub(super) fn why(why: &Reason, lang: Language) -> String {
    match (why, lang) {
        (Reason::Draft, Language::Zh) => "规则是草稿：status = \"draft\"".to_owned(),
        (Reason::Draft, Language::En) => "the rule is a draft: status = \"draft\"".to_owned(),
        (Reason::Retired, Language::Zh) => "规则已停用：status = \"retired\"".to_owned(),
        (Reason::Retired, Language::En) => "the rule is retired: status = \"retired\"".to_owned(),
        (Reason::NotInForceOn(day), Language::Zh) => {
            format!("规则在{day}不在施行期内：请核对 effective_from 和 effective_to")
        }
        (Reason::NotInForceOn(day), Language::En) => {
            format!("the rule is not in force on {day}: see effective_from and effective_to")
        }
        (Reason::CalendarWithout(year), Language::Zh) => {
            format!("calendar.toml 没有{year}年：暂按周一至周五为工作日推算，须加写 due_provisional = true")
        }
        (Reason::CalendarWithout(year), Language::En) => format!(
            "calendar.toml has no {year}: Monday to Friday are counted for now; a case says so by due_provisional = true"
        ),
        (Reason::Failed(reason), Language::Zh) => format!("执行失败，{}", failure::zh(reason)),
        (Reason::Failed(reason), Language::En) => format!("it failed: {reason}"),
        (Reason::Unregistered, Language::Zh) => "登记信息中没有该监管对象".to_owned(),
        (Reason::Unregistered, Language::En) => "the register has no row of the operator".to_owned(),
        (Reason::NoRecord(source), Language::Zh) => format!("截至此时，保留期内没有 {source} 的记录"),
        (Reason::NoRecord(source), Language::En) => {
            format!("no record of {source} is there by then, within its retention")
        }
        (Reason::NoneCounts(source, records), Language::Zh) => {
            format!(
                "有 {source} 的记录{records}条，但指标未从中得出值：请核对 WHERE、FILTER、时间窗口，以及所取字段是否为空"
            )
        }
        (Reason::NoneCounts(source, records), Language::En) => format!(
            "{source} has {records} records by then, and the feature makes nothing of them: look at WHERE, FILTER, the window, and \
             whether the field has a value"
        ),
    }
}

pub(super) fn kind(kind: CaseKind, lang: Language) -> &'static str {
    let zh = match kind {
        CaseKind::Positive => "应当触发",
        CaseKind::Negative => "不应触发",
        CaseKind::Boundary => "临界",
        CaseKind::Retraction => "撤回更正",
    };
    lang.pick(zh, kind.as_str())
}

pub(super) fn status(status: Status, lang: Language) -> &'static str {
    match status {
        Status::Draft => lang.pick("草稿", "draft"),
        Status::Active => lang.pick("启用", "active"),
        Status::Retired => lang.pick("停用", "retired"),
    }
}
