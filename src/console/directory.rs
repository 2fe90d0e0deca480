//! The office's areas and posts, as the ruleset's routing has them in the areas that are known.

use std::collections::BTreeMap;

use serde::Serialize;
use yujing_base::language::Bilingual;
use yujing_core::warning::routing::{PostKind, Routing};

use crate::access::AreaScope;

/// Most posts that are listed: more than a province has areas of one kind is not listed, but can be written.
const MOST_POSTS: usize = 5_000;

/// A post with the roles of those who hold it; none where only warnings told of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DirectoryPost {
    pub id: String,
    pub title: Bilingual,
    pub roles: Vec<String>,
}

/// Areas, posts and roles of an office.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Directory {
    pub areas: Vec<AreaScope>,
    /// By id.
    pub posts: Vec<DirectoryPost>,
    /// Roles at posts, with what they are called.
    pub roles: BTreeMap<String, Bilingual>,
}

impl Directory {
    /// Of the areas that are known and the posts that warnings named.
    pub fn of(areas: Vec<AreaScope>, named: Vec<DirectoryPost>, routing: Option<&Routing>) -> Self {
        let mut posts: BTreeMap<String, DirectoryPost> =
            named.into_iter().map(|post| (post.id.clone(), post)).collect();
        let Some(routing) = routing else {
            return Self { areas, posts: posts.into_values().collect(), roles: BTreeMap::new() };
        };
        for (name, kind) in &routing.posts {
            let ids = ids(name, kind, &areas);
            for id in ids.into_iter().take(MOST_POSTS.saturating_sub(posts.len())) {
                let Some(title) = routing.title(&id) else { continue };
                let roles = kind.roles.iter().cloned().collect();
                posts.insert(id.clone(), DirectoryPost { id, title, roles });
            }
        }
        Self { areas, posts: posts.into_values().collect(), roles: routing.roles.clone() }
    }
}

/// The ids of a kind's posts; those of areas that nobody told of are not known.
fn ids(name: &str, kind: &PostKind, areas: &[AreaScope]) -> Vec<String> {
    if kind.is_single() {
        return vec![name.to_owned()];
    }
    if let Some(only) = &kind.only {
        return only.iter().map(|area| format!("{name}/{area}")).collect();
    }
    // An area names its own parts and no further ones: it is of the kind that a post is there for.
    let of_kind = areas.iter().filter_map(|area| {
        let depth = [&area.sub_district, &area.community, &area.grid].iter().filter(|part| part.is_some()).count();
        let narrowest = kind.each.iter().filter_map(|column| place(column)).max()? + 1;
        if depth != narrowest {
            return None;
        }
        let parts: Option<Vec<&str>> = kind.each.iter().map(|column| part(area, column)).collect();
        Some(format!("{name}/{}", parts?.join("/")))
    });
    of_kind.collect()
}

const COLUMNS: [&str; 3] = ["sub_district", "community", "grid"];

/// How narrow the areas of a column of the register are.
fn place(column: &str) -> Option<usize> {
    COLUMNS.iter().position(|name| *name == column)
}

fn part<'a>(area: &'a AreaScope, column: &str) -> Option<&'a str> {
    match place(column)? {
        0 => area.sub_district.as_deref(),
        1 => area.community.as_deref(),
        _ => area.grid.as_deref(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(parts: &[&str]) -> AreaScope {
        let part = |place: usize| parts.get(place).map(|part| (*part).to_owned());
        AreaScope { sub_district: part(0), community: part(1), grid: part(2) }
    }

    fn kind(each: &[&str], only: Option<&[&str]>) -> PostKind {
        PostKind {
            title: Bilingual::new("{area}岗", "Post of {area}"),
            each: each.iter().map(|column| (*column).to_owned()).collect(),
            only: only.map(|only| only.iter().map(|area| (*area).to_owned()).collect()),
            roles: ["officer".to_owned()].into(),
            above: None,
        }
    }

    #[test]
    fn each_area_that_is_known_has_its_posts() {
        let routing = Routing {
            posts: BTreeMap::from([
                ("district".to_owned(), kind(&[], None)),
                ("station".to_owned(), kind(&["sub_district"], None)),
                ("grid".to_owned(), kind(&["grid"], None)),
                ("community".to_owned(), kind(&["sub_district", "community"], None)),
                ("market".to_owned(), kind(&["sub_district"], Some(&["丁街道"]))),
                ("chain".to_owned(), kind(&["brand"], None)),
            ]),
            ..Routing::default()
        };
        let areas = vec![area(&[]), area(&["甲街道"]), area(&["甲街道", "乙社区"]), area(&["甲街道", "乙社区", "G1"])];
        let named = DirectoryPost { id: "chain/丙".to_owned(), title: "丙".into(), roles: Vec::new() };
        let directory = Directory::of(areas, vec![named], Some(&routing));
        let ids: Vec<&str> = directory.posts.iter().map(|post| post.id.as_str()).collect();
        let expected =
            ["chain/丙", "community/甲街道/乙社区", "district", "grid/G1", "market/丁街道", "station/甲街道"];
        assert_eq!(ids, expected);
        assert_eq!(directory.posts[5].title.zh, "甲街道岗");
        assert_eq!(directory.posts[5].roles, ["officer"]);
    }

    #[test]
    fn without_a_ruleset_posts_are_those_that_warnings_named() {
        let named = DirectoryPost { id: "district".to_owned(), title: "区局".into(), roles: Vec::new() };
        let directory = Directory::of(vec![area(&["甲街道"])], vec![named.clone()], None);
        assert_eq!((directory.areas.len(), directory.posts), (1, vec![named]));
    }
}
