-- How far each partition was read: written together with what was read.
CREATE TABLE position (
  topic TEXT NOT NULL,
  partition INTEGER NOT NULL,
  next_offset INTEGER NOT NULL,
  PRIMARY KEY (topic, partition)
) WITHOUT ROWID;

CREATE TABLE operator (
  number INTEGER PRIMARY KEY,
  operator_id TEXT NOT NULL UNIQUE,
  name TEXT,
  address TEXT,
  business_form TEXT,
  protected_group TEXT,
  sub_district TEXT,
  community TEXT,
  grid TEXT,
  registered INTEGER NOT NULL,
  score INTEGER NOT NULL,
  -- 0 none, 1 blue, 2 yellow, 3 orange, 4 red.
  level INTEGER NOT NULL,
  to_next INTEGER,
  as_of INTEGER NOT NULL,
  degraded INTEGER NOT NULL,
  warning_id TEXT,
  -- What is searched: name, number, address, initials of the name; lower-case.
  search TEXT NOT NULL
);
CREATE INDEX operator_by_score ON operator (score DESC, operator_id);
CREATE INDEX operator_by_name ON operator (name, operator_id);
CREATE INDEX operator_by_area ON operator (sub_district, community, grid);

CREATE VIRTUAL TABLE operator_search USING fts5 (search, content = 'operator', content_rowid = 'number', tokenize = 'trigram');
CREATE TRIGGER operator_is_added AFTER INSERT ON operator BEGIN
  INSERT INTO operator_search (rowid, search) VALUES (new.number, new.search);
END;
CREATE TRIGGER operator_is_removed AFTER DELETE ON operator BEGIN
  INSERT INTO operator_search (operator_search, rowid, search) VALUES ('delete', old.number, old.search);
END;
CREATE TRIGGER operator_is_renamed AFTER UPDATE OF search ON operator WHEN old.search <> new.search BEGIN
  INSERT INTO operator_search (operator_search, rowid, search) VALUES ('delete', old.number, old.search);
  INSERT INTO operator_search (rowid, search) VALUES (new.number, new.search);
END;

-- The whole records of the scores topic, apart, so that lists do not read them.
CREATE TABLE score_record (operator_id TEXT PRIMARY KEY, record TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE score_point (
  operator_id TEXT NOT NULL,
  as_of INTEGER NOT NULL,
  score INTEGER NOT NULL,
  level INTEGER NOT NULL,
  PRIMARY KEY (operator_id, as_of)
) WITHOUT ROWID;
CREATE INDEX score_point_by_time ON score_point (as_of, operator_id);

CREATE TABLE warning (
  warning_id TEXT PRIMARY KEY,
  operator_id TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  open INTEGER NOT NULL,
  level INTEGER NOT NULL,
  highest_level INTEGER NOT NULL,
  step TEXT NOT NULL,
  text_zh TEXT NOT NULL,
  text_en TEXT NOT NULL,
  opened_at INTEGER NOT NULL,
  as_of INTEGER NOT NULL,
  ended_at INTEGER,
  due_at INTEGER,
  state TEXT,
  state_since INTEGER,
  acknowledge_by INTEGER,
  overdue INTEGER NOT NULL,
  extension_asked INTEGER NOT NULL,
  assignee TEXT,
  assignee_zh TEXT,
  assignee_en TEXT,
  unrouted INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX warning_by_operator ON warning (operator_id, opened_at DESC);
CREATE INDEX warning_by_level ON warning (open, level DESC, as_of DESC);
CREATE INDEX warning_by_opening ON warning (opened_at);

CREATE TABLE warning_event (
  warning_id TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  operator_id TEXT NOT NULL,
  as_of INTEGER NOT NULL,
  record TEXT NOT NULL,
  PRIMARY KEY (warning_id, sequence)
) WITHOUT ROWID;
CREATE INDEX warning_event_by_operator ON warning_event (operator_id, as_of DESC);

CREATE TABLE warning_finding (
  warning_id TEXT NOT NULL,
  rule TEXT NOT NULL,
  PRIMARY KEY (warning_id, rule)
) WITHOUT ROWID;

-- Whom a warning concerns: `act`, `passed` had it before, `above` on the ladder, `copy`.
CREATE TABLE warning_post (
  warning_id TEXT NOT NULL,
  post TEXT NOT NULL,
  relation TEXT NOT NULL,
  PRIMARY KEY (warning_id, post, relation)
) WITHOUT ROWID;
CREATE INDEX warning_post_by_post ON warning_post (post, warning_id);

CREATE TABLE post (post TEXT PRIMARY KEY, title_zh TEXT NOT NULL, title_en TEXT NOT NULL) WITHOUT ROWID;

-- The newest revision of each event of the dispositions topic, without personal data.
CREATE TABLE disposition (
  operator_id TEXT NOT NULL,
  publisher TEXT NOT NULL,
  event_id TEXT NOT NULL,
  revision INTEGER NOT NULL,
  retracted INTEGER NOT NULL,
  occurred_at INTEGER NOT NULL,
  warning_id TEXT,
  record TEXT NOT NULL,
  PRIMARY KEY (operator_id, publisher, event_id)
) WITHOUT ROWID;
CREATE INDEX disposition_by_warning ON disposition (warning_id, occurred_at);
CREATE INDEX disposition_by_time ON disposition (operator_id, occurred_at DESC);

-- What the engine made of dispositions: applied, or refused and why.
CREATE TABLE decision (
  publisher TEXT NOT NULL,
  event_id TEXT NOT NULL,
  applied INTEGER NOT NULL,
  code TEXT,
  text_zh TEXT,
  text_en TEXT,
  decided_at INTEGER NOT NULL,
  PRIMARY KEY (publisher, event_id)
) WITHOUT ROWID;

CREATE TABLE area (
  area_key TEXT PRIMARY KEY,
  depth INTEGER NOT NULL,
  sub_district TEXT,
  community TEXT,
  grid TEXT,
  record TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE dead_letter_count (
  topic TEXT NOT NULL,
  code TEXT NOT NULL,
  count INTEGER NOT NULL,
  newest_at INTEGER,
  PRIMARY KEY (topic, code)
) WITHOUT ROWID;
