//! Working days (工作日) of the People's Republic of China, or of the office's zone, by `rules/calendar.toml`: holidays and
//! the weekends worked in exchange (调休) are data, announced year by year.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;

use jiff::civil::{Date, Weekday};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use toml::Spanned;
use toml::value::Datetime;
use yujing_base::diagnostic::Diagnostics;
use yujing_base::diagnostic::authored::{Authored, Codes};
use yujing_base::language::{Bilingual, say};
use yujing_base::zone::Zone;

use crate::rule::Deadline;

const CODES: Codes = Codes { syntax: "calendar/syntax", unknown_key: "calendar/unknown-key" };

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
    /// Where its days begin and end.
    zone: Zone,
    holidays: BTreeSet<Date>,
    /// Saturdays and Sundays that are worked.
    workdays: BTreeSet<Date>,
}

impl Calendar {
    /// Reads and checks the text of `calendar.toml`, with warnings; `file` for messages.
    ///
    /// # Errors
    /// The first problem of syntax or shape, otherwise every problem, with line and column: a date that is both holiday
    /// and workday, a holiday twice, a date of another year, ...
    pub fn read(file: &Path, text: &str) -> Result<(Self, Diagnostics), Diagnostics> {
        let (mut authored, content) = Authored::read::<File>(file, text, CODES)?;
        let mut calendar = Self::default();
        for year in &content.year {
            calendar.add(year, &mut authored);
        }
        let found = authored.diagnostics;
        if found.has_errors() { Err(found) } else { Ok((calendar, found)) }
    }

    /// The same calendar where the office is.
    #[must_use]
    pub fn in_zone(self, zone: Zone) -> Self {
        Self { zone, ..self }
    }

    /// Whether offices work on a day.
    pub fn is_working_day(&self, date: Date) -> bool {
        if self.holidays.contains(&date) {
            return false;
        }
        !is_weekend(date) || self.workdays.contains(&date)
    }

    /// When a deadline that starts at `from` ends. Minutes simply pass. Working days are counted from the day after
    /// `from`'s and end with the last of them, at 24:00, given as 23:59:59 by the office's clocks so that the instant
    /// still lies on that day. Days beyond the calendar's years count Monday to Friday, and [`Calendar::knows`] says
    /// so.
    pub fn due(&self, from: Timestamp, deadline: Deadline) -> Timestamp {
        match deadline {
            Deadline::Minutes(minutes) => {
                from.checked_add(SignedDuration::from_mins(i64::from(minutes))).unwrap_or(Timestamp::MAX)
            }
            Deadline::WorkingDays(days) => self.end_of_working_day(self.zone.date(from), days),
        }
    }

    /// Whether every day that a deadline counts over lies in a year of the calendar. Minutes need no calendar.
    pub fn knows(&self, from: Timestamp, deadline: Deadline) -> bool {
        match deadline {
            Deadline::Minutes(_) => true,
            Deadline::WorkingDays(_) => self.first_unknown_year(from, deadline).is_none(),
        }
    }

    /// The first year that a deadline in working days counts over and the calendar does not have. A calendar without
    /// any year is one of Mondays to Fridays, by choice, and lacks none.
    pub fn first_unknown_year(&self, from: Timestamp, deadline: Deadline) -> Option<i16> {
        if self.years.is_empty() {
            return None;
        }
        let first = self.zone.date(from).tomorrow().ok()?.year();
        let last = self.zone.date(self.due(from, deadline)).year();
        (first..=last).find(|year| !self.years.contains_key(year))
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
        self.zone.end_of_day(date)
    }

    fn add(&mut self, year: &Year, authored: &mut Authored<'_>) {
        let number = *year.number.get_ref();
        let confirmed = *year.confirmed.get_ref();
        if !confirmed {
            let message =
                say!("{number}年的安排尚未与通知原文核对", "nobody has compared {number} with the notice yet");
            let help = Bilingual::new(
                "核对后将 confirmed 改为 true；在此之前，以工作日计的时限可能有误",
                "compare it and set `confirmed = true`; until then deadlines in working days may be wrong",
            );
            authored.report("calendar/unconfirmed", year.confirmed.span(), message, help);
        }
        let announcement = Announcement { source: year.source.clone(), confirmed };
        if self.years.insert(number, announcement).is_some() {
            let message = say!("{number}年写了两次", "the year {number} is given twice");
            let help = Bilingual::new("每年只保留一节 `[[year]]`", "keep one `[[year]]` a year");
            authored.report("calendar/duplicate", year.number.span(), message, help);
        }
        for holiday in &year.holidays {
            self.add_holiday(number, holiday, authored);
        }
        for given in &year.workdays {
            let Some(date) = date_of_year(number, given, authored) else { continue };
            self.add_workday(date, given.span(), authored);
        }
    }

    fn add_holiday(&mut self, year: i16, holiday: &Holiday, authored: &mut Authored<'_>) {
        let (Some(first), Some(last)) =
            (date_of_year(year, &holiday.from, authored), date_of_year(year, &holiday.to, authored))
        else {
            return;
        };
        if last < first {
            let Bilingual { zh, en } = &holiday.name;
            let message = say!("{zh}自 {first} 起，却止于 {last}", "{en} ends on {last}, before it begins on {first}");
            let help = Bilingual::new(
                "`to` 是最后一个放假日，不得早于 `from`",
                "`to` is the last day off, at or after `from`",
            );
            authored.report("calendar/order", holiday.to.span(), message, help);
            return;
        }
        for date in first.series(jiff::ToSpan::days(1)).take_while(|date| *date <= last) {
            if !self.holidays.insert(date) {
                let message = say!("{date} 重复列为假日", "{date} is a holiday twice");
                let help = Bilingual::new("各假期不应重叠", "let the holidays not overlap");
                authored.report("calendar/duplicate", holiday.from.span(), message, help);
            }
        }
    }

    fn add_workday(&mut self, date: Date, span: Range<usize>, authored: &mut Authored<'_>) {
        if self.holidays.contains(&date) {
            let message = say!("{date} 既是假日又是上班日", "{date} is both a holiday and a workday");
            let help = Bilingual::new("请从其中一处删去", "take it out of one of the two");
            authored.report("calendar/contradiction", span, message, help);
        } else if !is_weekend(date) {
            let (zh, en) = weekday(date.weekday());
            let message = say!("{date} 是{zh}，本来就上班", "{date} is a {en}, which is worked anyway");
            let help = Bilingual::new(
                "`workdays` 只列调休上班的周六、周日",
                "`workdays` lists Saturdays and Sundays only (调休上班)",
            );
            authored.report("calendar/not-a-weekend", span, message, help);
        } else if !self.workdays.insert(date) {
            let message = say!("{date} 重复列为上班日", "{date} is a workday twice");
            authored.report("calendar/duplicate", span, message, Bilingual::new("请保留一处", "keep one of them"));
        }
    }
}

fn weekday(day: Weekday) -> (&'static str, &'static str) {
    match day {
        Weekday::Monday => ("周一", "Monday"),
        Weekday::Tuesday => ("周二", "Tuesday"),
        Weekday::Wednesday => ("周三", "Wednesday"),
        Weekday::Thursday => ("周四", "Thursday"),
        Weekday::Friday => ("周五", "Friday"),
        Weekday::Saturday => ("周六", "Saturday"),
        Weekday::Sunday => ("周日", "Sunday"),
    }
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
    confirmed: Spanned<bool>,
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

fn date_of_year(year: i16, given: &Spanned<Datetime>, authored: &mut Authored<'_>) -> Option<Date> {
    let text = given.get_ref().to_string();
    let Ok(date) = text.parse::<Date>() else {
        let message = say!("`{text}` 不是日期", "`{text}` is not a date");
        let help = Bilingual::new("写法如 2026-01-01", "write it like 2026-01-01");
        authored.report("calendar/date", given.span(), message, help);
        return None;
    };
    // A date with a time or an offset would parse as its date: refuse what was not meant.
    if given.get_ref().time.is_some() {
        let message = say!("`{text}` 带有时刻", "`{text}` has a time of day");
        authored.report("calendar/date", given.span(), message, Bilingual::new("只写日期", "write only the date"));
        return None;
    }
    if date.year() != year {
        let message = say!("{date} 不在{year}年", "{date} is not in {year}");
        let help = Bilingual::new("请写到所属年份的 `[[year]]` 之下", "put it under the `[[year]]` it belongs to");
        authored.report("calendar/other-year", given.span(), message, help);
        return None;
    }
    Some(date)
}

#[cfg(test)]
#[path = "calendar_tests.rs"]
mod tests;
