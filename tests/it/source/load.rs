//! What is wrong with a schema file is said with the place of the key that is at fault.

use std::path::Path;

use yujing_base::diagnostic::Diagnostics;
use yujing_core::source::{FieldType, Kind, Sources};
use yujing_workbench::schemas_folder;

use super::fixture::{VISITS, source, sources};

fn load(name: &str, text: &str) -> Result<Sources, Diagnostics> {
    Sources::parse(&[(name.into(), text.to_owned())])
}

/// The fixture with one piece of its text replaced.
fn changed(from: &str, to: &str) -> String {
    assert_eq!(VISITS.matches(from).count(), 1, "`{from}` must stand once in the fixture");
    VISITS.replace(from, to)
}

#[test]
fn a_file_outside_the_subset_is_refused_at_the_offending_key() {
    // Text to replace, replacement, code, the text that the message points at, a part of the message or of the help.
    let cases = [
        (
            "\"superior\": { \"type\"",
            "\"superior\": { \"typ\": 1, \"type\"",
            "schema/unknown-keyword",
            "\"typ\"",
            "did you mean `type`?",
        ),
        (
            "\"superior\": { \"type\"",
            "\"superior\": { \"$ref\": \"#\", \"type\"",
            "schema/unknown-keyword",
            "\"$ref\"",
            "`$ref`",
        ),
        (
            "\"required\": [\"n\"]",
            "\"required\": [\"n\"], \"allOf\": []",
            "schema/unknown-keyword",
            "\"allOf\"",
            "`allOf`",
        ),
        (
            "\"x-max-ahead\"",
            "\"x-max-ahaed\"",
            "schema/unknown-keyword",
            "\"x-max-ahaed\"",
            "did you mean `x-max-ahead`?",
        ),
        (
            "\"else\": { ",
            "\"else\": { \"properties\": {}, ",
            "schema/unknown-keyword",
            "\"properties\"",
            "`properties`",
        ),
        (
            "\"type\": \"boolean\" },\n    \"due\"",
            "\"type\": \"boolean\", \"maxLength\": 3 },\n    \"due\"",
            "schema/misplaced-keyword",
            "\"maxLength\"",
            "does not apply to boolean",
        ),
        (
            "\"code\": { \"type\": \"string\" }",
            "\"code\": { \"type\": \"string\", \"x-check\": \"uscc\" }",
            "schema/misplaced-keyword",
            "\"x-check\"",
            "does not apply here",
        ),
        (
            "\"code\": { \"type\": \"string\" }",
            "\"code\": { \"type\": \"string\", \"x-normalize\": \"trim\" }",
            "schema/misplaced-keyword",
            "\"x-normalize\"",
            "does not apply here",
        ),
        (
            "64, \"x-normalize\": \"code\"",
            "64, \"x-normalize\": \"upper\"",
            "schema/wrong-value",
            "\"upper\"",
            "must be trim or code",
        ),
        (
            "\"x-kind\": \"event\"",
            "\"x-kind\": \"reference\"",
            "schema/misplaced-keyword",
            "\"x-retention\"",
            "is for events",
        ),
        (
            "\"superior\": { \"type\": \"boolean\" }",
            "\"superior\": { }",
            "schema/missing-keyword",
            "{",
            "`type` is missing",
        ),
        ("  \"x-topic\": \"test.visit.v1\",\n", "", "schema/missing-keyword", "{", "`x-topic` is missing"),
        ("  \"x-retention\": \"400d\",\n", "", "schema/missing-keyword", "{", "`x-retention` is missing"),
        (
            "\"superior\": { \"type\": \"boolean\"",
            "\"superior\": { \"type\": \"bool\"",
            "schema/wrong-value",
            "\"bool\"",
            "`type` must be",
        ),
        (
            "\"superior\": { \"type\": \"boolean\"",
            "\"superior\": { \"type\": [\"boolean\", \"string\"]",
            "schema/wrong-value",
            "[\"boolean\", \"string\"]",
            "`type` must be",
        ),
        ("\"format\": \"date\" }", "\"format\": \"time\" }", "schema/wrong-value", "\"time\"", "`format` must be"),
        ("\"x-scale\": 3", "\"x-scale\": 39", "schema/wrong-value", "39", "`x-scale` must be"),
        ("\"minimum\": -10.5", "\"minimum\": -10.5555", "schema/wrong-value", "-10.5555", "`minimum` must be"),
        ("\"x-kind\": \"event\"", "\"x-kind\": \"evnt\"", "schema/wrong-value", "\"evnt\"", "`x-kind` must be"),
        (
            "2020-12",
            "2019-09",
            "schema/wrong-value",
            "\"https://json-schema.org/draft/2019-09/schema\"",
            "`$schema` must be",
        ),
        (
            "\"const\": \"retract\"",
            "\"const\": \"upsert\"",
            "schema/wrong-value",
            "{ \"properties\": { \"op\": { \"const\": \"upsert\" } }, \"required\": [\"op\"] }",
            "the only form of `if`",
        ),
        (
            "\"x-retention\": \"400d\"",
            "\"x-retention\": \"400 dogs\"",
            "schema/invalid-duration",
            "\"400 dogs\"",
            "is not a duration",
        ),
        (
            "\"x-max-silence\": \"26h\"",
            "\"x-max-silence\": \"1 month\"",
            "schema/invalid-duration",
            "\"1 month\"",
            "no fixed length",
        ),
        (
            "\"x-max-ahead\": \"10m\"",
            "\"x-max-ahead\": \"-10m\"",
            "schema/invalid-duration",
            "\"-10m\"",
            "is not a duration",
        ),
        ("\"x-max-ahead\": \"10m\"", "\"x-max-ahead\": 600", "schema/invalid-duration", "600", "is not a duration"),
        ("^[A-Z]{2}", "^[A-Z{2}", "schema/invalid-pattern", "\"^[A-Z{2}-\\\\d{1,3}$\"", "regex"),
        (
            "\"phone\", \"app\", \"other\"",
            "\"phone\", \"app\"",
            "schema/contradiction",
            "[\"phone\", \"app\"]",
            "with `other` among them",
        ),
        (
            "\"x-open\": true, \"x-enum\": [\"metal\", \"other\"]",
            "\"x-open\": true",
            "schema/contradiction",
            "\"x-open\"",
            "stand together",
        ),
        (
            "\"x-open\": true, \"x-enum\": [\"metal\", \"other\"]",
            "\"x-enum\": [\"metal\", \"other\"]",
            "schema/contradiction",
            "\"x-enum\"",
            "stand together",
        ),
        (
            "\"x-open\": true, \"x-enum\": [\"metal\", \"other\"]",
            "\"enum\": [\"a\"], \"x-open\": true, \"x-enum\": [\"other\"]",
            "schema/contradiction",
            "{",
            "either open",
        ),
        ("[\"A\", \"B\", null]", "[\"A\", \"B\"]", "schema/contradiction", "\"enum\"", "disagree on whether null"),
        (
            "\"minimum\": 0, \"maximum\": 100000",
            "\"minimum\": 9, \"maximum\": 8",
            "schema/contradiction",
            "\"minimum\"",
            "greater than",
        ),
        ("\"maxItems\": 4", "\"maxItems\": 4, \"minItems\": 5", "schema/contradiction", "\"minItems\"", "greater than"),
        (
            "\"verdict\", \"items\"",
            "\"verdict\", \"itmes\"",
            "schema/contradiction",
            "\"itmes\"",
            "required but not a property",
        ),
        (
            "\"required\": [\"n\"]",
            "\"required\": [\"n\"], \"additionalProperties\": false",
            "schema/contradiction",
            "\"additionalProperties\"",
            "must be true",
        ),
        ("\"superior\": {", "\"channel_raw\": {", "schema/contradiction", "\"channel_raw\"", "already"),
        ("\"superior\": {", "\"quality\": {", "schema/contradiction", "\"quality\"", "already"),
        ("[\"1\"]", "[\"2\"]", "schema/contradiction", "\"schema_version\"", "lacks \"1\""),
        ("\"default\": 1 ", "\"default\": 2 ", "schema/contradiction", "2", "default of `revision`"),
        ("\"superior\": {", "\"Superior\": {", "schema/invalid-name", "\"Superior\"", "cannot be a column"),
        ("\"superior\": {", "\"是否\": {", "schema/invalid-name", "\"是否\"", "cannot be a column"),
        ("\"superior\": {", "\"grade\": {", "schema/duplicate-key", "\"grade\"", "twice"),
        ("[3, null]", "[3, -1]", "schema/invalid-example", "-1", "refused as out_of_range"),
        (
            "    \"publisher\": { \"type\": \"string\", \"minLength\": 1, \"maxLength\": 128 },\n",
            "",
            "schema/envelope",
            "{",
            "`publisher` is missing",
        ),
        (
            "\"reported_at\": { \"type\": \"string\", \"format\": \"date-time\" }",
            "\"reported_at\": { \"type\": \"string\" }",
            "schema/envelope",
            "\"reported_at\"",
            "another type",
        ),
        ("[\"upsert\", \"retract\"]", "[\"upsert\", \"delete\"]", "schema/envelope", "\"op\"", "upsert and retract"),
        ("\"required\": [\"event_id\", ", "\"required\": [", "schema/envelope", "\"event_id\"", "must be required"),
        ("\"x-kind\": \"event\",", "\"x-kind\": \"event\" ", "schema/not-json", "\"", "expected"),
    ];
    for (from, to, code, place, said) in cases {
        let text = changed(from, to);
        let found = load("visits.schema.json", &text).expect_err(&format!("`{to}` must be refused"));
        let hit = found.0.iter().find(|diagnostic| {
            let (line, column) = diagnostic.position.unwrap_or((1, 1));
            diagnostic.code == code
                && text[yujing_base::diagnostic::offset_of(&text, line, column)..].starts_with(place)
        });
        let hit = hit.unwrap_or_else(|| panic!("`{to}`: no {code} at {place} among\n{found}"));
        let words = format!("{} {}", hit.message.en, hit.help.as_ref().map_or("", |help| &help.en));
        assert!(words.contains(said), "`{to}`: {words}");
        let is_chinese = |text: &str| text.chars().any(|letter| ('一'..='鿿').contains(&letter));
        let translated = [Some(&hit.message), hit.help.as_ref()].into_iter().flatten().all(|text| is_chinese(&text.zh));
        assert!(translated, "`{to}`: {:?} {:?}", hit.message, hit.help);
    }
}

#[test]
fn every_problem_of_every_file_is_reported_at_once() {
    let first = changed("\"x-scale\": 3", "\"x-scale\": 99").replace("\"26h\"", "\"soon\"");
    let files = [("a.schema.json", first.as_str()), ("b.schema.json", "{"), ("Bad Name.schema.json", VISITS)];
    let files = files.map(|(name, text)| (name.into(), text.to_owned()));
    let found = Sources::parse(&files).expect_err("all are wrong").to_string();
    insta::assert_snapshot!(found);
}

#[test]
fn a_message_shows_the_line_and_the_key() {
    let found =
        load("visits.schema.json", &changed("\"superior\": { \"type\"", "\"superior\": { \"maximun\": 3, \"type\""));
    insta::assert_snapshot!(found.expect_err("it is refused").render(false));
}

#[test]
fn sources_that_would_name_one_operator_differently_cannot_stand_side_by_side() {
    let other = changed("64, \"x-normalize\": \"code\"", "64").replace("test.visit.v1", "test.other.v1");
    let files = [("a.schema.json", VISITS.to_owned()), ("b.schema.json", other)];
    let found = Sources::parse(&files.map(|(name, text)| (name.into(), text))).expect_err("they differ");
    insta::assert_snapshot!(found.to_string());
}

#[test]
fn two_sources_cannot_share_a_topic_or_both_describe_operators() {
    let reference = VISITS
        .replace("\"x-kind\": \"event\"", "\"x-kind\": \"reference\"")
        .replace("  \"x-retention\": \"400d\",\n", "");
    let cases =
        [[VISITS.to_owned(), VISITS.to_owned()], [reference.clone(), reference.replace("test.visit.v1", "another")]];
    for [a, b] in cases {
        let found =
            Sources::parse(&[("a.schema.json".into(), a), ("b.schema.json".into(), b)]).expect_err("they clash");
        assert_eq!(
            (found.0.len(), found.0[0].code, found.0[0].file.as_path()),
            (1, "schema/contradiction", Path::new("b.schema.json"))
        );
    }
}

#[test]
fn a_source_has_what_its_file_says() {
    let visits = source("visits");
    assert_eq!((&*visits.name, &*visits.table, visits.kind), ("visits", "visits", Kind::Event));
    assert_eq!((visits.topic.as_str(), &visits.versions[..]), ("test.visit.v1", &["1".to_owned()][..]));
    assert_eq!(visits.retention.as_hours(), 400 * 24);
    assert_eq!(visits.max_silence.map(|silence| silence.as_hours()), Some(26));
    assert_eq!(visits.max_ahead.as_mins(), 10);
    let verdict = visits.columns.iter().find(|column| *column.name == *"verdict").expect("there is a verdict");
    assert_eq!((verdict.required, verdict.description.as_str()), (true, "What it came to."));
    let value = visits.columns.iter().find(|column| *column.name == *"value").expect("there is a value");
    assert_eq!((value.required, &value.data_type), (false, &FieldType::Decimal { scale: 3 }));
    for (place, field) in visits.schema.fields().iter().enumerate() {
        assert_eq!(field.name(), &*visits.columns[place].name);
        assert_eq!(field.is_nullable(), place >= 7, "{}", field.name());
    }
}

#[test]
fn sources_are_found_by_name_table_and_kind() {
    let sources = sources();
    assert_eq!(sources.iter().map(|(_, source)| source.name.to_string()).collect::<Vec<_>>(), ["registry", "visits"]);
    let (id, _) = sources.by_table("visits").expect("there is the table");
    assert_eq!(&*sources.get(id).name, "visits");
    assert_eq!(sources.operators().map(|(_, source)| source.name.to_string()).as_deref(), Some("registry"));
    assert!(sources.by_name("nothing").is_none());
}

#[test]
fn durations_may_be_friendly_or_iso_8601() {
    for (text, hours) in [("P400D", 9600), ("PT36H", 36), ("2 weeks", 336), ("1d 12h", 36)] {
        let sources = load("visits.schema.json", &changed("\"400d\"", &format!("\"{text}\"")))
            .unwrap_or_else(|found| panic!("{found}"));
        assert_eq!(sources.get(yujing_core::source::SourceId(0)).retention.as_hours(), hours, "{text}");
    }
}

#[test]
fn a_folder_is_read_and_what_is_not_a_source_is_passed_over() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("the file is written");
    write("README.md", "not a schema");
    write("scores.schema.json", "{\"x-kind\": \"output\", \"anything\": true}");
    let found = schemas_folder::load(folder.path()).expect_err("there is no source");
    assert_eq!(found.0[0].code, "schema/no-source");
    write("road-visits.schema.json", VISITS);
    let sources = schemas_folder::load(folder.path()).unwrap_or_else(|found| panic!("{found}"));
    assert_eq!(sources.iter().map(|(_, source)| source.table.to_string()).collect::<Vec<_>>(), ["road_visits"]);
    std::fs::write(folder.path().join("gbk.schema.json"), b"{\"title\": \"\xb2\xe2\"}").expect("the file is written");
    let found = schemas_folder::load(folder.path()).expect_err("one file is not UTF-8");
    assert_eq!((found.0.len(), found.0[0].code), (1, "schema/unreadable"));
    let found = schemas_folder::load(&folder.path().join("missing")).expect_err("there is no folder");
    assert_eq!((found.0.len(), found.0[0].code), (1, "schema/unreadable"));
    let shown = found.render_in(yujing_cli::Language::Zh, false);
    assert!(shown.contains("数据规范无法读取") && shown.contains("paths.schemas"), "{shown}");
}
