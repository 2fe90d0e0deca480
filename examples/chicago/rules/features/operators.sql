-- What the register says of an operator. It describes and is no evidence.
-- 登记信息：描述监管对象本身，不作为依据记录。
SELECT operator_id,
  -- @zh 场所类别（由场所类型和该市风险类别归并）
  -- @en Kind of site, from the city's facility type and risk class
  -- @missing unknown
  max(site_kind) AS site_kind,

  -- @zh 登记名称相同的许可证数（含本户）
  -- @en Licences of the register with the same name, this one included
  -- @missing unknown
  max(same_name) AS licences_of_same_name,

  -- @zh 100米内的其他登记经营者数
  -- @en Other operators of the register within 100 m
  -- @missing unknown
  max(neighbours) AS neighbours_100m
FROM (
  SELECT operator_id, same_name, neighbours,
    CASE
      WHEN facility_type LIKE '%School%' OR facility_type LIKE '%Daycare%' OR facility_type LIKE '%1586%'
        OR facility_type LIKE '%Children%' THEN 'children'
      WHEN facility_type = 'Restaurant' AND risk_class = 1 THEN 'restaurant_high_risk'
      WHEN facility_type = 'Restaurant' THEN 'restaurant'
      WHEN facility_type LIKE '%Grocery%' AND risk_class <= 2 THEN 'grocery'
      WHEN facility_type LIKE '%Grocery%' THEN 'grocery_low_risk'
      WHEN risk_class = 1 THEN 'other_high_risk'
      ELSE 'other' END AS site_kind
  FROM operators) AS site
GROUP BY operator_id
