//! Documents that a query makes of tables.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::common::SchemaError;
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::context::SQLOptions;
use datafusion::sql::parser::Statement as PlannedStatement;
use futures::StreamExt as _;
use yujing_base::diagnostic::text::MAX_SQL_BYTES;
use yujing_base::files;
use yujing_core::feature::full_reason;
use yujing_core::feature::parse_query;
use yujing_core::source::Source;

use super::read::{Document, ReadError, unreadable};
use super::table::{MAX_ROWS, Registered, Table, register, unreadable_table};
use super::{record, streaming};

/// What a query may hold in memory, about; more of a sort goes to temporary files.
const MEMORY_BYTES: usize = 1 << 30;

/// The rows of a query as documents of a source, read as they are asked for.
pub struct SqlDocuments {
    file: PathBuf,
    source: Arc<Source>,
    tables: Vec<Registered>,
    runtime: tokio::runtime::Runtime,
    stream: SendableRecordBatchStream,
    waiting: VecDeque<Document>,
    rows: u64,
}

/// As [`from_sql`], of the query in a file.
///
/// # Errors
/// As [`from_sql`], or if the file cannot be read.
pub fn from_sql_file(file: &Path, tables: &[Table], source: &Arc<Source>) -> Result<SqlDocuments, ReadError> {
    let sql = files::text(file, MAX_SQL_BYTES).map_err(|error| unreadable(file, std::io::Error::from(error)))?;
    from_sql(file, &sql, tables, source)
}

/// One document a row of a query over files: a column is a field, a NULL is a field left out. `file` is where the query
/// stands, for messages.
///
/// # Errors
/// If a table cannot be read or the query cannot be planned.
pub fn from_sql(file: &Path, sql: &str, tables: &[Table], source: &Arc<Source>) -> Result<SqlDocuments, ReadError> {
    let runtime = streaming::runtime().map_err(ReadError::Runtime)?;
    let fails = |message: String| ReadError::Sql { file: file.to_owned(), message };
    let query = parse_query(sql).map_err(fails)?;
    let (tables, stream) = runtime.block_on(async {
        let context = streaming::session(MEMORY_BYTES).map_err(|error| fails(full_reason(&error)))?;
        let registered = tables.iter().map(|table| register(&context, table)).collect::<Result<Vec<_>, _>>();
        let registered = registered.map_err(|error| ReadError::Table(error.to_string()))?;
        let started = async {
            let plan = context.state().statement_to_plan(PlannedStatement::Statement(Box::new(query))).await?;
            only_queries().verify_plan(&plan)?;
            context.execute_logical_plan(plan).await?.execute_stream().await
        };
        let stream = started.await.map_err(|error| problem(file, &registered, &error))?;
        Ok::<_, ReadError>((registered, stream))
    })?;
    let (file, source) = (file.to_owned(), Arc::clone(source));
    Ok(SqlDocuments { file, source, tables, runtime, stream, waiting: VecDeque::new(), rows: 0 })
}

/// A mapping reads: it creates nothing and writes no file.
fn only_queries() -> SQLOptions {
    SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false)
}

/// What is wrong with the query, or with the table that it read.
fn problem(file: &Path, tables: &[Registered], error: &DataFusionError) -> ReadError {
    if let Some(table_error) = unreadable_table(error) {
        return ReadError::Table(table_error.to_string());
    }
    let mut message = full_reason(error);
    if let DataFusionError::SchemaError(schema_error, _) = error.find_root()
        && matches!(schema_error.as_ref(), SchemaError::FieldNotFound { .. })
    {
        message += tables.iter().map(columns_of).collect::<String>().as_str();
    }
    if ["oerce", "incompatible types"].iter().any(|mark| message.contains(mark)) {
        message += "; a column of a text file or a workbook is a text: write CAST(... AS DOUBLE) to calculate with it";
    }
    ReadError::Sql { file: file.to_owned(), message }
}

/// As SQL must write them.
fn columns_of(table: &Registered) -> String {
    const MAX_SHOWN: usize = 50;
    let is_plain = |character: char| character == '_' || (character.is_alphanumeric() && !character.is_uppercase());
    let quoted = |name: &String| {
        let is_plain = name.chars().all(is_plain) && !name.starts_with(char::is_numeric);
        if is_plain { name.clone() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
    };
    let shown: Vec<_> = table.columns.iter().take(MAX_SHOWN).map(quoted).collect();
    format!("; the columns of `{}` are {}", table.name, shown.join(", "))
}

impl std::fmt::Debug for SqlDocuments {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqlDocuments").field("file", &self.file).field("rows", &self.rows).finish_non_exhaustive()
    }
}

impl SqlDocuments {
    /// The columns of the query.
    pub fn columns(&self) -> SchemaRef {
        self.stream.schema()
    }

    /// What was taken for granted in reading the tables.
    pub fn remarks(&self) -> impl Iterator<Item = &str> {
        self.tables.iter().flat_map(|table| &table.remarks).map(String::as_str)
    }

    fn append(&mut self, batch: &arrow::record_batch::RecordBatch) -> Result<(), ReadError> {
        let fails = |message| ReadError::Sql { file: self.file.clone(), message };
        let documents = record::documents(batch, &self.source.shape);
        for json in documents.map_err(|error| fails(format!("a row cannot be written as JSON: {error}")))? {
            self.rows += 1;
            if self.rows > MAX_ROWS {
                return Err(fails(format!("it gives more than {MAX_ROWS} rows")));
            }
            self.waiting.push_back(Document { place: format!("row {}", self.rows), json });
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
                Err(error) => return Some(Err(problem(&self.file, &self.tables, &error))),
            };
            if let Err(error) = self.append(&batch) {
                return Some(Err(error));
            }
        }
    }
}

#[cfg(test)]
#[path = "mapping_tests.rs"]
mod tests;
