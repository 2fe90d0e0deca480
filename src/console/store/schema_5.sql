-- Photographs (附件): their bytes are in the folder or object store that `console.attachments` names, under their hash.
CREATE TABLE picture (
  sha256 TEXT PRIMARY KEY,
  media_type TEXT NOT NULL,
  size INTEGER NOT NULL,
  width INTEGER NOT NULL,
  height INTEGER NOT NULL,
  -- Whether the bytes have arrived there.
  stored INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

-- Who attached which to which warning: a draft until an answer names it.
CREATE TABLE attachment (
  warning_id TEXT NOT NULL,
  sha256 TEXT NOT NULL REFERENCES picture (sha256),
  account_id TEXT NOT NULL REFERENCES account (account_id),
  account TEXT NOT NULL,
  added_at INTEGER NOT NULL,
  sent INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (warning_id, sha256, account_id)
) WITHOUT ROWID;
CREATE INDEX attachment_by_picture ON attachment (sha256);
CREATE INDEX attachment_draft ON attachment (account_id, added_at) WHERE NOT sent;

-- The references with which an answer leaves, as they were when it was given.
ALTER TABLE answer ADD COLUMN attachments TEXT NOT NULL DEFAULT '[]';
