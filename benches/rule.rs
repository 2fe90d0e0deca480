//! Rules: twenty of them asked about one operator and about a batch of 1,024.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::PathBuf;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use jiff::Timestamp;
use yujing_core::feature::{Feature, FeatureRow, FeatureType, FeatureValue, Missing, ValueRange};
use yujing_core::rule::{Bilingual, Family, Rules};

const RULES: usize = 20;
/// Features that the rules read: three each, in turn.
const FEATURES: usize = 48;

fn feature_name(place: usize) -> String {
    format!("feature_{place}_30d")
}

fn rule(place: usize) -> String {
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
fn when(op)    {{ known(op.{a}) && op.{a} >= 3 && (op.{b} ?? 0) + (op.{c} ?? 0) >= 4 }}
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
    FeatureRow { values: values.collect(), ..FeatureRow::default() }
}

fn rules(criterion: &mut Criterion) {
    let texts: Vec<_> = (0..RULES).map(|place| (PathBuf::from(format!("rule_{place}.rhai")), rule(place))).collect();
    let title = Bilingual { zh: "测试".into(), en: "Bench".into() };
    let families = BTreeMap::from([("bench".to_owned(), Family { title, cap: 100, least: 0 })]);
    let (ruleset, _) = Rules::from_texts(&texts, &catalogue(), &families).expect("sound rules");
    let as_of: Timestamp = "2026-03-02T12:00:00+08:00".parse().expect("an instant");

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

criterion_group!(benches, rules);
criterion_main!(benches);
