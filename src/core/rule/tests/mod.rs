//! Rules as analysts write them, right and wrong, and as somebody might write them to hurt the engine.

mod answers;
mod attacks;
mod compiled;
mod days_ahead;
mod falls_ahead;
mod kept;
mod modifiers;
mod properties;
mod refused;
mod trace;
mod unknown;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use jiff::Timestamp;
use yujing_base::diagnostic::Diagnostics;
use yujing_base::diagnostic::text;
use yujing_base::language::Language;

use super::engine::Limits;
use super::evaluation::operator;
use super::*;
use crate::feature::{Feature, FeatureRow, FeatureType, FeatureValue, Missing, ValueRange};

/// The catalogue of these tests: the features of the example and one of each other kind.
const CATALOGUE: [(&str, FeatureType, bool); 7] = [
    ("rodent_episodes_7d", FeatureType::Int, true),
    ("pest_complaints_7d", FeatureType::Int, false),
    ("protected_group", FeatureType::Text, false),
    ("fail_rate_90d", FeatureType::Float, true),
    ("night_alerts_30d", FeatureType::Int, true),
    ("camera_online", FeatureType::Bool, true),
    ("business_form", FeatureType::Text, true),
];

fn catalogue() -> Vec<Feature> {
    let feature = |(name, data_type, nullable): (&str, FeatureType, bool)| Feature {
        name: name.to_owned(),
        data_type,
        missing: if nullable { Missing::Unknown } else { Missing::Zero },
        nullable,
        values: ValueRange::Any,
        zh: "指标".into(),
        en: "feature".into(),
        source: "camera_alerts".into(),
        reference: false,
        file: PathBuf::from("features/test.sql"),
        line: 1,
    };
    CATALOGUE.map(feature).into()
}

fn families() -> BTreeMap<String, Family> {
    let family = |zh: &str, en: &str| Family { title: Bilingual { zh: zh.into(), en: en.into() }, cap: 60, least: 0 };
    [("pests".to_owned(), family("虫害", "Pests")), ("cameras".to_owned(), family("后厨监控", "Kitchen cameras"))]
        .into()
}

/// The `//!` block of a rule with this id.
fn block(id: &str) -> String {
    format!(
        r#"//! id       = "{id}"
//! title    = {{ zh = "测试", en = "Test" }}
//! family   = "pests"
//! status   = "active"
//! owner    = "餐饮科"
//! effective_from = 2026-01-01
//! basis    = [{{ law = "食品安全法", article = "第三十三条第一款第二项", confirmed = false }}]
//! action   = {{ zh = "现场核查", en = "Visit" }}
//! deadline = "24h"
"#
    )
}

const WHEN: &str = "fn when(op) { true }\n";
const POINTS: &str = "fn points(op) { 20 }\n";
const BECAUSE: &str = "fn because(op) { #{ zh: `测试`, en: `Test` } }\n";

/// A rule whose functions are the plain ones except those in `given`.
fn rule(id: &str, given: &str) -> String {
    let mut text = block(id);
    for (name, plain) in [("when", WHEN), ("points", POINTS), ("because", BECAUSE)] {
        if !given.contains(&format!("fn {name}(")) {
            text.push_str(plain);
        }
    }
    text + given
}

/// Loads rule files of a folder called `rules`, given as (path below it, bytes).
fn load(files: &[(&str, &[u8])]) -> Result<Rules, Diagnostics> {
    let files: BTreeMap<_, _> = files.iter().map(|(name, bytes)| (PathBuf::from("rules").join(name), *bytes)).collect();
    let mut texts = Vec::new();
    for (file, bytes) in files {
        let text = text::decode(&file, bytes.to_vec())?;
        texts.push((file, text));
    }
    Rules::compile(Limits::SHIPPED, &texts, &catalogue(), &families(), &CheckedRules::default()).map(|(rules, _)| rules)
}

/// Loads rules given as (id, functions).
fn rules(given: &[(&str, &str)]) -> Rules {
    let texts: Vec<_> = given.iter().map(|(id, functions)| (format!("{id}.rhai"), rule(id, functions))).collect();
    let files: Vec<_> = texts.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
    load(&files).unwrap_or_else(|problems| panic!("{}", problems.render(false)))
}

/// What is wrong with one rule, as an analyst sees it in each language.
fn refusal(given: &str) -> String {
    refusal_of(&[("test_rule.rhai", rule("test_rule", given).as_bytes())])
}

fn refusal_of(files: &[(&str, &[u8])]) -> String {
    shown(&load(files).err().unwrap_or_default())
}

/// Findings as people see them, in English and in Chinese.
fn shown(problems: &Diagnostics) -> String {
    [Language::En, Language::Zh].map(|language| problems.render_in(language, false)).concat()
}

/// A row of features; those not given are unknown, or zero where the catalogue says so.
fn row(given: &[(&str, FeatureValue)]) -> FeatureRow {
    let value = |(name, data_type, nullable): (&str, FeatureType, bool)| {
        let given = given.iter().find(|(key, _)| *key == name).map(|(_, value)| value.clone());
        given.unwrap_or_else(|| match data_type {
            _ if nullable => FeatureValue::Unknown,
            FeatureType::Text => FeatureValue::Text("".into()),
            other => FeatureValue::zero(other),
        })
    };
    FeatureRow::of(CATALOGUE.map(value).to_vec())
}

fn noon() -> Timestamp {
    "2026-03-02T12:00:00+08:00".parse().unwrap()
}
