-- Visits for other purposes in the last three years. The data says why somebody came, not what was found.
-- 近三年（1095日）其他上门检查；只知事由，不知结果。
SELECT operator_id,
  -- @zh 近三年因投诉上门次数
  -- @en Visits because of a complaint, three years
  -- @missing 0
  count(*) FILTER (WHERE purpose IN ('complaint', 'fire_complaint')) AS complaint_visits_3y,

  -- @zh 近三年因疑似食物中毒上门次数
  -- @en Visits because of a suspected food poisoning, three years
  -- @missing 0
  count(*) FILTER (WHERE purpose = 'suspected_food_poisoning') AS food_poisoning_visits_3y,

  -- @zh 近三年投诉检查后的复查次数
  -- @en Re-inspections after a complaint, three years
  -- @missing 0
  count(*) FILTER (WHERE purpose IN ('complaint_reinspection', 'food_poisoning_reinspection'))
    AS complaint_reinspections_3y,

  -- @zh 近三年例行检查后的复查次数
  -- @en Re-inspections after a routine inspection, three years
  -- @missing 0
  count(*) FILTER (WHERE purpose = 'canvass_reinspection') AS routine_reinspections_3y,

  -- @zh 近三年许可核查后的复查次数
  -- @en Re-inspections for the licence, three years
  -- @missing 0
  count(*) FILTER (WHERE purpose = 'licence_reinspection') AS licence_reinspections_3y
FROM visits
WHERE within(occurred_at, INTERVAL '1095 days')
GROUP BY operator_id
