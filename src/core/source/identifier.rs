//! Check digits of the identifiers that name operators and entities. A failed check flags a record and never drops it:
//! real codes violate the standards. Nor is a letter that looks like a digit taken for it: which of two operators was
//! meant is for people to say.

/// The alphabet of GB 32100, in the order of its values; I, O, Z, S and V are left out.
const USCC_ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
/// Powers of three modulo 31, one a place.
const USCC_WEIGHTS: [usize; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
/// Letters before the digits of a licence or filing number.
const LICENCE_PREFIXES: [&str; 3] = ["JY", "SC", "YB"];
const LICENCE_DIGITS: usize = 14;
/// The letters that GB 32100 leaves out, because they look like 1, 0, 2, 5 and U.
const NEVER_IN_USCC: [char; 5] = ['I', 'O', 'Z', 'S', 'V'];
/// Letters that look like a digit, where a licence has only digits.
const LIKE_DIGITS: [char; 8] = ['O', 'Q', 'D', 'I', 'L', 'Z', 'S', 'B'];

/// Whether a unified social credit code (统一社会信用代码, GB 32100-2015) has the right length, alphabet and check digit.
pub fn is_uscc(code: &str) -> bool {
    let Some((body, check)) = code.as_bytes().split_at_checked(USCC_WEIGHTS.len()) else { return false };
    let [check] = check else { return false };
    let mut sum = 0;
    for (character, weight) in body.iter().zip(USCC_WEIGHTS) {
        let Some(value) = uscc_value(*character) else { return false };
        sum += value * weight;
    }
    uscc_value(*check) == Some((31 - sum % 31) % 31)
}

fn uscc_value(character: u8) -> Option<usize> {
    USCC_ALPHABET.iter().position(|known| *known == character)
}

/// Whether a food business licence (JY), production licence (SC) or filing number (YB), each two letters and 14 digits,
/// has the right form and check digit (GB/T 17710, MOD 11,10).
pub fn is_licence(number: &str) -> bool {
    let Some(digits) = LICENCE_PREFIXES.iter().find_map(|prefix| number.strip_prefix(prefix)) else { return false };
    digits.len() == LICENCE_DIGITS
        && digits.bytes().all(|digit| digit.is_ascii_digit())
        && passes_mod_11_10(digits.as_bytes())
}

/// Whether a code would have the form of a unified social credit code but for letters that such a code never has and
/// that look like ones it has: O for 0, I for 1, or a Greek or Cyrillic capital.
pub fn has_look_alike_in_uscc(code: &str) -> bool {
    let looks_alike = |character: char| NEVER_IN_USCC.contains(&character) || is_foreign(character);
    let belongs = |character: char| u8::try_from(character).is_ok_and(|byte| uscc_value(byte).is_some());
    code.chars().count() == USCC_WEIGHTS.len() + 1
        && code.chars().any(looks_alike)
        && code.chars().all(|character| belongs(character) || looks_alike(character))
}

/// Whether a number would have the form of a licence but for letters that look like a digit behind its first two, or
/// for Greek or Cyrillic capitals.
pub fn has_look_alike_in_licence(number: &str) -> bool {
    let looks_alike = |character: char| LIKE_DIGITS.contains(&character) || is_foreign(character);
    let Some((second, _)) = number.char_indices().nth(2) else { return false };
    let (prefix, digits) = number.split_at(second);
    let has_prefix = LICENCE_PREFIXES.contains(&prefix);
    digits.chars().count() == LICENCE_DIGITS
        && digits.chars().all(|character| character.is_ascii_digit() || looks_alike(character))
        && (has_prefix && digits.chars().any(looks_alike) || !has_prefix && prefix.chars().any(is_foreign))
}

/// A letter of an alphabet whose capitals look like Latin ones.
fn is_foreign(character: char) -> bool {
    matches!(character, '\u{370}'..='\u{52F}')
}

/// GB/T 17710 (ISO 7064) MOD 11,10 over ASCII digits, the last of which is the check digit.
fn passes_mod_11_10(digits: &[u8]) -> bool {
    let Some((check, body)) = digits.split_last() else { return false };
    let mut product = 10;
    for digit in body {
        let sum = (product + u32::from(digit - b'0')) % 10;
        product = (if sum == 0 { 10 } else { sum }) * 2 % 11;
    }
    (product + u32::from(check - b'0')) % 10 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_social_credit_codes_pass() {
        for code in ["91350100M000100Y43", "91120103MA05TE5T7E", "92120103MA06ABCDXT"] {
            assert!(is_uscc(code), "{code}");
        }
    }

    #[test]
    fn the_failing_example_of_the_standard_and_other_bad_codes_fail() {
        let cases = [
            "91350100M000100Y4Z",
            "91350100M000100Y44",
            "91350100M000100Y4",
            "91350100M000100Y433",
            "91350100m000100y43",
            "9135010OM000100Y43",
            "统一社会信用",
            "",
        ];
        for code in cases {
            assert!(!is_uscc(code), "{code}");
        }
    }

    #[test]
    fn letters_that_only_look_right_are_noticed_and_nothing_else() {
        let uscc = [
            ("9135O100M000100Y43", true),
            ("9I350100M000100Y43", true),
            ("91350100\u{41C}000100Y43", true),
            ("91350100M000100Y44", false),
            ("9135O100M000100Y4", false),
            ("统一社会信用", false),
        ];
        for (code, expected) in uscc {
            assert_eq!(has_look_alike_in_uscc(code), expected, "{code}");
        }
        let licences = [
            ("JY2I201030043213", true),
            ("JY212O1030043213", true),
            ("JY21201030043Z13", true),
            ("\u{408}Y21201030043213", true),
            ("SC21201030043214", false),
            ("JY2120103004321", false),
            ("SB21201030043213", false),
            ("UNREGISTERED-7", false),
            ("XC-YYL-OO31", false),
            ("津河西食摊备字0031号", false),
            ("JY", false),
            ("", false),
        ];
        for (number, expected) in licences {
            assert_eq!(has_look_alike_in_licence(number), expected, "{number}");
        }
    }

    #[test]
    fn valid_licences_pass() {
        for number in ["JY11201030000014", "JY21201030043213", "JY31201030001472"] {
            assert!(is_licence(number), "{number}");
        }
    }

    #[test]
    fn licences_with_a_wrong_form_or_check_digit_fail() {
        let cases = [
            "JY11201030000015",
            "JY1120103000001",
            "JY112010300000144",
            "XX11201030000014",
            "jy11201030000014",
            "JY1120103000001四",
            "JY",
            "",
        ];
        for number in cases {
            assert!(!is_licence(number), "{number}");
        }
    }

    #[test]
    fn every_single_wrong_digit_of_a_licence_is_caught() {
        let number = "JY21201030043213";
        for place in 2..number.len() {
            for digit in '0'..='9' {
                let mut wrong = number.to_owned();
                wrong.replace_range(place..=place, digit.encode_utf8(&mut [0; 4]));
                assert_eq!(is_licence(&wrong), wrong == number, "{wrong}");
            }
        }
    }
}
