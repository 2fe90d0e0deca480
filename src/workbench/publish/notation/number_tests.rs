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
