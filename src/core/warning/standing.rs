//! How an operator stands: the warning that is open, if any, and what led to it.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::content_hash::ContentHash;
use super::handling::{Dispute, KeptHandling};
use super::json::{JsonObject, WriteJson, ready};
use super::past_warning::PastWarning;
use super::refused_dispositions::RefusedDispositions;
use crate::rule::{Deadline, Level};

/// One step of a warning's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    /// 发布
    Opened,
    /// 升级
    Escalated,
    /// 追加: the level stands, and something else was found that must be shown.
    Added,
    /// 更正: the level stands; a due time that was provisional has been put right, because the calendar was.
    Amended,
    /// 降级: lower, still a warning.
    Eased,
    /// 解除: the risk passed.
    Resolved,
    /// 撤销: what it rested on was retracted or corrected or judged unfounded, or the rules that held it are no longer in
    /// force.
    Withdrawn,
    /// 处置: the level stands; somebody did something about the warning.
    Handled,
    /// 超期: the level stands; the time to acknowledge or to act has passed.
    Overdue,
}

impl Step {
    pub const ALL: [Self; 9] = [
        Self::Opened,
        Self::Escalated,
        Self::Added,
        Self::Amended,
        Self::Eased,
        Self::Resolved,
        Self::Withdrawn,
        Self::Handled,
        Self::Overdue,
    ];

    /// The steps of the level, which evidence, time and rules take; the others are of handling.
    pub const OF_LEVEL: [Self; 7] =
        [Self::Opened, Self::Escalated, Self::Added, Self::Amended, Self::Eased, Self::Resolved, Self::Withdrawn];

    /// The step as it stands in records, metrics and cases.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Escalated => "escalated",
            Self::Added => "added",
            Self::Amended => "amended",
            Self::Eased => "eased",
            Self::Resolved => "resolved",
            Self::Withdrawn => "withdrawn",
            Self::Handled => "handled",
            Self::Overdue => "overdue",
        }
    }

    /// The step as officials write it.
    pub fn zh(self) -> &'static str {
        match self {
            Self::Opened => "发布",
            Self::Escalated => "升级",
            Self::Added => "追加",
            Self::Amended => "更正",
            Self::Eased => "降级",
            Self::Resolved => "解除",
            Self::Withdrawn => "撤销",
            Self::Handled => "处置",
            Self::Overdue => "超期",
        }
    }
}

/// Why a step was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cause {
    /// New events.
    Events,
    /// Something that held the level was retracted or corrected, or shown by a record of the same past to prove
    /// nothing.
    Retraction,
    /// Nothing came: time moved windows, or the dwell ended.
    Time,
    /// The engine started, caught up and scored everybody once.
    Start,
    /// Another ruleset came into force, and by the one before it everything would have stayed as it was.
    Ruleset,
    /// Somebody did something about the warning.
    Disposition,
    /// A reviewed verdict took their weight from findings.
    Verdict,
}

impl Cause {
    pub const ALL: [Self; 7] =
        [Self::Events, Self::Retraction, Self::Time, Self::Start, Self::Ruleset, Self::Disposition, Self::Verdict];
}

/// What the lifecycle remembers of an operator; it travels in the operator's score record and is restored from there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// How many warnings the operator has had, the open one included.
    pub ordinal: u64,
    pub warning: Option<OpenWarning>,
    /// The warnings that are over, the oldest first, as far as they are remembered ([`PastWarning::remember`]).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub past: Vec<PastWarning>,
    /// The findings that count for nothing since a verdict; they outlive the warning.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disputes: Vec<Dispute>,
    #[serde(default, skip_serializing_if = "RefusedDispositions::is_empty")]
    pub refused_dispositions: RefusedDispositions,
}

impl Standing {
    /// The level that stands: the open warning's, or none.
    pub fn level(&self) -> Level {
        self.warning.as_ref().map_or(Level::None, |warning| warning.level)
    }

    /// Ends the disputes whose time is over.
    pub fn expire_disputes(&mut self, as_of: Timestamp) {
        self.disputes.retain(|dispute| as_of < dispute.until);
    }

    pub(super) fn hash_into(&self, hash: &mut ContentHash) {
        hash.part(u128::from(self.ordinal));
        hash.optional(self.warning.as_ref(), |hash, warning| warning.hash_into(hash));
        hash.optional((!self.past.is_empty()).then_some(&self.past), |hash, past| hash.text(&ready(past)));
        hash.optional((!self.disputes.is_empty()).then_some(&self.disputes), |hash, disputes| {
            hash.text(&ready(disputes));
        });
        self.refused_dispositions.hash_into(hash);
    }
}

/// An open warning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenWarning {
    /// UUID v5 of (operator, ordinal).
    pub id: Uuid,
    /// Number of its newest event, from 1, without gaps.
    pub sequence: u64,
    pub level: Level,
    /// The highest level that it has had without rules that read past warnings.
    #[serde(default)]
    pub highest: Level,
    pub opened_at: Timestamp,
    /// When it reached its present level.
    pub level_since: Timestamp,
    /// Whether it came to its present level from a higher one. Such a level never had to be entered, only to hold.
    #[serde(default)]
    pub eased: bool,
    /// Since when the score would allow a lower level; the level falls when this has lasted for the dwell.
    pub below_since: Option<Timestamp>,
    /// When the action is due. Set when the warning opens; what is found later may bring it forward, never put it off.
    pub due_at: Option<Timestamp>,
    /// How `due_at` was counted, while it rests on days that the calendar does not know.
    #[serde(default)]
    pub due_provisional: Option<ProvisionalDue>,
    /// Whether one of its clocks has ever passed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub was_overdue: bool,
    /// The rules whose findings an event of this warning has shown. `None` in records from before this was kept:
    /// whatever fires at the next score counts as shown.
    #[serde(default)]
    pub named: Option<Arc<BTreeSet<String>>>,
    /// What is done about it. `None` where the ruleset says nothing of handling, and in records from before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handling: Option<KeptHandling>,
}

impl OpenWarning {
    fn hash_into(&self, hash: &mut ContentHash) {
        let Self { id, sequence, level, highest, opened_at, level_since, eased, below_since, .. } = self;
        let Self { due_at, due_provisional, was_overdue, named, handling, .. } = self;
        hash.part(id.as_u128());
        hash.part(u128::from(*sequence));
        hash.kind(*level as u8);
        hash.kind(*highest as u8);
        hash.instant(*opened_at);
        hash.instant(*level_since);
        hash.kind(u8::from(*eased));
        hash.optional(*below_since, ContentHash::instant);
        hash.optional(*due_at, ContentHash::instant);
        hash.optional(due_provisional.as_ref(), |hash, due| due.hash_into(hash));
        hash.kind(u8::from(*was_overdue));
        hash.optional(named.as_ref(), |hash, named| {
            hash.length(named.len());
            named.iter().for_each(|rule| hash.text(rule));
        });
        hash.optional(handling.as_ref(), |hash, handling| hash.text(handling.json()));
    }
}

impl WriteJson for Standing {
    fn write_json(&self, out: &mut Vec<u8>) {
        let mut object = JsonObject::begin(out);
        object.member("ordinal", &self.ordinal);
        match &self.warning {
            Some(warning) => object.part("warning", warning),
            None => object.member("warning", &self.warning),
        }
        if !self.past.is_empty() {
            object.member("past", &self.past);
        }
        if !self.disputes.is_empty() {
            object.member("disputes", &self.disputes);
        }
        if !self.refused_dispositions.is_empty() {
            object.member("refused_dispositions", &self.refused_dispositions);
        }
        object.end();
    }
}

impl WriteJson for OpenWarning {
    fn write_json(&self, out: &mut Vec<u8>) {
        let mut object = JsonObject::begin(out);
        object.member("id", &self.id);
        object.member("sequence", &self.sequence);
        object.member("level", &self.level);
        object.member("highest", &self.highest);
        object.member("opened_at", &self.opened_at);
        object.member("level_since", &self.level_since);
        object.member("eased", &self.eased);
        object.member("below_since", &self.below_since);
        object.member("due_at", &self.due_at);
        object.member("due_provisional", &self.due_provisional);
        if self.was_overdue {
            object.member("was_overdue", &self.was_overdue);
        }
        object.member("named", &self.named.as_deref());
        if let Some(handling) = &self.handling {
            object.part("handling", handling);
        }
        object.end();
    }
}

/// How a due time was counted over days that the calendar did not know, so that it can be counted again. Of several
/// such it is the one that was sooner by Mondays to Fridays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProvisionalDue {
    /// When the clock started.
    pub from: Timestamp,
    pub deadline: Deadline,
    /// The earliest due time of this warning that is certain, if there is any: counted again, it is not later than
    /// this.
    pub certain: Option<Timestamp>,
}

impl ProvisionalDue {
    fn hash_into(&self, hash: &mut ContentHash) {
        let Self { from, deadline, certain } = self;
        hash.instant(*from);
        match deadline {
            Deadline::Minutes(minutes) => (hash.kind(0), hash.number(i64::from(*minutes))),
            Deadline::WorkingDays(days) => (hash.kind(1), hash.number(i64::from(*days))),
        };
        hash.optional(*certain, ContentHash::instant);
    }
}
