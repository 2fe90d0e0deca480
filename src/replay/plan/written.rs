//! `replay.toml` as it is written; what is wrong with its values `file` says.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::PathBuf;

use serde::Deserialize;
use toml::value::Datetime;
use toml::{Spanned, Value};
use yujing_base::language::Bilingual;
use yujing_core::warning::Level;

use super::{AnswerModel, Period};

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) title: Option<Bilingual>,
    pub(super) schemas: Option<PathBuf>,
    #[serde(default)]
    pub(super) rules: Vec<PathBuf>,
    pub(super) events: Option<Spanned<PathBuf>>,
    pub(super) from: Option<Spanned<Datetime>>,
    pub(super) to: Option<Spanned<Datetime>>,
    pub(super) time_zone: Option<Spanned<String>>,
    pub(super) step: Option<Spanned<String>>,
    pub(super) wake_interval: Option<Spanned<String>>,
    pub(super) sweep: Option<Spanned<Value>>,
    pub(super) sweep_warned: Option<Spanned<Value>>,
    #[serde(default)]
    pub(super) input: Vec<Spanned<InputTable>>,
    pub(super) kafka: Option<KafkaTable>,
    pub(super) outcome: Option<OutcomeTable>,
    pub(super) budget: Option<Spanned<BudgetTable>>,
    pub(super) answers: Option<Spanned<AnswerModel>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InputTable {
    pub(super) source: String,
    #[serde(default)]
    pub(super) files: Vec<PathBuf>,
    pub(super) sql: Option<PathBuf>,
    #[serde(default)]
    pub(super) tables: BTreeMap<String, TableEntry>,
}

/// A file, or a file and where the table is in it.
#[derive(Deserialize)]
#[serde(untagged, expecting = "a table is a path, or { path = ..., sheet = ..., header_row = ... }")]
pub(super) enum TableEntry {
    Path(PathBuf),
    Sheet(SheetTable),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SheetTable {
    pub(super) path: PathBuf,
    pub(super) sheet: Option<String>,
    pub(super) header_row: Option<NonZeroU32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KafkaTable {
    #[serde(default)]
    pub(super) sources: Vec<String>,
    pub(super) from: Option<Spanned<Datetime>>,
    pub(super) to: Option<Spanned<Datetime>>,
    #[serde(default)]
    pub(super) offsets: BTreeMap<String, BTreeMap<Spanned<String>, (i64, i64)>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OutcomeTable {
    pub(super) title: Option<Bilingual>,
    pub(super) sql: PathBuf,
    #[serde(default)]
    pub(super) tables: BTreeMap<String, TableEntry>,
    pub(super) judge_from: Option<Spanned<Datetime>>,
    pub(super) judge_to: Option<Spanned<Datetime>>,
    pub(super) within: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) days_ahead: u32,
    pub(super) window: Option<Spanned<String>>,
    pub(super) prior_weight: Option<Spanned<f64>>,
    pub(super) resamples: Option<Spanned<u32>>,
    pub(super) seed: Option<u64>,
    #[serde(default)]
    pub(super) ablate: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BudgetTable {
    pub(super) most: u64,
    pub(super) level: Level,
    pub(super) per: Option<String>,
    pub(super) every: Period,
}
