-- 抽样检验。按报告时间（reported_at）统计：检验结果往往晚于抽样数周。
-- 同一样品（sample_no）复检合格的，初检不合格不再计入；快检、风险监测结果单独统计，不作为认定不合格的依据。
-- Laboratory samples, by the time of the report: it often comes weeks after sampling. A sample that passed its retest no
-- longer counts as failed; rapid tests and risk monitoring are counted apart and prove nothing by themselves.
SELECT operator_id,
  -- @zh 近180日抽检不合格样品数（复检合格的不计，不含快检和风险监测）
  -- @en Samples failed, 180 days (retests that passed, rapid tests and monitoring left out)
  -- @missing 0
  count(DISTINCT sample_no) FILTER (
    WHERE failed AND formal AND within(reported_at, INTERVAL '180 days')) AS failed_samples_180d,

  -- @zh 近180日抽检不合格样品中涉及兽药残留、重金属或者真菌毒素的样品数
  -- @en Of these, with a veterinary drug, heavy metal or mycotoxin
  -- @missing 0
  count(DISTINCT sample_no) FILTER (
    WHERE failed AND formal AND toxic AND within(reported_at, INTERVAL '180 days')) AS failed_toxic_samples_180d,

  -- @zh 近180日检出致病微生物不合格的样品数（复检合格的不计，不含快检和风险监测）
  -- @en Samples failed for a pathogen, 180 days (as above)
  -- @missing 0
  count(DISTINCT sample_no) FILTER (
    WHERE failed AND formal AND pathogenic AND within(reported_at, INTERVAL '180 days')) AS pathogen_samples_180d,

  -- @zh 近180日检出非食用物质的样品数（复检合格的不计，不含快检）
  -- @en Samples with a non-food substance, 180 days (retests that passed and rapid tests left out)
  -- @missing 0
  count(DISTINCT sample_no) FILTER (
    WHERE failed AND purpose <> 'rapid' AND non_food
      AND within(reported_at, INTERVAL '180 days')) AS non_food_samples_180d,

  -- @zh 近90日快检阳性或者风险监测发现问题的样品数
  -- @en Samples with a positive rapid test or found by risk monitoring, 90 days
  -- @missing 0
  count(DISTINCT sample_no) FILTER (
    WHERE failed AND NOT formal AND within(reported_at, INTERVAL '90 days')) AS screening_hits_90d,

  -- @zh 近365日检验值超过限量80%但未超限量的样品数
  -- @en Samples between 80 % and 100 % of a limit, 365 days
  -- @missing 0
  count(DISTINCT sample_no) FILTER (
    WHERE near_limit AND NOT failed AND within(reported_at, INTERVAL '365 days')) AS near_limit_samples_365d,

  -- @zh 近90日检验值高于限量而单项判定为合格的样品数
  -- @en Samples, 90 days, where a value above its limit was judged a pass
  -- @missing 0
  count(DISTINCT sample_no) FILTER (
    WHERE doubtful AND within(reported_at, INTERVAL '90 days')) AS doubtful_verdict_samples_90d,

  -- @zh 近30日餐饮具抽检不合格样品数（复检合格的不计）
  -- @en Tableware samples failed, 30 days (retests that passed left out)
  -- @missing 0
  count(DISTINCT sample_no) FILTER (
    WHERE failed AND formal AND food_category LIKE '餐饮具%'
      AND within(reported_at, INTERVAL '30 days')) AS failed_tableware_samples_30d
FROM (
  SELECT operator_id, event_id, publisher, occurred_at, reported_at, sample_no, purpose, food_category,
    verdict = 'fail'
      AND NOT bool_or(stage = 'retest' AND verdict = 'pass') OVER (PARTITION BY operator_id, sample_no) AS failed,
    purpose IN ('supervision', 'evaluation') AS formal,
    array_any_match(results, result -> result['verdict'] = 'fail'
      AND result['analyte_class'] IN ('veterinary_drug', 'heavy_metal', 'mycotoxin')) AS toxic,
    array_any_match(results, result -> result['verdict'] = 'fail'
      AND result['analyte_class'] = 'pathogen') AS pathogenic,
    array_any_match(results, result -> result['verdict'] = 'fail'
      AND result['analyte_class'] = 'non_food_substance') AS non_food,
    array_any_match(results, result -> result['censor'] = '=' AND result['limit_operator'] = '<='
      AND result['value'] > result['limit'] * 0.8 AND result['value'] <= result['limit']) AS near_limit,
    array_any_match(results, result -> result['verdict'] = 'pass' AND result['limit_operator'] = '<='
      AND result['censor'] IN ('=', '>') AND result['value'] > result['limit']) AS doubtful
  FROM lab_samples) AS sample
GROUP BY operator_id
