//! What an evaluation is given: what is known as of an instant, and who is to be evaluated.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use yujing_base::OperatorId;

use super::operator_cards::OperatorCards;
use super::{Engine, Positions};
use crate::source::{SourceId, Sources};
use crate::warning::{Cause, Coverage, Freshness};
use crate::window::View;

/// What is known as of an instant: the same for every evaluator.
#[derive(Debug)]
pub(super) struct EvalContext<'a> {
    pub(super) sources: &'a Sources,
    /// The events, with those of the batch under way.
    pub(super) view: View<'a>,
    pub(super) cards: &'a OperatorCards,
    pub(super) as_of: Timestamp,
    /// Which sources are fresh as of the instant.
    pub(super) coverage: Coverage,
    /// Why events may be missing altogether.
    pub(super) gap: Option<&'a str>,
}

/// Who is to be evaluated, and why.
#[derive(Debug, Clone, Copy)]
pub(super) struct EvalRequest<'a> {
    pub(super) operators: &'a [OperatorId],
    pub(super) cause: Cause,
    /// The offsets that are committed with the result; warnings quote them.
    pub(super) positions: &'a Positions,
    /// Whether scores leave even if nothing changed but the time.
    pub(super) write_all: bool,
}

impl Engine {
    /// What is known as of an instant; `last_seen` is laid over what was committed.
    pub(super) fn context<'a>(
        &'a self,
        view: View<'a>,
        last_seen: &BTreeMap<SourceId, Timestamp>,
        as_of: Timestamp,
    ) -> EvalContext<'a> {
        let freshness = |id: SourceId, max_silence: Option<SignedDuration>| {
            let newest = last_seen.get(&id).or_else(|| self.last_seen.get(&id));
            match (newest, max_silence) {
                _ if self.held_back.contains(&id) => Freshness::Held,
                (None, _) => Freshness::Never,
                (Some(newest), Some(max_silence)) if as_of.duration_since(*newest) > max_silence => Freshness::Stale,
                (Some(_), _) => Freshness::Fresh,
            }
        };
        let sources = self.sources.iter();
        let coverage = sources.map(|(id, source)| (source.name.to_string(), freshness(id, source.max_silence)));
        EvalContext {
            sources: &self.sources,
            view,
            cards: &self.cards,
            as_of,
            coverage: coverage.collect(),
            gap: self.gap.as_deref(),
        }
    }
}
