//! Everything that the catalogues show, taken from the ruleset as it was loaded: nothing is written by hand.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;
use serde::Serialize;
use yujing_base::diagnostic::Severity;
use yujing_base::diagnostic::code::{ANALYSTS_KINDS, CODES, Code};
use yujing_core::feature::FeaturePath;
use yujing_core::rule::{Basis, Bilingual, Metadata, Rule};
use yujing_core::ruleset::Ruleset;
use yujing_core::source::{Kind, Source, Sources};
use yujing_core::warning::{Level, Policy};

use super::handling::HandlingEntry;
use super::modifiers::ModifierEntry;
use super::words;
use crate::case::{CaseFile, CaseKind, coverage};

/// A ruleset as people and programs look things up in it.
#[derive(Debug, Clone, Serialize)]
pub struct Catalogue {
    /// The content hash of the ruleset.
    pub ruleset: String,
    pub policy: PolicyEntry,
    pub families: Vec<FamilyEntry>,
    pub rules: Vec<RuleEntry>,
    pub features: Vec<FeatureEntry>,
    pub sources: Vec<SourceEntry>,
    /// Which findings weigh more, for whom and when.
    pub modifiers: Vec<ModifierEntry>,
    /// Who acts on warnings, and until when; `None` where no file says so.
    pub handling: Option<HandlingEntry>,
    /// What a check can find in the files of analysts.
    pub codes: Vec<CodeEntry>,
}

#[derive(Debug, Clone, Serialize)]
pub struct CodeEntry {
    pub name: &'static str,
    pub severity: Severity,
    pub severity_title: Bilingual,
    pub title: Bilingual,
}

/// How points become levels.
#[derive(Debug, Clone, Serialize)]
pub struct PolicyEntry {
    pub levels: Vec<LevelEntry>,
    pub open_at: Level,
    pub dwell_hours: f64,
    pub base: BaseEntry,
}

#[derive(Debug, Clone, Serialize)]
pub struct LevelEntry {
    pub level: Level,
    pub title: Bilingual,
    pub enter: i64,
    pub leave: i64,
}

/// Points before anything happens.
#[derive(Debug, Clone, Serialize)]
pub struct BaseEntry {
    pub feature: String,
    pub points: BTreeMap<String, i64>,
    pub otherwise: i64,
}

#[derive(Debug, Clone, Serialize)]
pub struct FamilyEntry {
    pub id: String,
    pub title: Bilingual,
    pub cap: i64,
    /// The most that its rules take off a score, as a number below zero; 0: they only add.
    pub least: i64,
    /// The ids of its rules.
    pub rules: Vec<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct RuleEntry {
    pub id: String,
    pub title: Bilingual,
    pub family: String,
    pub status: &'static str,
    pub status_title: Bilingual,
    pub owner: String,
    pub effective_from: String,
    pub effective_to: Option<String>,
    pub basis: Vec<Basis>,
    pub action: Bilingual,
    pub deadline: String,
    pub deadline_title: Bilingual,
    /// Features that decide: read by `when`, `points` or `level`.
    pub reads: Vec<String>,
    /// Features that only its reason shows.
    pub shows: Vec<String>,
    /// The body of its `points` as it is written, on one line.
    pub points: String,
    /// Levels that its code names, so that it may set them directly.
    pub levels: Vec<LevelName>,
    /// How many cases show each kind.
    pub cases: BTreeMap<CaseKind, usize>,
    /// The file below the folder of rules.
    pub file: String,
    /// The file without its `//!` block.
    pub code: String,
}

/// A level by its two names.
#[derive(Debug, Clone, Serialize)]
pub struct LevelName {
    pub level: Level,
    pub title: Bilingual,
}

#[derive(Debug, Clone, Serialize)]
pub struct FeatureEntry {
    pub name: String,
    pub title: Bilingual,
    #[serde(rename = "type")]
    pub data_type: yujing_core::feature::FeatureType,
    pub type_title: Bilingual,
    pub missing: yujing_core::feature::Missing,
    pub missing_title: Bilingual,
    pub computed: ComputedEntry,
    pub source: String,
    pub reference: bool,
    /// The ids of the rules that decide by it.
    pub read_by: Vec<String>,
    /// The ids of the rules whose reason shows it.
    pub shown_by: Vec<String>,
    /// Whether the base points come from it.
    pub base: bool,
    pub file: String,
    pub line: usize,
    pub sql: String,
}

/// How a feature is computed when something changed.
#[derive(Debug, Clone, Serialize)]
pub struct ComputedEntry {
    /// `incremental`, `over_operator`, `query` or `query_hourly`.
    pub path: &'static str,
    pub title: Bilingual,
    /// Why the feature takes no cheaper path.
    pub why: Option<Bilingual>,
}

/// What SQL can ask of a source.
#[derive(Debug, Clone, Serialize)]
pub struct SourceEntry {
    pub name: String,
    pub table: String,
    pub reference: bool,
    pub retention_days: i64,
    pub columns: Vec<ColumnEntry>,
    /// The names of the features over it.
    pub features: Vec<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct ColumnEntry {
    pub name: String,
    #[serde(rename = "type")]
    pub data_type: String,
    pub description: Bilingual,
}

impl Catalogue {
    /// The catalogue of a ruleset read from `folder`, with what its cases show.
    pub fn new(folder: &Path, sources: &Sources, ruleset: &Ruleset, cases: &[CaseFile]) -> Self {
        let mut shown: BTreeMap<String, BTreeMap<CaseKind, usize>> =
            coverage(cases, ruleset).into_iter().map(|rule| (rule.rule, rule.shown)).collect();
        let rules: Vec<RuleEntry> = ruleset
            .rules
            .list()
            .iter()
            .map(|rule| rule_entry(folder, ruleset, rule, shown.remove(&rule.metadata.id).unwrap_or_default()))
            .collect();
        let features = 0..ruleset.features.catalogue().len();
        let features: Vec<FeatureEntry> =
            features.map(|feature| feature_entry(folder, ruleset, feature, &rules)).collect();
        Self {
            ruleset: ruleset.hash.clone(),
            policy: policy_entry(&ruleset.policy),
            families: families(&ruleset.policy, &rules),
            sources: sources.tables().map(|(_, source)| source_entry(source, &features)).collect(),
            modifiers: ModifierEntry::all(ruleset),
            handling: HandlingEntry::of(ruleset),
            codes: CODES.iter().filter(|code| ANALYSTS_KINDS.contains(&code.kind())).map(code_entry).collect(),
            rules,
            features,
        }
    }
}

fn code_entry(code: &Code) -> CodeEntry {
    CodeEntry {
        name: code.name,
        severity: code.severity,
        severity_title: words::severity(code.severity),
        title: Bilingual::new(code.zh, code.en),
    }
}

fn policy_entry(policy: &Policy) -> PolicyEntry {
    let level = |threshold: &yujing_core::warning::policy::Threshold| LevelEntry {
        level: threshold.level,
        title: words::level(threshold.level),
        enter: threshold.enter,
        leave: threshold.leave,
    };
    PolicyEntry {
        levels: policy.thresholds.iter().map(level).collect(),
        open_at: policy.open_at,
        dwell_hours: policy.dwell.as_secs_f64() / 3600.0,
        base: BaseEntry {
            feature: policy.base.feature.clone(),
            points: policy.base.points.clone(),
            otherwise: policy.base.otherwise,
        },
    }
}

/// Families with the most rules' weight first, as analysts look for them: by cap, then by name.
fn families(policy: &Policy, rules: &[RuleEntry]) -> Vec<FamilyEntry> {
    let of = |id: &String| rules.iter().filter(|rule| rule.family == *id).map(|rule| rule.id.clone()).collect();
    let mut families: Vec<FamilyEntry> = policy
        .families
        .iter()
        .map(|(id, family)| FamilyEntry {
            id: id.clone(),
            title: family.title.clone(),
            cap: family.cap,
            least: family.least,
            rules: of(id),
        })
        .collect();
    families.sort_by(|a, b| b.cap.cmp(&a.cap).then_with(|| a.id.cmp(&b.id)));
    families
}

fn rule_entry(folder: &Path, ruleset: &Ruleset, rule: &Rule, cases: BTreeMap<CaseKind, usize>) -> RuleEntry {
    let Metadata { id, title, family, status, owner, effective_from, effective_to, basis, action, deadline, added: _ } =
        &rule.metadata;
    let file = below(folder, &rule.file);
    let code = code_of(ruleset.files.get(&file).map(String::as_str).unwrap_or_default());
    let catalogue = ruleset.features.catalogue();
    let reads: Vec<String> = rule.reads.iter().map(|feature| catalogue[*feature].name.clone()).collect();
    let named = names_read(&code);
    let shows = catalogue.iter().map(|feature| &feature.name);
    let shows = shows.filter(|name| named.contains(name.as_str()) && !reads.contains(name)).cloned().collect();
    RuleEntry {
        id: id.clone(),
        title: title.clone(),
        family: family.clone(),
        status: status_word(*status),
        status_title: words::status(*status),
        owner: owner.clone(),
        effective_from: effective_from.to_string(),
        effective_to: effective_to.map(|day| day.to_string()),
        basis: basis.clone(),
        action: action.clone(),
        deadline: deadline.to_string(),
        deadline_title: words::deadline(*deadline),
        points: rule.points.clone(),
        levels: levels_named(&code),
        reads,
        shows,
        cases,
        file,
        code,
    }
}

fn status_word(status: yujing_core::rule::Status) -> &'static str {
    match status {
        yujing_core::rule::Status::Draft => "draft",
        yujing_core::rule::Status::Active => "active",
        yujing_core::rule::Status::Retired => "retired",
    }
}

/// A rule's text without its `//!` block and the empty lines around it.
fn code_of(text: &str) -> String {
    let lines = text.lines().skip_while(|line| line.trim_start().starts_with("//!"));
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}

/// The names behind `op.`.
fn names_read(code: &str) -> BTreeSet<&str> {
    static READ: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\bop\.([a-z][a-z0-9_]*)").expect("a valid pattern"));
    READ.captures_iter(code).filter_map(|found| found.get(1)).map(|name| name.as_str()).collect()
}

/// The levels that stand as texts in a rule's `level` function or its helpers, in order.
fn levels_named(code: &str) -> Vec<LevelName> {
    if !code.contains("fn level(") {
        return Vec::new();
    }
    let levels = Level::ALL.into_iter().filter(|level| *level > Level::None);
    levels
        .filter(|level| code.contains(&format!("\"{level}\"")))
        .map(|level| LevelName { level, title: words::level(level) })
        .collect()
}

/// The feature at a place of the ruleset's own catalogue.
fn feature_entry(folder: &Path, ruleset: &Ruleset, place: usize, rules: &[RuleEntry]) -> FeatureEntry {
    let feature = &ruleset.features.catalogue()[place];
    let file = below(folder, &feature.file);
    let with = |names: fn(&RuleEntry) -> &Vec<String>| {
        let rules = rules.iter().filter(|rule| names(rule).contains(&feature.name));
        rules.map(|rule| rule.id.clone()).collect::<Vec<_>>()
    };
    FeatureEntry {
        name: feature.name.clone(),
        title: Bilingual { zh: feature.zh.clone(), en: feature.en.clone() },
        data_type: feature.data_type,
        type_title: words::feature_type(feature.data_type),
        missing: feature.missing,
        missing_title: words::missing(feature.missing, feature.data_type),
        computed: computed_entry(ruleset.features.path(place)),
        source: feature.source.clone(),
        reference: feature.reference,
        read_by: with(|rule| &rule.reads),
        shown_by: with(|rule| &rule.shows),
        base: ruleset.policy.base.feature == feature.name,
        sql: sql_of(ruleset.files.get(&file).map(String::as_str).unwrap_or_default(), feature.line),
        file,
        line: feature.line,
    }
}

fn computed_entry(path: FeaturePath) -> ComputedEntry {
    let title = words::feature_path(&path);
    let (path, why) = match path {
        FeaturePath::Incremental => ("incremental", None),
        FeaturePath::OverOperator => ("over_operator", None),
        FeaturePath::Plan { why, is_readable: true } => ("query", Some(why)),
        FeaturePath::Plan { why, is_readable: false } => ("query_hourly", Some(why)),
    };
    ComputedEntry { path, title, why }
}

/// The SQL of a column whose name stands on a line: from behind the comments before it.
fn sql_of(text: &str, line: usize) -> String {
    let lines: Vec<&str> = text.lines().take(line).collect();
    let is_comment = |line: &&str| line.trim_start().starts_with("--");
    let begin = lines.iter().rposition(is_comment).map_or(0, |comment| comment + 1);
    let column = &lines[begin..];
    let indent = column.iter().map(|line| line.len() - line.trim_start().len()).min().unwrap_or_default();
    let column: Vec<&str> = column.iter().map(|line| line.get(indent..).unwrap_or_default()).collect();
    column.join("\n").trim_end().trim_end_matches(',').to_owned()
}

fn source_entry(source: &Source, features: &[FeatureEntry]) -> SourceEntry {
    let columns = source.columns.iter().map(|column| ColumnEntry {
        name: column.name.to_string(),
        data_type: words::column_type(&column.data_type),
        description: Bilingual { zh: column.description_zh.clone(), en: column.description.clone() },
    });
    let over = features.iter().filter(|feature| feature.source == *source.name);
    SourceEntry {
        name: source.name.to_string(),
        table: source.table.to_string(),
        reference: source.kind == Kind::Reference,
        retention_days: source.retention.as_hours() / 24,
        columns: columns.collect(),
        features: over.map(|feature| feature.name.clone()).collect(),
    }
}

/// A path below a folder, with `/` between the parts.
fn below(folder: &Path, path: &Path) -> String {
    let below = path.strip_prefix(folder).unwrap_or(path);
    below.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sql_of_a_column_is_what_stands_between_its_comments_and_its_name() {
        let text = "SELECT operator_id,\n  -- @zh 甲\n  -- @missing 0\n  count(*) FILTER (\n    WHERE a) AS first,\n\n  -- @zh 乙\n  max(b) AS second\nFROM t";
        assert_eq!(sql_of(text, 5), "count(*) FILTER (\n  WHERE a) AS first");
        assert_eq!(sql_of(text, 8), "max(b) AS second");
    }

    #[test]
    fn code_is_searched_for_features_and_levels() {
        let code = code_of(
            "//! id = \"x\"\n//! y\n\nfn when(op) { op.a_1d > 0 }\nfn level(op) { if op.b { \"red\" } else { \"blue\" } }\n",
        );
        assert!(code.starts_with("fn when"));
        assert_eq!(names_read(&code), BTreeSet::from(["a_1d", "b"]));
        let levels: Vec<Level> = levels_named(&code).iter().map(|name| name.level).collect();
        assert_eq!(levels, [Level::Blue, Level::Red]);
        assert!(levels_named("fn points(op) { \"red\" }").is_empty());
    }
}
