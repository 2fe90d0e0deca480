//! What happens in the core, reported by the shell that drives it once a batch is committed.

use std::collections::BTreeMap;

use jiff::Timestamp;
use tracing::{error, info, warn};
use yujing_base::diagnostic::Diagnostic;
use yujing_base::language::Language;
use yujing_core::engine::{OpenCount, PublisherTally, RuleTally, Tally};
use yujing_core::rule::{FAILURE_KINDS, Status};
use yujing_core::ruleset::Ruleset;
use yujing_core::source::{RefusalCode, SourceId, Sources};
use yujing_core::warning::handling::Clock;
use yujing_core::warning::{HandlingState, Level, Step, WarningEvent};
use yujing_core::window::EventOutcome;

use super::metrics::seconds;
use super::throttle::Throttle;
use super::{InternalEvent, Metrics};

/// The answers that a warning was none, in either version of dispositions: their series are there before the first.
const UNFOUNDED: [&str; 2] = ["answered_unfounded", "false_alarm"];

static REFUSALS: Throttle = Throttle::every_ten_seconds();
static RULE_FAILURES: Throttle = Throttle::every_ten_seconds();
static FEATURE_FAILURES: Throttle = Throttle::every_ten_seconds();
static WRONG_ANSWERS: Throttle = Throttle::every_ten_seconds();
static UNKNOWN: Throttle = Throttle::every_minute();
static WARNINGS: Throttle = Throttle::fifty_a_second();

/// The schemas are loaded: their series exist from now on, at zero.
#[derive(Debug)]
pub struct SourcesLoaded<'a> {
    pub sources: &'a Sources,
}

impl InternalEvent for SourcesLoaded<'_> {
    fn emit(self, metrics: &Metrics) {
        for (_, source) in self.sources.iter() {
            for outcome in OUTCOMES {
                metrics.events.with_label_values(&[&*source.name, outcome_label(outcome)]);
            }
            for code in RefusalCode::ALL {
                metrics.dead_letters.with_label_values(&[&*source.name, code.as_str()]);
            }
            let counted_by_source = [
                &metrics.unknown_fields,
                &metrics.unknown_values,
                &metrics.normalized_identifiers,
                &metrics.withheld_texts,
                &metrics.misrouted_records,
                &metrics.publisher_time_records,
                &metrics.records_ahead,
            ];
            for family in counted_by_source {
                family.with_label_values(&[&*source.name]);
            }
            if let Some(silence) = source.max_silence {
                metrics.source_max_silence.with_label_values(&[&*source.name]).set(silence.as_secs_f64());
            }
        }
        info!(sources = self.sources.iter().len(), "schemas loaded");
    }
}

/// A ruleset is in force from now on.
#[derive(Debug)]
pub struct RulesetLoaded<'a> {
    pub ruleset: &'a Ruleset,
}

impl InternalEvent for RulesetLoaded<'_> {
    fn emit(self, metrics: &Metrics) {
        let Ruleset { hash, features, rules, .. } = self.ruleset;
        metrics.ruleset_info.reset();
        metrics.ruleset_info.with_label_values(&[hash]).set(1);
        metrics.ruleset_features.set(gauge_value(features.catalogue().len()));
        for (status, label) in [(Status::Active, "active"), (Status::Draft, "draft"), (Status::Retired, "retired")] {
            let count = rules.list().iter().filter(|rule| rule.metadata.status == status).count();
            metrics.ruleset_rules.with_label_values(&[label]).set(gauge_value(count));
        }
        for rule in rules.list() {
            let id = rule.metadata.id.as_str();
            // A rule that was before keeps what was counted.
            note_rule(id, &RuleTally::default(), metrics);
            metrics.rule_last_fired_timestamp.with_label_values(&[id]);
            for kind in FAILURE_KINDS {
                metrics.rule_errors.with_label_values(&[id, kind]);
            }
        }
        for feature in features.catalogue() {
            metrics.feature_errors.with_label_values(&[&*feature.name]);
        }
        info!(hash, rules = rules.list().len(), features = features.catalogue().len(), "ruleset in force");
    }
}

/// Something in the ruleset in force is probably not meant; reported once, when it is loaded.
#[derive(Debug)]
pub struct RulesetWarning<'a> {
    pub warning: &'a Diagnostic,
    pub language: Language,
}

impl InternalEvent for RulesetWarning<'_> {
    fn emit(self, _metrics: &Metrics) {
        let Self { warning, language } = self;
        let (line, file) = (warning.position.map_or(0, |(line, _)| line), warning.file.display());
        warn!(code = warning.code, %file, line, "{}", language.of(&warning.message));
    }
}

/// A batch or a step of a sweep was decided and committed.
#[derive(Debug)]
pub struct BatchDecided<'a> {
    pub tally: &'a Tally,
    pub sources: &'a Sources,
    /// By the clock on the wall, whatever the records say.
    pub at: Timestamp,
}

impl InternalEvent for BatchDecided<'_> {
    fn emit(self, metrics: &Metrics) {
        let Self { tally, sources, at } = self;
        let name = |id: SourceId| &*sources.get(id).name;
        let mut records = 0;
        for ((source, outcome), count) in &tally.outcomes {
            records += count;
            metrics.events.with_label_values(&[name(*source), outcome_label(*outcome)]).inc_by(*count);
        }
        for ((source, code), count) in &tally.refused {
            records += count;
            metrics.events.with_label_values(&[name(*source), outcome_label(EventOutcome::Conflict)]).inc_by(*count);
            metrics.dead_letters.with_label_values(&[name(*source), code.as_str()]).inc_by(*count);
            metrics.inputs.note_refused(name(*source), *count, at);
        }
        count_by_source(&metrics.unknown_fields, &tally.unknown_fields, sources);
        count_by_source(&metrics.unknown_values, &tally.unknown_values, sources);
        count_by_source(&metrics.normalized_identifiers, &tally.normalized, sources);
        count_by_source(&metrics.withheld_texts, &tally.withheld, sources);
        for (source, publisher, records) in note_newest(tally, sources, metrics) {
            metrics.inputs.note_accepted(source, publisher, records, at);
        }
        if records > 0 {
            metrics.batch_records.observe(float(records));
        }
        for (stage, duration) in &tally.stages {
            metrics.stage_duration.with_label_values(&[*stage]).observe(duration.as_secs_f64());
        }
        metrics.operators_scored.inc_by(tally.operators_scored);
        metrics.wrong_answers.inc_by(tally.wrong_answers);
        for (rule, tally) in &tally.rules {
            note_rule(rule, tally, metrics);
        }
        for ((rule, kind), count) in &tally.rule_failures {
            metrics.rule_errors.with_label_values(&[rule.as_str(), *kind]).inc_by(*count);
        }
        for (feature, count) in &tally.feature_failures {
            metrics.feature_errors.with_label_values(&[feature]).inc_by(*count);
        }
        for (level, change) in &tally.level_changes {
            metrics.operators.with_label_values(&[level.as_str()]).add(*change);
        }
        for (count, change) in &tally.open_changes {
            count_open(*count, *change, metrics);
        }
        for (outcome, count) in &tally.dispositions {
            metrics.dispositions.with_label_values(&[*outcome]).inc_by(*count);
        }
        for ((step, level), count) in &tally.lifecycle {
            metrics.warnings.with_label_values(&[step.as_str(), level.as_str()]).inc_by(*count);
        }
        log_troubles(tally, sources, metrics);
    }
}

/// A restore took records back into memory. They were counted when they came first, but how new the newest of each
/// publisher are is published anew: else a source that is silent since before the start would not be seen.
#[derive(Debug)]
pub struct RecordsRestored<'a> {
    pub tally: &'a Tally,
    pub sources: &'a Sources,
}

impl InternalEvent for RecordsRestored<'_> {
    fn emit(self, metrics: &Metrics) {
        note_newest(self.tally, self.sources, metrics).for_each(drop);
    }
}

/// The operators by level are counted anew, because a restore took their standings back.
#[derive(Debug)]
pub struct LevelsRestored<'a> {
    pub operators: &'a BTreeMap<Level, u64>,
}

impl InternalEvent for LevelsRestored<'_> {
    fn emit(self, metrics: &Metrics) {
        for level in Level::ALL {
            let count = self.operators.get(&level).copied().unwrap_or_default();
            metrics.operators.with_label_values(&[level.as_str()]).set(i64::try_from(count).unwrap_or(i64::MAX));
        }
        metrics.open_warnings.reset();
        metrics.overdue_warnings.reset();
        metrics.unrouted_warnings.set(0);
        metrics.name_open_warnings();
    }
}

/// A warning's lifecycle went one step on, and the event is committed. The metric moves with [`BatchDecided`].
#[derive(Debug)]
pub struct WarningMoved<'a> {
    pub event: &'a WarningEvent,
}

impl InternalEvent for WarningMoved<'_> {
    fn emit(self, metrics: &Metrics) {
        let Some(suppressed) = WARNINGS.admit("warning_moved", metrics) else { return };
        let event = self.event;
        info!(
            code = "warning_moved",
            suppressed,
            warning_id = %event.warning_id,
            operator_id = &*event.operator_id,
            step = event.step.as_str(),
            from = event.from.as_str(),
            level = event.level.as_str(),
            score = event.score,
            "{}",
            event.text.zh
        );
    }
}

/// A sweep went over all operators.
#[derive(Debug, Clone, Copy)]
pub struct SweepCompleted {
    pub operators: usize,
    pub at: Timestamp,
}

impl InternalEvent for SweepCompleted {
    fn emit(self, metrics: &Metrics) {
        metrics.sweep_completed_timestamp.set(seconds(self.at));
        info!(code = "sweep_completed", operators = self.operators, "every operator was checked");
    }
}

fn count_open(count: OpenCount, change: i64, metrics: &Metrics) {
    let OpenCount { level, state, overdue, unrouted } = count;
    let state = state.map_or(UNHANDLED, HandlingState::as_str);
    metrics.open_warnings.with_label_values(&[state, level.as_str()]).add(change);
    if let Some(clock) = overdue {
        metrics.overdue_warnings.with_label_values(&[clock.as_str(), level.as_str()]).add(change);
    }
    if unrouted {
        metrics.unrouted_warnings.add(change);
    }
}

/// Moves the metrics of one rule; its series exist from then on.
fn note_rule(rule: &str, tally: &RuleTally, metrics: &Metrics) {
    let RuleTally { cost, fires, last_fired, opened, escalated, answers } = tally;
    metrics.rule_evaluations.with_label_values(&[rule]).inc_by(cost.evaluations);
    metrics.rule_evaluation_duration.with_label_values(&[rule]).inc_by(cost.spent.as_secs_f64());
    metrics.rule_fires.with_label_values(&[rule]).inc_by(*fires);
    if let Some(at) = last_fired {
        metrics.rule_last_fired_timestamp.with_label_values(&[rule]).set(seconds(*at));
    }
    for (step, raised) in [(Step::Opened, opened), (Step::Escalated, escalated)] {
        metrics.rule_warnings.with_label_values(&[rule, step.as_str()]).inc_by(raised.warnings);
        metrics.rule_unique_warnings.with_label_values(&[rule, step.as_str()]).inc_by(raised.unique);
    }
    for unfounded in UNFOUNDED {
        metrics.rule_answers.with_label_values(&[rule, unfounded]);
    }
    for (action, count) in answers {
        metrics.rule_answers.with_label_values(&[rule, action]).inc_by(*count);
    }
}

/// How many records came from each publisher, by source and the name under which it has series; how new the newest are is
/// noted on the way.
fn note_newest<'a>(
    tally: &'a Tally,
    sources: &'a Sources,
    metrics: &'a Metrics,
) -> impl Iterator<Item = (&'a str, String, u64)> {
    tally.publishers.iter().map(|((source, publisher), PublisherTally { newest, records })| {
        let source = &*sources.get(*source).name;
        (source, metrics.note_newest(source, publisher, *newest), *records)
    })
}

fn count_by_source(family: &prometheus::IntCounterVec, counts: &BTreeMap<SourceId, u64>, sources: &Sources) {
    for (source, count) in counts {
        family.with_label_values(&[&*sources.get(*source).name]).inc_by(*count);
    }
}

/// One line a kind of trouble, not one a record.
fn log_troubles(tally: &Tally, sources: &Sources, metrics: &Metrics) {
    if !tally.refused.is_empty()
        && let Some(suppressed) = REFUSALS.admit("records_refused", metrics)
    {
        let by_code = listed(tally.refused.iter().map(|((source, code), n)| {
            let source = &sources.get(*source).name;
            format!("{source} {code}: {n}")
        }));
        warn!(code = "records_refused", suppressed, "records went to the dead letter topics: {by_code}");
    }
    if !tally.rule_failures.is_empty()
        && let Some(suppressed) = RULE_FAILURES.admit("rules_failed", metrics)
    {
        let by_rule = listed(tally.rule_failures.iter().map(|((rule, kind), n)| format!("{rule} {kind}: {n}")));
        warn!(code = "rules_failed", suppressed, "rules failed, their scores are marked degraded: {by_rule}");
    }
    if !tally.feature_failures.is_empty()
        && let Some(suppressed) = FEATURE_FAILURES.admit("features_failed", metrics)
    {
        let by_name = listed(tally.feature_failures.iter().map(|(feature, n)| format!("{feature}: {n}")));
        warn!(code = "features_failed", suppressed, "features failed and are unknown: {by_name}");
    }
    if tally.wrong_answers > 0
        && let Some(suppressed) = WRONG_ANSWERS.admit("answers_wrong", metrics)
    {
        let operators = tally.wrong_answers;
        error!(
            code = "answers_wrong",
            suppressed, operators, "other features were kept than events give: an error of the program; scored anew"
        );
    }
    let unknown = [("fields", &tally.unknown_fields), ("values", &tally.unknown_values)];
    if unknown.iter().any(|(_, counts)| !counts.is_empty())
        && let Some(suppressed) = UNKNOWN.admit("unknown_content", metrics)
    {
        let by_source = listed(unknown.iter().flat_map(|(what, counts)| {
            counts.iter().map(move |(source, n)| format!("{} {what}: {n}", sources.get(*source).name))
        }));
        warn!(
            code = "unknown_content",
            suppressed, "records held content that their schema does not know: {by_source}"
        );
    }
}

/// The state of an open warning that nobody has to answer.
const UNHANDLED: &str = "unhandled";

fn listed(parts: impl Iterator<Item = String>) -> String {
    parts.take(20).collect::<Vec<_>>().join(", ")
}

const OUTCOMES: [EventOutcome; 5] = [
    EventOutcome::Applied,
    EventOutcome::Duplicate,
    EventOutcome::Superseded,
    EventOutcome::Retracting,
    EventOutcome::Conflict,
];

/// The outcome as metrics show it: a conflict is a dead letter like every refusal.
fn outcome_label(outcome: EventOutcome) -> &'static str {
    match outcome {
        EventOutcome::Applied => "applied",
        EventOutcome::Duplicate => "duplicate",
        EventOutcome::Superseded => "superseded",
        EventOutcome::Retracting => "retracting",
        EventOutcome::Conflict => "dead_lettered",
    }
}

impl Metrics {
    /// Lets the series of open warnings exist, at zero.
    pub(super) fn name_open_warnings(&self) {
        let levels = Level::ALL.into_iter().filter(|level| *level > Level::None);
        for level in levels {
            for state in HandlingState::ALL.map(HandlingState::as_str).into_iter().chain([UNHANDLED]) {
                self.open_warnings.with_label_values(&[state, level.as_str()]);
            }
            for clock in Clock::ALL {
                self.overdue_warnings.with_label_values(&[clock.as_str(), level.as_str()]);
            }
        }
    }
}

/// The steps with the levels that can follow them: a warning never opens at none, and none is never escalated to.
pub(super) fn possible_steps() -> impl Iterator<Item = (Step, Level)> {
    let raised = [Level::Blue, Level::Yellow, Level::Orange, Level::Red];
    let opened = raised.map(|level| (Step::Opened, level));
    let escalated = [Level::Yellow, Level::Orange, Level::Red].map(|level| (Step::Escalated, level));
    let changed = [Step::Added, Step::Amended, Step::Handled, Step::Overdue]
        .into_iter()
        .flat_map(move |step| raised.map(|level| (step, level)));
    let eased = [Level::Blue, Level::Yellow, Level::Orange].map(|level| (Step::Eased, level));
    let ended = [(Step::Resolved, Level::None), (Step::Withdrawn, Level::None)];
    let withdrawn = [Level::Blue, Level::Yellow, Level::Orange].map(|level| (Step::Withdrawn, level));
    opened.into_iter().chain(escalated).chain(changed).chain(eased).chain(ended).chain(withdrawn)
}

fn gauge_value(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[expect(clippy::cast_precision_loss, reason = "a count of records in one batch is far below 2^52")]
fn float(count: u64) -> f64 {
    count as f64
}
