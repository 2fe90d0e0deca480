//! Case files that were read and whose events were checked, and are kept for the next draft: neither depends on its rules.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use yujing_base::diagnostic::Diagnostics;
use yujing_base::kept::Kept;
use yujing_core::source::Sources;

use super::events::EventCheck;
use super::file::{self, CaseFile};
use super::records::Examples;

/// A file that can be read.
#[derive(Debug)]
pub(super) struct CheckedCaseFile {
    pub file: CaseFile,
    /// What is wrong with its events.
    pub slips: Diagnostics,
    examples: Arc<Examples>,
}

/// The files of the draft that was checked last that can be read, over one and the same sources.
#[derive(Debug, Default)]
pub struct CheckedCases(Kept<CheckedCaseFile>);

impl CheckedCases {
    /// Reads files and checks their events, but for those that would come out the same as before.
    pub(super) fn read(
        &self,
        texts: &[(PathBuf, String)],
        sources: &Sources,
        examples: Examples,
    ) -> Result<Vec<Arc<CheckedCaseFile>>, Diagnostics> {
        let examples = Arc::new(examples);
        let events = EventCheck::new(sources, &examples);
        let read = |path: &Path, text: &str| {
            let file = file::read(path, text)?;
            let slips = events.of(&file);
            Ok(Arc::new(CheckedCaseFile { file, slips, examples: Arc::clone(&examples) }))
        };
        let mut problems = Diagnostics::default();
        let mut files = Vec::new();
        for (path, text) in texts {
            let known = self.0.get(path, |known| known.file.text == *text && known.examples == examples);
            match known.map_or_else(|| read(path, text), Ok) {
                Ok(file) => files.push(file),
                Err(found) => problems.extend(found),
            }
        }
        self.0.replace(files.iter().map(|checked| (checked.file.path.clone(), Arc::clone(checked))));
        problems.into_result(files)
    }
}
