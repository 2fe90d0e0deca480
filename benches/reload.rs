//! How long a change of the ruleset makes events wait. Before it, the engine looks at everyone, to say what would
//! change; then it takes the new ruleset and judges everyone by it. Both go in chunks, each between two batches: a
//! batch waits for one chunk. Beside them a whole batch of the same engine, and the work of the thread beside it, which
//! nobody waits for.

mod common;

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{BatchSize, Criterion, SamplingMode, criterion_group, criterion_main};
use jiff::{SignedDuration, Timestamp};
use yujing_base::OperatorId;
use yujing_config::Topics;
use yujing_core::engine::{Engine, Mode, Pending, Positions};
use yujing_core::ruleset::Ruleset;
use yujing_core::warning::Cause;
use yujing_live::encoder::Encoder;
use yujing_workbench::rules_folder;
use yujing_workbench::synthetic::District;

use common::Arrivals;

const DAYS: i64 = 90;
/// As the engine takes it by default.
const CHUNK: usize = 256;

fn with_another_threshold(folder: &Path) {
    let policy = folder.join("ruleset.toml");
    let text = std::fs::read_to_string(&policy).expect("the policy");
    let changed = text.replace("enter = 40, leave = 35", "enter = 38, leave = 33");
    assert_ne!(changed, text, "a threshold is changed");
    std::fs::write(&policy, changed).expect("written");
}

/// The engine at work, and the instant of its last batch.
struct Pipeline {
    engine: Engine,
    encoder: Encoder,
    now: Timestamp,
}

impl Pipeline {
    fn leave(&mut self, pending: Pending) {
        black_box(self.encoder.output(&pending.output));
        self.engine.commit(pending);
    }

    /// The swap, and the first chunk that is judged by the new ruleset.
    fn swap(&mut self, ruleset: &Arc<Ruleset>, operators: &[OperatorId]) -> Duration {
        let began = Instant::now();
        self.engine.put_in_force(Arc::clone(ruleset));
        let judged = self.engine.sweep(&operators[..CHUNK], self.now, Cause::Time, &Positions::new());
        self.leave(judged.expect("features can be computed"));
        began.elapsed()
    }
}

fn reload(criterion: &mut Criterion) {
    let now: Timestamp = "2026-03-29T00:00:00Z".parse().expect("an instant");
    let district = District::generate(common::SEED, District::DEFAULT_OPERATORS);
    let engine = common::engine_with_history(&district, common::CAMERA_ALERTS_A_DAY, DAYS, now);
    let sources = Arc::clone(engine.sources());
    let rulesets = [Arc::clone(engine.ruleset()), common::variant(&sources, with_another_threshold)];
    let operators = engine.operators();
    let encoder = Encoder::new(Topics::default(), "bench", 1_000_000);
    let mut pipeline = Pipeline { engine, encoder, now };
    let mut arrivals = Arrivals::new(&district, 100, common::CAMERA_ALERTS_A_DAY, now);

    let mut group = criterion.benchmark_group("reload");
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    group.bench_function("a batch of 2,000 events", |bencher| {
        let mut at = pipeline.now;
        bencher.iter_batched(
            || {
                let batch = arrivals.by_ref().take(common::BATCH);
                let arrived = batch.map(|planned| {
                    at += SignedDuration::from_millis(1);
                    common::arrived(&sources, &planned, at)
                });
                arrived.collect::<Vec<_>>()
            },
            |records| {
                let pending =
                    pipeline.engine.apply(&records, &Positions::new(), Mode::Live).expect("features can be computed");
                pipeline.leave(pending);
            },
            BatchSize::LargeInput,
        );
        pipeline.now = at;
    });
    let mut turn = 0;
    group.bench_function("pause: the swap and the first 256 operators", |bencher| {
        bencher.iter_custom(|rounds| {
            let swap = |_| {
                turn += 1;
                pipeline.swap(&rulesets[turn % 2], &operators)
            };
            (0..rounds).map(swap).sum()
        });
    });
    group.bench_function("pause: looking at 256 operators beforehand", |bencher| {
        bencher.iter(|| {
            let projected = pipeline.engine.project(&rulesets[1], &operators[..CHUNK], pipeline.now);
            black_box(projected.expect("features can be computed"))
        });
    });
    group.bench_function("beside: reading and building the folder", |bencher| {
        bencher.iter(|| {
            let snapshot = rules_folder::read(&common::checkout().join("rules")).expect("the folder is readable");
            black_box(snapshot.build(&sources).expect("the rules load"))
        });
    });
    group.finish();
}

criterion_group!(benches, reload);
criterion_main!(benches);
