//! Who answers for a warning (岗位): the post that is to act, the posts above it, and who gets a copy.
//!
//! - here: what an assignment is, and what it is made from

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::finding::Finding;
use super::record::FeatureValues;
use crate::rule::{Bilingual, Level};

/// A post (岗位) in an area: a place in the office's order that somebody holds, never a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Post {
    /// `grid/<area>` for one of many posts, the kind alone for a single one.
    pub id: String,
    pub title: Bilingual,
}

/// A post that is told of a warning and does not act on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostCopy {
    #[serde(flatten)]
    pub post: Post,
    /// Whether the matter is only a candidate for what the post decides about (行刑衔接线索), not a finding.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub candidate: bool,
}

/// Who is to act on a warning, who is above, who is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    pub assignee: Post,
    /// The posts above the assignee, the nearest first.
    pub ladder: Vec<Post>,
    pub copies: Vec<PostCopy>,
    /// Whether no route reached a post, so that the default has it (未包保).
    pub unrouted: bool,
}

/// What routing knows of an operator: its row in the register, by column; empty for one that is not registered.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OperatorFacts {
    pub attributes: Map<String, Value>,
}

/// What a warning is routed by.
#[derive(Debug, Clone, Copy)]
pub struct RoutingInput<'a> {
    pub facts: &'a OperatorFacts,
    pub level: Level,
    pub findings: &'a [Finding],
    pub features: &'a FeatureValues,
}

/// The posts of an office, and which warnings go where: `rules/routing.toml`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Routing {}

impl Routing {
    /// Who is to act on a warning. There is always somebody: the default, if no route fits.
    #[must_use]
    pub fn assign(&self, input: &RoutingInput<'_>) -> Assignment {
        let _ = input;
        let post = Post { id: "district".to_owned(), title: Bilingual::new("区局", "district office") };
        Assignment { assignee: post, ladder: Vec::new(), copies: Vec::new(), unrouted: true }
    }

    /// The same warning at a post of choice, with the posts above that one as far as the operator's areas say them;
    /// `None` if there is no such post.
    #[must_use]
    pub fn assign_to(&self, post: &str, facts: &OperatorFacts) -> Option<Assignment> {
        let _ = (post, facts);
        None
    }

    /// Whether a post of this id can exist.
    #[must_use]
    pub fn has_post(&self, post: &str) -> bool {
        let _ = post;
        false
    }

    /// Whether somebody of this role may stand at a post; true if the kind of post names no roles.
    #[must_use]
    pub fn has_role(&self, post: &str, role: &str) -> bool {
        let _ = (post, role);
        true
    }
}
