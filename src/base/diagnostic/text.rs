//! Reading a file that a person saved: UTF-8 without a byte order mark, and not too long.

use std::path::Path;

use super::Diagnostic;
use crate::escape;
use crate::files;
use crate::language::{Bilingual, say};

/// The longest rule: beyond it somebody has put data into a rule.
pub const MAX_RULE_BYTES: usize = 32 * 1024;
/// The longest file of features.
pub const MAX_SQL_BYTES: usize = 256 * 1024;
/// The longest TOML file.
pub const MAX_TOML_BYTES: usize = 1024 * 1024;

/// The text of a file of at most so many bytes, with plain line ends: a checkout on Windows has the same rules, and so
/// the same ruleset, as any other.
///
/// # Errors
/// If it cannot be read, is no regular file, is longer, is not UTF-8 or begins with a byte order mark.
pub fn read(file: &Path, longest: usize) -> Result<String, Diagnostic> {
    decode(file, files::read(file, longest).map_err(|error| Diagnostic::unreadable(file, &error))?)
}

/// The text that the bytes of a file are.
///
/// # Errors
/// If they are not UTF-8 or begin with a byte order mark.
pub fn decode(file: &Path, bytes: Vec<u8>) -> Result<String, Diagnostic> {
    let text = String::from_utf8(bytes).map_err(|error| not_utf8(file, &error))?;
    if text.starts_with('\u{feff}') {
        let message = Bilingual::new("文件以字节顺序标记（BOM）开头", "the file begins with a byte order mark (BOM)");
        return Err(Diagnostic::file("file/bom", file, message).with_help(save_as()));
    }
    match hidden_character(file, &text) {
        Some(found) => Err(found),
        None => Ok(text.replace("\r\n", "\n")),
    }
}

/// A text that does not say what it seems to say: what is reviewed and what is read would differ.
fn hidden_character(file: &Path, text: &str) -> Option<Diagnostic> {
    let is_hidden = |character: char| escape::is_hidden(character) && !['\t', '\n', '\r'].contains(&character);
    let (at, character) = text.char_indices().find(|(_, character)| is_hidden(*character))?;
    let code_point = u32::from(character);
    let message = say!(
        "含有看不见的字符 U+{code_point:04X}，文字的实际内容与所见可能不同",
        "the character U+{code_point:04X} is not seen: the text may not say what it seems to say"
    );
    let help = Bilingual::new("请删去该字符", "delete the character");
    Some(Diagnostic::at("file/hidden-character", file, text, at..at + character.len_utf8(), message).with_help(help))
}

fn not_utf8(file: &Path, error: &std::string::FromUtf8Error) -> Diagnostic {
    let valid_up_to = error.utf8_error().valid_up_to();
    let lossy = String::from_utf8_lossy(error.as_bytes());
    let unknown = valid_up_to..valid_up_to + char::REPLACEMENT_CHARACTER.len_utf8();
    if error.utf8_error().error_len().is_none() {
        let message = Bilingual::new("文件末尾不完整", "the file ends within a character");
        let help = Bilingual::new("文件是否只保存了一半？请重新保存", "was it saved only in part? Save it again");
        return Diagnostic::at("file/encoding", file, &lossy, unknown, message).with_help(help);
    }
    let message = Bilingual::new("文件不是 UTF-8 编码，可能是 GBK", "this is not UTF-8, probably GBK");
    Diagnostic::at("file/encoding", file, &lossy, unknown, message).with_help(save_as())
}

fn save_as() -> Bilingual {
    Bilingual::new("请另存为 UTF-8，不带 BOM", "save the file as UTF-8 without BOM (另存为 UTF-8，不带 BOM)")
}

/// Whether a place lies at the end of a text, blanks aside: an error there is often a file that was being saved.
pub fn is_at_the_end(text: &str, at: usize) -> bool {
    text.get(at..).is_none_or(|rest| rest.trim().is_empty())
}

/// What to look for when a text ends too early.
pub fn cut_off_help() -> Bilingual {
    Bilingual::new(
        "文件在此中断：前文是否漏写了括号、引号？文件是否只保存了一半？",
        "the file ends here: is a bracket or quotation mark open before, or was the file saved only in part?",
    )
}
