//! What the process that tries rulesets is given on standard input, as one JSON document, and what it reports on
//! standard output, one JSON document a line.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use yujing_core::ruleset::{Files, RulesetRefusal};
use yujing_workbench::template::NewRule;

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
    pub question: Question,
}

/// What is asked about the texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// Whether the ruleset builds and its cases hold.
    Prove,
    /// What the check finds.
    Check,
    /// How cases go whose rule, name or file contains this.
    Cases { filter: String },
    /// What there is to look up.
    Catalogue,
    /// A rule to begin with.
    NewRule(NewRule),
}

/// What is reported.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TaskReport {
    /// The ruleset is built and checked; its cases are run.
    Testing,
    /// It is in order.
    Proved,
    /// What was asked beyond that.
    Answer(Value),
    Refused(RulesetRefusal),
}
