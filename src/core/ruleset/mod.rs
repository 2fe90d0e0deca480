//! A ruleset (规则集): everything analysts write, under one content hash. Made from texts in memory; nothing here reads a
//! disk.
//!
//! - here: what a ruleset is
//! - [`files`]: which files make it up
//! - [`hash`]: its name
//! - `build`: from texts to a ruleset, checked as a whole
//! - `handling`: the two files about what is done, checked with each other
//! - `past_check`: whether a rule could feed on its own warning
//! - `findings`: what the check found and does not refuse
//! - [`snapshot`]: the bytes of a rules folder at one moment
//! - [`change`]: what one ruleset changes of another
//! - [`publication`]: the record that puts one in force
//! - [`archive`]: everything that was ever published
//! - [`refusal`]: why one does not come into force

pub mod archive;
mod build;
pub mod change;
pub mod files;
mod findings;
mod handling;
pub mod hash;
mod past_check;
pub mod publication;
pub mod refusal;
pub mod snapshot;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::Date;

pub use self::archive::Archive;
pub use self::build::CheckedTexts;
pub use self::change::RulesetChange;
pub use self::files::Files;
pub use self::hash::content_hash;
pub use self::publication::{Publication, Trigger};
pub use self::refusal::RulesetRefusal;
pub use self::snapshot::Snapshot;
use crate::feature::FeatureSet;
use yujing_base::diagnostic::{Diagnostic, Diagnostics};
use yujing_base::language::Bilingual;

use crate::rule::{self, Contribution, DaysAhead, FallsAhead, Modifier, Modifiers, Rules};
use crate::warning::record::RulesetParts;
use crate::warning::{Calendar, HandlingPolicy, Policy, Routing, VisitTarget};

/// Features, rules, modifiers, policy and calendar, checked against each other.
#[derive(Debug)]
pub struct Ruleset {
    /// SHA-256 over the paths and bytes of every file of the ruleset, in hex.
    pub hash: String,
    pub features: FeatureSet,
    pub rules: Rules,
    pub modifiers: Modifiers,
    pub policy: Policy,
    pub calendar: Calendar,
    /// What is done about warnings; `None` where no file says so: then they have no handling.
    pub handling: Option<HandlingPolicy>,
    pub routing: Option<Routing>,
    /// The place of the policy's base feature in the catalogue.
    pub base_feature: usize,
    /// How often operators are to be visited.
    pub visits: Vec<VisitTarget>,
    /// The rules that read features which count days.
    pub days_ahead: DaysAhead,
    /// The rules that read features which are counts of rows.
    pub falls_ahead: FallsAhead,
    /// What all records of the ruleset have in common.
    pub record_parts: RulesetParts,
    /// The files by their path below the folder, as published on the `rulesets` topic under the hash.
    pub files: Files,
    /// What the check found and does not refuse, allowed or not.
    found: Diagnostics,
    /// Where the files were, for messages.
    folder: PathBuf,
}

impl Ruleset {
    /// The office's day of an instant.
    pub fn day_of(&self, at: Timestamp) -> Date {
        self.policy.zone.date(at)
    }

    /// When a rule or a modifier comes into force or goes out of it next, after an instant.
    pub fn next_change_of_days(&self, after: Timestamp) -> Option<Timestamp> {
        let next = [self.rules.next_change_of_days(after), self.modifiers.next_change_of_days(after)];
        next.into_iter().flatten().min()
    }

    /// The features that a finding rests on, by their place in the catalogue: those that its rule reads, and those that
    /// its modifiers do.
    pub fn features_behind(&self, contribution: &Contribution) -> BTreeSet<usize> {
        let modifiers = contribution.modifiers.iter().map(|place| &self.modifiers.list()[*place]);
        let of_modifiers = modifiers.flat_map(Modifier::when).map(|(feature, _)| feature);
        self.rules.list()[contribution.rule].reads.iter().copied().chain(of_modifiers).collect()
    }

    /// The same ruleset with drafts answering as if they were active: only for the cases of drafts.
    #[must_use]
    pub fn with_drafts(self) -> Self {
        Self { rules: self.rules.with_drafts(), ..self }
    }

    /// A finding about a rule as a whole, at its id.
    pub fn at_id(&self, file: &Path, code: &'static str, message: Bilingual) -> Diagnostic {
        match self.files.iter().find(|(name, _)| self.folder.join(name) == file) {
            Some((_, text)) => Diagnostic::at(code, file, text, rule::metadata::key_span(text, "id"), message),
            None => Diagnostic::file(code, file, message),
        }
    }
}
