-- 摄像头在线状态。离线期间重复上报的，自恢复在线之后的首次离线起算。
-- Whether cameras are in service. Offline reports may repeat: what counts is the first one since the camera was last online.
SELECT operator_id,
  -- @zh 已连续离线24小时以上的摄像头路数
  -- @en Cameras offline for 24 hours or longer without a break
  -- @missing unknown
  count(DISTINCT camera_id) FILTER (
    WHERE still_offline AND NOT within(occurred_at, INTERVAL '24 hours')) AS cameras_offline_24h,

  -- @zh 近120日上报过状态的摄像头路数
  -- @en Cameras that reported their state, 120 days
  -- @missing unknown
  count(DISTINCT camera_id) AS cameras_reporting
FROM (
  SELECT operator_id, event_id, publisher, occurred_at, camera_id,
    state = 'offline' AND occurred_at > coalesce(
      max(CASE WHEN state = 'online' THEN occurred_at END) OVER (PARTITION BY operator_id, camera_id),
      TIMESTAMP '1970-01-01T00:00:00Z') AS still_offline
  FROM camera_alerts
  WHERE kind = 'status') AS report
GROUP BY operator_id
