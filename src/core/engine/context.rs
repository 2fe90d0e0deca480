//! What an evaluation is given: what is known, and who is to be evaluated as of which instants.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use jiff::{SignedDuration, Timestamp};
use yujing_base::OperatorId;

use super::dispositions::DecidedDisposition;
use super::operator_cards::OperatorCards;
use super::{Engine, Positions};
use crate::source::{SourceId, Sources};
use crate::warning::{Cause, Coverage, Freshness};
use crate::window::View;

/// So many operators are worth a thread: it costs what a few of them do.
pub(super) const OPERATORS_A_SHARE: usize = 32;

/// What is known: the same for every evaluator.
#[derive(Debug)]
pub(super) struct EvalContext<'a> {
    pub(super) sources: &'a Sources,
    /// The events, with those of the batch under way.
    pub(super) view: View<'a>,
    pub(super) cards: &'a OperatorCards,
    /// How fresh each source is.
    sources_seen: Vec<SourceSeen<'a>>,
    /// Why events may be missing altogether.
    pub(super) gap: Option<&'a str>,
    threads: NonZeroUsize,
}

/// When something of a source was last seen.
#[derive(Debug)]
struct SourceSeen<'a> {
    name: &'a str,
    /// The newest record timestamp.
    newest: Option<Timestamp>,
    max_silence: Option<SignedDuration>,
    is_held_back: bool,
}

impl SourceSeen<'_> {
    /// The last instant at which it is fresh; `None` if that does not end.
    fn fresh_until(&self) -> Option<Timestamp> {
        self.newest?.checked_add(self.max_silence?).ok()
    }

    fn freshness(&self, as_of: Timestamp) -> Freshness {
        match self.newest {
            _ if self.is_held_back => Freshness::Held,
            None => Freshness::Never,
            Some(_) if self.fresh_until().is_some_and(|until| as_of > until) => Freshness::Stale,
            Some(_) => Freshness::Fresh,
        }
    }
}

/// One operator to be evaluated as of an instant.
#[derive(Debug, Clone)]
pub(super) struct Ask {
    pub(super) operator: OperatorId,
    pub(super) as_of: Timestamp,
    /// Why now.
    pub(super) cause: Cause,
    /// What somebody did, if that is why.
    pub(super) disposition: Option<DecidedDisposition>,
}

/// Who is to be evaluated.
#[derive(Debug, Clone, Copy)]
pub(super) struct EvalRequest<'a> {
    /// Each operator at most once, the soonest instant first.
    pub(super) asks: &'a [Ask],
    /// The offsets that are committed with the result; warnings quote them.
    pub(super) positions: &'a Positions,
    /// Whether scores leave even if nothing changed but the time.
    pub(super) write_all: bool,
}

impl EvalContext<'_> {
    /// On how many threads so many operators are evaluated.
    pub(super) fn threads_for(&self, operators: usize) -> NonZeroUsize {
        threads_for(self.threads, operators)
    }

    /// Which sources are fresh as of an instant.
    pub(super) fn coverage(&self, as_of: Timestamp) -> Coverage {
        let freshness = self.sources_seen.iter().map(|seen| (seen.name.to_owned(), seen.freshness(as_of)));
        freshness.collect::<BTreeMap<_, _>>().into()
    }

    /// The last instant up to which the coverage is what it is as of another instant.
    pub(super) fn coverage_holds_until(&self, as_of: Timestamp) -> Timestamp {
        let ends = self.sources_seen.iter().filter_map(SourceSeen::fresh_until);
        ends.filter(|end| *end >= as_of).min().unwrap_or(Timestamp::MAX)
    }
}

impl Engine {
    /// What is known; `last_seen` is laid over what was committed.
    pub(super) fn context<'a>(&'a self, view: View<'a>, last_seen: &BTreeMap<SourceId, Timestamp>) -> EvalContext<'a> {
        let seen = self.sources.iter().map(|(id, source)| SourceSeen {
            name: &source.name,
            newest: last_seen.get(&id).or_else(|| self.last_seen.get(&id)).copied(),
            max_silence: source.max_silence,
            is_held_back: self.held_back.contains(&id),
        });
        EvalContext {
            sources: &self.sources,
            view,
            cards: &self.cards,
            sources_seen: seen.collect(),
            gap: self.gap.as_deref(),
            threads: self.threads,
        }
    }

    /// On how many threads what concerns so many operators is done.
    pub(super) fn threads_for(&self, operators: usize) -> NonZeroUsize {
        threads_for(self.threads, operators)
    }
}

/// No more threads than there is work for.
fn threads_for(most: NonZeroUsize, operators: usize) -> NonZeroUsize {
    NonZeroUsize::new(operators / OPERATORS_A_SHARE).map_or(NonZeroUsize::MIN, |shares| shares.min(most))
}
