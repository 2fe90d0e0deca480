//! The keywords of numbers, strings and counts: limits, enumerations, patterns and forms.

use regex::Regex;
use yujing_base::language::{Bilingual, say};

use super::json::{Json, Member, Node};
use super::report::{CONTRADICTION, Keywords, SchemaReport, WRONG_VALUE};
use crate::source::NormalForm;
use crate::source::definition::FieldType;
use crate::source::scalar;
use crate::source::shape::{DECIMAL_MAX, TextRule, ValueRule, Values};

/// The greatest scale: what 38 digits can hold.
const MAX_SCALE: i8 = 38;

pub(super) fn read_integer(keywords: &Keywords<'_, '_>, nullable: bool, report: &mut SchemaReport<'_>) -> ValueRule {
    let parse = |node: &Node<'_>| match node.value {
        Json::Number(raw) => scalar::integer(raw).ok(),
        _ => None,
    };
    let (min, max) = read_limits(keywords, ("整数", "a whole number"), (i64::MIN, i64::MAX), parse, report);
    ValueRule::Int {
        min,
        max,
        only: read_only(keywords, nullable, ("整数", "whole numbers"), parse, report).unwrap_or_default(),
    }
}

pub(super) fn read_number(
    keywords: &Keywords<'_, '_>,
    report: &mut SchemaReport<'_>,
) -> Option<(ValueRule, FieldType)> {
    let Some(member) = keywords.get("x-scale") else {
        let parse = |node: &Node<'_>| match node.value {
            Json::Number(raw) => scalar::float(raw).ok(),
            _ => None,
        };
        let (min, max) = read_limits(keywords, ("数值", "a number"), (f64::MIN, f64::MAX), parse, report);
        return Some((ValueRule::Float { min, max }, FieldType::Float));
    };
    let Some(scale) = member.node.raw.parse().ok().filter(|scale| (0..=MAX_SCALE).contains(scale)) else {
        report.at(
            WRONG_VALUE,
            &member.node.span,
            say!("`x-scale` 应为0至{MAX_SCALE}的整数", "`x-scale` must be a whole number from 0 to {MAX_SCALE}"),
        );
        return None;
    };
    let parse = |node: &Node<'_>| match node.value {
        Json::Number(raw) => scalar::decimal(raw, scale).ok(),
        _ => None,
    };
    let wanted = ("小数位数不超过 `x-scale` 的数值", "a number with no more decimal places than `x-scale`");
    let (min, max) = read_limits(keywords, wanted, (-DECIMAL_MAX, DECIMAL_MAX), parse, report);
    Some((ValueRule::Decimal { scale, min, max }, FieldType::Decimal { scale }))
}

fn read_limits<T: Copy + PartialOrd>(
    keywords: &Keywords<'_, '_>,
    (zh, en): (&str, &str),
    widest: (T, T),
    parse: impl Fn(&Node<'_>) -> Option<T>,
    report: &mut SchemaReport<'_>,
) -> (T, T) {
    let mut read = |key: &str| {
        let member = keywords.get(key)?;
        let value = parse(&member.node);
        if value.is_none() {
            report.at(WRONG_VALUE, &member.node.span, say!("`{key}` 应为{zh}", "`{key}` must be {en}"));
        }
        value
    };
    let min = read("minimum").unwrap_or(widest.0);
    let max = read("maximum").unwrap_or(widest.1);
    check_order(keywords, "minimum", "maximum", min <= max, report);
    (min, max)
}

pub(super) fn read_counts(
    keywords: &Keywords<'_, '_>,
    low: &str,
    high: &str,
    report: &mut SchemaReport<'_>,
) -> (usize, usize) {
    let min = keywords.get(low).and_then(|member| report.count(member)).unwrap_or(0);
    let max = keywords.get(high).and_then(|member| report.count(member)).unwrap_or(usize::MAX);
    check_order(keywords, low, high, min <= max, report);
    (min, max)
}

fn check_order(keywords: &Keywords<'_, '_>, low: &str, high: &str, is_right: bool, report: &mut SchemaReport<'_>) {
    if let Some(member) = keywords.get(low).filter(|_| !is_right) {
        report.at(CONTRADICTION, &member.key_span, say!("`{low}` 大于 `{high}`", "`{low}` is greater than `{high}`"));
    }
}

/// The values of `enum` or `const`, which of a nullable property must allow null too.
fn read_only<T>(
    keywords: &Keywords<'_, '_>,
    nullable: bool,
    (zh, en): (&str, &str),
    parse: impl Fn(&Node<'_>) -> Option<T>,
    report: &mut SchemaReport<'_>,
) -> Option<Vec<T>> {
    let (member, nodes) = match (keywords.get("enum"), keywords.get("const")) {
        (None, None) => return None,
        (Some(_), Some(member)) => {
            report.at(
                CONTRADICTION,
                &member.key_span,
                Bilingual::new("`const` 与 `enum` 不能并用", "`const` and `enum` cannot stand side by side"),
            );
            return None;
        }
        (Some(member), None) => (member, member.node.list().unwrap_or_default()),
        (None, Some(member)) => (member, std::slice::from_ref(&member.node)),
    };
    let allows_null = nodes.iter().any(|node| matches!(node.value, Json::Null));
    if allows_null != nullable {
        let key = &member.key;
        let message = say!(
            "`type` 与 `{key}` 对是否允许 null 的规定不一致",
            "`type` and `{key}` disagree on whether null is allowed"
        );
        report.at(CONTRADICTION, &member.key_span, message);
    }
    let values: Option<Vec<T>> = nodes.iter().filter(|node| !matches!(node.value, Json::Null)).map(parse).collect();
    match values {
        Some(values) if !values.is_empty() => Some(values),
        _ => {
            let key = &member.key;
            report.at(WRONG_VALUE, &member.node.span, say!("`{key}` 应为{zh}", "`{key}` must be {en}"));
            None
        }
    }
}

pub(super) fn read_time(keywords: &Keywords<'_, '_>, report: &mut SchemaReport<'_>) -> Option<(ValueRule, FieldType)> {
    let member = keywords.get("format")?;
    match member.node.text() {
        Some("date-time") => Some((ValueRule::Time, FieldType::Time)),
        Some("date") => Some((ValueRule::Date, FieldType::Date)),
        _ => {
            report.at(
                WRONG_VALUE,
                &member.node.span,
                Bilingual::new("`format` 应为 date-time 或 date", "`format` must be date-time or date"),
            );
            None
        }
    }
}

pub(super) fn read_text(
    keywords: &Keywords<'_, '_>,
    nullable: bool,
    report: &mut SchemaReport<'_>,
) -> Option<TextRule> {
    let (min, max) = read_counts(keywords, "minLength", "maxLength", report);
    let pattern = match keywords.get("pattern") {
        Some(member) => match Regex::new(&with_ascii_classes(report.text(member)?)) {
            Ok(pattern) => Some(pattern),
            Err(error) => {
                report.at("schema/invalid-pattern", &member.node.span, say!("不是正则表达式：{error}", "{error}"));
                return None;
            }
        },
        None => None,
    };
    let closed = read_only(keywords, nullable, ("文本", "strings"), |node| node.text().map(Box::<str>::from), report);
    let open = read_open(keywords, report);
    let values = match (closed, open) {
        (Some(_), Some(_)) => {
            report.at(
                CONTRADICTION,
                &keywords.span,
                Bilingual::new(
                    "枚举或为开放（`x-open`），或为封闭（`enum`），不能并用",
                    "an enumeration is either open (`x-open`) or closed (`enum`)",
                ),
            );
            return None;
        }
        (Some(closed), None) => Values::Closed(closed),
        (None, Some(open)) => Values::Open(open),
        (None, None) => Values::Any,
    };
    let normal = keywords.get("x-normalize").and_then(|member| read_normal(member, report));
    Some(TextRule { normal, min, max, pattern, values })
}

/// JSON Schema patterns are ECMA-262 ones, where `\d` and `\w` mean ASCII only; in a Rust pattern they mean all of
/// Unicode, `１` for example.
fn with_ascii_classes(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            out.push(character);
            continue;
        }
        match characters.next() {
            Some('d') => out.push_str("[0-9]"),
            Some('D') => out.push_str("[^0-9]"),
            Some('w') => out.push_str("[0-9A-Za-z_]"),
            Some('W') => out.push_str("[^0-9A-Za-z_]"),
            Some(escaped) => out.extend(['\\', escaped]),
            None => out.push('\\'),
        }
    }
    out
}

fn read_normal(member: &Member<'_>, report: &mut SchemaReport<'_>) -> Option<NormalForm> {
    let normal = member.node.text().and_then(NormalForm::parse);
    if normal.is_none() {
        let message = Bilingual::new("`x-normalize` 应为 trim 或 code", "`x-normalize` must be trim or code");
        report.at(WRONG_VALUE, &member.node.span, message);
    }
    normal
}

fn read_open(keywords: &Keywords<'_, '_>, report: &mut SchemaReport<'_>) -> Option<Vec<Box<str>>> {
    let (open, values) = match (keywords.get("x-open"), keywords.get("x-enum")) {
        (None, None) => return None,
        (Some(open), Some(values)) => (open, values),
        (Some(alone), None) | (None, Some(alone)) => {
            report.at(
                CONTRADICTION,
                &alone.key_span,
                Bilingual::new("`x-open` 与 `x-enum` 须同时出现", "`x-open` and `x-enum` stand together or not at all"),
            );
            return None;
        }
    };
    if open.node.bool() != Some(true) {
        report.at(
            WRONG_VALUE,
            &open.node.span,
            Bilingual::new("`x-open` 应为 true，否则省略", "`x-open` must be true, or be left out"),
        );
    }
    let values: Vec<Box<str>> = match values.node.texts() {
        Some(texts) if texts.contains(&"other") => texts.into_iter().map(Box::from).collect(),
        _ => {
            let message = Bilingual::new(
                "`x-enum` 应为含 `other` 的文本列表",
                "`x-enum` must be a list of strings with `other` among them",
            );
            report.at(CONTRADICTION, &values.node.span, message);
            return None;
        }
    };
    Some(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_and_word_characters_of_a_pattern_are_ascii() {
        let cases = [
            (r"^\d$", "7", true),
            (r"^\d$", "７", false),
            (r"^[\d-]+$", "1-2", true),
            (r"^[\d-]+$", "１-２", false),
            (r"^\w$", "鼠", false),
            (r"^\W$", "鼠", true),
            (r"^\\d$", "\\d", true),
        ];
        for (pattern, text, matches) in cases {
            let regex = Regex::new(&with_ascii_classes(pattern)).expect("the pattern is valid");
            assert_eq!(regex.is_match(text), matches, "{pattern} on {text}");
        }
    }
}
