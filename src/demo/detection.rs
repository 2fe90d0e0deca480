//! What the engine made of the planted incidents.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::{SignedDuration, Timestamp};
use yujing_core::warning::{Level, Step};
use yujing_workbench::synthetic::{Incident, IncidentKind};

/// Collects what was planted and what was warned of.
#[derive(Debug, Default)]
pub struct DetectionReport {
    planted: Vec<Planted>,
    by_operator: HashMap<String, usize>,
    /// The level of each operator of which something was read.
    levels: HashMap<String, Level>,
    /// Rises by level.
    raised: BTreeMap<Level, u64>,
    false_alarms: BTreeSet<String>,
}

#[derive(Debug)]
struct Planted {
    kind: IncidentKind,
    operator_id: String,
    published_at: Timestamp,
    /// The level at which its operator stood already, if that was high enough.
    stood_at: Option<Level>,
    found_after: Option<SignedDuration>,
}

/// What became of a planted incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detection {
    /// From the incident's last event being published to the warning being read.
    After(SignedDuration),
    /// Its operator was under a warning of this level already, and nothing had to be said.
    AlreadyAt(Level),
    Missed,
}

/// One line of the summary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DetectionLine {
    pub kind: IncidentKind,
    pub operator_id: String,
    pub detection: Detection,
}

impl Planted {
    fn detection(&self) -> Detection {
        match (self.found_after, self.stood_at) {
            (Some(after), _) => Detection::After(after),
            (None, Some(level)) => Detection::AlreadyAt(level),
            (None, None) => Detection::Missed,
        }
    }
}

impl DetectionReport {
    /// A lifecycle event read before anything was planted.
    pub fn stands(&mut self, operator: &str, level: Level) {
        self.levels.insert(operator.to_owned(), level);
    }

    /// An incident whose last event was published at `published_at`.
    pub fn plant(&mut self, incident: &Incident, published_at: Timestamp) {
        self.by_operator.insert(incident.operator_id.clone(), self.planted.len());
        self.planted.push(Planted {
            kind: incident.kind,
            operator_id: incident.operator_id.clone(),
            published_at,
            stood_at: self
                .levels
                .get(&incident.operator_id)
                .copied()
                .filter(|level| *level >= incident.kind.expected()),
            found_after: None,
        });
    }

    /// A lifecycle event read at `now`. Orange and red where nothing was planted count as false alarms; lower levels
    /// are everyday work.
    pub fn warned(&mut self, operator: &str, step: Step, level: Level, now: Timestamp) {
        self.stands(operator, level);
        if !matches!(step, Step::Opened | Step::Escalated) {
            return;
        }
        *self.raised.entry(level).or_default() += 1;
        match self.by_operator.get(operator).map(|place| &mut self.planted[*place]) {
            Some(planted) if level >= planted.kind.expected() => {
                planted.found_after.get_or_insert(now.duration_since(planted.published_at).max(SignedDuration::ZERO));
            }
            None if level >= Level::Orange => drop(self.false_alarms.insert(operator.to_owned())),
            _ => {}
        }
    }

    pub fn lines(&self) -> Vec<DetectionLine> {
        let line = |planted: &Planted| DetectionLine {
            kind: planted.kind,
            operator_id: planted.operator_id.clone(),
            detection: planted.detection(),
        };
        self.planted.iter().map(line).collect()
    }

    pub fn planted(&self) -> usize {
        self.planted.len()
    }

    pub fn found(&self) -> usize {
        self.count(|detection| matches!(detection, Detection::After(_)))
    }

    pub fn already_warned(&self) -> usize {
        self.count(|detection| matches!(detection, Detection::AlreadyAt(_)))
    }

    pub fn missed(&self) -> usize {
        self.count(|detection| detection == Detection::Missed)
    }

    fn count(&self, is_meant: impl Fn(Detection) -> bool) -> usize {
        self.planted.iter().filter(|planted| is_meant(planted.detection())).count()
    }

    pub fn false_alarms(&self) -> usize {
        self.false_alarms.len()
    }

    /// Warnings opened or escalated, by the level reached.
    pub fn raised(&self) -> &BTreeMap<Level, u64> {
        &self.raised
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a time")
    }

    fn incident(operator: &str) -> Incident {
        Incident { number: 0, kind: IncidentKind::RodentAndComplaint, operator_id: operator.into(), events: Vec::new() }
    }

    #[test]
    fn an_incident_is_found_by_the_first_warning_that_is_high_enough() {
        let mut verdict = DetectionReport::default();
        verdict.plant(&incident("A"), at(10));
        verdict.plant(&incident("B"), at(10));
        verdict.warned("A", Step::Opened, Level::Yellow, at(11));
        verdict.warned("A", Step::Escalated, Level::Orange, at(12));
        verdict.warned("A", Step::Escalated, Level::Red, at(15));
        assert_eq!((verdict.found(), verdict.missed(), verdict.false_alarms()), (1, 1, 0));
        assert_eq!(verdict.lines()[0].detection, Detection::After(SignedDuration::from_secs(2)));
    }

    #[test]
    fn an_incident_where_the_level_stood_already_is_neither_found_nor_missed_unless_it_rises() {
        let mut verdict = DetectionReport::default();
        verdict.stands("A", Level::Orange);
        verdict.stands("B", Level::Yellow);
        for operator in ["A", "B"] {
            verdict.plant(&incident(operator), at(10));
        }
        assert_eq!((verdict.found(), verdict.already_warned(), verdict.missed()), (0, 1, 1));
        assert_eq!(verdict.lines()[0].detection, Detection::AlreadyAt(Level::Orange));
        verdict.warned("A", Step::Escalated, Level::Red, at(11));
        assert_eq!((verdict.found(), verdict.already_warned(), verdict.planted()), (1, 0, 2));
    }

    #[test]
    fn only_a_high_level_where_nothing_was_planted_is_a_false_alarm() {
        let mut verdict = DetectionReport::default();
        verdict.warned("C", Step::Opened, Level::Blue, at(1));
        verdict.warned("D", Step::Opened, Level::Orange, at(1));
        verdict.warned("D", Step::Eased, Level::Orange, at(2));
        assert_eq!((verdict.false_alarms(), verdict.raised().len()), (1, 2));
    }
}
