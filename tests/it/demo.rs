//! The demo runs by itself, finds what it planted, and ends with its summary.

use std::process::Command;

use assert_cmd::assert::OutputAssertExt as _;
use predicates::prelude::*;

#[test]
fn a_short_demo_finds_every_planted_incident_and_ends_with_its_summary() {
    let mut demo = Command::new(env!("CARGO_BIN_EXE_yujing"));
    demo.args([
        "demo",
        "--for",
        "12s",
        "--operators",
        "1500",
        "--days",
        "5",
        "--lang",
        "en",
        "--listen",
        "127.0.0.1:0",
    ]);
    demo.assert()
        .success()
        .stdout(predicate::str::contains("synthetic data"))
        .stdout(predicate::str::is_match("[1-9][0-9]* planted: [1-9][0-9]* found, 0 missed").expect("a pattern"));
}
