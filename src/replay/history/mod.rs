//! History as one stream of records in the order of their arrival, from files and topics alike. It can be read more
//! than once, and holds a bounded part of itself in memory.
//!
//! - `survey`: which files stand in the order of arrival already
//! - [`arrivals`]: documents of the other files, sorted by arrival; what does not fit in memory goes to temporary files
//! - [`read_ahead`]: all of it read and decoded by a thread of its own

pub mod arrivals;
pub mod read_ahead;
mod survey;

use std::collections::BTreeSet;
use std::iter::Peekable;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use arrow::record_batch::RecordBatch;
use jiff::Timestamp;

pub use arrivals::Unreadable;

use yujing_base::error::{Classified, ErrorDomain, Retry};
use yujing_base::parallel;
use yujing_config::Config;
use yujing_core::source::{Record, SourceId, Sources};
use yujing_kafka::history::{self as topics, Part};
use yujing_kafka::{Clients, KafkaError, names};
use yujing_workbench::publish::{Origin, ReadError, streaming};

use self::survey::{FileOrder, SurveyedFile};
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
    #[error(
        "{place}: this document arrived before the one before it, which was not so when the replay began; leave files as they are while they are replayed"
    )]
    Changed { place: String },
    #[error("the system gives no threads: {0}")]
    Runtime(std::io::Error),
}

impl Classified for HistoryError {
    fn domain(&self) -> ErrorDomain {
        match self {
            Self::Read(error) => error.domain(),
            Self::Folder { .. } | Self::UnknownSource { .. } => ErrorDomain::User,
            Self::Kafka(_) | Self::Sort(_) | Self::Changed { .. } | Self::Runtime(_) => ErrorDomain::External,
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
    /// The offset of its first record; those of all files stand in their order.
    first_offset: i64,
}

/// How many offsets each file has to itself.
const OFFSETS_A_FILE: usize = 1 << 40;

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

/// What each of several sorts may hold at least, however many there are: a few of the longest rows.
const LEAST_SORT_BYTES: usize = 32 << 20;

/// Records in the order of arrival.
pub type Records<'a> = Box<dyn Iterator<Item = Result<Record, HistoryError>> + Send + 'a>;
/// Everything that is to be replayed, and in what order its files stand.
#[derive(Debug)]
pub struct Arrivals<'a> {
    history: &'a History,
    files: Vec<SurveyedFile<'a>>,
}

impl History {
    /// Finds the inputs of a plan. `config` says where Kafka is and how the topics are called.
    ///
    /// # Errors
    /// If a source is unknown, or Kafka does not answer.
    pub fn find(plan: &Plan, config: &Config, sources: &Arc<Sources>, memory: usize) -> Result<Self, HistoryError> {
        let mut inputs = match &plan.events {
            Some(folder) => files_of(folder, sources)?,
            None => Vec::new(),
        };
        for Input { source, origin } in &plan.inputs {
            inputs.push((source_named(sources, source)?, origin.clone()));
        }
        let files = inputs.into_iter().zip((0..).step_by(OFFSETS_A_FILE));
        let files = files.map(|((source, origin), first_offset)| FileInput { source, origin, first_offset }).collect();
        let topics = match &plan.kafka {
            Some(input) => Some(find_topics(input, config, sources)?),
            None => None,
        };
        Ok(Self { sources: Arc::clone(sources), files, topics, memory })
    }

    /// Looks through the files, on several threads.
    ///
    /// # Errors
    /// If one cannot be read.
    pub fn survey(&self, threads: NonZeroUsize) -> Result<Arrivals<'_>, HistoryError> {
        self.survey_unless_cancelled(&AtomicBool::new(false), threads)
    }

    /// As [`survey`](Self::survey); once it is cancelled it ends soon, and what it gives is of no use.
    pub(super) fn survey_unless_cancelled(
        &self,
        cancelled: &AtomicBool,
        threads: NonZeroUsize,
    ) -> Result<Arrivals<'_>, HistoryError> {
        let survey = |file| survey::survey(file, &self.sources, cancelled);
        let files = parallel::map(threads, &self.files, survey);
        Ok(Arrivals { history: self, files: files.into_iter().collect::<Result<_, _>>()? })
    }

    /// Every record of one source in no particular order.
    fn records_of(&self, source: SourceId) -> Result<Records<'_>, HistoryError> {
        let files = self.files.iter().filter(move |file| file.source == source);
        let files = files.flat_map(move |file| arrivals::as_they_stand(file, self.sources.get(source)));
        // Below the offsets of topics: at the same instant files come first, as in a replay.
        let before_topics = |record: Record| Record { offset: record.offset - i64::MAX, ..record };
        let files = files.map(move |record| record.map(before_topics));
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

    /// Sources of which a topic lost its first records.
    pub fn cut(&self) -> BTreeSet<SourceId> {
        self.topics.iter().flat_map(topics::History::cut).collect()
    }

    pub fn sources(&self) -> &Arc<Sources> {
        &self.sources
    }
}

impl Arrivals<'_> {
    /// Every record in the order of arrival; at the same instant files come in the order given, then topics.
    ///
    /// # Errors
    /// If the inputs cannot be read.
    pub fn read(&self) -> Result<Records<'_>, HistoryError> {
        let History { sources, topics, memory, .. } = self.history;
        let to_sort = self.files.iter().filter(|file| file.order == FileOrder::Unknown).count();
        let memory = (memory / to_sort.max(1)).max(LEAST_SORT_BYTES.min(*memory));
        let mut streams: Vec<Peekable<Records<'_>>> = Vec::new();
        for SurveyedFile { input, order, found } in &self.files {
            let source = sources.get(input.source);
            let records: Records<'_> = match order {
                FileOrder::Arrival => arrivals::in_order(input, source),
                FileOrder::Unknown => Box::new(arrivals::sorted(input, source, memory, found)?),
            };
            streams.push(records.peekable());
        }
        if let Some(topics) = topics {
            let records = topics.read(None)?.map(|record| record.map_err(HistoryError::from));
            streams.push((Box::new(records) as Records<'_>).peekable());
        }
        Ok(Box::new(Merged { streams }))
    }

    /// How many records there are, of topics the most that they can hold; of files that are to be sorted they are counted
    /// once the first record has been given.
    pub fn records(&self) -> u64 {
        let files: u64 = self.files.iter().map(|file| file.found.records()).sum();
        files + self.history.topics.as_ref().map_or(0, topics::History::records)
    }

    /// The documents that have no place in time, and so are no part of the replay; known as [`records`](Self::records) are.
    pub fn unreadable(&self) -> Vec<Unreadable> {
        self.files.iter().flat_map(|file| file.found.unreadable()).collect()
    }
}

/// The files of a folder that are called like a source.
fn files_of(folder: &Path, sources: &Sources) -> Result<Vec<(SourceId, Origin)>, HistoryError> {
    let path_of = |name: &str| folder.join(format!("{name}.jsonl"));
    let files: Vec<_> = sources
        .iter()
        .map(|(id, source)| (id, path_of(&source.name)))
        .filter(|(_, path)| path.exists())
        .map(|(source, path)| (source, Origin::Lines(vec![path])))
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
