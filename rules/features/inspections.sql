-- 监督检查。复查合格（inspection_type = 'follow_up' 且 verdict = 'pass'）之前发现的问题视为已整改，不再计入 open_ 开头的指标。
-- Inspections. What was found before a passed follow-up counts as put right and leaves the `open_` features.
SELECT operator_id,
  -- @zh 近90日发现重点项目不符合且尚未复查合格的检查次数
  -- @en Inspections in 90 days with a failed key item, no passed follow-up since
  -- @missing 0
  count(*) FILTER (
    WHERE key_fails > 0 AND NOT put_right AND within(occurred_at, INTERVAL '90 days')) AS open_key_fail_inspections_90d,

  -- @zh 近60日单次检查一般项目不符合最多项数（尚未复查合格的）
  -- @en Most failed general items in one inspection, 60 days, no passed follow-up since
  -- @missing 0
  max(general_fails) FILTER (
    WHERE general_fails > 0 AND NOT put_right AND within(occurred_at, INTERVAL '60 days')) AS open_general_fails_60d,

  -- @zh 整改期限届满后尚未复查合格的天数（有多次的取最长；无逾期为未知）
  -- @en Days beyond the date set for putting things right, no passed follow-up since; unknown if none is overdue
  -- @missing unknown
  CAST(beijing_date(as_of()) AS INT) - CAST(min(rectify_by) FILTER (
    WHERE verdict <> 'pass' AND NOT put_right AND rectify_by < beijing_date(as_of())) AS INT) AS rectification_overdue_days,

  -- @zh 近90日记录有拒绝、阻碍检查情形的检查次数
  -- @en Inspections in 90 days that were refused or obstructed
  -- @missing 0
  count(*) FILTER (WHERE obstructed AND within(occurred_at, INTERVAL '90 days')) AS obstructed_inspections_90d,

  -- @zh 近365日监督检查次数（不含包保督导）
  -- @en Inspections in 365 days (sponsors' visits left out)
  -- @missing 0
  count(*) FILTER (
    WHERE inspection_type <> 'steward_visit' AND within(occurred_at, INTERVAL '365 days')) AS inspections_365d,

  -- 保存期（800日）内的全部检查都算：检查记录从中消失，只说明检查更早，见规则 long_uninspected。
  -- Of everything that is kept (800 days): a visit that is no longer there was earlier still; see the rule long_uninspected.
  -- @zh 距最近一次监督检查天数（不含包保督导；保存期内没有的为未知）
  -- @en Days since the latest inspection (sponsors' visits left out; unknown if none is kept)
  -- @missing unknown
  days_since(max(occurred_at) FILTER (WHERE inspection_type <> 'steward_visit')) AS days_since_inspection,

  -- @zh 距最近一次包保督导天数（保存期内没有的为未知）
  -- @en Days since the sponsor's latest visit; unknown if none is kept
  -- @missing unknown
  days_since(max(occurred_at) FILTER (WHERE inspection_type = 'steward_visit')) AS days_since_steward_visit,

  -- @zh 最近一次日常、飞行、体系或者专项检查的不符合项数（730日内，下同）
  -- @en Failed items of the latest routine, unannounced, system or special inspection (730 days, as below)
  -- @missing unknown
  max(key_fails + general_fails) FILTER (WHERE comparable AND newest = 1) AS fails_latest,

  -- @zh 倒数第二次检查的不符合项数
  -- @en Failed items of the inspection before
  -- @missing unknown
  max(key_fails + general_fails) FILTER (WHERE comparable AND newest = 2) AS fails_second_latest,

  -- @zh 倒数第三次检查的不符合项数
  -- @en Failed items of the third latest inspection
  -- @missing unknown
  max(key_fails + general_fails) FILTER (WHERE comparable AND newest = 3) AS fails_third_latest,

  -- @zh 倒数第四次检查的不符合项数
  -- @en Failed items of the fourth latest inspection
  -- @missing unknown
  max(key_fails + general_fails) FILTER (WHERE comparable AND newest = 4) AS fails_fourth_latest
FROM (
  SELECT operator_id, event_id, publisher, occurred_at, inspection_type, verdict, rectify_by, obstructed,
    coalesce(CAST(cardinality(array_filter(items, item -> item.key AND item.result = 'no')) AS BIGINT), 0) AS key_fails,
    coalesce(CAST(cardinality(array_filter(items, item -> NOT item.key AND item.result = 'no')) AS BIGINT), 0)
      AS general_fails,
    -- A passed follow-up after this inspection.
    coalesce(occurred_at < max(CASE WHEN inspection_type = 'follow_up' AND verdict = 'pass' THEN occurred_at END)
      OVER (PARTITION BY operator_id), false) AS put_right,
    -- Follow-ups and sponsors' visits look at other items than a full inspection does.
    inspection_type IN ('routine', 'unannounced', 'system', 'special')
      AND within(occurred_at, INTERVAL '730 days') AS comparable,
    row_number() OVER (
      PARTITION BY operator_id, inspection_type IN ('routine', 'unannounced', 'system', 'special')
      ORDER BY occurred_at DESC, event_id) AS newest
  FROM inspections) AS visit
GROUP BY operator_id
