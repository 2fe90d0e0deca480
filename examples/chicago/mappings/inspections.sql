-- Routine inspections → inspections. Dates only: each counts as of 17:00 of its day. The inspector is left out on purpose.
SELECT
  inspection_id AS event_id,
  license AS operator_id,
  'city-of-chicago' AS publisher,
  concat(date, 'T17:00:00-06:00') AS occurred_at,
  CASE result WHEN 'Pass' THEN 'pass' WHEN 'Pass w/ Conditions' THEN 'conditions' WHEN 'Fail' THEN 'fail' END AS result,
  critical,
  serious,
  minor
FROM inspections
ORDER BY date, CAST(inspection_id AS BIGINT)
