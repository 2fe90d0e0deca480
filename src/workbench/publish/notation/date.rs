//! Days and times.

use std::sync::LazyLock;

use jiff::ToSpan as _;
use jiff::civil::Date;
use regex::Regex;
use yujing_core::source::scalar;

use super::half_width;

/// Spreadsheets count days from here (their 1 January 1900 is 1, and they believe in a 29 February 1900).
const SERIAL_ZERO: Date = jiff::civil::date(1899, 12, 30);

/// The days that a count of five digits may mean: 1990-01-01 to 2099-12-31.
const SERIALS: std::ops::RangeInclusive<i32> = 32_874..=73_050;

const SECONDS_PER_DAY: f64 = 86_400.0;

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("invariant: the pattern is one")
}

/// `2026-3-2`, `2026/3/2`, `2026.3.2`, `2026年3月2日`, `20260302`, be it with midnight behind it.
static DAY: LazyLock<Regex> = LazyLock::new(|| {
    let separated = r"(\d{4})(?:-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|\.(\d{1,2})\.(\d{1,2})|\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*[日号])";
    pattern(&format!(r"^(?:{separated}|(\d{{4}})(\d\d)(\d\d))(?:[Tt ]\s*0?0:00(?::00(?:\.0+)?)?)?$"))
});

static SERIAL: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(\d{5})(\.\d+)?$"));

/// A day, a time of it, and an offset.
static TIME: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(.*?[^Tt ])([Tt ]\s*|)(\d{1,2}):(\d\d)(?::(\d\d)(\.\d+)?)?\s*(Z|z|[+-]\d\d:?\d\d)$"));

/// A count of days with its fraction, and an offset.
static SERIAL_TIME: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(\d{5})(\.\d+)?\s*(Z|z|[+-]\d\d:?\d\d)$"));

/// A day in the form of the schema.
pub(in crate::publish) fn day(text: &str) -> Option<String> {
    let half = half_width(text);
    let half = half.trim();
    if let Some(found) = SERIAL.captures(half) {
        let is_whole =
            found.get(2).is_none_or(|fraction| fraction.as_str().bytes().all(|byte| matches!(byte, b'.' | b'0')));
        return is_whole.then(|| serial(&found[1])).flatten().map(|day| day.to_string());
    }
    let found = DAY.captures(half)?;
    let mut parts = found.iter().skip(1).flatten().map(|part| part.as_str().parse::<i16>());
    let mut part = || parts.next()?.ok();
    let (year, month, day) = (part()?, part()?, part()?);
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok().map(|day| day.to_string())
}

fn serial(digits: &str) -> Option<Date> {
    let days: i32 = digits.parse().ok()?;
    SERIALS.contains(&days).then(|| SERIAL_ZERO.checked_add(days.days()).ok()).flatten()
}

/// A time with its offset in the form of the schema. One without an offset is none: nobody knows when it was.
pub(in crate::publish) fn time(text: &str) -> Option<String> {
    if scalar::time(text).is_some() {
        return Some(text.to_owned());
    }
    let half = half_width(text);
    let half = half.trim();
    let written = match SERIAL_TIME.captures(half) {
        Some(found) => {
            let fraction: f64 = found.get(2).map_or(Ok(0.0), |fraction| fraction.as_str().parse()).ok()?;
            // Spreadsheets keep seconds as fractions of a day: the nearest is meant.
            #[expect(clippy::cast_possible_truncation, reason = "a fraction of a day has few seconds")]
            let seconds = (fraction * SECONDS_PER_DAY).round() as i64;
            let at = serial(&found[1])?.at(0, 0, 0, 0).checked_add(seconds.seconds()).ok()?;
            format!("{at}{}", offset(&found[3]))
        }
        None => {
            let found = TIME.captures(half)?;
            let part = |index: usize| found.get(index).map_or("", |part| part.as_str());
            if part(2).is_empty() && !part(1).ends_with(['日', '号']) {
                return None;
            }
            let seconds = if part(5).is_empty() { "00" } else { part(5) };
            format!("{}T{:0>2}:{}:{seconds}{}{}", day(part(1))?, part(3), part(4), part(6), offset(part(7)))
        }
    };
    scalar::time(&written).is_some().then_some(written)
}

/// With its colon.
fn offset(text: &str) -> String {
    if text.len() == 5 { format!("{}:{}", &text[..3], &text[3..]) } else { text.to_owned() }
}

#[cfg(test)]
#[path = "date_tests.rs"]
mod tests;
