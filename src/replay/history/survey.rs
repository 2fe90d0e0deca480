//! A look through files before they are replayed: whose documents stand in the order of their arrival is read as it
//! stands; only what does not is sorted.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;
use yujing_core::source::{Source, Sources};

use super::arrivals::Found;
use super::{FileInput, HistoryError};

/// A file that was looked through.
#[derive(Debug)]
pub(super) struct SurveyedFile<'a> {
    pub(super) input: &'a FileInput,
    /// How it is to be read.
    pub(super) order: FileOrder,
    /// What was found in it; of one that is to be sorted, once that is done.
    pub(super) found: Arc<Found>,
}

/// In what order the documents of a file stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileOrder {
    /// In that of their arrival.
    Arrival,
    /// In another, or nobody looked, because the file cannot be read twice at little cost.
    Unknown,
}

/// Looks through a file, as far as to the first document out of order; it ends soon once it is `cancelled`.
///
/// # Errors
/// If the file cannot be read.
pub(super) fn survey<'a>(
    input: &'a FileInput,
    sources: &Sources,
    cancelled: &AtomicBool,
) -> Result<SurveyedFile<'a>, HistoryError> {
    let found = Found::default();
    let order = if input.origin.is_plain() {
        order_of(input, sources.get(input.source), &found, cancelled)?
    } else {
        FileOrder::Unknown
    };
    Ok(SurveyedFile { input, order, found: Arc::new(found) })
}

fn order_of(
    input: &FileInput,
    source: &Arc<Source>,
    found: &Found,
    cancelled: &AtomicBool,
) -> Result<FileOrder, HistoryError> {
    let mut last = Timestamp::MIN;
    for document in input.origin.documents(source)? {
        let Some(arrival) = found.count(input, source, &document?) else { continue };
        if arrival < last || cancelled.load(Ordering::Relaxed) {
            return Ok(FileOrder::Unknown);
        }
        last = arrival;
    }
    Ok(FileOrder::Arrival)
}
