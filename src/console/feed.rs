//! What changed, for pages that are open: each gets what its account may see.

use std::collections::BTreeSet;

use serde::Serialize;
use tokio::sync::broadcast;
use uuid::Uuid;

use crate::read_model::apply::Changed;

/// Changes that wait for a page; one that takes them more slowly is told to load anew.
const WAITING: usize = 256;
/// Most ids of a kind in one change; beyond that, everything may have changed.
const MOST_IDS: usize = 200;

/// What one commit of the read model changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Change {
    pub warnings: BTreeSet<Uuid>,
    pub operators: BTreeSet<String>,
    /// Answers given here, of which something new is known.
    pub answers: BTreeSet<Uuid>,
    pub areas: bool,
    /// The rules folder's changes, trials, or what is in force.
    pub rules: bool,
}

impl Change {
    /// Takes what a record changed.
    pub fn note(&mut self, changed: Changed<'_>) {
        match changed {
            Changed::Nothing => {}
            Changed::Operator(id) if self.operators.len() < MOST_IDS => {
                self.operators.insert(id.to_owned());
            }
            Changed::Warning(id) if self.warnings.len() < MOST_IDS => {
                self.warnings.insert(id);
            }
            Changed::Answer(id) => {
                self.answers.insert(id);
            }
            Changed::Operator(_) | Changed::Warning(_) | Changed::Areas => self.areas = true,
        }
    }

    /// Takes what another says beside.
    pub fn join(&mut self, other: Self) {
        let Self { warnings, operators, answers, areas, rules } = other;
        self.areas |= areas;
        self.rules |= rules;
        self.answers.extend(answers);
        for id in warnings {
            self.note(Changed::Warning(id));
        }
        for id in &operators {
            self.note(Changed::Operator(id));
        }
    }

    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Where changes are told.
#[derive(Debug, Clone)]
pub struct Feed(broadcast::Sender<Change>);

impl Feed {
    pub fn new() -> Self {
        Self(broadcast::Sender::new(WAITING))
    }

    /// Tells every open page.
    pub fn tell(&self, change: Change) {
        if !change.is_empty() {
            // Nobody has a page open: that is no error.
            let _ = self.0.send(change);
        }
    }

    /// What is told from now on.
    pub fn listen(&self) -> broadcast::Receiver<Change> {
        self.0.subscribe()
    }
}

impl Default for Feed {
    fn default() -> Self {
        Self::new()
    }
}
