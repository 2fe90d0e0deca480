//! The demo runs by itself, finds what it planted, and ends with its summary: after its time, or when it is
//! interrupted.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpListener;
use std::process::{Command, Stdio};

use regex::Regex;

fn demo(arguments: &[&str]) -> Command {
    let mut demo = Command::new(env!("CARGO_BIN_EXE_yujing"));
    demo.current_dir(env!("CARGO_MANIFEST_DIR")).arg("demo").args(arguments);
    demo.args(["--operators", "1500", "--days", "5", "--listen", "127.0.0.1:0"]);
    demo
}

#[test]
fn a_demo_whose_port_is_taken_takes_another_and_says_which() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let at = listener.local_addr().expect("an address");
    let mut demo = Command::new(env!("CARGO_BIN_EXE_yujing"));
    demo.current_dir(env!("CARGO_MANIFEST_DIR")).env("YUJING__SERVER__LISTEN", at.to_string());
    demo.args(["demo", "--operators", "50", "--days", "1", "--for", "1s", "--lang", "en"]);
    let output = demo.output().expect("it runs");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert_eq!(output.status.code(), Some(0), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let said = Regex::new(r"(\S+) is taken by another program: the endpoints are at (\S+)").expect("a pattern");
    let said = said.captures(&text).unwrap_or_else(|| panic!("it says nothing of the port:\n{text}"));
    assert!(said[1] == at.to_string() && said[2] != said[1], "{text}");
    assert!(text.contains(&format!("http://{}/metrics", &said[2])), "{text}");
}

#[test]
fn a_short_demo_finds_every_planted_incident_and_ends_with_its_summary() {
    let output = demo(&["--for", "12s", "--lang", "en"]).output().expect("it runs");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert_eq!(output.status.code(), Some(0), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("Summary (synthetic data)"), "{text}");
    let planted = Regex::new(r"(\d+) planted: ([1-9]\d*) found, (\d+) under a warning already, 0 missed; 0 false")
        .expect("a pattern");
    let counts = planted.captures(&text).unwrap_or_else(|| panic!("an incident was missed:\n{text}"));
    let [planted, found, already] = [1, 2, 3].map(|place| counts[place].parse::<u32>().expect("a number"));
    assert_eq!(planted, found + already, "{text}");
    let handled =
        Regex::new(r"Handling \(made-up posts\): [1-9]\d* warnings, [1-9]\d* acknowledged, [1-9]\d* answered");
    assert!(handled.expect("a pattern").is_match(&text), "nobody answers:\n{text}");
}

#[test]
fn an_interrupted_demo_still_ends_with_its_summary() {
    let mut demo = demo(&["--lang", "zh"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it runs");
    let mut out = BufReader::new(demo.stdout.take().expect("piped"));
    let mut text = String::new();
    while !text.contains("埋设：") {
        assert_ne!(out.read_line(&mut text).expect("UTF-8"), 0, "it ended by itself:\n{text}");
    }
    let interrupted = Command::new("kill").args(["-INT", &demo.id().to_string()]).status().expect("kill runs");
    assert!(interrupted.success());
    out.read_to_string(&mut text).expect("UTF-8");
    assert_eq!(demo.wait().expect("it is ours").code(), Some(0), "{text}");
    assert!(text.contains("合成数据小结"), "{text}");
}
