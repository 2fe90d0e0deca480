//! The rules of a ruleset: evaluated for one operator after the other, and asked why.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use yujing_base::diagnostic::Diagnostics;
use yujing_base::zone::Zone;

use super::cost::Costs;
use super::definition::Rule;
use super::engine::{self, Limits};
use super::evaluation::{self, Column, Operator};
use super::family::Family;
use super::law::Laws;
use super::metadata::{Metadata, Status};
use super::outcome::{Evaluation, RuleOutcome};
use super::script::{self, Script};
use super::trace::{self, Comparison};
use crate::feature::{Feature, FeatureRow, FeatureValue};

/// The rules of a ruleset.
#[derive(Debug)]
pub struct Rules {
    list: Vec<Arc<Rule>>,
    /// In the order of `list`.
    pub(super) scripts: Vec<Script>,
    /// The catalogue of features.
    pub(super) columns: Vec<Column>,
    /// The features that any rule reads, sorted.
    touched: Vec<usize>,
    pub(super) engine: rhai::Engine,
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

    pub(super) fn compile(
        limits: Limits,
        texts: &[(PathBuf, String)],
        features: &[Feature],
        families: &BTreeMap<String, Family>,
    ) -> Result<(Self, Diagnostics), Diagnostics> {
        let engine = engine::build(&limits);
        let (scripts, warnings) = script::load(&engine, texts, features, families)?;
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
    /// panics and always ends (I6). `features` is of the catalogue that the rules were loaded with.
    pub fn evaluate(&self, features: &FeatureRow, as_of: Timestamp) -> Evaluation {
        self.evaluate_each(features, as_of, None)
    }

    /// The same, and notes what each rule cost.
    pub fn evaluate_metered(&self, features: &FeatureRow, as_of: Timestamp, costs: &mut Costs) -> Evaluation {
        self.evaluate_each(features, as_of, Some(costs))
    }

    fn evaluate_each(&self, features: &FeatureRow, as_of: Timestamp, costs: Option<&mut Costs>) -> Evaluation {
        let day = self.zone.date(as_of);
        let operator = Operator::new(&self.columns, &self.touched, features);
        let mut meter = costs.map(|costs| costs.meter(self.list.len()));
        let mut evaluation = Evaluation::default();
        for (place, script) in self.scripts.iter().enumerate() {
            if !self.in_force(&script.rule.metadata, day) {
                continue;
            }
            match evaluation::ask(&self.engine, &self.columns, script, place, &operator) {
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
    pub fn answer(&self, rule: usize, features: &FeatureRow, as_of: Timestamp) -> RuleOutcome {
        let script = &self.scripts[rule];
        if !self.in_force(&script.rule.metadata, self.zone.date(as_of)) {
            return RuleOutcome::NotInForce;
        }
        let operator = Operator::new(&self.columns, &script.touches, features);
        evaluation::ask(&self.engine, &self.columns, script, rule, &operator)
    }

    /// What decided whether a rule, by its place in [`Rules::list`], fires for one row of features: for explanations.
    /// Nothing if its `when` is more than a condition, or fails.
    pub fn decided(&self, rule: usize, features: &FeatureRow) -> Vec<Comparison> {
        let script = &self.scripts[rule];
        let operator = Operator::new(&self.columns, &script.touches, features);
        let decision = evaluation::catch_panic(|| trace::decision(&self.engine, &script.ast, operator.value()));
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
