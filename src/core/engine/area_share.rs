//! What an operator adds to its areas after an evaluation.

use std::sync::Arc;

use jiff::Timestamp;

use super::operator_state::{OperatorState, Routed};
use crate::feature::FeatureRow;
use crate::ruleset::Ruleset;
use crate::warning::OperatorCard;
use crate::warning::rollup::{AreaShare, ShareInputs};
use crate::warning::routing::OperatorFacts;

impl OperatorState {
    /// Counts the operator in its areas by how it stands now; returns until when that holds.
    pub(super) fn update_share(
        &mut self,
        ruleset: &Ruleset,
        card: &OperatorCard,
        features: &FeatureRow,
        as_of: Timestamp,
    ) -> Timestamp {
        let unrouted = self.is_unrouted(ruleset, card);
        let (standing, zone) = (&self.standing, &ruleset.policy.zone);
        let inputs = ShareInputs { card, standing, unrouted, features, visits: &ruleset.visits, as_of, zone };
        let share = AreaShare::of(&inputs);
        let holds_until = AreaShare::holds_until(&inputs);
        if self.share.as_deref() != Some(&share) {
            self.share = Some(Arc::new(share));
        }
        holds_until
    }

    /// Whether no route leads from the operator to a post. Asked again when the register says something else of it.
    fn is_unrouted(&mut self, ruleset: &Ruleset, card: &OperatorCard) -> bool {
        let Some(routing) = &ruleset.routing else { return false };
        if let Some(routed) = self.routed.as_ref().filter(|routed| routed.card == *card) {
            return routed.unrouted;
        }
        let unrouted = routing.is_unrouted(&OperatorFacts { attributes: card.attributes() });
        self.routed = Some(Routed { card: card.clone(), unrouted });
        unrouted
    }
}
