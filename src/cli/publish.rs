//! `yujing publish`: validated, keyed and partitioned records of one source, from JSONL or from any file by SQL.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use indicatif::ProgressBar;
use jiff::Timestamp;
use yujing_base::error::Classified as _;
use yujing_base::escape;
use yujing_config::{Clock, Config};
use yujing_core::source::Source;
use yujing_kafka::client::Clients;
use yujing_kafka::names;
use yujing_workbench::publish::columns::{self, ColumnCheck};
use yujing_workbench::publish::read::Documents;
use yujing_workbench::publish::{
    Checker, Document, Origin, ReadError, SeenRevisions, Sender, Table, TimestampSource, from_sql_file,
};
use yujing_workbench::schemas_folder;

use super::{Context, Failure, output, progress};

/// Refused documents that are shown one by one; the others are only counted.
const MAX_REFUSALS_SHOWN: u64 = 20;

/// How long the last records may take to be confirmed.
const CONFIRM_TIMEOUT: Duration = Duration::from_mins(1);

const EXAMPLES: &str = "\
Examples:
  yujing publish complaints complaints.jsonl
  yujing publish complaints --sql map.sql --table calls=calls.csv --dry-run
  yujing publish complaints --sql map.sql --table calls=register.xlsx --sheet 2026 --header-row 3
  tail -f alerts.jsonl | yujing publish camera-alerts -";

/// Publish events of one source to Kafka: from JSON, or from workbooks, CSV, Parquet or JSON files mapped by SQL
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Publish {
    /// The source, for example `complaints`
    source: String,
    /// JSON files, one event a line or one list of events; `-` is standard input
    #[arg(required_unless_present = "sql", conflicts_with = "sql")]
    files: Vec<PathBuf>,
    /// A file with one SQL query whose columns are the event's fields; a NULL is a field left out
    #[arg(long, value_name = "FILE", requires = "table")]
    sql: Option<PathBuf>,
    /// A workbook (.xlsx, .xls), CSV, JSON or Parquet file that the query reads, under a name; it may be packed (.gz,
    /// .zip)
    #[arg(long, value_name = "NAME=PATH")]
    table: Vec<Table>,
    /// The sheet of a workbook; needed if several have cells
    #[arg(long, value_name = "[NAME=]SHEET", requires = "table")]
    sheet: Vec<String>,
    /// The row of a workbook, or the line of a file, that names the columns [default: the first with two cells]
    #[arg(long, value_name = "[NAME=]ROW", requires = "table")]
    header_row: Vec<String>,
    /// Check every document and send nothing
    #[arg(long)]
    dry_run: bool,
    /// Most records a second
    #[arg(long, value_name = "N")]
    rate: Option<NonZeroU32>,
}

/// What became of the documents.
#[derive(Debug, Default)]
struct Count {
    accepted: u64,
    refused: u64,
    unknown_fields: u64,
}

impl Publish {
    /// # Errors
    /// If the source is unknown, something cannot be read or sent, or a document was refused.
    pub fn run(self, context: &Context) -> Result<(), Failure> {
        let config = context.config()?;
        let sources = schemas_folder::load(&config.paths.schemas)?;
        let Some((id, source)) = sources.by_name(&self.source) else {
            let known: Vec<_> = sources.iter().map(|(_, source)| source.name.to_string()).collect();
            return Err(Failure::user(format!("there is no source `{}`; there are {}", self.source, known.join(", "))));
        };
        let stamp = match config.engine.clock {
            Clock::Wall => TimestampSource::Now,
            Clock::Log => TimestampSource::ReportedAt,
        };
        let topic = names::input(&config.topics, source).to_owned();
        let documents = self.documents(source)?;
        let publication = Publication {
            checker: Checker::new(id, source, stamp),
            seen: self.dry_run.then(|| SeenRevisions::new(source)),
            sender: if self.dry_run { None } else { Some(self.sender(&config, &topic)?) },
            progress: progress::drawn(ProgressBar::new_spinner(), "{spinner} {human_pos} events  {per_sec}  {elapsed}"),
            count: Count::default(),
        };
        self.report(&publication.publish(documents)?, &topic)
    }

    fn sender(&self, config: &Config, topic: &str) -> Result<Sender, Failure> {
        let clients = Clients::new(&config.kafka).map_err(|error| Failure::external(error.to_string()))?;
        Ok(Sender::new(&clients.publisher(), topic, self.rate)?)
    }

    fn documents(&self, source: &Arc<Source>) -> Result<Documents, Failure> {
        let Some(file) = &self.sql else {
            return Origin::Lines(self.files.clone()).documents(source).map_err(|error| unreadable(&error));
        };
        let documents = from_sql_file(file, &self.tables()?, source).map_err(|error| unreadable(&error))?;
        documents.remarks().for_each(|remark| output::problem(&escape::line(remark)));
        let ColumnCheck { problems, remarks } = columns::compare(&documents.columns(), source);
        for remark in remarks {
            output::problem(&escape::line(&format!("{}: {remark}", file.display())));
        }
        if problems.is_empty() {
            return Ok(Box::new(documents));
        }
        let problems: Vec<_> = problems
            .iter()
            .map(|problem| escape::line(&format!("{}: {problem}", file.display())).into_owned())
            .collect();
        Err(Failure::user(format!("no row would be accepted\n{}", problems.join("\n"))))
    }

    /// The tables, with what is said of where they are in their files.
    fn tables(&self) -> Result<Vec<Table>, Failure> {
        let mut tables = self.table.clone();
        for given in &self.sheet {
            let (table, sheet) = meant(&mut tables, given, "--sheet")?;
            table.sheet = Some(sheet.to_owned());
        }
        for given in &self.header_row {
            let (table, row) = meant(&mut tables, given, "--header-row")?;
            let row = row.parse().map_err(|_| Failure::user(format!("`{row}` is not the number of a row")))?;
            table.header_row = Some(row);
        }
        Ok(tables)
    }

    fn report(&self, count: &Count, topic: &str) -> Result<(), Failure> {
        let done = if self.dry_run { "would be published to" } else { "published to" };
        let mut text = format!("{} events {done} {topic}", count.accepted);
        if count.unknown_fields > 0 {
            text += format!("; {} fields are not in the schema and will be ignored", count.unknown_fields).as_str();
        }
        output::line(&text)?;
        if count.refused == 0 {
            return Ok(());
        }
        Err(Failure::data(format!(
            "{} documents were refused and not sent; schemas/README.md explains the codes",
            count.refused
        )))
    }
}

/// Documents on their way.
struct Publication {
    checker: Checker,
    /// In a dry run, what contradicts an earlier document is refused too.
    seen: Option<SeenRevisions>,
    /// None in a dry run.
    sender: Option<Sender>,
    progress: ProgressBar,
    count: Count,
}

impl Publication {
    /// Checks all documents and sends those that the engine would accept.
    fn publish(mut self, documents: Documents) -> Result<Count, Failure> {
        for document in documents {
            self.publish_one(document.map_err(|error| unreadable(&error))?)?;
            self.progress.inc(1);
        }
        if let Some(sender) = self.sender {
            sender.finish(CONFIRM_TIMEOUT)?;
        }
        self.progress.finish_and_clear();
        Ok(self.count)
    }

    fn publish_one(&mut self, document: Document) -> Result<(), Failure> {
        let place = document.place.clone();
        let checked = match &mut self.seen {
            Some(seen) => self.checker.check_after(seen, document, Timestamp::now()),
            None => self.checker.check(document, Timestamp::now()),
        };
        match checked {
            Ok(accepted) => {
                self.count.accepted += 1;
                self.count.unknown_fields += u64::from(accepted.unknown_fields);
                if let Some(sender) = &mut self.sender {
                    sender.send(&accepted)?;
                }
            }
            Err(refusal) => {
                self.count.refused += 1;
                if self.count.refused <= MAX_REFUSALS_SHOWN {
                    self.progress.suspend(|| output::problem(&escape::line(&format!("{place}: {refusal}"))));
                }
            }
        }
        Ok(())
    }
}

/// On one line, whatever names stand in a file.
fn unreadable(error: &ReadError) -> Failure {
    Failure::new(error.domain(), escape::line(&error.to_string()))
}

/// The table that an option is about, and what it says: `NAME=VALUE`, or a value alone if there is only one table.
fn meant<'t, 'g>(tables: &'t mut [Table], given: &'g str, option: &str) -> Result<(&'t mut Table, &'g str), Failure> {
    let named = given
        .split_once('=')
        .and_then(|(name, value)| Some((tables.iter().position(|table| table.name == name)?, value)));
    match named {
        Some((place, value)) => Ok((&mut tables[place], value)),
        None if tables.len() == 1 => Ok((&mut tables[0], given)),
        None => Err(Failure::user(format!("{option} {given}: there are several tables; write {option} NAME={given}"))),
    }
}
