//! The partitions that the group gives: the engine needs all of them.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rdkafka::error::KafkaError as ClientError;

use super::{Ended, Halt, watch};
use crate::kafka::Clients;
use crate::kafka::client::Assignment;
use crate::kafka::consume::Intake;
use crate::kafka::reader::Reader;
use crate::live::run::Runner;
use crate::live::status::State;
use crate::telemetry::InternalEvent as _;
use crate::telemetry::kafka::{Assigned, PartitionsShared};

/// Pause before partitions are counted or assigned again.
const PAUSE: Duration = Duration::from_secs(1);

/// Waits until the group gives this member everything, and says what it waits for.
pub(super) fn wait(runner: &Runner, clients: &Clients, reader: &Reader, intake: &Intake) -> Result<(), Halt> {
    let all = intake.positions().len();
    loop {
        match watch(runner, intake)?.pop() {
            Some(Assignment::Given(partitions)) if partitions.len() == all => {
                runner.enter(State::Starting);
                Assigned { partitions: all }.emit(&runner.metrics);
                return Ok(());
            }
            Some(Assignment::Given(partitions)) if partitions.len() > all => {
                // Some were added since they were counted: they are counted again.
                runner.pause(PAUSE)?;
                return Err(Halt::Ended(Ended::Reassigned));
            }
            Some(Assignment::Given(partitions)) => {
                let shortage = Shortage::of(clients, reader, intake, &partitions);
                let reason = shortage.to_string();
                PartitionsShared { reason: &reason }.emit(&runner.metrics);
                runner.enter(State::Waiting { reason });
                if matches!(shortage.others, Ok(0)) {
                    runner.pause(PAUSE)?;
                    intake.rejoin()?;
                }
            }
            Some(Assignment::Taken) | None => runner.pause(Duration::from_millis(10))?,
        }
    }
}

/// Partitions that the group did not give, and whether somebody else may have them.
struct Shortage {
    group: String,
    given: usize,
    all: usize,
    missing: Vec<String>,
    /// Other members of the group, if it could be asked.
    others: Result<usize, ClientError>,
}

impl Shortage {
    fn of(clients: &Clients, reader: &Reader, intake: &Intake, given: &[(String, i32)]) -> Self {
        let positions = intake.positions();
        let is_given = |place: &&(Arc<str>, i32)| given.iter().any(|(topic, of)| **topic == *place.0 && *of == place.1);
        let missing = positions.keys().filter(|place| !is_given(place));
        Self {
            group: clients.group_id().to_owned(),
            given: given.len(),
            all: positions.len(),
            missing: missing.map(|(topic, partition)| format!("{topic} partition {partition}")).collect(),
            others: reader.members(clients.group_id()).map(|members| members.saturating_sub(1)),
        }
    }
}

impl fmt::Display for Shortage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const NAMED: usize = 3;
        let Self { group, given, all, missing, others } = self;
        write!(f, "only {given} of {all} partitions were assigned: ")?;
        match others {
            Ok(0) => write!(f, "topics have got more of them, and the group `{group}` is asked to assign them anew"),
            Ok(_) => write!(f, "another member is in the group `{group}`; one process a group for now"),
            Err(error) => write!(f, "who else is in the group `{group}` could not be asked ({error})"),
        }?;
        write!(f, "; it waits for {}", missing.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", "))?;
        match missing.len().saturating_sub(NAMED) {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}
