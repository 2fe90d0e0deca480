//! Deliveries under way, each on a thread of its own: one that hangs keeps nobody waiting but its lane.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use uuid::Uuid;

use crate::channel::{Channel, Surroundings};
use crate::config::{ChannelName, NotifyConfig};
use crate::error::NotifyError;
use crate::queue::{Attempt, Outcome};

/// How one try ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) delivery: Uuid,
    pub(super) channel: ChannelName,
    /// The event, for messages.
    pub(super) event: String,
    pub(super) number: u32,
    pub(super) outcome: Outcome,
    pub(super) took: Duration,
}

/// All channels, and the tries under way.
#[derive(Debug)]
pub(super) struct Tries {
    channels: BTreeMap<ChannelName, Arc<Channel>>,
    outbox: Sender<Ended>,
    inbox: Receiver<Ended>,
}

impl Tries {
    /// # Errors
    /// If the proxy's address cannot be used.
    pub(super) fn new(config: &NotifyConfig) -> Result<Self, NotifyError> {
        let around = Surroundings::new(config.proxy.clone(), config.link.clone());
        let channel_of =
            |(name, channel): (&ChannelName, _)| Ok((Arc::clone(name), Arc::new(Channel::new(channel, &around)?)));
        let channels = config.channels.iter().map(channel_of).collect::<Result<_, NotifyError>>()?;
        let (outbox, inbox) = channel();
        Ok(Self { channels, outbox, inbox })
    }

    /// Begins one.
    pub(super) fn start(&self, attempt: Attempt) {
        let Some(channel) = self.channels.get(&attempt.delivery.channel).map(Arc::clone) else { return };
        let outbox = self.outbox.clone();
        let (delivery, name) = (attempt.delivery.id, Arc::clone(&attempt.delivery.channel));
        let (event, number) = (attempt.letter.notice.event_id(), attempt.number);
        let ended = move |outcome, took| Ended { delivery, channel: name, event, number, outcome, took };
        let refused = ended.clone();
        let work = move || {
            let began = Instant::now();
            // A defect in one channel's code must not leave its lane waiting for ever.
            let sent = catch_unwind(AssertUnwindSafe(|| channel.send(&attempt, Timestamp::now())));
            let outcome = sent.unwrap_or_else(|_| broken("a defect of the program"));
            // Nobody listens any more if the session is over.
            let _ = outbox.send(ended(outcome, began.elapsed()));
        };
        if std::thread::Builder::new().name("delivery".to_owned()).spawn(work).is_err() {
            let _ = self.outbox.send(refused(broken("the system gives no threads"), Duration::ZERO));
        }
    }

    /// The next that ended, if one does within this time.
    pub(super) fn ended(&self, patience: Duration) -> Option<Ended> {
        self.inbox.recv_timeout(patience).ok()
    }
}

fn broken(reason: &str) -> Outcome {
    Outcome::Failed { reason: reason.to_owned(), pause: None }
}
