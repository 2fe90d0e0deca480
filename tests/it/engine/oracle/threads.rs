//! On how many threads an engine decides makes no difference to anything that leaves it, nor to the order in which it
//! leaves. The history of a few operators happens to many at once, so that there is something to share out.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::sync::Arc;

use serde_json::json;
use yujing_config::Topics;
use yujing_core::engine::{Engine, Mode, Output, Pending, Positions, Standings};
use yujing_core::source::Record;
use yujing_core::warning::Cause;
use yujing_live::encoder::Encoder;

use super::history::{Arrival, Entry, Happening, OPERATORS, Publisher};
use super::office::{Office, SHADOW};
use super::{refused, texts};

/// So often the history happens.
const COPIES: usize = 64;

/// An engine, with everything that left it as text.
struct Run<'a> {
    office: &'a Office,
    engine: Engine,
    publishers: Vec<Publisher<'a>>,
    encoder: Encoder,
    left: Vec<String>,
}

impl<'a> Run<'a> {
    fn new(office: &'a Office, threads: usize) -> Self {
        let threads = NonZeroUsize::new(threads).expect("not zero");
        let engine = Engine::new(Arc::clone(&office.sources), Arc::clone(&office.rulesets[0]));
        let mut engine = engine.on_threads(threads);
        engine.begin_areas(&BTreeSet::new());
        let named = |copy: usize| OPERATORS.map(|operator| format!("{operator}-{copy}"));
        let publishers = (0..COPIES).map(|copy| Publisher::of(office, named(copy))).collect();
        let encoder = Encoder::new(Topics::default(), "threads", 1_000_000).on_threads(threads);
        Self { office, engine, publishers, encoder, left: Vec::new() }
    }

    fn pass(&mut self, entry: &Entry) {
        self.publishers.iter_mut().for_each(|publisher| publisher.pass(entry.later));
        let now = self.publishers[0].now;
        match &entry.happening {
            Happening::Batch { arrivals, aborted } => {
                let records = self.records(arrivals);
                let (in_vain, _) = records.split_at(records.len().min(*aborted * COPIES));
                drop(self.apply(in_vain, Mode::Live));
                let pending = self.apply(&records, Mode::Live);
                self.commit(pending);
            }
            Happening::CatchUp(arrivals) => {
                let records = self.records(arrivals);
                let pending = self.apply(&records, Mode::CatchUp);
                self.commit(pending);
                self.score_everyone(Cause::Start);
            }
            Happening::Sweep => self.score_everyone(Cause::Time),
            Happening::Restart => {
                let pending = self.engine.check(&self.engine.operators(), now, &Positions::new());
                self.commit(pending.expect("features are computed"));
            }
            Happening::Expire => {
                self.engine.expire();
            }
            Happening::Ruleset(place) => {
                self.engine.put_in_force(Arc::clone(&self.office.rulesets[*place]));
                self.score_everyone(Cause::Time);
            }
            Happening::Shadow => {
                self.engine.attach_candidate(Arc::clone(&self.office.rulesets[SHADOW]), Standings::default());
                self.score_everyone(Cause::Time);
            }
        }
    }

    /// What arrives, in the order of time.
    fn records(&mut self, arrivals: &[Arrival]) -> Vec<Record> {
        let of_all = self.publishers.iter_mut().flat_map(|publisher| publisher.records(arrivals));
        let mut records: Vec<Record> = of_all.collect();
        records.sort_by_key(|record| record.timestamp);
        records
    }

    fn apply(&mut self, records: &[Record], mode: Mode) -> Pending {
        self.engine.apply(records, &Positions::new(), mode).expect("features are computed")
    }

    fn score_everyone(&mut self, cause: Cause) {
        let (everyone, now) = (self.engine.operators(), self.publishers[0].now);
        let pending = self.engine.sweep(&everyone, now, cause, &Positions::new());
        self.commit(pending.expect("features are computed"));
    }

    fn commit(&mut self, pending: Pending) {
        assert!(pending.failures.is_empty(), "{:?}", pending.failures);
        let written = self.encoder.output(&pending.output).into_iter().map(|record| format!("{record:?}"));
        self.left.extend(written);
        for Output { scores, warnings, areas, tally, .. } in std::iter::once(&pending.output).chain(&pending.shadows) {
            self.left.extend(scores.iter().map(|score| json!(score).to_string()));
            self.left.extend(texts(warnings));
            self.left.extend(areas.iter().map(|area| format!("{area:?}")));
            let fires = tally.rules.iter().map(|(rule, tally)| (rule, tally.fires, tally.last_fired, tally.opened));
            let fires: Vec<_> = fires.collect();
            let levels = (&tally.level_changes, &tally.open_changes, tally.operators_scored, tally.wrong_answers);
            self.left.push(format!("{levels:?} {fires:?} {:?} {:?}", tally.rule_failures, tally.feature_failures));
        }
        self.left.extend(refused(&pending.output));
        self.engine.commit(pending);
    }
}

pub fn any_number_decides_the_same(office: &Office, history: &[Entry]) {
    let mut runs = [1, 2, 5].map(|threads| Run::new(office, threads));
    for entry in history {
        let [alone, others @ ..] = &mut runs;
        alone.pass(entry);
        let left = std::mem::take(&mut alone.left);
        for other in others {
            other.pass(entry);
            assert_eq!(std::mem::take(&mut other.left), left, "after {entry:?}");
        }
    }
}
