//! Scores and warnings do not depend on what the engine keeps from before: over any history, an engine that goes on says
//! the same, byte for byte, as one that is made anew before every step from the log and from what left it, as a start
//! on Kafka does, and so computes everything from all rows.

mod ahead;
mod history;
mod office;
mod threads;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};
use yujing_base::OperatorId;
use yujing_core::engine::{Emit, Engine, Mode, Output, Pending, Positions, Staged, Standings};
use yujing_core::ruleset::Ruleset;
use yujing_core::source::{Kind, Record, SourceId};
use yujing_core::warning::{Cause, ScoreRecord, Step, WarningEvent};

use history::{Arrival, Entry, Happening, OPERATORS, Publisher, Report, history};
use office::{Office, SHADOW};

/// The newest score of each operator, as the compacted topic keeps it, with the ruleset that gave it.
type Written = BTreeMap<OperatorId, (ScoreRecord, Arc<Ruleset>)>;

/// What an engine leaves behind, from which another can be made.
struct Trail<'a> {
    office: &'a Office,
    ruleset: Arc<Ruleset>,
    log: Vec<Record>,
    written: Written,
    as_of: Option<Timestamp>,
}

impl<'a> Trail<'a> {
    fn new(office: &'a Office, ruleset: usize) -> Self {
        let ruleset = Arc::clone(&office.rulesets[ruleset]);
        Self { office, ruleset, log: Vec::new(), written: Written::new(), as_of: None }
    }

    /// An engine made of it that knows until when everything holds: everyone was evaluated as of the last instant, which
    /// moved no warning. With the scores that it wrote.
    fn evaluated_engine(&self) -> (Engine, Vec<ScoreRecord>) {
        let mut engine = self.engine();
        engine.schedule_all();
        let Some(as_of) = self.as_of else { return (engine, Vec::new()) };
        let (output, _) = take(&mut engine, Request::Wake(as_of), Mode::Live);
        assert_eq!(texts(&output.warnings), [""; 0], "everything was decided before");
        (engine, output.scores)
    }

    /// An engine made of it: the standings, then the records, source by source with the register first.
    fn engine(&self) -> Engine {
        let mut engine = Engine::new(Arc::clone(&self.office.sources), Arc::clone(&self.ruleset));
        for (score, ruleset) in self.written.values() {
            let restored = serde_json::from_value(json!(score)).expect("a score reads back");
            engine.restore_standing(restored, Some(Arc::clone(ruleset)));
        }
        // A shadow that was attached later knows no score of the time that had passed by then. As with a score, time
        // comes before the records: what they say is no news.
        if let Some(as_of) = self.as_of.filter(|as_of| engine.as_of() < Some(*as_of)) {
            take(&mut engine, Request::Sweep(&[], as_of, Cause::Time), Mode::Live);
        }
        engine.commit_staged();
        for source in self.reference_first() {
            let records: Vec<Record> = self.log.iter().filter(|record| record.source == source).cloned().collect();
            let pending = engine.apply(&records, &Positions::new(), Mode::Restore).expect("nothing is computed");
            engine.commit(pending);
        }
        engine.expire();
        assert_eq!(engine.as_of(), self.as_of, "time is restored");
        engine
    }

    fn reference_first(&self) -> Vec<SourceId> {
        let sources = self.office.sources.iter();
        let mut ids: Vec<_> = sources.map(|(id, source)| (source.kind != Kind::Reference, id)).collect();
        ids.sort_unstable();
        ids.into_iter().map(|(_, id)| id).collect()
    }

    fn note(&mut self, output: &Output, as_of: Option<Timestamp>) {
        for score in &output.scores {
            self.written.insert(Arc::clone(&score.operator_id), (score.clone(), Arc::clone(&self.ruleset)));
        }
        self.as_of = as_of;
    }
}

/// What is asked of an engine.
#[derive(Clone, Copy)]
enum Request<'a> {
    Batch(&'a [Record]),
    Sweep(&'a [OperatorId], Timestamp, Cause),
    Wake(Timestamp),
}

fn decide(engine: &mut Engine, request: Request<'_>, mode: Mode) -> Pending {
    let positions = Positions::from([(("camera.alert".into(), 0), 42)]);
    let decided = match request {
        Request::Batch(records) => engine.apply(records, &positions, mode),
        Request::Sweep(operators, at, cause) => engine.sweep(operators, at, cause, &positions),
        Request::Wake(at) => engine.wake(at, usize::MAX, &positions),
    };
    decided.expect("features are computed")
}

/// Decides against the state that the decision before leaves, which is committed only then. Returns what the champion and
/// the shadow decided.
fn take(engine: &mut Engine, request: Request<'_>, mode: Mode) -> (Output, Output) {
    let pending = decide(engine, request, mode);
    engine.commit_staged();
    let Staged { output, mut shadows, failures } = engine.stage(pending);
    assert!(failures.is_empty(), "{failures:?}");
    (output, shadows.pop().unwrap_or_default())
}

/// Decides records, and others against the state that they leave, all of which is aborted.
fn decide_in_vain(engine: &mut Engine, first: &[Record], then: &[Record]) {
    let pending = decide(engine, Request::Batch(first), Mode::Live);
    engine.commit_staged();
    engine.stage(pending);
    drop(decide(engine, Request::Batch(then), Mode::Live));
    engine.abort_staged();
}

/// A step of a warning, and why it was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Move {
    step: Step,
    cause: Cause,
}

/// The engine that goes on, beside what makes another at any time.
struct Run<'a> {
    engine: Engine,
    trail: Trail<'a>,
    /// While a shadow is attached: what it would leave if it were alone.
    shadow: Option<Trail<'a>>,
    publisher: Publisher<'a>,
    /// The answers that were not permitted, by their offsets: a shadow never hears of them.
    refused_answers: HashSet<i64>,
    moves: HashSet<Move>,
}

impl<'a> Run<'a> {
    fn new(office: &'a Office) -> Self {
        let trail = Trail::new(office, 0);
        let publisher = Publisher::new(office);
        Self {
            engine: trail.engine(),
            trail,
            shadow: None,
            publisher,
            refused_answers: HashSet::new(),
            moves: HashSet::new(),
        }
    }

    fn pass(&mut self, entry: &Entry) {
        self.publisher.pass(entry.later);
        match &entry.happening {
            Happening::Batch { arrivals, aborted } => {
                let records = self.heard(arrivals);
                let (first, then) = records.split_at(records.len().min(*aborted));
                decide_in_vain(&mut self.engine, first, then);
                self.decide(&[(Request::Batch(&records), Mode::Live)]);
                self.log(&records);
            }
            Happening::Sweep => {
                let everyone = self.engine.operators();
                if !everyone.is_empty() {
                    self.decide(&[(Request::Sweep(&everyone, self.publisher.now, Cause::Time), Mode::Live)]);
                }
            }
            Happening::Expire => {
                self.engine.commit_staged();
                self.engine.expire();
            }
            Happening::Restart => self.restart(),
            Happening::CatchUp(arrivals) => {
                let records = self.heard(arrivals);
                let decided = self.engine.decided_dispositions();
                let (answers, facts): (Vec<Record>, Vec<Record>) =
                    records.into_iter().partition(|record| Some(record.source) == decided);
                // Whoever has records by then.
                let new = facts.iter().filter_map(|record| record.key.as_deref());
                let new = new.map(|key| OperatorId::from(&*String::from_utf8_lossy(key)));
                let everyone: BTreeSet<OperatorId> = self.engine.operators().into_iter().chain(new).collect();
                let everyone = Vec::from_iter(everyone);
                let mut requests = vec![(Request::Batch(&facts), Mode::CatchUp)];
                if !answers.is_empty() {
                    requests.push((Request::Batch(&answers), Mode::Live));
                }
                if !everyone.is_empty() {
                    requests.push((Request::Sweep(&everyone, self.publisher.now, Cause::Start), Mode::Live));
                }
                self.decide(&requests);
                self.log(&facts);
                self.log(&answers);
            }
            Happening::Ruleset(place) => {
                let ruleset = &self.trail.office.rulesets[*place];
                self.engine.commit_staged();
                self.engine.put_in_force(Arc::clone(ruleset));
                self.trail.ruleset = Arc::clone(ruleset);
                self.score_everyone();
            }
            Happening::Shadow => self.attach_or_detach(),
        }
    }

    /// As after a change of the rules, before anything else happens.
    fn score_everyone(&mut self) {
        let (everyone, Some(as_of)) = (self.engine.operators(), self.trail.as_of) else { return };
        let (anew, shadow) = (self.trail.engine(), self.shadow.as_ref().map(Trail::engine));
        let request = Request::Sweep(&everyone, as_of, Cause::Time);
        self.decide_beside(&[(request, Mode::Live)], (anew, Vec::new()), shadow);
    }

    fn log(&mut self, records: &[Record]) {
        for trail in self.shadow.iter_mut().chain([&mut self.trail]) {
            trail.log.extend_from_slice(records);
        }
    }

    /// What arrives. A shadow that were alone would judge no answer, so none comes while it is compared; and nobody knows
    /// the number of a warning before anything is known of its operator.
    fn heard(&mut self, arrivals: &[Arrival]) -> Vec<Record> {
        let mut records = self.publisher.records(arrivals);
        let (answers, is_alone) = (self.engine.decided_dispositions(), self.shadow.is_none());
        let is_known = |record: &Record| {
            let key = record.key.as_deref().map(String::from_utf8_lossy);
            key.is_some_and(|operator| self.trail.written.contains_key(&*operator))
        };
        records.retain(|record| Some(record.source) != answers || is_alone && is_known(record));
        records
    }

    /// The log without the answers that were refused.
    fn permitted_log(&self) -> Vec<Record> {
        let answers = self.engine.decided_dispositions();
        let is_refused =
            |record: &&Record| Some(record.source) == answers && self.refused_answers.contains(&record.offset);
        self.trail.log.iter().filter(|record| !is_refused(record)).cloned().collect()
    }

    fn restart(&mut self) {
        self.engine.commit_staged();
        let standings = self.shadow.is_some().then(|| self.engine.detach_shadow(0));
        self.engine = self.trail.engine();
        if let (Some(standings), Some(shadow)) = (standings, &self.shadow) {
            self.engine.attach_candidate(Arc::clone(&shadow.ruleset), standings);
        }
        self.engine.schedule_all();
        if let Some(as_of) = self.trail.as_of {
            let (output, of_shadow) = take(&mut self.engine, Request::Wake(as_of), Mode::Live);
            assert_eq!((output.warnings.len(), of_shadow.warnings.len()), (0, 0), "everything was decided before");
        }
    }

    fn attach_or_detach(&mut self) {
        self.engine.commit_staged();
        if self.shadow.take().is_some() {
            drop(self.engine.detach_shadow(0));
            return;
        }
        let mut shadow = Trail::new(self.trail.office, SHADOW);
        (shadow.log, shadow.as_of) = (self.permitted_log(), self.trail.as_of);
        self.engine.attach_candidate(Arc::clone(&shadow.ruleset), Standings::default());
        self.shadow = Some(shadow);
        self.score_everyone();
    }

    /// Has requests decided one after the other, by the engine that goes on and by one made anew before the first.
    fn decide(&mut self, requests: &[(Request<'_>, Mode)]) {
        let anew = self.trail.evaluated_engine();
        let shadow_anew = self.shadow.as_ref().map(|shadow| shadow.evaluated_engine().0);
        self.decide_beside(requests, anew, shadow_anew);
    }

    fn decide_beside(
        &mut self,
        requests: &[(Request<'_>, Mode)],
        (mut anew, scores): (Engine, Vec<ScoreRecord>),
        mut shadow_anew: Option<Engine>,
    ) {
        let mut newest: BTreeMap<String, ScoreRecord> = by_operator(scores);
        for (request, mode) in requests {
            let (output, of_shadow) = take(&mut self.engine, *request, *mode);
            let (expected, _) = take(&mut anew, *request, *mode);
            assert_eq!(texts(&output.warnings), texts(&expected.warnings));
            assert_eq!(refused(&output), refused(&expected));
            let answers = self.engine.decided_dispositions();
            let letters = output.dead_letters.iter().filter(|letter| Some(letter.record.source) == answers);
            self.refused_answers.extend(letters.map(|letter| letter.record.offset));
            newest.extend(by_operator(expected.scores.clone()));
            self.assert_same_scores(&output, &expected, &newest);
            self.moves.extend(output.warnings.iter().map(|event| Move { step: event.step, cause: event.cause }));
            assert_eq!(self.engine.areas(), anew.areas());
            self.trail.note(&output, anew.as_of());
            if let (Some(alone), Some(trail)) = (&mut shadow_anew, &mut self.shadow) {
                let (expected, _) = take(alone, *request, *mode);
                let expected_warnings = without_evidence(&expected.warnings);
                assert_eq!(texts(&of_shadow.warnings), texts(&expected_warnings), "of the shadow");
                trail.note(&expected, alone.as_of());
            }
        }
    }

    /// What was written is what the other engine wrote or would write, and the other wrote nothing new besides.
    fn assert_same_scores(&self, output: &Output, expected: &Output, newest: &BTreeMap<String, ScoreRecord>) {
        for score in &output.scores {
            let other = newest.get(&*score.operator_id).expect("who is scored is scored by the other too");
            assert_eq!(timeless(score), timeless(other));
        }
        for score in &expected.scores {
            let is_same = |written: &&ScoreRecord| written.operator_id == score.operator_id;
            let written = output.scores.iter().find(is_same);
            let before = self.trail.written.get(&*score.operator_id).map(|(written, _)| written);
            let written = written.or(before).expect("it was written now or before");
            assert_eq!(timeless(written), timeless(score));
        }
    }

    /// Questions about now and about the past have the same answers.
    fn assert_same_answers(&mut self) {
        let anew = self.trail.engine();
        let Some(now) = self.trail.as_of else { return };
        for operator in OPERATORS {
            for back in [0, 5 * 24] {
                let at = now - jiff::SignedDuration::from_hours(back);
                let answer = |engine: &Engine| json!(engine.explain(operator, at).expect("features are computed"));
                assert_eq!(answer(&self.engine), answer(&anew));
            }
        }
        // When memory is cleared does not matter, but who is in it does.
        self.engine.commit_staged();
        self.engine.expire();
        assert_eq!(self.engine.operators(), anew.operators());
    }
}

/// A score without its instant: it is not written for that alone.
fn timeless(score: &ScoreRecord) -> Value {
    let mut value = json!(score);
    value.as_object_mut().expect("an object").remove("as_of");
    value
}

fn by_operator(scores: Vec<ScoreRecord>) -> BTreeMap<String, ScoreRecord> {
    scores.into_iter().map(|score| (score.operator_id.to_string(), score)).collect()
}

fn texts(warnings: &[WarningEvent]) -> Vec<String> {
    warnings.iter().map(|event| serde_json::to_string_pretty(event).expect("JSON")).collect()
}

/// As a shadow's warnings leave.
fn without_evidence(warnings: &[WarningEvent]) -> Vec<WarningEvent> {
    let mut warnings = warnings.to_vec();
    warnings.iter_mut().flat_map(|event| &mut event.findings).for_each(|finding| finding.evidence = None);
    warnings
}

fn refused(output: &Output) -> Vec<String> {
    output.dead_letters.iter().map(|letter| format!("{:?} {}", letter.record.offset, letter.refusal)).collect()
}

thread_local! {
    static SMALL: Office = Office::small();
    static COUNTING: Office = Office::counting();
}

/// Runs a history; returns how warnings moved.
fn holds(office: &Office, history: &[Entry]) -> HashSet<Move> {
    let mut run = Run::new(office);
    for entry in history {
        run.pass(entry);
    }
    run.assert_same_answers();
    run.moves
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn i7_an_engine_that_goes_on_decides_as_one_that_is_made_anew_before_every_step(history in history()) {
        SMALL.with(|office| holds(office, &history));
    }

    #[test]
    fn i7_batches_decided_in_layers_move_the_same_warnings(history in history()) {
        SMALL.with(|office| ahead::layers_decide_the_same(office, &history));
    }

    #[test]
    fn i7_who_counts_warnings_sees_those_of_who_is_woken_whenever_a_score_changes(history in history()) {
        SMALL.with(|office| warnings_are_the_same(office, &history));
    }
}

proptest! {
    // Counts are cheap, and it takes several of them within a day for one to hide the next.
    #![proptest_config(ProptestConfig { cases: 240, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn i7_who_looks_ahead_to_when_counts_matter_warns_at_the_same_instants(history in history()) {
        COUNTING.with(|office| warnings_are_the_same(office, &history));
    }
}

/// Runs what arrives of a history in two engines that say nothing but warnings. One need not wake operators on days on
/// which nothing but their features that count days changes, nor whenever a row leaves a count that no rule compares with
/// what it falls to; the other has a shadow that writes scores, and so evaluates whomever that evaluates.
fn warnings_are_the_same(office: &Office, history: &[Entry]) {
    let ruleset = &office.rulesets[0];
    let new = || Engine::with(Arc::clone(&office.sources), Arc::clone(ruleset), Emit::Warnings);
    let (mut looking_ahead, mut always_woken) = (new(), new());
    always_woken.attach_shadow(Arc::clone(ruleset), Emit::Everything);
    let mut publisher = Publisher::new(office);
    for entry in history {
        publisher.pass(entry.later);
        let records = match &entry.happening {
            Happening::Batch { arrivals, .. } | Happening::CatchUp(arrivals) => publisher.records(arrivals),
            _ => Vec::new(),
        };
        let request = if records.is_empty() { Request::Wake(publisher.now) } else { Request::Batch(&records) };
        let (expected, _) = take(&mut always_woken, request, Mode::Live);
        let (output, _) = take(&mut looking_ahead, request, Mode::Live);
        assert_eq!(texts(&output.warnings), texts(&expected.warnings));
        assert_eq!(refused(&output), refused(&expected));
    }
}

/// Who keeps a score keeps the instants at which it changes.
#[test]
fn whoever_has_lost_the_last_record_is_scored_after_a_start_as_before_it() {
    let report = |kind, retracts| {
        let revision = if retracts { 2 } else { 1 };
        Arrival::New(Report { operator: 2, kind, event: 0, revision, age: 0, retracts })
    };
    let batch = |kind, retracts| Happening::Batch { arrivals: vec![report(kind, retracts)], aborted: 0 };
    let gone = [batch(0, false), batch(0, true), Happening::Restart, Happening::Sweep];
    let met_again = [
        Happening::CatchUp(vec![report(0, true)]),
        // A complaint, and what somebody answered meanwhile.
        Happening::CatchUp(vec![report(6, false), report(13, false)]),
    ];
    SMALL.with(|office| {
        for history in [&gone[..], &met_again] {
            let mut run = Run::new(office);
            for happening in history {
                // The second is past a whole hour.
                run.pass(&Entry { later: 2, happening: happening.clone() });
            }
            run.assert_same_answers();
            assert_eq!(run.engine.operators(), [OPERATORS[2].into()]);
        }
    });
}

/// The properties would say little if no warning ever moved.
#[test]
fn the_histories_of_the_property_move_warnings_in_every_way() {
    use proptest::strategy::ValueTree as _;
    use proptest::test_runner::TestRunner;

    let mut runner = TestRunner::deterministic();
    let mut moves = HashSet::new();
    let is_enough = |moves: &HashSet<Move>| moves.iter().map(|it| it.step).collect::<HashSet<Step>>().len() >= 5;
    SMALL.with(|office| {
        for _ in 0..48 {
            let history = history().new_tree(&mut runner).expect("a history").current();
            moves.extend(holds(office, &history));
            if is_enough(&moves) {
                break;
            }
        }
    });
    assert!(is_enough(&moves), "only {moves:?}");
}

mod slow {
    use std::collections::HashSet;

    use proptest::prelude::*;
    use proptest::strategy::ValueTree as _;
    use proptest::test_runner::TestRunner;
    use yujing_core::warning::{Cause, Step};

    use super::{Office, history, holds, threads, warnings_are_the_same};

    thread_local! {
        static HANDLED: Office = Office::handled();
        static STARTER: Office = Office::starter();
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn i7_warnings_are_answered_as_if_everything_were_computed_anew(history in history()) {
            HANDLED.with(|office| holds(office, &history));
        }

        #[test]
        fn i7_the_starter_rules_decide_as_if_everything_were_computed_anew(history in history()) {
            STARTER.with(|office| holds(office, &history));
        }

        #[test]
        fn i7_who_counts_warnings_of_the_starter_rules_sees_those_of_who_is_woken_whenever_a_score_changes(history in history()) {
            STARTER.with(|office| warnings_are_the_same(office, &history));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn i7_two_and_five_threads_decide_what_one_does_in_the_same_order(history in history()) {
            HANDLED.with(|office| threads::any_number_decides_the_same(office, &history));
        }

        #[test]
        fn i7_two_and_five_threads_decide_by_the_starter_rules_what_one_does(history in history()) {
            STARTER.with(|office| threads::any_number_decides_the_same(office, &history));
        }
    }

    /// As above: a verdict that takes weight from findings is among what is tried.
    #[test]
    fn the_histories_of_answered_warnings_have_verdicts() {
        let mut runner = TestRunner::deterministic();
        let has_verdict = HANDLED.with(|office| {
            (0..96).any(|_| {
                let history = history().new_tree(&mut runner).expect("a history").current();
                let moves: HashSet<_> = holds(office, &history);
                moves.iter().any(|it| it.cause == Cause::Verdict && it.step == Step::Withdrawn)
            })
        });
        assert!(has_verdict);
    }
}
