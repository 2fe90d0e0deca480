//! `routing.toml` as it is written.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;
use yujing_base::diagnostic::Diagnostics;
use yujing_base::diagnostic::authored::{Authored, Codes};
use yujing_base::language::Bilingual;

use super::check::Check;
use super::vocabulary::Vocabulary;
use super::when::{ConditionCodes, When};
use super::{CopyRule, PostKind, Route, Routing};
use crate::rule::Basis;

const CODES: Codes = Codes { syntax: "routing/syntax", unknown_key: "routing/unknown-key" };

const CONDITION_CODES: ConditionCodes = ConditionCodes {
    unknown_name: "routing/unknown-name",
    no_such_value: "routing/no-such-value",
    empty: "routing/empty",
};

impl Routing {
    /// Reads and checks the text of `routing.toml`, with warnings; `file` for messages.
    ///
    /// # Errors
    /// The first problem of syntax or shape, otherwise every problem, with line and column: a circle, a ladder that
    /// ends, a post or a role that is not there, a title in one language, ...
    pub fn read(file: &Path, text: &str, known: &Vocabulary<'_>) -> Result<(Self, Diagnostics), Diagnostics> {
        let (mut authored, content) = Authored::read::<File>(file, text, CODES)?;
        Check { content: &content, known, authored: &mut authored }.all();
        let routing = content.into_routing(known, &mut authored);
        let found = authored.diagnostics;
        if found.has_errors() { Err(found) } else { Ok((routing, found)) }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub default: Spanned<String>,
    pub roles: BTreeMap<Spanned<String>, Spanned<Bilingual>>,
    pub posts: BTreeMap<Spanned<String>, PostTable>,
    pub route: Vec<RouteTable>,
    #[serde(default)]
    pub copy: Vec<CopyTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PostTable {
    pub title: Spanned<Bilingual>,
    #[serde(default)]
    pub each: Vec<Spanned<String>>,
    pub only: Option<Spanned<Vec<Spanned<String>>>>,
    pub roles: Spanned<Vec<Spanned<String>>>,
    pub above: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RouteTable {
    pub when: Option<When>,
    pub start: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CopyTable {
    pub when: Option<When>,
    pub to: Spanned<String>,
    pub candidate: Option<Spanned<bool>>,
    #[serde(default)]
    pub basis: Vec<Basis>,
}

impl File {
    fn into_routing(self, known: &Vocabulary<'_>, authored: &mut Authored<'_>) -> Routing {
        let mut condition =
            |when: Option<When>| when.map(|when| when.check(known, CONDITION_CODES, authored)).unwrap_or_default();
        let routes = self.route.into_iter();
        let routes = routes.map(|route| Route { when: condition(route.when), start: route.start.into_inner() });
        let routes = routes.collect();
        let copies = self.copy.into_iter().map(|copy| CopyRule {
            when: condition(copy.when),
            to: copy.to.into_inner(),
            candidate: copy.candidate.is_some_and(Spanned::into_inner),
            basis: copy.basis,
        });
        Routing {
            copies: copies.collect(),
            routes,
            default: self.default.into_inner(),
            roles: self.roles.into_iter().map(|(name, title)| (name.into_inner(), title.into_inner())).collect(),
            posts: self.posts.into_iter().map(|(name, post)| (name.into_inner(), post.into_kind())).collect(),
        }
    }
}

impl PostTable {
    fn into_kind(self) -> PostKind {
        let only = self.only.map(|only| only.into_inner().into_iter().map(Spanned::into_inner).collect());
        PostKind {
            title: self.title.into_inner(),
            each: self.each.into_iter().map(Spanned::into_inner).collect(),
            only,
            roles: self.roles.into_inner().into_iter().map(Spanned::into_inner).collect(),
            above: self.above.map(Spanned::into_inner),
        }
    }
}
