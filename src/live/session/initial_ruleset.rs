//! The ruleset that a session begins with: the one in force, or the first one ever.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use yujing_core::ruleset::{Archive, Publication, Ruleset, Trigger, content_hash};

use crate::error::RunError;
use crate::reload::{Origin, Sandbox};

/// Builds rulesets for a start.
pub(super) struct RulesetLoader<'a> {
    /// What an earlier session of this process had in force.
    pub(super) known: Option<Arc<Ruleset>>,
    /// Where the first ruleset comes from.
    pub(super) origin: &'a Origin,
    pub(super) sandbox: &'a Sandbox,
    /// The rules folder.
    pub(super) folder: &'a Path,
    /// The topic with what was published, for messages.
    pub(super) topic: &'a str,
}

impl RulesetLoader<'_> {
    /// The ruleset to begin with when nothing was published.
    fn first(&self) -> Result<Arc<Ruleset>, RunError> {
        match self.origin {
            Origin::Built(ruleset) => Ok(Arc::clone(ruleset)),
            Origin::Folder { .. } => self.sandbox.build_folder(self.folder).map_err(RunError::Rules),
        }
    }

    /// The ruleset that was published under a hash.
    pub(super) fn published(&self, archive: &Archive, hash: &str) -> Result<Arc<Ruleset>, RunError> {
        let refused = |reason| RunError::Ruleset { place: self.topic.to_owned(), reason };
        let gone = || refused(format!("ruleset {hash} is in force, but its body is not there"));
        let files = archive.files(hash).ok_or_else(gone)?;
        if content_hash(files) != hash {
            return Err(refused(format!("what stands there as ruleset {hash} is another one")));
        }
        let built = self.sandbox.build(self.folder, files, None, &mut |_| {});
        built.map_err(|refusal| RunError::Outdated { hash: hash.to_owned(), refusal })
    }
}

/// The ruleset to begin with.
#[derive(Debug)]
pub(super) struct InitialRuleset {
    pub(super) ruleset: Arc<Ruleset>,
    pub(super) publication: Publication,
    /// Whether it is still to be published.
    pub(super) is_new: bool,
}

impl InitialRuleset {
    /// What the topic says is in force; the first ruleset of this process if it says nothing, or if the user asked for
    /// it.
    pub(super) fn find(loader: &RulesetLoader<'_>, archive: &Archive) -> Result<Self, RunError> {
        let take_folder = matches!(loader.origin, Origin::Folder { take: true }) && loader.known.is_none();
        match archive.newest().filter(|_| !take_folder) {
            Some(publication) => Self::in_force(loader, archive, publication),
            None => Self::first(loader, archive),
        }
    }

    fn in_force(loader: &RulesetLoader<'_>, archive: &Archive, publication: &Publication) -> Result<Self, RunError> {
        let built = match loader.origin {
            Origin::Built(ruleset) => Some(ruleset),
            Origin::Folder { .. } => None,
        };
        let at_hand = loader.known.iter().chain(built).find(|ruleset| ruleset.hash == publication.ruleset);
        let ruleset = match at_hand {
            Some(ruleset) => Arc::clone(ruleset),
            None => loader.published(archive, &publication.ruleset)?,
        };
        Ok(Self { ruleset, publication: publication.clone(), is_new: false })
    }

    fn first(loader: &RulesetLoader<'_>, archive: &Archive) -> Result<Self, RunError> {
        let ruleset = loader.first()?;
        let newest = archive.newest();
        let same = newest.filter(|newest| newest.ruleset == ruleset.hash && archive.files(&ruleset.hash).is_some());
        if let Some(publication) = same {
            return Ok(Self { ruleset, publication: publication.clone(), is_new: false });
        }
        let previous = newest.map(|newest| newest.ruleset.as_str());
        let publication = Publication::next(newest, &ruleset.hash, previous, Trigger::Start, Timestamp::now());
        Ok(Self { ruleset, publication, is_new: true })
    }
}
