//! Who operators are, kept from one score to the next: the register says it, and its rows change rarely.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use yujing_base::OperatorId;

use super::context::EvalContext;
use crate::source::{SourceId, Sources};
use crate::warning::OperatorCard;
use crate::window;

/// The cards of operators by the committed state of the register: of those who were asked for since it last changed.
#[derive(Debug, Default)]
pub(super) struct OperatorCards {
    kept: Mutex<HashMap<OperatorId, OperatorCard>>,
    unregistered: OperatorCard,
}

impl OperatorCards {
    /// Forgets those whom a committed delta describes anew.
    pub(super) fn forget_changed(&self, sources: &Sources, committed: &window::Delta) {
        let Some((register, _)) = sources.operators() else { return };
        let mut kept = self.lock();
        committed.operators_of(register).for_each(|operator| drop(kept.remove(operator)));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<OperatorId, OperatorCard>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl EvalContext<'_> {
    /// Who an operator is.
    pub(super) fn card(&self, operator: &OperatorId) -> OperatorCard {
        let Some((register, _)) = self.sources.operators() else { return self.cards.unregistered.clone() };
        let is_changed = self.view.changes_of(register, operator);
        if let Some(card) = self.cards.lock().get(operator).filter(|_| !is_changed) {
            return card.clone();
        }
        let card = self.read_cards(register, std::slice::from_ref(operator)).remove(operator);
        let card = card.unwrap_or_else(|| self.cards.unregistered.clone());
        if !is_changed {
            self.cards.lock().insert(operator.clone(), card.clone());
        }
        card
    }

    /// Reads at once who these operators are, as far as it is not kept: one call for many costs a fraction of one for
    /// each. Returns the cards of those whom the batch describes anew, which are not kept before it is committed.
    pub(super) fn prepare_cards(&self, operators: &[OperatorId]) -> HashMap<OperatorId, OperatorCard> {
        let Some((register, _)) = self.sources.operators() else { return HashMap::new() };
        let mut kept = self.cards.lock();
        let is_changed = |operator: &OperatorId| self.view.changes_of(register, operator);
        let is_kept = |operator: &OperatorId| kept.contains_key(operator) && !is_changed(operator);
        let wanted: Vec<OperatorId> = operators.iter().filter(|operator| !is_kept(operator)).cloned().collect();
        if wanted.is_empty() {
            return HashMap::new();
        }
        let mut read = self.read_cards(register, &wanted);
        let mut changed = HashMap::new();
        for operator in wanted {
            let card = read.remove(&operator).unwrap_or_else(|| self.cards.unregistered.clone());
            let cards = if is_changed(&operator) { &mut changed } else { &mut *kept };
            cards.insert(operator, card);
        }
        changed
    }

    /// Who these operators are by the register; one that it does not know is absent.
    fn read_cards(&self, register: SourceId, operators: &[OperatorId]) -> HashMap<OperatorId, OperatorCard> {
        let rows = self.view.references(register, operators).into_iter();
        rows.map(|(operator, attributes)| (operator, OperatorCard::registered(attributes))).collect()
    }
}
