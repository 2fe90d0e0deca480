//! Rulesets by their hashes, for the standings that a start restores: each rests on the rules that gave it.

use std::collections::BTreeMap;
use std::sync::Arc;

use yujing_core::ruleset::{Archive, Ruleset};

use super::initial_ruleset::RulesetLoader;

/// Most earlier rulesets that are built at a start.
const MOST_BUILT: usize = 4;

/// The ruleset in force, and those that it followed as they are asked for.
pub(super) struct PastRulesets<'a> {
    loader: &'a RulesetLoader<'a>,
    archive: &'a Archive,
    in_force: Arc<Ruleset>,
    /// `None` for one that cannot be built any more.
    earlier: BTreeMap<String, Option<Arc<Ruleset>>>,
}

impl<'a> PastRulesets<'a> {
    pub(super) fn new(loader: &'a RulesetLoader<'a>, archive: &'a Archive, in_force: &Arc<Ruleset>) -> Self {
        Self { loader, archive, in_force: Arc::clone(in_force), earlier: BTreeMap::new() }
    }

    pub(super) fn get(&mut self, hash: &str) -> Option<Arc<Ruleset>> {
        if hash == self.in_force.hash {
            return Some(Arc::clone(&self.in_force));
        }
        if !self.earlier.contains_key(hash) && self.earlier.len() < MOST_BUILT {
            let ruleset = self.loader.published(self.archive, hash).ok();
            self.earlier.insert(hash.to_owned(), ruleset);
        }
        self.earlier.get(hash).cloned().flatten()
    }

    /// Whether another ruleset than the one in force was asked for.
    pub(super) fn met_others(&self) -> bool {
        !self.earlier.is_empty()
    }
}
