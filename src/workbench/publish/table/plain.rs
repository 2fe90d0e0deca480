//! One file as it can be read from the beginning any number of times: unpacked, and a text as UTF-8 without a byte
//! order mark. What had to be changed lies in a temporary file.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Seek as _, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use encoding_rs::UTF_8;
use flate2::read::MultiGzDecoder;
use serde::de::{Deserializer as _, SeqAccess, Visitor};
use serde_json::value::RawValue;
use tempfile::{NamedTempFile, TempPath};
use zip::ZipArchive;

use super::encoding::{self, Mark};
use super::kind::{self, FileKind, HEAD_BYTES, Packing};
use super::{MAX_ROW_BYTES, TableProblem};

/// Most bytes of a file when it is unpacked: what is more is a trap, or should be split.
const MAX_UNPACKED_BYTES: u64 = 2 << 30;

/// A packed file in a packed file is unpacked, not one in that.
const MAX_NESTED_ARCHIVES: usize = 2;

/// Where the bytes lie.
#[derive(Debug, Clone)]
enum Place {
    Given(PathBuf),
    /// Gone when nobody reads it any more.
    Copy(Arc<TempPath>),
}

/// A file that is plain, or a temporary copy of it that is.
#[derive(Debug, Clone)]
pub(in crate::publish) struct PlainFile {
    place: Place,
    /// The encoding that a text was in, if it had to be guessed.
    pub encoding: Option<&'static str>,
}

impl PlainFile {
    /// # Errors
    /// If it is no file, cannot be unpacked, or is of a kind that is not read.
    pub(super) fn open(path: &Path) -> Result<(Self, FileKind), TableProblem> {
        if !fs::metadata(path)?.is_file() {
            return Err(TableProblem::NotAFile);
        }
        let mut plain = Self { place: Place::Given(path.to_owned()), encoding: None };
        for _ in 0..=MAX_NESTED_ARCHIVES {
            match kind::of(&plain.head()?)? {
                Packing::Gzip => plain = plain.gunzipped()?,
                Packing::Zip => match plain.unzipped()? {
                    Some(unpacked) => plain = unpacked,
                    None => return Ok((plain, FileKind::Workbook)),
                },
                Packing::Not(kind @ FileKind::Text(mark)) => return Ok((plain.in_utf8(mark)?, kind)),
                Packing::Not(kind) => return Ok((plain, kind)),
            }
        }
        Err(TableProblem::Unpack("it is packed again and again".to_owned()))
    }

    /// The lines of a text, one document each: as [`Self::open`], and a list of documents is taken apart. A file that
    /// is plain already is not looked at beyond its first bytes, so that what is wrong with one line is reported for
    /// that line.
    ///
    /// # Errors
    /// As [`Self::open`], or if it is no text.
    pub(in crate::publish) fn open_lines(path: &Path) -> Result<Self, TableProblem> {
        let plain = Self { place: Place::Given(path.to_owned()), encoding: None };
        // A pipe is read as it comes, and only once.
        if !fs::metadata(path)?.is_file() {
            return Ok(plain);
        }
        let head = plain.head()?;
        if head.is_empty() {
            return Ok(plain);
        }
        if is_plain_text(&head) {
            return plain.json_lines();
        }
        match Self::open(path)? {
            (plain, FileKind::Text(_)) => plain.json_lines(),
            _ => Err(TableProblem::Foreign {
                what: "a table",
                remedy: "give it a name with --table and say with --sql what its columns are",
            }),
        }
    }

    /// Whether [`Self::open_lines`] makes no copy of a file, and it can be read again. True of one that is not there: whoever
    /// reads it says so.
    pub(in crate::publish) fn lies_as_it_is_read(path: &Path) -> bool {
        let plain = Self { place: Place::Given(path.to_owned()), encoding: None };
        let is_list = || plain.first_byte().is_ok_and(|first| first == Some(b'['));
        match fs::metadata(path) {
            Err(_) => path.as_os_str() != "-",
            Ok(found) if !found.is_file() => false,
            Ok(_) => plain.head().is_ok_and(|head| head.is_empty() || is_plain_text(&head) && !is_list()),
        }
    }

    fn path(&self) -> &Path {
        match &self.place {
            Place::Given(path) => path,
            Place::Copy(path) => path,
        }
    }

    /// From the first byte on.
    pub(in crate::publish) fn read(&self) -> io::Result<BufReader<File>> {
        File::open(self.path()).map(BufReader::new)
    }

    /// In bytes.
    pub(super) fn length(&self) -> io::Result<u64> {
        Ok(fs::metadata(self.path())?.len())
    }

    fn head(&self) -> io::Result<Vec<u8>> {
        let mut head = Vec::new();
        File::open(self.path())?.take(HEAD_BYTES as u64).read_to_end(&mut head)?;
        Ok(head)
    }

    /// Whether a text has the line ends of Windows.
    pub(super) fn ends_lines_in_crlf(&self) -> io::Result<bool> {
        let head = self.head()?;
        let end = head.iter().position(|byte| *byte == b'\n');
        Ok(end.is_some_and(|end| end > 0 && head[end - 1] == b'\r'))
    }

    /// The length of a text whose last line has no end.
    pub(super) fn unfinished_end(&self) -> io::Result<Option<u64>> {
        let length = self.length()?;
        let mut last = [0];
        let mut file = File::open(self.path())?;
        file.seek(SeekFrom::Start(length.saturating_sub(1)))?;
        let is_finished = file.read(&mut last)? == 0 || matches!(last, [b'\n' | b'\r']);
        Ok(Some(length).filter(|_| !is_finished))
    }

    /// Whether a text begins as JSON does.
    pub(super) fn is_json(&self) -> io::Result<bool> {
        Ok(self.first_byte()?.is_some_and(|byte| matches!(byte, b'{' | b'[')))
    }

    fn first_byte(&self) -> io::Result<Option<u8>> {
        Ok(self.head()?.into_iter().find(|byte| !byte.is_ascii_whitespace()))
    }

    /// What `write` makes of it.
    fn copied(
        &self,
        write: impl FnOnce(&mut BufWriter<&File>) -> Result<(), TableProblem>,
    ) -> Result<Self, TableProblem> {
        let copy = NamedTempFile::new()?;
        let mut out = BufWriter::new(copy.as_file());
        write(&mut out)?;
        out.flush()?;
        drop(out);
        Ok(Self { place: Place::Copy(Arc::new(copy.into_temp_path())), encoding: self.encoding })
    }

    fn gunzipped(&self) -> Result<Self, TableProblem> {
        self.copied(|out| unpack(MultiGzDecoder::new(self.read()?), out))
    }

    /// The one file of an archive; `None` if this is a workbook.
    fn unzipped(&self) -> Result<Option<Self>, TableProblem> {
        let broken = |error: zip::result::ZipError| TableProblem::Unpack(error.to_string());
        let mut archive = ZipArchive::new(self.read()?).map_err(broken)?;
        let names: Vec<String> =
            archive.file_names_raw().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
        let has = |begin: &str| names.iter().any(|name| name.starts_with(begin));
        if has("[Content_Types].xml") && has("xl/") {
            return Ok(None);
        }
        if has("[Content_Types].xml") || has("mimetype") {
            return Err(TableProblem::Foreign {
                what: "a document of another office program",
                remedy: "save the table as .xlsx or .csv",
            });
        }
        let files: Vec<usize> = (0..names.len()).filter(|index| !names[*index].ends_with('/')).collect();
        let [only] = files[..] else {
            return Err(TableProblem::ManyFiles(files.into_iter().map(|index| names[index].clone()).collect()));
        };
        let file = archive.by_index(only).map_err(broken)?;
        self.copied(|out| unpack(file, out)).map(Some)
    }

    fn in_utf8(self, mark: Mark) -> Result<Self, TableProblem> {
        let (encoding, length) = match mark {
            Mark::Certain(encoding, length) => (encoding, length),
            Mark::None => (encoding::guess(self.read()?)?, 0),
        };
        if encoding == UTF_8 && length == 0 {
            return Ok(self);
        }
        let mut text = self.read()?;
        text.seek_relative(i64::try_from(length).unwrap_or_default())?;
        let mut converted = self.copied(|out| encoding::convert(text, encoding, out))?;
        converted.encoding = (mark == Mark::None).then(|| encoding.name());
        Ok(converted)
    }

    /// A list of objects as one object a line; anything else as it is.
    ///
    /// # Errors
    /// If the list is no JSON.
    pub(super) fn json_lines(self) -> Result<Self, TableProblem> {
        if self.first_byte()? != Some(b'[') {
            return Ok(self);
        }
        self.copied(|out| {
            let mut deserializer = serde_json::Deserializer::from_reader(self.read()?.take(MAX_UNPACKED_BYTES));
            let to_error =
                |error: serde_json::Error| TableProblem::Json { line: error.line() as u64, message: error.to_string() };
            deserializer.deserialize_seq(JsonLineWriter(out)).map_err(to_error)?;
            deserializer.end().map_err(to_error)
        })
    }
}

/// Whether a file that begins so is text that needs no change, as far as that shows there.
fn is_plain_text(head: &[u8]) -> bool {
    matches!(kind::of(head), Ok(Packing::Not(FileKind::Text(Mark::None))) | Err(TableProblem::NoText))
}

/// Copies what an unpacker gives, as far as it may go.
fn unpack(packed: impl Read, out: &mut impl Write) -> Result<(), TableProblem> {
    let to_error = |error: io::Error| TableProblem::Unpack(error.to_string());
    let copied = io::copy(&mut packed.take(MAX_UNPACKED_BYTES + 1), out).map_err(to_error)?;
    if copied > MAX_UNPACKED_BYTES { Err(TableProblem::TooLarge(MAX_UNPACKED_BYTES)) } else { Ok(()) }
}

/// Writes each element of a list on a line of its own.
struct JsonLineWriter<'o, W>(&'o mut W);

impl<'de, W: Write> Visitor<'de> for JsonLineWriter<'_, W> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a list of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(element) = list.next_element::<Box<RawValue>>()? {
            // Line ends within an element only stand between its parts: inside a text JSON escapes them.
            let line = element.get().replace(['\n', '\r'], " ");
            writeln!(self.0, "{line}").map_err(serde::de::Error::custom)?;
        }
        Ok(())
    }
}

/// A reader that gives up when a row does not end.
pub(super) struct BoundedReader<R> {
    inner: R,
    /// What the row that is being read may still take.
    left: u64,
}

impl<R> BoundedReader<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner, left: MAX_ROW_BYTES }
    }

    /// A row has ended.
    pub(super) fn next_row(&mut self) {
        self.left = MAX_ROW_BYTES;
    }
}

impl<R: Read> Read for BoundedReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "the row does not end"));
        }
        let read = self.inner.read(buffer)?;
        self.left = self.left.saturating_sub(read as u64);
        Ok(read)
    }
}
