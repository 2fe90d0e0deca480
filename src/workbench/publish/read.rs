//! Documents to publish: one JSON object each, with the place they come from.

use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use yujing_base::error::{Classified, ErrorDomain};
use yujing_core::source::Source;

use super::mapping::from_sql_file;
use super::table::plain::PlainFile;
use super::table::{MAX_ROW_BYTES, Table, TableProblem};

/// One document and where it stands, for messages: `file.jsonl:12` or `row 12`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    pub place: String,
    pub json: Vec<u8>,
}

/// Why documents cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("{place}: {source}")]
    Lines { place: String, source: std::io::Error },
    #[error("{} cannot be read: {problem}", path.display())]
    File { path: PathBuf, problem: TableProblem },
    #[error("{0}")]
    Table(String),
    #[error("{}: the SQL fails: {message}", file.display())]
    Sql { file: PathBuf, message: String },
    #[error("the SQL engine cannot start: {0}")]
    Runtime(std::io::Error),
}

impl Classified for ReadError {
    fn domain(&self) -> ErrorDomain {
        match self {
            Self::Sql { .. } => ErrorDomain::User,
            Self::Lines { .. } | Self::File { .. } | Self::Table(_) => ErrorDomain::Data,
            Self::Runtime(_) => ErrorDomain::External,
        }
    }
}

/// Where the documents of one source come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Files with one document a line or a list of documents, one after the other; `-` is standard input.
    Lines(Vec<PathBuf>),
    /// A file with one query over tables.
    Sql { file: PathBuf, tables: Vec<Table> },
}

/// Documents, read as they are asked for.
pub type Documents = Box<dyn Iterator<Item = Result<Document, ReadError>> + Send>;

impl Origin {
    /// Whether it is read as it lies on the disk, so that it can be read twice at little cost: neither a pipe nor a query, and
    /// no file of which a copy is made because it is packed, in another encoding, or one list.
    pub fn is_plain(&self) -> bool {
        match self {
            Self::Lines(paths) => paths.iter().all(|path| PlainFile::lies_as_it_is_read(path)),
            Self::Sql { .. } => false,
        }
    }

    /// Documents for a source, whose schema says what a table's texts mean.
    ///
    /// # Errors
    /// If a file cannot be opened or the query cannot be planned.
    pub fn documents(&self, source: &Arc<Source>) -> Result<Documents, ReadError> {
        match self {
            Self::Sql { file, tables } => Ok(Box::new(from_sql_file(file, tables, source)?)),
            Self::Lines(paths) => {
                let mut all: Documents = Box::new(std::iter::empty());
                for path in paths {
                    if path.as_os_str() == "-" {
                        all = Box::new(all.chain(from_lines("standard input", BufReader::new(std::io::stdin()))));
                    } else {
                        all = Box::new(all.chain(from_file(path)?));
                    }
                }
                Ok(all)
            }
        }
    }
}

pub(super) fn unreadable(path: &Path, problem: impl Into<TableProblem>) -> ReadError {
    ReadError::File { path: path.to_owned(), problem: problem.into() }
}

/// The documents of a file, be it packed, in UTF-16, or one list: then a line is an element.
fn from_file(path: &Path) -> Result<impl Iterator<Item = Result<Document, ReadError>> + use<>, ReadError> {
    let plain = PlainFile::open_lines(path).map_err(|problem| unreadable(path, problem))?;
    let reader = plain.read().map_err(|error| unreadable(path, error))?;
    // A temporary copy loses its name here; it is gone when the last line was read.
    Ok(from_lines(&path.display().to_string(), reader))
}

/// One document a line; empty lines are passed over. A line that does not end ends the reading.
pub fn from_lines<R: BufRead>(name: &str, reader: R) -> impl Iterator<Item = Result<Document, ReadError>> + use<R> {
    let (name, mut rest, mut number) = (name.to_owned(), Some(reader), 0_u64);
    std::iter::from_fn(move || {
        loop {
            number += 1;
            let place = format!("{name}:{number}");
            let mut json = Vec::new();
            match rest.as_mut()?.by_ref().take(MAX_ROW_BYTES + 1).read_until(b'\n', &mut json) {
                Ok(0) => return None,
                Ok(length) if length as u64 > MAX_ROW_BYTES => {
                    rest = None;
                    let source = io::Error::other(format!("it is longer than {} MiB", MAX_ROW_BYTES >> 20));
                    return Some(Err(ReadError::Lines { place, source }));
                }
                Ok(_) if json.iter().all(u8::is_ascii_whitespace) => {}
                Ok(_) => {
                    json.pop_if(|last| *last == b'\n');
                    return Some(Ok(Document { place, json }));
                }
                Err(source) => {
                    rest = None;
                    return Some(Err(ReadError::Lines { place, source }));
                }
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_keep_their_number_and_empty_ones_are_passed_over() {
        let documents: Vec<_> = from_lines("in.jsonl", &b"{\"a\":1}\n\n  \n{\"a\":2}"[..])
            .map(|document| document.map(|document| document.place))
            .collect::<Result<_, _>>()
            .expect("memory can be read");
        assert_eq!(documents, ["in.jsonl:1", "in.jsonl:4"]);
    }

    #[test]
    fn only_a_file_that_lies_as_it_is_read_is_plain() {
        let folder = tempfile::tempdir().expect("a folder");
        let written = |name: &str, content: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, content).expect("written");
            path
        };
        let is_plain = |path: PathBuf| Origin::Lines(vec![path]).is_plain();
        assert!(is_plain(written("lines", b"{\"a\":1}\n{\"a\":2}")));
        assert!(is_plain(written("nothing", b"")));
        assert!(is_plain("no/such.jsonl".into()), "whoever reads it says so");
        assert!(!is_plain(written("list", b" [{\"a\":1}]")));
        assert!(!is_plain(written("marked", b"\xef\xbb\xbf{\"a\":1}")));
        assert!(!is_plain(written("packed", b"\x1f\x8b\x08\x00")));
        assert!(!is_plain("/dev/null".into()) && !is_plain("-".into()));
    }

    #[test]
    fn a_line_without_an_end_is_refused_before_it_fills_the_memory() {
        let endless = std::io::BufReader::new(std::io::repeat(b'x'));
        let mut documents = from_lines("in.jsonl", endless);
        let refused = documents.next().expect("it begins").expect_err("it has no end").to_string();
        assert!(refused.contains("in.jsonl:1") && refused.contains("longer than 4 MiB"), "{refused}");
        assert!(documents.next().is_none());
    }
}
