//! Posts (岗位): who must act. A post is a place in the office, never a person.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use yujing_base::language::Bilingual;

use super::facts::OperatorFacts;

/// How many characters an id may have: so many fit into an answer (`post` in the schema of dispositions).
pub const LONGEST_ID: usize = 256;
/// Stands between the parts of a post's id: `community/青禾街道/第3社区`.
pub(super) const SEPARATOR: &str = "/";
/// What stands for it in a value of the register.
const FULL_WIDTH_SEPARATOR: &str = "／";
/// Where a title says the area.
pub(super) const AREA: &str = "{area}";

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

/// A kind of post: a single one, or one for each area.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostKind {
    /// With `{area}` where the area stands, if there is one for each.
    pub title: Bilingual,
    /// The columns of the register that tell its areas apart, the widest first; empty: there is one post.
    pub each: Vec<String>,
    /// The areas that have such a post, as they stand in its id; `None`: all.
    pub only: Option<BTreeSet<String>>,
    /// The roles of those who hold it.
    pub roles: BTreeSet<String>,
    /// The kind that is told when time passes.
    pub above: Option<String>,
}

impl PostKind {
    /// Whether there is one such post, which is always there.
    pub fn is_single(&self) -> bool {
        self.each.is_empty()
    }

    /// The post of this kind that is there for an operator; `None`: its area is unknown or has none.
    pub(super) fn post_for(&self, name: &str, operator: &OperatorFacts) -> Option<Post> {
        if self.is_single() {
            return Some(Post { id: name.to_owned(), title: self.title.clone() });
        }
        let part = |value: Cow<'_, str>| value.replace(SEPARATOR, FULL_WIDTH_SEPARATOR);
        let parts: Option<Vec<String>> = self.each.iter().map(|column| operator.value(column).map(part)).collect();
        let area = parts?.join(SEPARATOR);
        self.has(&area).then(|| Post { id: format!("{name}{SEPARATOR}{area}"), title: self.title_of(&area) })
    }

    /// Whether an area, as it stands in an id, has such a post.
    pub(super) fn has(&self, area: &str) -> bool {
        let parts: Vec<&str> = area.split(SEPARATOR).collect();
        parts.len() == self.each.len()
            && parts.iter().all(|part| !part.is_empty())
            && self.only.as_ref().is_none_or(|only| only.contains(area))
    }

    /// What a post of this kind is called.
    pub(super) fn title_of(&self, area: &str) -> Bilingual {
        let area = area.replace(SEPARATOR, "");
        Bilingual::new(self.title.zh.replace(AREA, &area), self.title.en.replace(AREA, &area))
    }
}

/// The kind of a post and its area, by its id.
pub(super) fn parts_of(id: &str) -> (&str, Option<&str>) {
    id.split_once(SEPARATOR).map_or((id, None), |(kind, area)| (kind, Some(area)))
}
