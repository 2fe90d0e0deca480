//! What came of each source and publisher lately, and how far the engine is behind: for who asks for it as it is now.
//! Metrics say the same to who keeps their history.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use super::traffic::{Recent, Traffic};

/// How far the engine is behind in a topic.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct TopicLag {
    /// Records of all partitions that wait to be decided.
    pub records: u64,
    /// Of the partition that is furthest behind.
    pub seconds: f64,
}

/// What is known of inputs.
#[derive(Debug, Default)]
pub struct Inputs(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    counted_since: Option<Timestamp>,
    /// By source and publisher, of as many publishers as have series.
    accepted: BTreeMap<(String, String), Traffic>,
    /// By source: who sent what cannot be read is not known.
    refused: BTreeMap<String, Traffic>,
    /// By topic and partition.
    lags: BTreeMap<(String, i32), TopicLag>,
}

impl Inputs {
    /// Records are counted from now on; what came before, only once.
    pub fn begin(&self, now: Timestamp) {
        self.known().counted_since.get_or_insert(now);
    }

    /// Accepted records, under the name by which their publisher has series.
    pub fn note_accepted(&self, source: &str, publisher: String, records: u64, at: Timestamp) {
        self.known().accepted.entry((source.to_owned(), publisher)).or_default().add(at, records);
    }

    /// Refused records of a source.
    pub fn note_refused(&self, source: &str, records: u64, at: Timestamp) {
        self.known().refused.entry(source.to_owned()).or_default().add(at, records);
    }

    /// How far a partition is behind now.
    pub fn note_lag(&self, topic: &str, partition: i32, records: i64, seconds: f64) {
        let lag = TopicLag { records: u64::try_from(records).unwrap_or_default(), seconds };
        self.known().lags.insert((topic.to_owned(), partition), lag);
    }

    /// Since when records are counted; none while the engine has not been ready in this run.
    pub fn counted_since(&self) -> Option<Timestamp> {
        self.known().counted_since
    }

    /// Accepted records of a publisher.
    pub fn accepted(&self, source: &str, publisher: &str, now: Timestamp) -> Recent {
        let known = self.known();
        let traffic = known.accepted.get(&(source.to_owned(), publisher.to_owned()));
        traffic.map(|traffic| traffic.recent(now)).unwrap_or_default()
    }

    /// Refused records of a source.
    pub fn refused(&self, source: &str, now: Timestamp) -> Recent {
        self.known().refused.get(source).map(|traffic| traffic.recent(now)).unwrap_or_default()
    }

    /// How far a topic is behind, as it was measured last.
    pub fn lag(&self, topic: &str) -> TopicLag {
        let known = self.known();
        let partitions = known.lags.iter().filter(|((of, _), _)| of == topic).map(|(_, lag)| lag);
        partitions.fold(TopicLag::default(), |sum, lag| TopicLag {
            records: sum.records + lag.records,
            seconds: sum.seconds.max(lag.seconds),
        })
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_of_a_topic_add_up_and_the_slowest_says_how_late() {
        let inputs = Inputs::default();
        for (topic, partition, records, seconds) in
            [("a", 0, 9, 9.0), ("a", 0, 3, 1.5), ("a", 1, 4, 0.5), ("b", 0, 7, 8.0)]
        {
            inputs.note_lag(topic, partition, records, seconds);
        }
        assert_eq!(inputs.lag("a"), TopicLag { records: 7, seconds: 1.5 });
        assert_eq!(inputs.lag("c"), TopicLag::default());
    }

    #[test]
    fn counting_begins_once() {
        let inputs = Inputs::default();
        let [first, second] = [1, 2].map(|second| Timestamp::from_second(second).expect("an instant"));
        assert_eq!(inputs.counted_since(), None);
        inputs.begin(first);
        inputs.begin(second);
        assert_eq!(inputs.counted_since(), Some(first));
    }
}
