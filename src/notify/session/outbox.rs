//! What became of deliveries and is not committed yet. It outlives a session: a message that left is not sent again
//! because Kafka was away when its receipt was to be written.

use std::collections::BTreeMap;

use uuid::Uuid;
use yujing_kafka::producer_record::ProducerRecord;

/// Records to be committed, by delivery.
#[derive(Debug, Default)]
pub struct Outbox(BTreeMap<Uuid, Vec<ProducerRecord>>);

impl Outbox {
    pub(super) fn put(&mut self, delivery: Uuid, records: Vec<ProducerRecord>) {
        self.0.insert(delivery, records);
    }

    /// The deliveries that it is about.
    pub(super) fn deliveries(&self) -> impl Iterator<Item = Uuid> {
        self.0.keys().copied()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn records(&self) -> Vec<ProducerRecord> {
        self.0.values().flatten().cloned().collect()
    }

    /// Forgets what turned out to be committed.
    pub(super) fn forget(&mut self, is_committed: impl Fn(Uuid) -> bool) {
        self.0.retain(|delivery, _| !is_committed(*delivery));
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}
