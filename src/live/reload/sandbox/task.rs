//! What the process that tries a ruleset is given on standard input, as one JSON document, and what it reports on
//! standard output, one JSON document a line.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use yujing_core::ruleset::{Files, RulesetRefusal};

/// What is to be tried.
#[derive(Debug, Serialize, Deserialize)]
pub struct Task<'a> {
    /// What the rules folder is called in messages.
    pub folder: Cow<'a, Path>,
    /// The folder of schemas, for the examples.
    pub schemas: Cow<'a, Path>,
    /// The schema files as the engine has them, whatever the folder holds by now.
    pub sources: Cow<'a, [(PathBuf, String)]>,
    pub files: Cow<'a, Files>,
    /// To be run, if they are given.
    pub cases: Option<Cow<'a, Files>>,
}

/// What is reported.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TaskReport {
    /// The ruleset is built and checked; its cases are run.
    Testing,
    /// It is in order.
    Proved,
    Refused(RulesetRefusal),
}
