-- 投诉举报。咨询件以及不予受理、撤回、查否的不计入；同一人就同一事项经不同渠道反映的只计一次：
-- 优先按投诉举报人标识（complainant_hash）去重，无标识的按主件编号（parent_case）、本件编号（case_no）去重。
-- Complaints and reports. Enquiries and what was rejected, withdrawn or found untrue do not count; one person counts once,
-- whatever the channels: by complainant_hash, without it by the parent case, else by the case.
SELECT operator_id,
  -- @zh 近7日虫鼠类投诉举报人数
  -- @en People complaining of pests, 7 days
  -- @missing 0
  count(DISTINCT person) FILTER (
    WHERE category = 'pests' AND within(occurred_at, INTERVAL '7 days')) AS pest_complaints_7d,

  -- @zh 近48小时反映就餐后身体不适的人数（按投诉举报人去重）
  -- @en People reporting illness after a meal, 48 hours
  -- @missing 0
  count(DISTINCT person) FILTER (WHERE ill AND within(occurred_at, INTERVAL '48 hours')) AS illness_complainants_48h,

  -- @zh 近48小时单件投诉举报反映的最多患病人数
  -- @en Most persons ill in one complaint, 48 hours
  -- @missing 0
  max(persons_ill) FILTER (WHERE ill AND within(occurred_at, INTERVAL '48 hours')) AS persons_ill_48h,

  -- @zh 近7日食品安全类投诉举报人数（不含标签、广告、计量类）
  -- @en People complaining of food safety, 7 days (labels, advertising and weight left out)
  -- @missing 0
  count(DISTINCT person) FILTER (WHERE about_safety AND within(occurred_at, INTERVAL '7 days')) AS complainants_7d,

  -- @zh 此前83日（第8日至第90日）食品安全类投诉举报人数
  -- @en The same in the 83 days before
  -- @missing 0
  count(DISTINCT person) FILTER (
    WHERE about_safety AND within(occurred_at, INTERVAL '90 days')
      AND NOT within(occurred_at, INTERVAL '7 days')) AS complainants_83d_before,

  -- @zh 近90日异物类投诉举报人数
  -- @en People complaining of foreign bodies, 90 days
  -- @missing 0
  count(DISTINCT person) FILTER (
    WHERE category = 'foreign_body' AND within(occurred_at, INTERVAL '90 days')) AS foreign_body_complainants_90d,

  -- @zh 近90日变质、过期类投诉举报人数
  -- @en People complaining of spoiled or expired food, 90 days
  -- @missing 0
  count(DISTINCT person) FILTER (
    WHERE category IN ('spoiled', 'expired') AND within(occurred_at, INTERVAL '90 days')) AS spoiled_food_complainants_90d,

  -- @zh 近180日查证属实的食品安全类投诉举报件数
  -- @en Complaints about food safety found true, 180 days
  -- @missing 0
  count(*) FILTER (
    WHERE about_safety AND status = 'substantiated'
      AND within(occurred_at, INTERVAL '180 days')) AS substantiated_complaints_180d
FROM (
  SELECT operator_id, event_id, publisher, occurred_at, category, status, persons_ill,
    coalesce(complainant_hash, parent_case, case_no) AS person,
    category NOT IN ('label', 'false_advertising', 'short_weight') AS about_safety,
    category = 'food_poisoning' OR coalesce(persons_ill, 0) > 0 OR coalesce(cardinality(symptoms), 0) > 0 AS ill
  FROM complaints
  WHERE kind <> 'enquiry' AND status NOT IN ('rejected', 'withdrawn', 'unsubstantiated')) AS complaint
GROUP BY operator_id
