//! Who is told of an event, and through which channel.

use std::collections::BTreeMap;
use std::sync::Arc;

use uuid::Uuid;

use crate::config::{ChannelName, NotifyConfig};
use crate::notice::{Notice, Post};

/// One message: an event through one channel, to every post that is reached through it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The same for the same event and channel, whichever process asks: what is known to be done is not done again.
    pub id: Uuid,
    pub channel: ChannelName,
    /// Empty if the event concerns no post.
    pub posts: Vec<Post>,
}

impl Delivery {
    fn new(notice: &Notice, channel: ChannelName, posts: Vec<Post>) -> Self {
        let name = format!("{}/{channel}", notice.sequence);
        Self { id: Uuid::new_v5(&notice.warning_id, name.as_bytes()), channel, posts }
    }
}

/// All messages of an event, at most one a channel.
pub fn deliveries(notice: &Notice, config: &NotifyConfig) -> Vec<Delivery> {
    let mut posts_of: BTreeMap<ChannelName, Vec<Post>> = BTreeMap::new();
    let posts = notice.posts();
    for post in &posts {
        for channel in config.channels_of(post, notice.step, notice.highest_level()) {
            let told = posts_of.entry(Arc::clone(channel)).or_default();
            if !told.contains(post) {
                told.push(Arc::clone(post));
            }
        }
    }
    let to_nobody: &[ChannelName] = if posts.is_empty() { &config.default } else { &[] };
    for channel in config.always.iter().chain(to_nobody) {
        posts_of.entry(Arc::clone(channel)).or_default();
    }
    posts_of.into_iter().map(|(channel, posts)| Delivery::new(notice, channel, posts)).collect()
}

#[cfg(test)]
#[path = "delivery_tests.rs"]
mod tests;
