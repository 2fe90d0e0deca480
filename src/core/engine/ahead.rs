//! The batches of a while decided together, for who has them all before the first is decided: what is decided of an
//! operator depends on no other, so batches are taken apart by operators and put together anew, and each operator is
//! evaluated as of the instants of its own batches. The more operators are evaluated together, the less each costs.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use yujing_base::OperatorId;

use super::context::{Ask, EvalRequest};
use super::decision::Decision;
use super::intake::Intake;
use super::pending::Delta;
use super::wake::{Due, Turn};
use super::{DeadLetter, Engine, Output, Pending, Positions};
use crate::feature::{FeatureError, KeptFeatures};
use crate::source::{DecodedRecord, Record};
use crate::warning::Cause;
use crate::window::View;

/// Records of which those of one operator are of one batch, and decided as of its instant.
#[derive(Debug, Default)]
pub struct Layer {
    records: Vec<Record>,
    decoded: Vec<DecodedRecord>,
    /// For each record, the instant as of which its batch is decided.
    instants: Vec<Timestamp>,
    /// For each record, its place among those of all layers.
    places: Vec<usize>,
}

/// Batches taken apart: each operator's first batch is in the first layer, its second one in the second.
#[derive(Debug, Default)]
pub struct Layers {
    in_order: Vec<Layer>,
    batches: usize,
    records: usize,
    /// For each operator its last batch so far, and the layer that it is in.
    last: HashMap<OperatorId, (usize, usize)>,
}

impl Layers {
    /// Adds the batch that comes next, which is decided as of an instant.
    pub fn add(&mut self, records: Vec<Record>, decoded: Vec<DecodedRecord>, as_of: Timestamp) {
        self.batches += 1;
        for (record, decoded) in records.into_iter().zip(decoded) {
            let number = match &decoded.event {
                Ok(event) => self.layer_of(&event.operator_id),
                // It is nobody's.
                Err(_) => 0,
            };
            if self.in_order.len() <= number {
                self.in_order.resize_with(number + 1, Layer::default);
            }
            let layer = &mut self.in_order[number];
            layer.records.push(record);
            layer.decoded.push(decoded);
            layer.instants.push(as_of);
            layer.places.push(self.records);
            self.records += 1;
        }
    }

    /// The layers, in the order in which they are to be decided.
    pub fn into_layers(self) -> Vec<Layer> {
        self.in_order
    }

    /// The layer of an operator's records of the newest batch.
    fn layer_of(&mut self, operator: &OperatorId) -> usize {
        let Some((batch, number)) = self.last.get_mut(operator) else {
            self.last.insert(operator.clone(), (self.batches, 0));
            return 0;
        };
        if *batch != self.batches {
            (*batch, *number) = (self.batches, *number + 1);
        }
        *number
    }
}

impl Engine {
    /// Decides a layer: whoever has records in it is woken until the instant of its batch, and evaluated as of it. Nobody
    /// else is, so once all layers are committed [`Engine::wake`] has everyone's other instants. Only for engines that
    /// decide no dispositions ([`Engine::decided_dispositions`]), and of which nobody reads how fresh sources are.
    ///
    /// # Errors
    /// As [`Engine::apply`].
    pub fn apply_layer(&mut self, layer: Layer) -> Result<Pending, FeatureError> {
        debug_assert!(self.decided_dispositions().is_none(), "dispositions are decided at instants of their own");
        self.decide(|engine, kept| engine.decide_layer(kept, layer))
    }

    fn decide_layer(&self, kept: &mut KeptFeatures, layer: Layer) -> Result<Pending, FeatureError> {
        let Layer { records, decoded, instants, places } = layer;
        let positions = &Positions::new();
        let mut decision = Decision::begin(self);
        let (mut intake, instants) = self.admit_each(decoded, &instants, &mut decision);
        self.wake_each(kept, &instants, &mut intake, &mut decision)?;
        let Intake { mut delta, refused, .. } = intake;
        kept.forget(decision.past.operators_of(self.sources.past_warnings().0));
        delta.events.absorb(std::mem::take(&mut decision.past));
        let Output { dead_letters, tally, .. } = &mut decision.output;
        debug_assert_eq!(tally.records(), records.len() as u64, "I1: every record is exactly one of the outcomes");
        dead_letters.extend(refused.into_iter().map(|refused| {
            let letter = refused.into_dead_letter(&records);
            DeadLetter { place: places[letter.place], ..letter }
        }));
        let view = self.store.view_with(&delta.events);
        kept.apply_changes(view);
        let asks = changed_operators(view, &delta, &instants);
        let context = self.context(view, &delta.last_seen);
        self.evaluate(kept, &context, &EvalRequest { asks: &asks, positions, write_all: false }, &mut decision)?;
        Ok(Pending::of(self, decision, delta))
    }

    /// Admits records, each as of its instant; gives the instants by operator.
    fn admit_each(
        &self,
        decoded: Vec<DecodedRecord>,
        instants: &[Timestamp],
        decision: &mut Decision,
    ) -> (Intake, BTreeMap<OperatorId, Timestamp>) {
        let tally = &mut decision.output.tally;
        let (mut intake, mut of_operators) = (Intake::default(), BTreeMap::new());
        for (place, (DecodedRecord { source, event, .. }, at)) in decoded.into_iter().zip(instants).enumerate() {
            intake.delta.as_of = Some(*at);
            if let Ok(event) = &event {
                of_operators.insert(event.operator_id.clone(), *at);
            }
            let admitted = event.and_then(|event| self.admit(event, &mut intake, tally));
            intake.note(place, source, admitted, tally);
        }
        intake.delta.as_of = self.as_of.max(instants.iter().max().copied());
        (intake, of_operators)
    }

    /// Wakes operators until an instant of their own.
    fn wake_each(
        &self,
        kept: &mut KeptFeatures,
        instants: &BTreeMap<OperatorId, Timestamp>,
        intake: &mut Intake,
        decision: &mut Decision,
    ) -> Result<(), FeatureError> {
        let until = |operator: &OperatorId| instants.get(operator).copied().unwrap_or(Timestamp::MIN);
        let woken = instants.keys().filter_map(|operator| Some((self.wakes.instant_of(operator)?, operator)));
        let woken = woken.filter(|(at, operator)| *at <= until(operator));
        let mut due: Due = woken.map(|(at, operator)| (Turn::of_time(at, operator), Cause::Time)).collect();
        let last = instants.values().max().copied().unwrap_or(Timestamp::MIN);
        let visible = self.pending_visibility.due(last).filter(|visible| visible.at <= until(&visible.operator));
        intake.delta.now_visible = visible.cloned().collect();
        let visible = intake.delta.now_visible.iter();
        due.extend(visible.map(|visible| (Turn::of_time(visible.at, &visible.operator), Cause::Events)));
        self.run_turns(kept, due, until, &Positions::new(), intake, decision)?;
        Ok(())
    }
}

/// The operators of whom a layer changes something, the soonest first.
fn changed_operators(view: View<'_>, delta: &Delta, instants: &BTreeMap<OperatorId, Timestamp>) -> Vec<Ask> {
    let touched = delta.events.touched.iter().filter_map(|operator| Some((operator, *instants.get(operator)?)));
    let changed = touched.filter(|(operator, as_of)| view.is_changed(operator, *as_of));
    let ask = |(operator, as_of): (&OperatorId, Timestamp)| Ask {
        operator: operator.clone(),
        as_of,
        cause: Cause::Events,
        disposition: None,
    };
    let mut asks: Vec<Ask> = changed.map(ask).collect();
    asks.sort_by_key(|ask| ask.as_of);
    asks
}
