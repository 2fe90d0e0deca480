-- 预警处置反馈：对既往预警做了什么。
-- What was done about earlier warnings.
SELECT operator_id,
  -- @zh 距最近一次反馈整改完成天数
  -- @en Days since the latest report that things were put right
  -- @missing unknown
  days_since(max(occurred_at) FILTER (
    WHERE action = 'rectified'
      OR action = 'answered' AND array_has(measures, 'on_the_spot_correction'))) AS days_since_rectified
FROM dispositions GROUP BY operator_id
