//! `yujing check`: is everything that people wrote in order? Connects to nothing.

use std::sync::Arc;

use clap::{Args, ValueEnum};
use serde::Serialize;
use serde_json::{Value, json};

use super::{Context, Failure, output};
use crate::config::Config;
use crate::diagnostic::{Diagnostics, Severity};
use crate::engine::Ruleset;
use crate::rule::Status;
use crate::source::Sources;

/// How to print the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people; problems go to standard error.
    Text,
    /// One JSON document on standard output, problems included.
    Json,
}

/// Arguments of `yujing check`.
#[derive(Debug, Args)]
pub struct Check {
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// What was found in order.
#[derive(Debug, Serialize)]
struct Summary {
    config: String,
    sources: Vec<String>,
    features: usize,
    rules: Rules,
    ruleset: String,
}

/// How many rules there are, by status.
#[derive(Debug, Serialize)]
struct Rules {
    active: usize,
    draft: usize,
    retired: usize,
}

impl Check {
    /// # Errors
    /// Every problem, as a failure of configuration.
    pub fn run(&self, context: &Context) -> Result<(), Failure> {
        let result = check(context);
        match self.format {
            Format::Text => output::line(&result?.text()),
            Format::Json => {
                let failed = result.is_err();
                output::json(&document(result))?;
                if failed { Err(Failure::Reported) } else { Ok(()) }
            }
        }
    }
}

fn check(context: &Context) -> Result<Summary, Diagnostics> {
    let config = Config::load(context.config_file.as_deref())?;
    let (sources, ruleset) = load(&config)?;
    let count = |status| ruleset.rules.list().iter().filter(|rule| rule.metadata.status == status).count();
    Ok(Summary {
        config: context.config_name(),
        sources: sources.iter().map(|(_, source)| source.name.to_string()).collect(),
        features: ruleset.features.catalogue().len(),
        rules: Rules { active: count(Status::Active), draft: count(Status::Draft), retired: count(Status::Retired) },
        ruleset: ruleset.hash.clone(),
    })
}

/// Loads what publishers and analysts wrote. Rules are read only when the schemas are in order: without them every
/// feature would seem wrong.
///
/// # Errors
/// Every problem of the schemas, else every problem of the rules.
pub fn load(config: &Config) -> Result<(Arc<Sources>, Arc<Ruleset>), Diagnostics> {
    let sources = Sources::load(&config.paths.schemas)?;
    let ruleset = Ruleset::load(&config.paths.rules, &sources)?;
    Ok((Arc::new(sources), Arc::new(ruleset)))
}

impl Summary {
    fn text(&self) -> String {
        let Self { config, sources, features, rules, ruleset } = self;
        let Rules { active, draft, retired } = rules;
        format!(
            "configuration  {config}\n\
             sources        {}: {}\n\
             features       {features}\n\
             rules          {active} active, {draft} draft, {retired} retired\n\
             ruleset        {ruleset}\n\
             all in order",
            sources.len(),
            sources.join(", "),
        )
    }
}

fn document(result: Result<Summary, Diagnostics>) -> Value {
    match result {
        Ok(summary) => json!({ "ok": true, "summary": summary, "problems": [] }),
        Err(problems) => json!({ "ok": false, "summary": null, "problems": listed(&problems) }),
    }
}

/// Problems as JSON.
pub(super) fn listed(problems: &Diagnostics) -> Vec<Value> {
    let one = |problem: &crate::diagnostic::Diagnostic| {
        let (line, column) = problem.position.unzip();
        json!({
            "code": problem.code,
            "severity": severity(problem.severity),
            "message": problem.message,
            "file": problem.file,
            "line": line,
            "column": column,
            "help": problem.help,
        })
    };
    problems.0.iter().map(one).collect()
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}
