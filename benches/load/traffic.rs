//! What is published: everyday events with planted incidents among them.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use yujing_config::Config;
use yujing_core::source::Sources;
use yujing_kafka::{Clients, names};
use yujing_workbench::publish::{CheckedDocument, Sender};
use yujing_workbench::synthetic::{District, Incident, IncidentKind, PlannedEvent, plant};

use crate::common::{Arrivals, SEED, json};

const CONFIRM_WITHIN: Duration = Duration::from_mins(1);

/// A document that is ready to be sent.
pub struct Event {
    pub source: &'static str,
    pub operator: String,
    pub document: Vec<u8>,
    /// Its event id, if a warning must name it.
    pub must_warn: Option<String>,
}

impl Event {
    fn everyday(planned: &PlannedEvent) -> Self {
        let document = json(&planned.document);
        Self { source: planned.source, operator: planned.operator_id.clone(), document, must_warn: None }
    }

    fn of(planned: &PlannedEvent, kind: IncidentKind) -> Self {
        let id = planned.document["event_id"].as_str().expect("every event has an id");
        let must_warn = (kind == IncidentKind::NonFoodSubstance).then(|| id.to_owned());
        Self { must_warn, ..Self::everyday(planned) }
    }
}

/// Gives events without end, and incidents as long as there are operators left for them.
pub struct Traffic<'a> {
    everyday: Arrivals<'a>,
    /// Each is a single event that opens or escalates a warning, whatever the operator's level was.
    certain: std::vec::IntoIter<Incident>,
    others: std::vec::IntoIter<Incident>,
}

impl<'a> Traffic<'a> {
    pub fn new(district: &'a District, camera_alerts: u32, now: Timestamp) -> Self {
        let everyday = Arrivals::new(district, SEED + 1, camera_alerts, now);
        let hour_ago = now - SignedDuration::from_hours(1);
        let all = plant(district, SEED, district.with_camera.len(), hour_ago, now);
        let (certain, others): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|incident| incident.kind == IncidentKind::NonFoodSubstance);
        Self { everyday, certain: certain.into_iter(), others: others.into_iter() }
    }

    /// So many everyday events with incidents of any kind but the certain one among them.
    pub fn usual(&mut self, events: usize, incidents: usize) -> Vec<Event> {
        let planted: Vec<Incident> = self.others.by_ref().take(incidents).collect();
        self.spread(events, &planted)
    }

    /// So many everyday events with incidents among them that a warning must answer.
    pub fn certain(&mut self, events: usize, incidents: usize) -> Vec<Event> {
        let planted: Vec<Incident> = self.certain.by_ref().take(incidents).collect();
        assert_eq!(planted.len(), incidents, "an incident needs an operator of its own");
        self.spread(events, &planted)
    }

    /// Incidents spread evenly among everyday events.
    fn spread(&mut self, events: usize, planted: &[Incident]) -> Vec<Event> {
        let gap = events / planted.len().max(1);
        let mut planted = planted.iter();
        let mut all = Vec::with_capacity(events);
        for place in 0..events {
            if place % gap == gap / 2
                && let Some(incident) = planted.next()
            {
                all.extend(incident.events.iter().map(|planned| Event::of(planned, incident.kind)));
            }
            all.extend(self.everyday.next().map(|planned| Event::everyday(&planned)));
        }
        all
    }
}

/// One producer a source, as `yujing publish` has it, but not idempotent.
pub struct Publisher {
    senders: BTreeMap<String, Sender>,
    sent: u64,
}

impl Publisher {
    pub fn new(config: &Config, sources: &Sources) -> Self {
        let mut client = Clients::new(&config.kafka).expect("a configuration without secrets").publisher();
        // While five requests for a partition are not answered, an idempotent client asks again and again whether it may
        // send the next, and takes a core from the broker that is measured.
        client.set("enable.idempotence", "false");
        let sender = |topic: &str| Sender::new(&client, topic, None).expect("a producer");
        let senders = sources
            .iter()
            .map(|(_, source)| (source.name.to_string(), sender(names::input(&config.topics, source))))
            .collect();
        Self { senders, sent: 0 }
    }

    pub fn send(&mut self, source: &str, operator: &str, json: Vec<u8>) {
        let document =
            CheckedDocument { operator_id: operator.into(), timestamp: Timestamp::now(), json, unknown_fields: 0 };
        self.senders.get_mut(source).expect("the source has a schema").send(&document).expect("Kafka takes it");
        self.sent += 1;
    }

    pub fn wait_until_confirmed(&self) {
        let began = Instant::now();
        while self.senders.values().map(Sender::confirmed).sum::<u64>() < self.sent {
            assert!(began.elapsed() < CONFIRM_WITHIN, "Kafka did not confirm all records within {CONFIRM_WITHIN:?}");
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}
