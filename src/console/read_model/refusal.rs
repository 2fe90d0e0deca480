//! Why the engine refused an answer, in words.

use serde::Serialize;
use yujing_base::language::Bilingual;

/// Why the engine refused an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// As in dead letters: `wrong_state`, ...
    pub code: String,
    pub text: Bilingual,
}

impl Refusal {
    /// Why an answer is not permitted: the code, and the words in English that the dead letter has beside it.
    pub(super) fn not_permitted(code: &str, en: &str) -> Self {
        let text = chinese(code).map_or_else(|| en.into(), |zh| Bilingual::new(zh, en));
        Self { code: code.to_owned(), text }
    }
}

/// The reason of a code of [`yujing_core::warning::handling::NotPermitted`].
fn chinese(code: &str) -> Option<&'static str> {
    Some(match code {
        "unknown_warning" => "该监管对象没有这条预警",
        "before_opened" => "处置时间早于预警发布时间",
        "wrong_state" => "预警的处置状态已经变化，不能进行这一步",
        "role_may_not" => "该岗位角色无权进行这一步",
        "no_post" => "没有写明处置岗位",
        "unknown_post" => "没有这个岗位",
        "foreign_post" => "这条预警与该岗位无关",
        "role_not_of_post" => "该岗位没有这一角色",
        "no_verdict" => "反馈没有写明核查结论",
        "unknown_finding" => "这条预警没有所填的触发情形",
        "extension_not_asked" => "没有人申请延期",
        "extension_not_later" => "延期须写明时间，并晚于现有时限",
        "no_transfer" => "转办须写明另一个岗位",
        "not_newest" => "此后已有新的处置或者新的情况，不能再撤回或更正这一步",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use yujing_core::warning::handling::NotPermitted;

    use super::*;

    #[test]
    fn every_reason_has_its_words_in_both_languages() {
        for code in NotPermitted::CODES {
            let refusal = Refusal::not_permitted(code, "it is so: why");
            assert_eq!((refusal.code.as_str(), refusal.text.en.as_str()), (code, "it is so: why"));
            assert!(!refusal.text.zh.is_ascii(), "{code}");
        }
        let later = Refusal::not_permitted("something_new", "because");
        assert_eq!(later.text, Bilingual::from("because"));
    }
}
