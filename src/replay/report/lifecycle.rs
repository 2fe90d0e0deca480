//! The lifecycle of each warning, put together from its steps.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;
use yujing_base::OperatorId;
use yujing_core::warning::{Level, Step};

use crate::results::WarningStep;

/// One warning from its opening on.
#[derive(Debug, Clone)]
pub struct WarningLifecycle {
    pub operator: OperatorId,
    pub opened_at: Timestamp,
    /// `None` while it is open.
    pub closed_at: Option<Timestamp>,
    pub highest: Level,
    /// When it first stood at each level or above, by the level's place.
    reached: [Option<Timestamp>; 5],
    /// Each level it stood at, and from when.
    levels: Vec<(Timestamp, Level)>,
    /// The rules that had fired when it opened or rose.
    pub rules: BTreeSet<Arc<str>>,
    /// Those of them without which it would not have opened or risen so far.
    pub decisive: BTreeSet<Arc<str>>,
    pub card: Arc<BTreeMap<String, String>>,
}

impl WarningLifecycle {
    /// When it first stood at a level or above.
    pub fn reached(&self, level: Level) -> Option<Timestamp> {
        self.reached[place(level)]
    }

    /// Whether it stood at a level or above already when warnings began to count: it says of what was before, and when
    /// it came about is not known.
    pub fn stood_already(&self, level: Level, from: Option<Timestamp>) -> bool {
        from.zip(self.reached(level)).is_some_and(|(from, reached)| reached <= from)
    }

    /// Whether it stood at a level or above at an instant.
    pub fn stood_at(&self, level: Level, at: Timestamp) -> bool {
        self.levels.iter().rev().find(|(since, _)| *since <= at).is_some_and(|(_, stood)| *stood >= level)
    }
}

fn place(level: Level) -> usize {
    Level::ALL.iter().position(|known| *known == level).unwrap_or_default()
}

/// The lifecycles of all warnings, in the order of their opening.
pub fn lifecycles(steps: &[WarningStep]) -> Vec<WarningLifecycle> {
    let mut place_of: BTreeMap<Uuid, usize> = BTreeMap::new();
    let mut lifecycles: Vec<WarningLifecycle> = Vec::new();
    for step in steps {
        let place = *place_of.entry(step.warning).or_insert_with(|| {
            lifecycles.push(WarningLifecycle {
                operator: Arc::clone(&step.operator),
                opened_at: step.opened_at,
                closed_at: None,
                highest: Level::None,
                reached: [None; 5],
                levels: Vec::new(),
                rules: BTreeSet::new(),
                decisive: BTreeSet::new(),
                card: Arc::clone(&step.card),
            });
            lifecycles.len() - 1
        });
        extend(&mut lifecycles[place], step);
    }
    lifecycles
}

fn extend(lifecycle: &mut WarningLifecycle, step: &WarningStep) {
    lifecycle.levels.push((step.at, step.to));
    lifecycle.highest = lifecycle.highest.max(step.to);
    for (known, reached) in Level::ALL.iter().zip(&mut lifecycle.reached) {
        if *known <= step.to {
            reached.get_or_insert(step.at);
        }
    }
    match step.step {
        Step::Opened | Step::Escalated => {
            let grounds = step.findings.iter().filter(|fired| fired.counted >= 0);
            lifecycle.rules.extend(grounds.map(|fired| Arc::clone(&fired.rule)));
            let decisive = step.findings.iter().filter(|fired| fired.decisive);
            lifecycle.decisive.extend(decisive.map(|fired| Arc::clone(&fired.rule)));
        }
        Step::Resolved | Step::Withdrawn => lifecycle.closed_at = Some(step.at),
        // What is added to a warning did not raise it, nor did what was done about it.
        Step::Added | Step::Amended | Step::Eased | Step::Handled | Step::Overdue => {}
    }
}
