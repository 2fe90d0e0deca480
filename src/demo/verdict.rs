//! What the engine made of the planted incidents.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::{SignedDuration, Timestamp};

use crate::synthetic::{Incident, IncidentKind};
use crate::warning::{Level, Step};

/// Collects what was planted and what was warned of.
#[derive(Debug, Default)]
pub struct Verdict {
    planted: Vec<Planted>,
    by_operator: HashMap<String, usize>,
    /// Rises by level.
    raised: BTreeMap<Level, u64>,
    false_alarms: BTreeSet<String>,
}

#[derive(Debug)]
struct Planted {
    kind: IncidentKind,
    operator_id: String,
    told_at: Timestamp,
    found_after: Option<SignedDuration>,
}

/// One line of the summary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub kind: IncidentKind,
    pub operator_id: String,
    /// From the incident's last event being published to the warning being read; `None` if it was missed.
    pub found_after: Option<SignedDuration>,
}

impl Verdict {
    /// An incident whose last event was published at `told_at`.
    pub fn plant(&mut self, incident: &Incident, told_at: Timestamp) {
        self.by_operator.insert(incident.operator_id.clone(), self.planted.len());
        self.planted.push(Planted {
            kind: incident.kind,
            operator_id: incident.operator_id.clone(),
            told_at,
            found_after: None,
        });
    }

    /// A lifecycle event read at `now`. Orange and red where nothing was planted count as false alarms; lower levels are
    /// everyday work.
    pub fn warned(&mut self, operator: &str, step: Step, level: Level, now: Timestamp) {
        if !matches!(step, Step::Opened | Step::Escalated) {
            return;
        }
        *self.raised.entry(level).or_default() += 1;
        match self.by_operator.get(operator).map(|place| &mut self.planted[*place]) {
            Some(planted) if level >= planted.kind.expected() => {
                planted.found_after.get_or_insert(now.duration_since(planted.told_at).max(SignedDuration::ZERO));
            }
            None if level >= Level::Orange => drop(self.false_alarms.insert(operator.to_owned())),
            _ => {}
        }
    }

    pub fn lines(&self) -> Vec<Line> {
        let line = |planted: &Planted| Line {
            kind: planted.kind,
            operator_id: planted.operator_id.clone(),
            found_after: planted.found_after,
        };
        self.planted.iter().map(line).collect()
    }

    pub fn found(&self) -> usize {
        self.planted.iter().filter(|planted| planted.found_after.is_some()).count()
    }

    pub fn missed(&self) -> usize {
        self.planted.len() - self.found()
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
        let mut verdict = Verdict::default();
        verdict.plant(&incident("A"), at(10));
        verdict.plant(&incident("B"), at(10));
        verdict.warned("A", Step::Opened, Level::Yellow, at(11));
        verdict.warned("A", Step::Escalated, Level::Orange, at(12));
        verdict.warned("A", Step::Escalated, Level::Red, at(15));
        assert_eq!((verdict.found(), verdict.missed(), verdict.false_alarms()), (1, 1, 0));
        assert_eq!(verdict.lines()[0].found_after, Some(SignedDuration::from_secs(2)));
    }

    #[test]
    fn only_a_high_level_where_nothing_was_planted_is_a_false_alarm() {
        let mut verdict = Verdict::default();
        verdict.warned("C", Step::Opened, Level::Blue, at(1));
        verdict.warned("D", Step::Opened, Level::Orange, at(1));
        verdict.warned("D", Step::Eased, Level::Orange, at(2));
        assert_eq!((verdict.false_alarms(), verdict.raised().len()), (1, 2));
    }
}
