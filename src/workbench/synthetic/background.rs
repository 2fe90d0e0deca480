//! What happens anyway in a synthetic district: routine inspections, lab batches, complaints, camera alerts.

use jiff::{SignedDuration, Timestamp};
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use super::{District, Operator, PlannedEvent};

/// Events a day of each source, in the order of [`Background::draw`].
const INSPECTIONS: u32 = 78;
const LAB_SAMPLES: u32 = 13;
const COMPLAINTS: u32 = 7;

/// Camera classes of everyday life; nothing in them is an incident by itself.
const EVERYDAY: [&str; 6] = ["no_mask", "no_hat", "no_gloves", "phone_use", "bin_open", "clutter"];
const EVERYDAY_COMPLAINTS: [&str; 5] = ["hygiene", "foreign_body", "label", "short_weight", "false_advertising"];
const FOODS: [(&str, &str, &str); 4] = [
    ("蔬菜", "姜", "噻虫胺"),
    ("蔬菜", "豇豆", "灭蝇胺"),
    ("水产品", "鲈鱼", "恩诺沙星"),
    ("糕点", "面包", "过氧化值"),
];

/// An endless, seeded stream of everyday events in the order of their arrival.
#[derive(Debug, Clone)]
pub struct Background<'a> {
    district: &'a District,
    random: ChaCha8Rng,
    camera_alerts: u32,
    now: Timestamp,
    until: Timestamp,
    count: u64,
}

impl<'a> Background<'a> {
    /// Events that arrive in `from..until`, with `camera_alerts` a day.
    pub fn new(district: &'a District, seed: u64, camera_alerts: u32, from: Timestamp, until: Timestamp) -> Self {
        // Another stream than the district's own of the same seed.
        let random = ChaCha8Rng::seed_from_u64(seed ^ 0x9e37_79b9_7f4a_7c15);
        Self { district, random, camera_alerts, now: from, until, count: 0 }
    }

    /// How many events the span holds, about: for progress bars.
    pub fn expected(&self) -> u64 {
        let seconds = u64::try_from(self.until.duration_since(self.now).as_secs()).unwrap_or_default();
        u64::from(self.per_day()) * seconds / 86_400
    }

    fn per_day(&self) -> u32 {
        INSPECTIONS + LAB_SAMPLES + COMPLAINTS + self.camera_alerts
    }

    fn random_operator(&mut self) -> &'a Operator {
        &self.district.operators[self.random.random_range(0..self.district.operators.len())]
    }

    fn draw(&mut self) -> PlannedEvent {
        self.count += 1;
        let draw = self.random.random_range(0..self.per_day());
        if draw < INSPECTIONS {
            self.inspection()
        } else if draw < INSPECTIONS + LAB_SAMPLES {
            self.lab_sample()
        } else if draw < INSPECTIONS + LAB_SAMPLES + COMPLAINTS {
            self.complaint()
        } else {
            self.camera_alert()
        }
    }

    fn inspection(&mut self) -> PlannedEvent {
        let operator = self.random_operator();
        let key_failed = self.random.random_ratio(1, 60);
        let general_failed = self.random.random_range(0..=3);
        let verdict = match (key_failed, general_failed) {
            (true, _) => "fail",
            (false, 0) => "pass",
            (false, _) => "basic_pass",
        };
        // The usual table: 7 key items and 23 general ones. Those that fail stand together somewhere among their kind.
        let (key_from, general_from) = (self.random.random_range(0..7), self.random.random_range(0..23));
        let items: Vec<Value> = (0..30)
            .map(|number| {
                let key = number < 7;
                let failed = if key {
                    key_failed && number == key_from
                } else {
                    (number - 7 + 23 - general_from) % 23 < general_failed
                };
                json!({"code": format!("C{:02}", number + 1), "key": key, "result": if failed { "no" } else { "yes" }})
            })
            .collect();
        let payload = json!({
            "inspection_type": "routine", "item_version": "synthetic-1", "verdict": verdict, "superior": false,
            "items": items, "full_check": true,
        });
        self.event("inspections", &operator.operator_id, SignedDuration::from_hours(3), payload)
    }

    fn lab_sample(&mut self) -> PlannedEvent {
        let operator = self.random_operator();
        let (category, food, analyte) = FOODS.choose(&mut self.random).copied().unwrap_or(FOODS[0]);
        let failed = self.random.random_ratio(1, 50);
        let verdict = if failed { "fail" } else { "pass" };
        let value = if failed { 0.31 } else { 0.05 };
        let days = self.random.random_range(7..=25);
        let delay = SignedDuration::from_hours(24 * days);
        let sampled_at = self.now.saturating_sub(delay).unwrap_or(self.now).to_string();
        let payload = json!({
            "sample_no": format!("SYN{:08}", self.count), "stage": "initial", "purpose": "supervision",
            "food_category": category, "food_name": food, "sampled_at": sampled_at, "verdict": verdict,
            "results": [{"analyte": analyte, "analyte_class": "pesticide", "value": value, "censor": "=", "unit": "mg/kg",
                "limit": 0.2, "limit_operator": "<=", "verdict": verdict}],
        });
        self.event("lab-samples", &operator.operator_id, delay, payload)
    }

    fn complaint(&mut self) -> PlannedEvent {
        let operator = self.random_operator();
        let category = EVERYDAY_COMPLAINTS.choose(&mut self.random).copied().unwrap_or("hygiene");
        let payload = json!({
            "case_no": format!("SYN-C{:08}", self.count), "kind": "dispute", "channel": "hotline_12345",
            "category": category, "complainant_hash": format!("{:016x}", self.random.random::<u64>()), "status": "accepted",
        });
        self.event("complaints", &operator.operator_id, SignedDuration::from_hours(6), payload)
    }

    fn camera_alert(&mut self) -> PlannedEvent {
        let watched = self.district.with_camera.choose(&mut self.random).copied().unwrap_or_default();
        let operator = &self.district.operators[watched];
        let camera = operator.cameras.choose(&mut self.random).cloned().unwrap_or_default();
        let class = EVERYDAY.choose(&mut self.random).copied().unwrap_or("no_mask");
        let confidence = f64::from(self.random.random_range(55..99)) / 100.0;
        let payload = json!({
            "kind": "alert", "camera_id": camera, "zone": "cooking", "class": class, "confidence": confidence,
            "review": "pending",
        });
        self.event("camera-alerts", &operator.operator_id, SignedDuration::from_secs(5), payload)
    }

    fn event(&self, source: &'static str, operator: &str, delay: SignedDuration, payload: Value) -> PlannedEvent {
        let id = format!("syn-{}-{}", self.count, self.now.as_millisecond());
        PlannedEvent::event(source, id, operator, self.now, delay, payload)
    }
}

impl Iterator for Background<'_> {
    type Item = PlannedEvent;

    fn next(&mut self) -> Option<PlannedEvent> {
        // Exponential gaps: arrivals as a Poisson process of the day's rate.
        let mean = 86_400.0 / f64::from(self.per_day());
        let draw: f64 = self.random.random_range(f64::EPSILON..1.0);
        let gap = SignedDuration::try_from_secs_f64(-draw.ln() * mean).ok()?;
        self.now = self.now.saturating_add(gap).ok()?;
        (self.now < self.until).then(|| self.draw())
    }
}
