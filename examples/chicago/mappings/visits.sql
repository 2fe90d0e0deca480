-- Other visits → visits. Dates only: each counts as of 17:00 of its day. The inspector is left out on purpose.
-- The data gives visits no number: licence, day and purpose name one, so a row that says the same again is a duplicate.
-- Licence 0 stands for "none": such a visit is nobody's.
SELECT
  concat(license, '/', date, '/', lower(purpose)) AS event_id,
  license AS operator_id,
  'city-of-chicago' AS publisher,
  concat(date, 'T17:00:00-06:00') AS occurred_at,
  CASE lower(purpose)
    WHEN 'complaint' THEN 'complaint'
    WHEN 'short form complaint' THEN 'short_form_complaint'
    WHEN 'complaint-fire' THEN 'fire_complaint'
    WHEN 'short form fire-complaint' THEN 'fire_complaint'
    WHEN 'fire complaint' THEN 'fire_complaint'
    WHEN 'suspected food poisoning' THEN 'suspected_food_poisoning'
    WHEN 'sfp' THEN 'suspected_food_poisoning'
    WHEN 'sfp/complaint' THEN 'suspected_food_poisoning'
    WHEN 'license' THEN 'licence'
    WHEN 'license-task force' THEN 'licence_task_force'
    WHEN 'task force liquor 1475' THEN 'liquor'
    WHEN 'package liquor 1474' THEN 'liquor'
    WHEN 'consultation' THEN 'consultation'
    WHEN 'pre-license consultation' THEN 'consultation'
    WHEN 'tag removal' THEN 'tag_removal'
    WHEN 'canvass re-inspection' THEN 'canvass_reinspection'
    WHEN 'complaint re-inspection' THEN 'complaint_reinspection'
    WHEN 'license re-inspection' THEN 'licence_reinspection'
    WHEN 'suspected food poisoning re-inspection' THEN 'food_poisoning_reinspection'
    ELSE purpose
  END AS purpose
FROM visits
WHERE license <> '0'
ORDER BY date, CAST(license AS BIGINT), purpose
