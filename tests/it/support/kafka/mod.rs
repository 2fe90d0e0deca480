//! A real Apache Kafka for the tests: one broker a test process, started at first use, gone with the process; and
//! brokers of their own for tests that kill them.
//!
//! `YUJING_TEST_KAFKA=host:port` uses a broker that runs already. Every test takes topic and group names from
//! [`unique`], so that all can share one broker.

mod broker;
mod client;

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

pub use broker::{PrivateBroker, bootstrap, is_given, jars};
pub use client::{Kafka, TestRecord};

/// How long a broker may take to start, or a request to be answered: generous, a slow machine is no failure.
pub const PATIENCE: Duration = Duration::from_mins(3);

/// The broker that tests share.
pub fn shared() -> Kafka<'static> {
    Kafka(bootstrap())
}

/// [`Kafka::create_topic`] on the shared broker.
pub fn create_topic(name: &str, partitions: i32, properties: &[(&str, &str)]) {
    shared().create_topic(name, partitions, properties);
}

/// [`Kafka::produce`] on the shared broker.
pub fn produce(topic: &str, records: &[TestRecord]) {
    shared().produce(topic, records);
}

/// [`Kafka::read_committed`] on the shared broker.
pub fn read_committed(topic: &str) -> Vec<TestRecord> {
    shared().read_committed(topic)
}

/// [`Kafka::read_uncommitted`] on the shared broker.
pub fn read_uncommitted(topic: &str) -> Vec<TestRecord> {
    shared().read_uncommitted(topic)
}

/// A name no other test uses: for topics, groups and transactional ids.
pub fn unique(prefix: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let started = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock").as_micros();
    format!("{prefix}-{}-{started}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// Waits until `condition` gives something.
pub fn eventually<T>(what: &str, condition: impl FnMut() -> Option<T>) -> T {
    eventually_within(PATIENCE, what, condition)
}

/// As [`eventually`], for what takes its time even on a fast machine.
pub fn eventually_within<T>(patience: Duration, what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = condition() {
            return found;
        }
        assert!(began.elapsed() < patience, "{what}: not within {patience:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
