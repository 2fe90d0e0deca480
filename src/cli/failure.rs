//! How a command fails, and the exit code that says so.

use std::process::ExitCode;

use super::{Language, output};
use crate::diagnostic::Diagnostics;
use crate::ruleset::RulesetRefusal;

/// The exit code of a wrong configuration (`EX_CONFIG` of sysexits.h).
pub const EXIT_CONFIGURATION: u8 = 78;

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub enum Failure {
    /// Files that a person wrote are wrong.
    Configuration(Diagnostics),
    /// The same, and the command has said already what.
    Reported,
    /// A ruleset is refused.
    Rules(RulesetRefusal),
    /// What was to be proved does not hold, and the command has said already what.
    Told,
    /// Anything else, in a sentence that says what to do.
    Other(String),
    /// Nobody reads the output any more (`yujing ... | head`): no error.
    OutputClosed,
}

impl Failure {
    pub fn other(message: impl Into<String>) -> Self {
        Self::Other(message.into())
    }

    /// Says what is wrong on standard error, and gives the exit code.
    pub fn report(self, language: Language) -> ExitCode {
        match self {
            Self::Configuration(problems) => {
                output::findings(&problems, language);
                ExitCode::from(EXIT_CONFIGURATION)
            }
            Self::Rules(refusal) => {
                let (reason, report) = (language.of(&refusal.reason), language.of(&refusal.report));
                output::problem(format!("yujing: {reason}\n{report}").trim_end());
                ExitCode::from(EXIT_CONFIGURATION)
            }
            Self::Reported => ExitCode::from(EXIT_CONFIGURATION),
            Self::Told => ExitCode::FAILURE,
            Self::Other(message) => {
                // No line of a text of others looks like one of ours.
                output::problem(&format!("yujing: {message}").replace('\n', "\n  "));
                ExitCode::FAILURE
            }
            Self::OutputClosed => ExitCode::SUCCESS,
        }
    }
}

impl From<Diagnostics> for Failure {
    fn from(problems: Diagnostics) -> Self {
        Self::Configuration(problems)
    }
}
