//! Files that cannot be read, as findings.

use std::io;
use std::path::Path;

use super::Diagnostic;
use crate::files::FileError;

impl Diagnostic {
    /// A finding about a file or folder that is not read.
    pub fn unreadable(path: &Path, error: &FileError) -> Self {
        let found = Self::file(code(error), path, error.message()).with_help(error.help());
        match error {
            FileError::Unreadable(system) if system.kind() != io::ErrorKind::NotFound => {
                found.with_detail(system.to_string())
            }
            _ => found,
        }
    }
}

fn code(error: &FileError) -> &'static str {
    match error {
        FileError::Unreadable(_) | FileError::Replaced | FileError::NameNotUtf8 => "file/unreadable",
        FileError::Outside | FileError::Cycle => "file/link",
        FileError::NotAFile => "file/not-regular",
        FileError::TooLong { .. } => "file/too-long",
        FileError::NotUtf8 => "file/encoding",
    }
}
