//! Features kept from one question to the next: per file and operator the aggregates of its rows, the values that came
//! of them and until when they hold. A question costs what changed since the last one.
//!
//! Files are kept by text, zone and longest text, so that rulesets which have a file in common share what is kept of it.
//! Whole recomputing ([`crate::feature::FeatureSet::compute`]) gives the same values at every instant.
//!
//! Each of these uses only those before it:
//!
//! - [`operator_index`]: operators by number
//! - [`hold`]: until when an answer holds
//! - [`kept_operator`]: what is kept of one file for one operator
//! - [`visible_rows`]: the rows that a question sees, and when it sees others
//! - [`kept_file`]: what is kept of one file
//! - [`row_changes`], [`file_refresh`]: rows that come and go, and answers made anew
//! - here: every file

mod file_refresh;
mod hold;
mod kept_file;
mod kept_operator;
mod operator_index;
mod row_changes;
mod visible_rows;

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::Arc;

use arrow::error::ArrowError;
use jiff::Timestamp;
use yujing_base::{OperatorId, parallel};

use self::hold::Hold;
pub use self::kept_file::FileKey;
use self::kept_file::KeptFile;
use self::operator_index::OperatorIndex;
use crate::feature::catalogue::Feature;
use crate::feature::planned_file::PlannedFile;
use crate::feature::row::{FeatureRow, RowLayout};
use crate::window::View;

/// What is kept of the features of every file and operator asked for so far.
///
/// It follows one window store: [`KeptFeatures::apply_changes`] is given every delta once, before the questions to the
/// store with the delta laid over it, and [`KeptFeatures::forget`] the operators of a delta that is dropped.
#[derive(Debug, Default)]
pub struct KeptFeatures {
    operators: OperatorIndex,
    files: Vec<KeptFile>,
}

/// One operator's features, and until when they hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Refreshed {
    pub row: FeatureRow,
    /// No feature changes before this instant unless a row of the operator does. Of a feature whose time nobody can read
    /// from its SQL it is the next whole hour.
    pub holds_until: Timestamp,
    /// The same but for the features that count days ([`FeatureSet::day_counters`](crate::feature::FeatureSet::day_counters)),
    /// and for those that count rows ([`FeatureSet::falling_counts`](crate::feature::FeatureSet::falling_counts)), which fall
    /// at most.
    pub steady_until: Timestamp,
}

/// A file of a ruleset that asks.
#[derive(Debug, Clone, Copy)]
pub struct AskedFile<'a> {
    pub key: FileKey,
    pub planned: &'a Arc<PlannedFile>,
    /// Its part of the catalogue.
    pub features: &'a [Feature],
}

/// One operator asked for as of an instant.
#[derive(Debug, Clone, Copy)]
struct Ask<'a> {
    operator: &'a OperatorId,
    /// Its number.
    number: usize,
    /// Microseconds since 1970.
    as_of: i64,
}

impl KeptFeatures {
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in what the view's delta changes: the rows of operators that are kept already. Files do not need each other,
    /// so they are shared out among threads.
    pub fn apply_changes(&mut self, view: View<'_>, threads: NonZeroUsize) {
        let operators = &self.operators;
        parallel::map(threads, &mut self.files, |file| file.apply_changes(view, operators));
    }

    /// Forgets operators: they are made anew when somebody asks for them.
    pub fn forget<'a>(&mut self, operators: impl IntoIterator<Item = &'a OperatorId>) {
        for number in operators.into_iter().filter_map(|operator| self.operators.number_of(operator)) {
            self.files.iter_mut().for_each(|file| file.forget(number));
        }
    }

    /// Forgets the files that are not to be kept.
    pub fn retain_files(&mut self, is_kept: impl Fn(FileKey) -> bool) {
        self.files.retain(|file| is_kept(file.key));
    }

    /// The features of the `files`, which follow one another in the catalogue that the layout is of, for each operator asked
    /// for. Files are shared out among threads.
    ///
    /// # Errors
    /// If Arrow cannot put values together. Nothing is kept of the operators then.
    pub fn refresh(
        &mut self,
        files: &[AskedFile<'_>],
        layout: &Arc<RowLayout>,
        view: View<'_>,
        asks: &[(OperatorId, Timestamp)],
        threads: NonZeroUsize,
    ) -> Result<Vec<Refreshed>, ArrowError> {
        let asks: Vec<Ask<'_>> = asks
            .iter()
            .map(|(operator, as_of)| Ask { operator, number: self.operators.number(operator), as_of: micros(*as_of) })
            .collect();
        let refreshed = self.refresh_files(files, view, &asks, threads);
        if refreshed.is_err() {
            self.forget(asks.iter().map(|ask| ask.operator));
        }
        let files = refreshed?;
        Ok(asks.iter().map(|ask| self.refreshed(&files, layout, ask)).collect())
    }

    /// The instant at which a count of an operator that was refreshed falls below a bound above zero that it is not below,
    /// or an earlier one, if none of its rows comes or goes; the count is a column of a file.
    pub fn falls_below(&self, file: FileKey, column: usize, operator: &OperatorId, bound: usize) -> Timestamp {
        let file = self.files.iter().find(|kept| kept.key == file);
        let kept = file.zip(self.operators.number_of(operator));
        kept.map_or(Timestamp::MAX, |(file, number)| instant(file.falls_below(number, column, bound)))
    }

    /// Returns the places of the files.
    fn refresh_files(
        &mut self,
        files: &[AskedFile<'_>],
        view: View<'_>,
        asks: &[Ask<'_>],
        threads: NonZeroUsize,
    ) -> Result<Vec<usize>, ArrowError> {
        let places = files.iter().map(|file| self.place_of(file)).collect::<Result<Vec<_>, _>>()?;
        let features_of: HashMap<usize, &[Feature]> =
            places.iter().copied().zip(files.iter().map(|file| file.features)).collect();
        let kept = self.files.iter_mut().enumerate();
        let asked = kept.filter_map(|(place, file)| Some((file, *features_of.get(&place)?)));
        let operators = &self.operators;
        let refreshed = parallel::map(threads, asked, |(file, features)| file.refresh(features, view, asks, operators));
        refreshed.into_iter().collect::<Result<(), _>>()?;
        Ok(places)
    }

    fn place_of(&mut self, asked: &AskedFile<'_>) -> Result<usize, ArrowError> {
        if let Some(place) = self.files.iter().position(|file| file.key == asked.key) {
            return Ok(place);
        }
        self.files.push(KeptFile::new(asked)?);
        Ok(self.files.len() - 1)
    }

    fn refreshed(&self, files: &[usize], layout: &Arc<RowLayout>, ask: &Ask<'_>) -> Refreshed {
        let mut of_files = Vec::with_capacity(files.len());
        let mut hold = Hold::FOREVER;
        for (features, of_file) in files.iter().map(|file| self.files[*file].answer(ask.number)) {
            of_files.push(Arc::clone(features));
            hold = hold.and(of_file);
        }
        let row = FeatureRow::new(layout, of_files);
        Refreshed { row, holds_until: instant(hold.ask_again), steady_until: instant(hold.steady_until) }
    }
}

fn instant(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or(Timestamp::MAX)
}

/// Whole microseconds since 1970, which is how times are stored.
fn micros(as_of: Timestamp) -> i64 {
    let micros = as_of.as_nanosecond().div_euclid(1_000);
    i64::try_from(micros).expect("invariant: jiff's timestamps fit 64 bits as microseconds")
}
