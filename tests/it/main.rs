//! Black-box tests, one binary to save linking: a folder a subject. `tests/README.md` says which harness to use, and
//! how to mark what needs Kafka, a browser or Prometheus.

#![allow(
    clippy::similar_names,
    clippy::format_collect,
    clippy::cast_possible_truncation,
    clippy::assigning_clones,
    clippy::case_sensitive_file_extension_comparisons,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "tests say what they mean in few words"
)]

mod checks;
mod chicago;
mod console;
mod deploy;
mod documents;
mod engine;
mod feature;
mod frontend;
mod kafka;
mod live;
mod notify;
mod program;
mod publish;
mod reload;
mod replay;
mod report;
mod rules;
mod server;
mod source;
mod support;
