//! Warnings that are over, as rows of the table `past_warnings` that SQL reads. The rows are made of the standings that
//! are decided, and so are committed, restored and replayed with them: the table is what the champion's standings
//! remember, no more and no less. A row can be seen from the instant after its warning's last event on.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use yujing_base::OperatorId;

use super::Engine;
use super::context::Ask;
use super::decision::{Decision, state_of};
use super::operator_state::{OperatorState, States};
use crate::feature::KeptFeatures;
use crate::source::{Event, Record};
use crate::warning::{Level, PastWarning, Standing};
use crate::window;

/// Who the rows are from.
const PUBLISHER: &str = "yujing";
/// Times are stored in microseconds.
const MICROSECOND: SignedDuration = SignedDuration::from_micros(1);

impl PastWarning {
    /// From when on SQL sees it.
    pub(super) fn visible_from(&self) -> Timestamp {
        self.closed_at.checked_add(MICROSECOND).unwrap_or(Timestamp::MAX)
    }
}

impl Engine {
    /// Adds to what is decided the rows of warnings that ended in a round, and takes away those that were forgotten for
    /// them. `before` are the states that the round found. What is kept of these operators is made anew when asked for.
    pub(super) fn note_past(&self, kept: &mut KeptFeatures, asks: &[Ask], before: &States, decision: &mut Decision) {
        let Decision { states, past, .. } = decision;
        let Some(after) = states.first() else { return };
        let mut moved: Vec<&OperatorId> = Vec::new();
        for operator in asks.iter().map(|ask| &ask.operator) {
            let Some(after) = after.get(operator) else { continue };
            let before = state_of(before, &self.champion.operators, operator);
            let before = before.map(|state| state.standing.past.as_slice()).unwrap_or_default();
            if before != after.standing.past.as_slice() {
                self.change_past(operator, before, &after.standing, past);
                moved.push(operator);
            }
        }
        kept.forget(moved);
    }

    fn change_past(&self, operator: &OperatorId, before: &[PastWarning], after: &Standing, delta: &mut window::Delta) {
        let forgotten = before.iter().filter(|warning| !after.past.contains(warning));
        let rows = forgotten.filter_map(|warning| self.past_row(operator, warning, "retract", 2));
        let ended = after.past.iter().filter(|warning| !before.contains(warning));
        let rows = rows.chain(ended.filter_map(|warning| self.past_row(operator, warning, "upsert", 1)));
        for row in rows {
            self.store.admit(delta, row);
        }
    }

    /// Takes back the rows of a standing that was restored.
    pub(super) fn restore_past(&mut self, operator: &OperatorId, state: &OperatorState) {
        let mut delta = window::Delta::default();
        self.change_past(operator, &[], &state.standing, &mut delta);
        self.store.install(delta);
    }

    /// The row of a warning; none of one that rested on past warnings alone.
    fn past_row(&self, operator: &OperatorId, warning: &PastWarning, op: &str, revision: i64) -> Option<Event> {
        if warning.level == Level::None {
            return None;
        }
        let (source, table) = self.sources.past_warnings();
        let row = json!({
            "event_id": warning.id, "revision": revision, "op": op, "operator_id": operator, "publisher": PUBLISHER,
            "occurred_at": warning.visible_from(), "reported_at": warning.visible_from(), "level": warning.level,
            "opened_at": warning.opened_at, "closed_at": warning.closed_at, "answered_at": warning.answered_at,
            "verdict": warning.verdict, "handled": warning.handled, "overdue": warning.overdue,
        });
        let record = Record {
            source,
            topic: table.topic.as_str().into(),
            partition: 0,
            offset: 0,
            timestamp: warning.closed_at,
            key: None,
            value: Some(Value::to_string(&row).into_bytes()),
            headers: Vec::new(),
        };
        let row = self.decoders.decode(&record).event;
        debug_assert!(row.is_ok(), "its schema takes every past warning: {row:?}");
        row.ok()
    }
}
