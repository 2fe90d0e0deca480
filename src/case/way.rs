//! The ways in which a case is handed to the engine. The engine must not care: all of them end the same.

use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use super::story::Told;
use crate::source::Record;

/// How the records of a case arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// One record a batch, in the order of the timeline.
    AsWritten,
    /// Every record twice in its batch, and all of them once more before each expectation.
    Duplicated,
    /// Records of one instant in one batch.
    OneBatch,
    /// Records of one instant in another order.
    Shuffled,
    /// Before every entry the engine is dropped and restored from what left it.
    Restarted,
}

impl Way {
    pub const ALL: [Self; 5] = [Self::AsWritten, Self::Duplicated, Self::OneBatch, Self::Shuffled, Self::Restarted];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::AsWritten => "as-written",
            Self::Duplicated => "duplicated",
            Self::OneBatch => "one-batch",
            Self::Shuffled => "shuffled",
            Self::Restarted => "restarted",
        }
    }

    /// Whether it can differ from the case as written. Without two records of one instant there is nothing to shuffle.
    pub fn differs(self, plan: &Plan) -> bool {
        match self {
            Self::OneBatch | Self::Shuffled => plan.moves.iter().any(|one| one.simultaneous.is_some()),
            Self::AsWritten | Self::Duplicated | Self::Restarted => true,
        }
    }

    /// Whether warnings must take the very same steps. Where records of one instant come together or in another order,
    /// only where they end is the same: two of them may raise a level in two steps or in one.
    pub fn keeps_steps(self) -> bool {
        !matches!(self, Self::OneBatch | Self::Shuffled)
    }
}

/// What is to be done at the entries of a timeline, in order.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The operator's row of the reference source, there before anything happens.
    pub register: Option<Record>,
    pub moves: Vec<Move>,
}

/// One entry, or several events of one instant.
#[derive(Debug, Clone)]
pub struct Move {
    /// The entry of the timeline; the last of several.
    pub entry: usize,
    /// What arrives, batch by batch; empty where something is expected.
    pub batches: Vec<Vec<Record>>,
    /// How many records arrive at this instant, if more than one.
    pub simultaneous: Option<usize>,
}

impl Plan {
    /// The plan of a way. `seed` is of the whole run: the same seed shuffles the same case the same way.
    pub fn new(told: &Told, way: Way, seed: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut moves: Vec<Move> = Vec::new();
        for group in groups(told) {
            let mut records: Vec<Record> = group.records;
            let simultaneous = Some(records.len()).filter(|count| *count > 1);
            if way == Way::Shuffled && simultaneous.is_some() {
                shuffle(&mut records, &mut random);
            }
            let batches: Vec<Vec<Record>> = match way {
                Way::OneBatch if !records.is_empty() => vec![records],
                Way::Duplicated => records.into_iter().map(|record| vec![record.clone(), record]).collect(),
                _ => records.into_iter().map(|record| vec![record]).collect(),
            };
            moves.push(Move { entry: group.last, batches, simultaneous });
        }
        Self { register: told.register.clone(), moves }
    }

    /// Makes each batch a move of its own, so that every entry can be looked at; only for the case as written.
    pub fn take_apart(&mut self) {
        let apart = |one: Move| {
            let Some(several) = one.simultaneous else { return vec![one] };
            let entries = one.entry + 1 - several..;
            let apart = one.batches.into_iter().zip(entries);
            apart.map(|(batch, entry)| Move { entry, batches: vec![batch], simultaneous: None }).collect()
        };
        self.moves = std::mem::take(&mut self.moves).into_iter().flat_map(apart).collect();
    }
}

struct Group {
    last: usize,
    records: Vec<Record>,
}

/// Neighbouring events of one instant together, everything else alone.
fn groups(told: &Told) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (entry, record) in told.entries.iter().enumerate() {
        let with = |group: &&mut Group| match (group.records.last(), record) {
            (Some(before), Some(record)) => before.timestamp == record.timestamp,
            _ => false,
        };
        match groups.last_mut().filter(with) {
            Some(group) => {
                group.records.extend(record.clone());
                group.last = entry;
            }
            None => groups.push(Group { last: entry, records: record.iter().cloned().collect() }),
        }
    }
    groups
}

/// Another order than before: a shuffle that changes nothing proves nothing.
fn shuffle(records: &mut [Record], random: &mut ChaCha8Rng) {
    let before: Vec<i64> = records.iter().map(|record| record.offset).collect();
    records.shuffle(random);
    if records.iter().map(|record| record.offset).eq(before) {
        records.rotate_left(1);
    }
}
