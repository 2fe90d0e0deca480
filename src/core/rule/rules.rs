//! The rules of a ruleset: evaluated for one operator after the other, and asked why.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use yujing_base::diagnostic::Diagnostics;
use yujing_base::language::Bilingual;
use yujing_base::zone::Zone;

use super::cost::Costs;
use super::definition::Rule;
use super::engine::{self, Limits};
use super::evaluation;
use super::family::Family;
use super::law::Laws;
use super::metadata::{Metadata, Status};
use super::outcome::{Evaluation, RuleOutcome};
use super::script::{self, CheckedRules, Script};
use super::trace::{self, Comparison};
use crate::feature::{Feature, FeatureRow, FeatureValue};

/// The rules of a ruleset.
#[derive(Debug)]
pub struct Rules {
    list: Vec<Arc<Rule>>,
    /// In the order of `list`.
    pub(super) scripts: Vec<Arc<Script>>,
    /// The names of the catalogue.
    pub(super) names: Vec<String>,
    /// The features that any rule reads, sorted.
    touched: Vec<usize>,
    pub(super) engine: rhai::Engine,
    /// Whether drafts answer as if they were active.
    drafts_answer: bool,
    /// Where days begin and end.
    zone: Zone,
    /// When each rule is in force; nothing for one that takes no part.
    periods: Vec<Option<Range<Timestamp>>>,
    /// The rules that any function reads a feature of, by the feature's place in the catalogue; sorted.
    readers: Vec<Vec<usize>>,
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
        Self::from_changed(texts, features, families, &CheckedRules::default())
    }

    /// The same of texts of which most were checked before. Those that are in order now are kept.
    ///
    /// # Errors
    /// As [`Rules::from_texts`].
    pub fn from_changed(
        texts: &[(PathBuf, String)],
        features: &[Feature],
        families: &BTreeMap<String, Family>,
        checked: &CheckedRules,
    ) -> Result<(Self, Diagnostics), Diagnostics> {
        Self::compile(Limits::SHIPPED, texts, features, families, checked)
    }

    pub(super) fn compile(
        limits: Limits,
        texts: &[(PathBuf, String)],
        features: &[Feature],
        families: &BTreeMap<String, Family>,
        checked: &CheckedRules,
    ) -> Result<(Self, Diagnostics), Diagnostics> {
        let engine = engine::build(&limits);
        let (scripts, warnings) = script::load(&engine, &limits, texts, features, families, checked)?;
        let touched: BTreeSet<usize> = scripts.iter().flat_map(|script| script.touches.iter().copied()).collect();
        let read_by = |feature: usize| {
            let readers =
                scripts.iter().enumerate().filter(|(_, script)| script.touches.binary_search(&feature).is_ok());
            readers.map(|(place, _)| place).collect()
        };
        let readers = (0..features.len()).map(read_by).collect();
        let rules = Self {
            list: scripts.iter().map(|script| Arc::clone(&script.rule)).collect(),
            names: features.iter().map(|feature| feature.name.clone()).collect(),
            scripts,
            touched: touched.into_iter().collect(),
            engine,
            drafts_answer: false,
            zone: Zone::default(),
            periods: Vec::new(),
            readers,
        };
        Ok((rules.with_periods(), warnings))
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
        Self { drafts_answer: true, ..self }.with_periods()
    }

    /// The same rules, in force by the days of an office elsewhere than in China.
    #[must_use]
    pub fn in_zone(self, zone: Zone) -> Self {
        Self { zone, ..self }.with_periods()
    }

    fn with_periods(mut self) -> Self {
        let start = |day: Date| self.zone.to_timestamp(day.to_datetime(Time::midnight()));
        let period = |rule: &Arc<Rule>| {
            let metadata = &rule.metadata;
            let end = metadata.effective_to.and_then(|last| last.tomorrow().ok()).map_or(Timestamp::MAX, start);
            self.takes_part(metadata).then(|| start(metadata.effective_from)..end)
        };
        self.periods = self.list.iter().map(period).collect();
        self
    }

    fn takes_part(&self, metadata: &Metadata) -> bool {
        metadata.status == Status::Active || (self.drafts_answer && metadata.status == Status::Draft)
    }

    /// Whether a rule takes part on a day of the office.
    pub fn in_force(&self, metadata: &Metadata, day: Date) -> bool {
        self.takes_part(metadata) && metadata.covers(day)
    }

    /// All rules, sorted by id.
    pub fn list(&self) -> &[Arc<Rule>] {
        &self.list
    }

    /// Evaluates every active rule in force at `as_of` for one row of features, in the order of [`Rules::list`]. Never
    /// panics and always ends (I6). `features` is of the catalogue that the rules were loaded with.
    pub fn evaluate(&self, features: &FeatureRow, as_of: Timestamp) -> Evaluation {
        let mut evaluation = Evaluation::default();
        for place in self.in_force_at(as_of) {
            evaluation.add(self.ask(place, features, None));
        }
        evaluation
    }

    /// The same, and notes what each rule cost.
    pub fn evaluate_metered(&self, features: &FeatureRow, as_of: Timestamp, costs: &mut Costs) -> Evaluation {
        let mut evaluation = Evaluation::default();
        for place in self.in_force_at(as_of) {
            evaluation.add(costs.measure(place, as_of, || self.ask(place, features, None)));
        }
        evaluation
    }

    /// What [`Rules::evaluate`] would say, given what it said of the operator before: only rules that read a feature
    /// of `changed` (places in the catalogue) are asked. Between both instants no rule may have come into force or
    /// gone out of it: see [`Rules::next_change_of_days`].
    pub fn reevaluate(
        &self,
        before: &Evaluation,
        changed: &[usize],
        features: &FeatureRow,
        as_of: Timestamp,
        costs: &mut Costs,
    ) -> Evaluation {
        let mut asked: Vec<usize> =
            changed.iter().filter_map(|feature| self.readers.get(*feature)).flatten().copied().collect();
        asked.sort_unstable();
        asked.dedup();
        let is_kept = |rule: usize| asked.binary_search(&rule).is_err();
        let mut evaluation = Evaluation {
            fired: before.fired.iter().filter(|fired| is_kept(fired.rule)).cloned().collect(),
            failed: before.failed.iter().filter(|failed| is_kept(failed.rule)).cloned().collect(),
        };
        for place in asked.iter().copied().filter(|place| self.is_in_force(*place, as_of)) {
            let shown = &self.scripts[place].shows;
            let same_words = !changed.iter().any(|feature| shown.binary_search(feature).is_ok());
            let fired = before.fired.iter().find(|fired| same_words && fired.rule == place);
            let words = fired.map(|fired| &fired.because);
            evaluation.add(costs.measure(place, as_of, || self.ask(place, features, words)));
        }
        evaluation.fired.sort_unstable_by_key(|fired| fired.rule);
        evaluation.failed.sort_unstable_by_key(|failed| failed.rule);
        evaluation
    }

    /// When a rule comes into force or goes out of it next, after an instant.
    pub fn next_change_of_days(&self, after: Timestamp) -> Option<Timestamp> {
        let ends = self.periods.iter().flatten().flat_map(|period| [period.start, period.end]);
        ends.filter(|end| *end > after && *end < Timestamp::MAX).min()
    }

    fn in_force_at(&self, as_of: Timestamp) -> impl Iterator<Item = usize> {
        (0..self.scripts.len()).filter(move |place| self.is_in_force(*place, as_of))
    }

    pub(super) fn is_in_force(&self, place: usize, as_of: Timestamp) -> bool {
        self.periods[place].as_ref().is_some_and(|period| period.contains(&as_of))
    }

    fn ask(&self, place: usize, features: &FeatureRow, words: Option<&Arc<Bilingual>>) -> RuleOutcome {
        evaluation::ask(&self.engine, &self.names, &self.scripts[place], place, features, words)
    }

    /// What one rule, by its place in [`Rules::list`], says of one row of features: for explanations.
    pub fn answer(&self, rule: usize, features: &FeatureRow, as_of: Timestamp) -> RuleOutcome {
        if self.is_in_force(rule, as_of) { self.ask(rule, features, None) } else { RuleOutcome::NotInForce }
    }

    /// What decided whether a rule, by its place in [`Rules::list`], fires for one row of features: for explanations.
    /// Nothing if its `when` is more than a condition, or fails.
    pub fn decided(&self, rule: usize, features: &FeatureRow) -> Vec<Comparison> {
        let script = &self.scripts[rule];
        let operator = evaluation::operator(&self.names, &script.touches, features);
        let decision = evaluation::catch_panic(|| trace::decision(&self.engine, &script.ast, &operator));
        decision.ok().flatten().map(|decision| decision.comparisons).unwrap_or_default()
    }

    /// The features that an active rule divides by, by their place in the catalogue.
    pub fn divisors(&self) -> BTreeSet<usize> {
        let active = self.scripts.iter().filter(|script| script.rule.metadata.status == Status::Active);
        let names: BTreeSet<String> = active.flat_map(|script| trace::divisors(&script.ast)).collect();
        (0..self.names.len()).filter(|feature| names.contains(&self.names[*feature])).collect()
    }

    /// The constants that a rule compares features with, by the feature's place in the catalogue: where it may turn.
    pub fn constants(&self, rule: usize) -> BTreeMap<usize, Vec<FeatureValue>> {
        let script = &self.scripts[rule];
        let place = |name: &str| script.touches.iter().copied().find(|feature| self.names[*feature] == name);
        let constants = trace::constants(&script.ast).into_iter();
        constants.filter_map(|(name, values)| Some((place(&name)?, values))).collect()
    }
}
