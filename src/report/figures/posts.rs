//! Who was overdue.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use uuid::Uuid;
use yujing_core::warning::handling::Clock;
use yujing_core::warning::routing::Post;

use super::count::count;
use crate::life::{PassedClock, WarningLife};
use crate::month::Month;

/// How often clocks passed at a post in the month, whenever the warning was opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PostFigures {
    pub post: Post,
    pub acknowledge: u64,
    pub act: u64,
    /// How many warnings that were.
    pub warnings: u64,
}

/// What passed at one post.
#[derive(Default)]
struct PassedAt<'a> {
    clocks: Vec<&'a PassedClock>,
    warnings: BTreeSet<Uuid>,
}

/// The posts at which clocks passed, those with the most first.
pub fn by_post(lives: &[WarningLife], month: &Month) -> Vec<PostFigures> {
    let mut by_post: BTreeMap<&str, PassedAt<'_>> = BTreeMap::new();
    for life in lives {
        for passed in life.passed.iter().filter(|passed| month.contains(passed.at)) {
            let at_post = by_post.entry(&passed.post.id).or_default();
            at_post.clocks.push(passed);
            at_post.warnings.insert(life.warning_id);
        }
    }
    let mut posts: Vec<PostFigures> = by_post.into_values().filter_map(|passed| passed.figures()).collect();
    posts.sort_by_key(|figures| Reverse(figures.acknowledge + figures.act));
    posts
}

impl PassedAt<'_> {
    fn figures(&self) -> Option<PostFigures> {
        let of = |clock| count(self.clocks.iter().filter(|passed| passed.clock == clock));
        Some(PostFigures {
            post: self.clocks.last()?.post.clone(),
            acknowledge: of(Clock::Acknowledge),
            act: of(Clock::Act),
            warnings: count(&self.warnings),
        })
    }
}
