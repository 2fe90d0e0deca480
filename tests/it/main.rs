//! Black-box tests, one binary to save linking: a module a subject.

mod cli;
mod config;
mod demo;
mod feature;
mod kafka;
mod metrics;
mod rule_guide;
mod rules;
mod run;
mod schemas;
mod server;
mod setup;
mod source;
mod support;
mod synthetic;
