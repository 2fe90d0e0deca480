SELECT operator_id,
  -- @zh 近9日投诉件数
  -- @en Complaints in 9 days
  -- @missing 0
  count(*) FILTER (WHERE within(occurred_at, INTERVAL '9 days')) AS complaints_9d
FROM complaints GROUP BY operator_id
