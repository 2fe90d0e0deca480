SELECT operator_id,
  -- @zh 近50小时报警次数
  -- @en Alerts in 50 hours
  -- @missing 0
  count(*) FILTER (WHERE kind = 'alert' AND within(occurred_at, INTERVAL '50 hours')) AS alerts_50h,

  -- @zh 近7日鼠类报警次数
  -- @en Rodents in 7 days
  -- @missing 0
  count(*) FILTER (WHERE class = 'rodent' AND within(occurred_at, INTERVAL '7 days')) AS rodents_7d,

  -- @zh 距最近一次报警天数
  -- @en Days since the newest alert
  -- @missing unknown
  days_since(max(occurred_at)) AS days_since_alert
FROM camera_alerts GROUP BY operator_id
