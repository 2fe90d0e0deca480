-- What the examination of a proposed change gave: the check, all cases, and what it would do to the levels of that moment.
CREATE TABLE rule_examination (
  change_id TEXT PRIMARY KEY,
  -- Of what was examined.
  content TEXT NOT NULL,
  passed INTEGER NOT NULL,
  at INTEGER NOT NULL,
  report TEXT NOT NULL
) WITHOUT ROWID;

-- What rules folders held, cases included, by the ruleset that they made. Texts are kept once.
CREATE TABLE kept_folder (
  ruleset TEXT PRIMARY KEY,
  files TEXT NOT NULL,
  kept_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE kept_text (
  hash TEXT PRIMARY KEY,
  text TEXT NOT NULL
) WITHOUT ROWID;
