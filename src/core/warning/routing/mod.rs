//! Who must act (岗位): `rules/routing.toml` says which post a warning goes to, who is above it when time passes
//! (网格 → 社区 → 街道所 → 区局), and who gets a copy.
//!
//! Each of these uses only those before it:
//!
//! - [`facts`]: what is known of an operator and its warning
//! - [`vocabulary`]: what conditions may name
//! - [`condition`], `when`: which warnings an entry is about, and how that is written
//! - [`post`]: kinds of posts, and the ids of posts
//! - `assignment`: who acts, who is above, who gets a copy
//! - `file`, `check`, `check_routes`: `routing.toml` as it is written, and what can be wrong with it

mod assignment;
mod check;
mod check_routes;
pub mod condition;
pub mod facts;
mod file;
pub mod post;
pub mod vocabulary;
pub(in crate::warning) mod when;

use std::collections::{BTreeMap, BTreeSet};

use yujing_base::language::Bilingual;

pub use self::assignment::Assignment;
pub use self::condition::Condition;
pub use self::facts::{OperatorFacts, RoutingInput};
pub use self::post::{LONGEST_ID, Post, PostCopy, PostKind};
pub use self::vocabulary::Vocabulary;
use crate::rule::Basis;

/// The routing of a ruleset.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Routing {
    /// The roles of those who hold posts, with what they are called.
    pub roles: BTreeMap<String, Bilingual>,
    /// The kinds of posts. What is above what ends at a post that is always there.
    pub posts: BTreeMap<String, PostKind>,
    /// The post of operators who belong to nobody (未包保): a single one.
    pub default: String,
    /// The first that holds says where a warning starts; the last one always holds.
    pub routes: Vec<Route>,
    pub copies: Vec<CopyRule>,
}

/// Where warnings start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    pub when: Condition,
    /// A kind of post.
    pub start: String,
}

/// Who gets a copy of which warnings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyRule {
    pub when: Condition,
    /// A kind of post.
    pub to: String,
    /// Whether it is asked to consider (行刑衔接): a candidate, never a finding.
    pub candidate: bool,
    /// What a candidate rests on.
    pub basis: Vec<Basis>,
}

impl Routing {
    /// What a post is called; `None`: there is no such post.
    #[must_use]
    pub fn title(&self, post: &str) -> Option<Bilingual> {
        let (kind, area) = self.kind_of(post)?;
        Some(kind.title_of(area.unwrap_or_default()))
    }

    /// Whether a post exists: its kind is there, and its area may have one.
    #[must_use]
    pub fn has_post(&self, post: &str) -> bool {
        self.kind_of(post).is_some()
    }

    /// Whether those who hold a post have a role.
    #[must_use]
    pub fn has_role(&self, post: &str, role: &str) -> bool {
        self.kind_of(post).is_some_and(|(kind, _)| kind.roles.contains(role))
    }

    /// How many kinds stand above one on its ladder.
    #[must_use]
    pub fn rungs_above(&self, kind: &str) -> usize {
        self.upwards(kind).len().saturating_sub(1)
    }

    /// The kind of a post that exists, and its area.
    fn kind_of<'p>(&self, post: &'p str) -> Option<(&PostKind, Option<&'p str>)> {
        let (kind, area) = post::parts_of(post);
        let kind = self.posts.get(kind)?;
        let exists = match area {
            None => kind.is_single(),
            Some(area) => !kind.is_single() && kind.has(area),
        };
        exists.then_some((kind, area))
    }

    /// Kinds from one upwards, by name: the ladder.
    fn upwards(&self, start: &str) -> Vec<(&str, &PostKind)> {
        let mut seen = BTreeSet::new();
        let mut next = self.posts.get_key_value(start);
        let mut ladder = Vec::new();
        // The check refuses circles; a ladder that ends whatever it is given cannot hang anybody.
        while let Some((name, kind)) = next.filter(|(name, _)| seen.insert(name.as_str())) {
            ladder.push((name.as_str(), kind));
            next = kind.above.as_ref().and_then(|above| self.posts.get_key_value(above));
        }
        ladder
    }
}

#[cfg(test)]
#[path = "routing_tests.rs"]
mod tests;
