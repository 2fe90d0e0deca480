//! Where the first ruleset comes from.

use std::sync::Arc;

use yujing_core::ruleset::Ruleset;

/// Where the first session takes its ruleset from if nothing was published yet; later ones take what is in force.
#[derive(Debug, Clone)]
pub enum Origin {
    /// It is built already.
    Built(Arc<Ruleset>),
    /// The rules folder, which is not even looked at while what was published can be had.
    Folder {
        /// Whether the folder counts even if another ruleset is in force.
        take: bool,
    },
}
