-- Refused records on their way to their topics again, in the order in which they were asked for; each at most once. The
-- instant is part of what names one: a topic that was made anew has the same offsets again.
CREATE TABLE retry (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  topic TEXT NOT NULL,
  partition INTEGER NOT NULL,
  record_offset INTEGER NOT NULL,
  refused_at INTEGER NOT NULL,
  account TEXT NOT NULL,
  asked_at INTEGER NOT NULL,
  -- Where each partition of its topic ended before the first try: what was sent stands behind.
  ends TEXT,
  sent_at INTEGER,
  -- Kafka had deleted it before it could be sent.
  gone INTEGER NOT NULL DEFAULT 0,
  UNIQUE (topic, partition, record_offset, refused_at)
);
CREATE INDEX retry_waiting ON retry (number) WHERE sent_at IS NULL AND NOT gone;
