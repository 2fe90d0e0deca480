//! A ruleset (规则集): everything analysts write, under one content hash.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::Date;
use sha2::{Digest as _, Sha256};

use super::folder::{Files, read_files};
use crate::diagnostic::{Diagnostic, Diagnostics, allow};
use crate::feature::{FeatureSet, ValueRange};
use crate::language::{Bilingual, say};
use crate::rule::{self, Deadline, Laws, Rules};
use crate::source::Sources;
use crate::warning::{Calendar, Policy};

/// The files beside features and rules.
const POLICY: &str = "ruleset.toml";
const CALENDAR: &str = "calendar.toml";
/// May be left out.
const LAWS: &str = "laws.toml";
/// All of them.
pub(super) const SETTINGS: [&str; 3] = [POLICY, CALENDAR, LAWS];

/// Features, rules, policy and calendar, checked against each other.
#[derive(Debug)]
pub struct Ruleset {
    /// SHA-256 over the paths and bytes of every file of the ruleset, in hex.
    pub hash: String,
    pub features: FeatureSet,
    pub rules: Rules,
    pub policy: Policy,
    pub calendar: Calendar,
    /// The place of the policy's base feature in the catalogue.
    pub base_feature: usize,
    /// The files by their path below the folder, as published on the `rulesets` topic under the hash.
    pub files: Files,
    /// What the check found and does not refuse, allowed or not.
    found: Diagnostics,
    /// Where the files were, for messages.
    folder: PathBuf,
}

impl Ruleset {
    /// Reads a rules folder: `ruleset.toml`, `calendar.toml`, `laws.toml` if it is there, `features/**/*.sql` and
    /// `**/*.rhai`; `cases/` is no part of a ruleset, so a new case does not give it a new hash.
    ///
    /// # Errors
    /// Every problem of every file.
    pub fn load(folder: &Path, sources: &Sources) -> Result<Self, Diagnostics> {
        Self::from_files(folder, read_files(folder)?, sources)
    }

    /// The same from files already read, by their path below the folder, which is for messages: what is checked is what
    /// is hashed, whatever happens to the folder meanwhile.
    ///
    /// # Errors
    /// As [`Ruleset::load`].
    pub fn from_files(folder: &Path, files: Files, sources: &Sources) -> Result<Self, Diagnostics> {
        let mut found = Diagnostics::default();
        let policy = kept(file(folder, &files, POLICY, Policy::read), &mut found);
        let calendar = kept(file(folder, &files, CALENDAR, Calendar::read), &mut found);
        let laws = match files.get(LAWS) {
            Some(text) => kept(Laws::read(&folder.join(LAWS), text), &mut found),
            None => None,
        };
        let features = match texts(folder, &files, "sql") {
            none if none.is_empty() => Err(no_features(&folder.join("features")).into()),
            texts => {
                let zone = policy.as_ref().map(|policy| policy.zone.clone()).unwrap_or_default();
                FeatureSet::with_warnings(&texts, sources, &zone)
            }
        };
        let features = kept(features, &mut found).map(|(features, warnings)| {
            found.extend(warnings);
            features
        });
        // Rules are checked against features and families: without these every rule would seem wrong.
        let (Some(policy), Some(features)) = (policy, features) else { return Err(found) };
        let features = features.with_longest_text(policy.longest_text);
        let texts = texts(folder, &files, "rhai");
        let rules = Rules::from_texts(&texts, features.catalogue(), &policy.families);
        let rules = kept(rules, &mut found).map(|(rules, warnings)| {
            found.extend(warnings);
            rules
        });
        let base_feature = features.index_of(&policy.base.feature);
        match base_feature {
            Some(feature) => found.extend(impossible_base_values(folder, &files, &policy, &features, feature)),
            None => found.push(base_feature_is_missing(folder, &files, &policy)),
        }
        let (Some((calendar, warnings)), Some(rules), Some(base_feature), false) =
            (calendar, rules, base_feature, found.has_errors())
        else {
            return Err(found);
        };
        found.extend(warnings);
        let calendar = calendar.in_zone(policy.zone.clone());
        let rules = rules.in_zone(policy.zone.clone());
        found.extend(laws.map(|laws| rules.check_laws(&laws, &texts)).unwrap_or_default());
        let is_read = |feature: &usize| rules.touched().contains(feature) || *feature == base_feature;
        found.extend(features.unread((0..features.catalogue().len()).filter(|feature| !is_read(feature))));
        let (hash, folder) = (content_hash(&files), folder.to_owned());
        Ok(Self { hash, features, rules, policy, calendar, base_feature, files, found, folder })
    }

    /// The office's day of an instant.
    pub fn day_of(&self, at: Timestamp) -> Date {
        self.policy.zone.date(at)
    }

    /// What the check found that no comment allows, on a day of the office. Whether rules have cases is not asked here.
    pub fn warnings(&self, today: Date) -> Diagnostics {
        self.allowed(Diagnostics::default(), today, &[OF_CASES, OF_TODAY])
    }

    /// The same together with what was found in the rules' cases.
    pub fn warnings_with(&self, of_cases: Diagnostics, today: Date) -> Diagnostics {
        self.allowed(of_cases, today, &[OF_TODAY])
    }

    fn allowed(&self, more: Diagnostics, today: Date, not_asked: &[&str]) -> Diagnostics {
        let mut found = self.found.clone();
        found.extend(more);
        self.calendar_ends(today).into_iter().for_each(|ends| found.push(ends));
        let named = self.files.iter().map(|(name, text)| (self.folder.join(name), text.as_str())).collect();
        let mut found = allow::apply(found, &named, not_asked);
        found.sort();
        found
    }

    /// Whether the longest deadline of a rule in force counts over days that the calendar does not know, if it starts
    /// today.
    fn calendar_ends(&self, today: Date) -> Option<Diagnostic> {
        let metadata = self.rules.list().iter().map(|rule| &rule.metadata);
        let in_force = metadata.filter(|metadata| self.rules.in_force(metadata, today));
        let working_days = in_force.filter_map(|metadata| match metadata.deadline {
            Deadline::WorkingDays(days) => Some((days, metadata)),
            Deadline::Minutes(_) => None,
        });
        let (_, metadata) = working_days.max_by_key(|(days, _)| *days)?;
        let (id, deadline) = (&metadata.id, metadata.deadline);
        let year = self.calendar.first_unknown_year(self.policy.zone.start_of_day(today), deadline)?;
        let message = say!(
            "没有{year}年的安排，而规则 `{id}` 的时限（{deadline}）自今日起算将跨入该年",
            "{year} is not there, and the deadline of `{id}` ({deadline}) that starts today counts over it"
        );
        let help = say!(
            "待{year}年放假安排公布后，增加一节 `[[year]]`；在此之前，暂按周一至周五为工作日推算，预警注明期限暂定",
            "add a `[[year]]` when the notice for {year} is out; until then Monday to Friday are counted and warnings say \
             that their due time is provisional"
        );
        let text = self.files.get(CALENDAR).map(String::as_str).unwrap_or_default();
        let last = text.rfind("\n[[year]]").map_or(0, |at| at + 1);
        let span = last..last + "[[year]]".len();
        Some(Diagnostic::at("calendar/ends", &self.folder.join(CALENDAR), text, span, message).with_help(help))
    }

    /// A finding about a rule as a whole, at its id.
    pub fn at_id(&self, file: &Path, code: &'static str, message: Bilingual) -> Diagnostic {
        match self.files.iter().find(|(name, _)| self.folder.join(name) == file) {
            Some((_, text)) => Diagnostic::at(code, file, text, rule::metadata::key_span(text, "id"), message),
            None => Diagnostic::file(code, file, message),
        }
    }
}

/// The warning about cases, which are no part of a ruleset.
const OF_CASES: &str = "rule/no-case";
/// The warning that comes and goes with the days, so that a comment which allows it is never out of place.
const OF_TODAY: &str = "calendar/ends";
impl Ruleset {
    /// The same ruleset with drafts answering as if they were active: only for the cases of drafts.
    #[must_use]
    pub fn with_drafts(self) -> Self {
        Self { rules: self.rules.with_drafts(), ..self }
    }
}

fn kept<T>(loaded: Result<T, Diagnostics>, problems: &mut Diagnostics) -> Option<T> {
    loaded.map_err(|found| problems.extend(found)).ok()
}

/// Reads one file that must be there.
fn file<T>(
    folder: &Path,
    files: &Files,
    name: &str,
    read: impl FnOnce(&Path, &str) -> Result<T, Diagnostics>,
) -> Result<T, Diagnostics> {
    let path = folder.join(name);
    match files.get(name) {
        Some(text) => read(&path, text),
        None => Err(Diagnostic::unreadable(&path, &std::io::Error::from(std::io::ErrorKind::NotFound).into()).into()),
    }
}

/// The files with this ending, with their paths for messages; feature files are those below `features/`.
pub(crate) fn texts(folder: &Path, files: &Files, ending: &str) -> Vec<(PathBuf, String)> {
    let is_meant = |name: &str| {
        Path::new(name).extension().is_some_and(|extension| extension == ending)
            && (ending != "sql" || name.starts_with("features/"))
    };
    let meant = files.iter().filter(|(name, _)| is_meant(name));
    meant.map(|(name, text)| (folder.join(name), text.clone())).collect()
}

fn no_features(folder: &Path) -> Diagnostic {
    let message = Bilingual::new("没有指标文件", "there are no features");
    let help = Bilingual::new(
        "指标写在此文件夹的 *.sql 中；是否误删了文件夹？",
        "features are the *.sql of this folder: was it deleted?",
    );
    Diagnostic::file("file/unreadable", folder, message).with_help(help)
}

fn base_feature_is_missing(folder: &Path, files: &Files, policy: &Policy) -> Diagnostic {
    let text = files.get(POLICY).map(String::as_str).unwrap_or_default();
    let name = &policy.base.feature;
    let message = say!(
        "基础分取自指标 `{name}`，而没有这个指标",
        "the base points come from a feature `{name}` that no SQL file has"
    );
    let help = Bilingual::new("请写 features/ 下某个文件中的列名", "name a column of a file in features/");
    let span = quoted(text, name, 0);
    Diagnostic::at("ruleset/unknown-base-feature", &folder.join(POLICY), text, span, message).with_help(help)
}

/// Warnings about base points of values that the base feature never has.
fn impossible_base_values(
    folder: &Path,
    files: &Files,
    policy: &Policy,
    features: &FeatureSet,
    feature: usize,
) -> Diagnostics {
    let mut found = Diagnostics::default();
    let ValueRange::OneOf(possible) = &features.catalogue()[feature].values else { return found };
    let text = files.get(POLICY).map(String::as_str).unwrap_or_default();
    let name = &policy.base.feature;
    for value in policy.base.points.keys().filter(|value| !possible.contains(value)) {
        let message = say!("`{name}` 没有 `{value}` 这个值", "`{name}` never is `{value}`");
        let known = crate::diagnostic::suggest::listed(possible.iter().map(String::as_str));
        let help = Bilingual::new(format!("可取的值：{}", known.zh), format!("its values are {}", known.en));
        let span = quoted(text, value, text.find("[base]").unwrap_or_default());
        found.push(Diagnostic::at("policy/no-such-value", &folder.join(POLICY), text, span, message).with_help(help));
    }
    found
}

/// Where a text stands between quotation marks, from a place on.
fn quoted(text: &str, value: &str, from: usize) -> std::ops::Range<usize> {
    let quoted = format!("\"{value}\"");
    let at = text[from..].find(&quoted).map_or(from, |found| from + found);
    at..at + quoted.len()
}

/// The hash of a ruleset of these files: each path and content behind its length, so that no two rulesets collide by
/// concatenation.
pub fn content_hash(files: &Files) -> String {
    let mut hasher = Sha256::new();
    for part in files.iter().flat_map(|(path, text)| [path, text]) {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize().iter().fold(String::new(), |hex, byte| hex + format!("{byte:02x}").as_str())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn the_hash_tells_a_path_from_a_content() {
        let one = BTreeMap::from([("ab".to_owned(), "c".to_owned())]);
        let other = BTreeMap::from([("a".to_owned(), "bc".to_owned())]);
        assert_ne!(content_hash(&one), content_hash(&other));
        assert_eq!(content_hash(&one).len(), 64);
    }

    #[test]
    fn a_missing_folder_is_refused_with_what_to_do() {
        let problems = read_files(Path::new("no/such/folder")).expect_err("there is no such folder");
        assert!(problems.render(false).contains("paths.rules"), "{problems}");
    }
}
