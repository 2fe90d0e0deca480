//! Batches taken apart by operators and decided in layers move the same warnings as batch after batch.

use std::sync::Arc;

use serde_json::{Value, json};
use yujing_core::engine::{Emit, Engine, Layers, Mode, Output, Pending, Positions};
use yujing_core::source::Record;
use yujing_core::warning::WarningEvent;

use super::history::{Entry, Happening, Publisher};
use super::office::{Office, SHADOW};
use super::refused;

/// So many batches are taken apart together.
const TOGETHER: usize = 7;

/// What left an engine and its shadow.
#[derive(Default)]
struct Left {
    warnings: [Vec<WarningEvent>; 2],
    refused: Vec<String>,
    scored: u64,
}

impl Left {
    fn commit(&mut self, engine: &mut Engine, pending: Pending) {
        let outputs = std::iter::once(&pending.output).chain(&pending.shadows);
        for (left, output) in self.warnings.iter_mut().zip(outputs) {
            left.extend_from_slice(&output.warnings);
        }
        let Output { tally, .. } = &pending.output;
        self.scored += tally.operators_scored;
        self.refused.extend(refused(&pending.output));
        engine.commit(pending);
    }

    fn wake(&mut self, engine: &mut Engine, at: jiff::Timestamp) {
        while engine.next_instant().is_some_and(|next| next <= at) {
            let pending = engine.wake(at, 2, &Positions::new()).expect("features are computed");
            self.commit(engine, pending);
        }
    }

    /// In the order of their instants, then of operators, and without what layers do not know.
    fn texts(&self) -> [Vec<String>; 2] {
        let text = |event: &WarningEvent| {
            let mut value: Value = json!(event);
            value.as_object_mut().expect("an object").remove("coverage");
            value.to_string()
        };
        self.warnings.clone().map(|mut warnings| {
            warnings.sort_by(|left, right| (left.as_of, &left.operator_id).cmp(&(right.as_of, &right.operator_id)));
            warnings.iter().map(text).collect()
        })
    }
}

fn engine(office: &Office) -> Engine {
    let mut engine = Engine::with(Arc::clone(&office.sources), Arc::clone(&office.rulesets[0]), Emit::Warnings);
    engine.attach_shadow(Arc::clone(&office.rulesets[SHADOW]), Emit::Warnings);
    engine
}

/// The batches of a history that hold anything.
fn batches(office: &Office, history: &[Entry]) -> Vec<Vec<Record>> {
    let mut publisher = Publisher::new(office);
    let mut batches = Vec::new();
    for entry in history {
        publisher.pass(entry.later);
        if let Happening::Batch { arrivals, .. } | Happening::CatchUp(arrivals) = &entry.happening {
            batches.push(publisher.records(arrivals));
        }
    }
    batches.retain(|batch| !batch.is_empty());
    batches
}

/// Returns how many warnings moved.
pub fn layers_decide_the_same(office: &Office, history: &[Entry]) -> usize {
    let batches = batches(office, history);
    let (mut one_by_one, mut expected) = (engine(office), Left::default());
    for batch in &batches {
        let pending = one_by_one.apply(batch, &Positions::new(), Mode::Live).expect("features are computed");
        expected.commit(&mut one_by_one, pending);
    }

    let (mut together, mut found) = (engine(office), Left::default());
    for some in batches.chunks(TOGETHER) {
        let mut layers = Layers::default();
        for batch in some {
            let as_of = batch.last().expect("it holds something").timestamp;
            layers.add(batch.clone(), together.decoders().decode_all(batch), as_of);
        }
        for layer in layers.into_layers() {
            let pending = together.apply_layer(layer).expect("features are computed");
            found.commit(&mut together, pending);
        }
        let as_of = some.last().and_then(|batch| batch.last()).expect("it holds something").timestamp;
        found.wake(&mut together, as_of);
        together.expire();
        assert_eq!(together.as_of(), Some(as_of));
    }

    assert_eq!(found.texts(), expected.texts());
    found.refused.sort_unstable();
    expected.refused.sort_unstable();
    assert_eq!(found.refused, expected.refused);
    assert_eq!(found.scored, expected.scored);
    assert_eq!(together.operators(), {
        one_by_one.expire();
        one_by_one.operators()
    });
    found.warnings.iter().map(Vec::len).sum()
}
