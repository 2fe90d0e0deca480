//! How long somebody has to act on a finding (时限), as rules write it.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use yujing_base::language::{Bilingual, say};

use super::percent::Percent;

/// The longest deadline: a thousand days is a slip of the pen.
const MAX_WORKING_DAYS: u32 = 1_000;
const MAX_MINUTES: u32 = 1_000 * 24 * 60;

/// How long somebody has: `24h`, `30m` or `3wd`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deadline {
    Minutes(u32),
    /// Counted from the day after (民法典 §201: the day itself does not count), until the end of the last working day.
    WorkingDays(u32),
}

impl Deadline {
    /// Reads `30m`, `24h` or `3wd`.
    ///
    /// # Errors
    /// A sentence that says what a deadline looks like.
    pub fn parse(text: &str) -> Result<Self, Bilingual> {
        let refused = |zh: &str, en: &str| {
            Err(say!(
                "`{text}` 不是处置时限：{zh}；分钟写作 `30m`，小时写作 `24h`，工作日写作 `3wd`",
                "`{text}` is not a deadline: {en}; write minutes `30m`, hours `24h` or working days `3wd`"
            ))
        };
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        if number.is_empty() {
            return refused("应以整数开头", "it must begin with a whole number");
        }
        let minutes_a_unit = match unit {
            "m" => Some(1),
            "h" => Some(60),
            "wd" => None,
            "" => return refused("没有单位", "its unit is missing"),
            _ => return refused("没有这个单位", "its unit is unknown"),
        };
        let Ok(count) = number.parse::<u32>() else {
            return refused("时间过长", "it is too long");
        };
        if count == 0 {
            return refused("应当留有时间", "it must leave some time");
        }
        let (deadline, fits) = match minutes_a_unit {
            Some(minutes) => {
                let total = count.saturating_mul(minutes);
                (Self::Minutes(total), total <= MAX_MINUTES)
            }
            None => (Self::WorkingDays(count), count <= MAX_WORKING_DAYS),
        };
        if fits {
            Ok(deadline)
        } else {
            refused("时间过长（最多 1000 日）", "it is too long (the most is 1000 days)")
        }
    }

    /// The share of it that is left, rounded up to whole minutes and whole working days: a single working day stays one.
    #[must_use]
    pub fn shortened(self, to: Percent) -> Self {
        match self {
            Self::Minutes(minutes) => Self::Minutes(to.of_count(minutes)),
            Self::WorkingDays(days) => Self::WorkingDays(to.of_count(days)),
        }
    }

    /// What is wrong with a deadline, if that is what these words of a deserializer say: they are in English only.
    pub(super) fn refusal(words: &str) -> Option<Bilingual> {
        let given = words.split('`').nth(1).filter(|_| words.contains("is not a deadline"))?;
        Self::parse(given).err()
    }
}

/// As it is written in a rule; whole hours are shown as hours.
impl fmt::Display for Deadline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Minutes(minutes) if minutes > 0 && minutes % 60 == 0 => write!(f, "{}h", minutes / 60),
            Self::Minutes(minutes) => write!(f, "{minutes}m"),
            Self::WorkingDays(days) => write!(f, "{days}wd"),
        }
    }
}

impl Serialize for Deadline {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Deadline {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(|refused| serde::de::Error::custom(refused.en))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("30m", Deadline::Minutes(30), "30m")]
    #[case("24h", Deadline::Minutes(1_440), "24h")]
    #[case("120m", Deadline::Minutes(120), "2h")]
    #[case("3wd", Deadline::WorkingDays(3), "3wd")]
    fn a_deadline_is_read_and_written(#[case] text: &str, #[case] deadline: Deadline, #[case] shown: &str) {
        assert_eq!(Deadline::parse(text), Ok(deadline));
        assert_eq!(deadline.to_string(), shown);
        assert_eq!(Deadline::parse(shown), Ok(deadline));
    }

    #[rstest]
    #[case("", "it must begin with a whole number")]
    #[case("-1h", "it must begin with a whole number")]
    #[case("wd", "it must begin with a whole number")]
    #[case("3", "its unit is missing")]
    #[case("3d", "its unit is unknown")]
    #[case("1.5h", "its unit is unknown")]
    #[case("3 wd", "its unit is unknown")]
    #[case("３wd", "it must begin with a whole number")]
    #[case("0wd", "it must leave some time")]
    #[case("0m", "it must leave some time")]
    #[case("1001wd", "it is too long")]
    #[case("99999999h", "it is too long")]
    #[case("99999999999wd", "it is too long")]
    fn a_bad_deadline_is_refused_with_the_reason(#[case] text: &str, #[case] reason: &str) {
        let message = Deadline::parse(text).expect_err("refused");
        assert!(message.en.contains(reason) && message.en.contains("`3wd`"), "{message:?}");
        assert!(message.zh.contains("不是处置时限"), "{message:?}");
    }

    proptest! {
        #[test]
        fn parsing_a_deadline_never_panics(text in "\\PC*") {
            let _ = Deadline::parse(&text);
        }
    }
}
