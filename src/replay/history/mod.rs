//! History as one stream of records in the order of their arrival, from files and topics alike. It can be read more
//! than once, and holds a bounded part of itself in memory.
//!
//! - [`arrivals`]: documents of files, sorted by arrival; what does not fit in memory goes to temporary files
//! - [`read_ahead`]: all of it read and decoded by a thread of its own

pub mod arrivals;
pub mod read_ahead;

use std::collections::BTreeSet;
use std::iter::Peekable;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use jiff::Timestamp;

pub use arrivals::{SortSummary, Unreadable};

use yujing_base::error::{Classified, ErrorDomain, Retry};
use yujing_config::Config;
use yujing_core::source::{Record, SourceId, Sources};
use yujing_kafka::history::{self as topics, Part};
use yujing_kafka::{Clients, KafkaError, names};
use yujing_workbench::publish::{Origin, ReadError, streaming};

use super::plan::{Input, KafkaInput, Plan};

/// Why history cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Kafka(#[from] KafkaError),
    #[error("{} has no file called like a source; expected some of {expected}", folder.display())]
    Folder { folder: PathBuf, expected: String },
    #[error("there is no source `{source_name}`; there are {known}")]
    UnknownSource { source_name: String, known: String },
    #[error("the inputs cannot be sorted by arrival: {0}")]
    Sort(String),
    #[error("the system gives no threads: {0}")]
    Runtime(std::io::Error),
}

impl Classified for HistoryError {
    fn domain(&self) -> ErrorDomain {
        match self {
            Self::Read(error) => error.domain(),
            Self::Folder { .. } | Self::UnknownSource { .. } => ErrorDomain::User,
            Self::Kafka(_) | Self::Sort(_) | Self::Runtime(_) => ErrorDomain::External,
        }
    }

    fn retry(&self) -> Retry {
        match self {
            Self::Kafka(error) => error.retry(),
            _ => Retry::Never,
        }
    }
}

/// Documents of one source.
#[derive(Debug, Clone)]
struct FileInput {
    source: SourceId,
    origin: Origin,
}

/// Everything that is to be replayed.
#[derive(Debug)]
pub struct History {
    sources: Arc<Sources>,
    files: Vec<FileInput>,
    topics: Option<topics::History>,
    /// About how many bytes a sort may hold.
    memory: usize,
}

/// What a sort may hold in memory, if nothing else is said.
pub const MEMORY_BYTES: usize = 256 << 20;

/// Records in the order of arrival.
pub type Records<'a> = Box<dyn Iterator<Item = Result<Record, HistoryError>> + Send + 'a>;
/// Records as they stand in the inputs.
type Unsorted<'a> = Box<dyn Iterator<Item = Result<Record, HistoryError>> + 'a>;

impl History {
    /// Finds the inputs of a plan. `config` says where Kafka is and how the topics are called.
    ///
    /// # Errors
    /// If a source is unknown, or Kafka does not answer.
    pub fn find(plan: &Plan, config: &Config, sources: &Arc<Sources>, memory: usize) -> Result<Self, HistoryError> {
        let mut files = match &plan.events {
            Some(folder) => files_of(folder, sources)?,
            None => Vec::new(),
        };
        for Input { source, origin } in &plan.inputs {
            files.push(FileInput { source: source_named(sources, source)?, origin: origin.clone() });
        }
        let topics = match &plan.kafka {
            Some(input) => Some(find_topics(input, config, sources)?),
            None => None,
        };
        Ok(Self { sources: Arc::clone(sources), files, topics, memory })
    }

    /// Every record in the order of arrival; at the same instant files come in the order given, then topics. The
    /// summary of the sorted files says what could not be placed in time.
    ///
    /// # Errors
    /// If the inputs cannot be read.
    pub fn read(&self) -> Result<(Records<'_>, Option<SortSummary>), HistoryError> {
        let mut streams: Vec<Peekable<Records<'_>>> = Vec::new();
        let mut summary = None;
        if !self.files.is_empty() {
            let (arrivals, records) = arrivals::sorted(&self.files, &self.sources, self.memory)?;
            summary = Some(arrivals);
            streams.push((Box::new(records) as Records<'_>).peekable());
        }
        if let Some(topics) = &self.topics {
            let records = topics.read(None)?.map(|record| record.map_err(HistoryError::from));
            streams.push((Box::new(records) as Records<'_>).peekable());
        }
        Ok((Box::new(Merged { streams }), summary))
    }

    /// Every record of one source in no particular order, as Arrow batches made by `batch`.
    fn records_of(&self, source: SourceId) -> Result<Unsorted<'_>, HistoryError> {
        let files = self.files.iter().filter(move |file| file.source == source);
        let files = files.flat_map(move |file| arrivals::unsorted(file, self.sources.get(source)));
        let topics = match &self.topics {
            Some(topics) => Some(topics.read(Some(source))?),
            None => None,
        };
        let topics = topics.into_iter().flatten().map(|record| record.map_err(HistoryError::from));
        Ok(Box::new(files.chain(topics)))
    }

    /// Gives the records of one source, some at a time, to `make`, and what that makes of them to `send`.
    ///
    /// # Errors
    /// If the inputs cannot be read.
    pub fn each_of(
        &self,
        source: SourceId,
        make: impl Fn(Vec<Record>) -> RecordBatch,
        send: &mut streaming::BatchSink<'_>,
    ) -> Result<(), HistoryError> {
        let mut records = Vec::with_capacity(streaming::BATCH_ROWS);
        for record in self.records_of(source)? {
            records.push(record?);
            if records.len() == streaming::BATCH_ROWS && !send(make(std::mem::take(&mut records))) {
                return Ok(());
            }
        }
        if !records.is_empty() {
            send(make(records));
        }
        Ok(())
    }

    /// The most records that the topics can hold; files are counted when they are sorted.
    pub fn records_of_topics(&self) -> u64 {
        self.topics.as_ref().map_or(0, topics::History::records)
    }

    /// Sources of which a topic lost its first records.
    pub fn cut(&self) -> BTreeSet<SourceId> {
        self.topics.iter().flat_map(topics::History::cut).collect()
    }

    pub fn sources(&self) -> &Arc<Sources> {
        &self.sources
    }
}

/// The files of a folder that are called like a source.
fn files_of(folder: &Path, sources: &Sources) -> Result<Vec<FileInput>, HistoryError> {
    let path_of = |name: &str| folder.join(format!("{name}.jsonl"));
    let files: Vec<FileInput> = sources
        .iter()
        .map(|(id, source)| (id, path_of(&source.name)))
        .filter(|(_, path)| path.exists())
        .map(|(source, path)| FileInput { source, origin: Origin::Lines(vec![path]) })
        .collect();
    if files.is_empty() {
        let expected: Vec<_> = sources.iter().map(|(_, source)| format!("{}.jsonl", source.name)).collect();
        return Err(HistoryError::Folder { folder: folder.to_owned(), expected: expected.join(", ") });
    }
    Ok(files)
}

fn source_named(sources: &Sources, name: &str) -> Result<SourceId, HistoryError> {
    sources.by_name(name).map(|(id, _)| id).ok_or_else(|| {
        let known: Vec<_> = sources.iter().map(|(_, source)| source.name.to_string()).collect();
        HistoryError::UnknownSource { source_name: name.to_owned(), known: known.join(", ") }
    })
}

fn find_topics(input: &KafkaInput, config: &Config, sources: &Sources) -> Result<topics::History, HistoryError> {
    for name in input.sources.iter().chain(input.offsets.keys()) {
        source_named(sources, name)?;
    }
    let wanted = |name: &str| input.sources.is_empty() || input.sources.iter().any(|source| source == name);
    let parts: Vec<Part> = sources
        .iter()
        .filter(|(_, source)| wanted(&source.name))
        .map(|(id, source)| Part {
            topic: names::input(&config.topics, source).into(),
            source: id,
            offsets: input.offsets.get(&*source.name).cloned(),
        })
        .collect();
    let span = topics::Span { from: input.from, to: input.to };
    Ok(topics::History::find(Clients::new(&config.kafka)?, &parts, span)?)
}

/// Streams that are in order, merged; the first of equals comes first.
struct Merged<'a> {
    streams: Vec<Peekable<Records<'a>>>,
}

impl Iterator for Merged<'_> {
    type Item = Result<Record, HistoryError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut first: Option<(Timestamp, usize)> = None;
        for (place, stream) in self.streams.iter_mut().enumerate() {
            match stream.peek() {
                Some(Err(_)) => return stream.next(),
                Some(Ok(record)) if first.is_none_or(|(earliest, _)| record.timestamp < earliest) => {
                    first = Some((record.timestamp, place));
                }
                None | Some(Ok(_)) => {}
            }
        }
        self.streams[first?.1].next()
    }
}
