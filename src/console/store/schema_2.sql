-- Changes of rules (规则变更): what somebody wants otherwise in the rules folder, and what became of it.
CREATE TABLE rule_change (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  change_id TEXT NOT NULL UNIQUE,
  title TEXT NOT NULL,
  reason TEXT NOT NULL,
  state TEXT NOT NULL,
  author_id TEXT NOT NULL,
  author TEXT NOT NULL,
  author_name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  changed_at INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  -- The folder that it is written against: its version, and the hash of every file.
  base_version TEXT NOT NULL,
  base_hashes TEXT NOT NULL,
  approver TEXT,
  -- Whether an approved one stands in the folder.
  written INTEGER NOT NULL DEFAULT 0,
  -- The ruleset that it made.
  ruleset TEXT,
  failure TEXT
);
CREATE INDEX rule_change_by_state ON rule_change (state, number);

CREATE TABLE rule_change_file (
  change_id TEXT NOT NULL,
  path TEXT NOT NULL,
  -- NULL: it is not there.
  base TEXT,
  text TEXT,
  PRIMARY KEY (change_id, path)
) WITHOUT ROWID;

-- Who wrote it: none of them may approve it.
CREATE TABLE rule_change_writer (
  change_id TEXT NOT NULL,
  account_id TEXT NOT NULL,
  PRIMARY KEY (change_id, account_id)
) WITHOUT ROWID;

CREATE TABLE rule_change_step (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  change_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  account TEXT NOT NULL,
  step TEXT NOT NULL,
  reason TEXT
);
CREATE INDEX rule_change_step_by_change ON rule_change_step (change_id, number);

-- The last trial of each change.
CREATE TABLE rule_trial (
  change_id TEXT PRIMARY KEY,
  -- Of what was tried.
  content TEXT NOT NULL,
  state TEXT NOT NULL,
  asked TEXT NOT NULL,
  started_at INTEGER,
  ended_at INTEGER,
  failure TEXT,
  result TEXT
) WITHOUT ROWID;

-- Which change stands in the folder of the candidate.
CREATE TABLE rule_shadow (
  candidate TEXT PRIMARY KEY,
  change_id TEXT NOT NULL,
  ruleset TEXT NOT NULL,
  since INTEGER NOT NULL
) WITHOUT ROWID;
