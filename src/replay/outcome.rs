//! What was found later: the rows of an analyst's SQL over the sources. A table holds what is known of its source at
//! the end of the replay: the greatest revision of each event that was not retracted, the last row of each operator.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, Date32Type, Field as ArrowField, Schema, SchemaRef, TimeUnit, TimestampMicrosecondType,
};
use datafusion::common::Result as SqlResult;
use datafusion::prelude::SessionContext;
use datafusion::sql::parser::Statement as PlannedStatement;
use futures::StreamExt as _;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use yujing_base::OperatorId;
use yujing_base::diagnostic::text::MAX_SQL_BYTES;
use yujing_base::error::{Classified, ErrorDomain, Retry};
use yujing_base::files;
use yujing_base::zone::Zone;
use yujing_core::feature::parse_query;
use yujing_core::source::column;
use yujing_core::source::{Cell, Decoder, Event, Kind, Op, Record, Source, Sources, cell};
use yujing_workbench::publish::streaming;
use yujing_workbench::publish::table::{register, unreadable_table};

use super::history::arrivals::history_error;
use super::history::{History, HistoryError};
use super::plan::{OutcomePlan, parse_instant};

/// Why the outcome cannot be known.
#[derive(Debug, thiserror::Error)]
pub enum OutcomeError {
    #[error("{} cannot be read: {source}", path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error("{}: {message}", file.display())]
    Sql { file: PathBuf, message: String },
    #[error("{}: {message}; the query gives `operator_id`, `at` (a day or a time) and `outcome` (true or false)", file.display())]
    Columns { file: PathBuf, message: String },
    #[error("{0}")]
    Table(String),
    #[error("{}: no row has a known outcome", .0.display())]
    Empty(PathBuf),
    #[error(transparent)]
    History(#[from] HistoryError),
}

impl Classified for OutcomeError {
    fn domain(&self) -> ErrorDomain {
        match self {
            Self::File { .. } | Self::Sql { .. } | Self::Columns { .. } => ErrorDomain::User,
            Self::Table(_) | Self::Empty(_) => ErrorDomain::Data,
            Self::History(error) => error.domain(),
        }
    }

    fn retry(&self) -> Retry {
        match self {
            Self::History(error) => error.retry(),
            _ => Retry::Never,
        }
    }
}

/// One finding, or one check that found nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct OutcomeRow {
    /// When it was known.
    pub at: Timestamp,
    pub day: Date,
    pub operator: OperatorId,
    pub positive: bool,
}

/// All of them, oldest first.
#[derive(Debug, Default)]
pub struct OutcomeRows {
    pub rows: Vec<OutcomeRow>,
    /// Rows without an operator, a time or an outcome.
    pub unknown: u64,
}

/// What a source's table has beside its own columns, to find the row that counts.
const RETRACTED: &str = "__retracted";
const ARRIVED: &str = "__arrived";
const NUMBER: &str = "__number";

/// Runs the query of a plan.
///
/// # Errors
/// If the query is wrong, or history cannot be read.
pub fn outcomes(
    plan: &OutcomePlan,
    history: &Arc<History>,
    zone: &Zone,
    memory: usize,
) -> Result<OutcomeRows, OutcomeError> {
    let sql = files::text(&plan.sql, MAX_SQL_BYTES)
        .map_err(|error| OutcomeError::File { path: plan.sql.clone(), source: error.into() })?;
    let query = parse_query(&sql).map_err(|message| OutcomeError::Sql { file: plan.sql.clone(), message })?;
    let outcome_error = |error| match unreadable_table(&error) {
        Some(table_error) => OutcomeError::Table(table_error.to_string()),
        None => match history_error(error) {
            HistoryError::Sort(message) => OutcomeError::Sql { file: plan.sql.clone(), message },
            other => other.into(),
        },
    };
    let runtime = streaming::runtime().map_err(HistoryError::Runtime)?;
    let context = streaming::session(memory).map_err(outcome_error)?;
    for table in &plan.tables {
        register(&context, table).map_err(|error| OutcomeError::Table(error.to_string()))?;
    }
    let batches = runtime.block_on(async {
        for (_, source) in history.sources().iter() {
            register_source(&context, source, history).await?;
        }
        let logical = context.state().statement_to_plan(PlannedStatement::Statement(Box::new(query))).await?;
        let mut stream = context.execute_logical_plan(logical).await?.execute_stream().await?;
        let mut batches = Vec::new();
        while let Some(batch) = stream.next().await {
            batches.push(batch?);
        }
        SqlResult::Ok(batches)
    });
    let mut outcomes = OutcomeRows::default();
    for batch in &batches.map_err(outcome_error)? {
        append_rows(&plan.sql, history.sources(), batch, zone, &mut outcomes)?;
    }
    if outcomes.rows.is_empty() {
        return Err(OutcomeError::Empty(plan.sql.clone()));
    }
    outcomes.rows.sort();
    Ok(outcomes)
}

/// A view under the source's own name over everything that was accepted of it.
async fn register_source(context: &SessionContext, source: &Arc<Source>, history: &Arc<History>) -> SqlResult<()> {
    let Some((id, _)) = history.sources().by_name(&source.name) else { return Ok(()) };
    let schema = schema_of(source);
    let (history, of_source) = (Arc::clone(history), Arc::clone(source));
    let make = Arc::new(move |send: &mut streaming::BatchSink<'_>| {
        let decoder = Decoder::new(id, Arc::clone(&of_source));
        history.each_of(id, |records| rows(&of_source, &decoder, records), send)
    });
    let all = format!("__{}", source.table);
    context.register_table(all.as_str(), streaming::table(schema, make)?)?;
    let columns: Vec<String> = source.columns.iter().map(|field| quoted(&field.name)).collect();
    let (identity, best) = match source.kind {
        Kind::Event => {
            ("publisher, operator_id, event_id", format!("revision DESC, {RETRACTED} DESC, {ARRIVED}, {NUMBER}"))
        }
        Kind::Reference => ("operator_id", format!("{ARRIVED} DESC, {NUMBER} DESC")),
    };
    let view = format!(
        "CREATE VIEW {} AS SELECT {} FROM (SELECT *, row_number() OVER (PARTITION BY {identity} ORDER BY {best}) \
         AS __rank FROM {}) WHERE __rank = 1 AND NOT {RETRACTED}",
        quoted(&source.table),
        columns.join(", "),
        quoted(&all),
    );
    context.sql(&view).await?.collect().await?;
    Ok(())
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn schema_of(source: &Source) -> SchemaRef {
    // A retracted event has its envelope only.
    let own = source.columns.iter().map(|field| ArrowField::new(&*field.name, field.data_type.arrow(), true));
    let ours = [
        ArrowField::new(RETRACTED, DataType::Boolean, false),
        ArrowField::new(ARRIVED, DataType::Int64, false),
        ArrowField::new(NUMBER, DataType::Int64, false),
    ];
    Arc::new(Schema::new(own.chain(ours).collect::<Vec<_>>()))
}

/// The accepted records as rows; what is refused is reported by the replay itself.
fn rows(source: &Source, decoder: &Decoder, records: Vec<Record>) -> RecordBatch {
    let mut retracted = Vec::new();
    let mut arrived = Vec::new();
    let mut numbers = Vec::new();
    let mut cells: Vec<Box<[Cell]>> = Vec::new();
    for record in records {
        let Ok(event) = decoder.decode(&record) else { continue };
        retracted.push(event.op != Op::Upsert);
        arrived.push(record.timestamp.as_microsecond());
        numbers.push(record.offset);
        cells.push(if event.op == Op::Upsert { event.cells } else { envelope_of(source, &event) });
    }
    let own = source
        .columns
        .iter()
        .enumerate()
        .map(|(index, field)| cell::to_array(&field.data_type, cells.iter().map(|row| &row[index])));
    let ours: [ArrayRef; 3] = [
        Arc::new(BooleanArray::from(retracted)),
        Arc::new(Int64Array::from(arrived)),
        Arc::new(Int64Array::from(numbers)),
    ];
    RecordBatch::try_new(schema_of(source), own.chain(ours).collect()).expect("invariant: cells follow their schema")
}

fn envelope_of(source: &Source, event: &Event) -> Box<[Cell]> {
    let mut cells = vec![Cell::Null; source.columns.len()];
    cells[column::EVENT_ID] = Cell::Text((&*event.event_id).into());
    cells[column::REVISION] = Cell::Int(event.revision);
    cells[column::OPERATOR_ID] = Cell::Text((&*event.operator_id).into());
    cells[column::PUBLISHER] = Cell::Text((&*event.publisher).into());
    cells.into()
}

/// Adds the rows of one batch.
fn append_rows(
    file: &Path,
    sources: &Sources,
    batch: &RecordBatch,
    zone: &Zone,
    outcomes: &mut OutcomeRows,
) -> Result<(), OutcomeError> {
    let refuse = |message: String| OutcomeError::Columns { file: file.to_owned(), message };
    let column = |name: &str| batch.column_by_name(name).ok_or_else(|| refuse(format!("there is no column `{name}`")));
    let as_type = |name: &str, data_type: &DataType| {
        let column = column(name)?;
        cast(column, data_type).map_err(|_| refuse(format!("`{name}` is of type {}", column.data_type())))
    };
    let operators = as_type("operator_id", &DataType::Utf8)?;
    let operators = operators.as_string::<i32>();
    let positive = as_type("outcome", &DataType::Boolean)?;
    let positive = positive.as_boolean();
    let times = TimeColumn::of(column("at")?).ok_or_else(|| refuse("`at` is neither a day nor a time".to_owned()))?;
    for row in 0..batch.num_rows() {
        let at = times.at(row, zone).map_err(&refuse)?;
        match (operators.is_valid(row), positive.is_valid(row), at) {
            (true, true, Some((at, day))) => outcomes.rows.push(OutcomeRow {
                at,
                day,
                operator: sources.operator_id(operators.value(row)),
                positive: positive.value(row),
            }),
            _ => outcomes.unknown += 1,
        }
    }
    Ok(())
}

/// A column of times in any of the forms that SQL gives.
enum TimeColumn {
    Days(ArrayRef),
    /// Instants.
    Instants(ArrayRef),
    /// Times of day at the replay's home.
    Local(ArrayRef),
    Texts(ArrayRef),
}

impl TimeColumn {
    fn of(column: &ArrayRef) -> Option<Self> {
        let micros = |zone: Option<&str>| {
            let data_type = DataType::Timestamp(TimeUnit::Microsecond, zone.map(Into::into));
            cast(column, &data_type).ok()
        };
        match column.data_type() {
            DataType::Date32 | DataType::Date64 => cast(column, &DataType::Date32).ok().map(Self::Days),
            DataType::Timestamp(_, Some(_)) => micros(Some("UTC")).map(Self::Instants),
            DataType::Timestamp(_, None) => micros(None).map(Self::Local),
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
                cast(column, &DataType::Utf8).ok().map(Self::Texts)
            }
            _ => None,
        }
    }

    /// An instant and its day. A day alone is the whole day's: its outcome counts from its first instant.
    fn at(&self, row: usize, zone: &Zone) -> Result<Option<(Timestamp, Date)>, String> {
        let (Self::Days(column) | Self::Instants(column) | Self::Local(column) | Self::Texts(column)) = self;
        if column.is_null(row) {
            return Ok(None);
        }
        let micros = || Timestamp::from_microsecond(column.as_primitive::<TimestampMicrosecondType>().value(row)).ok();
        let at = match self {
            Self::Days(days) => {
                let days = i64::from(days.as_primitive::<Date32Type>().value(row));
                let day = Timestamp::UNIX_EPOCH.checked_add(SignedDuration::from_hours(24 * days)).ok();
                day.map(|day| local(day, zone))
            }
            Self::Instants(_) => micros(),
            Self::Local(_) => micros().map(|at| local(at, zone)),
            Self::Texts(texts) => Some(parse_instant(texts.as_string::<i32>().value(row), zone, false)?),
        };
        Ok(at.map(|at| (at, zone.date(at))))
    }
}

/// What a clock on the wall at home says, given as if it were UTC.
fn local(at: Timestamp, zone: &Zone) -> Timestamp {
    zone.to_timestamp(jiff::tz::Offset::UTC.to_datetime(at))
}
