//! The accepted events of one source: sealed chunks, the open segment, and the two indexes over them.

use std::collections::HashMap;
use std::sync::Arc;

use yujing_base::OperatorId;

use super::chunk::{Chunk, MAX_ROWS, Run};
use super::delta::{IdentityChange, NewState, PriorState, SourceChanges};
use super::identity_hash::IdentityHash;
use super::open_segment::OpenSegment;
use super::precedence::{KnownRevision, RevisionState};
use super::retained_identities::RetainedIdentities;
use super::unsealed_row::UnsealedRow;
use crate::source::{Identity, Kind, Source};

/// Chunks of one tier are merged when they are this many.
const MERGE_FANOUT: usize = 8;

/// Chunks are not merged to more than this, so that no column's text outgrows its 32-bit offsets.
const MAX_MERGED_BYTES: usize = 256 << 20;

#[derive(Debug)]
pub(super) struct Table {
    pub source: Arc<Source>,
    retention: i64,
    /// The open segment becomes a chunk at this many rows.
    sealed_rows: usize,
    by_identity: HashMap<Identity, Entry, IdentityHash>,
    retained: RetainedIdentities,
    by_operator: HashMap<OperatorId, OperatorRows>,
    /// A place is empty when its chunk was merged or all its rows were deleted; the next chunk takes it.
    chunks: Vec<Option<Chunk>>,
    open: OpenSegment,
    live_rows: usize,
}

#[derive(Debug)]
struct Entry {
    revision: i64,
    content: u64,
    place: Place,
}

/// Where the row of an identity is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Open(u16),
    Sealed { chunk: u32, row: u16 },
    Expired,
    Retracted,
}

/// Where the rows of an operator are, deleted ones included.
#[derive(Debug, Default)]
struct OperatorRows {
    runs: Vec<Run>,
    open: Vec<u16>,
}

/// A live row that a gather visits.
#[derive(Debug, Clone, Copy)]
pub(super) enum StoredRow<'a> {
    Sealed { number: u32, chunk: &'a Chunk, row: usize },
    Unsealed(&'a UnsealedRow),
}

impl StoredRow<'_> {
    pub fn occurred_at(&self) -> i64 {
        match self {
            Self::Sealed { chunk, row, .. } => chunk.occurred_at(*row),
            Self::Unsealed(row) => row.occurred_at,
        }
    }

    pub fn identity(&self) -> Identity {
        match self {
            Self::Sealed { chunk, row, .. } => chunk.identity(*row),
            Self::Unsealed(row) => row.identity,
        }
    }
}

impl Table {
    /// `sealed_rows` is at most [`MAX_ROWS`] / 8, so that a merged chunk is never too large.
    pub fn new(source: Arc<Source>, sealed_rows: usize) -> Self {
        debug_assert!(sealed_rows * MERGE_FANOUT <= MAX_ROWS);
        Self {
            sealed_rows,
            retention: i64::try_from(source.retention.as_micros()).unwrap_or(i64::MAX),
            source,
            by_identity: HashMap::default(),
            retained: RetainedIdentities::default(),
            by_operator: HashMap::new(),
            chunks: Vec::new(),
            open: OpenSegment::default(),
            live_rows: 0,
        }
    }

    pub fn live_rows(&self) -> usize {
        self.live_rows
    }

    pub fn bytes(&self) -> usize {
        self.open.weight() + self.chunks.iter().flatten().map(Chunk::bytes).sum::<usize>()
    }

    /// The retention in microseconds.
    pub fn retention(&self) -> i64 {
        self.retention
    }

    /// Rows of `occurred_at` up to here are past their retention; a reference source has none.
    pub fn horizon(&self, as_of: i64) -> Option<i64> {
        match self.source.kind {
            Kind::Event => Some(as_of.saturating_sub(self.retention)),
            Kind::Reference => None,
        }
    }

    pub fn prior(&self, identity: Identity) -> PriorState {
        let Some(entry) = self.by_identity.get(&identity) else { return PriorState::default() };
        let (state, occurred_at) = match entry.place {
            Place::Open(place) => (RevisionState::Live, self.open.get(place).map(|row| row.occurred_at)),
            Place::Sealed { chunk, row } => {
                (RevisionState::Live, self.chunk(chunk).map(|chunk| chunk.occurred_at(usize::from(row))))
            }
            Place::Expired => (RevisionState::Expired, None),
            Place::Retracted => (RevisionState::Retracted, None),
        };
        PriorState {
            known: Some(KnownRevision { revision: entry.revision, content: entry.content, state }),
            occurred_at,
            retain_until: self.retained.until(identity),
        }
    }

    /// The live row of an identity.
    pub fn row(&self, identity: Identity) -> Option<StoredRow<'_>> {
        match self.by_identity.get(&identity)?.place {
            Place::Open(place) => self.open.get(place).map(StoredRow::Unsealed),
            Place::Sealed { chunk: number, row } => {
                self.chunk(number).map(|chunk| StoredRow::Sealed { number, chunk, row: row.into() })
            }
            Place::Expired | Place::Retracted => None,
        }
    }

    /// The live rows of an operator, in no particular order.
    pub fn rows_of(&self, operator: &str) -> impl Iterator<Item = StoredRow<'_>> {
        let rows = self.by_operator.get(operator);
        let sealed = rows.into_iter().flat_map(|rows| &rows.runs).flat_map(|run| {
            let chunk = self.chunk(run.chunk);
            chunk.into_iter().flat_map(|chunk| {
                let live_rows = (run.start as usize..run.end as usize).filter(|row| chunk.is_live(*row));
                live_rows.map(|row| StoredRow::Sealed { number: run.chunk, chunk, row })
            })
        });
        let open = rows.into_iter().flat_map(|rows| &rows.open);
        sealed.chain(open.filter_map(|place| self.open.get(*place)).map(StoredRow::Unsealed))
    }

    /// Operators with rows, deleted ones included.
    pub fn operators(&self) -> impl Iterator<Item = &OperatorId> {
        self.by_operator.keys()
    }

    /// How many numbers chunks have: every [`StoredRow::Sealed`] has a lower one.
    pub fn chunk_numbers(&self) -> usize {
        self.chunks.len()
    }

    pub fn install(&mut self, changes: SourceChanges) {
        for (identity, change) in changes.into_changes() {
            self.install_change(identity, change);
        }
        self.compact();
    }

    fn install_change(&mut self, identity: Identity, change: IdentityChange) {
        self.delete(identity);
        self.retained.set(identity, change.retain_until);
        let place = match change.after {
            NewState::Live(row) => self.push(row),
            NewState::Retracted => Place::Retracted,
            NewState::Deleted => {
                self.by_identity.remove(&identity);
                return;
            }
        };
        self.by_identity.insert(identity, Entry { revision: change.revision, content: change.content, place });
        if self.open.is_full(self.sealed_rows) {
            self.seal();
        }
    }

    /// Deletes the row of an identity, if it has one.
    fn delete(&mut self, identity: Identity) {
        match self.by_identity.get(&identity).map(|entry| entry.place) {
            Some(Place::Open(place)) => self.open.delete(place),
            Some(Place::Sealed { chunk, row }) => {
                if let Some(chunk) = &mut self.chunks[chunk as usize] {
                    chunk.delete(usize::from(row));
                }
            }
            Some(Place::Expired | Place::Retracted) | None => return,
        }
        self.live_rows -= 1;
    }

    fn push(&mut self, row: UnsealedRow) -> Place {
        self.live_rows += 1;
        let operator = row.operator.clone();
        let place = self.open.push(row);
        self.by_operator.entry(operator).or_default().open.push(place);
        Place::Open(place)
    }

    /// Drops events of `occurred_at <= as_of - retention` and tombstones past their time; says how many events went.
    pub fn expire(&mut self, as_of: i64) -> usize {
        let mut expired = Vec::new();
        if let Some(horizon) = self.horizon(as_of) {
            self.open.expire(horizon, &mut expired);
            self.chunks.iter_mut().flatten().for_each(|chunk| chunk.expire(horizon, &mut expired));
        }
        self.live_rows -= expired.len();
        for identity in &expired {
            if self.retained.until(*identity).is_none() {
                self.by_identity.remove(identity);
            } else if let Some(entry) = self.by_identity.get_mut(identity) {
                entry.place = Place::Expired;
            }
        }
        while let Some(identity) = self.retained.pop_due(as_of) {
            let place = self.by_identity.get(&identity).map(|entry| entry.place);
            if matches!(place, Some(Place::Expired | Place::Retracted)) {
                self.by_identity.remove(&identity);
            }
        }
        if !expired.is_empty() {
            self.compact();
        }
        expired.len()
    }

    /// Makes a chunk of the open segment.
    fn seal(&mut self) {
        let rows = self.open.take();
        // Rows that were deleted in the open segment left their operators' places behind.
        self.by_operator.retain(|_, of_operator| {
            of_operator.open.clear();
            !of_operator.runs.is_empty()
        });
        if !rows.is_empty() {
            self.add(Chunk::seal(&self.source, rows));
        }
    }

    /// Rewrites chunks whose rows are mostly deleted, and merges small chunks in tiers: an operator's rows come to lie
    /// in few places, and each row is rewritten only once a tier.
    fn compact(&mut self) {
        let mostly_deleted = self.numbers_of(|chunk| chunk.live_rows() * 2 < chunk.len());
        for number in mostly_deleted {
            self.merge(&[number]);
        }
        let [small, sealed] = [self.sealed_rows / MERGE_FANOUT, self.sealed_rows];
        self.merge_tier(|chunk| chunk.len() <= small);
        self.merge_tier(|chunk| chunk.len() > small && chunk.len() <= sealed);
        if self.by_identity.capacity() / 4 > self.by_identity.len() + self.sealed_rows {
            self.by_identity.shrink_to_fit();
        }
    }

    fn merge_tier(&mut self, of_tier: impl Fn(&Chunk) -> bool) {
        loop {
            let mut group = self.numbers_of(|chunk| of_tier(chunk) && chunk.bytes() <= MAX_MERGED_BYTES / MERGE_FANOUT);
            if group.len() < MERGE_FANOUT {
                return;
            }
            group.truncate(MERGE_FANOUT);
            self.merge(&group);
        }
    }

    fn numbers_of(&self, chosen: impl Fn(&Chunk) -> bool) -> Vec<usize> {
        let numbered = self.chunks.iter().enumerate();
        numbered.filter(|(_, chunk)| chunk.as_ref().is_some_and(&chosen)).map(|(number, _)| number).collect()
    }

    /// Replaces some chunks by one of their live rows.
    fn merge(&mut self, numbers: &[usize]) {
        let merged: Vec<Chunk> = numbers.iter().filter_map(|number| self.chunks[*number].take()).collect();
        let gone = |run: &Run| numbers.contains(&(run.chunk as usize));
        for (operator, _) in merged.iter().flat_map(Chunk::runs) {
            let Some(rows) = self.by_operator.get_mut(operator) else { continue };
            rows.runs.retain(|run| !gone(run));
            if rows.runs.is_empty() && rows.open.is_empty() {
                self.by_operator.remove(operator);
            }
        }
        if merged.iter().any(|chunk| chunk.live_rows() > 0) {
            self.add(Chunk::merge(&self.source, &merged));
        }
    }

    /// Takes a chunk whose rows are all live, and points the indexes at them.
    fn add(&mut self, chunk: Chunk) {
        debug_assert!(chunk.len() <= MAX_ROWS && chunk.live_rows() == chunk.len());
        let number = self.chunks.iter().position(Option::is_none).unwrap_or(self.chunks.len());
        let chunk_number = u32::try_from(number).expect("invariant: memory ends before chunk numbers do");
        for (row, identity) in (0..=u16::MAX).zip(chunk.identities()) {
            if let Some(entry) = self.by_identity.get_mut(identity) {
                entry.place = Place::Sealed { chunk: chunk_number, row };
            }
        }
        for (operator, rows) in chunk.runs() {
            let [start, end] = [rows.start, rows.end]
                .map(|row| u32::try_from(row).expect("invariant: a chunk has at most 65,536 rows"));
            let run = Run { chunk: chunk_number, start, end };
            if let Some(of_operator) = self.by_operator.get_mut(operator) {
                of_operator.runs.push(run);
            } else {
                self.by_operator.insert(operator.into(), OperatorRows { runs: vec![run], open: Vec::new() });
            }
        }
        if number == self.chunks.len() {
            self.chunks.push(Some(chunk));
        } else {
            self.chunks[number] = Some(chunk);
        }
    }

    fn chunk(&self, number: u32) -> Option<&Chunk> {
        self.chunks.get(number as usize).and_then(Option::as_ref)
    }
}
