//! `yujing rules`: everything an analyst does with rules. One file a subcommand.
//!
//! [`folder`] and [`files`] are what those without Kafka share, [`attempt`] those that ask the running engine.

pub mod attempt;
pub mod check;
pub mod docs;
mod explain;
pub mod files;
pub mod folder;
pub mod history;
pub mod init;
pub mod new;
pub mod reload;
pub mod rollback;
pub mod stats;
pub mod test;

use clap::Subcommand;

use super::{Context, Failure};

/// What can be done with rules.
#[derive(Debug, Subcommand)]
pub enum Rules {
    /// Find what is wrong with features, rules, cases, policy, calendar and laws before anything runs
    Check(check::Check),
    /// Write a folder of rules to begin with: one rule with its features and cases, and the schemas if there are none
    Init(init::Init),
    /// Write a new rule, a draft, with cases to be filled in
    New(new::New),
    /// Run the cases of rules/cases through the engine at virtual times, each in several ways
    Test(test::Test),
    /// Write catalogues of rules and features: Markdown, one page in HTML, and JSON
    Docs(docs::Docs),
    /// Let the running engine take the rules folder: check, run the cases, show what changes, swap
    Reload(reload::Reload),
    /// List the rulesets that were published, and say which is in force
    History(history::History),
    /// Put an earlier ruleset back in force
    Rollback(rollback::Rollback),
    /// Tell what each rule is worth: warnings raised, alone or with others, false alarms, last fired, errors and cost
    Stats(stats::Stats),
}

impl Rules {
    /// # Errors
    /// As the subcommand.
    pub fn run(&self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::Check(command) => command.run(context),
            Self::Init(command) => command.run(context),
            Self::New(command) => command.run(context),
            Self::Test(command) => command.run(context),
            Self::Docs(command) => command.run(context),
            Self::Reload(command) => command.run(context),
            Self::History(command) => command.run(context),
            Self::Rollback(command) => command.run(context),
            Self::Stats(command) => command.run(context),
        }
    }
}
