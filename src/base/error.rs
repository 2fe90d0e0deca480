//! What errors say of themselves where they leave the program: who has to act, whether the same may succeed later, and
//! what there is to show beyond the message. Whoever reports an error asks it, and knows no type of it.

use std::error::Error;

use crate::diagnostic::Diagnostics;
use crate::language::Bilingual;

/// Who has to act on an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorDomain {
    /// Whoever wrote the configuration, the schemas or the rules: these files are wrong.
    Configuration,
    /// Whoever asked: an argument, a query or a file that was named does not fit.
    User,
    /// Whoever sends or keeps the records: they are missing, damaged or not what they were taken for.
    Data,
    /// Whoever runs what the program depends on: Kafka, the network, the file system, the machine.
    External,
    /// Whoever maintains this program: a defect.
    Internal,
}

/// Whether the same may succeed when it is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Somebody has to do something first.
    Never,
    /// The cause may pass by itself; each further try should wait longer.
    WithBackoff,
}

/// What there is to show of an error beyond its message.
#[derive(Debug, Clone)]
pub enum Detail {
    /// The findings that the error stands for, shown in its place.
    Findings(Diagnostics),
    /// A text of several lines, shown below the message.
    Text(Bilingual),
}

/// An error that may leave the program. Its message is one English sentence that says what to do.
pub trait Classified: Error {
    /// Who has to act on it.
    fn domain(&self) -> ErrorDomain;

    /// Whether the same may succeed when it is tried again.
    fn retry(&self) -> Retry {
        Retry::Never
    }

    /// What there is to show beyond the message.
    fn detail(&self) -> Option<Detail> {
        None
    }
}

impl Classified for Diagnostics {
    fn domain(&self) -> ErrorDomain {
        ErrorDomain::Configuration
    }

    fn detail(&self) -> Option<Detail> {
        Some(Detail::Findings(self.clone()))
    }
}
