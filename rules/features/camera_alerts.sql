-- 明厨亮灶智能识别报警。间隔不超过10分钟的同类报警合并为一次；复核为误报的不计。
-- 智能识别存在误报，低置信度的只作为核查线索。
-- Alerts of kitchen cameras. Alerts no more than 10 minutes apart are one episode; false alarms do not count. Recognition
-- errs: what it is unsure of is a reason to look, not a proof.
SELECT operator_id,
  -- @zh 近7日疑似鼠类活动次数（间隔不超过10分钟计一次，误报不计）
  -- @en Suspected rodent episodes, 7 days (10-minute gap; false alarms excluded)
  -- @missing unknown
  episodes(occurred_at, INTERVAL '10 minutes') FILTER (
    WHERE kind = 'alert' AND class = 'rodent' AND coalesce(confidence, 0.5) >= 0.5
      AND review IS DISTINCT FROM 'false_alarm'
      AND within(occurred_at, INTERVAL '7 days')) AS rodent_episodes_7d,

  -- @zh 近24小时高置信度（0.8以上）疑似鼠类活动次数
  -- @en Suspected rodent episodes with confidence 0.8 or more, 24 hours
  -- @missing unknown
  episodes(occurred_at, INTERVAL '10 minutes') FILTER (
    WHERE kind = 'alert' AND class = 'rodent' AND confidence >= 0.8
      AND review IS DISTINCT FROM 'false_alarm'
      AND within(occurred_at, INTERVAL '24 hours')) AS rodent_strong_episodes_24h,

  -- @zh 近24小时经人工复核属实的鼠类报警条数
  -- @en Rodent alerts confirmed by a person, 24 hours
  -- @missing unknown
  count(*) FILTER (
    WHERE kind = 'alert' AND class = 'rodent' AND review = 'confirmed'
      AND within(occurred_at, INTERVAL '24 hours')) AS rodent_confirmed_24h,

  -- @zh 近7日疑似蟑螂活动次数
  -- @en Suspected cockroach episodes, 7 days
  -- @missing unknown
  episodes(occurred_at, INTERVAL '10 minutes') FILTER (
    WHERE kind = 'alert' AND class = 'cockroach' AND coalesce(confidence, 0.5) >= 0.5
      AND review IS DISTINCT FROM 'false_alarm'
      AND within(occurred_at, INTERVAL '7 days')) AS cockroach_episodes_7d,

  -- @zh 近14日未按规定佩戴口罩、工作帽、手套或者穿着工作服的次数
  -- @en Episodes without mask, hat, gloves or uniform, 14 days
  -- @missing unknown
  episodes(occurred_at, INTERVAL '10 minutes') FILTER (
    WHERE kind = 'alert' AND class IN ('no_mask', 'no_hat', 'no_gloves', 'no_uniform')
      AND coalesce(confidence, 0.5) >= 0.5 AND review IS DISTINCT FROM 'false_alarm'
      AND within(occurred_at, INTERVAL '14 days')) AS hygiene_episodes_14d,

  -- @zh 近14日出现上述情形的天数
  -- @en Days with such an episode, 14 days
  -- @missing unknown
  count(DISTINCT beijing_date(occurred_at)) FILTER (
    WHERE kind = 'alert' AND class IN ('no_mask', 'no_hat', 'no_gloves', 'no_uniform')
      AND coalesce(confidence, 0.5) >= 0.5 AND review IS DISTINCT FROM 'false_alarm'
      AND within(occurred_at, INTERVAL '14 days')) AS hygiene_days_14d,

  -- @zh 近14日专间内疑似裸手操作次数（置信度0.8以上）
  -- @en Episodes of bare hands in the cold room, confidence 0.8 or more, 14 days
  -- @missing unknown
  episodes(occurred_at, INTERVAL '10 minutes') FILTER (
    WHERE kind = 'alert' AND class = 'bare_hands' AND zone = 'cold_room' AND confidence >= 0.8
      AND review IS DISTINCT FROM 'false_alarm'
      AND within(occurred_at, INTERVAL '14 days')) AS cold_room_bare_hands_14d,

  -- @zh 近24小时疑似吸烟次数（置信度0.8以上）
  -- @en Episodes of smoking, confidence 0.8 or more, 24 hours
  -- @missing unknown
  episodes(occurred_at, INTERVAL '10 minutes') FILTER (
    WHERE kind = 'alert' AND class = 'smoking' AND confidence >= 0.8
      AND review IS DISTINCT FROM 'false_alarm'
      AND within(occurred_at, INTERVAL '24 hours')) AS smoking_episodes_24h,

  -- @zh 近24小时疑似明火无人看管次数（置信度0.8以上，持续60秒以上）
  -- @en Episodes of fire unattended for 60 seconds or more, confidence 0.8 or more, 24 hours
  -- @missing unknown
  episodes(occurred_at, INTERVAL '10 minutes') FILTER (
    WHERE kind = 'alert' AND class = 'unattended_fire' AND confidence >= 0.8
      AND ended_at - started_at >= INTERVAL '60 seconds'
      AND review IS DISTINCT FROM 'false_alarm'
      AND within(occurred_at, INTERVAL '24 hours')) AS unattended_fire_episodes_24h,

  -- @zh 近30日洗消区域操作不规范报警次数
  -- @en Episodes of bad practice in the washing area, 30 days
  -- @missing unknown
  episodes(occurred_at, INTERVAL '10 minutes') FILTER (
    WHERE kind = 'alert' AND zone = 'washing'
      AND class IS NOT NULL AND class NOT IN ('camera_blocked', 'camera_offline', 'other')
      AND coalesce(confidence, 0.5) >= 0.5 AND review IS DISTINCT FROM 'false_alarm'
      AND within(occurred_at, INTERVAL '30 days')) AS washing_area_episodes_30d,

  -- @zh 近24小时摄像头疑似被遮挡次数（间隔不超过2小时计一次）
  -- @en Episodes of a blocked camera, 24 hours (2-hour gap)
  -- @missing unknown
  episodes(occurred_at, INTERVAL '2 hours') FILTER (
    WHERE kind = 'alert' AND class = 'camera_blocked' AND review IS DISTINCT FROM 'false_alarm'
      AND within(occurred_at, INTERVAL '24 hours')) AS camera_blocked_episodes_24h,

  -- @zh 近7日后厨出现人员操作、吸烟、用火等活动报警的天数
  -- @en Days with alerts about people at work in the kitchen, 7 days
  -- @missing unknown
  count(DISTINCT beijing_date(occurred_at)) FILTER (
    WHERE kind = 'alert' AND review IS DISTINCT FROM 'false_alarm'
      AND class IN ('no_mask', 'no_hat', 'no_gloves', 'no_uniform', 'bare_hands', 'smoking', 'phone_use', 'unattended_fire')
      AND within(occurred_at, INTERVAL '7 days')) AS kitchen_activity_days_7d
FROM camera_alerts GROUP BY operator_id
