//! Numbers and times from their text, exactly.

mod common;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::source::shape::DECIMAL_MAX;

/// Why the text of a number is not a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberProblem {
    /// It is written with a fraction or an exponent, where only a whole number is right.
    NotWhole,
    /// The type cannot hold it.
    OutOfRange,
}

/// A whole number, written as one: `1.0` and `1e2` are not.
///
/// # Errors
/// If it is not written as a whole number, or 64 bits cannot hold it.
pub fn integer(text: &str) -> Result<i64, NumberProblem> {
    if text.bytes().any(|byte| matches!(byte, b'.' | b'e' | b'E')) {
        return Err(NumberProblem::NotWhole);
    }
    text.parse().map_err(|_| NumberProblem::OutOfRange)
}

/// The nearest double; a number beyond the greatest one is out of range. Minus zero becomes zero, so that equal values
/// have equal bits.
///
/// # Errors
/// If it is beyond the greatest double.
pub fn float(text: &str) -> Result<f64, NumberProblem> {
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(value + 0.0),
        _ => Err(NumberProblem::OutOfRange),
    }
}

/// The number times ten to `scale`, exactly; more decimal places (zeros at the end aside) or more than 38 digits are
/// out of range.
///
/// # Errors
/// If it has more decimal places than `scale`, or more digits than 38.
pub fn decimal(text: &str, scale: i8) -> Result<i128, NumberProblem> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().map_err(|_| NumberProblem::OutOfRange)),
        None => (text, Ok(0)),
    };
    let (negative, unsigned) = mantissa.strip_prefix('-').map_or((false, mantissa), |rest| (true, rest));
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits = || whole.bytes().chain(fraction.bytes());
    let Some((last_nonzero, _)) = digits().enumerate().filter(|(_, digit)| *digit != b'0').last() else { return Ok(0) };
    let kept = last_nonzero + 1;
    let dropped = i64::try_from(whole.len() + fraction.len() - kept).map_err(|_| NumberProblem::OutOfRange)?;
    let fraction_digits = i64::try_from(fraction.len()).map_err(|_| NumberProblem::OutOfRange)?;
    let shift = exponent?
        .checked_add(dropped - fraction_digits + i64::from(scale))
        .and_then(|shift| u32::try_from(shift).ok())
        .ok_or(NumberProblem::OutOfRange)?;
    let mut value: i128 = 0;
    for digit in digits().take(kept) {
        value = value
            .checked_mul(10)
            .and_then(|value| value.checked_add(i128::from(digit - b'0')))
            .ok_or(NumberProblem::OutOfRange)?;
    }
    let power = 10_i128.checked_pow(shift).ok_or(NumberProblem::OutOfRange)?;
    let scaled = value.checked_mul(power).filter(|value| *value <= DECIMAL_MAX).ok_or(NumberProblem::OutOfRange)?;
    Ok(if negative { -scaled } else { scaled })
}

/// Microseconds of an RFC 3339 date-time with offset; digits beyond the microsecond are cut off towards the past.
pub fn time(text: &str) -> Option<i64> {
    common::time(text.as_bytes()).or_else(|| any_time(text))
}

/// The same of any text, with what is rare: leap seconds, the ends of the calendar.
fn any_time(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    if !has_form(bytes.get(..19)?, b"dddd-dd-ddTdd:dd:dd") {
        return None;
    }
    let after_seconds = &bytes[19..];
    let fraction_length = match after_seconds.strip_prefix(b".") {
        Some(rest) => {
            1 + Some(rest.iter().take_while(|byte| byte.is_ascii_digit()).count()).filter(|count| *count > 0)?
        }
        None => 0,
    };
    let offset = &after_seconds[fraction_length..];
    // Compared as text: the hours of an offset go to 23, its minutes to 59.
    let is_numeric = |offset: &[u8]| has_form(offset, b"sdd:dd") && offset[1..3] <= b"23"[..] && offset[4] <= b'5';
    let offset_is_right = matches!(offset, b"Z" | b"z") || is_numeric(offset);
    if !offset_is_right {
        return None;
    }
    // jiff reads nine digits of a fraction; what stands behind them is far below a microsecond.
    let most = 1 + 9;
    let timestamp: Timestamp = if fraction_length > most {
        format!("{}{}", &text[..19 + most], &text[19 + fraction_length..]).parse().ok()?
    } else {
        text.parse().ok()?
    };
    let microseconds = i64::try_from(timestamp.as_nanosecond().div_euclid(1000)).ok()?;
    // Of the calendar's last second jiff knows nanoseconds, but no microseconds.
    Timestamp::from_microsecond(microseconds).is_ok().then_some(microseconds)
}

/// Days since 1970-01-01 of an RFC 3339 full-date.
pub fn date(text: &str) -> Option<i32> {
    common::date(text.as_bytes()).and_then(|days| i32::try_from(days).ok()).or_else(|| any_date(text))
}

fn any_date(text: &str) -> Option<i32> {
    if !has_form(text.as_bytes(), b"dddd-dd-dd") {
        return None;
    }
    let date: Date = text.parse().ok()?;
    let days = date.since((jiff::Unit::Day, Date::constant(1970, 1, 1))).ok()?.get_days();
    Some(days)
}

/// Whether the bytes follow a form: `d` a digit, `s` a sign, `T` the letter in either case, anything else itself.
fn has_form(bytes: &[u8], form: &[u8]) -> bool {
    bytes.len() == form.len()
        && bytes.iter().zip(form).all(|(byte, wanted)| match wanted {
            b'd' => byte.is_ascii_digit(),
            b's' => matches!(byte, b'+' | b'-'),
            b'T' => matches!(byte, b'T' | b't'),
            other => byte == other,
        })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn integers_are_strict() {
        let cases = [
            ("0", Ok(0)),
            ("-7", Ok(-7)),
            ("9223372036854775807", Ok(i64::MAX)),
            ("9223372036854775808", Err(NumberProblem::OutOfRange)),
            ("1.0", Err(NumberProblem::NotWhole)),
            ("1e2", Err(NumberProblem::NotWhole)),
        ];
        for (text, expected) in cases {
            assert_eq!(integer(text), expected, "{text}");
        }
    }

    #[test]
    fn doubles_are_nearest_and_finite() {
        assert_eq!(float("0.1"), Ok(0.1));
        assert_eq!(float("1e400"), Err(NumberProblem::OutOfRange));
        assert_eq!(float("-1e400"), Err(NumberProblem::OutOfRange));
        assert_eq!(float("1e-400"), Ok(0.0));
        assert_eq!(float("-0").map(f64::to_bits), Ok(0));
    }

    #[test]
    fn decimals_are_exact_or_refused() {
        let out = Err(NumberProblem::OutOfRange);
        let cases = [
            ("0", 9, Ok(0)),
            ("-0.0", 9, Ok(0)),
            ("0e999999999999999999999", 9, Ok(0)),
            ("0.126", 9, Ok(126_000_000)),
            ("-1.25", 2, Ok(-125)),
            ("1.2500000000000000000000000000000000000000000000", 2, Ok(125)),
            ("1.251", 2, out),
            ("1.2e3", 0, Ok(1200)),
            ("12E-1", 1, Ok(12)),
            ("12e-2", 1, out),
            ("1e37", 0, Ok(10_i128.pow(37))),
            ("99999999999999999999999999999999999999", 0, Ok(DECIMAL_MAX)),
            ("100000000000000000000000000000000000000", 0, out),
            ("1e400", 9, out),
            ("1e-400", 9, out),
            ("1e99999999999999999999", 9, out),
        ];
        for (text, scale, expected) in cases {
            assert_eq!(decimal(text, scale), expected, "{text} at scale {scale}");
        }
    }

    #[test]
    fn date_times_need_an_offset_and_the_exact_form() {
        let cases = [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("1970-01-01T08:00:00+08:00", Some(0)),
            ("1970-01-01t00:00:00.000001z", Some(1)),
            ("1970-01-01T00:00:00.0000019Z", Some(1)),
            ("1970-01-01T00:00:00.00000199999999Z", Some(1)),
            ("1969-12-31T23:59:59.9999999Z", Some(-1)),
            ("9999-12-30T22:00:00Z", Some(253_402_207_200_000_000)),
            ("9999-12-30T22:00:00.000001Z", None),
            ("2026-03-02T02:10:00", None),
            ("2026-03-02T02:10:00+08", None),
            ("2026-03-02T02:10:00+0800", None),
            ("2026-03-02T02:10:00+08:00[Asia/Shanghai]", None),
            ("2026-03-02 02:10:00+08:00", None),
            ("2026-03-02T02:10+08:00", None),
            ("2026-03-02T02:10:00.+08:00", None),
            ("2026-02-30T02:10:00+08:00", None),
            ("2026-03-02T25:10:00+08:00", None),
            ("1970-01-01T23:59:00+23:59", Some(0)),
            ("2026-03-02T02:10:00+24:00", None),
            ("2026-03-02T02:10:00+08:60", None),
            ("2026-03-02T02:10:00Z ", None),
            ("2026年3月2日", None),
            ("46083.5", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(time(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_read_quickly_is_read_alike(
            text in "[0-9]{4}-[01][0-9]-[0-3][0-9][Tt ][0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{0,12})?(Z|z|[+-][0-2][0-9]:[0-6][0-9]|)",
            cut in 0..40_usize,
        ) {
            for text in [&*text, &text[..cut.min(text.len())]] {
                let quick = common::time(text.as_bytes());
                prop_assert!(quick.is_none() || quick == any_time(text), "{text}: {quick:?}, {:?}", any_time(text));
                let date = text.get(..10).unwrap_or(text);
                let quick = common::date(date.as_bytes());
                prop_assert!(quick.is_none() || quick == any_date(date).map(i64::from), "{date}: {quick:?}");
            }
        }

        #[test]
        fn what_is_common_is_read_quickly(microseconds in -30_000_000_000_000_000..200_000_000_000_000_000_i64) {
            let time = Timestamp::from_microsecond(microseconds).expect("in the calendar");
            prop_assert_eq!(common::time(time.to_string().as_bytes()), Some(microseconds));
        }
    }

    #[test]
    fn dates_are_exact() {
        let cases = [
            ("1970-01-02", Some(1)),
            ("1969-12-31", Some(-1)),
            ("2024-02-29", Some(19_782)),
            ("2026-02-29", None),
            ("2026-3-2", None),
            ("20260302", None),
            ("2026.03.02", None),
            ("2026-03-02T00:00:00Z", None),
        ];
        for (text, expected) in cases {
            assert_eq!(date(text), expected, "{text}");
        }
    }
}
