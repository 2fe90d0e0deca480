SELECT operator_id,
  -- @zh 近一年红色预警件数
  -- @en Red warnings within a year
  -- @missing 0
  count(*) FILTER (
    WHERE level = 'red' AND within(closed_at, INTERVAL '365 days')) AS red_warnings_365d
FROM past_warnings GROUP BY operator_id
