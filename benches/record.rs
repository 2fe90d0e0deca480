//! Score records of the starter ruleset, without a finding and with three under an open warning: made, compared with the
//! one before, and encoded for Kafka.

#![allow(clippy::print_stdout, reason = "a bench prints what it measured")]

use std::collections::BTreeSet;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;
use yujing_base::OperatorId;
use yujing_base::language::Bilingual;
use yujing_config::Topics;
use yujing_core::engine::Output;
use yujing_core::feature::{FeatureRow, FeatureType, FeatureValue};
use yujing_core::ruleset::Ruleset;
use yujing_core::warning::record::ScoreInputs;
use yujing_core::warning::{
    Coverage, FeatureValues, Finding, Freshness, Level, OpenWarning, OperatorCard, Score, ScoreRecord, Standing,
};
use yujing_live::encoder::Encoder;
use yujing_workbench::{rules_folder, schemas_folder};

/// What is known of an operator when its record is made.
struct Scored {
    ruleset: Ruleset,
    operator: OperatorId,
    as_of: Timestamp,
    features: FeatureRow,
    card: OperatorCard,
    coverage: Coverage,
    standing: Standing,
    findings: usize,
}

impl Scored {
    fn new(findings: usize) -> Self {
        let sources = schemas_folder::load(Path::new("schemas")).expect("the published schemas are valid");
        let ruleset =
            rules_folder::load(Path::new("rules"), &sources).unwrap_or_else(|found| panic!("{}", found.render(false)));
        let value = |data_type| match data_type {
            FeatureType::Bool => FeatureValue::Bool(true),
            FeatureType::Int => FeatureValue::Int(3),
            FeatureType::Float => FeatureValue::Float(0.75),
            FeatureType::Text => FeatureValue::Text("catering".into()),
        };
        let as_of = "2026-03-03T01:00:00.123Z".parse().expect("a time");
        let card = json!({
            "name": "某某餐厅", "business_form": "catering", "sub_district": "王串场街道", "community": "革新道社区",
            "grid": "03-12", "steward_tier": "C", "risk_grade": "B", "site_area_m2": 120, "kitchen_camera": true,
        });
        Self {
            operator: "JY21201030043213".into(),
            as_of,
            features: FeatureRow::of(
                ruleset.features.catalogue().iter().map(|feature| value(feature.data_type)).collect(),
            ),
            card: OperatorCard::registered(card.as_object().expect("an object").clone()),
            coverage: sources.iter().map(|(_, source)| (source.name.to_string(), Freshness::Fresh)).collect(),
            standing: Standing {
                ordinal: 1,
                warning: (findings > 0).then(|| warning(&ruleset, findings, as_of)),
                ..Standing::default()
            },
            findings,
            ruleset,
        }
    }

    fn record(&self) -> ScoreRecord {
        let finding = |rule| {
            let because =
                Bilingual::new("近7日后厨监控发现疑似鼠类活动3次。", "Last 7 days: suspected rodent episodes 3.");
            Finding {
                rule: Arc::clone(rule),
                points: 12,
                counted: 12,
                floor: None,
                because,
                modified: None,
                disputed: false,
                evidence: None,
            }
        };
        let parts = &self.ruleset.record_parts;
        let score = Score {
            base: 12,
            counted: vec![12; self.findings],
            score: 48,
            raise: 0,
            floors: Vec::new(),
            level: Level::Yellow,
            to_next: Some(12),
        };
        let inputs = ScoreInputs {
            operator_id: Arc::clone(&self.operator),
            as_of: self.as_of,
            findings: parts.rules.iter().take(self.findings).map(finding).collect(),
            features: FeatureValues::new(&parts.features, self.features.clone()),
            coverage: self.coverage.clone(),
            degraded: Vec::new(),
            operator: self.card.clone(),
            ruleset: Arc::clone(&parts.hash),
            standing: self.standing.clone(),
        };
        ScoreRecord::new(&score, inputs)
    }
}

fn warning(ruleset: &Ruleset, named: usize, at: Timestamp) -> OpenWarning {
    let named: BTreeSet<String> =
        ruleset.rules.list().iter().take(named).map(|rule| rule.metadata.id.clone()).collect();
    OpenWarning {
        id: Uuid::from_u128(7),
        sequence: 2,
        level: Level::Yellow,
        highest: Level::Yellow,
        opened_at: at,
        level_since: at,
        eased: false,
        below_since: None,
        due_at: Some(at),
        due_provisional: None,
        was_overdue: false,
        named: Some(Arc::new(named)),
        handling: None,
    }
}

fn records(criterion: &mut Criterion) {
    let encoder = Encoder::new(Topics::default(), "bench", 1_000_000);
    let mut group = criterion.benchmark_group("record");
    for findings in [0, 3] {
        let scored = Scored::new(findings);
        let output = Output { scores: vec![scored.record()], ..Output::default() };
        let size = encoder.output(&output)[0].value.as_ref().map_or(0, Vec::len);
        println!("{findings} findings: {} features, {size} bytes", scored.features.len());
        let id = |what: &str| BenchmarkId::new(what, format!("{findings} findings"));
        group.bench_function(id("make"), |bencher| bencher.iter(|| black_box(scored.record())));
        group.bench_function(id("compare"), |bencher| {
            bencher.iter(|| black_box(black_box(&output.scores[0]).content_hash()));
        });
        group.bench_function(id("encode"), |bencher| bencher.iter(|| black_box(encoder.output(black_box(&output)))));
    }
    group.finish();
}

criterion_group!(benches, records);
criterion_main!(benches);
