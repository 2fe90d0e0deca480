//! Black-box tests, one binary to save linking: a module a subject.

mod config;
mod kafka;
mod metrics;
mod support;
