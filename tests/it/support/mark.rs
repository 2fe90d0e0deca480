//! Marks: what a test needs beyond the program and this repository stands in its name, as a module.

use std::thread;

/// What a test may need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// A broker, or only its jars.
    Kafka,
    /// Chromium.
    Browser,
    /// `prometheus` or `promtool`.
    Prometheus,
}

impl Need {
    /// The module that a test stands in if it needs this. `make test-quick` leaves such modules out.
    pub const fn mark(self) -> &'static str {
        match self {
            Self::Kafka => "with_kafka",
            Self::Browser => "with_browser",
            Self::Prometheus => "with_prometheus",
        }
    }
}

/// Called by whatever starts what a test needs: fails the test that calls it unmarked.
///
/// A test's thread bears the test's name. Other threads, benches, and tests that run one after the other on the main
/// thread (`--test-threads 1`) bear none: those are not checked.
pub fn check_mark(need: Need) {
    let thread = thread::current();
    let Some(test) = thread.name().filter(|name| name.contains("::")) else { return };
    let mark = need.mark();
    assert!(
        test.split("::").any(|module| module == mark),
        "{test} needs {need:?}: move it into a module `{mark}` (tests/README.md)"
    );
}

/// Marked tests may have what the mark says, others may not.
#[test]
fn a_test_that_takes_what_its_name_does_not_say_fails() {
    let taken = |test: &str, need| {
        let thread = thread::Builder::new().name(test.to_owned()).spawn(move || check_mark(need));
        thread.expect("a thread").join().is_ok()
    };
    assert!(taken("live::with_kafka::crash::killed", Need::Kafka) && taken("main", Need::Kafka));
    for need in [Need::Kafka, Need::Browser, Need::Prometheus] {
        assert!(!taken("live::crash::killed", need), "{need:?}");
    }
    assert!(!taken("live::with_kafka::crash::killed", Need::Browser));
}

#[test]
fn make_test_quick_leaves_out_every_mark() {
    let makefile = std::fs::read_to_string("Makefile").expect("readable");
    let marks = [Need::Kafka, Need::Browser, Need::Prometheus].map(Need::mark);
    for mark in marks.into_iter().chain(["slow"]) {
        assert!(makefile.contains(&format!("--skip {mark}::")), "{mark}");
    }
}
