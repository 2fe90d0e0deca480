//! Files as tables of SQL. What a file is, its first bytes say; its name says nothing. In a text file and in a workbook
//! every cell is a text: what it means is for the mapping and the source's schema to say.
//!
//! - [`plain`]: one file, unpacked, as UTF-8
//! - [`kind`]: what the first bytes of a file say
//! - [`encoding`]: which encoding a text is in
//! - [`separated`]: lines with commas, tabs, semicolons or bars between their cells
//! - [`workbook`]: workbooks of Excel
//! - [`json`]: a list of objects, or one object a line
//! - `old_workbook`: whether an old workbook claims more cells than there can be
//! - [`parquet`]: the only one with types
//! - [`header`]: which row names the columns, and what it names them
//! - [`texts`]: columns of texts as they are filled

mod encoding;
mod header;
mod json;
mod kind;
mod old_workbook;
mod parquet;
pub(super) mod plain;
mod separated;
mod texts;
mod workbook;

use std::error::Error;
use std::io;
use std::num::NonZeroU32;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::catalog::TableProvider;
use datafusion::common::TableReference;
use datafusion::error::DataFusionError;
use datafusion::prelude::SessionContext;
use yujing_core::feature::full_reason;

use super::streaming;
use kind::FileKind;
use plain::PlainFile;

/// More rows than this are no table that an office sends: split it, or send it with a program.
pub const MAX_ROWS: u64 = 20_000_000;

/// A sheet of Excel has 16,384 columns; nobody names so many.
pub const MAX_COLUMNS: usize = 1_000;

/// A row, or a document of a line, in bytes.
pub const MAX_ROW_BYTES: u64 = 4 << 20;

/// A file that the SQL reads, under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    pub name: String,
    pub path: PathBuf,
    /// The sheet of a workbook; none: the only one with cells.
    pub sheet: Option<String>,
    /// The row of a workbook or the line of a text file that names the columns, from 1; none: the first with two cells.
    pub header_row: Option<NonZeroU32>,
}

impl Table {
    pub fn new(name: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        Self { name: name.into(), path: path.into(), sheet: None, header_row: None }
    }
}

impl std::str::FromStr for Table {
    type Err = String;

    /// `NAME=PATH`, or a path alone, whose name is the file's without its extension.
    fn from_str(text: &str) -> Result<Self, String> {
        if let Some((name, path)) = text.split_once('=')
            && !name.is_empty()
            && name.chars().all(|character| character.is_alphanumeric() || character == '_')
        {
            return Ok(Self::new(name, path));
        }
        let path = PathBuf::from(text);
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        Ok(Self::new(stem.ok_or_else(|| format!("`{text}` names no file"))?, path))
    }
}

/// A file that cannot be read as a table.
#[derive(Debug, thiserror::Error)]
#[error("table `{table}` from {}: {problem}", path.display())]
pub struct TableError {
    pub table: String,
    pub path: PathBuf,
    pub problem: TableProblem,
}

/// Why a file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum TableProblem {
    #[error("there is no such file")]
    Missing,
    #[error("this is a folder, a pipe or a device, not a file")]
    NotAFile,
    #[error("{0}")]
    Unreadable(io::Error),
    #[error("the file is empty")]
    Empty,
    #[error("this is {what}; {remedy}")]
    Foreign { what: &'static str, remedy: &'static str },
    #[error("the file is damaged")]
    Damaged,
    #[error("it cannot be unpacked: {0}")]
    Unpack(String),
    #[error("the archive holds {}; unpack it and name the file that is meant", listed(.0))]
    ManyFiles(Vec<String>),
    #[error("unpacked it is larger than {} MiB: split it, or unpack it and look at it", .0 >> 20)]
    TooLarge(u64),
    #[error("it looks like {encoding}, but byte {place} is none: save it as UTF-8")]
    Encoding { encoding: &'static str, place: u64 },
    #[error("this is no text, no workbook and no Parquet file")]
    NoText,
    #[error("there are more than {0} rows: split the file")]
    TooManyRows(u64),
    #[error("there are more than {0} filled cells: split the workbook")]
    TooManyCells(usize),
    #[error("there are more than {0} columns: is this a table with one row an event?")]
    TooManyColumns(usize),
    #[error("{place} is longer than {} MiB: is a quotation mark not closed?", MAX_ROW_BYTES >> 20)]
    LongRow { place: String },
    #[error("there is no row {0} to name the columns")]
    NoHeader(NonZeroU32),
    #[error(
        "line {line} has {got} cells, the header (line {header_line}) has {expected}: is a comma or a quotation mark inside a text not in quotation marks, or is the header another line (--header-row)?"
    )]
    Ragged { line: u64, got: usize, header_line: u64, expected: usize },
    #[error("the workbook cannot be read: {0}")]
    Workbook(String),
    #[error("the workbook is protected by a password: save it without one")]
    Password,
    #[error(
        "the workbook counts its days from 1904, so that its dates would be four years off: save it with the 1900 date system"
    )]
    Days1904,
    #[error("there is no sheet `{wanted}`; there are {}", listed(.there))]
    NoSheet { wanted: String, there: Vec<String> },
    #[error("there are the sheets {}; say which with --sheet", listed(.0))]
    ManySheets(Vec<String>),
    #[error("line {line} is no JSON object: {message}")]
    Json { line: u64, message: String },
    #[error("the objects do not go together: {0}")]
    JsonShape(String),
    #[error("the Parquet file cannot be read: {0}")]
    Parquet(String),
    #[error("{}", full_reason(.0))]
    Engine(datafusion::error::DataFusionError),
}

impl From<io::Error> for TableProblem {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::Missing,
            _ => Self::Unreadable(error),
        }
    }
}

/// The first ten, each in quotation marks, and how many more.
fn listed(names: &[String]) -> String {
    const MAX_SHOWN: usize = 10;
    let shown: Vec<_> = names.iter().take(MAX_SHOWN).map(|name| format!("`{name}`")).collect();
    let more = names.len().saturating_sub(MAX_SHOWN);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

/// What an error of a query may say of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    pub name: String,
    pub columns: Vec<String>,
    /// What was taken for granted in reading it.
    pub remarks: Vec<String>,
}

/// A table as it can be read again and again.
struct Opened {
    provider: Arc<dyn TableProvider>,
    schema: SchemaRef,
    remarks: Vec<String>,
}

/// Makes a file a table of the session, under its name in lower case as SQL reads a name, and as it is written.
///
/// # Errors
/// If the file cannot be read.
pub fn register(context: &SessionContext, table: &Table) -> Result<Registered, TableError> {
    let to_error = |problem| TableError { table: table.name.clone(), path: table.path.clone(), problem };
    // The readers of workbooks and of Parquet trust what a file says of itself.
    let opened =
        catch_unwind(AssertUnwindSafe(|| open(table))).unwrap_or(Err(TableProblem::Damaged)).map_err(to_error)?;
    let name_in_sql = table.name.to_lowercase();
    let mut names = vec![name_in_sql.as_str()];
    names.extend(Some(table.name.as_str()).filter(|name| *name != name_in_sql));
    for name in names {
        context
            .register_table(TableReference::bare(name), Arc::clone(&opened.provider))
            .map_err(|error| to_error(TableProblem::Engine(error)))?;
    }
    let columns = opened.schema.fields().iter().map(|field| field.name().clone()).collect();
    Ok(Registered { name: table.name.clone(), columns, remarks: opened.remarks })
}

fn open(table: &Table) -> Result<Opened, TableProblem> {
    let (plain, kind) = PlainFile::open(&table.path)?;
    let mut opened = match kind {
        FileKind::Text(_) if plain.is_json()? => json::open(&plain.clone().json_lines()?, table_error(table)),
        FileKind::Text(_) => separated::open(&plain, table.header_row, table_error(table)),
        FileKind::Workbook | FileKind::OldWorkbook => workbook::open(&plain, kind, table),
        FileKind::Parquet => parquet::open(&plain, table_error(table)),
    }?;
    opened.remarks.extend(plain.encoding.map(|encoding| format!("{} is read as {encoding}", table.path.display())));
    Ok(opened)
}

/// The table that could not be read to its end, if that is the reason.
pub fn unreadable_table(error: &DataFusionError) -> Option<&TableError> {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(table) = error.downcast_ref::<TableError>() {
            return Some(table);
        }
        cause = error.source();
    }
    None
}

/// Makes an error of a problem that shows only while a query reads the table.
fn table_error(table: &Table) -> impl Fn(TableProblem) -> TableError + Send + Sync + Clone + use<> {
    let (name, path) = (table.name.clone(), table.path.clone());
    move |problem| TableError { table: name.clone(), path: path.clone(), problem }
}

/// A table whose rows are made by a thread.
fn streaming_table(
    schema: SchemaRef,
    make: impl Fn(&mut streaming::BatchSink<'_>) -> Result<(), TableError> + Send + Sync + 'static,
) -> Result<Opened, TableProblem> {
    if schema.fields().len() > MAX_COLUMNS {
        return Err(TableProblem::TooManyColumns(MAX_COLUMNS));
    }
    let provider = streaming::table(Arc::clone(&schema), Arc::new(make)).map_err(TableProblem::Engine)?;
    Ok(Opened { provider, schema, remarks: Vec::new() })
}
