//! Times as nearly everybody writes them, read without a general parser. `None` is what needs one, or is no time.

const SECONDS_A_DAY: i64 = 86_400;

/// Microseconds since 1970 of an RFC 3339 date-time with offset.
pub(super) fn time(text: &[u8]) -> Option<i64> {
    let (day, rest) = text.split_at_checked(10)?;
    let (clock, rest) = rest.split_at_checked(9)?;
    let &[b'T' | b't', hour_tens, hour_ones, b':', minute_tens, minute_ones, b':', second_tens, second_ones] = clock
    else {
        return None;
    };
    let hour = number(hour_tens, hour_ones).filter(|hour| *hour < 24)?;
    let minute = number(minute_tens, minute_ones).filter(|minute| *minute < 60)?;
    let second = number(second_tens, second_ones).filter(|second| *second < 60)?;
    let (microseconds, offset) = fraction(rest)?;
    let seconds = date(day)? * SECONDS_A_DAY + hour * 3_600 + minute * 60 + second - seconds_east(offset)?;
    Some(seconds * 1_000_000 + microseconds)
}

/// Days since 1970-01-01 of an RFC 3339 full-date.
pub(super) fn date(text: &[u8]) -> Option<i64> {
    let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text else { return None };
    let (year, month, day) = (number(y1, y2)? * 100 + number(y3, y4)?, number(m1, m2)?, number(d1, d2)?);
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days_in_month = match month {
        2 => 28 + i64::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        _ => return None,
    };
    let is_common = (1..=9_998).contains(&year) && (1..=days_in_month).contains(&day);
    is_common.then(|| days_since_epoch(year, month, day))
}

/// Of the proleptic Gregorian calendar, by years that begin in March, so that the leap day is the last.
fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let before_month = (153 * month + 2) / 5;
    year * 365 + year / 4 - year / 100 + year / 400 + before_month + day - 1 - 719_468
}

/// Microseconds of a fraction of a second, if there is one, and what stands behind it.
fn fraction(text: &[u8]) -> Option<(i64, &[u8])> {
    let Some(fraction) = text.strip_prefix(b".") else { return Some((0, text)) };
    let count = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = fraction.split_at(count);
    let mut microseconds = 0;
    for place in 0..6 {
        microseconds = microseconds * 10 + i64::from(digits.get(place).map_or(0, |digit| digit - b'0'));
    }
    (count > 0).then_some((microseconds, rest))
}

/// Seconds by which a clock with this offset is ahead of UTC.
fn seconds_east(offset: &[u8]) -> Option<i64> {
    let &[sign @ (b'+' | b'-'), hour_tens, hour_ones, b':', minute_tens, minute_ones] = offset else {
        return matches!(offset, b"Z" | b"z").then_some(0);
    };
    let hours = number(hour_tens, hour_ones).filter(|hours| *hours < 24)?;
    let minutes = number(minute_tens, minute_ones).filter(|minutes| *minutes < 60)?;
    let seconds = hours * 3_600 + minutes * 60;
    Some(if sign == b'-' { -seconds } else { seconds })
}

/// Two digits.
fn number(tens: u8, ones: u8) -> Option<i64> {
    let is_number = tens.is_ascii_digit() && ones.is_ascii_digit();
    is_number.then(|| i64::from(tens - b'0') * 10 + i64::from(ones - b'0'))
}
