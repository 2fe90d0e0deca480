//! Black-box tests, one binary to save linking: a module a subject.

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

mod added;
mod cage;
mod checks;
mod chicago;
mod cli;
mod config;
mod demo;
mod deploy;
mod engine;
mod explain;
mod explain_warning;
mod feature;
mod into_service;
mod kafka;
mod metrics;
mod nesting;
mod publish;
mod readme;
mod records;
mod reload;
mod replay;
mod rule_guide;
mod rules;
mod rules_docs;
mod rules_new;
mod rules_stats;
mod rules_test;
mod rules_ways;
mod run;
mod schemas;
mod server;
mod setup;
mod shadow;
mod source;
mod support;
mod synthetic;
mod withdrawal;
mod working_days;
