import type { Language } from '../../../texts/language';

/** The editor's own words in Chinese; in English it has them. */
const ZH: Record<string, string> = {
  'Control character': '控制字符',
  'Selection deleted': '已删除所选内容',
  'Folded lines': '已折叠的行',
  'Unfolded lines': '已展开的行',
  to: '至',
  'folded code': '已折叠的代码',
  unfold: '展开',
  'Fold line': '折叠',
  'Unfold line': '展开',
  'Go to line': '跳到行',
  go: '跳转',
  Find: '查找',
  Replace: '替换为',
  next: '下一个',
  previous: '上一个',
  all: '全部',
  'match case': '区分大小写',
  'by word': '整词',
  regexp: '正则表达式',
  replace: '替换',
  'replace all': '全部替换',
  close: '关闭',
  'current match': '当前匹配',
  'replaced $ matches': '已替换 $ 处',
  'replaced match on line $': '已替换第 $ 行的匹配',
  'on line': '在第几行',
  Completions: '补全',
  Diagnostics: '检查结果',
  'No diagnostics': '没有问题',
  '$ unchanged lines': '$ 行未改动',
};

export function phrases(language: Language): Record<string, string> {
  return language === 'zh' ? ZH : {};
}
