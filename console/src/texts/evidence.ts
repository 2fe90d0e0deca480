import type { Bilingual } from '../api/records';

const word = (zh: string, en: string): Bilingual => ({ zh, en });

const other = word('其他', 'Other');

/** What the codes in records of sources mean, by source and column: the words of their schemas. */
export const RECORD_WORDS: Record<string, Record<string, Record<string, Bilingual>>> = {
  'camera-alerts': {
    kind: { alert: word('报警', 'Alert'), status: word('摄像头状态', 'Camera state') },
    class: {
      rodent: word('疑似鼠类活动', 'Suspected rodent'),
      cockroach: word('疑似蟑螂', 'Suspected cockroach'),
      no_mask: word('未戴口罩', 'No mask'),
      no_hat: word('未戴工作帽', 'No hat'),
      no_uniform: word('未穿工作服', 'No uniform'),
      no_gloves: word('未戴手套', 'No gloves'),
      bare_hands: word('裸手接触食品', 'Food touched with bare hands'),
      smoking: word('吸烟', 'Smoking'),
      phone_use: word('使用手机', 'Phone used'),
      unattended_fire: word('明火无人看管', 'Unattended fire'),
      intruder: word('无关人员进入', 'Intruder'),
      bin_open: word('垃圾桶未加盖或满溢', 'Bin open or overflowing'),
      floor_water: word('地面积水', 'Water on the floor'),
      clutter: word('违规堆放物品', 'Clutter'),
      camera_blocked: word('摄像头被遮挡', 'Camera blocked'),
      camera_offline: word('摄像头离线', 'Camera offline'),
      other,
    },
    zone: {
      cooking: word('烹饪区', 'Cooking'),
      cold_room: word('专间', 'Cold dishes'),
      washing: word('洗消区', 'Washing'),
      serving: word('备餐区', 'Serving'),
      storage: word('仓储区', 'Storage'),
      rough_processing: word('粗加工区', 'Rough processing'),
      other,
    },
    review: { pending: word('未审', 'Not looked at'), confirmed: word('属实', 'Confirmed'), false_alarm: word('误报', 'False alarm') },
    state: { online: word('在线', 'Online'), offline: word('离线', 'Offline') },
  },
  complaints: {
    kind: { dispute: word('投诉', 'Complaint'), report: word('举报', 'Report'), enquiry: word('咨询', 'Enquiry') },
    channel: {
      '12315': word('全国12315平台', '12315 platform'),
      hotline_12345: word('12345热线', '12345 hotline'),
      phone: word('电话', 'Phone'),
      app: word('小程序或客户端', 'App'),
      letter: word('来信来访', 'Letter or visit'),
      supervisor: word('社会监督员', 'Social supervisor'),
      other,
    },
    category: {
      food_poisoning: word('疑似食物中毒', 'Suspected food poisoning'),
      foreign_body: word('异物', 'Foreign body'),
      spoiled: word('腐败变质', 'Spoiled'),
      expired: word('超过保质期', 'Expired'),
      hygiene: word('环境或人员卫生', 'Hygiene'),
      pests: word('虫鼠害', 'Pests'),
      unlicensed: word('无证无照', 'Unlicensed'),
      label: word('标签标识', 'Label'),
      false_advertising: word('虚假宣传', 'False advertising'),
      short_weight: word('短斤缺两', 'Short weight'),
      other,
    },
    symptoms: {
      vomiting: word('呕吐', 'Vomiting'),
      diarrhoea: word('腹泻', 'Diarrhoea'),
      fever: word('发热', 'Fever'),
      abdominal_pain: word('腹痛', 'Abdominal pain'),
      other,
    },
    status: {
      accepted: word('受理', 'Accepted'),
      rejected: word('不予受理', 'Rejected'),
      mediated: word('调解', 'Mediated'),
      case_opened: word('立案', 'Case opened'),
      withdrawn: word('撤回', 'Withdrawn'),
      substantiated: word('查实', 'Substantiated'),
      unsubstantiated: word('查否', 'Unsubstantiated'),
    },
  },
  inspections: {
    inspection_type: {
      routine: word('日常检查', 'Routine inspection'),
      unannounced: word('飞行检查', 'Unannounced inspection'),
      system: word('体系检查', 'System inspection'),
      special: word('专项检查', 'Special inspection'),
      follow_up: word('整改复查', 'Follow-up'),
      steward_visit: word('包保督导', 'Steward visit'),
      event_support: word('重大活动保障', 'Support of an event'),
      other,
    },
    verdict: { pass: word('符合', 'Conforms'), basic_pass: word('基本符合', 'Basically conforms'), fail: word('不符合', 'Does not conform') },
  },
  'lab-samples': {
    stage: { initial: word('初检', 'First test'), retest: word('复检', 'Re-test') },
    purpose: {
      supervision: word('监督抽检', 'Supervisory sample'),
      monitoring: word('风险监测', 'Risk monitoring'),
      evaluation: word('评价性抽检', 'Evaluative sample'),
      rapid: word('快检', 'Rapid test'),
    },
    verdict: { pass: word('合格', 'Passed'), fail: word('不合格', 'Failed'), not_judged: word('不作判定', 'Not judged') },
  },
  events: {
    role: { host: word('接待', 'Host'), caterer: word('配餐', 'Caterer'), other },
    status: {
      planned: word('已安排', 'Planned'),
      under_way: word('进行中', 'Under way'),
      finished: word('已结束', 'Finished'),
      cancelled: word('已取消', 'Cancelled'),
    },
  },
};

/** The columns that say in one line what a record is about, by source. */
export const HEADLINES: Record<string, readonly string[]> = {
  'camera-alerts': ['class', 'state', 'zone', 'review'],
  complaints: ['kind', 'category', 'food', 'status'],
  inspections: ['inspection_type', 'verdict'],
  'lab-samples': ['food_name', 'purpose', 'stage', 'verdict'],
  events: ['title', 'role', 'status'],
};
