//! Officials as the plan supposes them: they acknowledge, answer and review the warnings of one ruleset.
//!
//! - [`draw`]: what is drawn for one warning
//! - here: what is to come, and the records that it becomes

mod draw;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;
use yujing_base::OperatorId;
use yujing_core::ruleset::Ruleset;
use yujing_core::source::{Record, Source, SourceId, Sources};
use yujing_core::warning::handling::{Handling, HandlingAction, HandlingState, KeptHandling, Verdict};
use yujing_core::warning::{Level, Step, WarningEvent};

use self::draw::DrawnAnswers;
use super::plan::AnswerModel;

/// The source of what people do.
pub const SOURCE: &str = "dispositions";
/// Who the records are from.
const PUBLISHER: &str = "replay";

/// What people did about the warnings of one ruleset.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct AnswerCounts {
    pub acknowledged: u64,
    pub reviewed: u64,
    /// Answers by their verdict.
    pub verdicts: BTreeMap<Verdict, u64>,
    /// What was drawn and could not be done: the warning was over or further on by then, or no post may do it.
    pub passed_over: u64,
    /// How often a clock passed.
    pub overdue: u64,
}

/// Something that somebody will do.
#[derive(Debug)]
struct PlannedAnswer {
    warning: Uuid,
    /// The event from which on the warning waited.
    sequence: u64,
    action: HandlingAction,
    verdict: Option<Verdict>,
}

/// An open warning, as its newest event says.
#[derive(Debug)]
struct WaitingWarning {
    operator: OperatorId,
    handling: KeptHandling,
}

/// Officials at work.
#[derive(Debug)]
pub struct Answerer {
    model: AnswerModel,
    ruleset: Arc<Ruleset>,
    source: (SourceId, Arc<Source>),
    open: HashMap<Uuid, WaitingWarning>,
    /// What is to come, in the order in which it was drawn where the instant is the same.
    due: BTreeMap<(Timestamp, i64), PlannedAnswer>,
    drawn: i64,
    pub counts: AnswerCounts,
}

impl Answerer {
    /// None if the ruleset says of no warning who is to answer it, or there is no source of answers.
    pub fn new(model: &AnswerModel, ruleset: &Arc<Ruleset>, sources: &Sources) -> Option<Self> {
        if ruleset.handling.is_none() || ruleset.routing.is_none() {
            return None;
        }
        let (id, source) = sources.by_name(SOURCE)?;
        Some(Self {
            model: model.clone(),
            ruleset: Arc::clone(ruleset),
            source: (id, Arc::clone(source)),
            open: HashMap::new(),
            due: BTreeMap::new(),
            drawn: 0,
            counts: AnswerCounts::default(),
        })
    }

    /// The source whose records of history it stands in for.
    pub fn source(&self) -> SourceId {
        self.source.0
    }

    /// Takes note of what was decided about a warning.
    pub fn note(&mut self, event: &WarningEvent) {
        self.counts.overdue += u64::from(event.step == Step::Overdue);
        let Some(handling) = event.handling.as_ref().filter(|_| event.level > Level::None) else {
            self.open.remove(&event.warning_id);
            return;
        };
        let waiting = WaitingWarning { operator: Arc::clone(&event.operator_id), handling: handling.clone() };
        let before = self.open.insert(event.warning_id, waiting);
        let waited = before.is_some_and(|before| before.handling.state == HandlingState::New);
        if handling.state == HandlingState::New && !waited {
            self.plan(event);
        }
    }

    /// When somebody does something next.
    pub fn next(&self) -> Option<Timestamp> {
        self.due.first_key_value().map(|((at, _), _)| *at)
    }

    /// What is done next, as a record of the instant at which it is; none if it cannot be done any more.
    pub fn take(&mut self) -> Option<Record> {
        let ((at, number), planned) = self.due.pop_first()?;
        let record = self.record(at, number, &planned);
        match (&record, planned.action, planned.verdict) {
            (None, ..) => self.counts.passed_over += 1,
            (_, HandlingAction::Acknowledged, _) => self.counts.acknowledged += 1,
            (_, _, Some(verdict)) => *self.counts.verdicts.entry(verdict).or_default() += 1,
            _ => self.counts.reviewed += 1,
        }
        record
    }

    fn plan(&mut self, event: &WarningEvent) {
        let Some(level) = self.model.of(event.level) else { return };
        let drawn = DrawnAnswers::of(self.model.seed, level, &self.ruleset.calendar, event);
        for (at, action, verdict) in drawn.steps() {
            self.drawn += 1;
            let planned = PlannedAnswer { warning: event.warning_id, sequence: event.sequence, action, verdict };
            self.due.insert((whole_millisecond(at), self.drawn), planned);
        }
    }

    fn record(&self, at: Timestamp, number: i64, planned: &PlannedAnswer) -> Option<Record> {
        let PlannedAnswer { warning, sequence, action, verdict } = planned;
        let WaitingWarning { operator, handling } = self.open.get(warning)?;
        let (role, post) = self.who(handling, *action).filter(|_| action.follows(handling.state))?;
        let answer = json!({
            "event_id": format!("{warning}-{sequence}-{}", action.as_str()), "operator_id": operator,
            "publisher": PUBLISHER, "schema_version": "2", "occurred_at": at, "reported_at": at, "warning_id": warning,
            "action": action, "role": role, "post": post, "verdict": verdict,
        });
        let (source, definition) = &self.source;
        Some(Record {
            source: *source,
            topic: Arc::from(definition.topic.as_str()),
            partition: 0,
            offset: number,
            timestamp: at,
            key: Some(operator.as_bytes().to_vec()),
            value: Some(answer.to_string().into_bytes()),
            headers: Vec::new(),
        })
    }

    /// The first post that is answerable for a warning and has a role which may take a step: the assignee, or who is above.
    fn who<'h>(&'h self, handling: &'h Handling, action: HandlingAction) -> Option<(&'h str, &'h str)> {
        let (policy, routing) = self.ruleset.handling.as_ref().zip(self.ruleset.routing.as_ref())?;
        let roles = policy.roles.get(&action)?;
        let mut posts = std::iter::once(&handling.assignee).chain(&handling.ladder).map(|post| &*post.id);
        posts.find_map(|post| {
            let role = roles.iter().find(|role| routing.has_role(post, role))?;
            Some((role.as_str(), post))
        })
    }
}

/// Records have timestamps in whole milliseconds.
fn whole_millisecond(at: Timestamp) -> Timestamp {
    let millisecond = SignedDuration::from_millis(1);
    let floor = Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at);
    if floor < at { floor.checked_add(millisecond).unwrap_or(at) } else { floor }
}
