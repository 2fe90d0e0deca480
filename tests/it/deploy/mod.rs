//! What the monitoring team gets in `deploy/`: it is checked by the tools that will read it.

mod alerts;
mod compose;
mod guide;
mod service;
mod with_prometheus;

mod with_kafka {
    mod lag;
}

use std::path::{Path, PathBuf};

use serde_json::Value;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy")
}

fn text(file: &str) -> String {
    let path = folder().join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A YAML file with its merge keys resolved.
fn yaml(file: &str) -> Value {
    let mut document: serde_yaml_ng::Value =
        serde_yaml_ng::from_str(&text(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
    document.apply_merge().unwrap_or_else(|error| panic!("{file}: {error}"));
    serde_json::to_value(document).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
