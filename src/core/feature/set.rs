//! Every feature of a ruleset: loading, computing, showing evidence.

use std::collections::{HashMap, HashSet};
use std::num::NonZeroUsize;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use jiff::Timestamp;
use yujing_base::OperatorId;
use yujing_base::diagnostic::{Diagnostic, Diagnostics};
use yujing_base::language::{Bilingual, say};
use yujing_base::zone::Zone;

use crate::feature::catalogue::{Feature, FeatureError, Missing};
use crate::feature::checked_file::{CheckedFile, CheckedFiles};
use crate::feature::entries::refuse_repeated_names;
use crate::feature::evidence::{Evidence, FileEvidence};
use crate::feature::file::FeatureFile;
use crate::feature::file_result::FileResult;
use crate::feature::kept::{AskedFile, FileKey, KeptFeatures, Refreshed};
use crate::feature::lowered::DayCounter;
use crate::feature::planned_file::{FeaturePath, PlannedFile};
use crate::feature::row::RowLayout;
use crate::feature::session::functions::Functions;
use crate::feature::syntax::sql_source::SqlSource;
use crate::feature::table::{FeatureTable, TableBuilder};
use crate::source::{Kind, SourceId, Sources};
use crate::window::View;

/// Every feature of a ruleset, with its kept plans.
#[derive(Debug)]
pub struct FeatureSet {
    catalogue: Vec<Feature>,
    place_of: HashMap<String, usize>,
    files: Vec<SetFile>,
    layout: Arc<RowLayout>,
    /// No text of a feature has more characters.
    longest_text: usize,
    zone: Zone,
}

/// One file in the set.
#[derive(Debug)]
struct SetFile {
    planned: Arc<PlannedFile>,
    /// The place of its first feature in the catalogue.
    first: usize,
}

/// A count of rows that is not below a bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CountBound {
    /// Its place in the catalogue.
    pub feature: usize,
    /// Above zero.
    pub least: usize,
}

/// A file that was read.
#[derive(Debug)]
enum ReadFile {
    /// With what reading it found.
    New(Box<FeatureFile>, Diagnostics),
    Checked(Arc<CheckedFile>),
}

/// The most characters of a feature's text, where the ruleset does not say otherwise: a page of reasons stays readable,
/// and a score fits into a Kafka message.
pub const LONGEST_TEXT: usize = 1_000;

impl FeatureSet {
    /// With other texts than of at most [`LONGEST_TEXT`] characters; longer ones are cut and end with `…`.
    #[must_use]
    pub fn with_longest_text(self, longest_text: usize) -> Self {
        Self { longest_text, ..self }
    }

    /// Checks and plans the files of features, given as (path for messages, text), in China's time zone.
    ///
    /// # Errors
    /// Every problem of every file, with line, column and a hint.
    pub fn from_texts(texts: &[(PathBuf, String)], sources: &Sources) -> Result<Self, Diagnostics> {
        Self::with_warnings(texts, sources, &Zone::default()).map(|(set, _)| set)
    }

    /// The same in another office's zone, with warnings.
    ///
    /// # Errors
    /// As [`FeatureSet::from_texts`].
    pub fn with_warnings(
        texts: &[(PathBuf, String)],
        sources: &Sources,
        zone: &Zone,
    ) -> Result<(Self, Diagnostics), Diagnostics> {
        Self::from_changed(texts, sources, zone, &CheckedFiles::default())
    }

    /// The same of texts of which most were checked before, over the same sources. Those that are in order now are kept.
    ///
    /// # Errors
    /// As [`FeatureSet::from_texts`].
    pub fn from_changed(
        texts: &[(PathBuf, String)],
        sources: &Sources,
        zone: &Zone,
        checked: &CheckedFiles,
    ) -> Result<(Self, Diagnostics), Diagnostics> {
        let functions = Functions::new().map_err(|error| {
            let message = Bilingual::new("查询引擎无法启动", "the query engine does not start");
            Diagnostic::file("feature/session", Path::new("features"), message).with_detail(error.to_string())
        })?;
        let mut problems = Diagnostics::default();
        let mut files = Vec::new();
        for (path, text) in texts {
            if let Some(file) = checked.get(path, text, zone) {
                files.push(ReadFile::Checked(file));
                continue;
            }
            match SqlSource::read(path, text).and_then(|sql| FeatureFile::parse(sql, sources, &functions)) {
                Ok((file, warnings)) => files.push(ReadFile::New(Box::new(file), warnings)),
                Err(refused) => problems.extend(refused),
            }
        }
        refuse_repeated_names(files.iter().map(ReadFile::file), &mut problems);
        let mut in_order = Vec::new();
        for file in files {
            match file.checked(sources, zone, &functions) {
                Ok(file) => {
                    problems.extend(file.found.clone());
                    in_order.push(file);
                }
                Err(refused) => problems.extend(refused),
            }
        }
        let set = Self::of(&in_order, zone);
        checked.replace(in_order);
        if problems.has_errors() { Err(problems) } else { Ok((set, problems)) }
    }

    fn of(checked: &[Arc<CheckedFile>], zone: &Zone) -> Self {
        let layout = Arc::new(RowLayout::of(checked.iter().map(|file| file.entries.len())));
        let (mut catalogue, mut files) = (Vec::new(), Vec::new());
        for CheckedFile { planned, entries, .. } in checked.iter().map(|file| &**file) {
            files.push(SetFile { planned: Arc::clone(planned), first: catalogue.len() });
            catalogue.extend(entries.iter().cloned());
        }
        let places = catalogue.iter().enumerate().map(|(place, entry): (_, &Feature)| (entry.name.clone(), place));
        let (place_of, zone) = (places.collect(), zone.clone());
        Self { place_of, catalogue, files, layout, longest_text: LONGEST_TEXT, zone }
    }

    /// Warnings about the features at these places of the catalogue, which nothing reads.
    pub fn unread(&self, places: impl IntoIterator<Item = usize>) -> Diagnostics {
        let mut found = Diagnostics::default();
        for place in places {
            let SetFile { planned, first } = self.file_of(place);
            let column = &planned.file.columns[place - first];
            let name = &column.name;
            let message = say!("没有规则读取指标 `{name}`", "no rule reads the feature `{name}`");
            let help = Bilingual::new(
                "请删去，或者在规则中读取：每个指标对每个监管对象都要计算",
                "take it out, or read it in a rule: every feature is computed for every operator",
            );
            found.push(planned.file.sql.at("feature/unread", column.name_span, message).with_help(help));
        }
        found
    }

    /// The catalogue, in the order of files and columns.
    pub fn catalogue(&self) -> &[Feature] {
        &self.catalogue
    }

    /// Whether one of these features is made of warnings that are over.
    pub fn read_past(&self, features: impl IntoIterator<Item = usize>) -> bool {
        features.into_iter().any(|feature| self.catalogue[feature].is_past())
    }

    /// The place of a feature in the catalogue.
    pub fn index_of(&self, name: &str) -> Option<usize> {
        self.place_of.get(name).copied()
    }

    /// How a feature is computed when something changed.
    ///
    /// # Panics
    /// If there is no such place in the catalogue.
    pub fn path(&self, feature: usize) -> FeaturePath {
        let SetFile { planned, first } = self.file_of(feature);
        planned.path(feature - first)
    }

    /// What a feature is, as one text without its layout: a feature of another ruleset with the same definition is the
    /// same feature.
    ///
    /// # Panics
    /// If there is no such place in the catalogue.
    pub fn definition(&self, feature: usize) -> String {
        let SetFile { planned, first } = self.file_of(feature);
        let Feature { missing, zh, en, .. } = &self.catalogue[feature];
        let query = planned.file.query_for([&planned.file.columns[feature - first]]);
        let zone = &self.zone;
        format!("{query}\n@missing {missing:?}\n@zh {zh}\n@en {en}\n@zone {zone}")
    }

    /// The source that a feature reads.
    ///
    /// # Panics
    /// If there is no such place in the catalogue.
    pub fn source(&self, feature: usize) -> SourceId {
        self.file_of(feature).planned.file.source
    }

    /// All features of `operators` as of an instant: one gather a source and one plan run a file.
    ///
    /// # Errors
    /// If the table cannot be put together. A feature whose SQL fails is not an error but listed in
    /// [`FeatureTable::failed`], for those operators whose events it fails on.
    pub fn compute(
        &self,
        view: View<'_>,
        operators: &[OperatorId],
        as_of: Timestamp,
    ) -> Result<FeatureTable, FeatureError> {
        let failure = |error: arrow::error::ArrowError| FeatureError { as_of, message: error.to_string() };
        let mut rows: HashMap<SourceId, RecordBatch> = HashMap::new();
        let mut table = TableBuilder::new(operators, self.longest_text);
        for file in &self.files {
            let source = file.planned.file.source;
            let rows = rows.entry(source).or_insert_with(|| view.gather(source, operators, as_of));
            table.add(&self.catalogue[file.places()], &file.planned.run(rows, as_of)).map_err(failure)?;
        }
        table.finish().map_err(failure)
    }

    /// The features of operators as of an instant each, of what is kept and of what changed since; each operator is
    /// asked for once a call. The values are those of [`FeatureSet::compute`] over the same view.
    ///
    /// # Errors
    /// As [`FeatureSet::compute`].
    pub fn refresh(
        &self,
        kept: &mut KeptFeatures,
        view: View<'_>,
        asks: &[(OperatorId, Timestamp)],
        threads: NonZeroUsize,
    ) -> Result<Vec<Refreshed>, FeatureError> {
        let asked =
            |file| AskedFile { key: self.key(file), planned: &file.planned, features: &self.catalogue[file.places()] };
        let files: Vec<_> = self.files.iter().map(asked).collect();
        kept.refresh(&files, &self.layout, view, asks, threads).map_err(|error| FeatureError {
            as_of: asks.iter().map(|(_, as_of)| *as_of).max().unwrap_or_default(),
            message: error.to_string(),
        })
    }

    /// The features that count days, by their places in the catalogue: each is unknown, or all that time changes of it is
    /// a step a day. One that is zero where it is missing is none of them.
    pub fn day_counters(&self) -> Vec<DayCounter> {
        let of_file = |file: &SetFile| -> Vec<DayCounter> {
            let lowered = file.planned.lowered();
            let counters = lowered.iter().flat_map(|lowered| lowered.day_counters());
            counters.map(|counter| DayCounter { place: file.first + counter.place, ..counter }).collect()
        };
        let mut counters: Vec<DayCounter> = self.files.iter().flat_map(of_file).collect();
        counters.retain(|counter| self.catalogue[counter.place].missing == Missing::Unknown);
        counters
    }

    /// The features that are counts of rows, by their places in the catalogue, ascending: while no row comes or begins to
    /// count, each falls at most.
    pub fn falling_counts(&self) -> Vec<usize> {
        let of_file = |file: &SetFile| -> Vec<usize> {
            let lowered = file.planned.lowered();
            let counts = lowered.iter().flat_map(|lowered| &lowered.falling_counts().columns);
            counts.map(|count| file.first + count.column).collect()
        };
        self.files.iter().flat_map(of_file).collect()
    }

    /// The instant at which one of these counts of an operator that was refreshed falls below its bound, or an earlier
    /// one, if none of its rows comes or goes.
    pub fn first_fall(&self, kept: &KeptFeatures, operator: &OperatorId, bounds: &[CountBound]) -> Timestamp {
        let fall = |CountBound { feature, least }: &CountBound| {
            let file = self.file_of(*feature);
            kept.falls_below(self.key(file), feature - file.first, operator, *least)
        };
        bounds.iter().map(fall).min().unwrap_or(Timestamp::MAX)
    }

    /// Forgets what is kept of files that are in none of these sets.
    pub fn retain_files(kept: &mut KeptFeatures, sets: &[&Self]) {
        let keys: HashSet<FileKey> = sets.iter().flat_map(|set| set.files.iter().map(|file| set.key(file))).collect();
        kept.retain_files(|key| keys.contains(&key));
    }

    fn key(&self, file: &SetFile) -> FileKey {
        FileKey { text: file.planned.text, longest_text: self.longest_text }
    }

    /// The same over rows gathered already, as [`View::gather`] gives them; a source that is not there has no rows.
    ///
    /// # Errors
    /// As [`FeatureSet::compute`].
    pub fn compute_over(
        &self,
        rows: &HashMap<SourceId, RecordBatch>,
        operators: &[OperatorId],
        as_of: Timestamp,
    ) -> Result<FeatureTable, FeatureError> {
        let failure = |error: arrow::error::ArrowError| FeatureError { as_of, message: error.to_string() };
        let mut table = TableBuilder::new(operators, self.longest_text);
        for file in &self.files {
            let rows = rows.get(&file.planned.file.source);
            let result = rows.map_or_else(FileResult::default, |rows| file.planned.run(rows, as_of));
            table.add(&self.catalogue[file.places()], &result).map_err(failure)?;
        }
        table.finish().map_err(failure)
    }

    /// The newest of the events that the WHERE and FILTER of a feature kept of rows gathered already: one operator's rows of
    /// the feature's source. Nothing for a feature of a reference source.
    ///
    /// # Errors
    /// If the evidence plan fails.
    ///
    /// # Panics
    /// If there is no such place in the catalogue.
    pub fn evidence_over(
        &self,
        feature: usize,
        rows: &RecordBatch,
        as_of: Timestamp,
    ) -> Result<Evidence, FeatureError> {
        if self.catalogue[feature].reference {
            return Ok(Evidence::default());
        }
        let file = self.file_evidence(feature, rows, as_of);
        self.evidence_in(feature, rows, &file, as_of, Evidence::NEWEST)
    }

    /// Plans for so many threads what would else be planned when evidence is first asked for, while a warning waits.
    pub fn plan_evidence(&self, threads: NonZeroUsize) {
        let is_event = |file: &&SetFile| file.planned.source().kind == Kind::Event;
        for SetFile { planned, .. } in self.files.iter().filter(is_event) {
            let mut of_threads: Vec<_> = (0..threads.get()).map(|_| planned.plans()).collect();
            for plans in &mut of_threads {
                // What cannot be planned is asked column by column, and says so then.
                let _ = plans.plan_evidence_flags(&planned.file);
            }
        }
    }

    /// What the conditions of all columns of a feature's file keep. Planned when first asked for, if it was not before
    /// ([`FeatureSet::plan_evidence`]): only lifecycle events and people's questions need it.
    pub(in crate::feature) fn file_evidence(
        &self,
        feature: usize,
        rows: &RecordBatch,
        as_of: Timestamp,
    ) -> FileEvidence {
        let SetFile { planned, .. } = self.file_of(feature);
        planned.plans().evidence_flags(&planned.file, rows, as_of).ok()
    }

    /// The evidence of one feature in what its file keeps; where that failed, its own conditions are asked alone.
    pub(in crate::feature) fn evidence_in(
        &self,
        feature: usize,
        rows: &RecordBatch,
        file: &FileEvidence,
        as_of: Timestamp,
        most: usize,
    ) -> Result<Evidence, FeatureError> {
        let entry = &self.catalogue[feature];
        let failure =
            |message: String| FeatureError { as_of, message: format!("evidence of {}: {message}", entry.name) };
        let SetFile { planned, first } = self.file_of(feature);
        let column = feature - first;
        if let Some(evidence) = file.as_ref().and_then(|kept| Evidence::from_flags(&entry.source, kept, column, most)) {
            return Ok(evidence);
        }
        let rows = planned.plans().evidence(&planned.file, column, rows, as_of).map_err(failure)?;
        Evidence::from_rows(&entry.source, &rows, most).ok_or_else(|| failure("rows of an unexpected type".to_owned()))
    }

    /// The place in the catalogue of the first feature that stands in the same file.
    pub(in crate::feature) fn first_of_file(&self, feature: usize) -> usize {
        self.file_of(feature).first
    }

    fn file_of(&self, feature: usize) -> &SetFile {
        assert!(feature < self.catalogue.len(), "invariant: features are named by their place in the catalogue");
        let behind = self.files.partition_point(|file| file.first <= feature);
        &self.files[behind - 1]
    }
}

impl SetFile {
    /// The places of its features in the catalogue.
    fn places(&self) -> Range<usize> {
        self.first..self.first + self.planned.file.columns.len()
    }
}

impl ReadFile {
    fn file(&self) -> &FeatureFile {
        match self {
            Self::New(file, _) => file,
            Self::Checked(checked) => &checked.planned.file,
        }
    }

    fn checked(self, sources: &Sources, zone: &Zone, functions: &Functions) -> Result<Arc<CheckedFile>, Diagnostics> {
        match self {
            Self::New(file, found) => CheckedFile::new(*file, found, sources, zone, functions).map(Arc::new),
            Self::Checked(checked) => Ok(checked),
        }
    }
}
