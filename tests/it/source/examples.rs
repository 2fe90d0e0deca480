//! The schemas and examples that are published: what they say must be what the engine does.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use yujing_core::source::{Decoder, Kind, Record, RefusalCode};
use yujing_workbench::schemas_folder;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("the entry is readable").path()).collect();
    files.sort();
    assert!(!files.is_empty(), "{} is empty", folder.display());
    files
}

/// The files of `examples/<source>/<kind>`: name and bytes.
pub fn examples(source: &str, kind: &str) -> Vec<(String, Vec<u8>)> {
    files(&folder().join("examples").join(source).join(kind))
        .into_iter()
        .map(|path| {
            let name = path.file_name().and_then(|name| name.to_str()).expect("the name is text").to_owned();
            (name, fs::read(&path).expect("the example is readable"))
        })
        .collect()
}

/// An hour after the later of the times in an example: when its record may have arrived.
pub fn arrival(text: &str) -> Option<Timestamp> {
    let value: serde_json::Value = serde_json::from_str(text).ok()?;
    let time = |name: &str| value[name].as_str()?.parse::<Timestamp>().ok();
    Some(time("occurred_at")?.max(time("reported_at").unwrap_or(Timestamp::MIN)) + SignedDuration::from_hours(1))
}

/// Each source with its decoder and the time at which its examples are judged: an hour after the first one.
pub fn published() -> Vec<(String, Kind, Decoder, Timestamp)> {
    let sources = schemas_folder::load(&folder()).unwrap_or_else(|found| panic!("{found}"));
    let one = |(id, source): (_, &std::sync::Arc<yujing_core::source::Source>)| {
        let first = &files(&folder().join("examples").join(&*source.name).join("valid"))[0];
        let text = fs::read_to_string(first).expect("the example is readable");
        let time = arrival(&text).expect("the first example has a time");
        (source.name.to_string(), source.kind, Decoder::new(id, source.clone()), time)
    };
    sources.iter().map(one).collect()
}

pub fn record(value: Vec<u8>, timestamp: Timestamp) -> Record {
    Record {
        source: yujing_core::source::SourceId(0),
        topic: "examples".into(),
        partition: 0,
        offset: 0,
        timestamp,
        key: None,
        value: Some(value),
        headers: Vec::new(),
    }
}

#[test]
fn every_source_is_published() {
    let names: Vec<String> = published().into_iter().map(|(name, ..)| name).collect();
    assert_eq!(
        names,
        ["camera-alerts", "complaints", "dispositions", "events", "inspections", "lab-samples", "operators"]
    );
}

#[test]
fn every_valid_example_is_accepted() {
    for (name, _, decoder, _) in published() {
        for path in files(&folder().join("examples").join(name).join("valid")) {
            let text = fs::read_to_string(&path).expect("the example is readable");
            let timestamp = arrival(&text).expect("the example has a time");
            let result = decoder.decode(&record(text.into_bytes(), timestamp));
            assert!(result.is_ok(), "{}: {}", path.display(), result.expect_err("it is refused"));
        }
    }
}

#[test]
fn every_invalid_example_gets_the_code_of_its_name() {
    for (name, _, decoder, timestamp) in published() {
        for path in files(&folder().join("examples").join(name).join("invalid")) {
            let file = path.file_name().and_then(|file| file.to_str()).expect("the name is text");
            let wanted = file.split("--").next().expect("the name has a code");
            assert!(RefusalCode::ALL.iter().any(|code| code.as_str() == wanted), "{file}: no such code");
            let bytes = fs::read(&path).expect("the example is readable");
            match decoder.decode(&record(bytes, timestamp)) {
                Ok(_) => panic!("{} is accepted", path.display()),
                Err(refusal) => assert_eq!(refusal.code.as_str(), wanted, "{}: {refusal}", path.display()),
            }
        }
    }
}
