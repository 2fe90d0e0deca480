SELECT operator_id,
  -- @zh 近20日结束的预警件数
  -- @en Warnings that ended within 20 days
  -- @missing 0
  count(*) FILTER (WHERE within(closed_at, INTERVAL '20 days')) AS warnings_20d,

  -- @zh 近60日结束的预警中超期或者属实的件数
  -- @en Warnings that ended within 60 days and were overdue or true
  -- @missing 0
  count(*) FILTER (
    WHERE (overdue OR verdict = 'confirmed') AND within(closed_at, INTERVAL '60 days')) AS bad_warnings_60d,

  -- @zh 距最近一次预警结束天数
  -- @en Days since the latest warning ended
  -- @missing unknown
  days_since(max(closed_at)) AS days_since_warning
FROM past_warnings GROUP BY operator_id
