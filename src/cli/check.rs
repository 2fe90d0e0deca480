//! `yujing check`: is everything that people wrote in order? Connects to nothing.

use std::path::Path;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use yujing_base::diagnostic::Diagnostics;
use yujing_base::diagnostic::text::{self, MAX_TOML_BYTES};
use yujing_base::error::ErrorDomain;
use yujing_base::zone::Zone;
use yujing_config::Config;
use yujing_core::rule::Status;
use yujing_core::ruleset::Ruleset;
use yujing_core::source::Sources;
use yujing_core::warning::Policy;
use yujing_workbench::{rules_folder, schemas_folder};

use super::{Context, Failure, Language, output};

/// How to print the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
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
    /// The language of texts
    #[arg(long, value_enum, env = "YUJING_LANG", default_value_t = Language::Zh)]
    lang: Language,
    /// Fail on warnings too
    #[arg(long)]
    deny_warnings: bool,
}

/// What was found in order.
#[derive(Debug, Serialize)]
struct Summary {
    config: String,
    sources: Vec<String>,
    features: usize,
    rules: Rules,
    cases: usize,
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
        let refused = match &result {
            Ok((_, found)) => found.has_errors() || (self.deny_warnings && !found.0.is_empty()),
            Err(_) => true,
        };
        match self.format {
            Format::Text => {
                let (summary, found) = result?;
                if found.has_errors() {
                    return Err(found.into());
                }
                if !found.0.is_empty() {
                    output::findings(&found, self.lang);
                }
                output::line(&summary.text(self.lang, &found))?;
            }
            Format::Json => output::json(&document(result, !refused))?,
        }
        if refused { Err(Failure::Reported(ErrorDomain::Configuration)) } else { Ok(()) }
    }
}

/// The zone that a rules folder names: the default if that cannot be known, which loading the folder will complain of.
pub(super) fn zone_of(rules: &Path) -> Zone {
    let file = rules.join("ruleset.toml");
    let text = text::read(&file, MAX_TOML_BYTES).ok();
    let policy = text.and_then(|text| Policy::read(&file, &text).ok());
    policy.map(|policy| policy.zone).unwrap_or_default()
}

fn check(context: &Context) -> Result<(Summary, Diagnostics), Diagnostics> {
    let config = Config::load(context.config_file.as_deref())?;
    let (sources, ruleset) = load(&config)?;
    let (cases, found) = yujing_workbench::case::lint(&config.paths.rules, &config.paths.schemas, &sources, &ruleset);
    let count = |status| ruleset.rules.list().iter().filter(|rule| rule.metadata.status == status).count();
    let summary = Summary {
        config: context.config_name(),
        sources: sources.iter().map(|(_, source)| source.name.to_string()).collect(),
        features: ruleset.features.catalogue().len(),
        rules: Rules { active: count(Status::Active), draft: count(Status::Draft), retired: count(Status::Retired) },
        cases,
        ruleset: ruleset.hash.clone(),
    };
    let today = ruleset.day_of(Timestamp::now());
    Ok((summary, ruleset.warnings_with(found, today)))
}

/// Loads what publishers and analysts wrote. Rules are read only when the schemas are in order: without them every
/// feature would seem wrong.
///
/// # Errors
/// Every problem of the schemas, else every problem of the rules.
pub fn load(config: &Config) -> Result<(Arc<Sources>, Arc<Ruleset>), Diagnostics> {
    let sources = schemas_folder::load(&config.paths.schemas)?;
    let ruleset = rules_folder::load(&config.paths.rules, &sources)?;
    Ok((Arc::new(sources), Arc::new(ruleset)))
}

impl Summary {
    fn text(&self, language: Language, found: &Diagnostics) -> String {
        let Self { config, sources, features, rules, cases, ruleset } = self;
        let Rules { active, draft, retired } = rules;
        let (count, names, warnings) = (sources.len(), sources.join(", "), found.0.len());
        match language {
            Language::Zh => {
                let verdict = if warnings == 0 {
                    "全部正常".to_owned()
                } else {
                    format!("另有提示 {warnings} 处，见上")
                };
                format!(
                    "配置    {config}\n数据源  {count}：{names}\n指标    {features}\n\
                     规则    启用 {active}，草稿 {draft}，停用 {retired}\n用例    {cases}\n规则集  {ruleset}\n{verdict}"
                )
            }
            Language::En => {
                let verdict = match warnings {
                    0 => "all in order".to_owned(),
                    1 => "in order, with 1 remark above".to_owned(),
                    _ => format!("in order, with {warnings} remarks above"),
                };
                format!(
                    "configuration  {config}\nsources        {count}: {names}\nfeatures       {features}\n\
                     rules          {active} active, {draft} draft, {retired} retired\ncases          {cases}\n\
                     ruleset        {ruleset}\n{verdict}"
                )
            }
        }
    }
}

fn document(result: Result<(Summary, Diagnostics), Diagnostics>, ok: bool) -> Value {
    match result {
        Ok((summary, found)) => json!({ "ok": ok, "summary": summary, "problems": found.bounded().0 }),
        Err(problems) => json!({ "ok": ok, "summary": null, "problems": problems.bounded().0 }),
    }
}
