//! Working days (工作日) of the People's Republic of China, Asia/Shanghai, by `rules/calendar.toml`: holidays and the
//! weekends worked in exchange (调休) are data, announced year by year.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;

use jiff::civil::{Date, Weekday};
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use toml::Spanned;
use toml::value::Datetime;

use super::authored::{Authored, Codes};
use crate::diagnostic::Diagnostics;
use crate::rule::Bilingual;

/// Beijing time. China has kept no summer time since 1991, so a fixed offset is exact for every date a deadline can have.
pub const BEIJING: Offset = jiff::tz::offset(8);

/// The longest deadline: a thousand days is a slip of the pen.
const MOST_WORKING_DAYS: u32 = 1_000;
const MOST_MINUTES: u32 = 1_000 * 24 * 60;

const CODES: Codes =
    Codes { unreadable: "calendar/unreadable", syntax: "calendar/syntax", unknown_key: "calendar/unknown-key" };

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
    pub fn parse(text: &str) -> Result<Self, String> {
        let refused = |why: &str| {
            Err(format!("`{text}` is not a deadline: {why}; write minutes `30m`, hours `24h` or working days `3wd`"))
        };
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        if number.is_empty() {
            return refused("it must begin with a whole number");
        }
        let minutes_a_unit = match unit {
            "m" => Some(1),
            "h" => Some(60),
            "wd" => None,
            "" => return refused("its unit is missing"),
            _ => return refused("its unit is unknown"),
        };
        let Ok(count) = number.parse::<u32>() else {
            return refused("it is too long");
        };
        if count == 0 {
            return refused("it must leave some time");
        }
        let (deadline, fits) = match minutes_a_unit {
            Some(minutes) => {
                let total = count.saturating_mul(minutes);
                (Self::Minutes(total), total <= MOST_MINUTES)
            }
            None => (Self::WorkingDays(count), count <= MOST_WORKING_DAYS),
        };
        if fits { Ok(deadline) } else { refused("it is too long (the most is 1000 days)") }
    }
}

/// As it is written in a rule; whole hours are shown as hours.
impl std::fmt::Display for Deadline {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
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
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// Where a year of the calendar comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcement {
    /// The notice that announced it.
    pub source: String,
    /// `false` until somebody of the office has checked it against the notice.
    pub confirmed: bool,
}

/// The calendar of a ruleset. The empty one knows Monday to Friday.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Calendar {
    /// The years it knows.
    pub years: BTreeMap<i16, Announcement>,
    holidays: BTreeSet<Date>,
    /// Saturdays and Sundays that are worked.
    workdays: BTreeSet<Date>,
}

impl Calendar {
    /// Reads and checks `calendar.toml`.
    ///
    /// # Errors
    /// The first problem of syntax or shape, otherwise every problem, with line and column: a date that is both holiday
    /// and workday, a holiday twice, a date of another year, ...
    pub fn load(file: &Path) -> Result<Self, Diagnostics> {
        let (mut authored, content) = Authored::read::<File>(file, &CODES)?;
        let mut calendar = Self::default();
        for year in &content.year {
            calendar.add(year, &mut authored);
        }
        authored.diagnostics.into_result(calendar)
    }

    /// Whether offices work on a day of Beijing's calendar.
    pub fn is_working_day(&self, date: Date) -> bool {
        if self.holidays.contains(&date) {
            return false;
        }
        !is_weekend(date) || self.workdays.contains(&date)
    }

    /// When a deadline that starts at `from` ends. Minutes simply pass. Working days are counted from the day after
    /// `from`'s Beijing date and end with the last of them, at 24:00, given as 23:59:59 Beijing time so that the instant
    /// still lies on that day. Days beyond the calendar's years count Monday to Friday.
    pub fn due(&self, from: Timestamp, deadline: Deadline) -> Timestamp {
        match deadline {
            Deadline::Minutes(minutes) => {
                from.checked_add(SignedDuration::from_mins(i64::from(minutes))).unwrap_or(Timestamp::MAX)
            }
            Deadline::WorkingDays(days) => self.end_of_working_day(beijing_date(from), days),
        }
    }

    /// The end of the `count`-th working day after `day`; the last representable instant if there is none.
    fn end_of_working_day(&self, day: Date, count: u32) -> Timestamp {
        let mut date = day;
        let mut left = count;
        while left > 0 {
            let Ok(next) = date.tomorrow() else {
                return Timestamp::MAX;
            };
            date = next;
            left -= u32::from(self.is_working_day(date));
        }
        BEIJING.to_timestamp(date.at(23, 59, 59, 0)).unwrap_or(Timestamp::MAX)
    }

    fn add(&mut self, year: &Year, authored: &mut Authored) {
        let number = *year.number.get_ref();
        let announcement = Announcement { source: year.source.clone(), confirmed: year.confirmed };
        if self.years.insert(number, announcement).is_some() {
            let message = format!("the year {number} is given twice");
            authored.refuse("calendar/duplicate", year.number.span(), message, "keep one `[[year]]` a year");
        }
        for holiday in &year.holidays {
            self.add_holiday(number, holiday, authored);
        }
        for given in &year.workdays {
            let Some(date) = date_of_year(number, given, authored) else { continue };
            self.add_workday(date, given.span(), authored);
        }
    }

    fn add_holiday(&mut self, year: i16, holiday: &Holiday, authored: &mut Authored) {
        let (Some(first), Some(last)) =
            (date_of_year(year, &holiday.from, authored), date_of_year(year, &holiday.to, authored))
        else {
            return;
        };
        if last < first {
            let message = format!("{} ends on {last}, before it begins on {first}", holiday.name.zh);
            authored.refuse(
                "calendar/order",
                holiday.to.span(),
                message,
                "`to` is the last day off, at or after `from`",
            );
            return;
        }
        for date in first.series(jiff::ToSpan::days(1)).take_while(|date| *date <= last) {
            if !self.holidays.insert(date) {
                let message = format!("{date} is a holiday twice");
                authored.refuse("calendar/duplicate", holiday.from.span(), message, "let the holidays not overlap");
            }
        }
    }

    fn add_workday(&mut self, date: Date, span: Range<usize>, authored: &mut Authored) {
        if self.holidays.contains(&date) {
            let message = format!("{date} is both a holiday and a workday");
            authored.refuse("calendar/contradiction", span, message, "take it out of one of the two");
        } else if !is_weekend(date) {
            let message = format!("{date} is a {:?}, which is worked anyway", date.weekday());
            authored.refuse(
                "calendar/not-a-weekend",
                span,
                message,
                "`workdays` lists Saturdays and Sundays only (调休上班)",
            );
        } else if !self.workdays.insert(date) {
            authored.refuse("calendar/duplicate", span, format!("{date} is a workday twice"), "keep one of them");
        }
    }
}

/// The date in Beijing at an instant.
pub fn beijing_date(at: Timestamp) -> Date {
    BEIJING.to_datetime(at).date()
}

fn is_weekend(date: Date) -> bool {
    matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)
}

/// `calendar.toml` as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    year: Vec<Year>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Year {
    #[serde(rename = "year")]
    number: Spanned<i16>,
    source: String,
    confirmed: bool,
    holidays: Vec<Holiday>,
    #[serde(default)]
    workdays: Vec<Spanned<Datetime>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Holiday {
    name: Bilingual,
    from: Spanned<Datetime>,
    to: Spanned<Datetime>,
}

fn date_of_year(year: i16, given: &Spanned<Datetime>, authored: &mut Authored) -> Option<Date> {
    let text = given.get_ref().to_string();
    let Ok(date) = text.parse::<Date>() else {
        authored.refuse("calendar/date", given.span(), format!("`{text}` is not a date"), "write it like 2026-01-01");
        return None;
    };
    // A date with a time or an offset would parse as its date: refuse what was not meant.
    if given.get_ref().time.is_some() {
        authored.refuse("calendar/date", given.span(), format!("`{text}` has a time of day"), "write only the date");
        return None;
    }
    if date.year() != year {
        let message = format!("{date} is not in {year}");
        authored.refuse("calendar/other-year", given.span(), message, "put it under the `[[year]]` it belongs to");
        return None;
    }
    Some(date)
}

#[cfg(test)]
#[path = "calendar_tests.rs"]
mod tests;
