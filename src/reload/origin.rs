//! What the rules folder held at the start, and whether it is to be taken whatever is in force.

use std::sync::Arc;

use crate::diagnostic::Diagnostics;
use crate::engine::Ruleset;

/// Where the first session may take its ruleset from; later ones take what is in force.
#[derive(Debug, Clone)]
pub struct Origin {
    pub folder: Result<Arc<Ruleset>, Diagnostics>,
    /// Whether the folder counts even if another ruleset is in force.
    pub take: bool,
}

/// The folder counts only if nothing is in force yet.
impl From<Arc<Ruleset>> for Origin {
    fn from(ruleset: Arc<Ruleset>) -> Self {
        Self { folder: Ok(ruleset), take: false }
    }
}
