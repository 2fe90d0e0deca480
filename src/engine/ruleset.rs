//! A ruleset (规则集): everything analysts write, under one content hash.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::feature::FeatureSet;
use crate::rule::Rules;
use crate::source::Sources;
use crate::warning::{Calendar, Policy};

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
    pub files: BTreeMap<String, String>,
}

impl Ruleset {
    /// Reads a rules folder: `ruleset.toml`, `calendar.toml`, `features/**/*.sql` and `**/*.rhai`; `cases/` is no part
    /// of a ruleset, so a new case does not give it a new hash.
    ///
    /// # Errors
    /// Every problem of every file.
    pub fn load(folder: &Path, sources: &Sources) -> Result<Self, Diagnostics> {
        let files = read_files(folder)?;
        let mut problems = Diagnostics::default();
        let policy = kept(Policy::load(&folder.join("ruleset.toml")), &mut problems);
        let calendar = kept(Calendar::load(&folder.join("calendar.toml")), &mut problems);
        let features = kept(FeatureSet::load(&folder.join("features"), sources), &mut problems);
        // Rules are checked against features and families: without these every rule would seem wrong.
        let (Some(policy), Some(features)) = (policy, features) else { return Err(problems) };
        let rules = kept(Rules::load(folder, features.catalogue(), &policy.families), &mut problems);
        let base_feature = features.index_of(&policy.base.feature);
        if base_feature.is_none() {
            problems.push(base_feature_is_missing(folder, &files, &policy));
        }
        match (calendar, rules, base_feature) {
            (Some(calendar), Some(rules), Some(base_feature)) if !problems.has_errors() => {
                let hash = content_hash(&files);
                Ok(Self { hash, features, rules, policy, calendar, base_feature, files })
            }
            _ => Err(problems),
        }
    }
}

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

fn base_feature_is_missing(folder: &Path, files: &BTreeMap<String, String>, policy: &Policy) -> Diagnostic {
    let text = files.get("ruleset.toml").map(String::as_str).unwrap_or_default();
    let quoted = format!("\"{}\"", policy.base.feature);
    let at = text.find(&quoted).unwrap_or_default();
    let message = format!("the base points come from a feature `{}` that no SQL file has", policy.base.feature);
    Diagnostic::at("ruleset/unknown-base-feature", &folder.join("ruleset.toml"), text, at..at + quoted.len(), message)
        .with_help("name a column of a file in features/")
}

/// Every file of the ruleset by its path below the folder with `/` between the parts.
fn read_files(folder: &Path) -> Result<BTreeMap<String, String>, Diagnostics> {
    let mut files = BTreeMap::new();
    let mut problems = Diagnostics::default();
    let mut waiting = vec![folder.to_owned()];
    while let Some(place) = waiting.pop() {
        let entries = match std::fs::read_dir(&place) {
            Ok(entries) => entries,
            Err(error) => {
                problems.push(
                    Diagnostic::file("ruleset/unreadable", &place, format!("the folder cannot be read: {error}"))
                        .with_help("set `paths.rules` to the folder that holds ruleset.toml"),
                );
                continue;
            }
        };
        for path in entries.filter_map(Result::ok).map(|entry| entry.path()) {
            if path.is_dir() {
                if path != folder.join("cases") {
                    waiting.push(path);
                }
            } else if is_part(folder, &path) {
                match std::fs::read_to_string(&path) {
                    Ok(text) => drop(files.insert(name_below(folder, &path), text)),
                    Err(error) => problems.push(
                        Diagnostic::file("ruleset/unreadable", &path, format!("the file cannot be read: {error}"))
                            .with_help("save it as UTF-8"),
                    ),
                }
            }
        }
    }
    problems.into_result(files)
}

fn is_part(folder: &Path, path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    let is_policy = ["ruleset.toml", "calendar.toml"].iter().any(|name| path == folder.join(name));
    is_policy || matches!(extension, Some("rhai" | "sql"))
}

fn name_below(folder: &Path, path: &Path) -> String {
    let below: PathBuf = path.strip_prefix(folder).unwrap_or(path).to_owned();
    below.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}

/// Each path and content is hashed behind its length, so that no two rulesets collide by concatenation.
fn content_hash(files: &BTreeMap<String, String>) -> String {
    let mut hasher = Sha256::new();
    for part in files.iter().flat_map(|(path, text)| [path, text]) {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize().iter().fold(String::new(), |hex, byte| hex + format!("{byte:02x}").as_str())
}

#[cfg(test)]
mod tests {
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
