//! What nobody needs any more is deleted, so that tables stay bounded: sessions that ended, links that were used or are too
//! old, drafts that nobody came back to, photographs that no answer names. The audit trail and answers stay.

use jiff::{SignedDuration, Timestamp};

use super::Store;
use crate::error::ConsoleError;
use crate::instant::micros;

/// Who has not come back to a draft for so long will not: no clock of a warning runs longer.
const DRAFTS_KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);
/// A photograph that no answer names stays as long as there is a draft of its account and warning, and at least so long.
const PICTURES_KEPT: SignedDuration = SignedDuration::from_hours(24);

/// How many rows were deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pruned {
    pub sessions: usize,
    pub invitations: usize,
    pub drafts: usize,
    pub attachments: usize,
}

impl Store {
    /// Deletes what has no use after `now`.
    ///
    /// # Errors
    /// If the database fails.
    pub fn prune(&self, now: Timestamp) -> Result<Pruned, ConsoleError> {
        let since = |kept| now.saturating_sub(kept).unwrap_or(Timestamp::MIN);
        let (drafts_from, pictures_from) = (since(DRAFTS_KEPT), since(PICTURES_KEPT));
        self.database.write(|db| {
            let unused = "DELETE FROM attachment WHERE NOT sent AND added_at <= ?1 AND NOT EXISTS (
                SELECT 1 FROM draft
                WHERE draft.account_id = attachment.account_id AND draft.warning_id = attachment.warning_id)";
            let gone = "DELETE FROM invitation WHERE expires_at <= ?1 OR used_at IS NOT NULL";
            Ok(Pruned {
                sessions: db.execute("DELETE FROM session WHERE expires_at <= ?1", [micros(now)])?,
                invitations: db.execute(gone, [micros(now)])?,
                drafts: db.execute("DELETE FROM draft WHERE saved_at <= ?1", [micros(drafts_from)])?,
                attachments: db.execute(unused, [micros(pictures_from)])?,
            })
        })
    }
}
