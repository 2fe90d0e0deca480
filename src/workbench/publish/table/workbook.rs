//! A sheet of an Excel workbook. Cells to the right of the last name in the header are notes, and are left out.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Cursor, Read as _};
use std::sync::Arc;

use calamine::{Data, ExcelDateTime, Reader, SheetType, SheetVisible, Xls, XlsError, Xlsx};
use datafusion::datasource::MemTable;
use zip::ZipArchive;

use super::kind::FileKind;
use super::plain::PlainFile;
use super::texts::{TextColumns, is_filled, schema};
use super::{MAX_COLUMNS, Opened, Table, TableProblem, header, old_workbook};

/// A workbook is held in memory: what it unpacks to, in bytes, and how many cells of it are read.
const MAX_UNPACKED_BYTES: u64 = 512 << 20;
const MAX_CELLS: usize = 5_000_000;
/// The first number that is a day after 9999-12-31, Excel's last.
const DAYS_OF_EXCEL: f64 = 2_958_466.0;

type Input = BufReader<File>;

/// Filled cells by row and column, from 0.
type Cells = BTreeMap<u32, BTreeMap<u32, String>>;

/// Either format, as far as it is needed here.
enum Workbook {
    New(Box<Xlsx<Input>>),
    Old(Box<Xls<Cursor<Vec<u8>>>>),
}

pub(super) fn open(plain: &PlainFile, kind: FileKind, table: &Table) -> Result<Opened, TableProblem> {
    let mut workbook = if kind == FileKind::OldWorkbook { old(plain)? } else { new(plain)? };
    let cells = workbook.cells(table.sheet.as_deref())?;
    let place = match table.header_row {
        Some(row) => {
            Some(row.get() - 1).filter(|place| cells.contains_key(place)).ok_or(TableProblem::NoHeader(row))?
        }
        None => find_header(&cells).ok_or(TableProblem::Empty)?,
    };
    let names = header::names(&row(&cells[&place]));
    if names.len() > MAX_COLUMNS {
        return Err(TableProblem::TooManyColumns(MAX_COLUMNS));
    }
    let schema = schema(&names);
    let mut texts = TextColumns::new(Arc::clone(&schema));
    let mut batches = Vec::new();
    for (_, cells) in cells.range(place + 1..) {
        let cells = row(cells);
        texts.add(cells.iter().map(String::as_str));
        if texts.is_full() {
            batches.push(texts.take());
        }
    }
    batches.push(texts.take());
    let provider = MemTable::try_new(Arc::clone(&schema), vec![batches]).map_err(TableProblem::Engine)?;
    Ok(Opened { provider: Arc::new(provider), schema, remarks: Vec::new() })
}

fn new(plain: &PlainFile) -> Result<Workbook, TableProblem> {
    let to_error = |error: calamine::XlsxError| match error {
        calamine::XlsxError::Password => TableProblem::Password,
        other => TableProblem::Workbook(other.to_string()),
    };
    measure(plain)?;
    let workbook = Xlsx::new(plain.read()?).map_err(to_error)?;
    if workbook.has_1904_epoch() { Err(TableProblem::Days1904) } else { Ok(Workbook::New(Box::new(workbook))) }
}

fn old(plain: &PlainFile) -> Result<Workbook, TableProblem> {
    if plain.length()? > MAX_UNPACKED_BYTES {
        return Err(TableProblem::TooLarge(MAX_UNPACKED_BYTES));
    }
    let mut file = Vec::new();
    plain.read()?.read_to_end(&mut file)?;
    if old_workbook::claims_too_much(&file) {
        let claim = "a sheet claims more cells than a sheet can have";
        return Err(TableProblem::Workbook(claim.to_owned()));
    }
    let workbook = Xls::new(Cursor::new(file)).map_err(|error| match error {
        XlsError::Password => TableProblem::Password,
        other => TableProblem::Workbook(other.to_string()),
    })?;
    if workbook.has_1904_epoch() { Err(TableProblem::Days1904) } else { Ok(Workbook::Old(Box::new(workbook))) }
}

/// Unpacks everything into nothing, to know how much it is: what an archive says of itself may be a lie.
fn measure(plain: &PlainFile) -> Result<(), TableProblem> {
    let broken = |error: zip::result::ZipError| TableProblem::Unpack(error.to_string());
    let mut archive = ZipArchive::new(plain.read()?).map_err(broken)?;
    let mut left = MAX_UNPACKED_BYTES;
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(broken)?;
        let unpacked = io::copy(&mut io::Read::take(part, left + 1), &mut io::sink());
        let unpacked = unpacked.map_err(|error| TableProblem::Unpack(error.to_string()))?;
        left = left.checked_sub(unpacked).ok_or(TableProblem::TooLarge(MAX_UNPACKED_BYTES))?;
    }
    Ok(())
}

impl Workbook {
    /// The cells of the sheet that is wanted, else of the only visible one that has any.
    fn cells(&mut self, wanted: Option<&str>) -> Result<Cells, TableProblem> {
        let sheets = match self {
            Self::New(workbook) => workbook.sheets_metadata(),
            Self::Old(workbook) => workbook.sheets_metadata(),
        };
        let tables = sheets.iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
        let (shown, hidden): (Vec<_>, Vec<_>) = tables.partition(|sheet| sheet.visible == SheetVisible::Visible);
        let names =
            |sheets: Vec<&calamine::Sheet>| sheets.into_iter().map(|sheet| sheet.name.clone()).collect::<Vec<_>>();
        let (shown, hidden) = (names(shown), names(hidden));
        if let Some(wanted) = wanted {
            if !shown.iter().chain(&hidden).any(|name| name == wanted) {
                return Err(TableProblem::NoSheet { wanted: wanted.to_owned(), there: shown });
            }
            return self.cells_of(wanted);
        }
        let mut found: Option<Cells> = None;
        for name in &shown {
            let cells = self.cells_of(name)?;
            if !cells.is_empty() && found.replace(cells).is_some() {
                return Err(TableProblem::ManySheets(shown));
            }
        }
        found.ok_or(TableProblem::Empty)
    }

    fn cells_of(&mut self, sheet: &str) -> Result<Cells, TableProblem> {
        let mut cells = Cells::new();
        let mut count = 0;
        let mut add = |row: u32, column: u32, value: &Data| {
            let text = text(value);
            if !is_filled(&text) {
                return Ok(());
            }
            count += 1;
            if count > MAX_CELLS {
                return Err(TableProblem::TooManyCells(MAX_CELLS));
            }
            cells.entry(row).or_default().insert(column, text);
            Ok(())
        };
        match self {
            Self::New(workbook) => {
                let to_error = |error: calamine::XlsxError| TableProblem::Workbook(error.to_string());
                let mut reader = workbook.worksheet_cells_reader(sheet).map_err(to_error)?;
                while let Some(cell) = reader.next_cell().map_err(to_error)? {
                    let (row, column) = cell.get_position();
                    add(row, column, &cell.get_value().clone().into())?;
                }
            }
            Self::Old(workbook) => {
                let to_error = |error: XlsError| TableProblem::Workbook(error.to_string());
                let range = workbook.worksheet_range(sheet).map_err(to_error)?;
                let (first_row, first_column) = range.start().unwrap_or_default();
                for (row, column, value) in range.used_cells() {
                    let [row, column] = [row, column].map(|offset| u32::try_from(offset).unwrap_or(u32::MAX));
                    add(first_row.saturating_add(row), first_column.saturating_add(column), value)?;
                }
            }
        }
        Ok(cells)
    }
}

fn find_header(cells: &Cells) -> Option<u32> {
    let numbers: Vec<u32> = cells.keys().copied().take(header::MAX_HEADER_ROW).collect();
    let rows: Vec<_> = numbers.iter().map(|number| row(&cells[number])).collect();
    header::place(&rows).map(|place| numbers[place])
}

/// The cells of a row up to its last one, or to one more than a table may have.
fn row(cells: &BTreeMap<u32, String>) -> Vec<String> {
    let last =
        cells.keys().next_back().copied().unwrap_or_default().min(u32::try_from(MAX_COLUMNS).unwrap_or(u32::MAX));
    (0..=last).map(|column| cells.get(&column).cloned().unwrap_or_default()).collect()
}

/// What a cell shows, in a form that loses nothing.
fn text(value: &Data) -> String {
    match value {
        Data::Empty => String::new(),
        Data::Int(number) => number.to_string(),
        // Excel keeps fifteen digits: what it made of a longer number, such as a code, must not look whole.
        Data::Float(number) if number.abs() >= 1e15 => format!("{number:e}"),
        Data::Float(number) => number.to_string(),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => text.clone(),
        Data::Bool(truth) => truth.to_string(),
        Data::DateTime(at) => moment(at),
        Data::Error(error) => error.to_string(),
    }
}

/// A day, a time of a day, or both, without an offset: a workbook has none. A number that Excel itself shows as no date
/// stays one.
fn moment(at: &ExcelDateTime) -> String {
    if !(0.0..DAYS_OF_EXCEL).contains(&at.as_f64()) {
        return at.as_f64().to_string();
    }
    let (year, month, day, hour, minute, second, milli) = at.to_ymd_hms_milli();
    let fraction = if milli == 0 { String::new() } else { format!(".{milli:03}") };
    let time = format!("{hour:02}:{minute:02}:{second:02}{fraction}");
    let day = format!("{year:04}-{month:02}-{day:02}");
    if at.is_duration() || at.as_f64() < 1.0 {
        time
    } else if (hour, minute, second, milli) == (0, 0, 0, 0) {
        day
    } else {
        format!("{day}T{time}")
    }
}

#[cfg(test)]
mod tests {
    use calamine::ExcelDateTimeType;

    use super::*;

    #[test]
    fn what_excel_could_not_keep_or_show_does_not_look_sound() {
        let day = |number| text(&Data::DateTime(ExcelDateTime::new(number, ExcelDateTimeType::DateTime, false)));
        assert_eq!([46_083.0, 2_958_465.0].map(day), ["2026-03-02", "9999-12-31"]);
        assert_eq!([-5.0, 2_958_466.0, 3_000_000.0].map(day), ["-5", "2958466", "3000000"]);
        let number = |number| text(&Data::Float(number));
        assert_eq!([1201.0, 0.25, 999_999_999_999_999.0].map(number), ["1201", "0.25", "999999999999999"]);
        assert_eq!(number(31_120_103_000_147_200_000.0), "3.11201030001472e19");
    }
}
