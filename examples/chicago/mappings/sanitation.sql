-- Residents' complaints to the city (311) → sanitation: one event for every operator within 150 m of the place complained of.
-- A complaint with nobody near by, or an operator without coordinates, gives none.
-- A cell of a CSV file is a text; here SQL calculates with it.
WITH operator AS (
  SELECT license, CAST(latitude AS DOUBLE) AS latitude, CAST(longitude AS DOUBLE) AS longitude
  FROM operators
  WHERE latitude IS NOT NULL
),
complaint AS (
  SELECT request, date, nature, CAST(latitude AS DOUBLE) AS latitude, CAST(longitude AS DOUBLE) AS longitude
  FROM sanitation_311
),
place AS (
  SELECT license, latitude, longitude, floor(latitude / 0.002) AS cell_y, floor(longitude / 0.002) AS cell_x
  FROM operator
),
-- Cells of 0.002 degrees, about 220 m by 165 m: whoever is within 150 m is in the same cell or the next.
around AS (
  SELECT request, date, nature, latitude, longitude,
    floor(latitude / 0.002) + step_y AS cell_y, floor(longitude / 0.002) + step_x AS cell_x
  FROM complaint
  CROSS JOIN (VALUES (-1), (0), (1)) AS north (step_y)
  CROSS JOIN (VALUES (-1), (0), (1)) AS east (step_x)
),
-- A degree is 111,195 m north and 82,700 m east at Chicago's latitude.
near AS (
  SELECT request, date, nature, license,
    sqrt(power((place.latitude - around.latitude) * 111195, 2)
       + power((place.longitude - around.longitude) * 82700, 2)) AS distance
  FROM around JOIN place ON place.cell_y = around.cell_y AND place.cell_x = around.cell_x
)
SELECT
  request AS event_id,
  license AS operator_id,
  'city-of-chicago' AS publisher,
  concat(date, 'T17:00:00-06:00') AS occurred_at,
  nature,
  CAST(round(distance) AS INT) AS distance_m
FROM near
WHERE distance <= 150
ORDER BY date, request, CAST(license AS BIGINT)
