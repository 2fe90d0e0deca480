//! Black-box tests, one binary to save linking: a module a subject.

mod kafka;
mod support;
