//! The HTTP fuzzer schemathesis, which makes requests from a contract: sound ones, and what is next to them.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Its command, once it is there.
pub fn schemathesis() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new("sh").arg(root.join("tests/fuzzer/fetch.sh")).output().expect("sh runs");
    assert!(output.status.success(), "no fuzzer to test with:\n{}", String::from_utf8_lossy(&output.stderr));
    PathBuf::from(String::from_utf8_lossy(&output.stdout).trim())
}
