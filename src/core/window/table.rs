//! The accepted events of one source: sealed chunks, the open segment, and the indexes over them.

use std::sync::Arc;

use hashbrown::HashMap;
use hashbrown::hash_map::EntryRef;
use yujing_base::OperatorId;

use super::chunk::{Chunk, MAX_ROWS, Run, push_live_rows, sorted_runs};
use super::delta::{IdentityChange, NewState, PriorState, SourceChanges};
use super::identity_hash::IdentityHash;
use super::identity_index::{IdentityIndex, Place, is_mostly_unused};
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
    by_identity: IdentityIndex,
    /// Identities of which no row is kept: what must be known of them while they are retained.
    without_row: HashMap<Identity, KnownRevision, IdentityHash>,
    retained: RetainedIdentities,
    by_operator: HashMap<OperatorId, OperatorRows>,
    /// A place is empty when its chunk was merged or all its rows were deleted; the next chunk takes it.
    chunks: Vec<Option<Chunk>>,
    open: OpenSegment,
    /// Operators that have places in the open segment.
    open_operators: Vec<OperatorId>,
    live_rows: usize,
    /// Whether chunks came or rows of chunks went since chunks were last looked over.
    chunks_changed: bool,
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

impl<'a> StoredRow<'a> {
    pub fn occurred_at(&self) -> i64 {
        match self {
            Self::Sealed { chunk, row, .. } => chunk.occurred_at(*row),
            Self::Unsealed(row) => row.occurred_at,
        }
    }

    pub fn event_id(&self) -> &'a str {
        match self {
            Self::Sealed { chunk, row, .. } => chunk.event_id(*row),
            Self::Unsealed(row) => &row.event_id,
        }
    }

    pub fn publisher(&self) -> &'a str {
        match self {
            Self::Sealed { chunk, row, .. } => chunk.publisher(*row),
            Self::Unsealed(row) => &row.publisher,
        }
    }

    pub fn identity(&self) -> Identity {
        match self {
            Self::Sealed { chunk, row, .. } => chunk.identity(*row),
            Self::Unsealed(row) => row.identity,
        }
    }

    fn known(&self) -> KnownRevision {
        match self {
            Self::Sealed { chunk, row, .. } => chunk.known(*row),
            Self::Unsealed(row) => row.known(),
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
            by_identity: IdentityIndex::default(),
            without_row: HashMap::default(),
            retained: RetainedIdentities::default(),
            by_operator: HashMap::new(),
            chunks: Vec::new(),
            open: OpenSegment::default(),
            open_operators: Vec::new(),
            live_rows: 0,
            chunks_changed: false,
        }
    }

    pub fn live_rows(&self) -> usize {
        self.live_rows
    }

    /// Bytes of rows and indexes, with what these reserve.
    pub fn bytes(&self) -> usize {
        let rows = self.open.weight() + self.chunks.iter().flatten().map(Chunk::bytes).sum::<usize>();
        let of_operators = self.by_operator.iter().map(|(operator, rows)| operator.len() + rows.bytes()).sum::<usize>();
        let operators = self.by_operator.capacity() * (size_of::<(OperatorId, OperatorRows)>() + 1) + of_operators;
        let identities = self.without_row.capacity() * (size_of::<(Identity, KnownRevision)>() + 1);
        rows + operators + identities + self.by_identity.bytes() + self.retained.bytes()
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
        let row = self.row(identity);
        let known = match &row {
            Some(row) => Some(row.known()),
            None => self.without_row.get(&identity).copied(),
        };
        PriorState {
            known,
            occurred_at: row.map(|row| row.occurred_at()),
            retain_until: known.and_then(|_| self.retained.until(identity)),
        }
    }

    /// The live row of an identity.
    pub fn row(&self, identity: Identity) -> Option<StoredRow<'_>> {
        match self.place(identity)? {
            Place::Open(place) => self.open.get(place).map(StoredRow::Unsealed),
            Place::Sealed { chunk: number, row } => {
                self.chunk(number).map(|chunk| StoredRow::Sealed { number, chunk, row: row.into() })
            }
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
        self.shrink_indexes();
    }

    fn install_change(&mut self, identity: Identity, change: IdentityChange) {
        self.delete(identity);
        self.retained.set(identity, change.retain_until);
        match change.after {
            NewState::Live(row) => self.push(row),
            NewState::Retracted { revision, content } => {
                let known = KnownRevision { revision, content, state: RevisionState::Retracted };
                self.without_row.insert(identity, known);
            }
            NewState::Deleted => {}
        }
    }

    /// Forgets an identity and its row, if it has one.
    fn delete(&mut self, identity: Identity) {
        let Some(place) = self.place(identity) else {
            self.without_row.remove(&identity);
            return;
        };
        self.by_identity.remove(identity, place);
        self.live_rows -= 1;
        match place {
            Place::Open(place) => self.open.delete(place),
            Place::Sealed { chunk, row } => {
                self.chunks_changed = true;
                if let Some(chunk) = &mut self.chunks[chunk as usize] {
                    chunk.delete(usize::from(row));
                }
            }
        }
    }

    fn push(&mut self, row: UnsealedRow) {
        self.live_rows += 1;
        let (operator, identity) = (row.operator.clone(), row.identity);
        let place = self.open.push(row);
        self.index_open_row(operator, place);
        let (chunks, open) = (&self.chunks, &self.open);
        self.by_identity.insert(identity, Place::Open(place), |place| identity_at(chunks, open, place));
        if self.open.is_full(self.sealed_rows) {
            self.seal();
        }
    }

    fn index_open_row(&mut self, operator: OperatorId, place: u16) {
        if let Some(of_operator) = self.by_operator.get_mut(&operator) {
            if of_operator.open.is_empty() {
                self.open_operators.push(operator);
            }
            of_operator.open.push(place);
        } else {
            self.open_operators.push(operator.clone());
            self.by_operator.insert(operator, OperatorRows { runs: Vec::new(), open: vec![place] });
        }
    }

    /// Drops events of `occurred_at <= as_of - retention` and tombstones past their time; says how many events went.
    pub fn expire(&mut self, as_of: i64) -> usize {
        let expired = self.horizon(as_of).map(|horizon| self.expired_rows(horizon)).unwrap_or_default();
        self.live_rows -= expired.len();
        for row in &expired {
            self.by_identity.remove(row.identity, row.place);
            if self.retained.until(row.identity).is_some() {
                let known = KnownRevision { state: RevisionState::Expired, ..row.known };
                self.without_row.insert(row.identity, known);
            }
        }
        while let Some(identity) = self.retained.pop_due(as_of) {
            self.without_row.remove(&identity);
        }
        if !expired.is_empty() {
            self.chunks_changed = true;
            self.compact();
        }
        self.shrink_indexes();
        expired.len()
    }

    /// Deletes the rows of `occurred_at <= horizon`.
    fn expired_rows(&mut self, horizon: i64) -> Vec<ExpiredRow> {
        let mut expired = Vec::new();
        self.open.expire(horizon, |place, row| {
            expired.push(ExpiredRow { identity: row.identity, known: row.known(), place: Place::Open(place) });
        });
        for (number, chunk) in (0..).zip(&mut self.chunks) {
            let Some(chunk) = chunk else { continue };
            for row in chunk.expire(horizon) {
                let place = Place::Sealed { chunk: number, row };
                let row = usize::from(row);
                expired.push(ExpiredRow { identity: chunk.identity(row), known: chunk.known(row), place });
            }
        }
        expired
    }

    /// Makes a chunk of the open segment.
    fn seal(&mut self) {
        let open = std::mem::take(&mut self.open);
        let operators = std::mem::take(&mut self.open_operators);
        for operator in &operators {
            if let Some(of_operator) = self.by_operator.get_mut(operator) {
                of_operator.open.clear();
            }
        }
        let rows = open.sorted();
        if !rows.is_empty() {
            let cells: Vec<&UnsealedRow> = rows.iter().map(|row| row.row).collect();
            let number = self.free_chunk_number();
            self.add(number, Chunk::seal(&self.source, &cells), rows.iter().map(|row| Place::Open(row.place)));
        }
        if rows.len() < open.len() {
            // Somebody's rows may all have been deleted before they were sealed.
            for operator in &operators {
                self.forget_runs(operator, &[]);
            }
        }
    }

    /// Forgets where the rows of an operator were in some chunks.
    fn forget_runs(&mut self, operator: &str, numbers: &[usize]) {
        let EntryRef::Occupied(mut entry) = self.by_operator.entry_ref(operator) else { return };
        entry.get_mut().runs.retain(|run| !numbers.contains(&(run.chunk as usize)));
        if entry.get().is_empty() {
            entry.remove();
        }
    }

    /// Rewrites chunks whose rows are mostly deleted, and merges small chunks in tiers: an operator's rows come to lie
    /// in few places, and each row is rewritten only once a tier.
    fn compact(&mut self) {
        if !std::mem::take(&mut self.chunks_changed) {
            return;
        }
        let mostly_deleted = self.numbers_of(|chunk| chunk.live_rows() * 2 < chunk.len());
        for number in mostly_deleted {
            self.merge(&[number]);
        }
        let [small, sealed] = [self.sealed_rows / MERGE_FANOUT, self.sealed_rows];
        self.merge_tier(|chunk| chunk.len() <= small);
        self.merge_tier(|chunk| chunk.len() > small && chunk.len() <= sealed);
    }

    /// Gives back what indexes reserve, if most of it is not used.
    fn shrink_indexes(&mut self) {
        let spare = self.sealed_rows;
        let (chunks, open) = (&self.chunks, &self.open);
        self.by_identity.shrink(spare, |place| identity_at(chunks, open, place));
        self.retained.shrink(spare);
        if is_mostly_unused(self.without_row.capacity(), self.without_row.len() + spare) {
            self.without_row.shrink_to_fit();
        }
        if is_mostly_unused(self.by_operator.capacity(), self.by_operator.len() + spare) {
            self.by_operator.shrink_to_fit();
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
        // Not one of those that are merged: the index must be able to tell where a row was from where it is.
        let free_number = self.free_chunk_number();
        let merged: Vec<Chunk> = numbers.iter().filter_map(|number| self.chunks[*number].take()).collect();
        let mut order = Vec::with_capacity(merged.iter().map(Chunk::live_rows).sum());
        for runs in sorted_runs(&merged).chunk_by(|left, right| left.operator == right.operator) {
            push_live_rows(&merged, runs, &mut order);
            self.forget_runs(runs[0].operator.operator(), numbers);
        }
        if !order.is_empty() {
            let before = order.iter().map(|&(part, row)| sealed(numbers[part], row));
            self.add(free_number, Chunk::merge(&merged, &order), before);
        }
    }

    /// Takes a chunk whose rows are all live, and points the indexes at them; `before` says where its rows were.
    fn add(&mut self, number: usize, chunk: Chunk, before: impl Iterator<Item = Place>) {
        debug_assert!(chunk.len() <= MAX_ROWS && chunk.live_rows() == chunk.len());
        self.chunks_changed = true;
        for (row, from) in before.enumerate() {
            self.by_identity.relocate(chunk.identity(row), from, sealed(number, row));
        }
        let chunk_number = u32::try_from(number).expect("invariant: memory ends before chunk numbers do");
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

    fn free_chunk_number(&self) -> usize {
        self.chunks.iter().position(Option::is_none).unwrap_or(self.chunks.len())
    }

    fn place(&self, identity: Identity) -> Option<Place> {
        self.by_identity.get(identity, |place| identity_at(&self.chunks, &self.open, place))
    }

    fn chunk(&self, number: u32) -> Option<&Chunk> {
        self.chunks.get(number as usize).and_then(Option::as_ref)
    }
}

impl OperatorRows {
    fn is_empty(&self) -> bool {
        self.runs.is_empty() && self.open.is_empty()
    }

    fn bytes(&self) -> usize {
        self.runs.capacity() * size_of::<Run>() + self.open.capacity() * size_of::<u16>()
    }
}

/// A row that was past its retention.
#[derive(Debug)]
struct ExpiredRow {
    identity: Identity,
    known: KnownRevision,
    place: Place,
}

/// The identity of the row at a place of the index.
fn identity_at(chunks: &[Option<Chunk>], open: &OpenSegment, place: Place) -> Identity {
    match place {
        Place::Open(place) => open.get(place).map(|row| row.identity),
        Place::Sealed { chunk, row } => chunks[chunk as usize].as_ref().map(|chunk| chunk.identity(usize::from(row))),
    }
    .expect("invariant: what has no row any more is not in the index")
}

fn sealed(chunk: usize, row: usize) -> Place {
    Place::Sealed {
        chunk: u32::try_from(chunk).expect("invariant: memory ends before chunk numbers do"),
        row: u16::try_from(row).expect("invariant: a chunk has at most 65,536 rows"),
    }
}
