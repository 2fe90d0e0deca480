//! The rules folder at one moment.

use std::collections::BTreeMap;
use std::path::Path;

use ring::digest::{SHA256, digest};
use serde::Serialize;
use yujing_base::digest::hex;
use yujing_core::ruleset::files::is_case;
use yujing_core::ruleset::{Files, RulesetRefusal, Snapshot};
use yujing_workbench::rules_folder;

/// What a file of the folder is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FileKind {
    Rule,
    Feature,
    Case,
    Settings,
}

impl FileKind {
    /// By a path below the folder.
    pub fn of(path: &str) -> Self {
        match path.rsplit_once('.').map(|(_, ending)| ending) {
            Some("rhai") => Self::Rule,
            Some("sql") => Self::Feature,
            _ if is_case(path) => Self::Case,
            _ => Self::Settings,
        }
    }
}

/// The folder at one moment.
#[derive(Debug, Clone)]
pub struct FolderState {
    /// Of every file, cases included: another content has another one.
    pub version: String,
    snapshot: Snapshot,
}

/// The texts of the ruleset's files, and those of its cases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Texts {
    pub files: Files,
    pub cases: Files,
}

impl Texts {
    /// Both together.
    pub fn all(&self) -> Files {
        self.files.iter().chain(&self.cases).map(|(path, text)| (path.clone(), text.clone())).collect()
    }
}

/// A file as lists show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileEntry {
    pub path: String,
    pub kind: FileKind,
    pub bytes: usize,
    pub hash: String,
}

impl FolderState {
    /// Reads it.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn read(folder: &Path) -> Result<Self, RulesetRefusal> {
        let snapshot = rules_folder::read(folder)?;
        Ok(Self { version: format!("{:032x}", snapshot.fingerprint()), snapshot })
    }

    /// Its files by their paths.
    pub fn entries(&self) -> Vec<FileEntry> {
        let files = self.snapshot.files().iter();
        let entry = |(path, bytes): (&String, &Vec<u8>)| FileEntry {
            path: path.clone(),
            kind: FileKind::of(path),
            bytes: bytes.len(),
            hash: hash(bytes),
        };
        files.map(entry).collect()
    }

    /// The hash of every file, by its path.
    pub fn hashes(&self) -> BTreeMap<String, String> {
        self.snapshot.files().iter().map(|(path, bytes)| (path.clone(), hash(bytes))).collect()
    }

    /// The text of a file; none where there is no such file, or it is no text.
    pub fn text(&self, path: &str) -> Option<&str> {
        std::str::from_utf8(self.snapshot.files().get(path)?).ok()
    }

    /// All texts.
    ///
    /// # Errors
    /// Every file that is no text.
    pub fn texts(&self) -> Result<Texts, RulesetRefusal> {
        Ok(Texts { files: self.snapshot.ruleset_files()?, cases: self.snapshot.case_files()? })
    }
}

/// Of the content of a file: SHA-256 in hex.
pub fn hash(content: &[u8]) -> String {
    hex(digest(&SHA256, content).as_ref())
}
