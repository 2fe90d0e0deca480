//! `yujing rules check`: everything that can be found in a rules folder without running it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use jiff::Timestamp;
use serde_json::json;
use yujing_base::OperatorId;
use yujing_base::diagnostic::{Diagnostics, Severity};
use yujing_base::error::ErrorDomain;
use yujing_core::ruleset::Ruleset;
use yujing_core::warning::routing::OperatorFacts;
use yujing_workbench::{register, rules_folder, schemas_folder};

use super::explain;
use crate::check::Format;
use crate::{Context, Failure, Language, output};

/// Arguments of `yujing rules check`.
#[derive(Debug, Args)]
pub struct Check {
    /// The rules folder [default: `paths.rules` of the configuration]
    #[arg(long, value_name = "DIR")]
    rules: Option<PathBuf>,
    /// The language of texts
    #[arg(long, value_enum, env = "YUJING_LANG", default_value_t = Language::Zh)]
    lang: Language,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Fail on warnings too
    #[arg(long)]
    deny_warnings: bool,
    /// The register, one document a line as it is published: whether each operator has a post (未包保)
    #[arg(long, value_name = "FILE")]
    register: Option<PathBuf>,
    /// Say what a code means, with an example, and check nothing
    #[arg(long, value_name = "CODE")]
    explain: Option<String>,
}

/// What a folder holds.
struct Contents {
    rules: usize,
    features: usize,
    cases: usize,
    ruleset: String,
    /// What the register shows, if one was named.
    register: Option<Register>,
}

/// Who of a register has a post.
struct Register {
    operators: usize,
    /// Who belongs to nobody.
    unrouted: Vec<OperatorId>,
}

impl Register {
    /// # Errors
    /// If the ruleset has no posts.
    fn of(ruleset: &Ruleset, operators: &BTreeMap<OperatorId, OperatorFacts>) -> Result<Self, Failure> {
        if ruleset.routing.is_none() {
            return Err(Failure::user("--register: there is no routing.toml that says who has a post"));
        }
        let unrouted = ruleset.unrouted(operators).into_iter().cloned().collect();
        Ok(Self { operators: operators.len(), unrouted })
    }
}

impl Check {
    /// # Errors
    /// Everything found, as a failure of configuration, if it refuses.
    pub fn run(&self, context: &Context) -> Result<(), Failure> {
        if let Some(code) = &self.explain {
            return output::line(&explain::code(code, self.lang)?);
        }
        let begun = Instant::now();
        let config = context.config()?;
        let folder = self.rules.clone().unwrap_or(config.paths.rules);
        let sources = schemas_folder::load(&config.paths.schemas)?;
        let operators = self.register.as_deref().map(|file| register::read(file, &sources)).transpose()?;
        let (contents, found) = match rules_folder::load(&folder, &sources) {
            Ok(ruleset) => {
                let (cases, mut found) =
                    yujing_workbench::case::lint(&folder, &config.paths.schemas, &sources, &ruleset);
                let unrouted = operators.as_ref().and_then(|operators| ruleset.check_register(operators));
                found.0.extend(unrouted);
                let register = operators.map(|operators| Register::of(&ruleset, &operators)).transpose()?;
                (
                    Some(Contents {
                        rules: ruleset.rules.list().len(),
                        features: ruleset.features.catalogue().len(),
                        cases,
                        ruleset: ruleset.hash.clone(),
                        register,
                    }),
                    ruleset.warnings_with(found, ruleset.day_of(Timestamp::now())),
                )
            }
            Err(found) => (None, found),
        };
        let refused = found.has_errors() || (self.deny_warnings && !found.0.is_empty());
        match self.format {
            Format::Text => self.text(contents.as_ref(), &found, begun)?,
            Format::Json => output::json(&document(contents.as_ref(), &found, !refused))?,
        }
        if refused { Err(Failure::Reported(ErrorDomain::Configuration)) } else { Ok(()) }
    }

    fn text(&self, contents: Option<&Contents>, found: &Diagnostics, begun: Instant) -> Result<(), Failure> {
        if !found.0.is_empty() {
            output::findings(found, self.lang);
        }
        let (errors, warnings) = (found.count(Severity::Error), found.count(Severity::Warning));
        let seconds = begun.elapsed().as_secs_f64();
        let (mut zh, mut en) = (String::new(), String::new());
        if let Some(Contents { rules, features, cases, .. }) = contents {
            zh = format!("规则 {rules} 条、指标 {features} 个、用例 {cases} 个：");
            en = format!("{rules} rules, {features} features, {cases} cases: ");
        }
        if let Some(Register { operators, unrouted }) = contents.and_then(|contents| contents.register.as_ref()) {
            let count = unrouted.len();
            output::line(self.lang.pick(
                &format!("登记在营 {operators} 户，未包保 {count} 户"),
                &format!("{operators} operators are open, {count} belong to nobody"),
            ))?;
        }
        output::line(self.lang.pick(
            &format!("{zh}错误 {errors} 处，警告 {warnings} 处（{seconds:.2} 秒）"),
            &format!("{en}{errors} errors, {warnings} warnings ({seconds:.2} s)"),
        ))
    }
}

fn document(contents: Option<&Contents>, found: &Diagnostics, ok: bool) -> serde_json::Value {
    let summary = contents.map(|Contents { rules, features, cases, ruleset, register }| {
        let register = register
            .as_ref()
            .map(|Register { operators, unrouted }| json!({ "operators": operators, "unrouted": unrouted }));
        json!({ "rules": rules, "features": features, "cases": cases, "ruleset": ruleset, "register": register })
    });
    json!({ "ok": ok, "summary": summary, "problems": found.bounded().0 })
}
