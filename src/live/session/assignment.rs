//! The partitions that the group gives: the engine needs all of them.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rdkafka::error::KafkaError as ClientError;
use yujing_kafka::Reader;
use yujing_kafka::batch_consumer::BatchConsumer;
use yujing_kafka::client::Assignment;
use yujing_telemetry::InternalEvent as _;
use yujing_telemetry::kafka::{Assigned, PartitionsShared};

use crate::control::Control;
use crate::error::{Stop, StopReason};
use crate::status::State;

/// Pause before partitions are counted or assigned again.
const REJOIN_INTERVAL: Duration = Duration::from_secs(1);
/// Pause before the group is asked again.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// What the group did since the last call; it takes a member that does not ask for dead.
fn poll(control: &Control, consumer: &BatchConsumer) -> Result<Vec<Assignment>, Stop> {
    control.check_stop()?;
    let assignments = consumer.take_assignments()?;
    control.note_broker(consumer);
    Ok(assignments)
}

/// Stays a member of the group. A change of the assignment ends the session.
pub(super) fn keep(control: &Control, consumer: &BatchConsumer) -> Result<(), Stop> {
    if poll(control, consumer)?.is_empty() { Ok(()) } else { Err(Stop::Ended(StopReason::Reassigned)) }
}

/// Waits until the group gives this member everything, and says what it waits for.
pub(super) fn wait(control: &Control, group: &str, reader: &Reader, consumer: &BatchConsumer) -> Result<(), Stop> {
    let all = consumer.positions().len();
    loop {
        match poll(control, consumer)?.pop() {
            Some(Assignment::Assigned(partitions)) if partitions.len() == all => {
                control.enter(State::Starting);
                Assigned { partitions: all }.emit(&control.metrics);
                return Ok(());
            }
            Some(Assignment::Assigned(partitions)) if partitions.len() > all => {
                // Some were added since they were counted: they are counted again.
                control.pause(REJOIN_INTERVAL)?;
                return Err(Stop::Ended(StopReason::Reassigned));
            }
            Some(Assignment::Assigned(partitions)) => {
                let shortage = Shortage::of(group, reader, consumer, &partitions);
                let reason = shortage.to_string();
                PartitionsShared { reason: &reason }.emit(&control.metrics);
                control.enter(State::Waiting { reason });
                if matches!(shortage.others, Ok(0)) {
                    control.pause(REJOIN_INTERVAL)?;
                    consumer.rejoin()?;
                }
            }
            Some(Assignment::Revoked) | None => control.pause(POLL_INTERVAL)?,
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
    fn of(group: &str, reader: &Reader, consumer: &BatchConsumer, given: &[(String, i32)]) -> Self {
        let positions = consumer.positions();
        let is_given = |place: &&(Arc<str>, i32)| given.iter().any(|(topic, of)| **topic == *place.0 && *of == place.1);
        let missing = positions.keys().filter(|place| !is_given(place));
        Self {
            group: group.to_owned(),
            given: given.len(),
            all: positions.len(),
            missing: missing.map(|(topic, partition)| format!("{topic} partition {partition}")).collect(),
            others: reader.members(group).map(|members| members.saturating_sub(1)),
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
