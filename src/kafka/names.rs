//! Which topic is whose.

use yujing_config::Topics;
use yujing_core::source::Source;

/// The topic of a source: what the configuration says, else the schema's `x-topic`.
pub fn input<'a>(topics: &'a Topics, source: &'a Source) -> &'a str {
    topics.inputs.get(&*source.name).unwrap_or(&source.topic)
}

/// Where the refused records of an input topic go.
pub fn dead_letters(topics: &Topics, input: &str) -> String {
    format!("{input}{}", topics.dead_letter_suffix)
}

/// The group of `yujing notify`: how far posts were told, and the beginning of its transactional id.
pub fn notify_group(group_id: &str) -> String {
    format!("{group_id}-notify")
}

/// The beginning of the transactional id of `yujing console`, by which refused records are sent again.
pub fn console_group(group_id: &str) -> String {
    format!("{group_id}-console")
}

/// The transactional id, and the static member of the group: stable, so that a restart fences what came before it.
pub fn identity(group_id: &str) -> String {
    format!("{group_id}-0")
}
