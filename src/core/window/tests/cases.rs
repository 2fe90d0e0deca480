//! The rules of identity and time as tables of cases.

use std::collections::BTreeMap;

use super::super::table::StoredRow;
use super::*;
use EventOutcome::{Applied, Conflict, Duplicate, Retracting, Superseded};

/// Revision, what is asked, count; all of one event.
type Asked = (i64, Op, i64);

struct Case {
    name: &'static str,
    source: SourceId,
    asked: &'static [Asked],
    outcomes: &'static [EventOutcome],
    /// Revision and count that stay visible.
    left: Option<(i64, i64)>,
    /// Whether the last event touches the operator, and whether it loses evidence by it, each event being a batch.
    last: (bool, bool),
}

const UP: Op = Op::Upsert;
const DOWN: Op = Op::Retract;
const DELETE: Op = Op::Delete;

const CASES: &[Case] = &[
    Case {
        name: "a new event is applied",
        source: ALERTS,
        asked: &[(1, UP, 1)],
        outcomes: &[Applied],
        left: Some((1, 1)),
        last: (true, false),
    },
    Case {
        name: "the same again is a duplicate",
        source: ALERTS,
        asked: &[(1, UP, 1), (1, UP, 1)],
        outcomes: &[Applied, Duplicate],
        left: Some((1, 1)),
        last: (false, false),
    },
    Case {
        name: "the same revision with other content is a conflict, and the first stays",
        source: ALERTS,
        asked: &[(1, UP, 1), (1, UP, 2)],
        outcomes: &[Applied, Conflict],
        left: Some((1, 1)),
        last: (false, false),
    },
    Case {
        name: "a correction replaces",
        source: ALERTS,
        asked: &[(1, UP, 1), (2, UP, 2)],
        outcomes: &[Applied, Applied],
        left: Some((2, 2)),
        last: (true, true),
    },
    Case {
        name: "a higher revision of the same content takes nothing away",
        source: ALERTS,
        asked: &[(1, UP, 1), (2, UP, 1)],
        outcomes: &[Applied, Applied],
        left: Some((2, 1)),
        last: (true, false),
    },
    Case {
        name: "a lower revision comes too late, be its content the same or not",
        source: ALERTS,
        asked: &[(3, UP, 3), (1, UP, 3), (2, UP, 2), (2, DOWN, 0)],
        outcomes: &[Applied, Superseded, Superseded, Superseded],
        left: Some((3, 3)),
        last: (false, false),
    },
    Case {
        name: "a retract beats an upsert of the same revision",
        source: ALERTS,
        asked: &[(1, UP, 1), (1, DOWN, 0)],
        outcomes: &[Applied, Retracting],
        left: None,
        last: (true, true),
    },
    Case {
        name: "a retract that comes first keeps the event out",
        source: ALERTS,
        asked: &[(2, DOWN, 0), (1, UP, 1), (2, UP, 2)],
        outcomes: &[Retracting, Superseded, Superseded],
        left: None,
        last: (false, false),
    },
    Case {
        name: "a retract of an unknown event touches nobody",
        source: ALERTS,
        asked: &[(1, DOWN, 0)],
        outcomes: &[Retracting],
        left: None,
        last: (false, false),
    },
    Case {
        name: "a retract again is a duplicate, a later one raises the tombstone",
        source: ALERTS,
        asked: &[(1, UP, 1), (1, DOWN, 0), (1, DOWN, 0), (3, DOWN, 0), (2, UP, 2)],
        outcomes: &[Applied, Retracting, Duplicate, Retracting, Superseded],
        left: None,
        last: (false, false),
    },
    Case {
        name: "a higher revision revives a retracted event",
        source: ALERTS,
        asked: &[(1, UP, 1), (1, DOWN, 0), (2, UP, 2)],
        outcomes: &[Applied, Retracting, Applied],
        left: Some((2, 2)),
        last: (true, false),
    },
    Case {
        name: "the last record of a reference row wins, whatever its revision",
        source: OPERATORS,
        asked: &[(1, UP, 1), (2, UP, 2), (2, UP, 2), (1, UP, 1), (1, UP, 3)],
        outcomes: &[Applied, Applied, Duplicate, Applied, Applied],
        left: Some((1, 3)),
        last: (true, true),
    },
    Case {
        name: "a delete removes a reference row whatever its revision",
        source: OPERATORS,
        asked: &[(7, UP, 1), (0, DELETE, 0)],
        outcomes: &[Applied, Retracting],
        left: None,
        last: (true, true),
    },
    Case {
        name: "after a delete any revision comes back",
        source: OPERATORS,
        asked: &[(7, UP, 1), (0, DELETE, 0), (1, UP, 2)],
        outcomes: &[Applied, Retracting, Applied],
        left: Some((1, 2)),
        last: (true, false),
    },
    Case {
        name: "a delete of nothing touches nobody",
        source: OPERATORS,
        asked: &[(0, DELETE, 0)],
        outcomes: &[Retracting],
        left: None,
        last: (false, false),
    },
];

fn briefs(case: &Case) -> Vec<Brief> {
    let brief =
        |&(revision, op, count): &Asked| Brief { source: case.source, revision, op, count: Some(count), ..EVENT };
    case.asked.iter().map(brief).collect()
}

fn left(view: View<'_>, source: SourceId) -> Option<(i64, i64)> {
    let rows = gather(view, source, &["o1"], 1);
    assert!(rows.len() <= 1, "one identity has one row");
    rows.first().map(|row| (row.4, row.5.expect("a count")))
}

#[test]
fn one_identity_follows_the_rules_when_each_event_is_a_batch() {
    for case in CASES {
        let mut store = store();
        let mut last = (false, false);
        let mut outcomes = Vec::new();
        for brief in briefs(case) {
            let (delta, outcome) = admit(&store, &[brief]);
            last = (!delta.touched.is_empty(), !delta.lost_evidence.is_empty());
            outcomes.extend(outcome);
            store.install(delta);
        }
        assert_eq!(outcomes, case.outcomes, "{}", case.name);
        assert_eq!(left(store.view(), case.source), case.left, "{}", case.name);
        assert_eq!(last, case.last, "{}", case.name);
        assert_eq!(store.len(case.source), usize::from(case.left.is_some()), "{}", case.name);
    }
}

#[test]
fn one_identity_follows_the_same_rules_within_one_batch() {
    for case in CASES {
        let mut store = store();
        let (delta, outcomes) = admit(&store, &briefs(case));
        assert_eq!(outcomes, case.outcomes, "{}", case.name);
        assert_eq!(left(store.view_with(&delta), case.source), case.left, "{}", case.name);
        assert_eq!(left(store.view(), case.source), None, "{}: the store does not change before", case.name);
        assert!(delta.lost_evidence.is_empty(), "{}: nobody had anything before the batch", case.name);
        store.install(delta);
        assert_eq!(left(store.view(), case.source), case.left, "{}", case.name);
    }
}

#[test]
fn a_dropped_delta_leaves_no_trace() {
    let mut store = store();
    let (first, _) = admit(&store, &[EVENT]);
    store.install(first);
    let (aborted, outcomes) = admit(&store, &[Brief { op: Op::Retract, ..EVENT }, Brief { event_id: "e2", ..EVENT }]);
    assert_eq!(outcomes, [Retracting, Applied]);
    drop(aborted);
    let (_, again) = admit(&store, &[EVENT, Brief { event_id: "e2", ..EVENT }]);
    assert_eq!(again, [Duplicate, Applied]);
    assert_eq!(store.len(ALERTS), 1);
}

#[test]
fn the_window_is_open_at_its_old_end_and_closed_at_its_new_end() {
    let mut store = store();
    let (delta, _) = admit(&store, &[EVENT, Brief { source: OPERATORS, ..EVENT }]);
    store.install(delta);
    for (as_of, visible) in [(-1, false), (0, true), (RETENTION_HOURS - 1, true), (RETENTION_HOURS, false)] {
        assert_eq!(gather(store.view(), ALERTS, &["o1"], as_of).len(), usize::from(visible), "as of hour {as_of}");
        assert_eq!(gather(store.view(), OPERATORS, &["o1"], as_of).len(), 1, "reference rows are always visible");
    }
}

#[test]
fn expire_drops_exactly_what_no_later_question_sees() {
    let mut store = store();
    let events = [("a", 0), ("b", 5), ("c", 10)].map(|(event_id, occurred)| Brief { event_id, occurred, ..EVENT });
    let (delta, _) = admit(&store, &events);
    store.install(delta);
    let (reference, _) = admit(&store, &[Brief { source: OPERATORS, ..EVENT }]);
    store.install(reference);
    for (as_of, went, left) in [(99, 0, 3), (100, 1, 2), (100, 0, 2), (109, 1, 1), (110, 1, 0)] {
        assert_eq!(store.expire(hour(as_of)), went, "as of hour {as_of}");
        assert_eq!(store.len(ALERTS), left, "as of hour {as_of}");
    }
    assert_eq!(store.len(OPERATORS), 1);
    assert_eq!(names(store.view().operators()), ["o1"]);
}

#[test]
fn a_tombstone_holds_until_received_at_plus_retention() {
    for (as_of, outcome) in [(149, Superseded), (150, Applied)] {
        let mut store = store();
        let (delta, _) = admit(&store, &[Brief { op: Op::Retract, received: 50, ..EVENT }]);
        store.install(delta);
        store.expire(hour(as_of));
        assert_eq!(admit(&store, &[EVENT]).1, [outcome], "as of hour {as_of}");
    }
}

#[test]
fn a_correction_that_moved_an_event_back_in_time_outlives_its_row() {
    let mut store = store();
    let first = Brief { occurred: 90, ..EVENT };
    let (delta, _) = admit(&store, &[first, Brief { revision: 2, occurred: 10, ..EVENT }]);
    store.install(delta);
    assert_eq!(store.expire(hour(120)), 1);
    assert_eq!(admit(&store, &[first]).1, [Superseded], "the first revision must not be accepted again");
    assert_eq!(store.expire(hour(190)), 0);
    assert_eq!(admit(&store, &[first]).1, [Applied], "forgotten when the first revision would be expired too");
}

#[test]
fn rows_come_sorted_by_operator_time_event_id_and_publisher() {
    let mut store = store();
    let order = [
        Brief { operator: "o1", occurred: 1, event_id: "c", ..EVENT },
        Brief { operator: "o1", occurred: 2, event_id: "a", publisher: "p1", ..EVENT },
        Brief { operator: "o1", occurred: 2, event_id: "a", publisher: "p2", ..EVENT },
        Brief { operator: "o1", occurred: 2, event_id: "b", publisher: "p1", ..EVENT },
        Brief { operator: "o2", occurred: 0, event_id: "z", ..EVENT },
    ];
    let mut backwards = order;
    backwards.reverse();
    let (delta, _) = admit(&store, &backwards);
    store.install(delta);
    let rows = gather(store.view(), ALERTS, &["o2", "unknown", "o1", "o2"], 5);
    let expected: Vec<_> =
        order.iter().map(|brief| (brief.operator, brief.occurred, brief.event_id, brief.publisher)).collect();
    let actual: Vec<_> = rows.iter().map(|row| (&*row.0, row.1, &*row.2, &*row.3)).collect();
    assert_eq!(actual, expected);
}

const IDS: [&str; 20] =
    ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r", "s", "t"];

#[test]
fn a_gather_joins_sealed_open_and_pending_rows() {
    let mut store = store();
    let rows = IDS.map(|event_id| Brief { event_id, ..EVENT });
    // Two chunks of eight, two open rows, two pending ones, and a correction of a sealed one.
    let (installed, _) = admit(&store, &rows[..18]);
    store.install(installed);
    let (pending, _) = admit(&store, &[rows[18], rows[19], Brief { revision: 2, count: None, ..rows[3] }]);
    let gathered = gather(store.view_with(&pending), ALERTS, &["o1"], 1);
    let counts: BTreeMap<&str, Option<i64>> = gathered.iter().map(|row| (&*row.2, row.5)).collect();
    assert_eq!(counts.keys().copied().collect::<Vec<_>>(), IDS);
    assert!(counts.iter().all(|(event_id, count)| *count == (*event_id != "d").then_some(1)));
    assert_eq!(gather(store.view(), ALERTS, &["o1"], 1).len(), 18);
}

#[test]
fn evidence_is_lost_by_those_who_lost_what_the_store_had() {
    let mut store = store();
    let (delta, _) = admit(&store, &[EVENT, Brief { operator: "o2", ..EVENT }, Brief { operator: "o3", ..EVENT }]);
    store.install(delta);
    let (delta, _) = admit(
        &store,
        &[
            Brief { op: Op::Retract, ..EVENT },
            Brief { operator: "o2", event_id: "new", ..EVENT },
            Brief { operator: "o2", event_id: "new", op: Op::Retract, ..EVENT },
            Brief { operator: "o3", ..EVENT },
        ],
    );
    assert_eq!(names(delta.touched), ["o1", "o2"]);
    assert_eq!(names(delta.lost_evidence), ["o1"]);
}

#[test]
fn a_reference_row_reads_as_json_without_envelope_and_nulls() {
    let mut store = store();
    let row = Brief { source: OPERATORS, occurred: 500, count: Some(4), ..EVENT };
    let (delta, _) = admit(&store, &[row]);
    let expected = serde_json::json!({ "count": 4 });
    let read = |view: View<'_>, operator: &str| {
        view.references(OPERATORS, &[operator.into()]).remove(operator).map(serde_json::Value::Object)
    };
    assert_eq!(read(store.view_with(&delta), "o1"), Some(expected.clone()));
    assert_eq!(read(store.view(), "o1"), None);
    store.install(delta);
    assert_eq!(read(store.view(), "o1"), Some(expected));
    assert_eq!(read(store.view(), "o2"), None);
}

#[test]
fn reference_rows_asked_for_together_are_those_asked_for_one_by_one() {
    let mut store = store();
    let row = |operator, count| Brief { source: OPERATORS, operator, count, ..EVENT };
    let (delta, _) = admit(&store, &[row("o1", Some(1)), row("o2", None), row("o3", Some(3))]);
    store.install(delta);
    let (delta, _) = admit(&store, &[Brief { source: OPERATORS, operator: "o3", op: Op::Delete, ..EVENT }]);
    let view = store.view_with(&delta);
    let asked: Vec<OperatorId> = ["o4", "o3", "o2", "o1"].map(OperatorId::from).into();
    let together = view.references(OPERATORS, &asked);
    for operator in &asked {
        let alone = view.references(OPERATORS, std::slice::from_ref(operator));
        assert_eq!(together.get(operator), alone.get(operator), "{operator}");
    }
    assert_eq!(together.len(), 2, "{together:?}");
}

#[test]
fn operators_are_those_with_a_row_in_any_source() {
    let mut store = store();
    let (delta, _) = admit(&store, &[Brief { operator: "o2", ..EVENT }, Brief { source: OPERATORS, ..EVENT }]);
    store.install(delta);
    let (delta, _) =
        admit(&store, &[Brief { operator: "o2", op: Op::Retract, ..EVENT }, Brief { operator: "o3", ..EVENT }]);
    assert_eq!(names(store.view().operators()), ["o1", "o2"]);
    assert_eq!(names(store.view_with(&delta).operators()), ["o1", "o3"]);
}

/// So many events of four operators, each a batch.
fn trickle(store: &mut WindowStore, events: usize, op: Op) {
    for number in 0..events {
        let event_id: &'static str = Box::leak(number.to_string().into_boxed_str());
        let operator = ["o1", "o2", "o3", "o4"][number % 4];
        let (delta, _) = admit(store, &[Brief { operator, event_id, op, ..EVENT }]);
        store.install(delta);
    }
}

#[test]
fn single_events_end_in_few_chunks_with_an_operators_rows_side_by_side() {
    let mut store = store();
    trickle(&mut store, 64 * FEW_ROWS, Op::Upsert);
    let mut rows_by_chunk: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for row in store.table(ALERTS).rows_of("o3") {
        let StoredRow::Sealed { number, row, .. } = row else { panic!("every segment is sealed when it is full") };
        rows_by_chunk.entry(number).or_default().push(row);
    }
    assert_eq!(rows_by_chunk.len(), 8, "64 sealings are merged eight by eight");
    for rows in rows_by_chunk.values() {
        assert_eq!(rows.len(), 2 * FEW_ROWS);
        assert!(rows.windows(2).all(|pair| pair[1] == pair[0] + 1), "{rows:?}");
    }
}

#[test]
fn what_was_deleted_is_freed() {
    let mut store = store();
    let events = 64 * FEW_ROWS;
    trickle(&mut store, events, Op::Upsert);
    let full = store.bytes(ALERTS);
    assert!(full > 50 * events, "{full}");
    trickle(&mut store, events - 1, Op::Retract);
    assert_eq!(store.len(ALERTS), 1);
    store.expire(hour(RETENTION_HOURS));
    let left = store.bytes(ALERTS);
    assert!(left < full / 20, "{left} of {full}");
}

/// Counts that a view shows of an operator's alerts, by event id.
fn counts(view: View<'_>, as_of: i64) -> Vec<(String, Option<i64>)> {
    gather(view, ALERTS, &["o1"], as_of).into_iter().map(|row| (row.2, row.5)).collect()
}

#[test]
fn the_same_rows_are_seen_without_a_batch_and_without_what_it_takes() {
    let mut store = store();
    let brief = |event_id, count| Brief { event_id, count: Some(count), ..EVENT };
    let (delta, _) = admit(&store, &["a", "b", "c"].map(|id| brief(id, 1)));
    store.install(delta);
    let (delta, _) = admit(
        &store,
        &[
            Brief { op: Op::Retract, revision: 2, ..brief("a", 1) },
            Brief { revision: 2, ..brief("b", 2) },
            brief("d", 4),
        ],
    );
    let view = store.view_with(&delta);
    let row = |id: &str, count| (id.to_owned(), Some(count));
    assert_eq!(counts(view, 1), [row("b", 2), row("c", 1), row("d", 4)]);
    assert_eq!(counts(view.without_delta(), 1), [row("a", 1), row("b", 1), row("c", 1)]);
    assert_eq!(counts(view.with_additions_only(), 1), [row("a", 1), row("b", 1), row("c", 1), row("d", 4)]);
    assert!(view.removes_rows_of(&"o1".into()) && !view.removes_rows_of(&"o2".into()));
    assert!(view.adds_rows_until("o1", hour(EVENT.occurred)) && !view.adds_rows_until("o1", hour(EVENT.occurred - 1)));
    assert!(!store.view().adds_rows_until("o1", hour(99)), "only what the batch has counts");
}

#[test]
fn a_look_back_sees_nothing_that_a_question_of_now_no_longer_sees_whenever_memory_was_cleared() {
    let mut store = store();
    let brief = |event_id, occurred| Brief { event_id, occurred, received: occurred, ..EVENT };
    let (delta, _) = admit(&store, &[brief("old", 10), brief("young", 20)]);
    store.install(delta);
    let now = 10 + RETENTION_HOURS;
    let ids = |view: View<'_>, as_of| counts(view, as_of).into_iter().map(|(id, _)| id).collect::<Vec<_>>();
    assert_eq!(ids(store.view(), 30), ["old", "young"]);
    let (retraction, _) = admit(&store, &[Brief { op: Op::Retract, revision: 2, ..brief("old", 10) }]);
    assert!(!store.view_with(&retraction).is_changed("o1", hour(now)), "it was expired anyway");
    assert!(store.view_with(&retraction).is_changed("o1", hour(now - 1)));
    for _ in 0..2 {
        assert_eq!(ids(store.view().in_retrospect(hour(now)), 30), ["young"]);
        store.expire(hour(now));
    }
}

#[test]
fn what_a_reference_source_first_tells_counts_in_the_past_from_its_own_date_on() {
    let store = store();
    let (delta, _) = admit(&store, &[Brief { source: OPERATORS, occurred: 50, ..EVENT }]);
    let rows = |view: View<'_>, as_of| gather(view, OPERATORS, &["o1"], as_of).len();
    let view = store.view_with(&delta);
    assert_eq!(rows(view, 10), 1, "a description has no time");
    let prior = view.in_retrospect(hour(60));
    assert_eq!((rows(prior, 49), rows(prior, 50)), (0, 1));
    assert_eq!(rows(view.with_additions_only(), 10), 1);
}

#[test]
fn a_delta_gives_the_rows_that_it_takes_and_those_that_it_brings() {
    let mut store = store();
    let (delta, _) = admit(&store, &IDS.map(|event_id| Brief { event_id, ..EVENT })[..10]);
    store.install(delta);
    let (delta, _) = admit(
        &store,
        &[
            Brief { event_id: "j", revision: 2, ..EVENT },
            Brief { event_id: "b", op: Op::Retract, ..EVENT },
            Brief { operator: "o0", event_id: "z", occurred: 500, ..EVENT },
            Brief { event_id: "y", ..EVENT },
            Brief { event_id: "y", op: Op::Retract, ..EVENT },
        ],
    );
    let view = store.view_with(&delta);
    let ids = |batch: RecordBatch| shown(&batch).into_iter().map(|row| (row.2, row.4)).collect::<Vec<_>>();
    let row = |id: &str, revision| (id.to_owned(), revision);
    assert_eq!(ids(view.removed_rows(ALERTS)), [row("b", 1), row("j", 1)]);
    assert_eq!(ids(view.added_rows(ALERTS)), [row("z", 1), row("j", 2)]);
    for view in [view.without_delta(), store.view_with(&Delta::default())] {
        assert_eq!(view.removed_rows(ALERTS).num_rows() + view.added_rows(ALERTS).num_rows(), 0);
    }
    assert_eq!(gather(view, ALERTS, &["o0"], 1), [], "it is dated ahead");
    assert_eq!(gather_all(view, ALERTS, &["o0"]).len(), 1);
}

#[test]
fn a_view_with_some_columns_gives_just_these() {
    let mut store = store();
    let rows = IDS.map(|event_id| Brief { event_id, ..EVENT });
    let (delta, _) = admit(&store, &rows[..10]);
    store.install(delta);
    let (delta, _) = admit(&store, &rows[8..]);
    let whole = store.view_with(&delta);
    let operators = ["o1".into()];
    for columns in [&[][..], &[7], &[4, 2], &[0, 1, 2, 3, 4, 5, 6, 7, 8]] {
        let view = whole.with_columns(columns);
        let expected = |batch: RecordBatch| batch.project(columns).expect("columns of the source");
        assert_eq!(view.gather(ALERTS, &operators, hour(1)), expected(whole.gather(ALERTS, &operators, hour(1))));
        assert_eq!(view.gather_all(ALERTS, &operators), expected(whole.gather_all(ALERTS, &operators)));
        assert_eq!(view.added_rows(ALERTS), expected(whole.added_rows(ALERTS)));
        assert_eq!(view.removed_rows(ALERTS), expected(whole.removed_rows(ALERTS)));
    }
}
