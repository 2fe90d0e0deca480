//! The folder of schemas as it lies on disk, read into [`Sources`].

use std::path::{Path, PathBuf};

use yujing_base::diagnostic::{Diagnostic, Diagnostics};
use yujing_base::files::{FileError, Tree};
use yujing_base::language::{Bilingual, say};
use yujing_core::source::Sources;
use yujing_core::source::schema::SUFFIX;

/// The longest file, in bytes: beyond it somebody has put data there.
const MAX_FILE_BYTES: usize = 1024 * 1024;

/// Reads every `*.schema.json` of a folder that has `x-kind` `event` or `reference`; schemas of what leaves (`x-kind`
/// `output`) are passed over.
///
/// # Errors
/// Every problem of every file: a keyword outside the subset, a contradiction, an example that is not valid, ...; or
/// nothing there describes a source.
pub fn load(folder: &Path) -> Result<Sources, Diagnostics> {
    let tree = Tree::walk(folder, |place| place.ends_with(SUFFIX), |_| false);
    let tree = tree.map_err(|error| unreadable(folder, &error.into()))?;
    let mut diagnostics = Diagnostics(tree.refused.iter().map(|(path, refused)| unreadable(path, refused)).collect());
    let mut files: Vec<(PathBuf, String)> = Vec::new();
    for place in tree.files.keys() {
        let path = tree.path(place);
        match tree
            .read(place, MAX_FILE_BYTES)
            .and_then(|bytes| String::from_utf8(bytes).map_err(|_| FileError::NotUtf8))
        {
            Ok(text) => files.push((path, text)),
            Err(refused) => diagnostics.push(unreadable(&path, &refused)),
        }
    }
    let sources = match Sources::parse(&files) {
        Ok(sources) => sources,
        Err(found) => {
            diagnostics.extend(found);
            return Err(diagnostics);
        }
    };
    if sources.iter().len() == 0 && !diagnostics.has_errors() {
        diagnostics.push(no_source(folder));
    }
    diagnostics.into_result(sources)
}

fn unreadable(path: &Path, refused: &FileError) -> Diagnostic {
    let Bilingual { zh, en } = refused.reason();
    let message = say!("数据规范无法读取：{zh}", "cannot be read: {en}");
    Diagnostic::file("schema/unreadable", path, message).with_help(Bilingual::new(
        "目录由配置项 paths.schemas 指定，从当前工作目录起算；文件应为 UTF-8",
        "paths.schemas of the configuration names the folder, from the working directory; files are UTF-8",
    ))
}

fn no_source(folder: &Path) -> Diagnostic {
    let message = say!("此处没有描述数据源的 *{SUFFIX}", "no *{SUFFIX} here describes a source");
    Diagnostic::file("schema/no-source", folder, message).with_help(Bilingual::new(
        "数据源的规范须有 \"x-kind\": \"event\" 或 \"reference\"",
        "a source's schema has \"x-kind\": \"event\" or \"reference\"",
    ))
}
