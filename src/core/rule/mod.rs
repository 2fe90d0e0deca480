//! Rules (规则): an analyst's Rhai files. Load and check them, evaluate them within limits, say in words why they fired.
//!
//! A rule answers four questions: `when(op)` does it fire, `points(op)` how many whole points, `level(op)` optionally the
//! lowest level while it fires (直接定级), `because(op)` the words. Its metadata is TOML in the `//!` block on top.
//!
//! - [`metadata`]: the `//!` block
//! - [`level`]: none, blue, yellow, orange, red
//! - [`deadline`]: how long somebody has to act
//! - [`family`]: which rules are about one kind of risk
//! - `engine`: the Rhai engine and its limits
//! - [`law`]: the laws that rules cite and since when each applies, from `rules/laws.toml`
//! - `load`: files to compiled rules
//! - `rounding`: numbers in texts
//! - `syntax`: what is said of a text that is not Rhai
//! - `syntax_tree`: the functions of a rule, taken out of Rhai's tree
//! - `check`: what the syntax tree shows before a rule ever runs: unknown features, unknown values, wrong results
//! - [`cost`]: what evaluations cost, rule by rule
//! - `evaluate`: one operator's answers
//! - `trace`: what decided an answer, and the values at which a rule may turn

mod check;
mod code;
pub mod cost;
pub mod deadline;
mod engine;
mod evaluate;
pub mod family;
pub mod law;
pub mod level;
mod load;
pub mod metadata;
mod rounding;
mod syntax;
mod syntax_tree;
#[cfg(test)]
mod tests;
mod trace;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

pub use self::cost::{Cost, Costs};
pub use self::deadline::Deadline;
use self::engine::Limits;
use self::evaluate::{Column, Operator};
pub use self::family::Family;
pub use self::law::Laws;
pub use self::level::Level;
use self::load::Script;
pub use self::metadata::{Basis, Bilingual, Metadata, Status};
pub use self::trace::Comparison;
use crate::feature::{Feature, FeatureTable, FeatureValue};
use yujing_base::diagnostic::Diagnostics;
use yujing_base::zone::Zone;

/// The most points that a rule can give.
const MAX_POINTS: i64 = 100;

/// A loaded rule.
#[derive(Debug)]
pub struct Rule {
    pub metadata: Metadata,
    pub file: PathBuf,
    /// The features that the rule reads in `when`, `points` and `level`, by their place in the catalogue, sorted.
    pub reads: Vec<usize>,
    /// Whether it sets a level directly.
    pub has_level: bool,
}

impl Rule {
    /// Whether a finding of the rule under an open warning is worth a step of its own although the level stays (追加): as
    /// its metadata says, else if it sets a level.
    pub fn adds(&self) -> bool {
        self.metadata.added.unwrap_or(self.has_level)
    }
}

/// A rule that fired (触发情形).
#[derive(Debug, Clone, PartialEq)]
pub struct Fired {
    /// The rule's place in [`Rules::list`].
    pub rule: usize,
    pub points: i64,
    pub floor: Option<Level>,
    pub because: Bilingual,
}

impl Fired {
    /// Whether it only lowers the risk: no ground of a warning, and nothing to be done in time.
    pub fn lowers(&self) -> bool {
        self.points < 0 && self.floor.is_none()
    }
}

/// Every kind of [`RuleFailure`], stable; `feature`: one that it reads could not be computed.
pub const FAILURE_KINDS: [&str; 7] = ["limit", "type", "arithmetic", "thrown", "feature", "panic", "other"];

/// A rule that could not answer: the score is degraded, never silently lower.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleFailure {
    pub rule: usize,
    /// One of [`FAILURE_KINDS`].
    pub kind: &'static str,
    pub message: String,
}

/// What all active rules in force say of one operator.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Evaluation {
    pub fired: Vec<Fired>,
    pub failed: Vec<RuleFailure>,
}

/// What one rule says of one operator.
#[derive(Debug, Clone, PartialEq)]
pub enum RuleOutcome {
    Fired(Fired),
    /// In force, but it does not fire.
    Quiet,
    Failed(RuleFailure),
    /// A draft or retired rule, or outside its days in force.
    NotInForce,
}

/// The rules of a ruleset.
#[derive(Debug)]
pub struct Rules {
    list: Vec<Arc<Rule>>,
    /// In the order of `list`.
    scripts: Vec<Script>,
    /// The catalogue of features.
    columns: Vec<Column>,
    /// The features that any rule reads, sorted.
    touched: Vec<usize>,
    engine: rhai::Engine,
    /// Whether drafts answer as if they were active.
    drafts_answer: bool,
    /// Where days begin and end.
    zone: Zone,
}

impl Rules {
    /// Compiles and checks rules against the features and families, given as (path for messages, text); with warnings.
    ///
    /// # Errors
    /// Every problem of every rule, with line, column and a hint.
    pub fn from_texts(
        texts: &[(PathBuf, String)],
        features: &[Feature],
        families: &BTreeMap<String, Family>,
    ) -> Result<(Self, Diagnostics), Diagnostics> {
        Self::compile(Limits::SHIPPED, texts, features, families)
    }

    fn compile(
        limits: Limits,
        texts: &[(PathBuf, String)],
        features: &[Feature],
        families: &BTreeMap<String, Family>,
    ) -> Result<(Self, Diagnostics), Diagnostics> {
        let engine = engine::build(&limits);
        let (scripts, warnings) = load::load(&engine, texts, features, families)?;
        let touched: BTreeSet<usize> = scripts.iter().flat_map(|script| script.touches.iter().copied()).collect();
        let columns = features.iter().map(|feature| Column { name: feature.name.clone(), nullable: feature.nullable });
        let rules = Self {
            list: scripts.iter().map(|script| Arc::clone(&script.rule)).collect(),
            columns: columns.collect(),
            scripts,
            touched: touched.into_iter().collect(),
            engine,
            drafts_answer: false,
            zone: Zone::default(),
        };
        Ok((rules, warnings))
    }

    /// Warnings about the laws that the rules rest on; `texts` are what they were made from.
    pub fn check_laws(&self, laws: &Laws, texts: &[(PathBuf, String)]) -> Diagnostics {
        let mut found = Diagnostics::default();
        for rule in &self.list {
            if let Some((file, text)) = texts.iter().find(|(file, _)| *file == rule.file) {
                found.extend(laws.check(file, text, &rule.metadata));
            }
        }
        found
    }

    /// The features that any function of any rule reads, by their place in the catalogue, sorted.
    pub fn touched(&self) -> &[usize] {
        &self.touched
    }

    /// The same rules with drafts answering as if they were active: only for the cases of drafts.
    #[must_use]
    pub fn with_drafts(self) -> Self {
        Self { drafts_answer: true, ..self }
    }

    /// The same rules, in force by the days of an office elsewhere than in China.
    #[must_use]
    pub fn in_zone(self, zone: Zone) -> Self {
        Self { zone, ..self }
    }

    /// Whether a rule takes part on a day of the office.
    pub fn in_force(&self, metadata: &Metadata, day: Date) -> bool {
        let counts = metadata.status == Status::Active || (self.drafts_answer && metadata.status == Status::Draft);
        counts && metadata.covers(day)
    }

    /// All rules, sorted by id.
    pub fn list(&self) -> &[Arc<Rule>] {
        &self.list
    }

    /// Evaluates every active rule in force at `as_of` for one row of features, in the order of [`Rules::list`]. Never
    /// panics and always ends (I6). `features` has the columns of the catalogue that the rules were loaded with.
    pub fn evaluate(&self, features: &FeatureTable, row: usize, as_of: Timestamp) -> Evaluation {
        self.evaluate_each(features, row, as_of, None)
    }

    /// The same, and notes what each rule cost.
    pub fn evaluate_metered(
        &self,
        features: &FeatureTable,
        row: usize,
        as_of: Timestamp,
        costs: &mut Costs,
    ) -> Evaluation {
        self.evaluate_each(features, row, as_of, Some(costs))
    }

    fn evaluate_each(
        &self,
        features: &FeatureTable,
        row: usize,
        as_of: Timestamp,
        costs: Option<&mut Costs>,
    ) -> Evaluation {
        let day = self.zone.date(as_of);
        let operator = Operator::new(&self.columns, &self.touched, features, row);
        let mut meter = costs.map(|costs| costs.meter(self.list.len()));
        let mut evaluation = Evaluation::default();
        for (place, script) in self.scripts.iter().enumerate() {
            if !self.in_force(&script.rule.metadata, day) {
                continue;
            }
            match evaluate::ask(&self.engine, &self.columns, script, place, &operator) {
                RuleOutcome::Fired(fired) => evaluation.fired.push(fired),
                RuleOutcome::Failed(failure) => evaluation.failed.push(failure),
                RuleOutcome::Quiet | RuleOutcome::NotInForce => (),
            }
            if let Some(meter) = &mut meter {
                meter.note(place);
            }
        }
        evaluation
    }

    /// What one rule, by its place in [`Rules::list`], says of one row of features: for explanations.
    pub fn answer(&self, rule: usize, features: &FeatureTable, row: usize, as_of: Timestamp) -> RuleOutcome {
        let script = &self.scripts[rule];
        if !self.in_force(&script.rule.metadata, self.zone.date(as_of)) {
            return RuleOutcome::NotInForce;
        }
        let operator = Operator::new(&self.columns, &script.touches, features, row);
        evaluate::ask(&self.engine, &self.columns, script, rule, &operator)
    }

    /// What decided whether a rule, by its place in [`Rules::list`], fires for one row of features: for explanations.
    /// Nothing if its `when` is more than a condition, or fails.
    pub fn decided(&self, rule: usize, features: &FeatureTable, row: usize) -> Vec<Comparison> {
        let script = &self.scripts[rule];
        let operator = Operator::new(&self.columns, &script.touches, features, row);
        let decision = evaluate::catch_panic(|| trace::decision(&self.engine, &script.ast, operator.value()));
        decision.ok().flatten().map(|decision| decision.comparisons).unwrap_or_default()
    }

    /// The features that an active rule divides by, by their place in the catalogue.
    pub fn divisors(&self) -> BTreeSet<usize> {
        let active = self.scripts.iter().filter(|script| script.rule.metadata.status == Status::Active);
        let names: BTreeSet<String> = active.flat_map(|script| trace::divisors(&script.ast)).collect();
        (0..self.columns.len()).filter(|feature| names.contains(&self.columns[*feature].name)).collect()
    }

    /// The constants that a rule compares features with, by the feature's place in the catalogue: where it may turn.
    pub fn constants(&self, rule: usize) -> BTreeMap<usize, Vec<FeatureValue>> {
        let script = &self.scripts[rule];
        let place = |name: &str| script.touches.iter().copied().find(|feature| self.columns[*feature].name == name);
        let constants = trace::constants(&script.ast).into_iter();
        constants.filter_map(|(name, values)| Some((place(&name)?, values))).collect()
    }
}
