//! CloudEvents in binary mode: headers stand in for what the data lacks.

use serde_json::json;
use yujing_core::source::{Event, Header, Record, Refusal, RefusalCode};

use super::fixture::{cell, decoder, full, header, record, text, with};

fn headers() -> Vec<Header> {
    vec![
        header("ce_specversion", "1.0"),
        header("ce_type", "test.visit.v1"),
        header("ce_id", "v1"),
        header("ce_source", "test"),
        header("ce_time", "2026-03-02T02:00:00.123456Z"),
        header("ce_subject", "JY21201030043213"),
        header("content-type", "application/json"),
    ]
}

fn decode(value: String, headers: Vec<Header>) -> Result<Event, Refusal> {
    decoder("visits").decode(&Record { headers, ..record(value) })
}

fn bare_data() -> String {
    let mut document = full();
    let fields = document.as_object_mut().expect("it is an object");
    for name in ["event_id", "publisher", "occurred_at", "operator_id"] {
        fields.remove(name);
    }
    document.to_string()
}

#[test]
fn headers_fill_what_the_data_lacks() {
    let from_headers = decode(bare_data(), headers()).expect("the headers complete it");
    let from_data = decode(full().to_string(), vec![]).expect("it is complete");
    assert_eq!((from_headers.identity, from_headers.content), (from_data.identity, from_data.content));
    assert_eq!(from_headers.cells, from_data.cells);
}

#[test]
fn headers_that_agree_with_the_data_are_accepted() {
    let event = decode(full().to_string(), headers()).expect("both say the same");
    assert_eq!(cell(&event, "event_id"), &text("v1"));
}

#[test]
fn headers_that_differ_from_the_data_are_refused() {
    let cases = [
        ("ce_id", "v2", "/event_id"),
        ("ce_source", "another", "/publisher"),
        ("ce_time", "2026-03-02T02:00:00Z", "/occurred_at"),
        ("ce_subject", "JY11201030000014", "/operator_id"),
    ];
    for (name, value, pointer) in cases {
        let refusal = decode(full().to_string(), vec![header(name, value)]).expect_err("they differ");
        assert_eq!((refusal.code, refusal.pointer.as_str()), (RefusalCode::WrongFormat, pointer), "{name}");
    }
}

#[test]
fn headers_are_checked_by_the_schema_too() {
    let cases = [
        ("ce_id", "", RefusalCode::OutOfRange, "/event_id"),
        ("ce_time", "yesterday", RefusalCode::WrongTime, "/occurred_at"),
        ("ce_time", "1970-01-01T00:00:00Z", RefusalCode::TooOld, "/occurred_at"),
        ("ce_subject", "a\0", RefusalCode::WrongFormat, "/operator_id"),
    ];
    for (name, value, code, pointer) in cases {
        let mut headers = headers();
        headers.retain(|header| header.name != name);
        headers.push(header(name, value));
        let refusal = decode(bare_data(), headers).expect_err("the header is wrong");
        assert_eq!((refusal.code, refusal.pointer.as_str()), (code, pointer), "{name}: {value}");
    }
    let binary = Header { name: "ce_id".into(), value: Some(vec![0xFF]) };
    let refusal = decode(bare_data(), vec![binary]).expect_err("the header is not UTF-8");
    assert_eq!((refusal.code, refusal.pointer.as_str()), (RefusalCode::WrongFormat, "/event_id"));
}

#[test]
fn a_check_digit_is_flagged_from_the_header_too() {
    let mut headers = headers();
    headers.retain(|header| header.name != "ce_subject");
    headers.push(header("ce_subject", "UNREGISTERED-7"));
    let event = decode(bare_data(), headers).expect("it is only flagged");
    assert_eq!(cell(&event, "quality"), &yujing_core::source::Cell::List(Box::new([text("operator_id:check_digit")])));
}

#[test]
fn only_binary_mode_of_version_1_is_read() {
    let cases = [
        ("content-type", "application/cloudevents+json; charset=UTF-8"),
        ("content-type", "application/cloudevents-batch+json"),
        ("content-type", "application/avro"),
        ("ce_specversion", "0.3"),
    ];
    for (name, value) in cases {
        let refusal = decode(with("verdict", json!("pass")), vec![header(name, value)]).expect_err("it is not read");
        assert_eq!((refusal.code, refusal.pointer.as_str()), (RefusalCode::UnsupportedContentType, ""), "{value}");
    }
}
