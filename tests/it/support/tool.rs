//! Programs that the tests call: `make setup` gets them.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use super::mark::{Need, check_mark};

/// Whether the program was content, and what it said.
pub fn call(program: &str, arguments: &[&str], folder: &Path, input: &str) -> (bool, String) {
    if program == "promtool" {
        check_mark(Need::Prometheus);
    }
    let mut child = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{program} is needed ({error}): `make setup` gets it"));
    child.stdin.take().expect("piped").write_all(input.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &*String::from_utf8_lossy(&output.stderr);
    (output.status.success(), said)
}
