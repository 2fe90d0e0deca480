//! Who gets a warning that opens, rises or shows something new.

use jiff::Timestamp;

use crate::warning::calendar::Calendar;
use crate::warning::handling::{Clock, Clocks, Handling, HandlingState, KeptHandling};
use crate::warning::routing::{Assignment, PostCopy};
use crate::warning::standing::{OpenWarning, Step};

impl OpenWarning {
    /// Assigns a warning after a step of its level, before the deadlines of its findings are laid on it:
    ///
    /// - One that was answered, reviewed or closed is taken up again as new: both clocks start anew, as what was due has
    ///   been done.
    /// - Whoever has it already, or stands above whom it would go to, keeps it. A level that rises must be acknowledged
    ///   again by who only has acknowledged it so far.
    /// - Else it goes to whom routing says, as new.
    ///
    /// No clock that runs moves later.
    pub fn assign(
        &mut self,
        step: Step,
        assignment: Assignment,
        clocks: Clocks,
        calendar: &Calendar,
        as_of: Timestamp,
    ) {
        let acknowledge_by = clocks.acknowledge.map(|deadline| calendar.due(as_of, deadline));
        match &mut self.handling {
            None => self.handling = Some(KeptHandling::new(Handling::opened(assignment, acknowledge_by, as_of))),
            Some(handling) if handling.state.is_waiting() => {
                handling.to_mut().reassign(step, assignment, acknowledge_by, as_of);
            }
            Some(handling) => {
                handling.to_mut().take_up_again(assignment, acknowledge_by, as_of);
                (self.due_at, self.due_provisional) = (None, None);
            }
        }
        if let Some(act) = clocks.act {
            self.advance_due(calendar, as_of, act);
        }
    }
}

impl Handling {
    fn reassign(&mut self, step: Step, assignment: Assignment, acknowledge_by: Option<Timestamp>, as_of: Timestamp) {
        let was_new = self.state == HandlingState::New;
        let is_same = assignment.assignee.id == self.assignee.id;
        let stands_above = assignment.ladder.iter().position(|post| post.id == self.assignee.id);
        self.before = None;
        self.copy_to(assignment.copies);
        match stands_above {
            Some(rung) => self.ladder = assignment.ladder[rung + 1..].to_vec(),
            None => {
                (self.ladder, self.unrouted) = (assignment.ladder, assignment.unrouted);
                self.hand_to(assignment.assignee);
            }
        }
        if let Some(overdue) = &mut self.overdue {
            overdue.next = overdue.next.filter(|_| !self.ladder.is_empty());
        }
        let is_handed_on = stands_above.is_none() && !is_same;
        let is_expired = step == Step::Escalated && self.state == HandlingState::Acknowledged;
        if was_new {
            self.acknowledge_by = self.acknowledge_by.into_iter().chain(acknowledge_by).min();
        } else if is_handed_on || is_expired {
            self.renew(acknowledge_by, as_of);
        }
    }

    fn take_up_again(&mut self, assignment: Assignment, acknowledge_by: Option<Timestamp>, as_of: Timestamp) {
        let copies = std::mem::take(&mut self.copies);
        *self = Self {
            reopened: self.reopened + 1,
            steps: std::mem::take(&mut self.steps),
            receipts: std::mem::take(&mut self.receipts),
            passed: std::mem::take(&mut self.passed),
            ..Self::opened(assignment, acknowledge_by, as_of)
        };
        self.copy_to(copies);
    }

    /// Somebody has to acknowledge it anew.
    pub(super) fn renew(&mut self, acknowledge_by: Option<Timestamp>, as_of: Timestamp) {
        (self.state, self.since, self.acknowledge_by) = (HandlingState::New, as_of, acknowledge_by);
        self.overdue = self.overdue.filter(|overdue| overdue.clock == Clock::Act);
    }

    /// Whoever has had a copy goes on getting one.
    fn copy_to(&mut self, copies: Vec<PostCopy>) {
        for copy in copies {
            match self.copies.iter_mut().find(|known| known.post.id == copy.post.id) {
                Some(known) => known.candidate |= copy.candidate,
                None => self.copies.push(copy),
            }
        }
    }
}
