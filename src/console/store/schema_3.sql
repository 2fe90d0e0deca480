-- A link may set the password of an account anew; administrators see which links are open, and take them back.
ALTER TABLE invitation ADD COLUMN invitation_id TEXT NOT NULL DEFAULT '';
ALTER TABLE invitation ADD COLUMN account_id TEXT REFERENCES account (account_id);
ALTER TABLE invitation ADD COLUMN made_by TEXT;
ALTER TABLE invitation ADD COLUMN made_at INTEGER NOT NULL DEFAULT 0;
UPDATE invitation SET invitation_id = lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-' || hex(randomblob(2))
  || '-' || hex(randomblob(2)) || '-' || hex(randomblob(6)));
CREATE UNIQUE INDEX invitation_by_id ON invitation (invitation_id);

CREATE INDEX audit_by_account ON audit (account, entry_id);
CREATE INDEX session_by_end ON session (expires_at);
CREATE INDEX draft_by_age ON draft (saved_at);
