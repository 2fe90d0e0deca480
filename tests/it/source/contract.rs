//! The `schemas` folder: the contract with publishers and readers. Whether the decoder agrees with the schemas is
//! tested beside the decoder; here the folder is held against JSON Schema itself, against the code's own lists, and
//! against its guides.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use jsonschema::Validator;
use serde_json::{Value, json};
use yujing_config::Config;
use yujing_core::engine::DeadLetter;
use yujing_live::dead_letter;
use yujing_core::ruleset::Trigger;
use yujing_core::source::{Decoder, Header, Record, RefusalCode};
use yujing_workbench::schemas_folder;
use yujing_core::warning::handling::{Clock, HandlingAction, HandlingState, Measure, NotPermitted, Verdict};
use yujing_core::warning::routing::LONGEST_ID;
use yujing_core::warning::{AreaKind, Cause, Freshness, Level, Step};

/// Codes that no file can show: see the guide's section on examples.
const NOT_FILES: [RefusalCode; 4] =
    [RefusalCode::NullValue, RefusalCode::TooLarge, RefusalCode::UnsupportedContentType, RefusalCode::Conflict];

/// Invalid examples that JSON Schema takes, although their codes are ones that it usually sees.
const BEYOND_JSON_SCHEMA: [&str; 1] = ["wrong_type--exponent_where_integer"];

const GUIDES: [&str; 2] = ["README.md", "README.zh-CN.md"];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas")
}

fn read(path: impl AsRef<Path>) -> String {
    let path = folder().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn files(below: impl AsRef<Path>) -> Vec<PathBuf> {
    let path = folder().join(below);
    let entries = fs::read_dir(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut files: Vec<_> = entries.map(|entry| entry.expect("the entry is readable").path()).collect();
    files.sort();
    files
}

fn stem(path: &Path) -> String {
    path.file_stem().expect("the file has a name").to_string_lossy().into_owned()
}

/// Every schema by its name.
fn schemas() -> BTreeMap<String, Value> {
    files("")
        .iter()
        .filter_map(|path| {
            let name = path.file_name()?.to_str()?.strip_suffix(".schema.json")?.to_owned();
            let schema = serde_json::from_str(&read(path)).unwrap_or_else(|error| panic!("{name}: {error}"));
            Some((name, schema))
        })
        .collect()
}

fn inputs() -> BTreeMap<String, Value> {
    schemas().into_iter().filter(|(_, schema)| schema["x-kind"] != "output").collect()
}

fn validator(schema: &Value) -> Validator {
    jsonschema::draft202012::options().should_validate_formats(true).build(schema).expect("the schema is valid")
}

fn problems(validator: &Validator, document: &Value) -> Vec<String> {
    validator.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn there_are_seven_inputs_and_seven_outputs() {
    let names = |kind: &str| -> BTreeSet<String> {
        schemas().into_iter().filter(|(_, schema)| schema["x-kind"] == kind).map(|(name, _)| name).collect()
    };
    let events = ["camera-alerts", "complaints", "dispositions", "events", "inspections", "lab-samples"];
    assert_eq!(names("event"), events.map(str::to_owned).into());
    assert_eq!(names("reference"), ["operators".to_owned()].into());
    assert_eq!(
        names("output"),
        ["areas", "dead-letters", "ruleset-publications", "rulesets", "scores", "shadow-warnings", "warnings"]
            .map(str::to_owned)
            .into()
    );
}

#[test]
fn an_answer_has_room_for_the_id_of_every_post() {
    let dispositions = schemas().remove("dispositions").expect("there is one");
    for field in ["post", "transfer_to"] {
        assert_eq!(dispositions["properties"][field]["maxLength"], LONGEST_ID, "{field}");
    }
}

#[test]
fn every_schema_is_valid_json_schema_2020_12() {
    for (name, schema) in schemas() {
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", "{name}");
        assert_eq!(schema["$id"], format!("urn:yujing:schema:{name}:1"));
        if let Err(error) = jsonschema::draft202012::meta::validate(&schema) {
            panic!("{name} at {}: {error}", error.instance_path());
        }
    }
}

/// Walks the properties of a schema, those of items, of nested objects and of definitions included.
fn each_property(schema: &Value, path: &str, see: &mut impl FnMut(&str, &Value)) {
    for (name, definition) in schema["$defs"].as_object().into_iter().flatten() {
        let path = format!("{path}/$defs/{name}");
        see(&path, definition);
        each_property(definition, &path, see);
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}/{name}");
        see(&path, property);
        each_property(property, &path, see);
    }
    for inner in ["items", "additionalProperties"] {
        if schema[inner].is_object() {
            let path = format!("{path}/{inner}");
            see(&path, &schema[inner]);
            each_property(&schema[inner], &path, see);
        }
    }
}

#[test]
fn everything_is_described_in_english_and_in_chinese() {
    let is_chinese = |text: &str| text.chars().any(|character| ('\u{4e00}'..='\u{9fff}').contains(&character));
    let described = |path: &str, value: &Value, english: &str, chinese: &str| {
        let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
        assert!(!text(english).is_empty() && !is_chinese(&text(english)), "{path}: {english}");
        assert!(is_chinese(&text(chinese)), "{path}: {chinese}");
    };
    for (name, schema) in schemas() {
        described(&name, &schema, "title", "x-title-zh");
        described(&name, &schema, "description", "x-description-zh");
        each_property(&schema, &name, &mut |path, property| {
            described(path, property, "description", "x-description-zh");
        });
    }
}

#[test]
fn every_value_of_an_enumeration_is_explained_in_both_languages() {
    for (name, schema) in inputs() {
        each_property(&schema, &name, &mut |path, property| {
            let values = property["enum"].as_array().or(property["x-enum"].as_array());
            for value in values.into_iter().flatten().filter_map(Value::as_str) {
                for language in ["description", "x-description-zh"] {
                    let text = property[language].as_str().unwrap_or_default();
                    assert!(text.contains(value), "{path}: {language}: `{value}`");
                }
            }
        });
    }
}

#[test]
fn every_valid_example_is_valid_and_shows_correction_and_retraction() {
    for (name, schema) in inputs() {
        let validator = validator(&schema);
        let paths = files(format!("examples/{name}/valid"));
        assert!(paths.len() >= 3 && stem(&paths[0]).starts_with("01-"), "{name}: {paths:?}");
        let documents: Vec<Value> =
            paths.iter().map(|path| serde_json::from_str(&read(path)).expect("the example is JSON")).collect();
        for (path, document) in paths.iter().zip(&documents) {
            assert_eq!(problems(&validator, document), Vec::<String>::new(), "{}", path.display());
        }
        let revised = |op: &str| {
            documents.iter().any(|it| it["revision"].as_i64() > Some(1) && it["op"].as_str().unwrap_or("upsert") == op)
        };
        assert!(revised("upsert") && revised("retract"), "{name}");
    }
}

#[test]
fn invalid_examples_show_every_code_that_a_file_can_show() {
    let mut shown = BTreeSet::new();
    for (name, schema) in inputs() {
        let validator = validator(&schema);
        for path in files(format!("examples/{name}/invalid")) {
            let stem = stem(&path);
            let (code, _) = stem.split_once("--").unwrap_or_else(|| panic!("{stem} names no code"));
            let code = RefusalCode::ALL.into_iter().find(|known| known.as_str() == code).expect("the code is known");
            shown.insert(code);
            let is_seen_by_json_schema = matches!(
                code,
                RefusalCode::MissingField
                    | RefusalCode::WrongType
                    | RefusalCode::UnknownValue
                    | RefusalCode::OutOfRange
                    | RefusalCode::WrongTime
            );
            let bytes = fs::read(&path).expect("the example is readable");
            let Ok(document) = serde_json::from_slice::<Value>(&bytes) else { continue };
            if is_seen_by_json_schema && !BEYOND_JSON_SCHEMA.contains(&stem.as_str()) {
                assert_ne!(problems(&validator, &document), Vec::<String>::new(), "{}", path.display());
            }
        }
    }
    let expected: BTreeSet<_> = RefusalCode::ALL.into_iter().filter(|code| !NOT_FILES.contains(code)).collect();
    assert_eq!(shown, expected);
}

/// Java's `Utils.murmur2`, written out from its definition.
fn murmur2(key: &[u8]) -> u32 {
    const M: u32 = 0x5bd1_e995;
    let length = u32::try_from(key.len()).expect("keys are short");
    let (words, rest) = key.as_chunks::<4>();
    let mut hash = words.iter().fold(0x9747_b28c ^ length, |hash, word| {
        let mixed = u32::from_le_bytes(*word).wrapping_mul(M);
        hash.wrapping_mul(M) ^ (mixed ^ (mixed >> 24)).wrapping_mul(M)
    });
    if !rest.is_empty() {
        let mut last = [0; 4];
        last[..rest.len()].copy_from_slice(rest);
        hash = (hash ^ u32::from_le_bytes(last)).wrapping_mul(M);
    }
    hash = (hash ^ (hash >> 13)).wrapping_mul(M);
    hash ^ (hash >> 15)
}

fn vectors() -> Vec<Value> {
    let document: Value = serde_json::from_str(&read("murmur2-vectors.json")).expect("the vectors are JSON");
    document["vectors"].as_array().expect("there is a list of vectors").clone()
}

#[test]
fn the_partition_vectors_are_right_and_distinguish_hashes() {
    let vectors = vectors();
    assert_eq!(vectors.len(), 10);
    for vector in &vectors {
        let hash = murmur2(vector["key"].as_str().expect("a key is text").as_bytes());
        assert_eq!(vector["murmur2"], json!(hash.cast_signed()), "{vector}");
        assert_eq!(vector["partition_of_4"], json!((hash & 0x7fff_ffff) % 4), "{vector}");
        assert_eq!(vector["partition_of_12"], json!((hash & 0x7fff_ffff) % 12), "{vector}");
    }
    let lengths: BTreeSet<_> = vectors.iter().filter_map(|vector| Some(vector["key"].as_str()?.len() % 4)).collect();
    assert_eq!(lengths.len(), 4, "every length of the last word is tried");
    assert!(vectors.iter().any(|vector| vector["murmur2"].as_i64() < Some(0)), "the sign is tried");
}

/// The fenced blocks of a language in a guide.
fn blocks(guide: &str, language: &str) -> Vec<String> {
    guide
        .split(&format!("```{language}\n"))
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap_or_default().to_owned())
        .collect()
}

/// The cells of every table row of a guide, without backticks.
fn rows(guide: &str) -> Vec<Vec<String>> {
    let cells = |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().replace('`', "")).collect();
    guide.lines().filter(|line| line.starts_with('|')).map(cells).collect()
}

#[test]
fn the_guides_quote_the_files() {
    for name in GUIDES {
        let guide = read(name);
        assert_eq!(blocks(&guide, "python"), [read("producers/producer.py")], "{name}");
        assert_eq!(blocks(&guide, "java"), [read("producers/Producer.java")], "{name}");
        let quoted = ["03-correction-false-alarm", "04-retraction"]
            .map(|file| read(format!("examples/camera-alerts/valid/{file}.json")));
        assert_eq!(blocks(&guide, "json"), quoted, "{name}");
        for link in guide.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            assert!(link.starts_with('#') || folder().join(link).exists(), "{name}: dead link {link}");
        }
        for anchor in guide.split("](#").skip(1).filter_map(|rest| rest.split(')').next()) {
            let heading = |line: &str| {
                let plain = line.trim_start_matches('#').trim().to_lowercase();
                plain.chars().filter(|it| it.is_alphanumeric() || *it == ' ').collect::<String>().replace(' ', "-")
            };
            let found = guide.lines().any(|line| line.starts_with("## ") && heading(line) == anchor);
            assert!(found, "{name}: no heading {anchor}");
        }
    }
}

#[test]
fn the_guides_tables_equal_the_data() {
    for name in GUIDES {
        let rows = rows(&read(name));
        let has = |cells: &[&str]| rows.iter().any(|row| cells.iter().all(|cell| row.iter().any(|it| it == cell)));
        for vector in vectors() {
            let expected: Vec<_> = vector.as_object().expect("a vector is an object").values().map(plain).collect();
            assert!(rows.contains(&expected), "{name}: {vector}");
        }
        for (source, schema) in inputs() {
            let topic = plain(&schema["x-topic"]);
            assert!(has(&[&source, &topic]), "{name}: {source}");
            if schema["x-kind"] == "event" {
                assert!(has(&[&source, &plain(&schema["x-retention"])]), "{name}: retention of {source}");
            }
            if let Some(silence) = schema["x-max-silence"].as_str() {
                assert!(has(&[&source, silence]), "{name}: silence of {source}");
            }
        }
        let codes: Vec<_> = rows
            .iter()
            .filter_map(|row| RefusalCode::ALL.into_iter().find(|code| row.len() == 3 && row[0] == code.as_str()))
            .collect();
        assert_eq!(codes, RefusalCode::ALL, "{name}: every code once, in order");
    }
}

#[test]
fn the_guides_explain_every_reason_for_which_an_answer_is_not_permitted() {
    for name in GUIDES {
        let rows = rows(&read(name));
        let reasons: Vec<&str> = rows
            .iter()
            .filter(|row| row.len() == 2 && NotPermitted::CODES.contains(&row[0].as_str()))
            .map(|row| row[0].as_str())
            .collect();
        assert_eq!(reasons, NotPermitted::CODES, "{name}: every reason once, in order");
    }
}

/// A text without its quotes, anything else as JSON writes it.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[test]
fn outputs_agree_with_the_code_on_words_and_topics() {
    let schemas = schemas();
    let topics = Config::default().topics;
    assert_eq!(schemas["scores"]["x-topic"], topics.scores);
    assert_eq!(schemas["warnings"]["x-topic"], topics.warnings);
    assert_eq!(schemas["shadow-warnings"]["x-topic"], topics.shadow_warnings);
    assert_eq!(schemas["areas"]["x-topic"], topics.areas);
    assert_eq!(schemas["areas"]["properties"]["kind"]["enum"], json!(AreaKind::ALL));
    for kept in ["rulesets", "ruleset-publications"] {
        assert_eq!(schemas[kept]["x-topic"], topics.rulesets);
    }
    assert_eq!(schemas["dead-letters"]["x-topic"], format!("*{}", topics.dead_letter_suffix));
    let codes = &schemas["dead-letters"]["properties"]["yujing.error.code"]["enum"];
    assert_eq!(*codes, json!(RefusalCode::ALL.map(RefusalCode::as_str)));
    let reasons = &schemas["dead-letters"]["properties"]["yujing.error.reason"]["enum"];
    assert_eq!(*reasons, json!(NotPermitted::CODES));
    let properties = &schemas["warnings"]["properties"];
    assert_eq!(properties["step"]["enum"], json!(Step::ALL));
    assert_eq!(properties["cause"]["enum"], json!(Cause::ALL));
    for output in ["warnings", "scores"] {
        let handling = &schemas[output]["$defs"]["handling"]["properties"];
        assert_eq!(handling["state"]["enum"], json!(HandlingState::ALL));
        assert_eq!(handling["verdict"]["enum"], json!(Verdict::ALL));
        assert_eq!(handling["measures"]["items"]["enum"], json!(Measure::ALL));
        assert_eq!(handling["overdue"]["properties"]["clock"]["enum"], json!(Clock::ALL));
        assert_eq!(handling["steps"]["items"]["properties"]["action"]["enum"], json!(HandlingAction::ALL));
    }
    assert_eq!(properties["level"]["enum"], json!(Level::ALL));
    assert_eq!(schemas["ruleset-publications"]["properties"]["cause"]["enum"], json!(Trigger::ALL));
    let freshness = [Freshness::Fresh, Freshness::Stale, Freshness::Never, Freshness::Held];
    assert_eq!(properties["coverage"]["additionalProperties"]["enum"], json!(freshness));
}

/// The codes that the schema loader can give, from its source: they are constants of private modules.
fn loader_codes() -> BTreeSet<String> {
    let loader = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/core/source");
    let mut paths = files(loader.join("schema"));
    paths.push(loader.join("schema.rs"));
    let texts = paths.iter().map(read);
    texts
        .flat_map(|text| text.split('"').map(str::to_owned).collect::<Vec<_>>())
        .filter(|quoted| {
            let name = quoted.strip_prefix("schema/").unwrap_or_default();
            !name.is_empty() && name.chars().all(|character| character.is_ascii_lowercase() || character == '-')
        })
        .collect()
}

#[test]
fn the_guides_explain_every_message_about_a_schema() {
    for name in GUIDES {
        let rows = rows(&read(name));
        let explained: BTreeSet<_> =
            rows.iter().map(|row| row[0].clone()).filter(|cell| cell.starts_with("schema/")).collect();
        assert_eq!(explained, loader_codes(), "{name}");
    }
}

/// The dead letter of an invalid example, with its headers as one JSON object.
fn dead_letter_of(source: &str, example: &str, message_max_bytes: usize) -> Value {
    let sources = schemas_folder::load(&folder()).expect("the schemas are right");
    let (id, found) = sources.by_name(source).expect("the source is there");
    let path = folder().join(format!("examples/{source}/invalid/{example}.json"));
    let record = Record {
        source: id,
        topic: found.topic.as_str().into(),
        partition: 3,
        offset: 18_211,
        timestamp: "2026-03-02T11:15:00+08:00".parse().expect("the instant is one"),
        key: Some(b"JY21201030043213".to_vec()),
        value: Some(fs::read(path).expect("the example is readable")),
        headers: vec![Header { name: "content-type".into(), value: Some(b"application/json".to_vec()) }],
    };
    let refusal = Decoder::new(id, found.clone()).decode(&record).expect_err("the example is refused");
    let sent = dead_letter::encode(&DeadLetter { record, refusal }, "dead".into(), message_max_bytes);
    let text = |header: Header| String::from_utf8(header.value.expect("no header is null")).expect("headers are text");
    sent.headers.into_iter().map(|header| (header.name.clone(), Value::from(text(header)))).collect()
}

#[test]
fn dead_letters_follow_their_schema_whole_or_cut() {
    let schema = &schemas()["dead-letters"];
    let whole = dead_letter_of("camera-alerts", "unknown_value--review", 1_000_000);
    let personal = dead_letter_of("complaints", "wrong_type--personal_field", 1_000_000);
    let cut = dead_letter_of("camera-alerts", "unknown_value--review", 600);
    for headers in [&whole, &personal, &cut] {
        assert_eq!(problems(&validator(schema), headers), Vec::<String>::new());
        for name in headers.as_object().expect("they are an object").keys() {
            assert!(name == "content-type" || schema["properties"].get(name).is_some(), "{name} is not in the schema");
        }
    }
    assert_eq!(whole.get("content-type"), Some(&json!("application/json")));
    assert_eq!((personal.get("yujing.error.got"), whole.get("yujing.error.original_length")), (None, None));
    for name in ["original_length", "original_sha256", "original_headers", "original_key_length", "original_key_sha256"]
    {
        assert!(cut.get(format!("yujing.error.{name}")).is_some(), "{name}");
    }
}

#[test]
fn the_dead_letter_in_the_guides_is_a_real_one() {
    let headers = dead_letter_of("camera-alerts", "unknown_value--review", 1_000_000);
    for name in GUIDES {
        let guide = read(name);
        for (header, value) in headers.as_object().expect("they are an object") {
            let shown = ["topic", "partition", "offset", "message", "code", "pointer", "expected", "got"]
                .iter()
                .any(|end| header.ends_with(&format!(".{end}")));
            assert!(!shown || guide.contains(&plain(value)), "{name}: {header}: {value}");
        }
    }
}
