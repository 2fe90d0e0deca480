//! The command line: one file a subcommand. Results go to standard output, everything else to standard error.
//!
//! A further subcommand is a file with a `clap::Args` type and a `run`, a variant of [`Command`] and a line in
//! [`Command::run`].

#![warn(unused_crate_dependencies)]

pub mod areas;
pub mod check;
pub mod client;
pub mod console;
pub mod demo;
pub mod explain;
pub mod failure;
pub mod follow;
pub mod generate;
mod handling_view;
pub mod notify;
pub mod output;
mod progress;
pub mod publish;
mod record;
pub mod replay;
pub mod report;
pub mod rules;
pub mod run;
pub mod scores;
pub mod service;
pub mod shadow;
pub mod topics;
pub mod try_history;
pub mod try_rules;
pub mod warning_page;
pub mod warning_row;
pub mod warnings;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum as _};

pub use failure::Failure;

pub use yujing_base::language::Language;
use yujing_config::Config;

/// Streaming early warning of food-safety risk: events in from Kafka, explained scores and warnings out.
#[derive(Debug, Parser)]
#[command(name = "yujing", version, after_help = EXIT_CODES)]
pub struct Arguments {
    /// Configuration file [default: yujing.toml, else deploy/yujing.toml, else the defaults]
    #[arg(long, global = true, env = "YUJING_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "\
Any key of the configuration file can be set by the environment: YUJING__SECTION__KEY.
Exit codes: 0 done; 1 failed; 2 wrong usage; 78 wrong configuration, schemas or rules.";

/// What can be asked of the program.
#[derive(Debug, Subcommand)]
enum Command {
    /// Check configuration, schemas and rules without connecting to anything
    Check(check::Check),
    /// Serve pages to officials: situation, inbox, warnings, operators; make links for accounts, back up
    Console(console::ConsoleCommand),
    /// Why an operator has its score: every rule, fired or not, with the values it read and what decided it
    Explain(explain::Explain),
    /// Publish events of one source to Kafka: from JSON, or from workbooks, CSV, Parquet or JSON files mapped by SQL
    Publish(publish::Publish),
    /// Replay history through one ruleset or several: what they would have warned of, and how right they were
    Replay(replay::Replay),
    /// Write a synthetic district as JSONL, one file a source
    Generate(generate::Generate),
    /// Show everything on this machine without Kafka: embedded broker, synthetic district, live warnings
    Demo(demo::Demo),
    /// Write, test, document and reload rules
    #[command(subcommand)]
    Rules(rules::Rules),
    /// Tell posts of warnings: by robots, mail and HTTP, with receipts
    Notify(notify::Notify),
    /// Write the office's monthly report: warnings, what was in time, who was overdue, what was found
    Report(report::Report),
    /// Run the engine: events in from Kafka, scores and warnings out
    Run(run::Run),
    /// Tell of rulesets that are tried live beside the one in force
    #[command(subcommand)]
    Shadow(shadow::Shadow),
    /// Compare the topics in Kafka with what the engine needs, and create them
    Topics(topics::Topics),
    /// Show the operators with the highest live scores, and what these are made of
    Scores(scores::Scores),
    /// Show what adds up over areas: operators, open warnings by state, answered in time, visits
    Areas(areas::Areas),
    /// Follow warnings as they are opened, escalated, added to, amended, eased, resolved and withdrawn, handled and overdue
    Warnings(warnings::Warnings),
    /// Try a ruleset within limits: `yujing run` starts this for itself
    #[command(hide = true)]
    TryRules(try_rules::TryRules),
    /// Try a change of rules on history within limits: `yujing console` starts this for itself
    #[command(hide = true)]
    TryHistory(try_history::TryHistory),
}

impl Command {
    fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::Check(command) => command.run(context),
            Self::Console(command) => command.run(context),
            Self::Explain(command) => command.run(context),
            Self::Publish(command) => command.run(context),
            Self::Replay(command) => command.run(context),
            Self::Generate(command) => command.run(),
            Self::Demo(command) => command.run(context),
            Self::Rules(command) => command.run(context),
            Self::Notify(command) => command.run(context),
            Self::Report(command) => command.run(context),
            Self::Run(command) => command.run(context),
            Self::Shadow(command) => command.run(context),
            Self::Topics(command) => command.run(context),
            Self::Scores(command) => command.run(context),
            Self::Areas(command) => command.run(context),
            Self::Warnings(command) => command.run(context),
            Self::TryRules(command) => command.run(),
            Self::TryHistory(command) => command.run(),
        }
    }
}

/// What every subcommand gets.
#[derive(Debug)]
pub struct Context {
    /// The file of the configuration; `None` stands for the defaults.
    pub config_file: Option<PathBuf>,
}

impl Context {
    /// The file that the user named, else the first usual one that exists.
    fn new(named: Option<PathBuf>) -> Self {
        let usual = || ["yujing.toml", "deploy/yujing.toml"].map(PathBuf::from).into_iter().find(|file| file.exists());
        Self { config_file: named.or_else(usual) }
    }

    /// The configuration.
    ///
    /// # Errors
    /// Every problem of it, as a failure of configuration.
    pub fn config(&self) -> Result<Config, Failure> {
        Ok(Config::load(self.config_file.as_deref())?)
    }

    /// The file's name for people.
    pub fn config_name(&self) -> String {
        self.config_file.as_deref().map_or_else(|| "defaults".to_owned(), |file: &Path| file.display().to_string())
    }
}

/// Parses the command line, runs the subcommand and says how it ended.
pub fn main() -> ExitCode {
    let matches = Arguments::command().get_matches();
    let language = language(&matches);
    let Arguments { config, command } = Arguments::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    match command.run(&Context::new(config)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(language),
    }
}

/// The language that the subcommand was asked for, else that of the environment.
fn language(matches: &ArgMatches) -> Language {
    let mut asked = None;
    let mut inner = Some(matches);
    while let Some(level) = inner {
        asked = level.try_get_one::<Language>("lang").ok().flatten().or(asked);
        inner = level.subcommand().map(|(_, below)| below);
    }
    let of_environment = || std::env::var("YUJING_LANG").ok().and_then(|word| Language::from_str(&word, true).ok());
    asked.copied().or_else(of_environment).unwrap_or(Language::Zh)
}
