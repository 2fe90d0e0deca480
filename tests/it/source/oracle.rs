//! The decoder against a standard validator: over documents generated from a schema and then spoilt, both must accept
//! and refuse alike, and a refusal must point where the validator points.

use std::collections::BTreeSet;

use jsonschema::{Draft, Validator};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::{Map, Value, json};
use yujing_core::source::{Decoder, NormalForm, RefusalCode};

use super::examples::{published, record};
use super::fixture::{VISITS, decoder};

/// When the generated records arrive: within the retention of what is generated as a good time.
const RECEIVED_AT: &str = "2026-03-02T12:00:00+08:00";

fn validator(schema: &Value) -> Validator {
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .should_validate_formats(true)
        .build(schema)
        .unwrap_or_else(|error| panic!("{error}"))
}

/// Values that a keyword allows.
fn allowed(schema: &Value) -> BoxedStrategy<Value> {
    let nullable = schema["type"].as_array().is_some();
    let name = schema["type"].as_str().or_else(|| schema["type"][0].as_str()).expect("a property has a type");
    let listed = schema.get("enum").or(schema.get("x-enum")).and_then(Value::as_array);
    let value = match (listed, name) {
        (Some(values), _) => select(values.clone()).boxed(),
        (None, "boolean") => any::<bool>().prop_map(Value::from).boxed(),
        (None, "integer") => {
            let min = schema["minimum"].as_i64().unwrap_or(-1000);
            let max = schema["maximum"].as_i64().unwrap_or(1000);
            prop_oneof![min..=max, Just(min), Just(max)].prop_map(Value::from).boxed()
        }
        (None, "number") => {
            let min = schema["minimum"].as_f64().unwrap_or(-1000.0);
            let max = schema["maximum"].as_f64().unwrap_or(1000.0);
            let part = move |part: i32| min + (max - min) * f64::from(part) / 1000.0;
            prop_oneof![(0..=1000_i32).prop_map(part), Just(min), Just(max)].prop_map(short_number).boxed()
        }
        (None, "string") => text(schema),
        (None, "array") => {
            let min = usize::try_from(schema["minItems"].as_u64().unwrap_or(0)).expect("a small number");
            proptest::collection::vec(allowed(&schema["items"]), min..=min + 2).prop_map(Value::from).boxed()
        }
        (None, "object") => object(schema, &[]),
        (None, other) => panic!("no such type: {other}"),
    };
    if nullable { prop_oneof![4 => value, 1 => Just(Value::Null)].boxed() } else { value }
}

/// A number with few enough decimal places for every `x-scale` in use, and without any if it is whole.
#[allow(clippy::cast_possible_truncation)]
fn short_number(value: f64) -> Value {
    let thousandths = (value * 1000.0).round() as i64;
    if thousandths % 1000 == 0 { json!(thousandths / 1000) } else { json!((value * 1000.0).round() / 1000.0) }
}

fn text(schema: &Value) -> BoxedStrategy<Value> {
    const TIMES: [&str; 3] =
        ["2026-03-02T10:00:00+08:00", "2026-03-01T23:59:59.999Z", "2026-02-28t00:00:00.1234567-03:30"];
    const FORMS: [&str; 6] = ["a1", "Ａ１", " A1\u{A0}", "\u{FEFF}a1", "A\u{200B} 1", "鼠\u{301}"];
    const DATES: [&str; 4] = ["2026-03-02", "2024-02-29", "9999-12-31", "1970-01-01"];
    match (schema["format"].as_str(), schema["pattern"].as_str()) {
        (Some("date-time"), _) => select(&TIMES[..]).prop_map(Value::from).boxed(),
        (Some("date"), _) => select(&DATES[..]).prop_map(Value::from).boxed(),
        (_, Some(pattern)) => {
            let bare = pattern.trim_start_matches('^').trim_end_matches('$').replace("\\d", "[0-9]");
            proptest::string::string_regex(&bare).expect("the pattern is simple").prop_map(Value::from).boxed()
        }
        _ if schema.get("x-normalize").is_some() => select(&FORMS[..]).prop_map(Value::from).boxed(),
        _ => {
            let min = schema["minLength"].as_u64().unwrap_or(0);
            let max = schema["maxLength"].as_u64().unwrap_or(20).min(20);
            let form = format!("[a-z0-9鼠\u{1F400}]{{{min},{max}}}");
            proptest::string::string_regex(&form).expect("the form is simple").prop_map(Value::from).boxed()
        }
    }
}

/// Objects with every required property and most of the others.
fn object(schema: &Value, further_required: &[Value]) -> BoxedStrategy<Value> {
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let mut members: BoxedStrategy<Map<String, Value>> = Just(Map::new()).boxed();
    for (name, property) in schema["properties"].as_object().expect("an object has properties") {
        let is_required = required.iter().chain(further_required).any(|required| required == name);
        let name = name.clone();
        let value = allowed(property);
        let value =
            if is_required { value.prop_map(Some).boxed() } else { proptest::option::weighted(0.7, value).boxed() };
        members = (members, value)
            .prop_map(move |(mut members, value)| {
                if let Some(value) = value {
                    members.insert(name.clone(), value);
                }
                members
            })
            .boxed();
    }
    members.prop_map(Value::Object).boxed()
}

/// Documents of a schema whose version the engine knows.
fn documents(schema: &Value) -> BoxedStrategy<Value> {
    let needed_by_upserts = schema["else"]["required"].as_array().cloned().unwrap_or_default();
    object(schema, &needed_by_upserts)
        .prop_map(|mut document| {
            if document.get("schema_version").is_some() {
                document["schema_version"] = json!("1");
            }
            document
        })
        .boxed()
}

/// One thing done to a document at a place that is found by an index over all places.
#[derive(Debug, Clone)]
enum Spoil {
    Replace(Index, Value),
    Remove(Index),
    Add(Index, Value),
    Copy(Index, Index),
}

fn spoils() -> impl Strategy<Value = Vec<Spoil>> {
    // Left out, because here the engine is stricter than JSON Schema on purpose (the table of bad documents has them):
    // `1.0` for a whole number, more digits than `x-scale`, numbers beyond 64 bits and the NUL character.
    let odd = select(vec![
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(7),
        json!(1_000_000_000),
        json!(0.5),
        json!(-2.25),
        json!(""),
        json!("1"),
        json!("\u{3000}\u{200B}"),
        json!("pass"),
        json!("other"),
        json!("retract"),
        json!("upsert"),
        json!("鼠".repeat(64)),
        json!("\u{1F400}".repeat(129)),
        json!("x".repeat(5000)),
        json!("2026-03-02"),
        json!("2026-02-30"),
        json!("2026-3-2"),
        json!("2026-03-02T10:00:00"),
        json!("2026-03-02T10:00:00+08:00"),
        json!("2026-03-02 10:00:00Z"),
        json!("2026-03-02T10:00:00+24:00"),
        json!("2026-03-02T10:00Z"),
        json!("2026-03-02T24:00:00Z"),
        json!("2026-03-02T10:00:00.Z"),
        json!([]),
        json!([null]),
        json!(["wet", "x", 1]),
        json!({}),
        json!({ "code": "1", "key": true, "n": 1 }),
    ]);
    let spoil = prop_oneof![
        4 => (any::<Index>(), odd.clone()).prop_map(|(at, value)| Spoil::Replace(at, value)),
        2 => any::<Index>().prop_map(Spoil::Remove),
        1 => (any::<Index>(), odd).prop_map(|(at, value)| Spoil::Add(at, value)),
        1 => (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Spoil::Copy(from, to)),
    ];
    proptest::collection::vec(spoil, 0..3)
}

fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(members) => {
            members.iter().map(|(name, child)| (name.replace('~', "~0").replace('/', "~1"), child)).collect()
        }
        Value::Array(items) => items.iter().enumerate().map(|(index, child)| (index.to_string(), child)).collect(),
        _ => return,
    };
    for (token, child) in children {
        let pointer = format!("{at}/{token}");
        pointers(child, &pointer, found);
        found.push(pointer);
    }
}

fn spoil(mut document: Value, spoils: Vec<Spoil>) -> Value {
    for spoil in spoils {
        let mut places = Vec::new();
        pointers(&document, "", &mut places);
        let at = |index: &Index| index.get(&places).clone();
        match spoil {
            _ if places.is_empty() => {}
            Spoil::Replace(index, value) => *document.pointer_mut(&at(&index)).expect("the place was found") = value,
            Spoil::Copy(from, to) => {
                let value = document.pointer(&at(&from)).expect("the place was found").clone();
                *document.pointer_mut(&at(&to)).expect("the place was found") = value;
            }
            Spoil::Remove(index) => {
                let place = at(&index);
                let (parent, token) = place.rsplit_once('/').expect("a place has a parent");
                match document.pointer_mut(parent).expect("the parent is there") {
                    Value::Object(members) => drop(members.remove(token)),
                    Value::Array(items) => drop(items.remove(token.parse().expect("an item has an index"))),
                    _ => unreachable!("only objects and arrays have children"),
                }
            }
            Spoil::Add(index, value) => {
                if let Some(Value::Object(members)) = document.pointer_mut(&at(&index)) {
                    members.insert("un/known~".to_owned(), value);
                }
            }
        }
    }
    document
}

/// What the engine judges beyond the schema.
fn is_beyond_the_schema(code: RefusalCode, document: &Value) -> bool {
    match code {
        RefusalCode::TooOld | RefusalCode::TooFarAhead => true,
        RefusalCode::UnknownSchemaVersion => document["schema_version"] != json!("1"),
        _ => false,
    }
}

/// The document with its identifiers in the form that lengths and patterns are about; JSON Schema has no such step.
fn normalized(schema: &Value, document: &Value) -> Value {
    let mut document = document.clone();
    for (name, property) in schema["properties"].as_object().expect("an object has properties") {
        let normal = property["x-normalize"].as_str().and_then(NormalForm::parse);
        if let (Some(normal), Some(Value::String(text))) = (normal, document.get_mut(name)) {
            *text = normal.of(text).into_owned();
        }
    }
    document
}

fn agree(decoder: &Decoder, schema: &Value, validator: &Validator, document: &Value) -> Result<bool, TestCaseError> {
    let received_at = RECEIVED_AT.parse().expect("it is a time");
    let result = decoder.decode(&record(document.to_string().into_bytes(), received_at));
    let normal = normalized(schema, document);
    let places: BTreeSet<String> =
        validator.iter_errors(&normal).map(|error| error.instance_path().as_str().to_owned()).collect();
    match result {
        Ok(_) => prop_assert!(places.is_empty(), "accepted, but the validator refuses {:?} in {}", places, document),
        Err(refusal) if is_beyond_the_schema(refusal.code, document) => {}
        Err(refusal) => {
            prop_assert!(!places.is_empty(), "the validator accepts, but {} in {}", refusal, document);
            let place = match refusal.code {
                RefusalCode::MissingField => refusal.pointer.rsplit_once('/').map_or("", |(parent, _)| parent),
                _ => &refusal.pointer,
            };
            prop_assert!(
                places.contains(place),
                "{} but the validator points at {:?} in {}",
                refusal,
                places,
                document
            );
        }
    }
    Ok(places.is_empty())
}

/// Runs a schema through the oracle; both valid and invalid documents must have been among the cases.
fn compare(name: &str, schema: &Value, decoder: &Decoder, cases: u32) {
    let validator = validator(schema);
    let seen = std::cell::Cell::new((0_u32, 0_u32));
    let spoilt = (documents(schema), spoils()).prop_map(|(document, spoils)| spoil(document, spoils));
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let result = runner.run(&spoilt, |document| {
        let (valid, invalid) = seen.get();
        seen.set(if agree(decoder, schema, &validator, &document)? {
            (valid + 1, invalid)
        } else {
            (valid, invalid + 1)
        });
        Ok(())
    });
    result.unwrap_or_else(|failure| panic!("{name}: {failure}"));
    let (valid, invalid) = seen.get();
    assert!(valid > cases / 10 && invalid > cases / 10, "{name}: {valid} valid, {invalid} invalid of {cases}");
}

#[test]
fn the_decoder_agrees_with_a_standard_validator_on_every_keyword() {
    let schema = serde_json::from_str(VISITS).expect("the fixture is JSON");
    compare("visits", &schema, &decoder("visits"), 4000);
}

#[test]
fn the_decoder_agrees_with_a_standard_validator_on_every_published_schema() {
    for (name, _, decoder, _) in published() {
        let path = format!("{}/schemas/{name}.schema.json", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).expect("the schema is readable");
        compare(&name, &serde_json::from_str(&text).expect("the schema is JSON"), &decoder, 1000);
    }
}

#[test]
fn undamaged_documents_are_accepted() {
    for (name, _, decoder, _) in published() {
        let path = format!("{}/schemas/{name}.schema.json", env!("CARGO_MANIFEST_DIR"));
        let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).expect("readable")).expect("JSON");
        let mut runner = TestRunner::new(Config { cases: 200, failure_persistence: None, ..Config::default() });
        let received_at = RECEIVED_AT.parse().expect("it is a time");
        let result = runner.run(&documents(&schema), |document| {
            let result = decoder.decode(&record(document.to_string().into_bytes(), received_at));
            prop_assert!(result.is_ok(), "{} in {}", result.expect_err("it is refused"), document);
            Ok(())
        });
        result.unwrap_or_else(|failure| panic!("{name}: {failure}"));
    }
}
