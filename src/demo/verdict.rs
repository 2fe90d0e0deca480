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
    told_at: Timestamp,
    /// The level at which its operator stood already, if that was high enough.
    stood_at: Option<Level>,
    found_after: Option<SignedDuration>,
}

/// What became of a planted incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// From the incident's last event being published to the warning being read.
    After(SignedDuration),
    /// Its operator was under a warning of this level already, and nothing had to be said.
    AlreadyAt(Level),
    Missed,
}

/// One line of the summary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub kind: IncidentKind,
    pub operator_id: String,
    pub finding: Finding,
}

impl Planted {
    fn finding(&self) -> Finding {
        match (self.found_after, self.stood_at) {
            (Some(after), _) => Finding::After(after),
            (None, Some(level)) => Finding::AlreadyAt(level),
            (None, None) => Finding::Missed,
        }
    }
}

impl Verdict {
    /// A lifecycle event read before anything was planted.
    pub fn stands(&mut self, operator: &str, level: Level) {
        self.levels.insert(operator.to_owned(), level);
    }

    /// An incident whose last event was published at `told_at`.
    pub fn plant(&mut self, incident: &Incident, told_at: Timestamp) {
        self.by_operator.insert(incident.operator_id.clone(), self.planted.len());
        self.planted.push(Planted {
            kind: incident.kind,
            operator_id: incident.operator_id.clone(),
            told_at,
            stood_at: self
                .levels
                .get(&incident.operator_id)
                .copied()
                .filter(|level| *level >= incident.kind.expected()),
            found_after: None,
        });
    }

    /// A lifecycle event read at `now`. Orange and red where nothing was planted count as false alarms; lower levels are
    /// everyday work.
    pub fn warned(&mut self, operator: &str, step: Step, level: Level, now: Timestamp) {
        self.stands(operator, level);
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
            finding: planted.finding(),
        };
        self.planted.iter().map(line).collect()
    }

    pub fn planted(&self) -> usize {
        self.planted.len()
    }

    pub fn found(&self) -> usize {
        self.count(|finding| matches!(finding, Finding::After(_)))
    }

    pub fn already_warned(&self) -> usize {
        self.count(|finding| matches!(finding, Finding::AlreadyAt(_)))
    }

    pub fn missed(&self) -> usize {
        self.count(|finding| finding == Finding::Missed)
    }

    fn count(&self, is_meant: impl Fn(Finding) -> bool) -> usize {
        self.planted.iter().filter(|planted| is_meant(planted.finding())).count()
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
        assert_eq!(verdict.lines()[0].finding, Finding::After(SignedDuration::from_secs(2)));
    }

    #[test]
    fn an_incident_where_the_level_stood_already_is_neither_found_nor_missed_unless_it_rises() {
        let mut verdict = Verdict::default();
        verdict.stands("A", Level::Orange);
        verdict.stands("B", Level::Yellow);
        for operator in ["A", "B"] {
            verdict.plant(&incident(operator), at(10));
        }
        assert_eq!((verdict.found(), verdict.already_warned(), verdict.missed()), (0, 1, 1));
        assert_eq!(verdict.lines()[0].finding, Finding::AlreadyAt(Level::Orange));
        verdict.warned("A", Step::Escalated, Level::Red, at(11));
        assert_eq!((verdict.found(), verdict.already_warned(), verdict.planted()), (1, 0, 2));
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
