-- The register → operators. A snapshot without dates: its rows are dated before the first inspection.
WITH register AS (
  SELECT license, name, facility_type, risk_class, address, zip, latitude, longitude,
    count(*) OVER (PARTITION BY upper(trim(name))) AS same_name
  FROM operators
),
-- A cell of a CSV file is a text; here SQL calculates with it.
located AS (
  SELECT license, CAST(latitude AS DOUBLE) AS latitude, CAST(longitude AS DOUBLE) AS longitude
  FROM operators
  WHERE latitude IS NOT NULL
),
-- Cells of 0.002 degrees, about 220 m by 165 m: whoever is within 100 m is in the same cell or the next.
place AS (
  SELECT license, latitude, longitude, floor(latitude / 0.002) AS cell_y, floor(longitude / 0.002) AS cell_x
  FROM located
),
around AS (
  SELECT license, latitude, longitude, cell_y + step_y AS cell_y, cell_x + step_x AS cell_x
  FROM place
  CROSS JOIN (VALUES (-1), (0), (1)) AS north (step_y)
  CROSS JOIN (VALUES (-1), (0), (1)) AS east (step_x)
),
-- Everybody is near itself, hence one less. A degree is 111,195 m north and 82,700 m east at Chicago's latitude.
crowd AS (
  SELECT around.license, count(*) - 1 AS neighbours
  FROM around JOIN place ON place.cell_y = around.cell_y AND place.cell_x = around.cell_x
  WHERE power((place.latitude - around.latitude) * 111195, 2)
      + power((place.longitude - around.longitude) * 82700, 2) <= power(100, 2)
  GROUP BY around.license
)
SELECT
  register.license AS operator_id,
  'city-of-chicago' AS publisher,
  '2011-01-01T00:00:00-06:00' AS occurred_at,
  name,
  facility_type,
  -- 'Risk 1 (High)' is 1
  substr(risk_class, 6, 1) AS risk_class,
  address,
  zip AS sub_district,
  latitude,
  longitude,
  same_name,
  neighbours
FROM register LEFT JOIN crowd ON crowd.license = register.license
ORDER BY CAST(register.license AS BIGINT)
