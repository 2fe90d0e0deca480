SELECT operator_id,
  -- @zh 最近两件投诉中的重大件数
  -- @en Grave ones among the two newest complaints
  -- @missing 0
  count(*) FILTER (WHERE newest <= 2 AND category IN ('pests', 'food_poisoning')) AS grave_newest_two,

  -- @zh 近6日患病人数最大值
  -- @en Most persons ill, 6 days
  -- @missing unknown
  max(persons_ill) FILTER (WHERE within(occurred_at, INTERVAL '6 days')) AS ill_6d,

  -- @zh 投诉类别
  -- @en Categories
  -- @missing unknown
  string_agg(DISTINCT category, '、' ORDER BY category) AS categories
FROM (
  SELECT *, row_number() OVER (PARTITION BY operator_id ORDER BY occurred_at DESC, event_id, publisher) AS newest
  FROM complaints) AS ranked
GROUP BY operator_id
