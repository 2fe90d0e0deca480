SELECT operator_id,
  -- @zh 近7日疑似鼠类活动次数
  -- @en Suspected rodent episodes, 7 days
  -- @missing unknown
  episodes(occurred_at, INTERVAL '10 minutes') FILTER (
    WHERE kind = 'alert' AND class = 'rodent'
      AND review IS DISTINCT FROM 'false_alarm'
      AND within(occurred_at, INTERVAL '7 days')) AS rodent_episodes_7d
FROM camera_alerts GROUP BY operator_id
