//! From texts to a ruleset: each file is read and checked by itself, then all of them against each other.

use std::collections::BTreeSet;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use yujing_base::diagnostic::suggest::listed;
use yujing_base::diagnostic::{Diagnostic, Diagnostics};
use yujing_base::language::{Bilingual, say};

use super::files::{CALENDAR, LAWS, MODIFIERS, POLICY, VISITS};
use super::handling::HandlingRules;
use super::{Files, Ruleset, content_hash, handling, past_check};
use crate::feature::{CheckedFiles, FeatureSet, ValueRange};
use crate::rule::{CheckedRules, DaysAhead, FallsAhead, Laws, ModifierScope, Modifiers, Rules};
use crate::source::Sources;
use crate::warning::record::RulesetParts;
use crate::warning::routing::Vocabulary;
use crate::warning::{Calendar, Policy, VisitTarget, visit_target};

/// The texts that a ruleset is built from.
#[derive(Debug, Clone, Copy)]
struct Texts<'a> {
    /// What their folder is called in messages.
    folder: &'a Path,
    files: &'a Files,
}

/// What is known of the texts of the ruleset that was built last, over one and the same sources.
#[derive(Debug, Default)]
pub struct CheckedTexts {
    features: CheckedFiles,
    rules: CheckedRules,
}

impl Ruleset {
    /// Builds a ruleset from the texts of a rules folder by their path below it: `ruleset.toml`, `calendar.toml`,
    /// `laws.toml`, `modifiers.toml`, `handling.toml` and `routing.toml` if they are there, `features/**/*.sql` and
    /// `**/*.rhai`. `folder` is what the folder is called in messages.
    ///
    /// # Errors
    /// Every problem of every file.
    pub fn from_files(folder: &Path, files: Files, sources: &Sources) -> Result<Self, Diagnostics> {
        Self::from_changed_files(folder, files, sources, &CheckedTexts::default())
    }

    /// The same of texts of which most were checked before, over the same sources.
    ///
    /// # Errors
    /// Every problem of every file.
    pub fn from_changed_files(
        folder: &Path,
        files: Files,
        sources: &Sources,
        checked: &CheckedTexts,
    ) -> Result<Self, Diagnostics> {
        let texts = Texts { folder, files: &files };
        let mut found = Diagnostics::default();
        let policy = keep(texts.required(POLICY, Policy::read), &mut found);
        let calendar = keep(texts.required(CALENDAR, Calendar::read), &mut found);
        let laws = files.get(LAWS).and_then(|text| keep(Laws::read(&folder.join(LAWS), text), &mut found));
        let features = keep_with_warnings(texts.features(sources, policy.as_ref(), &checked.features), &mut found);
        // Rules are checked against features and families: without these every rule would seem wrong.
        let (Some(policy), Some(features)) = (policy, features) else { return Err(found) };
        let features = features.with_longest_text(policy.longest_text);
        let rule_texts = texts.ending(".rhai");
        let rules = Rules::from_changed(&rule_texts, features.catalogue(), &policy.families, &checked.rules);
        let rules = keep_with_warnings(rules, &mut found);
        if let Some(rules) = &rules {
            found.extend(past_check::check(rules, &features, &rule_texts));
        }
        let modifiers = rules.as_ref().and_then(|rules| {
            let (zone, families, laws) = (&policy.zone, &policy.families, laws.as_ref());
            let scope = ModifierScope { features: features.catalogue(), rules, families, laws, zone };
            keep_with_warnings(texts.modifiers(&scope), &mut found)
        });
        let base_feature = keep_with_warnings(texts.base_feature(&policy, &features), &mut found);
        let handling = rules.as_ref().and_then(|rules| {
            let register = sources.operators().map(|(_, register)| &**register);
            let known = Vocabulary::of(&policy, rules, features.catalogue(), register);
            keep_with_warnings(handling::read(folder, &files, &known, laws.as_ref()), &mut found)
        });
        let visits = keep(texts.visits(&features), &mut found);
        let (
            Some((calendar, calendar_warnings)),
            Some(rules),
            Some(modifiers),
            Some(base_feature),
            Some(handling),
            Some(visits),
            false,
        ) = (calendar, rules, modifiers, base_feature, handling, visits, found.has_errors())
        else {
            return Err(found);
        };
        found.extend(calendar_warnings);
        let calendar = calendar.in_zone(policy.zone.clone());
        let rules = rules.in_zone(policy.zone.clone());
        found.extend(laws.map(|laws| rules.check_laws(&laws, &rule_texts)).unwrap_or_default());
        let named = handling.as_ref().map(HandlingRules::features).unwrap_or_default();
        let mut read: BTreeSet<usize> = modifiers.reads().chain([base_feature]).collect();
        read.extend(rules.touched());
        read.extend(visits.iter().flat_map(VisitTarget::reads));
        read.extend(named.into_iter().filter_map(|name| features.index_of(name)));
        found.extend(features.unread((0..features.catalogue().len()).filter(|feature| !read.contains(feature))));
        let (hash, folder) = (content_hash(&files), folder.to_owned());
        let (counters, falling) = (features.day_counters(), features.falling_counts());
        let decides = |feature| feature == base_feature || modifiers.reads().any(|read| read == feature);
        let days_ahead = DaysAhead::of(&rules, &counters, decides);
        let falls_ahead = FallsAhead::of(&rules, &counters, &falling, decides);
        let record_parts = RulesetParts::new(&hash, features.catalogue(), &rules, &modifiers);
        let (handling, routing) = handling.map(|both| (both.policy, both.routing)).unzip();
        Ok(Self {
            hash,
            features,
            rules,
            modifiers,
            policy,
            calendar,
            handling,
            routing,
            base_feature,
            visits,
            days_ahead,
            falls_ahead,
            record_parts,
            files,
            found,
            folder,
        })
    }
}

impl Texts<'_> {
    /// Reads one file that must be there.
    fn required<T>(
        &self,
        name: &str,
        read: impl FnOnce(&Path, &str) -> Result<T, Diagnostics>,
    ) -> Result<T, Diagnostics> {
        let path = self.folder.join(name);
        match self.files.get(name) {
            Some(text) => read(&path, text),
            None => Err(Diagnostic::unreadable(&path, &io::Error::from(io::ErrorKind::NotFound).into()).into()),
        }
    }

    /// The modifiers, with warnings; none if there is no file.
    fn modifiers(&self, scope: &ModifierScope<'_>) -> Result<(Modifiers, Diagnostics), Diagnostics> {
        match self.files.get(MODIFIERS) {
            Some(text) => Modifiers::read(&self.folder.join(MODIFIERS), text, scope),
            None => Ok((Modifiers::default(), Diagnostics::default())),
        }
    }

    /// The files whose name ends so, with their paths for messages.
    fn ending(&self, ending: &str) -> Vec<(PathBuf, String)> {
        let meant = self.files.iter().filter(|(name, _)| name.ends_with(ending));
        meant.map(|(name, text)| (self.folder.join(name), text.clone())).collect()
    }

    /// The features, with warnings. What a day is in them is for the policy to say.
    fn features(
        &self,
        sources: &Sources,
        policy: Option<&Policy>,
        checked: &CheckedFiles,
    ) -> Result<(FeatureSet, Diagnostics), Diagnostics> {
        let folder = self.folder.join("features");
        let mut texts = self.ending(".sql");
        texts.retain(|(file, _)| file.starts_with(&folder));
        if texts.is_empty() {
            return Err(no_features(&folder).into());
        }
        let zone = policy.map(|policy| policy.zone.clone()).unwrap_or_default();
        FeatureSet::from_changed(&texts, sources, &zone, checked)
    }

    /// The place of the policy's base feature in the catalogue, with warnings about base points of values that it never
    /// has.
    fn base_feature(&self, policy: &Policy, features: &FeatureSet) -> Result<(usize, Diagnostics), Diagnostics> {
        let name = &policy.base.feature;
        let Some(feature) = features.index_of(name) else { return Err(self.base_feature_is_missing(name).into()) };
        let mut warnings = Diagnostics::default();
        if let ValueRange::OneOf(possible) = &features.catalogue()[feature].values {
            let impossible = policy.base.points.keys().filter(|value| !possible.contains(value));
            impossible.for_each(|value| warnings.push(self.impossible_base_value(name, value, possible)));
        }
        Ok((feature, warnings))
    }

    /// How often operators are to be visited; nothing where nobody says it.
    fn visits(&self, features: &FeatureSet) -> Result<Vec<VisitTarget>, Diagnostics> {
        let Some(text) = self.files.get(VISITS) else { return Ok(Vec::new()) };
        visit_target::read(&self.folder.join(VISITS), text, features.catalogue())
    }

    fn base_feature_is_missing(&self, name: &str) -> Diagnostic {
        let message = say!(
            "基础分取自指标 `{name}`，而没有这个指标",
            "the base points come from a feature `{name}` that no SQL file has"
        );
        let help = Bilingual::new("请写 features/ 下某个文件中的列名", "name a column of a file in features/");
        let text = self.policy_text();
        let span = quoted(text, name, 0);
        Diagnostic::at("ruleset/unknown-base-feature", &self.folder.join(POLICY), text, span, message).with_help(help)
    }

    fn impossible_base_value(&self, name: &str, value: &str, possible: &[String]) -> Diagnostic {
        let message = say!("`{name}` 没有 `{value}` 这个值", "`{name}` never is `{value}`");
        let known = listed(possible.iter().map(String::as_str));
        let help = Bilingual::new(format!("可取的值：{}", known.zh), format!("its values are {}", known.en));
        let text = self.policy_text();
        let span = quoted(text, value, text.find("[base]").unwrap_or_default());
        Diagnostic::at("policy/no-such-value", &self.folder.join(POLICY), text, span, message).with_help(help)
    }

    fn policy_text(&self) -> &str {
        self.files.get(POLICY).map(String::as_str).unwrap_or_default()
    }
}

/// What was read, if it was; else its problems go to `found`.
fn keep<T>(read: Result<T, Diagnostics>, found: &mut Diagnostics) -> Option<T> {
    read.map_err(|problems| found.extend(problems)).ok()
}

/// The same for what may have warnings.
fn keep_with_warnings<T>(read: Result<(T, Diagnostics), Diagnostics>, found: &mut Diagnostics) -> Option<T> {
    let (value, warnings) = keep(read, found)?;
    found.extend(warnings);
    Some(value)
}

fn no_features(folder: &Path) -> Diagnostic {
    let message = Bilingual::new("没有指标文件", "there are no features");
    let help = Bilingual::new(
        "指标写在此文件夹的 *.sql 中；是否误删了文件夹？",
        "features are the *.sql of this folder: was it deleted?",
    );
    Diagnostic::file("file/unreadable", folder, message).with_help(help)
}

/// Where a text stands between quotation marks, from a place on.
pub(super) fn quoted(text: &str, value: &str, from: usize) -> Range<usize> {
    let quoted = format!("\"{value}\"");
    let at = text[from..].find(&quoted).map_or(from, |found| from + found);
    at..at + quoted.len()
}
