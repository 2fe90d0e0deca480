//! What is taken and what is refused, and how a refusal reads.

use proptest::prelude::*;
use serde_json::json;
use yujing_core::source::decode::{MAX_BYTES, MAX_DEPTH};
use yujing_core::source::{Cell, Op, Record, RefusalCode};

use super::fixture::{
    accepted, cell, decode, decoder, full, received_at, record, source, text, with, with_raw, without,
};

/// Bytes and how they are refused: code, pointer, and the exact `got` if it is of interest.
struct Bad {
    what: &'static str,
    value: Vec<u8>,
    code: RefusalCode,
    pointer: &'static str,
    got: Option<&'static str>,
}

fn bad(what: &'static str, value: impl Into<Vec<u8>>, code: RefusalCode, pointer: &'static str) -> Bad {
    Bad { what, value: value.into(), code, pointer, got: None }
}

impl Bad {
    fn got(self, got: &'static str) -> Self {
        Self { got: Some(got), ..self }
    }
}

fn repeated(key: &str) -> String {
    full().to_string().replacen('{', &format!("{{{key},"), 1)
}

#[test]
fn bad_documents_are_refused_with_code_and_pointer() {
    use RefusalCode as Code;
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let huge = format!("{{\"note\": \"{}\"}}", "x".repeat(5_000_000));
    let cases = [
        bad("empty", "", Code::NotJson, ""),
        bad("words", "hello", Code::NotJson, ""),
        bad("a byte order mark", format!("\u{FEFF}{}", full()), Code::NotJson, ""),
        bad("cut short", &full().to_string()[..200], Code::NotJson, ""),
        bad("single quotes", "{'event_id': 1}", Code::NotJson, ""),
        bad("a leading zero", with_raw("persons", "01"), Code::NotJson, ""),
        bad("NaN", with_raw("confidence", "NaN"), Code::NotJson, ""),
        bad("a raw control character", with_raw("remark", "\"a\u{1}b\""), Code::NotJson, ""),
        bad("half a surrogate pair", with_raw("remark", "\"\\ud800\""), Code::NotJson, ""),
        bad("half a surrogate pair in an unknown field", with_raw("extra", "\"\\ud800\""), Code::NotJson, ""),
        bad("a trailing comma", "{\"event_id\": \"v1\",}", Code::NotJson, ""),
        bad("GBK", b"{\"remark\": \"\xb2\xe2\xca\xd4\"}", Code::NotUtf8, "")
            .got("byte 0xB2 at offset 12; the text looks like GBK"),
        bad("GBK in an unknown field", b"{\"extra\": \"\xb2\xe2\"}", Code::NotUtf8, ""),
        bad("5 MB", huge, Code::TooLarge, "").got("5000012 bytes"),
        bad("10,000 deep", nested(10_000), Code::TooDeep, ""),
        bad("10,000 deep in an unknown field", with_raw("extra", &nested(10_000)), Code::TooDeep, ""),
        bad("one too deep", with_raw("extra", &nested(MAX_DEPTH)), Code::TooDeep, ""),
        bad("two documents", format!("{0}{0}", full()), Code::TrailingData, ""),
        bad("two lines", format!("{0}\n{0}", full()), Code::TrailingData, ""),
        bad("a brace too many", format!("{}}}", full()), Code::TrailingData, ""),
        bad("an array", "[]", Code::WrongType, "").got("an array"),
        bad("null as text", "null", Code::WrongType, "").got("null"),
        bad("JSON in a string", json!(full().to_string()).to_string(), Code::WrongType, "").got("a string"),
        bad("a repeated key", repeated("\"verdict\": \"fail\""), Code::DuplicateKey, "/verdict"),
        bad("a repeated unknown key", repeated("\"x\": 1, \"x\": 1"), Code::DuplicateKey, "/x"),
        bad(
            "a repeated key in an unknown field",
            repeated("\"x/y\": [0, {\"a~\": 1, \"a~\": 1}]"),
            Code::DuplicateKey,
            "/x~1y/1/a~0",
        ),
        bad(
            "a repeated key in an item",
            with_raw("items", "[{\"code\": \"1\", \"key\": true, \"code\": \"1\"}]"),
            Code::DuplicateKey,
            "/items/0/code",
        ),
        bad(
            "the same key written differently",
            repeated("\"verd\\u0069ct\": \"fail\""),
            Code::DuplicateKey,
            "/verdict",
        ),
        bad("no event id", without("event_id"), Code::MissingField, "/event_id"),
        bad("no time", without("occurred_at"), Code::MissingField, "/occurred_at"),
        bad("no operator", without("operator_id"), Code::MissingField, "/operator_id"),
        bad("no publisher", without("publisher"), Code::MissingField, "/publisher"),
        bad("no payload field", without("verdict"), Code::MissingField, "/verdict"),
        bad("no field of an item", with("items", json!([{ "code": "1" }])), Code::MissingField, "/items/0/key"),
        bad(
            "no field two levels down",
            with("items", json!([{ "code": "1", "key": true, "plan": {} }])),
            Code::MissingField,
            "/items/0/plan/n",
        ),
        bad("a text for a whole number", with("persons", json!("3")), Code::WrongType, "/persons").got("\"3\""),
        bad("1.0 for a whole number", with_raw("persons", "1.0"), Code::WrongType, "/persons").got("1.0"),
        bad("1e2 for a whole number", with_raw("persons", "1e2"), Code::WrongType, "/persons").got("1e2"),
        bad("true for a whole number", with("persons", json!(true)), Code::WrongType, "/persons").got("true"),
        bad("an object for a number", with("value", json!({})), Code::WrongType, "/value").got("an object"),
        bad("an array for a number", with("value", json!([1])), Code::WrongType, "/value").got("an array"),
        bad("a number for a text", with("remark", json!(5)), Code::WrongType, "/remark").got("5"),
        bad("a number for a time", with("occurred_at", json!(1_772_416_800)), Code::WrongType, "/occurred_at"),
        bad("a text for a bool", with("superior", json!("true")), Code::WrongType, "/superior").got("\"true\""),
        bad("null where it is not allowed", with("superior", json!(null)), Code::WrongType, "/superior").got("null"),
        bad("null for a required text", with("verdict", json!(null)), Code::WrongType, "/verdict").got("null"),
        bad("an object for an array", with("items", json!({})), Code::WrongType, "/items").got("an object"),
        bad("a text for an object", with("items", json!(["1.1"])), Code::WrongType, "/items/0").got("\"1.1\""),
        bad("a closed enumeration", with("verdict", json!("Pass")), Code::UnknownValue, "/verdict").got("\"Pass\""),
        bad("a closed enumeration of numbers", with("step", json!(15)), Code::UnknownValue, "/step").got("15"),
        bad("an unknown op", with("op", json!("delete")), Code::UnknownValue, "/op"),
        bad("below the minimum", with("persons", json!(-1)), Code::OutOfRange, "/persons").got("-1"),
        bad("above the maximum", with("confidence", json!(1.01)), Code::OutOfRange, "/confidence"),
        bad("more than 64 bits", with_raw("revision", "9223372036854775808"), Code::OutOfRange, "/revision"),
        bad("1e400", with_raw("confidence", "1e400"), Code::OutOfRange, "/confidence").got("1e400"),
        bad("1e400 as a decimal", with_raw("value", "1e400"), Code::OutOfRange, "/value"),
        bad("1e400 for a text", with_raw("remark", "1e400"), Code::OutOfRange, "/remark"),
        bad("1e400 in an unknown field", with_raw("extra", "[0, 1e400]"), Code::OutOfRange, "/extra/1"),
        bad("more decimal places than the scale", with_raw("value", "0.1234"), Code::OutOfRange, "/value"),
        bad("a decimal below the minimum", with_raw("value", "-10.501"), Code::OutOfRange, "/value"),
        bad("too long", with("remark", json!("一二三四五六七八九十一")), Code::OutOfRange, "/remark"),
        bad("too short", with("event_id", json!("")), Code::OutOfRange, "/event_id"),
        bad("blanks for a number", with("operator_id", json!("\u{A0}\u{200B}")), Code::OutOfRange, "/operator_id"),
        bad("too many items", with("tags", json!(["a", "b", "c", "d", "e"])), Code::OutOfRange, "/tags"),
        bad("too few items", with("inspectors", json!([])), Code::OutOfRange, "/inspectors"),
        bad("a pattern", with("code", json!("ab-1")), Code::WrongFormat, "/code").got("\"ab-1\""),
        bad("full-width digits", with("code", json!("AB-１２")), Code::WrongFormat, "/code"),
        bad("a NUL character", with("remark", json!("a\0b")), Code::WrongFormat, "/remark").got("\"a\\u0000b\""),
        bad("a NUL character in a name", with("operator_id", json!("\0")), Code::WrongFormat, "/operator_id"),
        bad("no offset", with("occurred_at", json!("2026-03-02T10:00:00")), Code::WrongTime, "/occurred_at"),
        bad("month 13", with("occurred_at", json!("2026-13-02T10:00:00Z")), Code::WrongTime, "/occurred_at"),
        bad("30 February", with("due", json!("2026-02-30")), Code::WrongTime, "/due").got("\"2026-02-30\""),
        bad("a Chinese date", with("due", json!("二〇二六年")), Code::WrongTime, "/due"),
        bad("a time for a date", with("due", json!("2026-03-02T10:00:00Z")), Code::WrongTime, "/due"),
        bad("1970", with("occurred_at", json!("1970-01-01T00:00:00Z")), Code::TooOld, "/occurred_at"),
        bad(
            "beyond the retention",
            with("occurred_at", json!("2025-01-26T10:59:59+08:00")),
            Code::TooOld,
            "/occurred_at",
        ),
        bad("2126", with("occurred_at", json!("2126-03-02T10:00:00Z")), Code::TooFarAhead, "/occurred_at"),
        bad("ahead", with("occurred_at", json!("2026-03-02T11:10:01+08:00")), Code::TooFarAhead, "/occurred_at"),
        bad(
            "reported ahead",
            with("reported_at", json!("2026-03-03T11:00:00+08:00")),
            Code::TooFarAhead,
            "/reported_at",
        ),
        bad("a schema version", with("schema_version", json!("9")), Code::UnknownSchemaVersion, "/schema_version")
            .got("\"9\""),
        bad(
            "a schema version whose fields look wrong",
            json!({ "event_id": 7, "schema_version": "2" }).to_string(),
            Code::UnknownSchemaVersion,
            "/schema_version",
        ),
    ];
    for case in cases {
        let refusal = match decode(case.value) {
            Ok(event) => panic!("{}: accepted as {event:?}", case.what),
            Err(refusal) => refusal,
        };
        assert_eq!((refusal.code, refusal.pointer.as_str()), (case.code, case.pointer), "{}: {refusal}", case.what);
        assert!(!refusal.expected.is_empty(), "{}", case.what);
        if case.got.is_some() {
            assert_eq!(refusal.got.as_deref(), case.got, "{}", case.what);
        }
    }
}

#[test]
fn a_refusal_says_what_was_expected() {
    let cases = [
        (
            with("persons", json!(-1)),
            "out_of_range at `/persons`: expected a whole number from 0 to 100000, or null, got -1",
        ),
        (
            with("verdict", json!("no")),
            "unknown_value at `/verdict`: expected one of pass, basic_pass, fail, got \"no\"",
        ),
        (without("event_id"), "missing_field at `/event_id`: expected a string of 1 to 128 characters"),
        (
            with("items", json!([])).replace("[]", "[{}, {}, {}, {}]"),
            "missing_field at `/items/0/code`: expected a string",
        ),
        (
            with("occurred_at", json!("昨天")),
            "wrong_time at `/occurred_at`: expected a date-time with offset, such as 2026-03-02T02:10:00+08:00, got \"昨天\"",
        ),
        (
            with_raw("value", "0.1234"),
            "out_of_range at `/value`: expected a number of at least -10.5 with at most 3 decimal places, or null, got 0.1234",
        ),
        (
            with("occurred_at", json!("1970-01-01T00:00:00Z")),
            "too_old at `/occurred_at`: expected a time at most 400 days before the record's timestamp \
             2026-03-02T03:00:00Z, got 1970-01-01T00:00:00Z",
        ),
        (
            with("occurred_at", json!("2026-03-02T12:00:00+08:00")),
            "too_far_ahead at `/occurred_at`: expected a time at most 10m after the record's timestamp \
             2026-03-02T03:00:00Z, got 2026-03-02T04:00:00Z",
        ),
    ];
    for (value, message) in cases {
        assert_eq!(decode(value).expect_err("it is refused").to_string(), message);
    }
}

#[test]
fn what_was_got_is_cut() {
    let refusal = decode(with("verdict", json!("鼠".repeat(500)))).expect_err("it is refused");
    assert_eq!(refusal.got, Some(format!("\"{}…\"", "鼠".repeat(80))));
    let refusal = decode(repeated(&format!("\"{0}\": 1, \"{0}\": 1", "长".repeat(5000)))).expect_err("it is refused");
    assert!(refusal.pointer.len() < 600, "{} bytes", refusal.pointer.len());
}

#[test]
fn personal_fields_are_checked_and_neither_kept_nor_quoted() {
    let secret = "张三13812345678";
    let long = format!("{secret}{}", "9".repeat(20));
    let cases = [
        (with("phone", json!(long)), RefusalCode::OutOfRange, "/phone"),
        (with("phone", json!({ secret: 1 })), RefusalCode::WrongType, "/phone"),
        (with("phone", json!(138_1234_5678_u64)), RefusalCode::WrongType, "/phone"),
        (with("inspectors", json!([format!("{secret}\0")])), RefusalCode::WrongFormat, "/inspectors/0"),
        (with("inspectors", json!(secret)), RefusalCode::WrongType, "/inspectors"),
        (
            with("items", json!([{ "code": "1", "key": true, "phone": 138_1234 }])),
            RefusalCode::WrongType,
            "/items/0/phone",
        ),
    ];
    for (value, code, pointer) in cases {
        let refusal = decode(value).expect_err("it is refused");
        assert_eq!((refusal.code, refusal.pointer.as_str(), refusal.got.as_deref()), (code, pointer, None));
        assert!(!refusal.to_string().contains("138") && !refusal.to_string().contains("张三"), "{refusal}");
    }
    let event = accepted(with("phone", json!(secret)));
    assert!(!format!("{event:?}").contains(secret));
    assert!(source("visits").columns.iter().all(|column| !["phone", "inspectors"].contains(&&*column.name)));
    assert_eq!(event.content, accepted(with("phone", json!(null))).content, "what is dropped is no content");
}

#[test]
fn a_valid_document_gives_its_columns() {
    let event = accepted(full().to_string());
    let microseconds = 1_772_416_800_123_456;
    let expected = [
        ("event_id", text("v1")),
        ("revision", Cell::Int(2)),
        ("occurred_at", Cell::Time(microseconds)),
        ("reported_at", Cell::Time(1_772_418_600_000_000)),
        ("operator_id", text("JY21201030043213")),
        ("publisher", text("test")),
        ("quality", Cell::List(Box::new([]))),
        ("verdict", text("pass")),
        ("grade", text("A")),
        ("channel", text("phone")),
        ("channel_raw", Cell::Null),
        ("tags", Cell::List(Box::new([text("wet"), text("dark")]))),
        ("tags_raw", Cell::Null),
        ("entity", text("92120103MA06ABCDXT")),
        ("code", text("AB-12")),
        ("persons", Cell::Int(3)),
        ("step", Cell::Int(20)),
        ("confidence", Cell::Float(0.5)),
        ("value", Cell::Decimal(126)),
        ("superior", Cell::Bool(true)),
        ("due", Cell::Date(20_521)),
        ("seen_at", Cell::Null),
        ("remark", text("地面有水")),
        (
            "items",
            Cell::List(Box::new([Cell::Object(Box::new([
                text("1.1"),
                Cell::Bool(true),
                text("metal"),
                Cell::Null,
                Cell::Object(Box::new([Cell::Int(5), Cell::Float(1000.0)])),
            ]))])),
        ),
    ];
    let names: Vec<&str> = expected.iter().map(|(name, _)| *name).collect();
    assert_eq!(source("visits").columns.iter().map(|column| &*column.name).collect::<Vec<_>>(), names);
    for (name, value) in expected {
        assert_eq!(*cell(&event, name), value, "{name}");
    }
    assert_eq!((&*event.event_id, &*event.operator_id, &*event.publisher), ("v1", "JY21201030043213", "test"));
    assert_eq!((event.revision, event.op), (2, Op::Upsert));
    assert_eq!((event.occurred_at.as_microsecond(), event.received_at), (microseconds, received_at()));
    assert_eq!((event.unknown_fields, event.unknown_values), (0, 0));
}

#[test]
fn every_column_makes_an_array_of_the_schema() {
    let source = source("visits");
    let events = [
        accepted(full().to_string()),
        accepted(
            json!({
                "event_id": "v2", "occurred_at": "2026-03-02T10:00:00Z".replace('Z', "+08:00"), "operator_id": "x",
                "publisher": "test", "verdict": "fail", "items": []
            })
            .to_string(),
        ),
    ];
    let columns = source.columns.iter().enumerate().map(|(place, field)| {
        yujing_core::source::cell::to_array(&field.data_type, events.iter().map(|event| &event.cells[place]))
    });
    let batch = arrow::record_batch::RecordBatch::try_new(source.schema.clone(), columns.collect())
        .expect("the arrays are of the schema");
    assert_eq!((batch.num_rows(), batch.num_columns()), (2, source.columns.len()));
}

#[test]
fn what_is_left_out_has_its_default() {
    let minimal = json!({
        "event_id": "v1", "occurred_at": "2026-03-02T10:00:00+08:00", "operator_id": "JY21201030043213",
        "publisher": "test", "verdict": "pass", "items": []
    });
    let event = accepted(minimal.to_string());
    assert_eq!((event.revision, event.op, event.reported_at), (1, Op::Upsert, received_at()));
    assert_eq!(*cell(&event, "reported_at"), Cell::Time(received_at().as_microsecond()));
    assert_eq!(*cell(&event, "persons"), Cell::Null);
}

#[test]
fn unknown_fields_are_counted_and_ignored() {
    let document = full().to_string().replacen('{', "{\"a\": [1, {\"b\": [null, 0.5, true, -3]}], \"c\": \"d\",", 1);
    let event = accepted(document);
    assert_eq!(event.unknown_fields, 2);
    assert_eq!(event.content, accepted(full().to_string()).content);
    let in_item = with("items", json!([{ "code": "1", "key": true, "more": {} }]));
    assert_eq!(accepted(in_item).unknown_fields, 1);
}

#[test]
fn unknown_values_of_open_enumerations_become_other_and_are_kept() {
    let mut document = full();
    document["channel"] = json!("微信");
    document["tags"] = json!(["wet", "smelly", "other", "loud"]);
    document["items"][0]["class"] = json!("glass");
    let event = accepted(document.to_string());
    assert_eq!(event.unknown_values, 4);
    assert_eq!((cell(&event, "channel"), cell(&event, "channel_raw")), (&text("other"), &text("微信")));
    assert_eq!(*cell(&event, "tags"), Cell::List(Box::new([text("wet"), text("other"), text("other"), text("other")])));
    assert_eq!(*cell(&event, "tags_raw"), Cell::List(Box::new([text("smelly"), text("loud")])));
    let Cell::List(items) = cell(&event, "items") else { panic!("items is a list") };
    let Cell::Object(item) = &items[0] else { panic!("an item is an object") };
    assert_eq!((&item[2], &item[3]), (&text("other"), &text("glass")));
}

#[test]
fn failed_check_digits_are_flagged_and_never_refused() {
    let mut document = full();
    document["operator_id"] = json!("JY21201030043214");
    document["entity"] = json!("91350100M000100Y4Z");
    let event = accepted(document.to_string());
    let flags = ["operator_id:check_digit", "entity:check_digit", "entity:look_alike"].map(text);
    assert_eq!(*cell(&event, "quality"), Cell::List(Box::new(flags)));
    assert_eq!(*cell(&accepted(with("entity", json!(null))), "quality"), Cell::List(Box::new([])));
}

#[test]
fn a_retract_needs_only_the_envelope_and_has_no_content() {
    let retract = |payload: &str| {
        format!(
            "{{\"event_id\": \"v1\", \"revision\": 3, \"op\": \"retract\", \"occurred_at\": \"2026-03-02T10:00:00+08:00\", \
             \"operator_id\": \"JY21201030043213\", \"publisher\": \"test\"{payload}}}"
        )
    };
    let event = accepted(retract(""));
    assert_eq!((event.op, event.revision, event.cells.len()), (Op::Retract, 3, 0));
    assert_eq!(event.identity, accepted(full().to_string()).identity);
    assert_eq!(event.content, accepted(retract(", \"verdict\": \"fail\"")).content);
    let refusal = decode(retract(", \"verdict\": \"maybe\"")).expect_err("what is sent is still checked");
    assert_eq!(refusal.code, RefusalCode::UnknownValue);
}

/// One number in the forms that keyboards, spreadsheets and scanners give it.
const FORMS: [&str; 8] = [
    "jy21201030043213",
    "ＪＹ２１２０１０３００４３２１３",
    "ｊｙ２１２０1030043213",
    " JY21201030043213",
    "JY21201030043213\u{A0}",
    "\u{FEFF}JY21201030043213",
    "JY2120\u{200B}1030043213",
    "JY 2120 1030 0432 13",
];

#[test]
fn one_operator_is_one_whatever_form_its_number_has() {
    let plain = accepted(full().to_string());
    for form in FORMS {
        let event = accepted(with("operator_id", json!(form)));
        assert_eq!((event.identity, event.content), (plain.identity, plain.content), "{form:?}");
        assert_eq!((&*event.operator_id, event.normalized), ("JY21201030043213", 1), "{form:?}");
        assert_eq!(cell(&event, "operator_id"), &text("JY21201030043213"), "{form:?}");
        assert_eq!(cell(&event, "quality"), &Cell::List(Box::new([text("operator_id:normalized")])), "{form:?}");
    }
    assert_eq!((plain.normalized, cell(&plain, "quality")), (0, &Cell::List(Box::new([]))));
    let entity = accepted(with("entity", json!("92120103ma06abcdxt")));
    assert_eq!((cell(&entity, "entity"), entity.content), (cell(&plain, "entity"), plain.content));
    assert_eq!(cell(&entity, "quality"), &Cell::List(Box::new([text("entity:normalized")])));
}

#[test]
fn what_the_schema_does_not_normalise_stays_as_sent() {
    for name in ["event_id", "publisher"] {
        let event = accepted(with(name, json!("ｖ1 ")));
        assert_eq!((cell(&event, name), event.normalized), (&text("ｖ1 "), 0), "{name}");
    }
}

#[test]
fn letters_that_only_look_right_are_flagged_and_not_guessed() {
    let cases = [
        ("operator_id", "JY2I201030043213", true),
        ("operator_id", "jy212o1030043213", true),
        ("operator_id", "JY21201030043214", false),
        ("entity", "92I20103MA06ABCDXT", true),
        ("entity", "92120103MA06ABCDXY", false),
    ];
    for (name, code, looks_alike) in cases {
        let event = accepted(with(name, json!(code)));
        assert_eq!(cell(&event, name), &text(&code.to_uppercase()), "{code}");
        let Cell::List(flags) = cell(&event, "quality") else { panic!("quality is a list") };
        assert!(flags.contains(&text(&format!("{name}:check_digit"))), "{code}: {flags:?}");
        assert_eq!(flags.contains(&text(&format!("{name}:look_alike"))), looks_alike, "{code}: {flags:?}");
    }
}

#[test]
fn a_reference_row_is_refused_under_a_key_by_which_compaction_would_keep_it_apart() {
    let keyed =
        |key: &str, operator: &str| Record { key: Some(key.into()), ..record(with("operator_id", json!(operator))) };
    let registry = decoder("registry");
    let event = registry.decode(&keyed("JY21201030043213", "jy21201030043213")).expect("the key is the normal form");
    assert_eq!(&*event.operator_id, "JY21201030043213");
    for key in FORMS.into_iter().chain(["JY11201030000014", ""]) {
        let refusal = registry.decode(&keyed(key, "JY21201030043213")).expect_err("another key");
        assert_eq!((refusal.code, refusal.pointer.as_str()), (RefusalCode::WrongFormat, "/operator_id"), "{key:?}");
        assert!(refusal.expected.contains("\"JY21201030043213\""), "{key:?}: {}", refusal.expected);
        let tombstone = Record { value: None, ..keyed(key, "") };
        let deleted = registry.decode(&tombstone).map(|event| event.operator_id.to_string());
        let expected = if key == "JY11201030000014" { Ok(key.to_owned()) } else { Err(RefusalCode::NullValue) };
        assert_eq!(deleted.map_err(|refusal| refusal.code), expected, "{key:?}");
        // Elsewhere the key only says where a record lies.
        assert!(decoder("visits").decode(&keyed(key, "JY21201030043213")).is_ok(), "{key:?}");
    }
}

#[test]
fn the_same_content_has_the_same_hash_however_it_is_written() {
    let original = accepted(full().to_string());
    let mut reversed = serde_json::Map::new();
    for (key, value) in full().as_object().expect("it is an object").iter().rev() {
        reversed.insert(key.clone(), value.clone());
    }
    let same = [
        serde_json::to_string_pretty(&full()).expect("it serialises"),
        serde_json::to_string(&reversed).expect("it serialises"),
        with_raw("value", "126e-3"),
        with_raw("confidence", "0.50"),
        with("occurred_at", json!("2026-03-02T02:00:00.123456Z")),
        full().to_string().replace("张三", "\\u5f20\\u4e09").replace("地面", "\\u5730\\u9762"),
        with("revision", json!(7)),
    ];
    for document in same {
        assert_eq!(accepted(document.as_str()).content, original.content, "{document}");
    }
    let other = [
        with("verdict", json!("fail")),
        with("confidence", json!(null)),
        with("tags", json!(["dark", "wet"])),
        with("reported_at", json!("2026-03-02T10:30:01+08:00")),
        with("channel", json!("post")),
        without("remark"),
    ];
    for document in other {
        assert_ne!(accepted(document.as_str()).content, original.content, "{document}");
    }
}

#[test]
fn the_same_record_sent_again_later_is_the_same_content() {
    let document = without("reported_at");
    let first = accepted(document.as_str());
    let again = Record { timestamp: "2026-03-02T15:00:00+08:00".parse().expect("it is a time"), ..record(document) };
    let again = decoder("visits").decode(&again).expect("it is valid");
    assert_ne!(again.reported_at, first.reported_at);
    assert_eq!((again.identity, again.content), (first.identity, first.content));
}

#[test]
fn times_at_the_limits_are_taken() {
    for time in ["2025-01-26T11:00:00+08:00", "2026-03-02T11:10:00+08:00", "2026-03-02t03:00:00.123456789z"] {
        accepted(with("occurred_at", json!(time)).replace("2026-03-02T10:30:00+08:00", "2026-03-02T11:00:00+08:00"));
    }
}

#[test]
fn a_null_value_deletes_on_a_reference_source_and_is_refused_elsewhere() {
    let tombstone = |key: Option<&[u8]>| Record { value: None, key: key.map(<[u8]>::to_vec), ..record("") };
    let refusal = decoder("visits").decode(&tombstone(Some(b"JY1"))).expect_err("events have no deletes");
    assert_eq!((refusal.code, refusal.pointer.as_str()), (RefusalCode::NullValue, ""));

    let registry = decoder("registry");
    let event = registry.decode(&tombstone(Some(b"JY21201030043213"))).expect("a reference row can be deleted");
    assert_eq!((event.op, &*event.operator_id, event.cells.len()), (Op::Delete, "JY21201030043213", 0));
    let retract = with("op", json!("retract"));
    assert_eq!(registry.decode(&record(retract)).map(|event| event.op), Ok(Op::Delete), "a retract is a delete there");
    let upsert = registry.decode(&record(without("event_id"))).expect("the event id is the operator's");
    assert_eq!((event.identity, &*upsert.event_id), (upsert.identity, "JY21201030043213"));
    for key in [None, Some(&b""[..]), Some(b"\xff"), Some(&[b'x'; 65]), Some(b"a\0")] {
        let refusal = registry.decode(&tombstone(key)).expect_err("the key names nobody");
        assert_eq!(refusal.code, RefusalCode::NullValue, "{key:?}");
    }
}

#[test]
fn reference_rows_are_never_too_old() {
    let old = with("occurred_at", json!("1999-01-01T00:00:00+08:00"));
    assert!(decoder("registry").decode(&record(old)).is_ok());
}

#[test]
fn the_size_limit_is_exact() {
    let padded = |size: usize| format!("{}{}", full(), " ".repeat(size - full().to_string().len()));
    accepted(padded(MAX_BYTES));
    assert_eq!(decode(padded(MAX_BYTES + 1)).expect_err("it is refused").code, RefusalCode::TooLarge);
}

/// A valid document with some bytes cut out, repeated or replaced.
fn mangled() -> impl Strategy<Value = Vec<u8>> {
    let length = full().to_string().len();
    let edit = (0..length, 0..40_usize, proptest::collection::vec(any::<u8>(), 0..8));
    proptest::collection::vec(edit, 1..4).prop_map(|edits| {
        let mut bytes = full().to_string().into_bytes();
        for (start, cut, insert) in edits {
            let start = start.min(bytes.len());
            let end = (start + cut).min(bytes.len());
            bytes.splice(start..end, insert);
        }
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_the_decoder_panic(
        bytes in prop_oneof![mangled(), proptest::collection::vec(any::<u8>(), 0..200), "\\PC{0,200}".prop_map(String::into_bytes)],
        key in proptest::option::of(proptest::collection::vec(any::<u8>(), 0..10)),
    ) {
        for name in ["visits", "registry"] {
            let _ = decoder(name).decode(&Record { key: key.clone(), ..record(bytes.clone()) });
        }
    }
}
