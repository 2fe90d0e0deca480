import type { Bilingual } from '../api/records';

/** What the engine's values are called: the same words as in warnings, guides and on the command line. */
const word = (zh: string, en: string): Bilingual => ({ zh, en });

export const WORDS = {
  level: {
    red: word('红色', 'Red'),
    orange: word('橙色', 'Orange'),
    yellow: word('黄色', 'Yellow'),
    blue: word('蓝色', 'Blue'),
    none: word('无预警', 'None'),
  },
  state: {
    new: word('待签收', 'New'),
    acknowledged: word('已签收', 'Acknowledged'),
    in_progress: word('处置中', 'In progress'),
    answered: word('已反馈', 'Answered'),
    reviewed: word('已审核', 'Reviewed'),
    closed: word('办结', 'Closed'),
  },
  action: {
    delivered: word('送达', 'Delivered'),
    acknowledged: word('签收', 'Acknowledge'),
    in_progress: word('开始处置', 'Begin work'),
    answered: word('反馈', 'Answer'),
    reviewed: word('审核通过', 'Accept the answer'),
    closed: word('办结', 'Close'),
    extension_asked: word('申请延期', 'Ask for more time'),
    extension_granted: word('同意延期', 'Grant more time'),
    extension_refused: word('不同意延期', 'Refuse more time'),
    transferred: word('转办', 'Transfer'),
    returned: word('退回', 'Return'),
    reopened: word('重新打开', 'Reopen'),
  },
  done: {
    delivered: word('送达', 'Delivered'),
    acknowledged: word('签收', 'Acknowledged'),
    in_progress: word('开始处置', 'Work begun'),
    answered: word('反馈', 'Answered'),
    reviewed: word('审核通过', 'Reviewed'),
    closed: word('办结', 'Closed'),
    extension_asked: word('申请延期', 'Extension asked'),
    extension_granted: word('同意延期', 'Extension granted'),
    extension_refused: word('不同意延期', 'Extension refused'),
    transferred: word('转办', 'Transferred'),
    returned: word('退回', 'Returned'),
    reopened: word('重新打开', 'Reopened'),
  },
  verdict: {
    confirmed: word('属实', 'Confirmed'),
    partly: word('部分属实', 'Partly confirmed'),
    unfounded: word('不属实', 'Unfounded'),
  },
  measure: {
    on_the_spot_correction: word('现场整改', 'Corrected on the spot'),
    written_order: word('责令改正', 'Ordered in writing'),
    sealing: word('查封扣押', 'Sealed or seized'),
    sampling: word('抽样检验', 'Sampled'),
    case_opened: word('立案', 'Case opened'),
    referral: word('移送', 'Referred'),
  },
  step: {
    opened: word('发布', 'Opened'),
    escalated: word('升级', 'Escalated'),
    added: word('追加', 'Added'),
    amended: word('更正', 'Amended'),
    eased: word('降级', 'Eased'),
    resolved: word('解除', 'Resolved'),
    withdrawn: word('撤销', 'Withdrawn'),
    handled: word('处置', 'Handled'),
    overdue: word('超期', 'Overdue'),
  },
  cause: {
    events: word('新的记录', 'New records'),
    retraction: word('记录撤回或者更正', 'Records retracted or corrected'),
    time: word('时间推移', 'Time passed'),
    start: word('系统启动', 'The engine started'),
    ruleset: word('规则更新', 'Other rules'),
    disposition: word('处置反馈', 'An answer'),
    verdict: word('核查结论', 'A verdict'),
  },
  coverage: {
    fresh: word('正常', 'Fresh'),
    stale: word('超时未更新', 'Stale'),
    never: word('从未报送', 'Never sent'),
    held: word('暂停', 'Held'),
  },
  relation: {
    act: word('待处置', 'To act'),
    review: word('待审核', 'To review'),
    extension: word('延期待批', 'Time asked for'),
    above: word('督办', 'Above'),
    copy: word('抄送', 'Copy'),
  },
  next: {
    acknowledge: word('签收', 'Acknowledge'),
    act: word('现场处置', 'Act'),
    answer: word('反馈', 'Answer'),
    review: word('审核', 'Review'),
    close: word('办结', 'Close'),
    decide_extension: word('批复延期', 'Decide on time'),
    none: word('知悉', 'For information'),
  },
  answerState: {
    kept: word('已保存，待提交', 'Kept, not sent yet'),
    sent: word('已提交，待生效', 'Sent'),
    applied: word('已生效', 'Taken'),
    refused: word('未采纳', 'Not taken'),
    late: word('预警已结束，仅作记录', 'Recorded: the warning had ended'),
  },
  businessForm: {
    restaurant: word('餐饮服务', 'Restaurant'),
    canteen: word('单位食堂', 'Canteen'),
    central_kitchen: word('中央厨房', 'Central kitchen'),
    collective_catering: word('集体用餐配送', 'Collective catering'),
    food_sales: word('食品销售', 'Food sales'),
    small_catering: word('小餐饮', 'Small catering'),
    stall: word('食品摊贩', 'Stall'),
    other: word('其他', 'Other'),
  },
  protectedGroup: {
    none: word('非重点场所', 'None'),
    school: word('学校', 'School'),
    kindergarten: word('托幼机构', 'Kindergarten'),
    elder_care: word('养老机构', 'Elder care'),
    hospital: word('医院', 'Hospital'),
    construction_site: word('建筑工地', 'Construction site'),
    other: word('其他', 'Other'),
  },
  source: {
    operators: word('监管对象登记', 'Register'),
    'camera-alerts': word('后厨监控', 'Cameras'),
    complaints: word('投诉举报', 'Complaints'),
    inspections: word('监督检查', 'Inspections'),
    'lab-samples': word('抽样检验', 'Samples'),
    dispositions: word('处置反馈', 'Answers'),
    events: word('重大活动', 'Events'),
    warnings: word('预警', 'Warnings'),
  },
  role: {
    grid_officer: word('网格员', 'Grid officer'),
    community_officer: word('社区包保干部', 'Community officer in charge'),
    officer: word('市场监管所执法人员', 'Officer of the station'),
    station_head: word('市场监管所负责人', 'Head of the station'),
    duty_officer: word('区局值班人员', 'Duty officer of the district'),
    supervisor: word('区局审核人员', 'Reviewer of the district'),
    liaison: word('联络员', 'Liaison officer'),
  },
  clock: {
    acknowledge: word('签收', 'Acknowledge'),
    act: word('处置', 'Act'),
  },
} as const satisfies Record<string, Record<string, Bilingual>>;

export type WordKind = keyof typeof WORDS;

/** The words of a value; a value that this version does not know stands for itself. */
export function wordOf(kind: WordKind, value: string): Bilingual {
  const words: Record<string, Bilingual> = WORDS[kind];
  return Object.hasOwn(words, value) ? (words[value] ?? word(value, value)) : word(value, value);
}
