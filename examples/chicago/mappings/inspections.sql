-- Routine inspections → inspections. Dates only: each counts as of 17:00 of its day. The inspector is left out on purpose.
SELECT
  CAST(inspection_id AS VARCHAR) AS event_id,
  CAST(license AS VARCHAR) AS operator_id,
  'city-of-chicago' AS publisher,
  concat(date, 'T17:00:00-06:00') AS occurred_at,
  CASE result WHEN 'Pass' THEN 'pass' WHEN 'Pass w/ Conditions' THEN 'conditions' WHEN 'Fail' THEN 'fail' END AS result,
  critical,
  serious,
  minor
FROM inspections
ORDER BY date, inspection_id
