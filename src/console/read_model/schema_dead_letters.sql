-- Refused records, newest last: what they are, and where they stand on the topics of dead letters. The records stay there.
CREATE TABLE dead_letter (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  topic TEXT NOT NULL,
  partition INTEGER NOT NULL,
  record_offset INTEGER NOT NULL,
  refused_at INTEGER NOT NULL,
  code TEXT NOT NULL,
  message TEXT NOT NULL,
  pointer TEXT NOT NULL,
  publisher TEXT,
  operator_id TEXT,
  event_id TEXT,
  cut INTEGER NOT NULL,
  UNIQUE (topic, partition, record_offset)
);
CREATE INDEX dead_letter_by_code ON dead_letter (topic, code, number);
