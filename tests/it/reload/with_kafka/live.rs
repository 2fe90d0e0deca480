//! I2 and I7 across a change of the ruleset: whatever happens amid it, the next start runs the newest published one,
//! has judged everyone by it, and has said everything once.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};

use jiff::Timestamp;
use rstest::rstest;
use serde_json::Value;
use yujing_config::Clock;
use yujing_core::ruleset::{Ruleset, Trigger};
use yujing_kafka::{KafkaError, Transaction, TransactionError, Transactions};
use yujing_live::RunError;
use yujing_live::reload::{Proposal, ReloadCoordinator, ReloadEnding, RulesetDifference};
use yujing_workbench::rules_folder;

use crate::support::engine::{EngineFixture, RunningEngine, load};
use crate::support::kafka::eventually;
use crate::support::ruleset::small_ruleset;

/// Operators get one, three or four complaints.
fn complaints(operator: usize) -> usize {
    [1, 3, 4][operator % 3]
}

/// Three complaints are orange now, where they were blue; one is yellow, where it was nothing; four are nothing at all.
const RULE: &str = r#"//! id       = "many_complaints"
//! title    = { zh = "投诉举报集中", en = "Many complaints" }
//! family   = "complaints"
//! status   = "active"
//! owner    = "投诉科"
//! effective_from = 2020-01-01
//! basis    = [{ law = "食品安全法", article = "第一百一十五条", confirmed = false }]
//! action   = { zh = "现场核查", en = "Visit" }
//! deadline = "24h"

fn when(op)    { op.complaints_30d >= 1 && op.complaints_30d <= 3 }
fn points(op)  { if op.complaints_30d == 3 { 65 } else { 45 } }
fn because(op) { #{ zh: `${op.complaints_30d}件。`, en: `${op.complaints_30d}.` } }
"#;

fn candidate(fixture: &EngineFixture) -> Arc<Ruleset> {
    let folder = small_ruleset(&[("complaints/many_complaints.rhai", RULE)]);
    let ruleset = rules_folder::load(folder.path(), &fixture.sources);
    Arc::new(ruleset.unwrap_or_else(|problems| panic!("{}", problems.render(false))))
}

fn fixture(clock: Clock) -> EngineFixture {
    let mut fixture = EngineFixture::new(clock);
    fixture.config.engine.sweep_chunk = 4;
    fixture
}

fn propose(running: &RunningEngine, ruleset: &Arc<Ruleset>) -> mpsc::Receiver<ReloadEnding> {
    let (reply, verdict) = mpsc::channel();
    running.reloads.proposal.put(Proposal {
        attempt: 0,
        ruleset: Arc::clone(ruleset),
        trigger: Trigger::Api,
        dry_run: false,
        difference: RulesetDifference::default(),
        reply,
    });
    verdict
}

fn await_scored(reloads: &ReloadCoordinator, hash: &str) {
    eventually("everyone is judged", || {
        let in_force = reloads.status.in_force().filter(|in_force| in_force.ruleset.hash == hash)?;
        (in_force.unscored_operators == 0).then_some(())
    });
}

/// The steps of every operator: step, level, cause, sequence, ruleset.
type Steps = BTreeMap<String, Vec<(String, String, String, u64, String)>>;

fn steps(fixture: &EngineFixture) -> Steps {
    let mut steps = Steps::new();
    for record in fixture.kafka().read_committed(&fixture.config.topics.warnings) {
        let event: Value = serde_json::from_slice(record.value.as_deref().expect("a value")).expect("JSON");
        let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
        let sequence = event["sequence"].as_u64().expect("a sequence");
        let step = (text("step"), text("level"), text("cause"), sequence, text("ruleset"));
        steps.entry(text("operator_id")).or_default().push(step);
    }
    steps
}

/// The rulesets that the newest scores name.
fn scored_by(fixture: &EngineFixture) -> BTreeMap<String, String> {
    let scores = fixture.kafka().read_committed(&fixture.config.topics.scores).into_iter().map(|record| {
        let score: Value = serde_json::from_slice(record.value.as_deref().expect("a value")).expect("JSON");
        let text = |name: &str| score[name].as_str().unwrap_or_default().to_owned();
        (text("operator_id"), text("ruleset"))
    });
    scores.collect()
}

/// What a fixture comes to in which nothing happens amid the change.
fn undisturbed(clock: Clock, load: &[(String, String, i64)]) -> (Steps, String) {
    let fixture = fixture(clock);
    let ruleset = candidate(&fixture);
    let running = fixture.start();
    running.await_ready();
    fixture.complain(load);
    fixture.await_consumed_by(&running);
    let verdict = propose(&running, &ruleset).recv().expect("an answer");
    let ReloadEnding::Applied(difference) = verdict else { panic!("{verdict:?}") };
    assert_eq!((difference.change.operators, difference.change.moved()), (30, 30), "{difference:#?}");
    await_scored(&running.reloads, &ruleset.hash);
    running.stop().expect("it stops");
    (steps(&fixture), ruleset.hash.clone())
}

/// Where a process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The publication is not committed.
    BeforePublishing,
    /// It is, but the process does not live to know.
    AfterPublishing,
    /// Some operators are judged by the new ruleset, others are not.
    AmidJudging,
}

/// Lets a process end at a moment of a change.
struct Ending<T> {
    inner: T,
    rulesets: String,
    end: End,
    /// Transactions since the change was published.
    since: Option<u32>,
}

impl<T: Transactions> Transactions for Ending<T> {
    fn commit(&mut self, transaction: Transaction) -> Result<(), TransactionError> {
        let here = Err(TransactionError::Refused("the process ends here".to_owned()));
        let publishes = transaction.records.iter().any(|record| {
            let key = record.key.as_deref().unwrap_or_default();
            *record.topic == *self.rulesets && key.starts_with(b"publication/") && !key.ends_with(b"/000000000001")
        });
        if publishes {
            if self.end == End::BeforePublishing {
                return here;
            }
            self.since = Some(0);
        } else if let Some(since) = &mut self.since {
            *since += 1;
        }
        let committed = self.inner.commit(transaction);
        match (self.end, self.since) {
            (End::AfterPublishing, Some(0)) | (End::AmidJudging, Some(3)) => here,
            _ => committed,
        }
    }
}

#[rstest]
#[case::before_publishing(Clock::Wall, End::BeforePublishing)]
#[case::between_publishing_and_swapping(Clock::Wall, End::AfterPublishing)]
#[case::amid_judging(Clock::Wall, End::AmidJudging)]
#[case::amid_judging_history(Clock::Log, End::AmidJudging)]
fn i2_i7_an_end_amid_a_change_is_restored_soundly(#[case] clock: Clock, #[case] end: End) {
    let load = load(30, complaints, Timestamp::now().as_second() - 3_600, 1);
    let (expected, hash) = undisturbed(clock, &load);

    let fixture = fixture(clock);
    let rulesets = fixture.config.topics.rulesets.clone();
    let running =
        fixture.start_with(false, move |inner| Ending { inner, rulesets: rulesets.clone(), end, since: None });
    running.await_ready();
    fixture.complain(&load);
    fixture.await_consumed_by(&running);
    let before = steps(&fixture);
    let _verdict = propose(&running, &candidate(&fixture));
    let outcome = running.end();
    assert!(matches!(outcome, Err(RunError::Kafka(KafkaError::Refused(_)))), "{outcome:?}");
    if end == End::AmidJudging {
        let judged = scored_by(&fixture).values().filter(|by| **by == hash).count();
        assert!((1..30).contains(&judged), "{judged} of 30 are judged by the new ruleset");
    }

    // The next process has the old ruleset in its folder.
    let running = fixture.start();
    running.await_ready();
    let in_force = running.reloads.status.in_force().expect("known").ruleset.hash.clone();
    running.stop().expect("it stops");
    if end == End::BeforePublishing {
        assert_eq!((steps(&fixture), in_force), (before, fixture.ruleset.hash.clone()));
        return;
    }
    assert_eq!(in_force, hash);
    assert_eq!(steps(&fixture), expected);
    assert!(scored_by(&fixture).values().all(|by| *by == hash));
}

/// Says of the first transaction that publishes a change that nobody can tell what became of it.
struct Losing<T> {
    inner: T,
    /// Whether it was committed after all.
    committed: bool,
    lost: Arc<AtomicBool>,
}

impl<T: Transactions> Transactions for Losing<T> {
    fn commit(&mut self, transaction: Transaction) -> Result<(), TransactionError> {
        let second = b"publication/000000000002".as_slice();
        let publishes = transaction.records.iter().any(|record| record.key.as_deref() == Some(second));
        if publishes && !self.lost.swap(true, Ordering::Relaxed) {
            if self.committed {
                self.inner.commit(transaction)?;
            }
            return Err(TransactionError::Lost("nobody knows".to_owned()));
        }
        self.inner.commit(transaction)
    }
}

#[rstest]
#[case::committed(true)]
#[case::not_committed(false)]
fn i2_i7_a_publication_of_unknown_outcome_is_settled_by_the_running_process(#[case] committed: bool) {
    let load = load(30, complaints, Timestamp::now().as_second() - 3_600, 1);
    let (expected, hash) = undisturbed(Clock::Wall, &load);

    let fixture = fixture(Clock::Wall);
    let lost = Arc::new(AtomicBool::new(false));
    let running = fixture.start_with(false, move |inner| Losing { inner, committed, lost: Arc::clone(&lost) });
    running.await_ready();
    fixture.complain(&load);
    fixture.await_consumed_by(&running);
    let verdict = propose(&running, &candidate(&fixture)).recv().expect("an answer");
    assert!(matches!(verdict, ReloadEnding::Applied(_)), "{verdict:?}");
    await_scored(&running.reloads, &hash);
    running.await_ready();
    running.stop().expect("it stops");
    assert_eq!(steps(&fixture), expected);
    assert!(scored_by(&fixture).values().all(|by| *by == hash));
    let publications = fixture.kafka().read_committed(&fixture.config.topics.rulesets);
    assert_eq!(publications.len(), 4, "two bodies and two publications");
}

/// Makes the first transaction that publishes a change fail before it begins.
struct Aborting<T> {
    inner: T,
    aborted: bool,
}

impl<T: Transactions> Transactions for Aborting<T> {
    fn commit(&mut self, transaction: Transaction) -> Result<(), TransactionError> {
        let second = b"publication/000000000002".as_slice();
        let publishes = transaction.records.iter().any(|record| record.key.as_deref() == Some(second));
        if publishes && !std::mem::replace(&mut self.aborted, true) {
            return Err(TransactionError::Aborted("once".to_owned()));
        }
        self.inner.commit(transaction)
    }
}

#[test]
fn an_aborted_publication_is_tried_again() {
    let fixture = fixture(Clock::Wall);
    let ruleset = candidate(&fixture);
    let running = fixture.start_with(false, |inner| Aborting { inner, aborted: false });
    running.await_ready();
    let verdict = propose(&running, &ruleset).recv().expect("an answer");
    assert!(matches!(verdict, ReloadEnding::Applied(_)), "{verdict:?}");
    running.stop().expect("it stops");
    let keys: Vec<String> = fixture
        .kafka()
        .read_committed(&fixture.config.topics.rulesets)
        .into_iter()
        .map(|record| String::from_utf8(record.key.expect("a key")).expect("UTF-8"))
        .collect();
    let (first, second) = (fixture.ruleset.hash.clone(), ruleset.hash.clone());
    let publications = ["publication/000000000001", "publication/000000000002"].map(str::to_owned);
    assert_eq!(keys, [first, publications[0].clone(), second, publications[1].clone()]);
}

#[test]
fn what_the_topic_keeps_is_as_its_schemas_say() {
    let fixture = fixture(Clock::Wall);
    let running = fixture.start();
    running.await_ready();
    let verdict = propose(&running, &candidate(&fixture)).recv().expect("an answer");
    assert!(matches!(verdict, ReloadEnding::Applied(_)), "{verdict:?}");
    running.stop().expect("it stops");
    let schema = |name: &str| {
        let file = Path::new("schemas").join(format!("{name}.schema.json"));
        let schema: Value = serde_json::from_str(&std::fs::read_to_string(file).expect("a schema")).expect("JSON");
        jsonschema::draft202012::options().should_validate_formats(true).build(&schema).expect("a schema")
    };
    let (body, publication) = (schema("rulesets"), schema("ruleset-publications"));
    let mut kinds = Vec::new();
    for record in fixture.kafka().read_committed(&fixture.config.topics.rulesets) {
        let kind = record.header("ce_type");
        let validator = if kind.contains("publication") { &publication } else { &body };
        let value: Value = serde_json::from_slice(record.value.as_deref().expect("a value")).expect("JSON");
        let problems: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
        assert!(problems.is_empty(), "{kind}: {problems:?}\n{value:#}");
        kinds.push(kind);
    }
    assert_eq!(kinds.len(), 4, "{kinds:?}");
}
