//! How points become levels: `rules/ruleset.toml`. Every number in it is the office's choice, none is law.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::Path;

use jiff::SignedDuration;
use serde::Deserialize;
use toml::Spanned;
use yujing_base::diagnostic::Diagnostics;
use yujing_base::diagnostic::authored::{Authored, Codes};
use yujing_base::language::{Bilingual, say};
use yujing_base::zone::Zone;

use crate::feature::LONGEST_TEXT;
use crate::rule::{Family, Level};

const CODES: Codes = Codes { syntax: "policy/syntax", unknown_key: "policy/unknown-key" };

/// Nobody waits longer than a quarter for a level to fall.
const MAX_DWELL: SignedDuration = SignedDuration::from_hours(24 * 90);

/// How long the texts of features may be allowed to be, in characters.
const TEXT_LENGTHS: RangeInclusive<usize> = 20..=10_000;

/// The scores at which a level is entered and below which it is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Threshold {
    pub level: Level,
    pub enter: i64,
    pub leave: i64,
}

/// Points that an operator has before anything happens (静态风险), by the value of a feature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    /// The name of the feature, usually a column of the reference source.
    pub feature: String,
    pub points: BTreeMap<String, i64>,
    /// Points when the feature is unknown or has another value.
    pub otherwise: i64,
}

/// The policy of a ruleset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The lowest level that is a warning.
    pub open_at: Level,
    /// From blue to red, `enter` strictly rising, `leave <= enter`.
    pub thresholds: [Threshold; 4],
    /// How long a score must stay below `leave` before the level falls.
    pub dwell: SignedDuration,
    /// The office's: what an hour, a day and a month are, in features, deadlines and texts.
    pub zone: Zone,
    pub base: Base,
    pub families: BTreeMap<String, Family>,
    /// The most characters of a feature's text.
    pub longest_text: usize,
}

impl Policy {
    /// Reads and checks the text of `ruleset.toml`; `file` for messages. Whether the base's feature exists is for the
    /// ruleset to check, which knows the catalogue.
    ///
    /// # Errors
    /// The first problem of syntax or shape, otherwise every problem, with line and column.
    pub fn read(file: &Path, text: &str) -> Result<Self, Diagnostics> {
        let (mut authored, content) = Authored::read::<File>(file, text, CODES)?;
        let policy = Self {
            open_at: open_at(&content.open_at, &mut authored),
            thresholds: thresholds(&content.levels, &mut authored),
            dwell: dwell(&content.dwell, &mut authored),
            zone: zone(content.zone.as_ref(), &mut authored),
            base: base(content.base, &mut authored),
            families: families(content.families, &mut authored),
            longest_text: longest_text(content.longest_text.as_ref(), &mut authored),
        };
        authored.diagnostics.into_result(policy)
    }

    /// The threshold of a level; `None` for [`Level::None`].
    pub fn threshold(&self, level: Level) -> Option<&Threshold> {
        self.thresholds.iter().find(|threshold| threshold.level == level)
    }

    /// The level that a score enters by itself.
    pub fn level_of(&self, score: i64) -> Level {
        let entered = self.thresholds.iter().rev().find(|threshold| score >= threshold.enter);
        entered.map_or(Level::None, |threshold| threshold.level)
    }
}

/// `ruleset.toml` as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    open_at: Spanned<Level>,
    dwell: Spanned<String>,
    zone: Option<Spanned<String>>,
    levels: LevelsTable,
    base: BaseTable,
    families: BTreeMap<Spanned<String>, FamilyTable>,
    longest_text: Option<Spanned<i64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LevelsTable {
    blue: ThresholdTable,
    yellow: ThresholdTable,
    orange: ThresholdTable,
    red: ThresholdTable,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ThresholdTable {
    enter: Spanned<i64>,
    leave: Spanned<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BaseTable {
    feature: Spanned<String>,
    points: BTreeMap<String, Spanned<i64>>,
    otherwise: Spanned<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FamilyTable {
    title: Spanned<Bilingual>,
    cap: Spanned<i64>,
    least: Option<Spanned<i64>>,
}

fn open_at(given: &Spanned<Level>, authored: &mut Authored<'_>) -> Level {
    let level = *given.get_ref();
    if level == Level::None {
        let message = Bilingual::new("`none` 不是预警等级", "`none` is not a warning");
        let help = Bilingual::new(
            "请写明达到哪一级即发布预警：blue、yellow、orange 或者 red",
            "name the lowest level that is a warning: blue, yellow, orange or red",
        );
        authored.report("policy/open-at", given.span(), message, help);
    }
    level
}

fn thresholds(given: &LevelsTable, authored: &mut Authored<'_>) -> [Threshold; 4] {
    let rising = [
        (Level::Blue, &given.blue),
        (Level::Yellow, &given.yellow),
        (Level::Orange, &given.orange),
        (Level::Red, &given.red),
    ];
    for pair in rising.windows(2) {
        let [(lower, below), (higher, above)] = pair else { continue };
        let (from, to) = (below.enter.get_ref(), above.enter.get_ref());
        if to <= from {
            let message = say!(
                "{higher} 自 {to} 分起，不高于 {lower} 的 {from} 分",
                "{higher} begins at {to}, not above {lower}, which begins at {from}"
            );
            let help = Bilingual::new("`enter` 应由蓝至红严格递增", "let `enter` rise strictly from blue to red");
            authored.report("policy/thresholds", above.enter.span(), message, help);
        }
    }
    rising.map(|(level, table)| {
        let enter = whole_number(&table.enter, "enter", 1..=100, authored);
        let leave = whole_number(&table.leave, "leave", 1..=100, authored);
        if leave > enter {
            let message = say!(
                "{level} 低于 {leave} 分即离开，却要达到 {enter} 分才进入",
                "{level} is left below {leave}, although it is entered at {enter}"
            );
            let help = Bilingual::new(
                "`leave` 不得高于 `enter`：相差几分可避免等级反复跳动",
                "let `leave` be at most `enter`: some points less keep a level from flickering",
            );
            authored.report("policy/thresholds", table.leave.span(), message, help);
        }
        Threshold { level, enter, leave }
    })
}

fn dwell(given: &Spanned<String>, authored: &mut Authored<'_>) -> SignedDuration {
    let text = given.get_ref();
    let help = || {
        Bilingual::new(
            "请写时、分，如 `24h`、`1h 30m`，最长 `2160h`（90 日）",
            "write hours and minutes like `24h` or `1h 30m`, at most `2160h` (90 days)",
        )
    };
    let Ok(duration) = text.parse::<SignedDuration>() else {
        let message = say!("`{text}` 不是时长", "`{text}` is not a length of time");
        authored.report("policy/dwell", given.span(), message, help());
        return SignedDuration::ZERO;
    };
    if duration.is_negative() || duration > MAX_DWELL {
        let message = say!("时长 `{text}` 超出允许范围", "a dwell of `{text}` is out of bounds");
        authored.report("policy/dwell", given.span(), message, help());
    }
    duration
}

fn zone(given: Option<&Spanned<String>>, authored: &mut Authored<'_>) -> Zone {
    let Some(given) = given else { return Zone::default() };
    let name = given.get_ref();
    Zone::named(name).unwrap_or_else(|| {
        let message = say!("没有时区 `{name}`", "there is no time zone `{name}`");
        let help = Bilingual::new(
            "请写时区名称，如 `Asia/Shanghai`；不写即为此时区",
            "write a name such as `Asia/Shanghai` or `America/Chicago`; left out it is `Asia/Shanghai`",
        );
        authored.report("policy/zone", given.span(), message, help);
        Zone::default()
    })
}

fn base(given: BaseTable, authored: &mut Authored<'_>) -> Base {
    check_name(given.feature.get_ref(), given.feature.span(), authored);
    let otherwise = whole_number(&given.otherwise, "otherwise", 0..=100, authored);
    let points = given
        .points
        .into_iter()
        .map(|(value, points)| {
            let points = whole_number(&points, &value, 0..=100, authored);
            (value, points)
        })
        .collect();
    Base { feature: given.feature.into_inner(), points, otherwise }
}

fn families(given: BTreeMap<Spanned<String>, FamilyTable>, authored: &mut Authored<'_>) -> BTreeMap<String, Family> {
    given
        .into_iter()
        .map(|(name, table)| {
            check_name(name.get_ref(), name.span(), authored);
            let cap = whole_number(&table.cap, "cap", 1..=100, authored);
            let least = table.least.as_ref().map_or(0, |given| whole_number(given, "least", -100..=0, authored));
            let title = table.title.get_ref();
            if title.zh.trim().is_empty() || title.en.trim().is_empty() {
                let name = name.get_ref();
                let message =
                    say!("类别 `{name}` 缺少一种语言的名称", "the family `{name}` has no title in one language");
                let help = Bilingual::new("`zh`、`en` 均须填写", "give both `zh` and `en`");
                authored.report("policy/title", table.title.span(), message, help);
            }
            (name.into_inner(), Family { title: table.title.into_inner(), cap, least })
        })
        .collect()
}

fn longest_text(given: Option<&Spanned<i64>>, authored: &mut Authored<'_>) -> usize {
    let Some(given) = given else { return LONGEST_TEXT };
    let length = usize::try_from(*given.get_ref()).unwrap_or_default();
    if !TEXT_LENGTHS.contains(&length) {
        let (number, least, most) = (given.get_ref(), TEXT_LENGTHS.start(), TEXT_LENGTHS.end());
        let message = say!(
            "`longest_text` 为 {number}，不在 {least} 至 {most} 之间",
            "`longest_text` is {number}, not within {least} to {most}"
        );
        let help = Bilingual::new(
            "文本指标超过此字数即截断，以“…”结尾",
            "a feature's text is cut to so many characters, and then ends with `…`",
        );
        authored.report("policy/out-of-range", given.span(), message, help);
    }
    length
}

/// A whole number within bounds; the nearest bound instead, when it is refused, so that one slip gives one message.
fn whole_number(given: &Spanned<i64>, what: &str, bounds: RangeInclusive<i64>, authored: &mut Authored<'_>) -> i64 {
    let number = *given.get_ref();
    let (least, most) = bounds.into_inner();
    if !(least..=most).contains(&number) {
        let message = say!(
            "`{what}` 为 {number}，不在 {least} 至 {most} 之间",
            "`{what}` is {number}, not within {least} to {most}"
        );
        let help = Bilingual::new("风险分取 0 至 100", "scores go from 0 to 100");
        authored.report("policy/out-of-range", given.span(), message, help);
    }
    number.clamp(least, most)
}

fn check_name(name: &str, span: std::ops::Range<usize>, authored: &mut Authored<'_>) {
    let is_plain = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if !is_plain || !name.starts_with(|first: char| first.is_ascii_lowercase()) {
        let message = say!("`{name}` 不能作名称", "`{name}` is not a name");
        let help = Bilingual::new(
            "名称由小写字母、数字和 `_` 组成，以字母开头",
            "names are lower-case letters, digits and `_`, and begin with a letter",
        );
        authored.report("policy/name", span, message, help);
    }
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
