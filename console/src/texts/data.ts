import type { Bilingual } from '../api/records';

const text = (zh: string, en: string): Bilingual => ({ zh, en });

/** Texts of who looks after data. */
export const dataTexts = {
  'nav.data': text('数据', 'Data'),

  'data.page': text('数据接入', 'Data'),
  'data.since': text('{time} 以来', 'since {time}'),
  'data.listed': text(
    '共拒收 {counted} 条；明细只列最近的 {most} 条（{time} 以来），更早的只计数。',
    '{counted} were refused; the newest {most} are listed (since {time}), older ones are only counted.',
  ),
  'data.title': text('拒收记录', 'Refused records'),
  'data.note': text(
    '数据规范或者登记修正之后，可以将原记录重新发送一次；内容与收到时完全一致。再次被拒收的，作为新的一条列出。',
    'Once a schema or the register has been put right, a record can be sent again, once, byte for byte as it came. What is refused again is listed anew.',
  ),
  'data.counts': text('按原因统计', 'By reason'),
  'data.topic': text('主题', 'Topic'),
  'data.code': text('拒收原因', 'Reason'),
  'data.count': text('条数', 'Records'),
  'data.newest': text('最近一条', 'Newest'),
  'data.publisher': text('推送方', 'Publisher'),
  'data.event': text('记录编号', 'Event'),
  'data.operator': text('监管对象', 'Operator'),
  'data.at': text('拒收时间', 'Refused'),
  'data.what': text('说明', 'What is wrong'),
  'data.retry_state': text('重发', 'Sent again'),
  'data.cut': text('内容过长，已截短', 'Too long, cut'),
  'data.see': text('查看', 'See'),
  'data.select': text('选择 {name}', 'Select {name}'),
  'data.retry_selected': text('重发所选（{count}）', 'Send {count} again'),
  'data.retry_all': text('重发全部“{code}”', 'Send all again: {code}'),
  'data.sure': text('将该主题因“{code}”拒收的记录全部重新发送？一次至多 10000 条，已重发的不再发送。', 'Send all records of the topic again that were refused for “{code}”? At most 10000 at once; those that were sent are not sent again.'),
  'data.asked_left': text(
    '已安排重发 {count} 条；一次至多 10000 条，还有 {left} 条未安排，请再次点击“重发全部”。',
    '{count} on their way; one request sends at most 10000, and {left} are left: send all again once more.',
  ),
  'data.asked': text('已安排重发 {count} 条', '{count} on their way'),
  'data.record': text('拒收记录内容', 'The record'),
  'data.masked': text('已知不含个人信息的字段才显示，其余以 *** 代替。', 'Only fields known to have no personal data are shown; *** stands for the others.'),
  'data.unreadable': text('不是JSON，无法判断其中的个人信息，不予显示。', 'It is no JSON: what in it is personal cannot be told, so it is not shown.'),
  'data.place': text('位置', 'Where it stands'),
  'data.length': text('长度', 'Length'),
  'data.bytes': text('{count} 字节', '{count} bytes'),
  'data.headers': text('消息头', 'Headers'),

  'traffic.title': text('数据来源与推送方', 'Sources and publishers'),
  'traffic.note': text(
    '接收条数、最近收到和滞后由预警引擎提供（截至 {as_of}）；拒收条数取自拒收主题（{since} 以来），占比为同一时段内拒收占收到总数的比例。',
    'What was accepted, how newly and how late is said by the engine (as of {as_of}); what was refused, by the topics of dead letters (since {since}). The share is of all records that came in that time.',
  ),
  'traffic.not_counted': text('引擎本次启动后尚未就绪，接收条数暂为空。', 'The engine has not been ready since its start: nothing is counted yet.'),
  'traffic.who': text('来源／推送方', 'Source, publisher'),
  'traffic.nobody': text('（无法识别推送方）', '(publisher unreadable)'),
  'traffic.newest': text('最近收到', 'Newest record'),
  'traffic.limit': text('（允许静默 {time}）', '(may be silent {time})'),
  'traffic.hour': text('近1小时', 'Last hour'),
  'traffic.rate': text('速率', 'Rate'),
  'traffic.a_minute': text('{count} 条/分', '{count} a minute'),
  'traffic.day': text('近24小时', 'Last day'),
  'traffic.lag': text('处理滞后', 'Engine behind'),
  'traffic.no_lag': text('无', 'none'),
  'traffic.behind': text('{records} 条，{time}', '{records} records, {time}'),
  'traffic.refused': text('拒收占比', 'Refused'),
  'traffic.share': text('{share}%（{count} 条）', '{share}% ({count})'),
} as const satisfies Record<string, Bilingual>;
