//! Writing files that are not there yet.

use std::path::PathBuf;

use crate::{Failure, Language};

/// A file to be written.
#[derive(Debug)]
pub struct NewFile {
    pub path: PathBuf,
    pub text: String,
}

/// Writes all of them or none: what a person wrote is never overwritten.
///
/// # Errors
/// If one is there already, or cannot be written.
pub fn write_new(files: &[NewFile], lang: Language) -> Result<(), Failure> {
    let there: Vec<String> =
        files.iter().filter(|file| file.path.exists()).map(|file| file.path.display().to_string()).collect();
    if !there.is_empty() {
        return Err(Failure::user(match lang {
            Language::Zh => format!("文件已经存在，未作任何改动：{}", there.join("、")),
            Language::En => format!("nothing was written, because there is already {}", there.join(", ")),
        }));
    }
    for NewFile { path, text } in files {
        let made = path.parent().map_or(Ok(()), std::fs::create_dir_all);
        let written = made.and_then(|()| std::fs::write(path, text));
        written.map_err(|error| Failure::external(format!("{} cannot be written: {error}", path.display())))?;
    }
    Ok(())
}
