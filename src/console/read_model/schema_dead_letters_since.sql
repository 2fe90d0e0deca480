-- Refused records by when they were refused.
CREATE INDEX dead_letter_by_time ON dead_letter (refused_at);
