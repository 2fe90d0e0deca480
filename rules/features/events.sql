-- 重大活动保障任务。已取消的不计。保障期：活动开始前30日至结束后3日（工作参数）。
-- Major events that an operator hosts or serves; cancelled ones do not count. The period of an event is from 30 days before
-- it begins to 3 days after it ends: the office's own choice.
SELECT operator_id,
  -- @zh 是否处于重大活动保障期（开始前30日至结束后3日）
  -- @en Whether it is in the period of a major event: from 30 days before it to 3 days after
  -- @missing 0
  count(*) FILTER (WHERE period_from <= beijing_date(as_of()) AND period_to >= beijing_date(as_of())) > 0 AS event_mode,

  -- @zh 距最近一次尚未结束的重大活动开始的天数（进行中的为0或者负数；没有的为未知）
  -- @en Days until the nearest major event that has not ended begins; 0 or below while it goes on, unknown if there is none
  -- @missing unknown
  CAST(min(starts_on) FILTER (WHERE ends_on >= beijing_date(as_of())) AS INT)
    - CAST(beijing_date(as_of()) AS INT) AS days_to_event
FROM (
  SELECT operator_id, event_id, publisher, occurred_at, starts_on, ends_on,
    CAST(starts_on - INTERVAL '30 days' AS DATE) AS period_from,
    CAST(ends_on + INTERVAL '3 days' AS DATE) AS period_to
  FROM events
  WHERE status <> 'cancelled') AS event
GROUP BY operator_id
