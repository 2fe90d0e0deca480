//! What can happen to a change: each is refused if somebody did something to it since whoever takes it has read it.

use jiff::Timestamp;
use rusqlite::{Connection, Transaction};
use uuid::Uuid;
use yujing_base::language::Bilingual;

use super::rows::{self, Noted};
use super::{Change, ChangeContent, ChangeState};
use crate::error::ConsoleError;
use crate::instant::micros;
use crate::store::account::Account;
use crate::store::{Store, to_json};

/// What the program does is done under this name.
const PROGRAM: &str = "console";

/// What came of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepOutcome {
    Done(Box<Change>),
    /// There is no such change.
    Missing,
    /// Somebody did something to it since.
    Moved(Box<Change>),
    /// It is not for this step as it stands.
    WrongState(ChangeState),
    /// Who wrote it may not approve it (四眼原则).
    Own,
}

/// A step of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PersonStep {
    Propose,
    Withdraw,
    Approve,
    Refuse,
}

impl PersonStep {
    fn name(self) -> &'static str {
        match self {
            Self::Propose => "proposed",
            Self::Withdraw => "withdrawn",
            Self::Approve => "approved",
            Self::Refuse => "refused",
        }
    }

    /// As the audit trail has it.
    pub fn audited(self) -> &'static str {
        match self {
            Self::Propose => "change_proposed",
            Self::Withdraw => "change_withdrawn",
            Self::Approve => "change_approved",
            Self::Refuse => "change_refused",
        }
    }

    fn begins_at(self, state: ChangeState) -> bool {
        match self {
            Self::Propose => state == ChangeState::Draft,
            Self::Withdraw => matches!(state, ChangeState::Draft | ChangeState::Proposed),
            Self::Approve | Self::Refuse => state == ChangeState::Proposed,
        }
    }

    fn leads_to(self) -> ChangeState {
        match self {
            Self::Propose => ChangeState::Proposed,
            Self::Withdraw => ChangeState::Withdrawn,
            Self::Approve => ChangeState::Approved,
            Self::Refuse => ChangeState::Refused,
        }
    }
}

/// Who takes a step, having read which revision, and why.
#[derive(Debug, Clone, Copy)]
pub struct Taken<'a> {
    pub by: &'a Account,
    pub revision: i64,
    pub reason: Option<&'a str>,
    /// Why it is approved although nobody knows what it would do to the levels of now.
    pub without_projection: Option<&'a str>,
    pub at: Timestamp,
}

impl Store {
    /// Saves what somebody wrote: it is a draft then, and whoever wrote it one of its writers. `step` is `saved`, or
    /// `rebased`.
    ///
    /// # Errors
    /// If the database fails.
    pub fn save_change(
        &self,
        id: Uuid,
        content: &ChangeContent,
        step: &'static str,
        taken: Taken<'_>,
    ) -> Result<StepOutcome, ConsoleError> {
        self.database.write(|db| {
            let change = match current(db, id, taken.revision)? {
                Ok(change) => change,
                Err(outcome) => return Ok(outcome),
            };
            let is_rebased = step == "rebased" && change.state == ChangeState::Proposed;
            if !change.state.is_editable() && !is_rebased {
                return Ok(StepOutcome::WrongState(change.state));
            }
            rows::write_content(db, id, content, taken.by.id)?;
            db.execute("UPDATE rule_change SET failure = NULL, written = 0 WHERE change_id = ?1", [id.to_string()])?;
            go(db, id, ChangeState::Draft, &noted(&taken, step))
        })
    }

    /// Takes a step. Four eyes: nobody approves or refuses what he wrote on himself.
    ///
    /// # Errors
    /// If the database fails.
    pub fn step_change(&self, id: Uuid, step: PersonStep, taken: Taken<'_>) -> Result<StepOutcome, ConsoleError> {
        self.database.write(|db| {
            let change = match current(db, id, taken.revision)? {
                Ok(change) => change,
                Err(outcome) => return Ok(outcome),
            };
            if !step.begins_at(change.state) {
                return Ok(StepOutcome::WrongState(change.state));
            }
            let decides = matches!(step, PersonStep::Approve | PersonStep::Refuse);
            if decides && change.is_of(taken.by.id) {
                return Ok(StepOutcome::Own);
            }
            if step == PersonStep::Approve {
                let row = (id.to_string(), &taken.by.name);
                db.execute("UPDATE rule_change SET approver = ?2, written = 0 WHERE change_id = ?1", row)?;
                if taken.without_projection.is_some() {
                    let unprojected = Noted { reason: taken.without_projection, ..noted(&taken, "unprojected") };
                    rows::note(db, id, &unprojected)?;
                }
            }
            go(db, id, step.leads_to(), &noted(&taken, step.name()))
        })
    }

    /// Gives a proposed change back to who wrote it, if it still has the content that was found not in order.
    pub(in crate::store) fn return_change(
        db: &Transaction<'_>,
        id: Uuid,
        content: &str,
        now: Timestamp,
    ) -> Result<(), rusqlite::Error> {
        let is_meant = |change: &Change| change.state == ChangeState::Proposed && change.content() == content;
        if rows::change(db, id)?.as_ref().is_none_or(|change| !is_meant(change)) {
            return Ok(());
        }
        let returned = Noted { account: PROGRAM, step: "returned", reason: None, at: now };
        go(db, id, ChangeState::Draft, &returned).map(|_| ())
    }

    /// Notes that an approved change stands in the folder, and which ruleset that makes.
    ///
    /// # Errors
    /// If the database fails.
    pub fn note_written(&self, id: Uuid, ruleset: &str, now: Timestamp) -> Result<(), ConsoleError> {
        self.database.write(|db| {
            db.execute(
                "UPDATE rule_change SET written = 1, ruleset = ?2 WHERE change_id = ?1",
                (id.to_string(), ruleset),
            )?;
            let written = Noted { account: PROGRAM, step: "written", reason: Some(ruleset), at: now };
            go(db, id, ChangeState::Approved, &written).map(|_| ())
        })
    }

    /// Notes that an approved change is in force, or why it is not.
    ///
    /// # Errors
    /// If the database fails.
    pub fn end_change(&self, id: Uuid, failure: Option<&Bilingual>, now: Timestamp) -> Result<(), ConsoleError> {
        self.database.write(|db| {
            let text = failure.map(to_json).transpose()?;
            db.execute("UPDATE rule_change SET failure = ?2 WHERE change_id = ?1", (id.to_string(), text))?;
            let (state, step) = match failure {
                None => (ChangeState::InForce, "in_force"),
                Some(_) => (ChangeState::Failed, "failed"),
            };
            let reason = failure.map(|failure| failure.en.as_str());
            go(db, id, state, &Noted { account: PROGRAM, step, reason, at: now }).map(|_| ())
        })
    }
}

fn noted<'a>(taken: &Taken<'a>, step: &'a str) -> Noted<'a> {
    Noted { account: &taken.by.name, step, reason: taken.reason, at: taken.at }
}

/// The change, if it stands as it was read.
fn current(db: &Connection, id: Uuid, revision: i64) -> Result<Result<Change, StepOutcome>, rusqlite::Error> {
    Ok(match rows::change(db, id)? {
        None => Err(StepOutcome::Missing),
        Some(change) if change.revision != revision => Err(StepOutcome::Moved(Box::new(change))),
        Some(change) => Ok(change),
    })
}

/// Moves it to a state, and writes the step down.
fn go(db: &Transaction<'_>, id: Uuid, state: ChangeState, noted: &Noted<'_>) -> Result<StepOutcome, rusqlite::Error> {
    db.execute(
        "UPDATE rule_change SET state = ?2, revision = revision + 1, changed_at = ?3 WHERE change_id = ?1",
        (id.to_string(), rows::word(state)?, micros(noted.at)),
    )?;
    rows::note(db, id, noted)?;
    Ok(rows::change(db, id)?.map_or(StepOutcome::Missing, |change| StepOutcome::Done(Box::new(change))))
}
