//! Aggregates as one would write them down, and the answers of the stages with these.

use std::collections::BTreeSet;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::TimestampMicrosecondType;
use arrow::record_batch::RecordBatch;
use jiff::Timestamp;

use super::given::{OPERATORS, Subject};
use crate::feature::aggregate::{AggregateKind, AggregateValue};
use crate::feature::lowered::{Contribution, FinishInput, LoweredFile};
use crate::feature::plan::file_plans::FilePlans;
use crate::source::{Kind, Source};

/// An answer for one operator.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    NoRow,
    /// Each column as an array of one value; none where it failed.
    Row(Vec<Option<ArrayRef>>),
}

/// What the kept plan of a file answers for each operator, given all rows.
pub fn planned(subject: &mut Subject, rows: &RecordBatch, as_of: i64) -> Vec<Answer> {
    let seen = seen(&subject.source, rows, as_of);
    let Subject { file, plans, .. } = subject;
    let result = FilePlans::run(plans, file, &seen, Timestamp::from_microsecond(as_of).expect("an instant"));
    let answer = |operator: &&str| {
        let failed = result.failures.get(*operator);
        let found = result.batches.iter().find_map(|batch| {
            let ids = batch.column(0).as_string::<i32>();
            let row = (0..ids.len()).find(|row| ids.value(*row) == *operator)?;
            Some(batch.slice(row, 1))
        });
        let columns = |place: usize| {
            let has_failed = failed.is_some_and(|failed| failed.contains_key(&place));
            found.as_ref().filter(|_| !has_failed).map(|row| row.column(place + 1).clone())
        };
        match (&found, failed) {
            (None, None) => Answer::NoRow,
            _ => Answer::Row((0..file.columns.len()).map(columns).collect()),
        }
    };
    OPERATORS.iter().map(answer).collect()
}

/// The rows that a question as of an instant sees.
pub fn seen(source: &Source, rows: &RecordBatch, as_of: i64) -> RecordBatch {
    if source.kind == Kind::Reference {
        return rows.clone();
    }
    let times = rows.column_by_name("occurred_at").expect("a column").as_primitive::<TimestampMicrosecondType>();
    let retention = i64::try_from(source.retention.as_micros()).expect("a length");
    let is_seen = times.values().iter().map(|time| Some(as_of - retention < *time && *time <= as_of));
    arrow::compute::filter_record_batch(rows, &is_seen.collect()).expect("rows")
}

/// The next instant at which other rows are seen of an operator.
pub fn next_seen(source: &Source, rows: &RecordBatch, as_of: i64) -> i64 {
    if source.kind == Kind::Reference {
        return i64::MAX;
    }
    let times = rows.column_by_name("occurred_at").expect("a column").as_primitive::<TimestampMicrosecondType>();
    let retention = i64::try_from(source.retention.as_micros()).expect("a length");
    let bounds = times.values().iter().flat_map(|time| [*time, *time + retention]);
    bounds.filter(|bound| *bound > as_of).min().unwrap_or(i64::MAX)
}

/// The rows of one operator.
pub fn rows_of(operator: &str, rows: &RecordBatch) -> RecordBatch {
    let ids = rows.column_by_name("operator_id").expect("a column").as_string::<i32>();
    let own = ids.iter().map(|id| Some(id == Some(operator)));
    arrow::compute::filter_record_batch(rows, &own.collect()).expect("rows")
}

/// The value of an aggregate as of an instant.
pub fn value(
    kind: AggregateKind,
    aggregate: usize,
    entries: &[Contribution],
    as_of: i64,
) -> Result<AggregateValue, String> {
    let counted = entries
        .iter()
        .filter(|entry| entry.aggregate == aggregate && entry.interval.from <= as_of && as_of < entry.interval.until);
    let mut values: Vec<AggregateValue> = counted.map(|entry| entry.value.clone()).collect();
    values.sort();
    let count = |count: usize| AggregateValue::Int(i64::try_from(count).expect("small"));
    Ok(match kind {
        AggregateKind::Count => count(values.len()),
        AggregateKind::CountDistinct => count(values.iter().collect::<BTreeSet<_>>().len()),
        AggregateKind::Min | AggregateKind::BoolAnd => values.first().cloned().unwrap_or(AggregateValue::Null),
        AggregateKind::Max | AggregateKind::BoolOr => values.last().cloned().unwrap_or(AggregateValue::Null),
        AggregateKind::Sum => values.into_iter().map(Ok).reduce(sum).transpose()?.unwrap_or(AggregateValue::Null),
        AggregateKind::Episodes { gap } => {
            let times: Vec<i64> = values
                .iter()
                .filter_map(|value| if let AggregateValue::Time(time) = value { Some(*time) } else { None })
                .collect();
            let apart = times.windows(2).filter(|pair| pair[1] - pair[0] > gap).count();
            count(if times.is_empty() { 0 } else { apart + 1 })
        }
    })
}

fn sum(left: Result<AggregateValue, String>, right: Result<AggregateValue, String>) -> Result<AggregateValue, String> {
    match (left?, right?) {
        (AggregateValue::Int(left), AggregateValue::Int(right)) => {
            left.checked_add(right).map(AggregateValue::Int).ok_or_else(|| "beyond 64 bits".to_owned())
        }
        (AggregateValue::Decimal(left), AggregateValue::Decimal(right)) => Ok(AggregateValue::Decimal(left + right)),
        (left, right) => panic!("{left:?} and {right:?} are added"),
    }
}

/// What the stages answer for an operator, and until when.
pub struct StagedAnswer {
    pub answer: Answer,
    pub holds_until: i64,
}

/// The answer of the stages for one operator's rows as of an instant; an error if one of them fails.
pub fn staged(
    stages: &mut LoweredFile,
    source: &Source,
    rows: &RecordBatch,
    as_of: i64,
) -> Result<StagedAnswer, String> {
    let entries = if stages.reads_whole_operator() {
        stages.contributions(&seen(source, rows, as_of))?.entries
    } else {
        stages.contributions(rows)?.entries
    };
    let kinds = stages.kinds().clone();
    let values = kinds.iter().enumerate().map(|(place, kind)| value(*kind, place, &entries, as_of));
    let input = FinishInput { as_of, values: values.collect::<Result<_, _>>()? };
    let is_there = input.values[0] != AggregateValue::Int(0);
    let finished = stages.finish(std::slice::from_ref(&input))?;
    let columns = finished.columns.columns().iter().map(|column| Some(column.clone())).collect();
    let bounds = entries.iter().flat_map(|entry| [entry.interval.from, entry.interval.until]);
    let mut holds_until = bounds.filter(|bound| *bound > as_of).min().unwrap_or(i64::MAX);
    if stages.reads_whole_operator() {
        holds_until = holds_until.min(next_seen(source, rows, as_of));
    }
    if !is_there {
        return Ok(StagedAnswer { answer: Answer::NoRow, holds_until });
    }
    Ok(StagedAnswer { answer: Answer::Row(columns), holds_until: holds_until.min(finished.holds_until[0]) })
}
