//! I3: features kept from one question to the next equal those computed of all rows, at every instant up to which they
//! are said to hold, whatever comes, is corrected, retracted, dropped, forgotten or past its time in between.

mod history;

use std::collections::BTreeMap;
use std::fs;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::LazyLock;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use yujing_base::OperatorId;
use yujing_core::feature::{FeatureSet, KeptFeatures, Refreshed};
use yujing_core::source::Sources;
use yujing_core::window::{Delta, View, WindowStore};

use self::history::{OPERATORS, Step, Writer, step};
use super::given::{at, file, sources};

static SOURCES: LazyLock<Sources> = LazyLock::new(sources);

/// The features that ship; such of every kind, with short texts; such that fail or do not say when they change.
static SETS: LazyLock<[FeatureSet; 3]> = LazyLock::new(|| {
    let load = |texts: &[(PathBuf, String)]| {
        FeatureSet::from_texts(texts, &SOURCES).unwrap_or_else(|problems| panic!("{}", problems.render(false)))
    };
    [load(&shipped()), load(&of_every_kind()).with_longest_text(6), load(&failing())]
});

fn shipped() -> Vec<(PathBuf, String)> {
    let folder = fs::read_dir("rules/features").expect("the rules that ship");
    let mut paths: Vec<PathBuf> = folder.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), fs::read_to_string(path).expect("UTF-8"))).collect()
}

fn columns(table: &str, columns: &[(&str, &str)]) -> (PathBuf, String) {
    (format!("{}.sql", columns[0].0).into(), file(table, columns))
}

fn of_every_kind() -> Vec<(PathBuf, String)> {
    let plain = columns(
        "complaints",
        &[
            ("all_complaints", "count(*)"),
            ("ill_sum", "sum(persons_ill) FILTER (WHERE within(occurred_at, INTERVAL '30 days'))"),
            ("ill_least", "min(persons_ill)"),
            ("ill_most_late", "max(persons_ill) FILTER (WHERE within(reported_at, INTERVAL '14 days'))"),
            ("any_ill", "bool_or(persons_ill > 2)"),
            ("all_ill", "bool_and(persons_ill > 0) FILTER (WHERE within(occurred_at, INTERVAL '7 days'))"),
            ("reported_episodes", "episodes(reported_at, INTERVAL '1 hour')"),
            ("greatest_case", "max(case_no)"),
            ("least_category", "min(category) FILTER (WHERE NOT within(occurred_at, INTERVAL '24 hours'))"),
            ("days", "count(DISTINCT beijing_date(occurred_at))"),
            ("past_days", "count(*) FILTER (WHERE beijing_date(occurred_at) < beijing_date(as_of()))"),
            ("age", "days_since(max(occurred_at))"),
        ],
    );
    let mixed = columns(
        "camera_alerts",
        &[
            ("alerts", "count(*) FILTER (WHERE within(occurred_at, INTERVAL '7 days'))"),
            ("alert_age", "days_since(max(occurred_at) FILTER (WHERE class = 'rodent'))"),
            ("mean_confidence", "avg(confidence)"),
            ("mean_of_week", "avg(confidence) FILTER (WHERE within(occurred_at, INTERVAL '7 days'))"),
            ("newest_class", "last_value(class ORDER BY occurred_at, event_id, publisher)"),
        ],
    );
    let (path, ranked) = columns(
        "inspections",
        &[
            ("newest_verdict", "max(verdict) FILTER (WHERE n = 1)"),
            ("newest_age", "days_since(max(occurred_at) FILTER (WHERE n = 1))"),
            ("ranked_of_month", "count(*) FILTER (WHERE n > 1 AND within(occurred_at, INTERVAL '30 days'))"),
        ],
    );
    let ranked = ranked.replace(
        "FROM inspections GROUP",
        "FROM (SELECT operator_id, event_id, publisher, occurred_at, verdict, items,
                 row_number() OVER (PARTITION BY operator_id ORDER BY occurred_at DESC, event_id, publisher) AS n
               FROM inspections) AS t GROUP",
    );
    vec![plain, mixed, (path, ranked), shipped().swap_remove(0)]
}

fn failing() -> Vec<(PathBuf, String)> {
    let rows = columns(
        "camera_alerts",
        &[
            ("inverse", "sum(CAST(12 / (CAST(confidence * 100 AS INT) - 30) AS BIGINT))"),
            ("alerts", "count(*) FILTER (WHERE within(occurred_at, INTERVAL '7 days'))"),
        ],
    );
    let sums = columns(
        "inspections",
        &[
            ("beyond", "sum(CAST(cardinality(items) AS BIGINT) * 3000000000000000000)"),
            ("per_inspection", "days_since(max(occurred_at)) / (count(*) - 2)"),
            ("inspections", "count(*)"),
        ],
    );
    let unread = columns(
        "complaints",
        &[
            ("age_in_hours", "CAST(date_part('epoch', as_of() - max(occurred_at)) AS BIGINT) / 3600"),
            ("no_number", "avg(CAST(persons_ill AS DOUBLE) / (persons_ill - 1))"),
            ("complaints", "count(*) FILTER (WHERE within(occurred_at, INTERVAL '7 days'))"),
        ],
    );
    vec![rows, sums, unread]
}

/// Floats to their last bit, in words.
fn words(refreshed: &Refreshed) -> String {
    format!("{:?}", refreshed.row)
}

fn computed(set: &FeatureSet, view: View<'_>, operator: &OperatorId, as_of: Timestamp) -> String {
    let table = set.compute(view, std::slice::from_ref(operator), as_of).expect("a table");
    format!("{:?}", table.row(0))
}

/// Files are shared out among them.
const THREADS: NonZeroUsize = NonZeroUsize::new(3).unwrap();

/// What was answered to an operator, and until when that holds.
#[derive(Debug, Default)]
struct Answers {
    by_operator: BTreeMap<OperatorId, (Timestamp, Refreshed)>,
}

impl Answers {
    /// Asks for operators, and holds the answers to those computed of all rows.
    fn ask(&mut self, kept: &mut KeptFeatures, set: &FeatureSet, view: View<'_>, asks: &[(OperatorId, Timestamp)]) {
        let refreshed = set.refresh(kept, view, asks, THREADS).expect("an answer");
        assert_eq!(refreshed.len(), asks.len());
        for ((operator, as_of), refreshed) in asks.iter().zip(refreshed) {
            assert_eq!(words(&refreshed), computed(set, view, operator, *as_of), "{operator} as of {as_of}");
            assert!(refreshed.holds_until > *as_of);
            self.by_operator.insert(operator.clone(), (*as_of, refreshed));
        }
    }

    /// The answers are the same just before the instant up to which they hold, and at an instant between, given in
    /// parts of a thousand.
    fn assert_held(&self, set: &FeatureSet, view: View<'_>, between: i64) {
        for (operator, (as_of, refreshed)) in &self.by_operator {
            // What lies years ahead is the same as what lies three years ahead: the longest retention has passed.
            let last = refreshed.holds_until.min(*as_of + SignedDuration::from_hours(1_100 * 24));
            let last = last - SignedDuration::from_micros(1);
            let length = last.as_microsecond() - as_of.as_microsecond();
            let part = as_of.as_microsecond() + length / 1_000 * between;
            for instant in [Timestamp::from_microsecond(part).expect("an instant"), last] {
                let later = computed(set, view, operator, instant);
                assert_eq!(words(refreshed), later, "{operator} as of {as_of} and {instant}");
            }
        }
    }
}

/// What is said of when features change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holds {
    Exactly,
    /// Of some the next whole hour is said, because nothing tells when they change.
    ToTheHour,
}

fn run(steps: &[Step], set: &FeatureSet, holds: Holds) {
    let mut store = WindowStore::new(&SOURCES);
    let mut kept = KeptFeatures::new();
    let mut writer = Writer::new(&SOURCES, at("2026-05-01T00:00:00Z"));
    let mut answers = Answers::default();
    for step in steps {
        writer.go_on(step.pass);
        let mut delta = Delta::default();
        for event in writer.events(step) {
            store.admit(&mut delta, event);
        }
        let view = store.view_with(&delta);
        if holds == Holds::Exactly {
            answers.assert_held(set, store.view(), step.between);
        }
        kept.apply_changes(view, THREADS);
        answers.by_operator.retain(|operator, _| !delta.touched.contains(operator));
        answers.ask(&mut kept, set, view, &step.asks(writer.now()));
        if step.is_dropped {
            kept.forget(&delta.touched);
            answers.by_operator.retain(|operator, _| !delta.touched.contains(operator));
        } else {
            store.install(delta);
        }
        if step.is_expired && store.expire(writer.now()) > 0 {
            // What is gone is not there to be looked at as of before.
            answers.by_operator.clear();
        }
        kept.forget(&step.forgotten());
    }
    let everyone: Vec<_> = OPERATORS.iter().map(|operator| (OperatorId::from(*operator), writer.now())).collect();
    answers.ask(&mut kept, set, store.view(), &everyone);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn i3_kept_features_equal_those_computed_of_all_rows(steps in prop::collection::vec(step(), 1..16)) {
        run(&steps, &SETS[0], Holds::Exactly);
    }

    #[test]
    fn i3_kept_features_of_every_kind_equal_those_computed_of_all_rows(steps in prop::collection::vec(step(), 1..16)) {
        run(&steps, &SETS[1], Holds::Exactly);
    }

    #[test]
    fn i3_kept_features_that_fail_equal_those_computed_of_all_rows(steps in prop::collection::vec(step(), 1..16)) {
        run(&steps, &SETS[2], Holds::ToTheHour);
    }
}
