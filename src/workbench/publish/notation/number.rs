//! Numbers and results of measurements.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::half_width;

/// More digits before or behind the point are no number that anybody measured.
const MOST_DIGITS: usize = 64;

/// How a result is to be read, in the words of the `censor` field.
pub(in crate::publish) const EQUAL: &str = "=";
const BELOW: &str = "<";
const ABOVE: &str = ">";
const NOT_DETECTED: &str = "ND";

static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    // `1,200.5`, `.5`, `2.4e3`, `2.4×10³`, `2.4x10^3`. A superscript that was lost (`2.4×103`) is none.
    let number = r"^([-+−]?)([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)?(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+)|\s*[×xX*]\s*10(?:\^([+-]?[0-9]+)|([⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)))?$";
    Regex::new(number).expect("invariant: the pattern is one")
});

/// A number as a plain decimal, exactly: `1,200` is 1200, `2.40×10³` is 2400.
pub(in crate::publish) fn plain(text: &str) -> Option<String> {
    let half = half_width(text);
    let found = NUMBER.captures(half.trim())?;
    let part = |index: usize| found.get(index).map_or("", |part| part.as_str());
    let (whole, fraction) = (part(2).replace(',', ""), part(3));
    let digits = format!("{whole}{fraction}");
    let point = i64::try_from(whole.len()).ok()?.checked_add(exponent(&found)?)?;
    if digits.is_empty() {
        return None;
    }
    let sign = if matches!(part(1), "-" | "−") { "-" } else { "" };
    let number = shifted(&digits, point)?;
    Some(if number == "0" { number } else { format!("{sign}{number}") })
}

fn exponent(found: &Captures<'_>) -> Option<i64> {
    let superscript = |character: char| match character {
        '⁻' => '-',
        '⁺' => '+',
        other => "⁰¹²³⁴⁵⁶⁷⁸⁹".chars().zip('0'..='9').find(|(high, _)| *high == other).map_or(other, |(_, low)| low),
    };
    let written = found.get(4).or_else(|| found.get(5)).map(|part| part.as_str().to_owned());
    let written = written.or_else(|| Some(found.get(6)?.as_str().chars().map(superscript).collect()));
    written.map_or(Some(0), |written| written.parse().ok())
}

/// The digits with the point behind so many of them, without zeros that mean nothing.
fn shifted(digits: &str, point: i64) -> Option<String> {
    let before = usize::try_from(point.max(0)).ok().filter(|before| *before <= MOST_DIGITS)?;
    let zeros = usize::try_from((-point).max(0)).ok().filter(|zeros| *zeros <= MOST_DIGITS)?;
    let whole: String = digits.chars().chain(std::iter::repeat('0')).take(before).collect();
    let fraction: String = std::iter::repeat_n('0', zeros).chain(digits.chars().skip(before)).collect();
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    let whole = if whole.is_empty() { "0" } else { whole };
    let is_sane = whole.len() + fraction.len() <= 2 * MOST_DIGITS;
    let point = if fraction.is_empty() { "" } else { "." };
    is_sane.then(|| format!("{whole}{point}{fraction}"))
}

/// What a laboratory reports of one analyte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::publish) struct Measured {
    pub censor: &'static str,
    /// The value, or the bound that it lies below or above; none if nothing was detected.
    pub value: Option<String>,
}

/// A number, a bound (`<0.01`, `>100`), or `ND` and `未检出`.
pub(in crate::publish) fn measured(text: &str) -> Option<Measured> {
    let half = half_width(text);
    let half = half.trim();
    if matches!(&*half.to_ascii_uppercase(), "ND" | "N.D." | "未检出") {
        return Some(Measured { censor: NOT_DETECTED, value: None });
    }
    let (censor, rest) = match half.strip_prefix('<') {
        Some(rest) => (BELOW, rest),
        None => half.strip_prefix('>').map_or((EQUAL, half), |rest| (ABOVE, rest)),
    };
    plain(rest).map(|value| Measured { censor, value: Some(value) })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_read_as_what_they_are_or_not_at_all() {
        let cases = [
            ("7", Some("7")),
            ("007", Some("7")),
            ("1.10", Some("1.1")),
            ("2.0", Some("2")),
            (".5", Some("0.5")),
            ("-0.0", Some("0")),
            ("−3", Some("-3")),
            ("+3", Some("3")),
            ("１２．５", Some("12.5")),
            ("\u{3000}12\u{a0}", Some("12")),
            ("1,200", Some("1200")),
            ("1，200.5", Some("1200.5")),
            ("12,345,678", Some("12345678")),
            ("2.4×10³", Some("2400")),
            ("2.4 × 10⁻³", Some("0.0024")),
            ("2.4x10^3", Some("2400")),
            ("2.4E+03", Some("2400")),
            ("12345678901234567890.123456789", Some("12345678901234567890.123456789")),
            ("2.4×103", None),
            ("1,20", None),
            ("12,34", None),
            ("0,5", None),
            ("1 200", None),
            ("5.", None),
            (".", None),
            ("", None),
            ("-", None),
            ("<0.01", None),
            ("约3", None),
            ("3-5", None),
            ("50%", None),
            ("0.126g/kg", None),
            ("1e400", None),
            ("1e99999999999999999999", None),
            ("NaN", None),
            ("inf", None),
            ("二", None),
            ("٣", None),
            ("1.१", None),
        ];
        for (text, expected) in cases {
            assert_eq!(plain(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_result_keeps_how_it_is_to_be_read() {
        let cases = [
            ("0.126", Some(("=", Some("0.126")))),
            ("<0.01", Some(("<", Some("0.01")))),
            ("＜ ０．０１", Some(("<", Some("0.01")))),
            (">2.4×10³", Some((">", Some("2400")))),
            ("ND", Some(("ND", None))),
            ("n.d.", Some(("ND", None))),
            (" 未检出 ", Some(("ND", None))),
            ("未检出(<0.05)", None),
            ("≤0.01", None),
            ("<", None),
            ("阴性", None),
            ("", None),
        ];
        for (text, expected) in cases {
            let expected = expected.map(|(censor, value)| Measured { censor, value: value.map(str::to_owned) });
            assert_eq!(measured(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_plain_number_is_itself(whole in 0_u64..=u64::MAX, fraction in "[0-9]{0,20}[1-9]") {
            let text = format!("{whole}.{fraction}");
            prop_assert_eq!(plain(&text), Some(text));
        }

        #[test]
        fn any_text_gives_a_number_or_nothing(text in "\\PC{0,30}") {
            if let Some(number) = plain(&text) {
                prop_assert!(number.parse::<f64>().is_ok_and(f64::is_finite), "{number}");
            }
        }
    }
}
