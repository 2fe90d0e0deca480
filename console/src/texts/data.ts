import type { Bilingual } from '../api/records';

const text = (zh: string, en: string): Bilingual => ({ zh, en });

/** Texts of who looks after data. */
export const dataTexts = {
  'nav.data': text('数据', 'Data'),

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
  'data.sure': text('将该主题因“{code}”拒收的记录全部重新发送？已重发的不再发送。', 'Send all records of the topic again that were refused for “{code}”? Those that were sent are not sent again.'),
  'data.asked': text('已安排重发 {count} 条', '{count} on their way'),
  'data.record': text('拒收记录内容', 'The record'),
  'data.masked': text('已知不含个人信息的字段才显示，其余以 *** 代替。', 'Only fields known to have no personal data are shown; *** stands for the others.'),
  'data.unreadable': text('不是JSON，无法判断其中的个人信息，不予显示。', 'It is no JSON: what in it is personal cannot be told, so it is not shown.'),
  'data.place': text('位置', 'Where it stands'),
  'data.length': text('长度', 'Length'),
  'data.bytes': text('{count} 字节', '{count} bytes'),
  'data.headers': text('消息头', 'Headers'),
} as const satisfies Record<string, Bilingual>;
