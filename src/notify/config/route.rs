//! Which events of which posts go through which channels.

use yujing_core::rule::Level;
use yujing_core::warning::Step;

use super::{ChannelName, NotifyConfig};

/// One route: the channels of events that meet all its conditions.
#[derive(Debug, Clone)]
pub struct Route {
    /// Posts; empty for all.
    pub posts: Vec<PostPattern>,
    /// The lowest level before or after the event.
    pub least_level: Option<Level>,
    /// Steps; empty for all.
    pub steps: Vec<Step>,
    /// Empty: nobody is told.
    pub channels: Vec<ChannelName>,
}

/// A post by its id, or posts by the beginning of theirs: `grid/*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PostPattern {
    Post(String),
    Beginning(String),
}

impl PostPattern {
    /// `None` if it fits no post, or has a star anywhere but at its end.
    pub fn parse(text: &str) -> Option<Self> {
        let (beginning, is_open) = text.strip_suffix('*').map_or((text, false), |beginning| (beginning, true));
        if beginning.contains('*') || text.trim() != text || (beginning.is_empty() && !is_open) {
            return None;
        }
        Some(if is_open { Self::Beginning(beginning.to_owned()) } else { Self::Post(beginning.to_owned()) })
    }

    pub fn fits(&self, post: &str) -> bool {
        match self {
            Self::Post(id) => id == post,
            Self::Beginning(beginning) => post.starts_with(&**beginning),
        }
    }
}

impl Route {
    fn fits(&self, post: &str, step: Step, highest: Level) -> bool {
        let for_post = self.posts.is_empty() || self.posts.iter().any(|pattern| pattern.fits(post));
        let for_step = self.steps.is_empty() || self.steps.contains(&step);
        for_post && for_step && self.least_level.is_none_or(|least| highest >= least)
    }
}

impl NotifyConfig {
    /// The channels through which a post is told of a step. `highest` is the higher of the levels before and after it.
    pub fn channels_of(&self, post: &str, step: Step, highest: Level) -> &[ChannelName] {
        let route = self.routes.iter().find(|route| route.fits(post, step, highest));
        route.map_or(&self.default, |route| &route.channels)
    }
}
