//! Rules: 10 to 200 of them about one operator for whom none fires, and asked again when one feature has changed; twenty
//! about many operators where most fire.

mod common;

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::PathBuf;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use jiff::Timestamp;
use yujing_core::feature::{Feature, FeatureRow, FeatureType, FeatureValue, Missing, ValueRange};
use yujing_core::rule::{Bilingual, Costs, Evaluation, Family, Rules};

/// Features that the rules read: three each, in turn.
const FEATURES: usize = 48;

fn feature_name(place: usize) -> String {
    format!("feature_{place}_30d")
}

/// A rule that fires if its second and third feature together are at least `least`.
fn rule(place: usize, least: i64) -> String {
    let feature = |offset: usize| feature_name((place * 3 + offset) % (FEATURES - 1));
    let (a, b, c) = (feature(0), feature(1), feature(2));
    format!(
        r#"//! id       = "rule_{place}"
//! title    = {{ zh = "测试", en = "Bench" }}
//! family   = "bench"
//! status   = "active"
//! owner    = "测试"
//! effective_from = 2026-01-01
//! basis    = [{{ law = "食品安全法", article = "第三十三条", confirmed = false }}]
//! action   = {{ zh = "核查", en = "Visit" }}
//! deadline = "24h"
fn when(op)    {{ known(op.{a}) && op.{a} >= 3 && (op.{b} ?? 0) + (op.{c} ?? 0) >= {least} }}
fn points(op)  {{ if op.{a} >= 9 {{ 40 }} else if op.{a} >= 6 {{ 30 }} else {{ 20 }} }}
fn level(op)   {{ if op.group == "school" {{ "orange" }} else {{ "none" }} }}
fn because(op) {{ #{{ zh: `近30日${{op.{a}}}次`, en: `${{op.{a}}} in 30 days` }} }}
"#
    )
}

fn catalogue() -> Vec<Feature> {
    (0..FEATURES)
        .map(|place| {
            let is_text = place == FEATURES - 1;
            Feature {
                name: if is_text { "group".into() } else { feature_name(place) },
                data_type: if is_text { FeatureType::Text } else { FeatureType::Int },
                missing: if is_text { Missing::Zero } else { Missing::Unknown },
                nullable: !is_text,
                values: ValueRange::Any,
                zh: "指标".into(),
                en: "feature".into(),
                source: "inspections".into(),
                reference: false,
                file: PathBuf::from("features/bench.sql"),
                line: 1,
            }
        })
        .collect()
}

/// One value in eight is unknown; 55 % of the rules fire, which is far more than in life.
fn features(operator: usize) -> FeatureRow {
    let values = catalogue().into_iter().enumerate().map(|(place, feature)| match feature.data_type {
        FeatureType::Text => FeatureValue::Text(if operator.is_multiple_of(7) { "school" } else { "none" }.into()),
        _ => match (operator * 31 + place * 17) % 40 {
            number if number % 8 == 0 => FeatureValue::Unknown,
            number => FeatureValue::Int(i64::try_from(number / 4).expect("a small number")),
        },
    });
    FeatureRow::of(values.collect())
}

fn ruleset(rules: usize, least: i64) -> Rules {
    let texts: Vec<_> =
        (0..rules).map(|place| (PathBuf::from(format!("rule_{place}.rhai")), rule(place, least))).collect();
    let title = Bilingual { zh: "测试".into(), en: "Bench".into() };
    let families = BTreeMap::from([("bench".to_owned(), Family { title, cap: 100, least: 0 })]);
    Rules::from_texts(&texts, &catalogue(), &families).expect("sound rules").0
}

fn as_of() -> Timestamp {
    "2026-03-02T12:00:00+08:00".parse().expect("an instant")
}

/// More than any two features are together: most conditions are read to their end, and none holds.
const OUT_OF_REACH: i64 = 20;

fn nothing_fires(criterion: &mut Criterion) {
    let (row, as_of) = (features(1), as_of());
    let mut group = criterion.benchmark_group("one operator, nothing fires");
    for rules in [10, 30, 40, 200] {
        let ruleset = ruleset(rules, OUT_OF_REACH);
        assert_eq!(ruleset.evaluate(&row, as_of), Evaluation::default(), "nothing fires");
        let mut costs = Costs::default();
        group.bench_with_input(BenchmarkId::new("rules", rules), &ruleset, |bencher, ruleset| {
            bencher.iter(|| ruleset.evaluate_metered(black_box(&row), as_of, &mut costs));
        });
        group.bench_with_input(BenchmarkId::new("rules, one feature changed", rules), &ruleset, |bencher, ruleset| {
            let before = Evaluation::default();
            bencher.iter(|| ruleset.reevaluate(&before, black_box(&[3]), black_box(&row), as_of, &mut costs));
        });
    }
    let ruleset = common::starter_ruleset(&common::schemas());
    let quiet = FeatureRow::of_values(ruleset.features.catalogue(), &zeros(ruleset.features.catalogue()));
    assert_eq!(ruleset.rules.evaluate(&quiet, as_of), Evaluation::default(), "nothing fires");
    let mut costs = Costs::default();
    group.bench_function("the starter rules", |bencher| {
        bencher.iter(|| ruleset.rules.evaluate_metered(black_box(&quiet), as_of, &mut costs));
    });
    group.finish();
}

/// Nothing has happened at the operator.
fn zeros(catalogue: &[Feature]) -> BTreeMap<String, FeatureValue> {
    let known = catalogue.iter().filter(|feature| !feature.nullable);
    known.map(|feature| (feature.name.clone(), FeatureValue::zero(feature.data_type))).collect()
}

fn most_fire(criterion: &mut Criterion) {
    let (ruleset, as_of) = (ruleset(20, 4), as_of());
    let mut group = criterion.benchmark_group("20 rules");
    for operators in [1, 1_024] {
        let rows: Vec<_> = (0..operators).map(features).collect();
        group.throughput(Throughput::Elements(operators as u64));
        group.bench_with_input(BenchmarkId::new("operators", operators), &rows, |bencher, rows| {
            bencher.iter(|| {
                for row in rows {
                    black_box(ruleset.evaluate(black_box(row), as_of));
                }
            });
        });
    }
    group.finish();
}

criterion_group!(benches, nothing_fires, most_fire);
criterion_main!(benches);
