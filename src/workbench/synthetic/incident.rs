//! Planted incidents: what happened, the events that show it, and the level that a warning must reach for it.

use jiff::{SignedDuration, Timestamp};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use yujing_core::warning::Level;

use super::{District, Operator, PlannedEvent};

/// What was planted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum IncidentKind {
    /// Rodents on camera, then a pest complaint.
    RodentAndComplaint,
    /// Two people who ate at the same place report illness.
    IllnessCluster,
    /// A substance that is not food is found in a sample.
    NonFoodSubstance,
    /// Key items fail in an inspection.
    KeyItemFailed,
}

impl IncidentKind {
    pub const ALL: [Self; 4] =
        [Self::RodentAndComplaint, Self::IllnessCluster, Self::NonFoodSubstance, Self::KeyItemFailed];

    /// The kind in Chinese and English.
    pub fn title(self) -> (&'static str, &'static str) {
        match self {
            Self::RodentAndComplaint => ("鼠类活动并有投诉", "rodents and a complaint"),
            Self::IllnessCluster => ("多人就餐后不适", "several persons ill"),
            Self::NonFoodSubstance => ("检出非食用物质", "non-food substance"),
            Self::KeyItemFailed => ("重点项不符合", "key items failed"),
        }
    }

    /// The lowest level of a warning that counts as having found it.
    pub fn expected(self) -> Level {
        match self {
            Self::NonFoodSubstance => Level::Red,
            Self::RodentAndComplaint | Self::IllnessCluster => Level::Orange,
            Self::KeyItemFailed => Level::Yellow,
        }
    }
}

/// One planted incident and its events in the order of their arrival.
#[derive(Debug, Clone)]
pub struct Incident {
    pub number: usize,
    pub kind: IncidentKind,
    pub operator_id: String,
    pub events: Vec<PlannedEvent>,
}

impl Incident {
    /// When its last event arrives: from then on it can be found.
    pub fn complete_at(&self) -> Option<Timestamp> {
        self.events.last().map(|event| event.at)
    }
}

/// Plants `count` incidents of every kind in turn, spread evenly over `from..until`, each at an operator of its own
/// that has a camera.
pub fn plant(district: &District, seed: u64, count: usize, from: Timestamp, until: Timestamp) -> Vec<Incident> {
    let mut random = ChaCha8Rng::seed_from_u64(seed ^ 0x5851_f42d_4c95_7f2d);
    let mut places = district.with_camera.clone();
    let step = until.duration_since(from) / i32::try_from(count.max(1)).unwrap_or(i32::MAX);
    let mut planted = Vec::with_capacity(count);
    let mut at = from;
    for number in 0..count.min(places.len()) {
        let place = places.swap_remove(random.random_range(0..places.len()));
        let kind = IncidentKind::ALL[number % IncidentKind::ALL.len()];
        let operator = &district.operators[place];
        let events = IncidentEvents { operator, number, at }.generate(kind);
        planted.push(Incident { number, kind, operator_id: operator.operator_id.clone(), events });
        at = at.saturating_add(step).unwrap_or(until);
    }
    planted
}

/// Generates the events of one incident.
struct IncidentEvents<'a> {
    operator: &'a Operator,
    number: usize,
    at: Timestamp,
}

impl IncidentEvents<'_> {
    fn generate(&self, kind: IncidentKind) -> Vec<PlannedEvent> {
        match kind {
            IncidentKind::RodentAndComplaint => {
                vec![self.rodent(0), self.rodent(1), self.complaint(2, "pests", 0)]
            }
            IncidentKind::IllnessCluster => {
                vec![self.complaint(0, "food_poisoning", 2), self.complaint(1, "food_poisoning", 1)]
            }
            IncidentKind::NonFoodSubstance => vec![self.non_food_substance()],
            IncidentKind::KeyItemFailed => vec![self.failed_inspection()],
        }
    }

    fn event(&self, source: &'static str, place: u32, delay: SignedDuration, payload: Value) -> PlannedEvent {
        let id = format!("planted-{}-{place}-{}", self.number, self.at.as_millisecond());
        let at = self.at.saturating_add(SignedDuration::from_millis(300 * i64::from(place))).unwrap_or(self.at);
        PlannedEvent::event(source, id, &self.operator.operator_id, at, delay, payload)
    }

    /// Rodents half an hour apart are two episodes.
    fn rodent(&self, place: u32) -> PlannedEvent {
        let camera = self.operator.cameras.first().cloned().unwrap_or_default();
        let payload = json!({
            "kind": "alert", "camera_id": camera, "zone": "storage", "class": "rodent", "confidence": 0.92,
            "review": "confirmed",
        });
        self.event("camera-alerts", place, SignedDuration::from_mins(i64::from(90 - 30 * place)), payload)
    }

    fn complaint(&self, place: u32, category: &str, persons_ill: u32) -> PlannedEvent {
        let symptoms = if persons_ill > 0 { json!(["vomiting", "diarrhoea"]) } else { Value::Null };
        let onset_at = self.at.saturating_sub(SignedDuration::from_hours(8)).unwrap_or(self.at).to_string();
        let payload = json!({
            "case_no": format!("PLANTED-{}-{place}", self.number), "kind": "report", "channel": "12315",
            "category": category, "persons_ill": persons_ill, "symptoms": symptoms, "onset_at": onset_at,
            "complainant_hash": format!("planted-{}-{place}", self.number), "status": "accepted",
        });
        self.event("complaints", place, SignedDuration::from_mins(20), payload)
    }

    fn non_food_substance(&self) -> PlannedEvent {
        let delay = SignedDuration::from_hours(24 * 12);
        let sampled_at = self.at.saturating_sub(delay).unwrap_or(self.at).to_string();
        let payload = json!({
            "sample_no": format!("PLANTED-{}", self.number), "stage": "initial", "purpose": "supervision",
            "food_category": "饮料", "food_name": "咖啡固体饮料", "sampled_at": sampled_at, "verdict": "fail",
            "results": [{"analyte": "西布曲明", "analyte_class": "non_food_substance", "value": 1.8, "censor": "=",
                "unit": "mg/kg", "limit_operator": "not_detected", "verdict": "fail"}],
        });
        self.event("lab-samples", 0, delay, payload)
    }

    fn failed_inspection(&self) -> PlannedEvent {
        let items: Vec<Value> = (1..=8)
            .map(|number| {
                let result = if number <= 2 { "no" } else { "yes" };
                json!({"code": format!("C{number:02}"), "key": number <= 2, "result": result})
            })
            .collect();
        let payload = json!({
            "inspection_type": "unannounced", "item_version": "synthetic-1", "verdict": "fail", "superior": false,
            "items": items, "full_check": true,
        });
        self.event("inspections", 0, SignedDuration::from_mins(40), payload)
    }
}
