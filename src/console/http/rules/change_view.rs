//! A change as pages show it: what stands in it, and what the caller may do with it now.

use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;
use yujing_base::language::Bilingual;

use super::super::guard::Caller;
use crate::access::Permission;
use crate::store::change::{Change, ChangeState, ChangeStep};
use crate::studio::folder::{FileKind, FolderState, hash};
use crate::studio::moved::{MovedFile, moved};

/// What may be done with a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum ChangeAction {
    Edit,
    Propose,
    Withdraw,
    Approve,
    Refuse,
    Rebase,
    Trial,
    Shadow,
}

/// A change in a list.
#[derive(Debug, Serialize)]
pub(super) struct ChangeSummary {
    id: Uuid,
    title: String,
    reason: String,
    state: ChangeState,
    author: String,
    author_name: String,
    created_at: Timestamp,
    changed_at: Timestamp,
    revision: i64,
    paths: Vec<String>,
    outdated: bool,
    may: Vec<ChangeAction>,
}

/// A whole change.
#[derive(Debug, Serialize)]
pub(super) struct ChangeView {
    #[serde(flatten)]
    summary: ChangeSummary,
    base_version: String,
    files: Vec<FileView>,
    steps: Vec<ChangeStep>,
    moved: Vec<MovedFile>,
    why_not: Option<Bilingual>,
    failure: Option<Bilingual>,
    ruleset: Option<String>,
}

#[derive(Debug, Serialize)]
struct FileView {
    path: String,
    kind: FileKind,
    base: Option<String>,
    base_hash: Option<String>,
    text: Option<String>,
}

/// Who looks at changes, and at which folder.
#[derive(Clone, Copy)]
pub(super) struct Viewer<'a> {
    pub(super) caller: &'a Caller,
    pub(super) folder: &'a FolderState,
    /// Whether changes can be tried live.
    pub(super) has_candidate: bool,
    /// Whether a change was examined as it stands, and found in order.
    pub(super) has_passed: &'a dyn Fn(&Change) -> bool,
}

impl Viewer<'_> {
    pub(super) fn summary(&self, change: Change) -> ChangeSummary {
        let is_outdated = !self.moved(&change).is_empty();
        ChangeSummary {
            may: self.may(&change, is_outdated),
            outdated: is_outdated,
            paths: change.files.into_iter().map(|file| file.path).collect(),
            id: change.id,
            title: change.title,
            reason: change.reason,
            state: change.state,
            author: change.author.name,
            author_name: change.author.display_name,
            created_at: change.created_at,
            changed_at: change.changed_at,
            revision: change.revision,
        }
    }

    pub(super) fn view(&self, mut change: Change) -> ChangeView {
        let moved = self.moved(&change);
        let is_own =
            change.state == ChangeState::Proposed && self.permits(Permission::ApproveRules) && self.wrote(&change);
        let file = |file: &crate::store::change::ChangeFile| FileView {
            kind: FileKind::of(&file.path),
            base_hash: file.base.as_ref().map(|text| hash(text.as_bytes())),
            path: file.path.clone(),
            base: file.base.clone(),
            text: file.text.clone(),
        };
        ChangeView {
            base_version: change.base.version.clone(),
            files: change.files.iter().map(file).collect(),
            steps: std::mem::take(&mut change.steps),
            why_not: is_own.then(four_eyes),
            failure: change.failure.take().filter(|_| change.state == ChangeState::Failed),
            ruleset: change.ruleset.take().filter(|_| change.state == ChangeState::InForce),
            moved,
            summary: self.summary(change),
        }
    }

    /// What of the folder moved; nothing once that is of no account.
    fn moved(&self, change: &Change) -> Vec<MovedFile> {
        match change.state {
            ChangeState::Approved | ChangeState::InForce => Vec::new(),
            _ => moved(change, self.folder),
        }
    }

    fn permits(&self, permission: Permission) -> bool {
        self.caller.session.account.access.permits(permission)
    }

    fn wrote(&self, change: &Change) -> bool {
        change.is_of(self.caller.id())
    }

    fn may(&self, change: &Change, is_outdated: bool) -> Vec<ChangeAction> {
        let (writes, approves) = (self.permits(Permission::WriteRules), self.permits(Permission::ApproveRules));
        let (state, is_empty) = (change.state, change.files.is_empty());
        let is_proposed = state == ChangeState::Proposed;
        let is_open = state.is_editable() || is_proposed;
        let decides = approves && is_proposed && !self.wrote(change);
        let all = [
            (ChangeAction::Edit, writes && state.is_editable()),
            (ChangeAction::Propose, writes && state == ChangeState::Draft && !is_outdated && !is_empty),
            (ChangeAction::Withdraw, writes && (is_proposed || state == ChangeState::Draft)),
            (ChangeAction::Approve, decides && !is_outdated && (self.has_passed)(change)),
            (ChangeAction::Refuse, decides),
            (ChangeAction::Rebase, writes && is_open && is_outdated),
            (ChangeAction::Trial, is_open && !is_empty),
            (ChangeAction::Shadow, is_open && !is_empty && self.has_candidate),
        ];
        all.into_iter().filter_map(|(action, may)| may.then_some(action)).collect()
    }
}

/// Why nobody decides about what is his own.
pub(super) fn four_eyes() -> Bilingual {
    Bilingual::new(
        "四眼原则：编写过这项变更的人不能审批，请由另一位审批人员审批",
        "four eyes: whoever wrote on a change may not decide about it; somebody else has to",
    )
}
