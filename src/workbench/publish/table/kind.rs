//! What the first bytes of a file say that it is.

use super::TableProblem;
use super::encoding::Mark;

/// As many first bytes as are looked at.
pub(super) const HEAD_BYTES: usize = 64 << 10;

/// What can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::publish) enum FileKind {
    Text(Mark),
    /// `.xlsx`
    Workbook,
    /// `.xls`
    OldWorkbook,
    Parquet,
}

/// What a file is before it is unpacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    Gzip,
    /// An archive, or a workbook, which is one too.
    Zip,
    Not(FileKind),
}

/// Signatures of what is not read, and what to do.
const FOREIGN: [(&[u8], &str, &str); 13] = [
    (b"%PDF", "a PDF", "ask for the table itself, as .xlsx or .csv"),
    (b"\x89PNG", "a picture", "ask for the table itself, as .xlsx or .csv"),
    (b"\xff\xd8\xff", "a picture", "ask for the table itself, as .xlsx or .csv"),
    (b"GIF8", "a picture", "ask for the table itself, as .xlsx or .csv"),
    (b"{\\rtf", "a document of a word processor", "ask for the table itself, as .xlsx or .csv"),
    (b"Rar!", "a RAR archive", "unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it first"),
    (b"BZh", "packed with bzip2", "unpack it first"),
    (b"\xfd7zXZ\0", "packed with xz", "unpack it first"),
    (b"\x28\xb5\x2f\xfd", "packed with zstd", "unpack it first"),
    (b"SQLite format 3\0", "a database", "export the table, as .csv"),
    (b"ORC", "an ORC file", "convert it to Parquet"),
    (b"Obj\x01", "an Avro file", "convert it to Parquet"),
];

/// Beginnings of pages that programs save as `.xls`.
const PAGES: [&str; 4] = ["<html", "<!doctype", "<table", "<?xml"];

/// # Errors
/// What it is, if that is not read.
pub(super) fn of(head: &[u8]) -> Result<Packing, TableProblem> {
    if head.is_empty() {
        return Err(TableProblem::Empty);
    }
    if let Some((_, what, remedy)) = FOREIGN.iter().find(|(mark, ..)| head.starts_with(mark)) {
        return Err(TableProblem::Foreign { what, remedy });
    }
    Ok(match head {
        [0x1f, 0x8b, ..] => Packing::Gzip,
        [b'P', b'K', 3 | 5, 4 | 6, ..] => Packing::Zip,
        [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1, ..] => Packing::Not(FileKind::OldWorkbook),
        [b'P', b'A', b'R', b'1', ..] => Packing::Not(FileKind::Parquet),
        _ => {
            let mark = Mark::of(head).ok_or(TableProblem::NoText)?;
            if is_page(&mark.decode(head)) {
                let what = "a web page or XML, whatever its name says";
                return Err(TableProblem::Foreign { what, remedy: "open it with a spreadsheet and save it as .xlsx" });
            }
            Packing::Not(FileKind::Text(mark))
        }
    })
}

fn is_page(text: &str) -> bool {
    let text = text.trim_start();
    PAGES.iter().any(|page| text.get(..page.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(page)))
}
