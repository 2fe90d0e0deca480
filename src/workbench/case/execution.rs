//! The modes in which a case is executed. The engine must not care: all of them end the same.

use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha8Rng;
use serde::Serialize;
use yujing_core::source::Record;

use super::records::CaseRecords;

/// How the records of a case arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExecutionMode {
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

impl ExecutionMode {
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
    pub fn can_differ(self, plan: &ExecutionPlan) -> bool {
        match self {
            Self::OneBatch | Self::Shuffled => plan.entries.iter().any(|entry| entry.simultaneous.is_some()),
            Self::AsWritten | Self::Duplicated | Self::Restarted => true,
        }
    }

    /// Whether warnings must take the very same steps. Where records of one instant come together or in another order,
    /// only where they end is the same: two of them may raise a level in two steps or in one.
    pub fn keeps_steps(self) -> bool {
        !matches!(self, Self::OneBatch | Self::Shuffled)
    }
}

/// What arrives at the entries of a timeline, in order.
#[derive(Debug, Clone)]
pub struct ExecutionPlan {
    /// The operator's row of the reference source, there before anything happens.
    pub register: Option<Record>,
    pub entries: Vec<PlannedEntry>,
}

/// One entry, or several events of one instant as one.
#[derive(Debug, Clone)]
pub struct PlannedEntry {
    /// The entry of the timeline; the last of several.
    pub entry: usize,
    /// What arrives, batch by batch; empty where something is expected.
    pub batches: Vec<Vec<Record>>,
    /// How many records arrive at this instant, if more than one.
    pub simultaneous: Option<usize>,
}

impl ExecutionPlan {
    /// The plan of a mode. `seed` is of the whole run: the same seed shuffles the same case the same way.
    pub fn new(case: &CaseRecords, mode: ExecutionMode, seed: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut entries: Vec<PlannedEntry> = Vec::new();
        for group in groups(case) {
            let mut records: Vec<Record> = group.records;
            let simultaneous = Some(records.len()).filter(|count| *count > 1);
            if mode == ExecutionMode::Shuffled && simultaneous.is_some() {
                shuffle(&mut records, &mut random);
            }
            let batches: Vec<Vec<Record>> = match mode {
                ExecutionMode::OneBatch if !records.is_empty() => vec![records],
                ExecutionMode::Duplicated => records.into_iter().map(|record| vec![record.clone(), record]).collect(),
                _ => records.into_iter().map(|record| vec![record]).collect(),
            };
            entries.push(PlannedEntry { entry: group.last, batches, simultaneous });
        }
        Self { register: case.register.clone(), entries }
    }

    /// Gives each batch an entry of its own, so that all can be observed; only for the case as written.
    pub fn split(&mut self) {
        let split = |planned: PlannedEntry| {
            let Some(several) = planned.simultaneous else { return vec![planned] };
            let numbers = planned.entry + 1 - several..;
            let batches = planned.batches.into_iter().zip(numbers);
            batches.map(|(batch, entry)| PlannedEntry { entry, batches: vec![batch], simultaneous: None }).collect()
        };
        self.entries = std::mem::take(&mut self.entries).into_iter().flat_map(split).collect();
    }
}

struct Group {
    last: usize,
    records: Vec<Record>,
}

/// Neighbouring events of one instant together, everything else alone.
fn groups(case: &CaseRecords) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (entry, record) in case.entries.iter().enumerate() {
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
