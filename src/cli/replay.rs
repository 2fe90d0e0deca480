//! `yujing replay`: what rulesets would have warned of in a span of history, and how well they predicted what was found
//! later.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};
use jiff::civil::Date;
use yujing_base::diagnostic::Diagnostics;
use yujing_config::Config;
use yujing_core::ruleset::Ruleset;
use yujing_core::source::Sources;
use yujing_core::warning::Level;
use yujing_replay::plan::{Budget, KafkaInput, OutcomePlan, Plan, parse_instant};
use yujing_replay::report::{Report, page, table, text};
use yujing_replay::{ReplayOutput, run};
use yujing_workbench::{rules_folder, schemas_folder};

use super::progress::ReplayProgress;
use super::{Context, Failure, Language, check, output};

const EXAMPLES: &str = "\
A replay reads and never writes to Kafka. rules/replay.md explains replay.toml and every figure of the report.

Examples:
  yujing replay replay.toml --out report
  yujing replay --events synthetic --rules rules --rules candidate --from 2026-02-01 --out report
  yujing replay --kafka --budget 3 --budget-level orange --fail-if budget";

/// Replay history through one ruleset or several: what they would have warned of, what differs, and how right they were
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Replay {
    /// A replay.toml that says what to replay and what to ask; the options below go before it
    file: Option<PathBuf>,
    /// A rules folder; more than one is replayed side by side, the first is the baseline
    #[arg(long, value_name = "DIR")]
    rules: Vec<PathBuf>,
    /// A folder with a SOURCE.jsonl for each source, as `yujing generate` writes it
    #[arg(long, value_name = "DIR")]
    events: Option<PathBuf>,
    /// The configured input topics
    #[arg(long)]
    kafka: bool,
    /// Warnings count from this day or time; events before only fill the windows
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Up to this day or time
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    /// A file with SQL over the sources that gives `operator_id`, `at` and `outcome`: what was found later
    #[arg(long, value_name = "FILE")]
    outcome: Option<PathBuf>,
    /// First day of the outcomes that are judged
    #[arg(long, value_name = "DAY")]
    judge_from: Option<Date>,
    /// Last day of the outcomes that are judged
    #[arg(long, value_name = "DAY")]
    judge_to: Option<Date>,
    /// Ask what each rule and each feature adds
    #[arg(long)]
    ablate: bool,
    /// Seed of the resamples behind the intervals
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Most warnings of a level for each place and stretch of time
    #[arg(long, value_name = "N")]
    budget: Option<u64>,
    /// The budget is for this level and above
    #[arg(long, value_name = "LEVEL", default_value = "orange", requires = "budget", value_parser = parse_level)]
    budget_level: Level,
    /// The place and the stretch of time: `sub_district/week`, or `week` for all together
    #[arg(long, value_name = "PLACE/TIME", default_value = "sub_district/week", requires = "budget")]
    budget_per: String,
    /// End with exit code 1 if this is so
    #[arg(long, value_enum, value_name = "WHAT")]
    fail_if: Vec<FailIf>,
    /// Write report.html, report.json and CSV tables to this folder
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Language of the text, and in which the page opens
    #[arg(long, value_enum, env = "YUJING_LANG", default_value_t = Language::Zh)]
    lang: Language,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailIf {
    /// The budget is broken by any ruleset
    Budget,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

fn parse_level(text: &str) -> Result<Level, String> {
    let level = Level::parse(text).filter(|level| *level > Level::None);
    level.ok_or_else(|| format!("`{text}` is not blue, yellow, orange or red"))
}

impl Replay {
    /// # Errors
    /// If the inputs or rulesets are wrong, or something that `--fail-if` names is so.
    pub fn run(self, context: &Context) -> Result<(), Failure> {
        let config = context.config()?;
        let plan = self.plan(&config)?;
        let sources = Arc::new(schemas_folder::load(plan.schemas.as_ref().unwrap_or(&config.paths.schemas))?);
        let folders = if plan.rules.is_empty() { vec![config.paths.rules.clone()] } else { plan.rules.clone() };
        let rulesets = load(&folders, &sources)?;
        let bar = ReplayProgress::new(self.lang);
        let replayed = run(&plan, &config, &sources, &rulesets, |progress| bar.show(progress));
        bar.clear();
        let replayed = replayed?;
        match self.format {
            Format::Text => output::line(&text::summary(&replayed.report, self.lang))?,
            Format::Json => output::json(&replayed.report)?,
        }
        if let Some(folder) = &self.out {
            self.write(folder, &replayed)?;
        }
        self.verdict(&replayed.report)
    }

    /// The file's plan with the options laid over it.
    fn plan(&self, config: &Config) -> Result<Plan, Failure> {
        let office = |of_plan: &[PathBuf]| {
            let baseline = self.rules.first().or(of_plan.first());
            check::zone_of(baseline.unwrap_or(&config.paths.rules))
        };
        let mut plan = match &self.file {
            Some(file) => Plan::load(file, office)?,
            None => Plan { zone: office(&[]), ..Plan::default() },
        };
        if !self.rules.is_empty() {
            plan.rules.clone_from(&self.rules);
        }
        plan.events = self.events.clone().or(plan.events);
        if self.kafka {
            plan.kafka.get_or_insert_with(KafkaInput::default);
        }
        let instant = |given: &Option<String>, ends| {
            given.as_deref().map(|text| parse_instant(text, &plan.zone, ends)).transpose().map_err(Failure::user)
        };
        let (from, to) = (instant(&self.from, false)?, instant(&self.to, true)?);
        plan.from = from.or(plan.from);
        plan.to = to.or(plan.to);
        if let Some(sql) = &self.outcome {
            match &mut plan.outcome {
                Some(outcome) => outcome.sql.clone_from(sql),
                None => plan.outcome = Some(OutcomePlan::new(sql.clone())),
            }
        }
        self.lay_over_outcome(&mut plan)?;
        if let Some(most) = self.budget {
            let (per, every) = Budget::parse_per(&self.budget_per).map_err(Failure::user)?;
            plan.budget = Some(Budget { most, level: self.budget_level, per, every });
        }
        if !plan.has_inputs() {
            let message = "there is nothing to replay: name a replay.toml, `--events DIR` or `--kafka`";
            return Err(Failure::user(message));
        }
        if self.fail_if.contains(&FailIf::Budget) && plan.budget.is_none() {
            return Err(Failure::user("`--fail-if budget` needs a budget: `--budget 3`, or [budget] in replay.toml"));
        }
        Ok(plan)
    }

    fn lay_over_outcome(&self, plan: &mut Plan) -> Result<(), Failure> {
        let Some(outcome) = &mut plan.outcome else {
            let given = self.ablate || self.judge_from.is_some() || self.judge_to.is_some();
            let message = "judging needs an outcome: `--outcome FILE`, or [outcome] in replay.toml";
            return if given { Err(Failure::user(message)) } else { Ok(()) };
        };
        outcome.judge_from = self.judge_from.or(outcome.judge_from);
        outcome.judge_to = self.judge_to.or(outcome.judge_to);
        outcome.ablate |= self.ablate;
        outcome.seed = self.seed.unwrap_or(outcome.seed);
        Ok(())
    }

    fn write(&self, folder: &Path, replayed: &ReplayOutput) -> Result<(), Failure> {
        let refused =
            |error: std::io::Error| Failure::external(format!("{} cannot be written: {error}", folder.display()));
        std::fs::create_dir_all(folder).map_err(refused)?;
        let page = page::render(&replayed.report, self.lang).map_err(|error| {
            Failure::internal(format!("the page cannot be made, a defect of the program: {error:#}"))
        })?;
        std::fs::write(folder.join("report.html"), page).map_err(refused)?;
        let json = serde_json::to_vec_pretty(&replayed.report).map_err(std::io::Error::from).map_err(refused)?;
        std::fs::write(folder.join("report.json"), json).map_err(refused)?;
        let tables = table::write(folder, &replayed.report, &replayed.results, &replayed.judged).map_err(refused)?;
        let files: Vec<&str> = ["report.html", "report.json"].into_iter().chain(tables).collect();
        output::problem(&format!("{}: {}", folder.display(), files.join(", ")));
        Ok(())
    }

    fn verdict(&self, report: &Report) -> Result<(), Failure> {
        let broken = report.budget.as_ref().is_some_and(yujing_replay::report::budget::BudgetReport::is_broken);
        if self.fail_if.contains(&FailIf::Budget) && broken {
            let message = self.lang.pick("工作量超出上限", "the work budget is broken");
            return Err(Failure::data(message));
        }
        Ok(())
    }
}

/// Every ruleset under its folder's name; the same name twice is made unique by its place.
fn load(folders: &[PathBuf], sources: &Sources) -> Result<Vec<(String, Arc<Ruleset>)>, Failure> {
    let mut problems = Diagnostics::default();
    let mut rulesets: Vec<(String, Arc<Ruleset>)> = Vec::new();
    for (place, folder) in folders.iter().enumerate() {
        match rules_folder::load(folder, sources) {
            Ok(ruleset) => {
                let name = folder
                    .file_name()
                    .map_or_else(|| folder.display().to_string(), |name| name.to_string_lossy().into());
                let taken = rulesets.iter().any(|(known, _)| *known == name);
                let name = if taken { format!("{name} ({})", place + 1) } else { name };
                rulesets.push((name, Arc::new(ruleset)));
            }
            Err(found) => problems.extend(found),
        }
    }
    Ok(problems.into_result(rulesets)?)
}
