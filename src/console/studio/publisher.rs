//! What was approved comes into force: proved once more, written to the folder, taken by the engine as it takes any edit
//! of the folder. A change that is approved and not in force yet is gone on with after a start, from wherever it was.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;
use yujing_base::language::{Bilingual, say};
use yujing_core::ruleset::content_hash;
use yujing_live::reload::{ReloadAttempt, ReloadOutcome};
use yujing_telemetry::console::ConsoleFailed;
use yujing_telemetry::{InternalEvent as _, Metrics};

use super::folder::Texts;
use super::moved::moved_by_others;
use super::writing::{Wanted, write};
use super::{Bell, Studio};
use crate::engine::Engine;
use crate::error::ConsoleError;
use crate::feed::{self, Feed};
use crate::store::Store;
use crate::store::change::Change;

/// How often it is looked whether something is to be done, beside the bell.
const LOOK_INTERVAL: Duration = Duration::from_secs(2);
/// How long the engine is left alone if it does not answer.
const PAUSE: Duration = Duration::from_secs(2);

/// Brings approved changes into force, one after the other, on a thread of its own.
#[derive(Debug)]
pub struct Publisher {
    pub studio: Arc<Studio>,
    pub store: Arc<Store>,
    pub engine: Engine,
    pub feed: Feed,
    pub bell: Bell,
    pub metrics: Arc<Metrics>,
    pub stop: CancellationToken,
}

/// Why a change is not in force.
enum Obstacle {
    /// It never will be.
    Refused(Bilingual),
    /// Later, perhaps.
    Away,
    Database(ConsoleError),
}

impl From<ConsoleError> for Obstacle {
    fn from(error: ConsoleError) -> Self {
        Self::Database(error)
    }
}

impl Publisher {
    /// Works until asked to stop.
    pub fn run(self) {
        while !self.stop.is_cancelled() {
            let outcome = self.store.next_approved().map_err(Obstacle::from).and_then(|next| match next {
                Some(change) => self.publish(&change).map(|()| true),
                None => Ok(false),
            });
            match outcome {
                Ok(true) => {}
                Ok(false) => self.bell.wait(LOOK_INTERVAL),
                Err(Obstacle::Database(error)) => {
                    ConsoleFailed { reason: &error.to_string() }.emit(&self.metrics);
                    self.bell.wait(LOOK_INTERVAL);
                }
                Err(_) => self.bell.wait(PAUSE),
            }
        }
    }

    fn publish(&self, change: &Change) -> Result<(), Obstacle> {
        let ended = self.write(change).and_then(|ruleset| self.bring_into_force(change, &ruleset));
        let failure = match ended {
            Ok(()) => None,
            Err(Obstacle::Refused(why)) => Some(why),
            Err(later) => return Err(later),
        };
        self.store.end_change(change.id, failure.as_ref(), Timestamp::now())?;
        self.tell();
        Ok(())
    }

    /// Puts it into the folder, unless it stands there. The ruleset's hash.
    fn write(&self, change: &Change) -> Result<String, Obstacle> {
        if let Some(ruleset) = change.ruleset.clone().filter(|_| change.written) {
            return Ok(ruleset);
        }
        self.refuse_if_moved(change)?;
        let texts = self.studio.with_change(change).map_err(|refusal| Obstacle::Refused(refusal.text()))?;
        if let Err(refusal) = self.studio.prove(&texts) {
            // Whoever stops the program has refused nothing.
            return Err(if self.stop.is_cancelled() { Obstacle::Away } else { Obstacle::Refused(refusal.text()) });
        }
        // Somebody may have edited the folder meanwhile.
        self.refuse_if_moved(change)?;
        let wanted: Vec<Wanted<'_>> =
            change.files.iter().map(|file| Wanted { path: &file.path, text: file.text.as_deref() }).collect();
        write(self.studio.path(), &wanted).map_err(|error| {
            Obstacle::Refused(say!("规则文件夹无法写入：{error}", "the rules folder cannot be written: {error}"))
        })?;
        let ruleset = content_hash(&texts.files);
        self.keep(&texts.clone().without_change(change))?;
        self.keep(&texts)?;
        self.store.note_written(change.id, &ruleset, Timestamp::now())?;
        self.tell();
        Ok(ruleset)
    }

    /// Keeps what the folder holds, for whoever goes back to it.
    fn keep(&self, texts: &Texts) -> Result<(), ConsoleError> {
        self.store.keep_folder(&content_hash(&texts.files), &texts.all(), Timestamp::now())
    }

    /// Refuses a change whose folder is not as it was, and takes back what was written of it.
    fn refuse_if_moved(&self, change: &Change) -> Result<(), Obstacle> {
        let folder = self.studio.folder().map_err(|refusal| Obstacle::Refused(refusal.text()))?;
        let moved = moved_by_others(change, &folder);
        if moved.is_empty() {
            return Ok(());
        }
        self.take_back(change);
        let paths = moved.iter().map(|file| file.path.as_str()).collect::<Vec<_>>().join(", ");
        Err(Obstacle::Refused(say!(
            "批准后规则文件夹又有改动，未写入：{paths}。请基于现有内容重新提交",
            "the folder was edited after the approval, and nothing was written: {paths}; lay the change over it and propose it again"
        )))
    }

    /// Has the engine take the folder, and waits for what it says.
    fn bring_into_force(&self, change: &Change, ruleset: &str) -> Result<(), Obstacle> {
        let is_in_force = || self.engine.ruleset().is_ok_and(|in_force| in_force.hash == ruleset);
        if is_in_force() {
            return Ok(());
        }
        let attempt = self.attempt()?;
        if is_in_force() {
            return Ok(());
        }
        let tried_this = attempt.ruleset.as_deref() == Some(ruleset);
        match attempt.refusal {
            Some(refusal) if attempt.outcome == Some(ReloadOutcome::Refused) && tried_this => {
                self.take_back(change);
                Err(Obstacle::Refused(refusal.text()))
            }
            Some(refusal) if attempt.ruleset.is_none() => Err(Obstacle::Refused(refusal.text())),
            _ if tried_this => Err(Obstacle::Away),
            _ => Err(Obstacle::Refused(Bilingual::new(
                "写入后规则文件夹又有改动，引擎采用的是改动后的内容",
                "the folder was edited after the change was written, and the engine took what it holds now",
            ))),
        }
    }

    /// An attempt of the engine at the folder, followed to its end.
    fn attempt(&self) -> Result<ReloadAttempt, Obstacle> {
        let begun = self.engine.reload();
        begun.and_then(|begun| self.engine.ended(begun, Duration::MAX, &self.stop)).map_err(|_| Obstacle::Away)
    }

    /// Puts back what stood in the folder before, where the change still stands there.
    fn take_back(&self, change: &Change) {
        let Ok(folder) = self.studio.folder() else { return };
        let is_ours = |path: &str, text: Option<&str>| folder.text(path) == text;
        let files = change.files.iter().filter(|file| is_ours(&file.path, file.text.as_deref()));
        let before: Vec<Wanted<'_>> =
            files.map(|file| Wanted { path: &file.path, text: file.base.as_deref() }).collect();
        if let Err(error) = write(self.studio.path(), &before) {
            ConsoleFailed { reason: &format!("the rules folder cannot be written: {error}") }.emit(&self.metrics);
        }
    }

    fn tell(&self) {
        self.feed.tell(feed::Change { rules: true, ..feed::Change::default() });
    }
}
