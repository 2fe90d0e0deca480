//! What ends `yujing console`, or keeps it from starting.

use std::path::PathBuf;

use yujing_base::error::{Classified, Detail, ErrorDomain, Retry};
use yujing_kafka::KafkaError;

/// Why the console cannot do something.
#[derive(Debug, thiserror::Error)]
pub enum ConsoleError {
    /// The database cannot be opened, read or written.
    #[error("the database {} fails: {source}", file.display())]
    Database { file: PathBuf, source: rusqlite::Error },
    /// The database was written by a later version of the program.
    #[error("the database {} has version {found}, this program knows versions up to {known}: use the newer program", file.display())]
    Newer { file: PathBuf, found: i64, known: i64 },
    /// The folder of the databases cannot be made.
    #[error("the folder {} cannot be used: {source}", folder.display())]
    Folder { folder: PathBuf, source: std::io::Error },
    /// Kafka fails, or is not as it is needed.
    #[error(transparent)]
    Kafka(#[from] KafkaError),
    /// The office's map cannot be read.
    #[error("`console.map`: {}: {reason}", file.display())]
    Map { file: PathBuf, reason: String },
    /// The schemas have no source to which answers could go.
    #[error("the schemas have no source `dispositions`, to which answers go")]
    NoDispositions,
    /// The token for the engine's API cannot be read.
    #[error("the token of `console.engine_token` {reason}")]
    Token { reason: String },
    /// Certificate and key are no good.
    #[error("`console.tls_certificate` and `console.tls_key`: {reason}")]
    Tls { reason: String },
    /// The folder or the object store of photographs cannot be used.
    #[error("`console.attachments`: {place}: {reason}")]
    AttachmentsPlace { place: String, reason: String },
    /// It does not answer.
    #[error("the photographs cannot be reached: {reason}")]
    Attachments { reason: String },
    /// The identity provider is configured in a way that cannot work.
    #[error("`console.oidc.{key}`: {reason}")]
    Oidc { key: &'static str, reason: String },
    /// The system gives no thread.
    #[error("the system gives no threads: {source}")]
    Thread { source: std::io::Error },
    /// The program itself, which looks at drafts in a process of its own, cannot be found.
    #[error("this program cannot be found: {source}")]
    Program { source: std::io::Error },
    /// The system gives no random numbers.
    #[error("the system gives no random numbers")]
    Random,
    /// A password cannot be hashed.
    #[error("a password cannot be hashed: {0}")]
    Password(String),
}

impl Classified for ConsoleError {
    fn domain(&self) -> ErrorDomain {
        match self {
            Self::Kafka(error) => error.domain(),
            Self::NoDispositions
            | Self::Token { .. }
            | Self::Tls { .. }
            | Self::Oidc { .. }
            | Self::Map { .. }
            | Self::AttachmentsPlace { .. } => ErrorDomain::Configuration,
            Self::Database { .. }
            | Self::Newer { .. }
            | Self::Folder { .. }
            | Self::Attachments { .. }
            | Self::Thread { .. }
            | Self::Program { .. }
            | Self::Random => ErrorDomain::External,
            Self::Password(_) => ErrorDomain::Internal,
        }
    }

    fn retry(&self) -> Retry {
        match self {
            Self::Kafka(error) => error.retry(),
            Self::Database { .. } | Self::Attachments { .. } => Retry::WithBackoff,
            _ => Retry::Never,
        }
    }

    fn detail(&self) -> Option<Detail> {
        if let Self::Kafka(error) = self { error.detail() } else { None }
    }
}
