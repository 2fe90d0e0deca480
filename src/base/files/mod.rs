//! Reading what people keep on disk, whatever lies there: regular files only, their sizes looked at before they are
//! read, nothing opened that could keep the program waiting, and of a folder only what lies within it.
//!
//! Everything that the program reads by name comes through here, except tables and events on their way to Kafka.
//!
//! - here: one file
//! - [`tree`]: a folder and what lies below it
//! - [`error`]: why something is not read

pub mod error;
pub mod tree;

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::Read as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use rustix::fs::OFlags;

pub use error::FileError;
pub use tree::Tree;

/// The bytes of a file, at most so many, wherever its name leads.
///
/// # Errors
/// Why it is not read.
pub fn read(path: &Path, longest: usize) -> Result<Vec<u8>, FileError> {
    read_canonical(&fs::canonicalize(path)?, longest)
}

/// The text of a small file that programs write, such as a secret.
///
/// # Errors
/// Why it is not read; or it is not UTF-8.
pub fn text(path: &Path, longest: usize) -> Result<String, FileError> {
    String::from_utf8(read(path, longest)?).map_err(|_| FileError::NotUtf8)
}

/// Reads the file at a path without links. A pipe or a device is not even opened, because opening can wait, and can do
/// something; what comes in the place of the file that was looked at is not read.
fn read_canonical(path: &Path, longest: usize) -> Result<Vec<u8>, FileError> {
    let looked_at = fs::symlink_metadata(path)?;
    bounded(&looked_at, longest)?;
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)?;
    let opened = file.metadata()?;
    if identity(&opened) != identity(&looked_at) {
        return Err(FileError::Replaced);
    }
    bounded(&opened, longest)?;
    read_open(&file, opened.len(), longest)
}

/// A file may grow while it is read, and those of `/proc` say that they are empty.
fn read_open(file: &File, length: u64, longest: usize) -> Result<Vec<u8>, FileError> {
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(longest).min(longest));
    file.take(longest as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > longest {
        return Err(FileError::TooLong { length: bytes.len() as u64, longest });
    }
    Ok(bytes)
}

fn bounded(found: &Metadata, longest: usize) -> Result<(), FileError> {
    if !found.is_file() {
        return Err(FileError::NotAFile);
    }
    if found.len() > longest as u64 {
        return Err(FileError::TooLong { length: found.len(), longest });
    }
    Ok(())
}

/// What distinguishes a file or folder from every other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct FileIdentity {
    device: u64,
    inode: u64,
}

fn identity(found: &Metadata) -> FileIdentity {
    FileIdentity { device: found.dev(), inode: found.ino() }
}
