//! Numbers as an official text has them: rounded to so many places, and no more digits than are meant.

use rhai::{Engine, EvalAltResult, Position};

/// A number with so many decimal places: `fixed(1.0 / 3.0, 2)` is `0.33`.
pub(super) const FIXED: &str = "fixed";
/// A share in percent: `percent(1.0 / 3.0)` is `33%`, `percent(1.0 / 3.0, 1)` is `33.3%`.
pub(super) const PERCENT: &str = "percent";

/// More places than anybody reads.
const MAX_PLACES: i64 = 9;

/// Offers the functions to rules. They round the number's exact value to the nearest, halves to even, on every machine
/// alike.
pub(super) fn register(engine: &mut Engine) {
    engine
        .register_fn(FIXED, |number: f64, places: i64| rounded(number, places))
        .register_fn(FIXED, |number: i64, places: i64| rounded(decimal(number), places))
        .register_fn(PERCENT, |share: f64| in_percent(share, 0))
        .register_fn(PERCENT, |share: i64| in_percent(decimal(share), 0))
        .register_fn(PERCENT, in_percent)
        .register_fn(PERCENT, |share: i64, places: i64| in_percent(decimal(share), places));
}

type Rounded = Result<String, Box<EvalAltResult>>;

fn in_percent(share: f64, places: i64) -> Rounded {
    rounded(share * 100.0, places).map(|text| text + "%")
}

fn rounded(number: f64, places: i64) -> Rounded {
    let refuse = |reason: String| Err(EvalAltResult::ErrorArithmetic(reason, Position::NONE).into());
    if !number.is_finite() {
        return refuse(format!("{number} is no number to be written"));
    }
    let Some(digits) = usize::try_from(places).ok().filter(|_| places <= MAX_PLACES) else {
        return refuse(format!("a number has 0 to {MAX_PLACES} decimal places, not {places}"));
    };
    let text = format!("{number:.digits$}");
    // Nobody writes minus zero.
    let is_zero = text.bytes().all(|byte| matches!(byte, b'-' | b'0' | b'.'));
    Ok(if is_zero { text.trim_start_matches('-').to_owned() } else { text })
}

#[expect(clippy::cast_precision_loss, reason = "counts in texts are far below 2^53")]
fn decimal(number: i64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_rounded_as_people_write_them() {
        let cases = [
            (1.0 / 3.0, 2, "0.33"),
            (2.0 / 3.0, 2, "0.67"),
            (0.125, 2, "0.12"),
            (0.1 + 0.2, 1, "0.3"),
            (-0.004, 2, "0.00"),
            (-1.5, 1, "-1.5"),
            (3.0, 0, "3"),
            (1e15, 2, "1000000000000000.00"),
        ];
        for (number, places, text) in cases {
            assert_eq!(rounded(number, places).expect("it is written"), text, "{number} to {places}");
        }
        assert_eq!(in_percent(1.0 / 3.0, 0).expect("it is written"), "33%");
        assert_eq!(in_percent(0.9995, 1).expect("it is written"), "100.0%");
    }

    #[test]
    fn what_is_no_number_or_has_no_such_places_is_an_error() {
        for (number, places) in [(f64::NAN, 2), (f64::INFINITY, 2), (1.0, -1), (1.0, 10)] {
            let error = rounded(number, places).expect_err("it cannot be written");
            assert!(matches!(*error, EvalAltResult::ErrorArithmetic(..)), "{number} to {places}");
        }
    }
}
