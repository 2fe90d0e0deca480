//! Writing files that are not there yet, from templates.

use std::path::PathBuf;

use minijinja::{Environment, UndefinedBehavior, Value};

use crate::{Failure, Language};

/// A file to be written.
#[derive(Debug)]
pub struct NewFile {
    pub path: PathBuf,
    pub text: String,
}

/// Fills a template; in it `t(zh, en)` is the text in the language asked for.
///
/// # Errors
/// If the template has a slip.
pub fn fill(template: &str, lang: Language, context: Value) -> Result<String, Failure> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.add_function("t", move |zh: String, en: String| if lang == Language::Zh { zh } else { en });
    let filled = environment.render_str(template, context);
    // The line end behind the last line is not taken over from the template.
    filled
        .map(|text| text + "\n")
        .map_err(|error| Failure::internal(format!("the template cannot be filled: {error:#}")))
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
