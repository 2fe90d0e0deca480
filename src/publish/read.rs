//! Documents to publish: one JSON object each, with the place they come from.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use arrow::datatypes::SchemaRef;
use datafusion::common::plan_err;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::context::SQLOptions;
use datafusion::prelude::{CsvReadOptions, JsonReadOptions, ParquetReadOptions, SessionConfig, SessionContext};
use futures::StreamExt as _;

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
    #[error("{} cannot be read: {source}", path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error("{}: {error}", file.display())]
    Mapping { file: PathBuf, error: Box<Self> },
    #[error("table `{table}` from {}: {message}; CSV, Parquet and line-delimited JSON are read, by the file's extension", path.display())]
    Table { table: String, path: PathBuf, message: String },
    #[error("the SQL fails: {}", in_words(.0))]
    Sql(Box<datafusion::error::DataFusionError>),
    #[error("row {row} cannot be written as JSON: {message}")]
    Json { row: u64, message: String },
    #[error("the SQL engine cannot start: {0}")]
    Runtime(std::io::Error),
}

impl From<datafusion::error::DataFusionError> for ReadError {
    fn from(error: datafusion::error::DataFusionError) -> Self {
        Self::Sql(Box::new(error))
    }
}

/// A file that the SQL reads, under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    pub name: String,
    pub path: PathBuf,
}

impl std::str::FromStr for Table {
    type Err = String;

    /// `NAME=PATH`, or a path alone, whose name is the file's without its extension.
    fn from_str(text: &str) -> Result<Self, String> {
        let (name, path) = match text.split_once('=') {
            Some((name, path)) => (name.to_owned(), PathBuf::from(path)),
            None => {
                let path = PathBuf::from(text);
                let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
                (stem.ok_or_else(|| format!("`{text}` names no file"))?, path)
            }
        };
        Ok(Self { name, path })
    }
}

/// Where the documents of one source come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// JSONL files, one after the other; `-` is standard input.
    Lines(Vec<PathBuf>),
    /// A file with one query over tables.
    Sql { file: PathBuf, tables: Vec<Table> },
}

/// Documents, read as they are asked for.
pub type Documents = Box<dyn Iterator<Item = Result<Document, ReadError>>>;

impl Origin {
    /// # Errors
    /// If a file cannot be opened or the query cannot be planned.
    pub fn documents(&self) -> Result<Documents, ReadError> {
        match self {
            Self::Sql { file, tables } => Ok(Box::new(from_sql_file(file, tables)?)),
            Self::Lines(paths) => {
                let mut all: Documents = Box::new(std::iter::empty());
                for path in paths {
                    if path.as_os_str() == "-" {
                        all = Box::new(all.chain(from_lines("standard input", BufReader::new(std::io::stdin()))));
                    } else {
                        let file = File::open(path).map_err(|error| unreadable(path, error))?;
                        all = Box::new(all.chain(from_lines(&path.display().to_string(), BufReader::new(file))));
                    }
                }
                Ok(all)
            }
        }
    }
}

fn unreadable(path: &Path, source: std::io::Error) -> ReadError {
    ReadError::File { path: path.to_owned(), source }
}

/// As [`from_sql`], of the query in a file.
///
/// # Errors
/// As [`from_sql`], or if the file cannot be read.
pub fn from_sql_file(file: &Path, tables: &[Table]) -> Result<SqlDocuments, ReadError> {
    let sql = std::fs::read_to_string(file).map_err(|error| unreadable(file, error))?;
    from_sql(&sql, tables).map_err(|error| ReadError::Mapping { file: file.to_owned(), error: Box::new(error) })
}

/// One document a line; empty lines are passed over.
pub fn from_lines<R: BufRead>(name: &str, reader: R) -> impl Iterator<Item = Result<Document, ReadError>> + use<R> {
    let name = name.to_owned();
    reader.split(b'\n').enumerate().filter_map(move |(index, line)| {
        let place = format!("{name}:{}", index + 1);
        match line {
            Err(source) => Some(Err(ReadError::Lines { place, source })),
            Ok(json) if json.iter().all(u8::is_ascii_whitespace) => None,
            Ok(json) => Some(Ok(Document { place, json })),
        }
    })
}

/// One document a row of a query over files: a column is a field, a NULL is a field left out.
///
/// # Errors
/// If a file cannot be read or the query cannot be planned.
pub fn from_sql(sql: &str, tables: &[Table]) -> Result<SqlDocuments, ReadError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(ReadError::Runtime)?;
    let stream = runtime.block_on(async {
        // Identifiers keep their case: the columns become JSON fields.
        let mut config = SessionConfig::new().with_target_partitions(1);
        config.options_mut().sql_parser.collect_spans = true;
        let context = SessionContext::new_with_config(config);
        for table in tables {
            register(&context, table).await.map_err(|error| ReadError::Table {
                table: table.name.clone(),
                path: table.path.clone(),
                message: in_words(&error),
            })?;
        }
        Ok::<_, ReadError>(context.sql_with_options(sql, only_queries()).await?.execute_stream().await?)
    })?;
    Ok(SqlDocuments { runtime, stream, waiting: VecDeque::new(), rows: 0 })
}

pub(crate) async fn register(
    context: &SessionContext,
    table: &Table,
) -> Result<(), datafusion::error::DataFusionError> {
    if !table.path.exists() {
        return plan_err!("there is no such file");
    }
    let path = table.path.to_string_lossy();
    let extension = table.path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let suffix = format!(".{extension}");
    match extension.to_ascii_lowercase().as_str() {
        "parquet" => context.register_parquet(&*table.name, path, ParquetReadOptions::default()).await,
        "json" | "jsonl" | "ndjson" => {
            context.register_json(&*table.name, path, JsonReadOptions::default().file_extension(&suffix)).await
        }
        _ => {
            let options = CsvReadOptions::new().file_extension(&suffix).delimiter(delimiter(&table.path));
            let schema = super::csv::schema(context, &path, &options).await?;
            context.register_csv(&*table.name, path, options.schema(&schema)).await
        }
    }
}

fn delimiter(path: &Path) -> u8 {
    if path.extension().is_some_and(|extension| extension == "tsv") { b'\t' } else { b',' }
}

/// A mapping reads: it creates nothing and writes no file.
fn only_queries() -> SQLOptions {
    SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false)
}

/// What to do with a table in the encoding that spreadsheets write.
const NOT_UTF8: &str =
    "; tables are read as UTF-8: convert it first, from GBK for example with `iconv -f GB18030 -t UTF-8 FILE`";

/// What the SQL engine says, with the place in the SQL where it knows one.
fn in_words(error: &datafusion::error::DataFusionError) -> String {
    let Some(told) = error.diagnostic() else {
        let said = error.strip_backtrace().split_whitespace().collect::<Vec<_>>().join(" ");
        let is_encoding = said.to_lowercase().contains("invalid utf-8");
        return if is_encoding { said + NOT_UTF8 } else { said };
    };
    let place = told.span.map(|span| format!("line {}, column {}: ", span.start.line, span.start.column));
    let further = told.notes.iter().map(|note| &note.message).chain(told.helps.iter().map(|help| &help.message));
    let further: Vec<_> = further.map(|text| format!("; {text}")).collect();
    format!("{}{}{}", place.unwrap_or_default(), told.message, further.concat())
}

/// The rows of a query as documents, read as they are asked for.
pub struct SqlDocuments {
    runtime: tokio::runtime::Runtime,
    stream: SendableRecordBatchStream,
    waiting: VecDeque<Document>,
    rows: u64,
}

impl std::fmt::Debug for SqlDocuments {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqlDocuments").field("rows", &self.rows).finish_non_exhaustive()
    }
}

impl SqlDocuments {
    /// The columns of the query.
    pub fn columns(&self) -> SchemaRef {
        self.stream.schema()
    }

    fn take_in(&mut self, batch: &arrow::record_batch::RecordBatch) -> Result<(), ReadError> {
        let refuse = |row, error: arrow::error::ArrowError| ReadError::Json { row, message: error.to_string() };
        let mut writer = arrow_json::LineDelimitedWriter::new(Vec::new());
        writer.write(batch).and_then(|()| writer.finish()).map_err(|error| refuse(self.rows + 1, error))?;
        for line in writer.into_inner().split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            self.rows += 1;
            self.waiting.push_back(Document { place: format!("row {}", self.rows), json: line.to_vec() });
        }
        Ok(())
    }
}

impl Iterator for SqlDocuments {
    type Item = Result<Document, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(document) = self.waiting.pop_front() {
                return Some(Ok(document));
            }
            let batch = match self.runtime.block_on(self.stream.next())? {
                Ok(batch) => batch,
                Err(error) => return Some(Err(error.into())),
            };
            if let Err(error) = self.take_in(&batch) {
                return Some(Err(error));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

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
    fn sql_maps_a_csv_file_to_documents_and_leaves_nulls_out() {
        let mut file = tempfile::Builder::new().suffix(".csv").tempfile().expect("a temporary file");
        writeln!(file, "id,visited,score\nA1,2014-03-01,7\nA2,2014-03-02,").expect("it can be written");
        let table = Table { name: "visits".to_owned(), path: file.path().to_owned() };
        let sql = "SELECT id AS operator_id, concat(visited, 'T08:00:00-06:00') AS occurred_at, score FROM visits ORDER BY id";
        let documents: Vec<_> = from_sql(sql, &[table])
            .expect("the query is right")
            .map(|document| String::from_utf8(document.expect("the file can be read").json).expect("JSON is UTF-8"))
            .collect();
        assert_eq!(
            documents,
            [
                r#"{"operator_id":"A1","occurred_at":"2014-03-01T08:00:00-06:00","score":7}"#,
                r#"{"operator_id":"A2","occurred_at":"2014-03-02T08:00:00-06:00"}"#,
            ]
        );
    }

    #[test]
    fn a_missing_file_says_which_table() {
        let table = Table { name: "visits".to_owned(), path: "no/such.csv".into() };
        let message = from_sql("SELECT 1 FROM visits", &[table]).expect_err("there is no such file").to_string();
        for words in ["table `visits` from no/such.csv", "there is no such file"] {
            assert!(message.contains(words), "no `{words}` in {message}");
        }
    }

    fn mapped(csv: &str, sql: &str) -> Result<Vec<String>, ReadError> {
        let mut file = tempfile::Builder::new().suffix(".csv").tempfile().expect("a temporary file");
        file.write_all(csv.as_bytes()).expect("it can be written");
        let table = Table { name: "shops".to_owned(), path: file.path().to_owned() };
        from_sql(sql, &[table])?
            .map(|document| document.map(|document| String::from_utf8(document.json).expect("JSON is UTF-8")))
            .collect()
    }

    #[test]
    fn codes_with_leading_zeros_stay_as_they_are() {
        let rows = mapped("no,staff\n31,2\n0031,0\n", "SELECT no, staff FROM shops").expect("it can be read");
        assert_eq!(rows, [r#"{"no":"31","staff":2}"#, r#"{"no":"0031","staff":0}"#]);
    }

    #[test]
    fn a_value_that_breaks_the_type_far_down_makes_its_column_a_text() {
        let numbers = (0..200_000).fold(String::new(), |text, number| text + format!("{number}\n").as_str());
        let rows = mapped(&format!("no\n{numbers}n/a\n"), "SELECT no FROM shops").expect("it can be read");
        assert_eq!((rows.len(), &*rows[200_000]), (200_001, r#"{"no":"n/a"}"#));
    }

    #[test]
    fn a_mapping_only_reads() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("out.csv");
        let copy = format!("COPY shops TO '{}'", file.display());
        for sql in
            [&*copy, "DROP TABLE shops", "CREATE TABLE other AS SELECT 1", "SET datafusion.sql_parser.dialect = 'x'"]
        {
            assert!(matches!(mapped("no\n1\n", sql), Err(ReadError::Sql(_))), "{sql}");
        }
        assert!(!file.exists());
    }

    #[test]
    fn wrong_sql_is_told_with_its_place() {
        let message =
            mapped("no\n1\n", "SELECT no,\n  nom\nFROM shops").expect_err("there is no such column").to_string();
        assert!(message.contains("line 2, column 3: column 'nom' not found"), "{message}");
    }
}
