//! Lines with cells between commas, tabs, semicolons or bars: whichever of them gives the header the most columns.

use std::fs::File;
use std::io::BufReader;
use std::num::NonZeroU32;

use csv::{Reader, ReaderBuilder, StringRecord};

use super::plain::{BoundedReader, PlainFile};
use super::texts::{TextColumns, schema};
use super::{MAX_COLUMNS, MAX_ROWS, Opened, TableError, TableProblem, header, streaming_table};
use crate::publish::streaming;

const SEPARATORS: [u8; 4] = [b',', b'\t', b';', b'|'];

/// Where the header stands, and how its cells are separated.
struct Header {
    separator: u8,
    /// How many rows there are up to it, itself among them.
    rows: u64,
    /// From 1.
    line: u64,
    cells: Vec<String>,
}

pub(super) fn open(
    plain: &PlainFile,
    header_row: Option<NonZeroU32>,
    to_error: impl Fn(TableProblem) -> TableError + Send + Sync + 'static,
) -> Result<Opened, TableProblem> {
    let header = find_header(plain, header_row)?;
    // Before each is given a name that no other has.
    if header::width(&header.cells) > MAX_COLUMNS {
        return Err(TableProblem::TooManyColumns(MAX_COLUMNS));
    }
    let schema = schema(&header::names(&header.cells));
    let (plain, of_table) = (plain.clone(), schema.clone());
    streaming_table(schema, move |send| {
        rows(&plain, &header, TextColumns::new(of_table.clone()), send).map_err(&to_error)
    })
}

/// The rows of a file, one after the other.
struct RowReader {
    reader: Reader<BoundedReader<BufReader<File>>>,
    record: StringRecord,
    /// How many were read.
    rows: u64,
    /// Lines end in CR LF: the parser stands between the two when a row has ended.
    lags: bool,
    /// The end of a file whose last line has no end.
    end: Option<u64>,
}

impl RowReader {
    fn of(plain: &PlainFile, separator: u8) -> Result<Self, TableProblem> {
        let mut builder = ReaderBuilder::new();
        builder.has_headers(false).flexible(true).delimiter(separator);
        let reader = builder.from_reader(BoundedReader::new(plain.read()?));
        let (lags, end) = (plain.ends_lines_in_crlf()?, plain.unfinished_end()?);
        Ok(Self { reader, record: StringRecord::new(), rows: 0, lags, end })
    }

    /// Reads the next row and says on which line it begins; `None` at the end.
    fn next(&mut self) -> Result<Option<u64>, TableProblem> {
        let before = self.reader.position().line() + u64::from(self.lags && self.rows > 0);
        match self.reader.read_record(&mut self.record) {
            Ok(true) => {
                self.reader.get_mut().next_row();
                self.rows += 1;
                // The parser passes over blank lines before a row, so only the end of the row is a certain place.
                let end = self.reader.position();
                let is_behind_line = !self.lags && Some(end.byte()) != self.end;
                let within = self.record.as_slice().bytes().filter(|byte| *byte == b'\n').count() as u64;
                Ok(Some(end.line().saturating_sub(within + u64::from(is_behind_line))))
            }
            Ok(false) => Ok(None),
            Err(error) => Err(match error.into_kind() {
                csv::ErrorKind::Io(error) if error.kind() == std::io::ErrorKind::FileTooLarge => {
                    TableProblem::LongRow { place: format!("line {before}") }
                }
                csv::ErrorKind::Io(error) => TableProblem::Unreadable(error),
                other => TableProblem::Unreadable(std::io::Error::other(format!("{other:?}"))),
            }),
        }
    }
}

fn find_header(plain: &PlainFile, header_row: Option<NonZeroU32>) -> Result<Header, TableProblem> {
    let mut found: Option<Header> = None;
    for separator in SEPARATORS {
        let Some(header) = header_with(plain, separator, header_row)? else { continue };
        if found.as_ref().is_none_or(|found| header::width(&header.cells) > header::width(&found.cells)) {
            found = Some(header);
        }
    }
    found.ok_or(header_row.map_or(TableProblem::Empty, TableProblem::NoHeader))
}

fn header_with(
    plain: &PlainFile,
    separator: u8,
    header_row: Option<NonZeroU32>,
) -> Result<Option<Header>, TableProblem> {
    let mut lines = RowReader::of(plain, separator)?;
    let mut first = Vec::new();
    let mut places = Vec::new();
    while let Some(line) = lines.next()? {
        let cells: Vec<String> = lines.record.iter().map(str::to_owned).collect();
        let rows = lines.rows;
        match header_row.map(|wanted| u64::from(wanted.get())) {
            Some(wanted) if line == wanted => return Ok(Some(Header { separator, rows, line, cells })),
            Some(wanted) if line > wanted => return Ok(None),
            Some(_) => {}
            None if first.len() == header::MAX_HEADER_ROW => break,
            None => {
                first.push(cells);
                places.push((rows, line));
            }
        }
    }
    let header = header::place(&first).map(|place| (places[place], first.swap_remove(place)));
    Ok(header.map(|((rows, line), cells)| Header { separator, rows, line, cells }))
}

fn rows(
    plain: &PlainFile,
    header: &Header,
    mut texts: TextColumns,
    send: &mut streaming::BatchSink<'_>,
) -> Result<(), TableProblem> {
    let mut lines = RowReader::of(plain, header.separator)?;
    while let Some(line) = lines.next()? {
        if lines.rows > header.rows + MAX_ROWS {
            return Err(TableProblem::TooManyRows(MAX_ROWS));
        }
        if lines.rows <= header.rows || !lines.record.iter().any(super::texts::is_filled) {
            continue;
        }
        let (got, expected) = (lines.record.len(), header.cells.len());
        if got != expected {
            return Err(TableProblem::Ragged { line, got, header_line: header.line, expected });
        }
        texts.add(&lines.record);
        if texts.is_full() && !send(texts.take()) {
            return Ok(());
        }
    }
    if !texts.is_empty() {
        send(texts.take());
    }
    Ok(())
}
