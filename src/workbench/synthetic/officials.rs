//! Officials (处置人员) of a synthetic district: posts that acknowledge warnings, go, find something, and those above them
//! who review and close. Some let a warning lie until it is overdue and somebody above has been told.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use uuid::Uuid;
use yujing_core::warning::handling::{HandlingAction, Measure, Verdict};
use yujing_core::warning::{Handling, HandlingPolicy, HandlingState, Level, Routing, WarningEvent};

use super::PlannedEvent;

/// Of a hundred warnings so many lie until they are overdue.
const SILENT: u32 = 20;
/// Of a hundred answers so many are confirmed, and so many partly; the rest is unfounded.
const CONFIRMED: u32 = 70;
const PARTLY: u32 = 15;
/// What officials do about what they find.
const MEASURES: [&[Measure]; 4] = [
    &[Measure::OnTheSpotCorrection],
    &[Measure::OnTheSpotCorrection, Measure::WrittenOrder],
    &[Measure::WrittenOrder, Measure::Sampling],
    &[Measure::Sealing, Measure::CaseOpened],
];

/// Everybody who answers warnings. The same seed and warnings give the same answers, each a while after the step before.
#[derive(Debug)]
pub struct Officials {
    routing: Routing,
    policy: HandlingPolicy,
    seed: u64,
    /// How long a step takes at most.
    pace: SignedDuration,
    /// What comes next, and when, by warning.
    pending: BTreeMap<Uuid, PlannedEvent>,
}

impl Officials {
    pub fn new(routing: Routing, policy: HandlingPolicy, seed: u64, pace: SignedDuration) -> Self {
        Self { routing, policy, seed, pace, pending: BTreeMap::new() }
    }

    /// Takes in an event of a warning, read at `now`: whoever has to do something now will, a while later.
    pub fn read(&mut self, warning: &WarningEvent, now: Timestamp) {
        self.pending.remove(&warning.warning_id);
        if let Some(next) = self.next_step(warning, now) {
            self.pending.insert(warning.warning_id, next);
        }
    }

    /// The next answer that is to be published by `now`.
    pub fn take_due(&mut self, now: Timestamp) -> Option<PlannedEvent> {
        let (warning, _) =
            self.pending.iter().filter(|(_, event)| event.at <= now).min_by_key(|(_, event)| event.at)?;
        let warning = *warning;
        self.pending.remove(&warning)
    }

    fn next_step(&self, warning: &WarningEvent, now: Timestamp) -> Option<PlannedEvent> {
        let handling = warning.handling.as_deref().filter(|_| warning.level != Level::None)?;
        let mut random = self.random_of(warning.warning_id, 0);
        if random.random_range(0..100) < SILENT && handling.overdue.is_none() {
            return None;
        }
        let (action, verdict) = match handling.state {
            HandlingState::New => (HandlingAction::Acknowledged, None),
            HandlingState::Acknowledged => (HandlingAction::InProgress, None),
            HandlingState::InProgress => (HandlingAction::Answered, Some(verdict(random.random_range(0..100)))),
            HandlingState::Answered => (HandlingAction::Reviewed, None),
            HandlingState::Reviewed => (HandlingAction::Closed, None),
            HandlingState::Closed => return None,
        };
        let (post, role) = self.who(handling, action)?;
        let measures = match verdict {
            Some(Verdict::Confirmed | Verdict::Partly) => MEASURES.choose(&mut random).copied().unwrap_or_default(),
            _ => &[],
        };
        let mut payload = json!({
            "schema_version": "2", "warning_id": warning.warning_id, "action": action, "role": role, "post": post,
        });
        if let (Some(verdict), Some(payload)) = (verdict, payload.as_object_mut()) {
            payload.insert("verdict".to_owned(), json!(verdict));
            payload.insert("measures".to_owned(), json!(measures));
        }
        Some(self.planned(warning, now, payload))
    }

    fn planned(&self, warning: &WarningEvent, now: Timestamp, payload: Value) -> PlannedEvent {
        let longest = self.pace.as_millis().max(2);
        let mut random = self.random_of(warning.warning_id, warning.sequence);
        let wait = i64::try_from(random.random_range(longest / 2..=longest)).unwrap_or(i64::MAX);
        let at = now.saturating_add(SignedDuration::from_millis(wait)).unwrap_or(now);
        let event_id = format!("{}/{}", warning.warning_id, warning.sequence);
        PlannedEvent::event("dispositions", event_id, &warning.operator_id, at, SignedDuration::ZERO, payload)
    }

    /// The nearest post with a role that may take an action: the assignee's, or one above.
    fn who<'a>(&'a self, handling: &'a Handling, action: HandlingAction) -> Option<(&'a str, &'a str)> {
        let posts = std::iter::once(&handling.assignee).chain(&handling.ladder).map(|post| post.id.as_str());
        let roles = self.policy.roles.get(&action)?;
        posts.into_iter().find_map(|post| {
            let role = roles.iter().find(|role| self.routing.has_role(post, role))?;
            Some((post, role.as_str()))
        })
    }

    fn random_of(&self, warning: Uuid, step: u64) -> ChaCha8Rng {
        let (high, low) = warning.as_u64_pair();
        ChaCha8Rng::seed_from_u64(self.seed ^ high ^ low.rotate_left(1) ^ step.rotate_left(32))
    }
}

/// What officials find, by a draw below 100.
fn verdict(draw: u32) -> Verdict {
    if draw < CONFIRMED {
        Verdict::Confirmed
    } else if draw < CONFIRMED + PARTLY {
        Verdict::Partly
    } else {
        Verdict::Unfounded
    }
}
