SELECT operator_id,
  -- @zh 保存期内记录条数
  -- @en Records kept
  -- @missing 0
  count(*) AS alerts_kept,

  -- @zh 近3日鼠类报警合并次数
  -- @en Rodent episodes, 3 days
  -- @missing 0
  episodes(occurred_at, INTERVAL '10 minutes') FILTER (
    WHERE class = 'rodent' AND review IS DISTINCT FROM 'false_alarm' AND within(occurred_at, INTERVAL '3 days'))
    AS rodents_3d,

  -- @zh 第4日至第10日报警次数
  -- @en Alerts from the fourth to the tenth day back
  -- @missing 0
  count(*) FILTER (
    WHERE kind = 'alert' AND within(occurred_at, INTERVAL '10 days') AND NOT within(occurred_at, INTERVAL '3 days'))
    AS alerts_4d_to_10d,

  -- @zh 今日报警次数
  -- @en Alerts of this day
  -- @missing 0
  count(*) FILTER (WHERE beijing_date(occurred_at) = beijing_date(as_of())) AS alerts_today,

  -- @zh 报警类别数
  -- @en Classes of alerts
  -- @missing 0
  count(DISTINCT class) FILTER (WHERE within(reported_at, INTERVAL '5 days')) AS classes_5d,

  -- @zh 置信度之和
  -- @en Sum of confidences
  -- @missing unknown
  sum(confidence) FILTER (WHERE within(occurred_at, INTERVAL '5 days')) AS confidence_5d,

  -- @zh 最近一次类别
  -- @en The newest class
  -- @missing unknown
  last_value(class ORDER BY occurred_at, event_id, publisher) AS class_newest,

  -- @zh 距最近一次报警天数
  -- @en Days since the newest alert
  -- @missing unknown
  days_since(max(occurred_at)) AS days_since_alert,

  -- @zh 是否出现过鼠类
  -- @en Whether there was a rodent
  -- @missing 0
  bool_or(class = 'rodent') FILTER (WHERE within(occurred_at, INTERVAL '20 days')) AS any_rodent_20d,

  -- @zh 离线占比（无在线记录时无法计算）
  -- @en Offline to online reports; fails where there is none online
  -- @missing unknown
  count(*) FILTER (WHERE state = 'offline') * 100 / count(*) FILTER (WHERE kind = 'status' AND state = 'online')
    AS offline_share
FROM camera_alerts GROUP BY operator_id
