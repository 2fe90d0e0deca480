//! Where the value of each key came from, so that a message can point there.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::de::DeTable;
use yujing_base::diagnostic::Diagnostic;
use yujing_base::language::Bilingual;

/// The file, its text, and the same without secrets.
pub(super) struct OriginalFile {
    pub(super) path: PathBuf,
    pub(super) text: String,
    pub(super) shown: String,
}

/// Where values came from.
#[derive(Default)]
pub struct Origins {
    pub(super) file: Option<OriginalFile>,
    /// Variables by the key that they set.
    pub(super) variables: BTreeMap<Vec<String>, String>,
}

impl fmt::Debug for Origins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.as_ref().map(|file| &file.path);
        f.debug_struct("Origins").field("file", &file).field("variables", &self.variables).finish()
    }
}

impl Origins {
    /// An error about the value of a key, at the place that set it.
    pub fn problem<S: AsRef<str>>(&self, code: &'static str, key: &[S], message: Bilingual) -> Diagnostic {
        let path: Vec<String> = key.iter().map(|part| part.as_ref().to_owned()).collect();
        if let Some(name) = self.variables.get(&path) {
            return Diagnostic::file(code, Path::new(name), message);
        }
        let Some(OriginalFile { path, text, shown }) = &self.file else {
            return Diagnostic::file(code, Path::new("(default)"), message);
        };
        match span_of(text, key) {
            Some(span) => Diagnostic::at(code, path, shown, span, message),
            None => Diagnostic::file(code, path, message),
        }
    }
}

fn span_of<S: AsRef<str>>(text: &str, key: &[S]) -> Option<Range<usize>> {
    let parsed = DeTable::parse(text).ok()?;
    let mut table = parsed.get_ref();
    let (last, sections) = key.split_last()?;
    for section in sections {
        table = table.get(section.as_ref())?.get_ref().as_table()?;
    }
    Some(table.get(last.as_ref())?.span())
}
