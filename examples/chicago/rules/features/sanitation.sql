-- Residents' complaints about garbage and the like near an operator.
-- 经营者附近的居民环境卫生投诉。
SELECT operator_id,
  -- @zh 近90日150米内的居民环境卫生投诉件数
  -- @en Residents' sanitation complaints within 150 m, 90 days
  -- @missing 0
  count(*) FILTER (WHERE within(occurred_at, INTERVAL '90 days')) AS sanitation_complaints_90d
FROM sanitation GROUP BY operator_id
