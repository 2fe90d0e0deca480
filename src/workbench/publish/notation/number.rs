//! Numbers and results of measurements.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::half_width;

/// More digits before or behind the point are no number that anybody measured.
const MAX_DIGITS: usize = 64;

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
    let before = usize::try_from(point.max(0)).ok().filter(|before| *before <= MAX_DIGITS)?;
    let zeros = usize::try_from((-point).max(0)).ok().filter(|zeros| *zeros <= MAX_DIGITS)?;
    let whole: String = digits.chars().chain(std::iter::repeat('0')).take(before).collect();
    let fraction: String = std::iter::repeat_n('0', zeros).chain(digits.chars().skip(before)).collect();
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    let whole = if whole.is_empty() { "0" } else { whole };
    let is_sane = whole.len() + fraction.len() <= 2 * MAX_DIGITS;
    let separator = if fraction.is_empty() { "" } else { "." };
    is_sane.then(|| format!("{whole}{separator}{fraction}"))
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
#[path = "number_tests.rs"]
mod tests;
