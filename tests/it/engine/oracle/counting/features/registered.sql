SELECT operator_id,
  -- @zh 静态风险类别
  -- @en Static risk tier
  -- @missing unknown
  CAST(max(static_risk) AS VARCHAR) AS risk_tier
FROM operators GROUP BY operator_id
