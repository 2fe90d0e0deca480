-- 既往预警：引擎自己发布、已经结束的预警。最近一次反馈的核查结论随预警结束记入。
-- Warnings of the engine's own that are over, each with the verdict that stood at its end.
SELECT operator_id,
  -- @zh 近一年经核查属实的红色预警件数（按结束时间）
  -- @en Red warnings found true, that ended within a year
  -- @missing 0
  count(*) FILTER (
    WHERE level = 'red' AND verdict = 'confirmed' AND within(closed_at, INTERVAL '365 days')) AS confirmed_red_warnings_365d,

  -- @zh 距最近一件属实（含部分属实）预警结束天数
  -- @en Days since the latest warning ended that was found true, or partly
  -- @missing unknown
  days_since(max(closed_at) FILTER (WHERE verdict IN ('confirmed', 'partly'))) AS days_since_confirmed_warning
FROM past_warnings GROUP BY operator_id
