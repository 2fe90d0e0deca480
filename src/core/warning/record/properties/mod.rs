//! What is written is what serde gives, and the hash is another one exactly when that is.

mod handling;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use self::handling::{disposition, dispute, handling, past_warning};
use super::*;
use crate::feature::{Evidence, EvidenceEvent, FeatureRow, FeatureValue};
use crate::rule::{Basis, Deadline, Effect, Level, ModifierKind, Percent};
use crate::source::Identity;
use crate::warning::content_hash::ContentHash;
use crate::warning::handling::KeptHandling;
use crate::warning::{
    Cause, DispositionRecord, Finding, Floor, Given, Modified, ModifierCard, OpenWarning, ProvisionalDue,
    RefusedDispositions, RuleCard, RuleText, Step, WriteJson,
};

/// Texts with everything that JSON escapes, and with what it does not.
fn text() -> impl Strategy<Value = String> {
    "[a-z鼠\"\\\\/\u{0}-\u{1f}\u{7f}\u{2028}😀]{0,6}"
}

fn bilingual() -> impl Strategy<Value = Bilingual> {
    (text(), text()).prop_map(|(zh, en)| Bilingual { zh, en })
}

fn level() -> impl Strategy<Value = Level> {
    prop::sample::select(vec![Level::None, Level::Blue, Level::Yellow, Level::Orange, Level::Red])
}

/// Whole seconds, milliseconds and nanoseconds, before 1970 and after.
fn instant() -> impl Strategy<Value = Timestamp> {
    let second = -4_000_000_000_i64..8_000_000_000;
    let nanosecond = prop_oneof![Just(0), (0..1_000).prop_map(|ms| ms * 1_000_000), 0..1_000_000_000];
    (second, nanosecond).prop_map(|(second, nanosecond)| Timestamp::new(second, nanosecond).expect("in range"))
}

fn number() -> impl Strategy<Value = i64> {
    prop_oneof![-3_i64..3, any::<i64>()]
}

fn feature() -> impl Strategy<Value = FeatureValue> {
    prop_oneof![
        Just(FeatureValue::Unknown),
        any::<bool>().prop_map(FeatureValue::Bool),
        number().prop_map(FeatureValue::Int),
        any::<f64>().prop_map(FeatureValue::Float),
        prop::sample::select(vec![0.0, -0.0, 1.0, 0.1, f64::NAN, f64::INFINITY]).prop_map(FeatureValue::Float),
        text().prop_map(|text| FeatureValue::Text(text.into())),
    ]
}

fn rule() -> impl Strategy<Value = Arc<RuleCard>> {
    let basis = (text(), text(), any::<bool>()).prop_map(|(law, article, confirmed)| Basis { law, article, confirmed });
    (text(), text(), bilingual(), vec(basis, 0..3), bilingual(), text()).prop_map(
        |(id, family, title, basis, action, deadline)| {
            Arc::new(RuleCard::new(RuleText { id, family, title, basis, action, deadline }))
        },
    )
}

fn evidence() -> impl Strategy<Value = BTreeMap<String, Evidence>> {
    let event = (text(), text(), text(), instant()).prop_map(|(source, publisher, event_id, occurred_at)| {
        EvidenceEvent { source, publisher, event_id, occurred_at }
    });
    let of_feature = (any::<u64>(), vec(event, 0..3)).prop_map(|(total, newest)| Evidence { total, newest });
    btree_map(text(), of_feature, 0..3)
}

fn modified() -> impl Strategy<Value = Box<Modified>> {
    let kind = prop::sample::select(vec![ModifierKind::ProtectedGroup, ModifierKind::Event, ModifierKind::Campaign]);
    let share = || (0..999_u32).prop_map(|share| Percent::parse(&format!("{share}%")).expect("a share"));
    let effect = (any::<u8>(), share(), share()).prop_map(|(raise, points, clocks)| Effect { raise, points, clocks });
    let basis = (text(), text(), any::<bool>()).prop_map(|(law, article, confirmed)| Basis { law, article, confirmed });
    let card = (text(), kind, bilingual(), effect, vec(basis, 0..2))
        .prop_map(|(id, kind, title, effect, basis)| Arc::new(ModifierCard { id, kind, title, effect, basis }));
    let given =
        (number(), option::of(level()), text()).prop_map(|(points, floor, deadline)| Given { points, floor, deadline });
    (given, text(), vec(card, 1..3))
        .prop_map(|(given, deadline, modifiers)| Box::new(Modified { given, deadline, modifiers }))
}

fn finding() -> impl Strategy<Value = Finding> {
    let gave = (number(), number(), option::of(level()), any::<bool>());
    (rule(), gave, bilingual(), option::of(modified()), option::of(evidence())).prop_map(
        |(rule, (points, counted, floor, disputed), because, modified, evidence)| {
            let mut finding = Finding { rule, points, counted, floor, disputed, because, modified, evidence };
            // A record holds what the rule gave in one place.
            if let Some(modified) = &mut finding.modified {
                modified.given.deadline.clone_from(&finding.rule.deadline);
            }
            finding
        },
    )
}

fn standing() -> BoxedStrategy<Standing> {
    let deadline = prop_oneof![(1..9_u32).prop_map(Deadline::Minutes), (1..9_u32).prop_map(Deadline::WorkingDays)];
    let provisional = (instant(), deadline, option::of(instant()))
        .prop_map(|(from, deadline, certain)| ProvisionalDue { from, deadline, certain });
    let times = (instant(), instant(), option::of(instant()), option::of(instant()), option::of(provisional));
    let named = option::of(btree_set(text(), 0..4));
    let levels = (level(), level());
    let flags = (any::<bool>(), any::<bool>());
    let warning = (any::<u128>(), 1..9_u64, levels, flags, times, named, option::of(handling()));
    let warning = warning.prop_map(|(id, sequence, (level, highest), (eased, was_overdue), times, named, handling)| {
        let handling = handling.map(KeptHandling::new);
        let (opened_at, level_since, below_since, due_at, due_provisional) = times;
        let (id, named) = (Uuid::from_u128(id), named.map(Arc::new));
        OpenWarning {
            id,
            sequence,
            level,
            highest,
            opened_at,
            level_since,
            eased,
            below_since,
            due_at,
            due_provisional,
            was_overdue,
            named,
            handling,
        }
    });
    let refused = vec((0..3_i32, 0..9_i64), 0..3).prop_map(|records| {
        let mut refused = RefusedDispositions::default();
        for (partition, offset) in records {
            refused.push(DispositionRecord::new(partition, offset, Identity(7), 1));
        }
        refused
    });
    (0..4_u64, option::of(warning), vec(past_warning(), 0..3), vec(dispute(), 0..2), refused)
        .prop_map(|(ordinal, warning, past, disputes, refused_dispositions)| Standing {
            ordinal,
            warning,
            past,
            disputes,
            refused_dispositions,
        })
        .boxed()
}

fn card() -> impl Strategy<Value = OperatorCard> {
    let value = prop_oneof![
        text().prop_map(Value::from),
        number().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        any::<bool>().prop_map(Value::from),
        vec(text(), 0..3).prop_map(Value::from),
    ];
    let name = text().prop_filter("no column of a register is called so", |name| name != "registered");
    let registered = vec((name, value), 0..4)
        .prop_map(|attributes| OperatorCard::registered(attributes.into_iter().collect::<Map<_, _>>()));
    prop_oneof![Just(OperatorCard::default()), registered]
}

fn coverage() -> impl Strategy<Value = Coverage> {
    let freshness = vec![Freshness::Fresh, Freshness::Stale, Freshness::Never, Freshness::Held];
    btree_map(text(), prop::sample::select(freshness), 0..3).prop_map(Coverage::from)
}

fn record() -> BoxedStrategy<ScoreRecord> {
    let floor = (level(), text()).prop_map(|(level, rule)| Floor { level, rule });
    let sums = (number(), level(), level(), option::of(number()), number());
    let found = (vec(finding(), 0..3), vec(floor, 0..3), vec(text(), 0..3));
    let features = btree_map(text(), feature(), 0..6).prop_map(FeatureValues::from);
    let who = (text(), card(), text());
    (who, instant(), sums, found, features, coverage(), standing())
        .prop_map(|((operator_id, operator, ruleset), as_of, sums, found, features, coverage, standing)| {
            let (score, level, level_by_score, to_next, base) = sums;
            let (findings, floors, degraded) = found;
            let (operator_id, ruleset) = (operator_id.into(), ruleset.into());
            ScoreRecord {
                operator_id,
                as_of,
                score,
                level,
                level_by_score,
                to_next,
                base,
                findings,
                floors,
                features,
                coverage,
                degraded,
                operator,
                ruleset,
                standing,
            }
        })
        .boxed()
}

fn event() -> impl Strategy<Value = WarningEvent> {
    let zones = vec![Zone::default(), Zone::named("America/Chicago").expect("a zone")];
    let causes = Cause::ALL.to_vec();
    let step = (prop::sample::select(Step::ALL.to_vec()), prop::sample::select(causes), level(), level());
    let number = (any::<u128>(), any::<u64>(), instant());
    let offsets = btree_map(text(), number_of_record(), 0..3);
    (record(), number, step, prop::sample::select(zones), standing(), offsets, option::of(disposition())).prop_map(
        |(record, (id, sequence, opened_at), (step, cause, from, to), zone, previous, offsets, disposition)| {
            let disposition = disposition.map(Box::new);
            let warning_id = Uuid::from_u128(id);
            let transition = Transition { step, from, to, cause, warning_id, sequence, opened_at, disposition };
            WarningEvent::new(&transition, record, previous, offsets, &zone)
        },
    )
}

fn number_of_record() -> impl Strategy<Value = i64> {
    0..i64::MAX
}

fn written(value: &impl WriteJson) -> String {
    let mut bytes = Vec::new();
    value.write_json(&mut bytes);
    String::from_utf8(bytes).expect("JSON is UTF-8")
}

/// What the hash is of.
fn without_time(record: &ScoreRecord) -> String {
    written(&ScoreRecord { as_of: Timestamp::UNIX_EPOCH, ..record.clone() })
}

/// The record with one part of another, which may be equal.
fn with_part(record: &ScoreRecord, part: usize, other: ScoreRecord) -> ScoreRecord {
    let mut mixed = record.clone();
    match part {
        0 => mixed.operator_id = other.operator_id,
        1 => mixed.score = other.score,
        2 => mixed.level = other.level,
        3 => mixed.level_by_score = other.level_by_score,
        4 => mixed.to_next = other.to_next,
        5 => mixed.base = other.base,
        6 => mixed.findings = other.findings,
        7 => mixed.floors = other.floors,
        8 => mixed.features = other.features,
        9 => mixed.coverage = other.coverage,
        10 => mixed.degraded = other.degraded,
        11 => mixed.operator = other.operator,
        12 => mixed.ruleset = other.ruleset,
        13 => mixed.standing = other.standing,
        _ => mixed.as_of = other.as_of,
    }
    mixed
}

proptest! {
    #[test]
    fn a_score_is_written_as_serde_writes_it(record in record()) {
        prop_assert_eq!(written(&record), serde_json::to_string(&record).expect("JSON"));
    }

    #[test]
    fn a_warning_is_written_as_serde_writes_it_and_reads_back(event in event()) {
        let json = serde_json::to_string(&event).expect("JSON");
        prop_assert_eq!(&written(&event), &json);
        let read: WarningEvent = serde_json::from_str(&json).expect("it reads back");
        prop_assert_eq!(written(&read), json);
    }

    #[test]
    fn hashes_are_equal_exactly_where_all_but_the_time_is(record in record(), other in record(), part in 0..15_usize) {
        let mixed = with_part(&record, part, other);
        let same = without_time(&mixed) == without_time(&record);
        prop_assert_eq!(mixed.content_hash() == record.content_hash(), same);
    }

    #[test]
    fn features_are_the_same_in_any_order_of_their_catalogue(
        values in btree_map("[a-z]{1,3}", feature(), 1..6), turn in 0..6_usize,
    ) {
        let sorted = FeatureValues::from(values.clone());
        let mut turned: Vec<_> = values.iter().collect();
        turned.rotate_left(turn % values.len());
        let names = FeatureNames::in_order(turned.iter().map(|(name, _)| name.as_str()));
        let of_catalogue =
            FeatureValues::new(&Arc::new(names), FeatureRow::of(turned.iter().map(|(_, value)| (*value).clone()).collect()));
        prop_assert_eq!(written(&of_catalogue), written(&sorted));
        prop_assert_eq!(hash(&of_catalogue), hash(&sorted));
        for name in values.keys() {
            prop_assert_eq!(written_value(&of_catalogue[name.as_str()]), written_value(&sorted[name.as_str()]));
        }
        prop_assert!(of_catalogue.get("none").is_none());
    }
}

fn hash(features: &FeatureValues) -> u128 {
    let mut hash = ContentHash::begin();
    features.hash_into(&mut hash);
    hash.finish()
}

fn written_value(value: &FeatureValue) -> String {
    serde_json::to_string(value).expect("JSON")
}
