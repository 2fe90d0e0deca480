CREATE TABLE account (
  account_id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  display_name TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  access TEXT NOT NULL,
  disabled INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  failures INTEGER NOT NULL DEFAULT 0,
  locked_until INTEGER
);

CREATE TABLE session (
  token_hash TEXT PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES account (account_id),
  csrf_token TEXT NOT NULL,
  began_at INTEGER NOT NULL,
  rotated_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  -- The token before the last rotation, which requests under way still bear, and until when it is taken.
  former_hash TEXT,
  former_until INTEGER
) WITHOUT ROWID;
CREATE INDEX session_by_account ON session (account_id);
CREATE INDEX session_by_former ON session (former_hash);

CREATE TABLE invitation (
  token_hash TEXT PRIMARY KEY,
  access TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  used_at INTEGER
) WITHOUT ROWID;

-- Who saw and did what. Nothing in it is changed or deleted.
CREATE TABLE audit (
  entry_id INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  account TEXT,
  action TEXT NOT NULL,
  object TEXT,
  address TEXT,
  detail TEXT
);
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;

CREATE TABLE draft (
  account_id TEXT NOT NULL REFERENCES account (account_id),
  warning_id TEXT NOT NULL,
  content TEXT NOT NULL,
  saved_at INTEGER NOT NULL,
  PRIMARY KEY (account_id, warning_id)
) WITHOUT ROWID;

-- Up to which event an account has seen a warning.
CREATE TABLE seen (
  account_id TEXT NOT NULL REFERENCES account (account_id),
  warning_id TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  PRIMARY KEY (account_id, warning_id)
) WITHOUT ROWID;

-- Answers given here, in the order in which they leave.
CREATE TABLE answer (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  answer_id TEXT NOT NULL UNIQUE,
  account_id TEXT NOT NULL REFERENCES account (account_id),
  account TEXT NOT NULL,
  warning_id TEXT NOT NULL,
  operator_id TEXT NOT NULL,
  request TEXT NOT NULL,
  made_at INTEGER NOT NULL,
  sent_at INTEGER,
  partition INTEGER,
  record_offset INTEGER
);
CREATE INDEX answer_by_warning ON answer (warning_id);
CREATE INDEX answer_by_account ON answer (account_id);
CREATE INDEX answer_kept ON answer (number) WHERE sent_at IS NULL;
