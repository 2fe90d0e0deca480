-- 监管对象登记信息：描述监管对象本身，不作为依据记录。
-- What the register says of an operator. It describes and is no evidence.
SELECT operator_id,
  -- @zh 静态风险类别（1至4对应Ⅰ类至Ⅳ类）
  -- @en Static risk tier (1-4 for Ⅰ-Ⅳ)
  -- @missing unknown
  CAST(max(static_risk) AS VARCHAR) AS static_risk,

  -- @zh 年度风险等级（A至D级，法定分级结果，与预警等级无关）
  -- @en Statutory yearly risk grade, A-D; another thing than the warning level
  -- @missing unknown
  max(risk_grade) AS risk_grade,

  -- @zh 包保主体等级（A至D级）
  -- @en Tier in the sponsorship scheme, A-D
  -- @missing unknown
  max(steward_tier) AS steward_tier,

  -- @zh 业态
  -- @en Form of business
  -- @missing unknown
  max(business_form) AS business_form,

  -- @zh 重点保护人群类别（学校、托幼、养老、医院等；无则为 none）
  -- @en Protected group served: school, kindergarten, elder_care, hospital, ...; `none` if none
  -- @missing unknown
  max(protected_group) AS protected_group,

  -- @zh 登记的后厨摄像头路数
  -- @en Kitchen cameras on the register
  -- @missing unknown
  max(cardinality(cameras)) AS registered_cameras,

  -- @zh 许可或者备案距到期日天数（已过期为负数）
  -- @en Days until the licence or filing expires; negative once it has
  -- @missing unknown
  CAST(max(licence_expires_on) AS INT) - CAST(beijing_date(as_of()) AS INT) AS licence_days_left,

  -- @zh 已知的经营天数（自开业日期起；未登记的，自首次许可或者备案之日起；均未登记的，自登记信息生效之日起）
  -- @en Days it is known to have been there: since it opened, else since it was first licensed, else since the entry holds
  -- @missing unknown
  CAST(beijing_date(as_of()) AS INT)
    - CAST(coalesce(max(opened_on), max(licensed_on), beijing_date(max(occurred_at))) AS INT) AS days_known,

  -- @zh 登记注销、关闭至今天数（未注销、未到注销日为未知）
  -- @en Days since the registered closing date; unknown while open
  -- @missing unknown
  CAST(beijing_date(as_of()) AS INT)
    - CAST(max(closed_on) FILTER (WHERE closed_on <= beijing_date(as_of())) AS INT) AS days_since_closed
FROM operators GROUP BY operator_id
