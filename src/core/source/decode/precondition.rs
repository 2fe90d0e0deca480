//! What is checked before anything is parsed: size, encoding, content type and depth. They bound the work that a record
//! can cause.

use super::refuse;
use crate::source::{Header, Refusal, RefusalCode};

/// The greatest size of one value in bytes.
pub const MAX_BYTES: usize = 1024 * 1024;
/// The greatest nesting of arrays and objects; the document itself is the first.
pub const MAX_DEPTH: usize = 32;

/// The value as text, if it may be parsed.
pub(super) fn check<'v>(value: &'v [u8], headers: &[Header]) -> Result<&'v str, Refusal> {
    if value.len() > MAX_BYTES {
        let got = Some(format!("{} bytes", value.len()));
        return Err(refuse(RefusalCode::TooLarge, "", format!("at most {MAX_BYTES} bytes"), got));
    }
    check_content_type(headers)?;
    check_spec_version(headers)?;
    let text = std::str::from_utf8(value).map_err(|error| not_utf8(value, error))?;
    if is_too_deep(text) {
        let expected = format!("arrays and objects nested at most {MAX_DEPTH} deep");
        return Err(refuse(RefusalCode::TooDeep, "", expected, None));
    }
    Ok(text)
}

/// The last value of a header; names are compared without regard to case.
pub(super) fn header<'h>(headers: &'h [Header], name: &str) -> Option<&'h [u8]> {
    headers.iter().rev().find(|header| header.name.eq_ignore_ascii_case(name))?.value.as_deref()
}

fn check_content_type(headers: &[Header]) -> Result<(), Refusal> {
    let Some(bytes) = header(headers, "content-type") else { return Ok(()) };
    let text = String::from_utf8_lossy(bytes);
    let mut parts = text.split(';').map(str::trim);
    let is_json = parts.next().is_some_and(|media_type| media_type.eq_ignore_ascii_case("application/json"));
    let is_utf8 = parts.all(|parameter| {
        parameter.split_once('=').is_none_or(|(name, value)| {
            !name.trim().eq_ignore_ascii_case("charset") || value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
        })
    });
    if is_json && is_utf8 {
        return Ok(());
    }
    let expected = "content type application/json in UTF-8 (CloudEvents in binary mode)".into();
    Err(refuse(RefusalCode::UnsupportedContentType, "", expected, Some(super::quote(&text))))
}

/// CloudEvents names its version in every event.
fn check_spec_version(headers: &[Header]) -> Result<(), Refusal> {
    match header(headers, "ce_specversion") {
        None | Some(b"1.0") => Ok(()),
        Some(other) => {
            let got = super::quote(&String::from_utf8_lossy(other));
            Err(refuse(RefusalCode::UnsupportedContentType, "", "CloudEvents of version 1.0".into(), Some(got)))
        }
    }
}

fn not_utf8(value: &[u8], error: std::str::Utf8Error) -> Refusal {
    let at = error.valid_up_to();
    let got = if error.error_len().is_none() {
        format!("a character cut short at byte {at}, the end")
    } else if looks_like_gbk(value) {
        format!("byte 0x{:02X} at offset {at}; the text looks like GBK", value[at])
    } else {
        format!("byte 0x{:02X} at offset {at}", value[at])
    };
    refuse(RefusalCode::NotUtf8, "", "text in UTF-8".into(), Some(got))
}

/// Whether every byte outside ASCII is part of a GBK or GB18030 character.
fn looks_like_gbk(value: &[u8]) -> bool {
    let mut rest = value;
    loop {
        rest = match rest {
            [] => return true,
            [0..=0x7F, after @ ..]
            | [0x81..=0xFE, 0x40..=0x7E | 0x80..=0xFE, after @ ..]
            | [0x81..=0xFE, b'0'..=b'9', 0x81..=0xFE, b'0'..=b'9', after @ ..] => after,
            _ => return false,
        };
    }
}

/// Whether brackets outside strings nest deeper than the limit, whatever else is wrong with the text.
fn is_too_deep(text: &str) -> bool {
    // Few documents have as many brackets at all. Of the bytes of JSON only `[` and `{` become `{` with this bit.
    let opening = text.bytes().filter(|byte| byte | 0x20 == b'{').count();
    if opening <= MAX_DEPTH {
        return false;
    }
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut escaped = false;
    for byte in text.bytes() {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return true;
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content_type(value: &str) -> Vec<Header> {
        vec![Header { name: "Content-Type".into(), value: Some(value.into()) }]
    }

    #[test]
    fn only_json_in_utf8_is_a_supported_content_type() {
        let cases = [
            ("application/json", true),
            ("application/json; charset=utf-8", true),
            ("Application/JSON;charset=\"UTF-8\"", true),
            ("application/json; charset=gbk", false),
            ("application/cloudevents+json", false),
            ("application/cloudevents+json; charset=utf-8", false),
            ("application/avro", false),
            ("text/plain", false),
            ("", false),
        ];
        for (value, supported) in cases {
            let result = check(b"{}", &content_type(value)).map_err(|refusal| refusal.code);
            let expected = if supported { Ok("{}") } else { Err(RefusalCode::UnsupportedContentType) };
            assert_eq!(result, expected, "{value}");
        }
    }

    #[test]
    fn the_encoding_is_named_when_it_can_be_guessed() {
        let cases: [(&[u8], &str); 4] = [
            (b"{\"name\": \"\xb2\xe2\xca\xd4\"}", "byte 0xB2 at offset 10; the text looks like GBK"),
            (b"{\"name\": \"\xff\"}", "byte 0xFF at offset 10"),
            (b"\x80{}", "byte 0x80 at offset 0"),
            (b"{\"name\": \"\xe9\xbc", "a character cut short at byte 10, the end"),
        ];
        for (value, got) in cases {
            let refusal = check(value, &[]).expect_err("it is not UTF-8");
            assert_eq!((refusal.code, refusal.got.as_deref()), (RefusalCode::NotUtf8, Some(got)));
        }
    }

    #[test]
    fn depth_counts_brackets_outside_strings() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(check(nested(MAX_DEPTH).as_bytes(), &[]).is_ok());
        let too_deep = [nested(MAX_DEPTH + 1), nested(10_000), "{\"a\":".repeat(10_000), "[\"\\\"\",".repeat(40)];
        for text in too_deep {
            let refusal = check(text.as_bytes(), &[]).expect_err("it is too deep");
            assert_eq!(refusal.code, RefusalCode::TooDeep);
        }
        let in_strings = format!("[\"{}\\\"{}\"]", "[".repeat(100), "{".repeat(100));
        assert!(check(in_strings.as_bytes(), &[]).is_ok());
        assert!(check("[],".repeat(1000).as_bytes(), &[]).is_ok());
    }

    #[test]
    fn a_large_value_is_refused_before_anything_else() {
        let refusal = check(&vec![0xFF; 5_000_000], &content_type("x")).expect_err("it is too large");
        assert_eq!((refusal.code, refusal.got.as_deref()), (RefusalCode::TooLarge, Some("5000000 bytes")));
        assert!(check(&vec![b' '; MAX_BYTES], &[]).is_ok());
    }
}
