SELECT operator_id,
  -- @zh 静态风险类别
  -- @en Static risk tier
  -- @missing unknown
  CAST(max(static_risk) AS VARCHAR) AS risk_tier,

  -- @zh 许可到期日距今天数
  -- @en Days until the licence expires
  -- @missing unknown
  CAST(max(licence_expires_on) AS INT) - CAST(beijing_date(as_of()) AS INT) AS days_licensed,

  -- @zh 经度量的时刻（小时）
  -- @en The hour of the day at which somebody asks
  -- @missing unknown
  CAST(date_part('hour', as_of()) AS BIGINT) AS hour_asked
FROM operators GROUP BY operator_id
