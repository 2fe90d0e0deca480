//! How a command fails, and the exit code that says so.

use std::process::ExitCode;

use yujing_base::error::{Classified, Detail, ErrorDomain};

use super::{Language, output};

/// The exit code of a wrong configuration (`EX_CONFIG` of sysexits.h).
pub const EXIT_CONFIGURATION: u8 = 78;

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub enum Failure {
    /// Something went wrong.
    Error {
        domain: ErrorDomain,
        /// In a sentence that says what to do.
        message: String,
        detail: Option<Detail>,
    },
    /// The command has shown already what is wrong.
    Reported(ErrorDomain),
    /// Nobody reads the output any more (`yujing ... | head`): no error.
    OutputClosed,
}

impl Failure {
    /// The command was asked for what it cannot do.
    pub fn user(message: impl Into<String>) -> Self {
        Self::new(ErrorDomain::User, message)
    }

    /// Records or files are missing or damaged.
    pub fn data(message: impl Into<String>) -> Self {
        Self::new(ErrorDomain::Data, message)
    }

    /// Kafka, the engine's endpoints, the file system or the machine does not do its part.
    pub fn external(message: impl Into<String>) -> Self {
        Self::new(ErrorDomain::External, message)
    }

    /// A defect of the program.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorDomain::Internal, message)
    }

    pub fn new(domain: ErrorDomain, message: impl Into<String>) -> Self {
        Self::Error { domain, message: message.into(), detail: None }
    }

    /// Prints what is wrong on standard error, and returns the exit code.
    pub fn report(self, language: Language) -> ExitCode {
        match self {
            Self::Error { domain, message, detail } => {
                if let Some(Detail::Findings(problems)) = &detail {
                    output::findings(problems, language);
                } else {
                    // No line of a text of others looks like one of ours.
                    output::problem(&format!("yujing: {message}").replace('\n', "\n  "));
                }
                if let Some(Detail::Text(text)) = &detail {
                    output::problem(format!("yujing: {}", language.of(text)).trim_end());
                }
                exit_code(domain)
            }
            Self::Reported(domain) => exit_code(domain),
            Self::OutputClosed => ExitCode::SUCCESS,
        }
    }
}

fn exit_code(domain: ErrorDomain) -> ExitCode {
    match domain {
        ErrorDomain::Configuration => ExitCode::from(EXIT_CONFIGURATION),
        ErrorDomain::User | ErrorDomain::Data | ErrorDomain::External | ErrorDomain::Internal => ExitCode::FAILURE,
    }
}

impl<E: Classified> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Error { domain: error.domain(), message: error.to_string(), detail: error.detail() }
    }
}
