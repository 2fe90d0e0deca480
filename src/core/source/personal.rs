//! Personal data in free text, where none belongs: telephone and identity card numbers, e-mail addresses, names. Numbers
//! are found wherever they have their form; a name only where the words around it say so.

use std::sync::LazyLock;

use regex::Regex;

use super::NormalForm;

/// What a text has that points to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PersonalTrace {
    Telephone,
    IdentityCard,
    Email,
    Name,
}

impl PersonalTrace {
    /// The flag in the column `quality`, behind the field's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Telephone => "telephone",
            Self::IdentityCard => "identity_card",
            Self::Email => "email",
            Self::Name => "name",
        }
    }
}

/// A mobile number of 11 digits or a landline with its area code, in groups or not; shorter ones behind a word for them.
const TELEPHONE: [&str; 3] = [
    r"(?:^|[^0-9])(?:(?:\+|00)?86[ -]?)?1[3-9][0-9](?:[ -]?[0-9]){8}(?:[^0-9]|$)",
    r"(?:^|[^0-9])\(?0[1-9][0-9]{1,2}[) -]{0,2}[2-9][0-9]{2,3}[ -]?[0-9]{4}(?:[^0-9]|$)",
    r"(?i)(?:电话|手机|座机|微信|联系方式|\btel|\bphone|\bmobile)[^0-9]{0,6}[0-9](?:[ -]?[0-9]){6,}",
];
/// 18 places with a date of birth in the middle.
const IDENTITY_CARD: [&str; 1] = [
    r"(?:^|[^0-9A-Za-z])[1-9][0-9]{5}(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9Xx](?:[^0-9A-Za-z]|$)",
];
const EMAIL: [&str; 1] = [r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"];
/// A surname before 某 or a form of address, a label with a colon before a surname, an English form of address.
const NAME: [&str; 4] = [
    r"[王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田姜范石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易武乔贺赖龚文]某",
    r"[王李张刘陈杨赵黄周吴徐孙胡朱郭罗梁宋郑谢韩唐冯董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾魏薛阎潘戴姜范姚谭廖邹熊陆郝崔邱秦侯邵孟汤尹黎乔贺赖龚]\p{Han}{0,2}(?:先生|女士|小姐|师傅|阿姨|大爷|经理|店长|老板|校长|园长|厨师长|老师|同学)",
    r"(?:姓名|联系人|负责人|当事人|经办人|检查人员|执法人员|投诉人|举报人|法定代表人|店主|老板|患者|学生|家长)[:：] ?\p{Han}{2,4}",
    r"\b(?:Mr|Mrs|Ms|Miss|Dr)\.? [A-Z][a-z]+",
];

static TRACES: LazyLock<Vec<(PersonalTrace, Regex)>> = LazyLock::new(|| {
    let forms: [(PersonalTrace, &[&str]); 4] = [
        (PersonalTrace::Telephone, &TELEPHONE),
        (PersonalTrace::IdentityCard, &IDENTITY_CARD),
        (PersonalTrace::Email, &EMAIL),
        (PersonalTrace::Name, &NAME),
    ];
    let regex = |patterns: &[&str]| Regex::new(&patterns.join("|")).expect("invariant: the patterns are regular");
    forms.into_iter().map(|(trace, patterns)| (trace, regex(patterns))).collect()
});

/// What stands in place of a value that is not shown.
pub const MASK: &str = "***";

/// A text as it may be shown: [`MASK`] where it points to a person.
pub fn masked_text(text: &str) -> &str {
    if personal_traces(text).is_empty() { text } else { MASK }
}

/// What a text has that points to a person, in the order of [`PersonalTrace`]; full-width characters count as plain ones.
pub fn personal_traces(text: &str) -> Vec<PersonalTrace> {
    let plain = NormalForm::Trim.of(text);
    TRACES.iter().filter(|(_, form)| form.is_match(&plain)).map(|(trace, _)| *trace).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_points_to_a_person_is_found() {
        let cases: [(&str, &[PersonalTrace]); 18] = [
            ("联系人王某，电话13800000000", &[PersonalTrace::Telephone, PersonalTrace::Name]),
            ("138-0000-0000", &[PersonalTrace::Telephone]),
            ("请拨打１３８００００００００", &[PersonalTrace::Telephone]),
            ("+86 13800000000", &[PersonalTrace::Telephone]),
            ("座机022-23390000转8", &[PersonalTrace::Telephone]),
            ("(022) 2339 0000", &[PersonalTrace::Telephone]),
            ("电话：23390000", &[PersonalTrace::Telephone]),
            ("Tel. 2339 0000", &[PersonalTrace::Telephone]),
            ("身份证12010119900307663X", &[PersonalTrace::IdentityCard]),
            ("发至 a.b@example.com", &[PersonalTrace::Email]),
            ("张经理在场", &[PersonalTrace::Name]),
            ("李小明先生签字", &[PersonalTrace::Name]),
            ("负责人：张三", &[PersonalTrace::Name]),
            ("当事人: 欧阳某某", &[PersonalTrace::Name]),
            ("Mr. Wang signed", &[PersonalTrace::Name]),
            ("郑某拒绝签字", &[PersonalTrace::Name]),
            ("王女士来电，手机 138 0000 0000", &[PersonalTrace::Telephone, PersonalTrace::Name]),
            ("患者：王小明，120101199003076631", &[PersonalTrace::IdentityCard, PersonalTrace::Name]),
        ];
        for (text, expected) in cases {
            assert_eq!(personal_traces(text), expected, "{text}");
        }
    }

    #[test]
    fn what_does_not_is_left_alone() {
        let texts = [
            "",
            "未发现鼠迹，挡鼠板缺失，已责令改正",
            "负责人马上到场，高度重视",
            "检测值 0.0138，样品编号 20260303000001",
            "食品安全总监在场，经理不在",
            "编号CAM-0417-20260302101500",
            "许可证JY21201030043213",
            "2026-03-03 14:30 到场，共138项",
            "某食堂加工间",
            "rectified within 24 hours, 13 items",
        ];
        for text in texts {
            assert_eq!(personal_traces(text), [], "{text}");
        }
    }
}
