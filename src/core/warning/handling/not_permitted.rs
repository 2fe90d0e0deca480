//! Why an answer is refused.

use jiff::Timestamp;
use yujing_base::language::{Bilingual, say};

use super::action::HandlingAction;
use super::state::HandlingState;
use crate::source::personal::masked_text;

/// Why a disposition may not be applied. What refuses it stands in a dead letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotPermitted {
    /// The operator has never had such a warning.
    UnknownWarning,
    /// It was done before the warning opened.
    BeforeOpened { opened_at: Timestamp },
    /// The state does not allow the action.
    State { action: HandlingAction, state: HandlingState },
    /// The role may not take the action.
    Role { action: HandlingAction, role: String },
    /// An answer that names a role and no post.
    NoPost,
    /// There is no such post.
    UnknownPost { post: String },
    /// The post has nothing to do with the warning: neither assignee nor above nor below on its ladder.
    ForeignPost { post: String },
    /// Nobody of this role stands at the post.
    RoleOfPost { role: String, post: String },
    /// An answer without a verdict.
    NoVerdict,
    /// A verdict on a finding that is not there.
    UnknownFinding { rule: String },
    /// An extension that nobody asked for.
    NotAsked,
    /// An extension without an end, or not beyond the time that there is.
    Extension { due_at: Option<Timestamp> },
    /// A transfer that names no post, or the one that has it.
    Transfer,
    /// A correction or retraction of a step that was not the last one.
    NotNewest,
}

impl NotPermitted {
    /// Every code, for metrics.
    pub const CODES: [&str; 14] = [
        "unknown_warning",
        "before_opened",
        "wrong_state",
        "role_may_not",
        "no_post",
        "unknown_post",
        "foreign_post",
        "role_not_of_post",
        "no_verdict",
        "unknown_finding",
        "extension_not_asked",
        "extension_not_later",
        "no_transfer",
        "not_newest",
    ];

    /// The code in dead letters and metrics.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownWarning => "unknown_warning",
            Self::BeforeOpened { .. } => "before_opened",
            Self::State { .. } => "wrong_state",
            Self::Role { .. } => "role_may_not",
            Self::NoPost => "no_post",
            Self::UnknownPost { .. } => "unknown_post",
            Self::ForeignPost { .. } => "foreign_post",
            Self::RoleOfPost { .. } => "role_not_of_post",
            Self::NoVerdict => "no_verdict",
            Self::UnknownFinding { .. } => "unknown_finding",
            Self::NotAsked => "extension_not_asked",
            Self::Extension { .. } => "extension_not_later",
            Self::Transfer => "no_transfer",
            Self::NotNewest => "not_newest",
        }
    }

    /// Why, in a sentence that quotes nothing personal.
    pub fn reason(&self) -> Bilingual {
        match self {
            Self::UnknownWarning => Bilingual::new("该监管对象没有这条预警", "the operator never had such a warning"),
            Self::BeforeOpened { opened_at } => {
                say!("处置时间早于预警发布时间（{opened_at}）", "it was done before the warning opened ({opened_at})")
            }
            Self::State { action, state } => {
                let (action, state) = (action.words(), state.words());
                Bilingual {
                    zh: format!("预警处于“{}”状态，不能“{}”", state.zh, action.zh),
                    en: format!("`{}` is not possible while the warning is {}", action.en, state.en),
                }
            }
            Self::Role { action, role } => {
                let (action, role) = (action.words(), masked_text(role));
                Bilingual {
                    zh: format!("岗位角色“{role}”无权“{}”", action.zh),
                    en: format!("the role `{role}` may not take the step `{}`", action.en),
                }
            }
            Self::NoPost => Bilingual::new("没有写明处置岗位", "it names no post"),
            Self::UnknownPost { post } => {
                let post = masked_text(post);
                say!("没有岗位 `{post}`", "there is no post `{post}`")
            }
            Self::ForeignPost { post } => {
                let post = masked_text(post);
                say!("这条预警与岗位 `{post}` 无关", "the warning does not concern the post `{post}`")
            }
            Self::RoleOfPost { role, post } => {
                let (role, post) = (masked_text(role), masked_text(post));
                say!("岗位 `{post}` 没有“{role}”这一角色", "nobody at the post `{post}` has the role `{role}`")
            }
            Self::NoVerdict => Bilingual::new("反馈没有写明核查结论", "an answer needs a verdict"),
            Self::UnknownFinding { rule } => {
                let rule = masked_text(rule);
                say!("这条预警没有规则 `{rule}` 的发现", "the warning shows no finding of the rule `{rule}`")
            }
            Self::NotAsked => Bilingual::new("没有人申请延期", "nobody has asked for an extension"),
            Self::Extension { due_at: Some(due) } => say!(
                "延期须写明时间，并晚于现有时限（{due}）",
                "an extension has an end, later than the present deadline ({due})"
            ),
            Self::Extension { due_at: None } => {
                Bilingual::new("这条预警没有处置时限，无需延期", "the warning has no deadline to extend")
            }
            Self::Transfer => Bilingual::new(
                "转办须写明另一个岗位",
                "a transfer names another post than the one that has the warning",
            ),
            Self::NotNewest => Bilingual::new(
                "此后已有新的处置或者新的情况，不能再撤回或更正这一步",
                "something followed upon this step: it can no longer be taken back or corrected",
            ),
        }
    }
}
