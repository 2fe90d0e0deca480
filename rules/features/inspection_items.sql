-- 监督检查的逐项结果：每个检查项目一行。
-- Inspections, unfolded: one row an item.
SELECT operator_id,
  -- @zh 近180日同一检查项目重复不符合的次数（首次不计）
  -- @en Times in 180 days that an item failed again (its first failure not counted)
  -- @missing 0
  count(DISTINCT concat(event_id, '/', item['code'])) FILTER (
    WHERE item['result'] = 'no' AND within(occurred_at, INTERVAL '180 days'))
  - count(DISTINCT concat(item_version, '/', item['code'])) FILTER (
    WHERE item['result'] = 'no' AND within(occurred_at, INTERVAL '180 days')) AS repeated_item_fails_180d
FROM (
  SELECT operator_id, event_id, publisher, occurred_at, item_version, unnest(items) AS item
  FROM inspections) AS checked
GROUP BY operator_id
