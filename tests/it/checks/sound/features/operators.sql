SELECT operator_id,
  -- @zh 静态风险类别
  -- @en Static risk tier
  -- @missing unknown
  CAST(max(static_risk) AS VARCHAR) AS static_risk,
  -- @zh 重点保护人群类别
  -- @en Protected group
  -- @missing unknown
  max(protected_group) AS protected_group
FROM operators GROUP BY operator_id
