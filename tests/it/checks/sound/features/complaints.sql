SELECT operator_id,
  -- @zh 近7日虫鼠类投诉举报件数
  -- @en Pest complaints, 7 days
  -- @missing 0
  count(*) FILTER (
    WHERE category = 'pests' AND within(occurred_at, INTERVAL '7 days')) AS pest_complaints_7d
FROM complaints GROUP BY operator_id
