-- Routine inspections of the last three years: at most what the data has, which begins in September 2011.
-- 近三年（1095日）例行检查；数据自2011年9月起。
SELECT operator_id,
  -- @zh 近三年例行检查次数
  -- @en Routine inspections, three years
  -- @missing 0
  count(*) AS inspections_3y,

  -- @zh 近三年发现严重违规的例行检查次数
  -- @en Routine inspections that found critical violations, three years
  -- @missing 0
  count(*) FILTER (WHERE critical > 0) AS critical_inspections_3y,

  -- @zh 最近一次例行检查发现的严重违规数
  -- @en Critical violations at the latest routine inspection
  -- @missing 0
  max(critical) FILTER (WHERE newest = 1 AND critical > 0) AS critical_latest,

  -- @zh 最近一次例行检查发现的较重违规数
  -- @en Serious violations at the latest routine inspection
  -- @missing 0
  max(serious) FILTER (WHERE newest = 1 AND serious > 0) AS serious_latest,

  -- @zh 近三年例行检查发现的轻微违规总数
  -- @en Minor violations at routine inspections, three years
  -- @missing 0
  sum(minor) AS minor_violations_3y
FROM (
  SELECT operator_id, event_id, publisher, occurred_at, critical, serious, minor,
    row_number() OVER (PARTITION BY operator_id ORDER BY occurred_at DESC, event_id) AS newest
  FROM inspections
  WHERE within(occurred_at, INTERVAL '1095 days')) AS inspection
GROUP BY operator_id
