//! What leaves: the record on the compacted `scores` topic and the event on the `warnings` topic. Both are described by
//! `schemas/scores.schema.json` and `schemas/warnings.schema.json`, carry no personal data and prove themselves (I4).
//!
//! - here: the event of a transition
//! - [`score_record`], [`warning_event`]: the two as they are written
//! - [`feature_values`], [`coverage`], [`operator_card`]: their parts that many records share
//! - [`ruleset_parts`]: what all records of one ruleset have in common
//! - [`headline`](headline()): the words of an event
//! - [`restored`]: what is read of them again

pub mod coverage;
pub mod feature_values;
mod headline;
pub mod operator_card;
#[cfg(test)]
mod properties;
pub mod restored;
pub mod ruleset_parts;
pub mod score_record;
#[cfg(test)]
mod tests;
pub mod warning_event;

use std::collections::BTreeMap;

pub use self::coverage::{Coverage, Freshness};
pub use self::feature_values::{FeatureNames, FeatureValues};
pub use self::headline::headline;
pub use self::operator_card::OperatorCard;
pub use self::restored::{RestoredFinding, RestoredScore, RestoredWarning};
pub use self::ruleset_parts::RulesetParts;
pub use self::score_record::{ScoreInputs, ScoreRecord};
pub use self::warning_event::WarningEvent;
use crate::rule::Level;
use crate::warning::lifecycle::Transition;
use yujing_base::language::Bilingual;
use yujing_base::zone::Zone;

use crate::warning::standing::Standing;

impl WarningEvent {
    /// The event of a transition: `score` is the operator's score after it, with the evidence of its findings; `zone`
    /// is the office's.
    pub fn new(
        transition: &Transition,
        score: ScoreRecord,
        previous: Standing,
        offsets: BTreeMap<String, i64>,
        zone: &Zone,
    ) -> Self {
        let warning = score.standing.warning.as_ref();
        let known = warning.or(previous.warning.as_ref());
        let highest = known.map_or(Level::None, |warning| warning.highest);
        let mut handling = known.and_then(|warning| warning.handling.clone());
        if let Some(handling) = handling.as_mut().filter(|handling| handling.before.is_some()) {
            handling.to_mut().before = None;
        }
        let mut event = Self {
            warning_id: transition.warning_id,
            sequence: transition.sequence,
            operator_id: score.operator_id,
            step: transition.step,
            cause: transition.cause,
            from: transition.from,
            level: transition.to,
            highest,
            as_of: score.as_of,
            opened_at: transition.opened_at,
            below_since: warning.and_then(|warning| warning.below_since),
            due_at: warning.and_then(|warning| warning.due_at),
            due_provisional: warning.and_then(|warning| warning.due_provisional),
            handling,
            disposition: transition.disposition.clone(),
            zone: zone.clone(),
            text: Bilingual { zh: String::new(), en: String::new() },
            score: score.score,
            base: score.base,
            to_next: score.to_next,
            findings: score.findings,
            floors: score.floors,
            features: score.features,
            coverage: score.coverage,
            degraded: score.degraded,
            operator: score.operator,
            ruleset: score.ruleset,
            offsets,
            previous,
        };
        event.text = headline(&event);
        event
    }
}
