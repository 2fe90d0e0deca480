//! I3: streamed features equal the same SQL in batch over a naive gather, bitwise, whatever the order, duplication or
//! batching of arrivals, with corrections and retractions.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, LazyLock};

use arrow::compute::concat_batches;
use arrow::record_batch::RecordBatch;
use datafusion::datasource::MemTable;
use futures::executor::block_on;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};
use yujing_base::OperatorId;
use yujing_core::feature::{FeatureSet, FeatureTable, FeatureValue, session};
use yujing_core::source::{Decoder, Record, SourceId, Sources};
use yujing_core::window::{Delta, WindowStore};

use super::given::{at, file, load, operators, rows, sources};

const OPERATORS: [&str; 4] = ["JY21201030043213", "B", "C", "D"];
const RETENTION: SignedDuration = SignedDuration::from_hours(120 * 24);

/// Whole hours before the records' timestamp; some share an instant, some lie on the edge of a window.
const AGES: [i64; 12] = [0, 0, 1, 24, 24, 7 * 24, 7 * 24 + 1, 30 * 24, 119 * 24, 119 * 24 + 1, 120 * 24 - 1, 120 * 24];

struct Subject {
    sources: Sources,
    id: SourceId,
    sql: [String; 2],
    sets: [FeatureSet; 2],
}

static SUBJECT: LazyLock<Subject> = LazyLock::new(|| {
    let sources = sources();
    let (id, _) = sources.by_name("camera-alerts").expect("the source");
    let plain = file(
        "camera_alerts",
        &[
            ("alerts", "count(*)"),
            ("rodents_7d", "count(*) FILTER (WHERE class = 'rodent' AND within(occurred_at, INTERVAL '7 days'))"),
            (
                "episodes_30d",
                "episodes(occurred_at, INTERVAL '1 day') FILTER (WHERE within(occurred_at, INTERVAL '30 days'))",
            ),
            ("confidence_sum", "sum(confidence)"),
            ("confidence_mean", "avg(confidence) FILTER (WHERE class <> 'smoking')"),
            ("confidence_spread", "stddev(confidence)"),
            ("classes", "count(DISTINCT class)"),
            ("days", "count(DISTINCT beijing_date(occurred_at))"),
            ("newest", "last_value(class ORDER BY occurred_at)"),
            ("oldest", "first_value(camera_id ORDER BY occurred_at, event_id)"),
            // The plain session's results are read as they are, so every column has a feature's own type here.
            ("all_in_order", "CAST(string_agg(class, ',' ORDER BY occurred_at DESC, event_id, publisher) AS VARCHAR)"),
            ("age", "days_since(max(occurred_at))"),
            ("any_rodent", "bool_or(class = 'rodent')"),
            ("corrections", "sum(revision) FILTER (WHERE revision > 1)"),
        ],
    );
    let numbered = file(
        "camera_alerts",
        &[("newest_two", "sum(confidence) FILTER (WHERE n <= 2)"), ("others", "sum(confidence) FILTER (WHERE n > 2)")],
    )
    .replace(
        "FROM camera_alerts GROUP",
        "FROM (SELECT *, row_number() OVER (PARTITION BY operator_id ORDER BY occurred_at DESC, event_id, publisher) AS n
               FROM camera_alerts) AS t GROUP",
    );
    let sql = [plain, numbered];
    let sets =
        sql.each_ref().map(|sql| load(&sources, sql).unwrap_or_else(|problems| panic!("{}", problems.render(false))));
    Subject { sources, id, sql, sets }
});

/// Which record arrives; its content follows from it, so that a record that arrives twice is a duplicate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Arrival {
    operator: usize,
    publisher: usize,
    event: u64,
    revision: u64,
    retract: bool,
}

impl Arrival {
    fn json(self, received: Timestamp) -> Value {
        let Self { operator, publisher, event, revision, retract } = self;
        let mut value = json!({
            "event_id": format!("e{event}"), "revision": revision, "operator_id": OPERATORS[operator],
            "publisher": format!("p{publisher}"),
        });
        let seed = (operator as u64 * 7 + publisher as u64) * 1_009 + event * 131 + revision * 17;
        let age = AGES[usize::try_from(seed % AGES.len() as u64).expect("small")];
        let occurred_at = received - SignedDuration::from_hours(age);
        value["occurred_at"] = json!(occurred_at.to_string());
        value["reported_at"] = json!(occurred_at.to_string());
        if retract {
            value["op"] = json!("retract");
            return value;
        }
        value["kind"] = json!("alert");
        value["camera_id"] = json!(format!("cam{}", seed % 3));
        value["class"] = json!(["rodent", "no_mask", "smoking"][usize::try_from(seed / 5 % 3).expect("small")]);
        if !seed.is_multiple_of(4) {
            let thousandths = u32::try_from(seed * 7_919 % 1_000).expect("small");
            value["confidence"] = json!(f64::from(thousandths) / 1_000.0);
        }
        value
    }

    fn record(self, source: SourceId, received: Timestamp) -> Record {
        Record {
            source,
            topic: "foodsafety.camera.alert.v1".into(),
            partition: 0,
            offset: 0,
            timestamp: received,
            key: Some(OPERATORS[self.operator].into()),
            value: Some(self.json(received).to_string().into_bytes()),
            headers: Vec::new(),
        }
    }
}

fn arrival() -> impl Strategy<Value = Arrival> {
    (0..OPERATORS.len(), 0..2_usize, 0..6_u64, 1..4_u64, prop::bool::weighted(0.2)).prop_map(
        |(operator, publisher, event, revision, retract)| Arrival { operator, publisher, event, revision, retract },
    )
}

/// What a naive reading of the rules leaves of the arrivals: the greatest revision of each event, a retract before an
/// upsert of the same revision, within the retention.
fn naive_gather(subject: &Subject, arrivals: &[Arrival], received: Timestamp, as_of: Timestamp) -> RecordBatch {
    let mut greatest: BTreeMap<(usize, usize, u64), (u64, bool)> = BTreeMap::new();
    for arrival in arrivals {
        let known = greatest.entry((arrival.operator, arrival.publisher, arrival.event)).or_default();
        *known = (*known).max((arrival.revision, arrival.retract));
    }
    let living = greatest.into_iter().filter(|(_, (_, retracted))| !retracted);
    let shown: Vec<Value> = living
        .map(|((operator, publisher, event), (revision, retract))| {
            Arrival { operator, publisher, event, revision, retract }.json(received)
        })
        .filter(|value| {
            let occurred_at = at(value["occurred_at"].as_str().expect("a time"));
            as_of - RETENTION < occurred_at && occurred_at <= as_of
        })
        .collect();
    rows(subject.sources.get(subject.id), &shown)
}

/// The same SQL, planned freshly by a plain session over a table in memory: the values by operator.
fn in_batch(subject: &Subject, sql: &str, rows: &RecordBatch, as_of: Timestamp) -> HashMap<String, Vec<FeatureValue>> {
    let context = session(as_of).expect("a session");
    let table = MemTable::try_new(rows.schema(), vec![vec![rows.clone()]]).expect("a table");
    let name = subject.sources.get(subject.id).table.to_string();
    context.register_table(name, Arc::new(table)).expect("a table");
    let batches = block_on(async { context.sql(sql).await?.collect().await }).expect("a result");
    let Some(first) = batches.first() else { return HashMap::new() };
    let merged = concat_batches(first.schema_ref(), &batches).expect("one batch");
    let ids: Vec<OperatorId> = {
        use arrow::array::AsArray;
        merged.column(0).as_string::<i32>().iter().flatten().map(OperatorId::from).collect()
    };
    let values = merged.project(&(1..merged.num_columns()).collect::<Vec<_>>()).expect("the features");
    let table = FeatureTable { operators: ids.clone(), values, failed: Vec::new(), cut: BTreeSet::new() };
    let row = |row: usize| (0..table.values.num_columns()).map(|feature| table.value(row, feature)).collect();
    ids.iter().enumerate().map(|(place, id)| (id.to_string(), row(place))).collect()
}

/// Floats by their bits: equal values that differ in the last digit or in the sign of zero are not the same.
fn bits(value: &FeatureValue) -> String {
    match value {
        FeatureValue::Float(float) => format!("float {:016x}", float.to_bits()),
        other => format!("{other:?}"),
    }
}

fn assert_same(subject: &Subject, view: yujing_core::window::View<'_>, naive: &RecordBatch, as_of: Timestamp) {
    let asked = operators(&["nobody", OPERATORS[2], OPERATORS[0], OPERATORS[3], OPERATORS[1]]);
    for (sql, set) in subject.sql.iter().zip(&subject.sets) {
        let streamed = set.compute(view, &asked, as_of).expect("a run");
        assert_eq!(streamed.failed, []);
        let batch = in_batch(subject, sql, naive, as_of);
        for (row, operator) in asked.iter().enumerate() {
            let width = set.catalogue().len();
            let unknown = vec![FeatureValue::Unknown; width];
            let expected = batch.get(&**operator).unwrap_or(&unknown);
            for feature in 0..width {
                let (got, expected) = (bits(&streamed.value(row, feature)), bits(&expected[feature]));
                assert_eq!(got, expected, "{} of {operator}", set.catalogue()[feature].name);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn i3_streamed_features_equal_the_same_sql_in_batch(
        arrivals in prop::collection::vec(arrival(), 0..80),
        cuts in prop::collection::btree_set(0..80_usize, 0..12),
        aborted in prop::collection::btree_set(0..12_usize, 0..3),
        looked_at in 0..12_usize,
        as_of_hours in -48_i64..=200,
    ) {
        let subject = &*SUBJECT;
        let received = at("2026-05-01T00:00:00Z");
        let as_of = received + SignedDuration::from_hours(as_of_hours);
        let decoder = Decoder::new(subject.id, Arc::clone(subject.sources.get(subject.id)));
        let mut store = WindowStore::new(&subject.sources);
        let mut ends: BTreeSet<usize> = cuts.into_iter().filter(|cut| *cut < arrivals.len()).collect();
        ends.insert(arrivals.len());
        let mut begin = 0;
        for (number, end) in ends.into_iter().enumerate() {
            let admit = |store: &WindowStore| {
                let mut delta = Delta::default();
                for arrival in &arrivals[begin..end] {
                    if let Ok(event) = decoder.decode(&arrival.record(subject.id, received)) {
                        store.admit(&mut delta, event);
                    }
                }
                delta
            };
            if aborted.contains(&number) {
                drop(admit(&store));
            }
            let delta = admit(&store);
            if number == looked_at {
                let naive = naive_gather(subject, &arrivals[..end], received, as_of);
                assert_same(subject, store.view_with(&delta), &naive, as_of);
            }
            store.install(delta);
            begin = end;
        }
        let naive = naive_gather(subject, &arrivals, received, as_of);
        assert_same(subject, store.view(), &naive, as_of);
        store.expire(as_of);
        assert_same(subject, store.view(), &naive, as_of);
    }
}

/// The property above would hold for nothing if every record were refused.
#[test]
fn the_arrivals_of_the_property_are_accepted_but_for_those_older_than_the_retention() {
    let subject = &*SUBJECT;
    let received = at("2026-05-01T00:00:00Z");
    let decoder = Decoder::new(subject.id, Arc::clone(subject.sources.get(subject.id)));
    for event in 0..6 {
        for retract in [false, true] {
            let arrival = Arrival { operator: 1, publisher: 0, event, revision: 1, retract };
            decoder.decode(&arrival.record(subject.id, received)).expect("an acceptable record");
        }
    }
}
