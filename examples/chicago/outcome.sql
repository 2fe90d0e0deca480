-- What was found: whether a routine inspection found critical violations. The source is the mapped one, so no inspector.
SELECT operator_id, occurred_at AS at, critical > 0 AS outcome
FROM inspections
